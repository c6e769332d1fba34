"""Which gene sets the stable genes lie in: over-representation and pre-ranked GSEA, through gseapy, on local sets."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from leap_core.arrays import Array, Floats

PATHWAY_COLUMNS = (
    "gene_set",
    "method",
    "n_set",
    "n_overlap",
    "odds_ratio",
    "es",
    "nes",
    "p_value",
    "fdr",
    "genes",
    "group",
    "representative",
)
OVER_REPRESENTATION, GSEA = "over-representation", "pre-ranked GSEA"
_PERMUTATIONS = 1000
# Sets that share this part of the smaller one's genes say the same.
_REDUNDANT = 0.5


def over_representation(
    stable: Sequence[str], background: Sequence[str], sets: Mapping[str, frozenset[str]]
) -> pd.DataFrame:
    """Hypergeometric test of every set (one-sided: more of the stable genes than by chance).

    Parameters
    ----------
    stable
        Genes that were selected.
    background
        All genes that could have been.
    sets
        From `leap_core.io.gene_sets.GeneSets.among` of the background. Benjamini-Hochberg corrects over all of them;
        gseapy would leave out those without a hit.

    Returns
    -------
    pandas.DataFrame
        `PATHWAY_COLUMNS`, lowest p first; no rows without sets.
    """
    table = _empty()
    if not sets:
        return table
    found = _enrich(stable, background, sets)
    p_values = found["P-value"].astype(float).to_dict() if len(found) else {}
    odds = found["Odds Ratio"].astype(float).to_dict() if len(found) else {}
    overlaps = {name: sorted(members & set(stable)) for name, members in sets.items()}
    table = pd.DataFrame(
        {
            "gene_set": list(sets),
            "method": OVER_REPRESENTATION,
            "n_set": [len(members) for members in sets.values()],
            "n_overlap": [len(overlap) for overlap in overlaps.values()],
            "odds_ratio": [odds.get(name, 0.0) for name in sets],
            "p_value": [p_values.get(name, 1.0) for name in sets],
            "genes": [";".join(overlap) for overlap in overlaps.values()],
        }
    )
    table["fdr"] = false_discovery_control(table["p_value"].to_numpy(), method="bh")
    return _finished(table, sets)


def gene_ranking(proportions: Floats, signs: Floats, ties: Floats, genes: Sequence[str]) -> pd.Series:
    """Genes by signed selection proportion, highest first: what pre-ranked GSEA goes through.

    Parameters
    ----------
    proportions, signs
        (g,) of each gene.
    ties
        (g,) correlation with the teacher: it orders the genes of equal proportion, most of which are 0, so that the
        order of the genes changes nothing.
    genes
        (g,) names.
    """
    # Less than one half's share, so that no tie-break overtakes a proportion.
    rank = pd.Series(proportions * signs + 1e-3 * ties / max(float(np.abs(ties).max()), 1e-12), index=list(genes))
    return rank.iloc[np.lexsort([np.asarray(genes, dtype=str), -rank.to_numpy()])]


def running_sum(rank: pd.Series, members: frozenset[str]) -> Array:
    """Running sum of one set along the ranking (g,): its furthest point from 0 is the enrichment score.

    At each gene of the set it rises by the gene's share of the set's summed magnitude, at each other gene it falls by
    one over their number (Subramanian et al. 2005, with an exponent of 1).
    """
    inside = rank.index.isin(list(members))
    weight = np.where(inside, np.abs(rank.to_numpy()), 0.0)
    total, others = float(weight.sum()), int((~inside).sum())
    if total == 0 or others == 0:
        return np.zeros(len(rank))
    found: Array = np.cumsum(weight / total - np.where(inside, 0.0, 1.0 / others))
    return found


def ranked_gsea(rank: pd.Series, sets: Mapping[str, frozenset[str]], seed: int) -> pd.DataFrame:
    """Pre-ranked GSEA on signed selection proportions.

    Parameters
    ----------
    rank
        From `gene_ranking`.
    sets
        As in `over_representation`.
    seed
        Of the permutations. Their p-values ignore that genes are correlated.

    Returns
    -------
    pandas.DataFrame
        `PATHWAY_COLUMNS`; ``genes`` is the leading edge.
    """
    # Ties are broken by less than a thousandth: no gene was selected at all.
    if not sets or float(rank.abs().max()) <= 1.001e-3:
        return _empty()
    found = _prerank(rank, sets, seed)
    rows = [
        {
            "gene_set": name,
            "method": GSEA,
            "n_set": len(members),
            "n_overlap": len(str(found[name]["Lead_genes"]).split(";")),
            "es": float(found[name]["ES"]),
            "nes": float(found[name]["NES"]),
            "p_value": float(found[name]["NOM p-val"]),
            "fdr": float(found[name]["FDR q-val"]),
            "genes": str(found[name]["Lead_genes"]),
        }
        for name, members in sets.items()
        if name in found
    ]
    return _finished(pd.DataFrame(rows), sets) if rows else _empty()


def _prerank(rank: pd.Series, sets: Mapping[str, frozenset[str]], seed: int) -> dict[str, dict[str, Any]]:
    import gseapy  # Brings matplotlib along: a second that only those who ask for pathways wait.

    members = {name: sorted(of_set) for name, of_set in sets.items()}
    limits = {"min_size": 1, "max_size": len(rank), "permutation_num": _PERMUTATIONS}
    done = gseapy.prerank(
        rank, members, **limits, seed=seed % 2**31, threads=os.cpu_count() or 1, outdir=None, no_plot=True
    )
    return done.res2d.set_index("Term").to_dict("index")


def _enrich(stable: Sequence[str], background: Sequence[str], sets: Mapping[str, frozenset[str]]) -> pd.DataFrame:
    """Results of gseapy by set; only sets with a hit are there."""
    # gseapy calls no hit an error.
    if not any(members.intersection(stable) for members in sets.values()):
        return pd.DataFrame()
    import gseapy

    found = gseapy.enrich(
        list(stable),
        {name: sorted(members) for name, members in sets.items()},
        background=list(background),
        outdir=None,
        no_plot=True,
    )
    return found.results.set_index("Term") if isinstance(found.results, pd.DataFrame) else pd.DataFrame()


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=list(PATHWAY_COLUMNS))


def _finished(table: pd.DataFrame, sets: Mapping[str, frozenset[str]]) -> pd.DataFrame:
    """All columns, in order of p, sets that say the same grouped under the first of them."""
    table = table.reindex(columns=list(PATHWAY_COLUMNS)).sort_values(
        ["p_value", "gene_set"], kind="stable", ignore_index=True
    )
    representatives: list[str] = []
    groups = []
    for name in table["gene_set"]:
        members = sets[name]
        like = (
            n
            for n, other in enumerate(representatives)
            if len(members & sets[other]) >= _REDUNDANT * min(len(members), len(sets[other]))
        )
        number = next(like, len(representatives))
        if number == len(representatives):
            representatives.append(name)
        groups.append(number)
    table["group"] = groups
    table["representative"] = [representatives[number] for number in groups]
    return table
