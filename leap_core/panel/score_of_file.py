"""Which score a table of responses holds: what the file's name says, and what its numbers allow, have to agree."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from leap_core.arrays import Floats
from leap_core.errors import PanelError
from leap_core.io.screen_scores import is_turned, known_score
from leap_core.panel.scores import SCORE_TYPES, ScoreType, score_type
from leap_core.panel.tables import numbered

# Official names of DepMap, GDSC, CCLE and PRISM, as words: nothing within a word counts (Bauch, Isaac).
_NAMES = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"gene ?dependency(?! scores?\b)", "gene_dependency"),
        (r"gene ?effect", "gene_effect"),
        (r"(?<![a-z])ln ?ic ?50", "ln_ic50"),
        (r"(?<![a-z])ataris", "rnai_relative"),
        (r"(?<![a-z])(demeter ?2|d2 ?combined)", "gene_effect"),
        (r"(?<![a-z])act(ivity)? ?area", "act_area"),
        (r"(?<![a-z])aac(?![a-z])", "AAC"),
        (r"(?<![a-z])aucs?(?![a-z])", "AUC"),
    )
)
_ENDINGS = re.compile(r"(\.(csv|tsv|txt|xlsx?|parquet|gct|gz|bz2|zip))+$", re.IGNORECASE)
_CALLS = re.compile(r"(?<![a-z])(binary|calls?)(?![a-z])")
_GENES, _CERTAINLY_GENES = 0.3, 0.8
# Rounding errors lie just beyond a bound, and a few wells beyond what a curve should have.
_ROUNDING, _FEW = 0.01, 0.01
# Concentrations themselves are skewed by far, and never negative.
_SKEWED, _LARGE = 5.0, 15.0


def score_of(response: pd.DataFrame, file_name: str, gene_share: float, declared: str | None) -> ScoreType:
    """The score type of a table: as declared, or by its name and numbers.

    Parameters
    ----------
    response
        Lines in rows, perturbations in columns.
    file_name
        Name of the file.
    gene_share
        Share of the columns that are human genes (0..1).
    declared
        Key of the score type, where the user says it.

    Raises
    ------
    PanelError
        If the table could be several score types, or its numbers or its name speak against the declared one.
    """
    values = response.to_numpy(dtype=float)
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        raise PanelError("The response table holds no number.")
    if declared is not None:
        score = score_type(declared)
        if against := _against(score, finite) or _against_by_name(score, file_name, finite):
            raise PanelError(
                f"{file_name} was declared as {score.title} ({score.direction}), but {against}. Declare what it is, or"
                " give the table in that unit."
            )
        return score
    named = _named(file_name)
    other_kind = gene_share >= _CERTAINLY_GENES and not numbered(response.columns)
    contradicted = named is not None and (_against(named, finite) or _is_no_area(named, finite))
    if named is not None and not contradicted and not (named.kind == "drug" and other_kind):
        return named
    if named is None and (found := _by_numbers(finite, gene_share)) is not None:
        return found
    genes = gene_share >= _GENES
    found_words = (
        f"values from {finite.min():.3g} to {finite.max():.3g}, {'gene' if genes else 'other'} names in the columns"
    )
    if named is not None:
        found_words += f"; {file_name} sounds like {named.title}, which these are not"
    elif is_turned(_stem(file_name)):
        found_words += f"; by its name {file_name} is a score turned round"
    choices = [key for key, score in SCORE_TYPES.items() if (score.kind == "gene") == genes]
    raise PanelError(
        f"The score type of the response table is not certain ({found_words}). Declare it with --score, one of:"
        f" {', '.join(choices)}. Of a score that points the other way give its negative (for 1 - AUC: AAC)."
    )


def is_of_genes(file_name: str, declared: str | None) -> bool:
    """Whether a table is known to be of genes before its numbers are looked at."""
    score = score_type(declared) if declared is not None else _named(file_name)
    return score is not None and score.kind == "gene"


def _words(file_name: str) -> str:
    """The name without its endings, words apart: capitals within a word begin another."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z0-9]+", " ", _stem(file_name)).lower()


def _stem(file_name: str) -> str:
    return _ENDINGS.sub("", file_name)


def _named(file_name: str) -> ScoreType | None:
    """The score type of a file's name; None where it has none, or one that is turned round or cut into calls."""
    words = _words(file_name)
    if is_turned(_stem(file_name)) or _CALLS.search(words):
        return None
    return next((SCORE_TYPES[key] for pattern, key in _NAMES if pattern.search(words)), None)


def _by_numbers(finite: Floats, gene_share: float) -> ScoreType | None:
    """What numbers between 0 and 1, or three levels, can only be where the columns are genes."""
    if gene_share < _GENES:
        return None
    if np.unique(finite).tolist() == [0.0, 1.0, 2.0]:
        return SCORE_TYPES["dependency_level"]
    if finite.min() >= 0 and finite.max() <= 1:
        return SCORE_TYPES["dependency_call" if np.isin(finite, (0.0, 1.0)).all() else "gene_dependency"]
    return None


def _against(score: ScoreType, finite: Floats) -> str | None:
    """What the numbers say against a score type, in words; None where nothing does."""
    low, high, below = float(finite.min()), float(finite.max()), float(np.mean(finite < 0))
    found = f"its values lie between {low:.3g} and {high:.3g}"
    match score.key:
        case "gene_dependency":
            if low < -_ROUNDING or high > 1 + _ROUNDING:
                return f"{found}, and a probability between 0 and 1"
        case "gene_effect" | "rnai_relative":
            if low >= 0:
                return f"{found}, and an effect is negative where a line depends on a gene"
        case "AAC":
            if below > _FEW:
                return f"{below:.0%} of its values are negative, and an area is not"
        case "ln_ic50":
            if low >= 0 and high > max(_LARGE, _SKEWED * float(np.median(finite))):
                return f"{found} and none is negative: these are concentrations, not their natural logarithms in uM"
    return None


def _is_no_area(score: ScoreType, finite: Floats) -> bool:
    """Whether a name says AUC over negative numbers.

    Who declares it may mean another score of that direction: PRISM's fold changes of viability have no type of their
    own.
    """
    return score.key == "AUC" and float(np.mean(finite < 0)) > _FEW


def _against_by_name(score: ScoreType, file_name: str, finite: Floats) -> str | None:
    """What a file's name says against a declared score: one that has no type here, and points the other way."""
    named = known_score(_words(file_name), finite)
    if named is None or named.unit is not None or named.stronger == ("higher" if score.higher_is_stronger else "lower"):
        return None
    return f"its name says {named.name} ({named.stronger} = stronger)"
