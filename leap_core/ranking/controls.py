"""Controls to put on the plate beside the hits, chosen by stated rules."""

from __future__ import annotations

import pandas as pd

from leap_core.panel.summary import COMMON_ESSENTIAL, NEVER_DEPENDENT, STRONGLY_SELECTIVE

POSITIVE, NEGATIVE, SPECIFICITY = "positive", "negative", "specificity"
RULES = {
    POSITIVE: "common essential in the panel, the strongest panel mean first",
    NEGATIVE: (
        "no screened line depends on it (relative scores, which cannot tell: this sample does not express it) and it is"
        " unlikely here (probability 10 % or less); genes that this sample does not express first, then the weakest"
        " panel mean"
    ),
    SPECIFICITY: (
        "strongly selective in the panel and predicted well, but unlikely here: dependent elsewhere, not in this"
        " sample; the best predicted first"
    ),
}
# Accuracy from which on "unlikely here" means something, and the probability below which it is unlikely.
_WELL_PREDICTED = {"spearman": 0.3, "auroc": 0.65}
_UNLIKELY = 0.05


def matched_controls(table: pd.DataFrame, hits: pd.Index, each: int, higher_is_stronger: bool) -> pd.DataFrame:
    """Choose controls of each kind.

    Parameters
    ----------
    table
        Hit table of the sample; nothing of `hits` is taken, nor what a pilot has measured.
    hits
        What is tested.
    each
        How many of each kind, as far as there are so many.
    higher_is_stronger
        Direction of the score.

    Returns
    -------
    pandas.DataFrame
        Rows of the table with ``control`` (kind) and ``rule`` first; positives, then negatives, then specificity
        controls.
    """
    rest = table[~table.index.isin(hits)]
    if "in_pilot" in rest:
        rest = rest[~rest["in_pilot"]]
    rest = rest.sort_values("panel_mean", ascending=not higher_is_stronger, kind="stable")
    classes, likely = rest["panel_class"], rest["probability"].astype(float)
    positives = rest.index[classes == COMMON_ESSENTIAL]
    silent = ~rest["expressed"].fillna(True).astype(bool) if "expressed" in rest else pd.Series(False, rest.index)
    told = "share_dependent" not in table or bool(table["share_dependent"].notna().any())
    never = ~(likely > 2 * _UNLIKELY) & ((classes == NEVER_DEPENDENT) if told else silent)
    weakest_first = slice(None, None, -1)
    negatives = rest.index[never & silent][weakest_first].append(rest.index[never & ~silent][weakest_first])
    metric = str(table["accuracy_metric"].iloc[0]) if len(table) else "spearman"
    well = rest["accuracy"].astype(float) >= _WELL_PREDICTED[metric]
    elsewhere = rest[(classes == STRONGLY_SELECTIVE) & well & (likely <= _UNLIKELY)]
    specificity = elsewhere.sort_values(
        ["accuracy", "panel_mean"], ascending=[False, not higher_is_stronger], kind="stable"
    ).index
    parts = []
    for kind, names in ((POSITIVE, positives), (NEGATIVE, negatives), (SPECIFICITY, specificity)):
        chosen = rest.loc[names[:each]].copy()
        chosen.insert(0, "control", kind)
        chosen.insert(1, "rule", RULES[kind])
        parts.append(chosen)
    return pd.concat(parts)
