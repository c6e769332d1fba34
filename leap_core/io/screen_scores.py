"""What a column of a screen's result is, by its title: which score, which way it points, or no score at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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
        (r"chronos|ceres|gene[ _.-]?effect|^effect([ _.-]?size)?$", ScreenScore("gene effect", "lower", "gene_effect")),
        (
            r"dependency([ _.-]?(probability|score))?$|prob(ability)?([ _.-]?of)?[ _.-]?dep",
            ScreenScore("dependency probability", "higher", "gene_dependency"),
        ),
        (r"demeter2?|d2[ _.-]?score|ataris|rnai", ScreenScore("RNAi effect", "lower", "rnai_relative")),
        (r"ln[ _.-]?\(?ic[ _.-]?50", ScreenScore("ln IC50", "lower", "ln_ic50")),
        (r"(^|[^a-z])aac($|[^a-z])", ScreenScore("AAC", "higher", "AAC")),
        (r"act(ivity)?[ _.-]?area", ScreenScore("activity area", "higher")),
        (r"(^|[^a-z])auc($|[^a-z])", ScreenScore("AUC", "lower", "AUC")),
        (r"(log(2|10)?[ _.-]?)?ic[ _.-]?50|ec[ _.-]?50|gi[ _.-]?50", ScreenScore("IC50", "lower")),
        (r"(\||^|[ _.])beta($|[ _.])", ScreenScore("MAGeCK's beta", "lower")),
        (r"neg[|.]lfc", ScreenScore("MAGeCK's log fold change", "lower")),
        (r"norm[ _.-]?z", ScreenScore("drugZ's normZ", "lower")),
        (r"^(scaled[ _.-]?)?(bf|bayes[ _.-]?factor)s?$|bagel|[ _.-]bf$", ScreenScore("BAGEL's Bayes factor", "higher")),
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
_NO_SCORE = re.compile(
    r"(^|[^a-z])(p|q|fdr|padj|adj)([ _.|-]?(val|value|adj|bh|synth|supp)\w*)*($|[^a-z])|p[ _.|-]?val|wald|permutation|"
    r"rank|good[ _.-]?sg|num([ _.-]?obs)?$|(^|[^a-z])(n|num|count|number|nobs|std|sd|se|var|ci|conf\w*)($|[^a-z])|"
    r"sg[ _.-]?rnas?$|guides?$|^pos[|.]|neg[|.](score|p|fdr|rank|good)|replicate[ _.-]?(count|number)|"
    r"entrez|(^|[ _.-])ids?$|^row$|^index$|chrom|start|end$|length",
    re.IGNORECASE,
)


def known_score(title: str) -> ScreenScore | None:
    """The score that a title names; None where it names none that is known."""
    if _NO_SCORE.search(title) and not re.search(r"neg[|.]lfc|beta", title, re.IGNORECASE):
        return None
    return next((score for pattern, score in _KNOWN if pattern.search(title)), None)


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
