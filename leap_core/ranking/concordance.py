"""Whether the predictions of a drug and of its targets' knock-outs say the same of one sample."""

from __future__ import annotations

import numpy as np
import pandas as pd

AGREES, CONFLICTS = "agrees", "conflicts"
STRONG, WEAK = 80.0, 50.0
RULE = (
    "Counted are predictions above the accuracy cut. Agrees: this row and a row on the other side (a drug against the"
    f" gene, a target of the drug) both stand at {STRONG:.0f} or above among the panel's lines. Conflicts: this row"
    f" stands at {STRONG:.0f} or above and every row on the other side at {WEAK:.0f} or below."
)


def concordance(
    genes: pd.DataFrame, drugs: pd.DataFrame, targets: dict[str, frozenset[str]], gene_cut: float, drug_cut: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the predicted selectivity of drugs with that of their targets.

    Parameters
    ----------
    genes, drugs
        Hit tables of one sample: ``panel_percentile`` (drugs: ``relative_percentile`` goes before it), ``accuracy``,
        ``status``.
    targets
        Drug to the symbols of its targets, as the gene table calls them.
    gene_cut, drug_cut
        Accuracy below which a prediction counts for nothing.

    Returns
    -------
    genes, drugs : pandas.DataFrame
        Index as the tables'; ``concordance`` (`AGREES`, `CONFLICTS` or nothing, by `RULE`) and ``other_side``: what was
        compared, with its percentile.
    """
    gene_level, drug_level = _levels(genes, gene_cut), _levels(drugs, drug_cut)
    pairs = [
        (drug, gene)
        for drug, symbols in targets.items()
        if drug in drug_level
        for gene in sorted(symbols)
        if gene in gene_level
    ]
    of_drug: dict[str, list[str]] = {}
    of_gene: dict[str, list[str]] = {}
    for drug, gene in pairs:
        of_drug.setdefault(drug, []).append(gene)
        of_gene.setdefault(gene, []).append(drug)
    return _told(genes.index, gene_level, of_gene, drug_level), _told(drugs.index, drug_level, of_drug, gene_level)


def _levels(table: pd.DataFrame, cut: float) -> dict[str, float]:
    """Percentile of every row that is predicted well enough to be compared."""
    level = table["panel_percentile"].astype(float)
    if "relative_percentile" in table:
        level = table["relative_percentile"].astype(float).fillna(level)
    known = (table["accuracy"].astype(float) >= cut) & level.notna() & (table["status"] == "ok")
    return {str(name): float(value) for name, value in level[known].items()}


def _told(
    index: pd.Index, own: dict[str, float], others: dict[str, list[str]], theirs: dict[str, float]
) -> pd.DataFrame:
    found = pd.DataFrame({"concordance": "", "other_side": ""}, index=index, dtype=object)
    for name, partners in others.items():
        levels = np.array([theirs[partner] for partner in partners])
        order = np.argsort(-levels, kind="stable")
        found.loc[name, "other_side"] = ", ".join(
            f"{partners[position]} {levels[position]:.0f}" for position in order[:4]
        )
        if own[name] < STRONG:
            continue
        if levels.max() >= STRONG:
            found.loc[name, "concordance"] = AGREES
        elif levels.max() <= WEAK:
            found.loc[name, "concordance"] = CONFLICTS
    return found
