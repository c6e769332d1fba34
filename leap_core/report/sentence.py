"""One row of a hit table as a sentence."""

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
        ``accuracy`` (AUROC of calls, else Spearman's rank correlation; NaN where it was not measured).
    score
        Says whether it is a dependency or a sensitivity, and from which accuracy on lines can be told apart.

    Examples
    --------
    >>> from leap_core.panel.scores import SCORE_TYPES
    >>> told = {"probability": 0.96, "panel_percentile": 99.0, "accuracy": 0.56}
    >>> in_a_sentence("MAP2K1", pd.Series(told), SCORE_TYPES["gene_effect"])
    'MAP2K1: likely a true, selective dependency (96 %). On lines that the model had not seen, predictions had a rank \
correlation of 0.56 with what was measured.'
    """
    event = f"a true, selective {'dependency' if score.kind == 'gene' else 'sensitivity'}"
    probability, accuracy = float(row["probability"]), float(row["accuracy"])
    if probability != probability:
        said = f"more {score.adjective} than {row['panel_percentile']:.0f} % of the panel's lines as predicted"
    else:
        word = next(word for least, word in _WORDS if probability >= least)
        said = f"{word} {event} ({100 * probability:.0f} %)"
    if accuracy != accuracy:
        return f"{name}: {said}. Its accuracy on unseen lines was not measured."
    trust = ", too little to tell lines apart" if accuracy < score.accuracy_cut else ""
    metric = "an AUROC" if score.binary else "a rank correlation"
    found = f"On lines that the model had not seen, predictions had {metric} of {accuracy:.2f} with what was measured"
    return f"{name}: {said}. {found}{trust}."
