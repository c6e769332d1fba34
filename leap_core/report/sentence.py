"""One row of a hit table, and what stands behind it, as a sentence."""

from __future__ import annotations

import pandas as pd

from leap_core.panel.scores import ScoreType

# Least probability of each word.
_WORDS = ((0.8, "likely"), (0.5, "more likely than not"), (0.2, "possibly"), (0.0, "unlikely to be"))


def in_a_sentence(name: str, row: pd.Series, score: ScoreType) -> str:
    """What the model says of one perturbation in this sample, and how far that can be trusted.

    Parameters
    ----------
    name
        The perturbation.
    row
        Of the sample's hit table: ``probability`` (0..1, NaN where it was not measured), ``panel_percentile``,
        ``accuracy`` (AUROC of calls, else Spearman's rank correlation; NaN where it was not measured);
        ``common_essential`` where it is known.
    score
        Says whether it is a dependency or a sensitivity, and from which accuracy on lines can be told apart.

    Examples
    --------
    >>> from leap_core.panel.scores import SCORE_TYPES
    >>> told = {"probability": 0.96, "panel_percentile": 99.0, "accuracy": 0.56}
    >>> in_a_sentence("MAP2K1", pd.Series(told), SCORE_TYPES["gene_effect"])
    'MAP2K1: likely a true, selective dependency (96 %). On lines that the model had not seen, predictions had a rank \
correlation of 0.56 with what was measured.'
    >>> told = {"probability": 0.004, "panel_percentile": 60.0, "accuracy": 0.56, "common_essential": True}
    >>> in_a_sentence("VCP", pd.Series(told), SCORE_TYPES["gene_effect"]).split(".")[0]
    'VCP: common essential, so that nearly every line depends on it and none selectively; unlikely to be a true, \
selective dependency (0 %)'
    """
    event = f"a true, selective {'dependency' if score.kind == 'gene' else 'sensitivity'}"
    probability, accuracy = float(row["probability"]), float(row["accuracy"])
    if probability != probability:
        said = f"more {score.adjective} than {row['panel_percentile']:.0f} % of the panel's lines as predicted"
    else:
        word = next(word for least, word in _WORDS if probability >= least)
        said = f"{word} {event} ({100 * probability:.0f} %)"
    essential = row.get("common_essential")
    if essential is not None and not pd.isna(essential) and bool(essential):
        said = f"common essential, so that nearly every line depends on it and none selectively; {said}"
    if accuracy != accuracy:
        return f"{name}: {said}. Its accuracy on unseen lines was not measured."
    trust = ", too little to tell lines apart" if accuracy < score.accuracy_cut else ""
    metric = "an AUROC" if score.binary else "a rank correlation"
    found = f"On lines that the model had not seen, predictions had {metric} of {accuracy:.2f} with what was measured"
    return f"{name}: {said}. {found}{trust}."


def p_value_in_words(value: float) -> str:
    """A p-value or false discovery rate as it is read: four decimals at most, ``< 0.0001`` below.

    Examples
    --------
    >>> p_value_in_words(0.0006), p_value_in_words(0.25), p_value_in_words(3e-9)
    ('0.0006', '0.25', '< 0.0001')
    """
    if value != value:
        return ""
    return "< 0.0001" if value < 0.0001 else f"{value:.2g}" if value >= 0.01 else f"{value:.4f}"


def mechanism_in_a_sentence(
    name: str, genes: pd.DataFrame, threshold: float, pathways: pd.DataFrame, score: ScoreType
) -> str:
    """What the predictions of one perturbation rest on.

    Parameters
    ----------
    name
        The perturbation.
    genes
        ``feature``, ``proportion`` (share of random halves that select the gene), ``strengthens`` (+1 where more
        expression means a stronger prediction, -1, 0); highest proportion first.
    threshold
        Proportion from which a gene counts as stable.
    pathways
        ``gene_set``, ``fdr``.
    score
        Says what stronger means.
    """
    stable = genes[genes["proportion"] >= threshold]
    if stable.empty:
        return (
            f"{name}: no gene is selected in {threshold:.0%} of the random halves, so the predictions rest on many"
            " genes a little each."
        )
    first = stable.head(3)
    named = [
        f"{gene} ({'more' if sign > 0 else 'less' if sign < 0 else 'either'})"
        for gene, sign in zip(first["feature"], first["strengthens"], strict=True)
    ]
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    counted = "1 gene" if len(stable) == 1 else f"{len(stable)} genes"
    said = f"{name}: the predictions rest stably on {counted}, first of all {listed} expressed = more {score.adjective}"
    rates = pathways["fdr"].astype(float) if len(pathways) else pd.Series(dtype=float)
    if not len(rates) or not rates.min() < 0.05:
        return f"{said}. No gene set is enriched at a false discovery rate of 5 %."
    best = pathways["gene_set"].iloc[int(rates.to_numpy().argmin())]
    return f"{said}. The gene set that fits best is {best} (false discovery rate {p_value_in_words(rates.min())})."
