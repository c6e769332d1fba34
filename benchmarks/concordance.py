"""Whether drugs and genes are likelier to be hits where the predictions of drug and target agree.

    python -m benchmarks.concordance [--pairs rnai calls] [--home FOLDER]

GDSC2 beside DRIVE and beside the CRISPR calls, on lines that both screened, each predicted by the outer folds that had
not seen it. Of the gene screens only targets of the drugs. Rows that stand at 80 or above among the panel's lines are
told apart by the other side, as `leap_core.ranking.concordance` does. Intervals draw lines. Writes the table into
docs/prioritising.md.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.missing_genes import read_pair
from benchmarks.reporting import DOCS, Stopwatch, real_data, report, write_section
from leap_core.genes.names import GeneNames
from leap_core.io.drug_tables import read_drug_table
from leap_core.model.catalogue import recipe_called
from leap_core.panel.kept import keep_panel
from leap_core.panel.panel import Panel
from leap_core.ranking.annotations import Annotations, target_genes
from leap_core.ranking.concordance import AGREES, CONFLICTS, STRONG, concordance
from leap_core.ranking.dependency_rule import DependencyRule
from leap_core.ranking.selectivity import relative_z
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import Model, load_model
from leap_core.services.training import train

_SAID = (AGREES, "", CONFLICTS)
_DRAWS = 500


def gene_names(folder: Path) -> GeneNames:
    """Aliases and previous symbols, from the table of HGNC's that lies beside the data."""
    table = pd.read_csv(folder / "identifiers" / "HGNChelper_hgnc_table_2022.csv.gz", dtype=str, keep_default_na=False)
    table = table.set_axis(["alias", "approved", *table.columns[2:]], axis=1)
    table = table[~table["approved"].str.contains("/", regex=False) & table["approved"].astype(bool)]
    found: dict[str, set[str]] = {}
    for alias, approved in zip(table["alias"], table["approved"], strict=True):
        found.setdefault(alias.upper(), set()).add(approved)
    aliases = {alias: next(iter(genes)) for alias, genes in found.items() if len(genes) == 1}
    return GeneNames(frozenset(table["approved"]), aliases)


def trained(panel: Panel, columns: list[str], name: str, store: Store) -> Model:
    """The product's model of some perturbations of a panel."""
    part = replace(panel, response=panel.response[columns], release=f"{panel.release}, {len(columns)} perturbations")
    train(keep_panel(part, store), recipe_called("leap-lasso"), "outer", Runtime(store), name)
    return load_model(name, store)


