"""What a column of a screen's result is, by its title: which score, which way it points, or no score at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from leap_core.arrays import Floats

Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class ScreenScore:
    """A score that programs for screens write.

    Attributes
    ----------
    name
        In words.
    stronger
        Which end means more dependent or more sensitive.
    unit
        Key of the score type of `leap_core.panel.scores` that it is the same as; None for another unit.
    """

    name: str
    stronger: Direction
    unit: str | None = None


# In the order in which one of several is taken.
_KNOWN: tuple[tuple[re.Pattern[str], ScreenScore], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), score)
    for pattern, score in (
        (r"chronos|ceres|gene[ _.-]?effect|^effect$", ScreenScore("gene effect", "lower", "gene_effect")),
        (
            r"dependency([ _.-]?(probability|score))?$|prob(ability)?([ _.-]?of)?[ _.-]?dep",
            ScreenScore("dependency probability", "higher", "gene_dependency"),
        ),
        (r"demeter2?|d2[ _.-]?score|ataris|rnai", ScreenScore("RNAi effect", "lower", "rnai_relative")),
        (r"ln[ _.-]?\(?ic[ _.-]?50", ScreenScore("ln IC50", "lower", "ln_ic50")),
        (r"(^|[^a-z])aac($|[^a-z])", ScreenScore("AAC", "higher", "AAC")),
        (r"act(ivity)?[ _.-]?area", ScreenScore("activity area", "higher", "act_area")),
        (r"(^|[^a-z])auc($|[^a-z])|area[ _.-]?under([ _.-]?the)?[ _.-]?curve", ScreenScore("AUC", "lower", "AUC")),
        (r"(log(2|10)?[ _.-]?)?ic[ _.-]?50|ec[ _.-]?50|gi[ _.-]?50", ScreenScore("IC50", "lower")),
        (r"(\||^|[ _.])beta($|[ _.])", ScreenScore("MAGeCK's beta", "lower")),
        (r"neg[|.]lfc", ScreenScore("MAGeCK's log fold change", "lower")),
        (r"norm[ _.-]?z", ScreenScore("drugZ's normZ", "lower")),
        (
            r"^(scaled[ _.-]?)?bfs?$|bayes(ian)?[ _.-]?factor|bagel|[ _.-]bf$",
            ScreenScore("BAGEL's Bayes factor", "higher"),
        ),
        (r"jacks", ScreenScore("JACKS' gene effect", "lower")),
        (r"stars([ _.-]?score)?", ScreenScore("STARS score", "higher")),
        (
            r"(^|[^a-z])(mean|median|avg)?[ _.-]?(log2?|l)[ _.-]?(fc|fold[ _.-]?change)|fold[ _.-]?change|log2?fc",
            ScreenScore("log fold change", "lower"),
        ),
        (r"sum[ _.-]?z", ScreenScore("sum of z", "lower")),
        (r"viability|survival|growth[ _.-]?rate", ScreenScore("viability", "lower")),
        (r"inhibition|cell[ _.-]?kill|toxicity", ScreenScore("inhibition", "higher")),
    )
)
# A score turned round, or its complement: which end is stronger is not that of the score.
_TURNED = re.compile(
    r"^\W*[-\u2212\u2013]|-\s*log|\b1(\.0)?\s*[-\u2212]|\(1\s*=|^p[ _.-]?(ic|ec|gi)[ _.-]?50|(^|[^a-z])n[ _.-]?log|"
    r"(^|[^a-z])(neg|negative|negated|minus|inverse|inverted|reversed?|flipped|loss|reduction|reduced|decreased?|"
    r"depletion)($|[^a-z])|"
    r"(^|[^a-z])(control|ctrl|ctl|dmso|vehicle|untreated|t0|day[ _.-]?0|d0|plasmid|pdna)[ _.-]*"
    r"(/|(vs|versus|over|minus)($|[^a-z]))",
    re.IGNORECASE,
)
# Words of measures that have no type here: such a column is in no panel's unit.
_ANOTHER = re.compile(
    r"death|kill|sensitiv|resist|deplet|essential|probab|efficacy|percent|%|inhib|viab|response|synergy|growth|"
    r"selectiv|(^|[^a-z])(dss|z|zscores?|scores?[ _.-]?z|depend\w*|dependency[ _.-]?score)($|[^a-z])|z[ _.-]?scores?",
    re.IGNORECASE,
)
# MAGeCK's own titles of negative selection.
_NEGATIVE_SELECTION = re.compile(r"neg[|.]lfc", re.IGNORECASE)
_NO_SCORE = re.compile(
    r"(^|[^a-z])(p|q|fdr|padj|adj)([ _.|-]?(val|value|adj|bh|synth|supp)\w*)*($|[^a-z])|p[ _.|-]?val|wald|permutation|"
    r"rank|good[ _.-]?sg|num([ _.-]?obs)?$|(^|[^a-z])(n|num|count|number|nobs|std|sd|se|var|ci|conf\w*)($|[^a-z])|"
    r"sg[ _.-]?rnas?$|guides?$|^pos[|.]|neg[|.](score|p|fdr|rank|good)|replicate[ _.-]?(count|number)|"
    r"entrez|(^|[ _.-])ids?$|^row$|^index$|chrom|start|end$|length|fc[ _.-]?se$|fwer|significance|adj[ _.]?p|pr\(>|"
    r"^-?log10?[ _.]?p$|bonferroni|(local)?fdr",
    re.IGNORECASE,
)


def known_score(title: str, values: Floats | None = None) -> ScreenScore | None:
    """The score that a title names; None where it names none that is known, or one that is turned round.

    Parameters
    ----------
    title
        Of the column, or of the file where it holds one score alone.
    values
        What the column holds, where it is known: no probability is outside of 0 to 1.
    """
    if _NO_SCORE.search(title) and not re.search(r"neg[|.]lfc|beta", title, re.IGNORECASE):
        return None
    if is_turned(title):
        return None
    found = next((score for pattern, score in _KNOWN if pattern.search(title)), None)
    if found is not None and found.unit == "gene_dependency" and values is not None and np.isfinite(values).any():
        # Rounding errors of programs lie just beyond.
        inside = float(np.nanmin(values)) >= -0.01 and float(np.nanmax(values)) <= 1.01
        return found if inside else None
    return found


def is_turned(title: str) -> bool:
    """Whether a title names a score turned round, or its complement (-LFC, 1-AUC, pIC50)."""
    return bool(_TURNED.search(title)) and not _NEGATIVE_SELECTION.search(title)


def speaks_of_another(title: str) -> bool:
    """Whether a title that names no known score speaks of some measure: its unit and direction are its own."""
    return is_turned(title) or bool(_ANOTHER.search(title))


def is_no_score(title: str) -> bool:
    """Whether a title names a p-value, a rank, a number of guides or an id."""
    return bool(_NO_SCORE.search(title)) and known_score(title) is None


def best_of(titles: Sequence[str]) -> list[str]:
    """The titles among which the score is: those of the known score that is preferred, else all that may be one."""
    for pattern, score in _KNOWN:
        found = [title for title in titles if known_score(title) == score and pattern.search(title)]
        if found:
            return found
    return [title for title in titles if not is_no_score(title)]
