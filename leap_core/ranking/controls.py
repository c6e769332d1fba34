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
    rest = table.drop(index=[name for name in hits if name in table.index])
    if "in_pilot" in rest:
        rest = rest[~rest["in_pilot"]]
    classes = rest["panel_class"]
    by_strength = rest["panel_mean"].sort_values(ascending=not higher_is_stronger, kind="stable").index
    positives = [name for name in by_strength if classes[name] == COMMON_ESSENTIAL]
    unlikely = ~(rest["probability"].astype(float) > 2 * _UNLIKELY)
    silent = rest["expressed"].fillna(True).astype(bool) if "expressed" in rest else pd.Series(True, rest.index)
    told = "share_dependent" not in table or bool(table["share_dependent"].notna().any())
    never = [
        name
        for name in by_strength[::-1]
        if unlikely[name] and (classes[name] == NEVER_DEPENDENT if told else not silent[name])
    ]
    negatives = [*(name for name in never if not silent[name]), *(name for name in never if silent[name])]
    metric = str(table["accuracy_metric"].iloc[0]) if len(table) else "spearman"
    well = rest["accuracy"].astype(float) >= _WELL_PREDICTED[metric]
    elsewhere = rest[(classes == STRONGLY_SELECTIVE) & well & (rest["probability"].astype(float) <= _UNLIKELY)]
    specificity = elsewhere.sort_values(
        ["accuracy", "panel_mean"], ascending=[False, not higher_is_stronger], kind="stable"
    ).index
    parts = []
    for kind, names in ((POSITIVE, positives), (NEGATIVE, negatives), (SPECIFICITY, list(specificity))):
        chosen = rest.loc[names[:each]].copy()
        chosen.insert(0, "control", kind)
        chosen.insert(1, "rule", RULES[kind])
        parts.append(chosen)
    return pd.concat(parts)