def held_out(model: Model) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Out-of-fold percentile, probability and truth of every line and row."""
    spread, usable = model.calibration.spread, model.learnable
    z = spread.among(usable).of_lines(model.cross_validated["leap"], model.ensemble.folds)
    chance = model.calibration.calibrator.among(usable).probability(relative_z(z, model.panel.score))
    if model.panel.score.kind == "drug":
        z = z - np.nanmean(z, axis=1, keepdims=True)
    here = model.panel.response.to_numpy()[:, usable]
    truth = DependencyRule.of(here, model.panel.score).events(here)
    index, columns = model.panel.response.index, model.panel.response.columns[usable]
    percentile = 100.0 * pd.DataFrame(z, index, columns).rank(pct=True)
    return percentile, pd.DataFrame(chance, index, columns), pd.DataFrame(truth, index, columns)


def rows_of(genes: Model, drugs: Model, targets: dict[str, frozenset[str]]) -> dict[str, pd.DataFrame]:
    """By side (``drug``, ``gene``).

    Line, what is said, truth and probability of every row at 80 or above with a partner.
    """
    sides = {"gene": (genes, held_out(genes)), "drug": (drugs, held_out(drugs))}
    lines = sides["gene"][1][0].index.intersection(sides["drug"][1][0].index)
    found: dict[str, list[pd.DataFrame]] = {"gene": [], "drug": []}
    for line in lines:
        tables = {
            side: pd.DataFrame(
                {
                    "panel_percentile": parts[0].loc[line],
                    "accuracy": model.table.loc[parts[0].columns, "accuracy"],
                    "status": "ok",
                }
            )
            for side, (model, parts) in sides.items()
        }
        told = concordance(
            tables["gene"], tables["drug"], targets, genes.panel.score.accuracy_cut, drugs.panel.score.accuracy_cut
        )
        for side, said in zip(("gene", "drug"), told, strict=True):
            frame = said.assign(
                line=line,
                level=tables[side]["panel_percentile"],
                probability=sides[side][1][1].loc[line],
                truth=sides[side][1][2].loc[line],
            )
            found[side].append(frame[(frame["other_side"] != "") & (frame["level"] >= STRONG) & frame["truth"].notna()])
    return {side: pd.concat(parts) for side, parts in found.items()}


def measured(rows: pd.DataFrame) -> dict[str, list[float]]:
    """Share of true rows where the sides agree, neither, conflict.

    And agree minus conflict, also beyond the probability, with intervals.
    """
    counts = {
        f"{said or 'neither'}": [len(part), float(part["truth"].mean()), float(part["probability"].mean())]
        for said in _SAID
        if len(part := rows[rows["concordance"] == said])
    }
    rows = rows.assign(beyond=rows["truth"] - rows["probability"])
    sums = rows.pivot_table(
        index="line", columns="concordance", values=["truth", "beyond"], aggfunc=["sum", "count"], fill_value=0
    )
    random = np.random.default_rng(0)
    draws = random.multinomial(len(sums), np.full(len(sums), 1.0 / len(sums)), size=_DRAWS)
    for name in ("truth", "beyond"):
        means = {
            said: (draws @ sums["sum"][name][said]) / np.maximum(draws @ sums["count"][name][said], 1)
            for said in (AGREES, CONFLICTS)
        }
        of_all = [rows.loc[rows["concordance"] == said, name].mean() for said in (AGREES, CONFLICTS)]
        difference = means[AGREES] - means[CONFLICTS]
        counts[f"difference_{name}"] = [
            float(of_all[0] - of_all[1]),
            *map(float, np.quantile(difference, (0.025, 0.975))),
        ]
    return counts


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", choices=("rnai", "calls"), default=["rnai", "calls"])
    parser.add_argument("--home", type=Path, default=Path("data/models/benchmarks"), help="store of trained stages")
    options = parser.parse_args()
    folder, store = real_data(), Store(options.home)
    table = read_drug_table(folder / "drugs" / "gdsc_drug_targets.csv", "gdsc_drug_targets.csv")
    annotations = Annotations(gene_names(folder), table)
    _, drug_panel = read_pair("drugs", folder)
    drugs = trained(drug_panel, drug_panel.response.columns.tolist(), "concordance drugs", store)
    lines = [
        "`python -m benchmarks.concordance`",
        "",
        (
            "| rows at 80 or above | agree: true | neither | conflict | agree minus conflict | the same beyond the"
            " probability |"
        ),
        "|---|---|---|---|---|---|",
    ]
    for name in options.pairs:
        with Stopwatch() as watch:
            pair, panel = read_pair(name, folder)
            names = {annotations.names.canonical(gene): gene for gene in panel.response.columns}
            targets = {
                drug: frozenset(names[gene] for gene in genes if gene in names)
                for drug, genes in target_genes(drugs.panel.response.columns, annotations).items()
            }
            wanted = sorted({gene for genes in targets.values() for gene in genes})
            genes = trained(panel, wanted, f"concordance {name}", store)
            figures = {side: measured(rows) for side, rows in rows_of(genes, drugs, targets).items()}
        report("concordance", {"data": pair.title, **figures}, watch.cost)
        for side, title in (("drug", "drugs of GDSC2 beside"), ("gene", "genes beside GDSC2:")):
            lines.append(_line(f"{title} {pair.title.removesuffix(' (AUROC)')}", figures[side]))
    write_section("concordance", "\n".join(lines), DOCS / "prioritising.md")


def _line(title: str, figures: dict[str, list[float]]) -> str:
    cells = [
        f"{100 * figures[said][1]:.1f} % of {figures[said][0]:,}" if said in figures else ""
        for said in (AGREES, "neither", CONFLICTS)
    ]
    cells += [
        "{:.1f} points ({:.1f} to {:.1f})".format(*(100 * value for value in figures[f"difference_{name}"]))
        for name in ("truth", "beyond")
    ]
    return f"| {' | '.join([title, *cells])} |"


if __name__ == "__main__":
    main()
