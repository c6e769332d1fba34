"""Known biology in explanations of real screens, and planted biology in the demo: what was found and what was not.

    python -m benchmarks.biology [--parts demo breadth depth drugs] [--home FOLDER]

Models are trained as the product trains them, by the default recipe on all lines of a panel; what is read is
`leap_core.explain.explanation`. An expected gene is *stable* if it is selected at the calibrated choice, *no gene of
the model* if the model leaves it out (it keeps the most variable), and *in a stable group* if genes correlated with it
by 0.7 or more are selected together in that share of halves. Prints one JSON line per part and writes
benchmarks/biology.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.missing_genes import read_pair
from benchmarks.reporting import Stopwatch, real_data, report, write_section
from leap_core.explain.biomarkers import biomarker_correlations
from leap_core.explain.enrichment import GSEA, OVER_REPRESENTATION
from leap_core.explain.explanation import Explanation
from leap_core.explain.kept import explain_once
from leap_core.model.catalogue import DEFAULT, recipe_called
from leap_core.panel.demo import simulate_demo
from leap_core.panel.kept import keep_panel
from leap_core.panel.panel import Panel
from leap_core.panel.status import OK
from leap_core.run.mapping import ThreadMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES, demo_gene_sets, train_demo
from leap_core.services.models import Model, load_model
from leap_core.services.training import train

PAGE = Path(__file__).with_name("biology.md")
OWN_BREADTH = ("TP63", "MYCN", "GATA3", "KRAS", "CTNNB1")
OWN_DEPTH = ("PAX8", "MYCN", "TP63", "ISL1", "GRHL2")
PARALOGS = {"CDS2": "CDS1", "RPP25L": "RPP25", "DNAJC19": "DNAJC15"}
TAXANES = ("Docetaxel", "Paclitaxel", "Vinblastine", "Vinorelbine")
SELECTIVE = (0.1, 0.6)


@dataclass(frozen=True)
class Expected:
    """One expectation: the gene whose expression should stand behind a perturbation, and why."""

    perturbation: str
    gene: str
    why: str


def trained(name: str, panel: Panel, store: Store) -> Model:
    """The product's model of a panel: all lines, all perturbations, for the default recipe learns them together."""
    train(keep_panel(panel, store), recipe_called(DEFAULT), "none", Runtime(store), f"biology {name}")
    return load_model(f"biology {name}", store)


def explained(model: Model, names: list[str], store: Store) -> dict[str, Explanation]:
    """Explanations of those that the model could learn."""
    known = [name for name in names if name in model.table.index and model.table.loc[name, "status"] == OK]
    return {name: explain_once(model, name, None, store, ThreadMapper()) for name in known}


def row_of(expected: Expected, found: Explanation | None, model: Model) -> dict[str, Any]:
    """What became of one expectation, and whether the measured responses of the panel show it at all."""
    row: dict[str, Any] = {"perturbation": expected.perturbation, "expected": expected.gene, "why": expected.why}
    if found is None or expected.gene not in found.genes:
        return row | {"verdict": "not learnt" if found is None else "no gene of the model"}
    panel = model.panel
    measured = panel.response[expected.perturbation].to_numpy(dtype=float)
    seen = biomarker_correlations(
        panel.expression[[expected.gene]], measured, panel.lines["lineage"].tolist(), panel.lines["patient"].tolist()
    ).iloc[0]
    table = found.table()
    at = found.genes.index(expected.gene)
    threshold, share, group = (
        found.stability.threshold,
        float(found.stability.proportions[at]),
        float(found.group_proportions[at]),
    )
    order = table["feature"].tolist()
    verdict = (
        "stable" if share >= threshold else "in a stable group" if max(group, share) >= threshold else "not stable"
    )
    return row | {
        "verdict": verdict,
        "proportion": share,
        "group": max(group, share),
        "threshold": threshold,
        "place": int((found.stability.proportions > share).sum()) + 1 if share > 0 else None,
        "sign": int(found.stability.signs[at]),
        "fidelity": found.student.r2,
        "first": ", ".join(order[:3]),
        "correlation": seen["correlation"],
        "within": seen["within_lineage"],
    }


def markdown(rows: list[dict[str, Any]]) -> str:
    """Expectations as a table."""
    lines = [
        (
            "| perturbation | expected | verdict | selected in (its group) | threshold | place | sign | fidelity (R2) |"
            " first three | correlation with what was measured (within lineages) |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        told = (
            f"{row['proportion']:.2f} ({row['group']:.2f}) | {row['threshold']:.2f} | {row['place'] or '-'} |"
            f" {row['sign']} | {row['fidelity']:.2f} | {row['first']} | {row['correlation']:.2f} ({row['within']:.2f})"
            if "proportion" in row
            else "| | | | | | "
        )
        lines.append(f"| {row['perturbation']} | {row['expected']} ({row['why']}) | {row['verdict']} | {told} |")
    return "\n".join(lines)


def tally(rows: list[dict[str, Any]]) -> str:
    """How many expectations ended how."""
    verdicts = pd.Series([row["verdict"] for row in rows])
    faithful = [row for row in rows if row.get("fidelity", 0) >= 0.5]
    good = sum(row["verdict"] in ("stable", "in a stable group") for row in faithful)
    parts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.value_counts().items())
    return (
        f"Of {len(rows)}: {parts}. Among the {len(faithful)} with a faithful student {good} are stable, alone or as a"
        " group."
    )


def calls(name: str, named: list[Expected], folder: Path, store: Store) -> tuple[str, dict[str, Any]]:
    """Named expectations of a panel of calls, and the own expression of every selective gene."""
    _, panel = read_pair(name, folder)
    share = panel.response.mean()
    selective = [
        gene
        for gene in panel.response.columns
        if gene in panel.expression.columns and SELECTIVE[0] <= share[gene] <= SELECTIVE[1]
    ]
    selective = selective[:: max(len(selective) // 100, 1)]
    wanted = list(dict.fromkeys([*(one.perturbation for one in named), *selective]))
    model = trained(name, panel, store)
    found = explained(model, wanted, store)
    rows = [row_of(one, found.get(one.perturbation), model) for one in named]
    own = [row_of(Expected(gene, gene, "itself"), found.get(gene), model) for gene in selective]
    text = (
        f"{markdown(rows)}\n\n{tally(rows)}\n\nOwn expression behind {len(own)} selective genes (called in 10 to 60 %"
        f" of lines): {tally(own)}"
    )
    return text, {"named": rows, "own_expression": tally(own)}


def drugs(folder: Path, store: Store) -> tuple[str, dict[str, Any]]:
    """Markers known from the literature, and the targets of every drug."""
    _, panel = read_pair("drugs", folder)
    table = pd.read_csv(folder / "drugs/gdsc_drug_targets.csv", skipinitialspace=True)
    table.columns = table.columns.str.strip()
    targets = table.set_index(table["Drug Id"].astype(str))["Targets"].astype(str)
    names = panel.response.columns.tolist()
    model = trained("drugs", panel, store)
    found = explained(model, names, store)
    markers = [Expected(name, "BCL2", "target") for name in names if name.startswith("Venetoclax")]
    markers += [Expected(name, "ABCB1", "efflux") for name in names if name.startswith(TAXANES)]
    known = {
        "Navitoclax": ("BCL2L1", "target"),
        "ABT737": ("BCL2L1", "target"),
        "Lapatinib": ("ERBB2", "target"),
        "Afatinib": ("ERBB2", "target"),
        "Palbociclib": ("RB1", "partner"),
        "Nutlin": ("CDKN2A", "p53 pathway"),
        "Trametinib": ("DUSP6", "output"),
        "Dabrafenib": ("ETV4", "output"),
    }
    markers += [
        Expected(name, gene, why)
        for start, (gene, why) in known.items()
        for name in names
        if name.startswith(start) and gene in panel.expression.columns
    ]
    every = []
    for name in found:
        symbols = [
            symbol.strip().upper()
            for symbol in str(targets.get(name.rsplit("_", 1)[-1], "")).replace(";", ",").split(",")
        ]
        every += [
            row_of(Expected(name, gene, "target"), found[name], model) for gene in symbols if gene in found[name].genes
        ]
    rows = [row_of(one, found.get(one.perturbation), model) for one in markers]
    stable = [row for row in every if row["verdict"] != "not stable"]
    text = (
        f"{markdown(rows)}\n\n{tally(rows)}\n\nTargets of all {len(found)} drugs, where the panel has the gene:"
        f" {tally(every)}\n\nThose that stand behind their drug:\n\n{markdown(stable)}"
    )
    return text, {"named": rows, "targets": tally(every)}


def demo(store: Store) -> tuple[str, dict[str, Any]]:
    """Planted drivers and planted modules of the demo, over all planted perturbations."""
    train_demo(Runtime(store))
    study, sets = simulate_demo(), demo_gene_sets()
    module = {gene: name for name, genes in sets.sets.items() for gene in genes}
    truth = study.truth[(study.truth["class"] == "selective") & (study.truth["driver_kind"] == "expression")]
    correlation = study.expression.corr()
    rows = []
    for name, panel in ((DEMO_GENES, "gene_effect"), (DEMO_DRUGS, "drug_auc")):
        model = load_model(name, store)
        for perturbation, part in truth[truth["panel"] == panel].groupby("perturbation"):
            if model.table.loc[str(perturbation), "status"] != OK:
                continue
            one = explain_once(model, str(perturbation), sets, store, ThreadMapper())
            near = {driver: set(correlation.index[correlation[driver].abs() >= 0.7]) for driver in part["driver"]}
            stable = set(np.asarray(one.genes)[one.stability.stable])
            at = [one.genes.index(driver) for driver in part["driver"] if driver in one.genes]
            modules = {module[driver] for driver in part["driver"] if driver in module}
            best = one.pathways.groupby("method")["gene_set"].first() if len(one.pathways) else pd.Series(dtype=str)
            tested = bool(modules & set(one.set_names))
            rows.append(
                {
                    "faithful": one.student.faithful,
                    "accuracy": float(model.table["accuracy"][str(perturbation)]),
                    "drivers": len(at),
                    "found": sum(
                        bool(near[one.genes[number]] & stable)
                        or one.group_proportions[number] >= one.stability.threshold
                        for number in at
                    ),
                    "stable": len(stable),
                    "true": sum(
                        module.get(gene) in modules or any(gene in genes for genes in near.values()) for gene in stable
                    ),
                    "student": tested and _first_of_student(one) in modules,
                    "tested": tested,
                    **{method: tested and best.get(method) in modules for method in (OVER_REPRESENTATION, GSEA)},
                }
            )
    table = pd.DataFrame(rows)
    parts = {
        "all": table,
        "faithful student": table[table["faithful"]],
        "faithful, accuracy 0.3 or more": table[table["faithful"] & (table["accuracy"] >= 0.3)],
    }
    figures = {title: planted_figures(part) for title, part in parts.items()}
    return _in_words(figures), figures


def _in_words(figures: dict[str, Any]) -> str:
    """The section on the demo: a table of what was found of what was planted."""
    lines = [
        (
            "| perturbations | of them | drivers found | stable genes that are planted | module first: student on"
            " activity | over-representation | GSEA |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {title} | {one['perturbations']} | {one['recall']:.2f} | {one['precision']:.2f} |"
        f" {one['student_first']:.2f} | {one['ora_first']:.2f} | {one['gsea_first']:.2f} |"
        for title, one in figures.items()
    ]
    return (
        "Planted perturbations whose drivers are genes' own expression. A driver is found if it, or a gene correlated"
        " with it by 0.7 or more, is stable, alone or as a group. A stable gene is planted if it is a driver,"
        " correlated with one by 0.7 or more, or of its module. First: the driver's module is the first of all sets,"
        " where it is large enough to be tested.\n\n"
        + "\n".join(lines)
        + "\n\nStable genes that are not planted are noise that the ensemble itself reads: with 210 lines it reads some"
        " of everything."
    )


def _first_of_student(one: Explanation) -> str:
    """The gene set of the largest weight in the student on mean z."""
    weights = np.abs(one.pathway_student["mean z"].weights)
    return one.set_names[int(weights.argmax())] if weights.any() else ""


def planted_figures(part: pd.DataFrame) -> dict[str, Any]:
    """Recall, precision and pathways of some planted perturbations."""
    tested = part[part["tested"]]
    return {
        "perturbations": len(part),
        "recall": part["found"].sum() / max(part["drivers"].sum(), 1),
        "precision": part["true"].sum() / max(part["stable"].sum(), 1),
        "tested": len(tested),
        "ora_first": float(tested[OVER_REPRESENTATION].mean()),
        "gsea_first": float(tested[GSEA].mean()),
        "student_first": float(tested["student"].mean()),
    }


TITLES = {
    "demo": "Planted biology: the demo",
    "breadth": "CRISPR calls x 535 genes (595 lines)",
    "depth": "CRISPR calls x 17,893 genes (210 lines)",
    "drugs": "GDSC2 ln IC50 x RMA",
}


def measure(part: str, store: Store) -> tuple[str, dict[str, Any]]:
    """Text and figures of one part."""
    if part == "demo":
        return demo(store)
    if part == "drugs":
        return drugs(real_data(), store)
    if part == "breadth":
        return calls("calls", [Expected(gene, gene, "itself") for gene in OWN_BREADTH], real_data(), store)
    named = [Expected(gene, gene, "itself") for gene in OWN_DEPTH]
    return calls(
        "depth", named + [Expected(gene, other, "paralog") for gene, other in PARALOGS.items()], real_data(), store
    )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", default=list(TITLES), choices=list(TITLES))
    parser.add_argument("--home", type=Path, default=Path("data/models/benchmarks"))
    options = parser.parse_args()
    if not PAGE.exists():
        PAGE.write_text(
            "# Biology that explanations find, and that they do not\n\nEverything here is about what models read, not"
            " about cells. `python -m benchmarks.biology`\n"
        )
    for part in options.parts:
        with Stopwatch() as watch:
            text, figures = measure(part, Store(options.home))
        report(f"biology: {TITLES[part]}", figures, watch.cost)
        write_section(part, f"## {TITLES[part]}\n\n{text}", PAGE)


if __name__ == "__main__":
    main()
