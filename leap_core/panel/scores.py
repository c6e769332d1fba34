"""Score types: what a response number means, which way it points, and how it is said in words.

The one table of score semantics. Pages, plots and exports take their words from here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Floats
from leap_core.errors import PanelError


@dataclass(frozen=True)
class ScoreType:
    """Semantics of one kind of response.

    Attributes
    ----------
    key
        Name used on the command line and in stored panels.
    title
        Name in words, as an axis label starts.
    kind
        ``"gene"`` (knock-out or knock-down) or ``"drug"``.
    higher_is_stronger
        True where a higher number means more dependent or more sensitive.
    binary
        True for calls (0 or 1), which are judged by AUROC rather than Spearman.
    reference_lines
        Values that users know, with their meaning.
    only
        The values that there may be; empty: any number.
    effect_floor
        What a true dependency passes, in the unit (docs/methods.md#true-and-selective); None where no value has that
        meaning.
    note
        One sentence on how to read the number.
    """

    key: str
    title: str
    kind: str
    higher_is_stronger: bool
    note: str
    binary: bool = False
    reference_lines: tuple[tuple[float, str], ...] = ()
    only: tuple[float, ...] = ()
    effect_floor: float | None = None

    @property
    def kept_as(self) -> str:
        """What stands for it on disk (see `leap_core.run.codec`)."""
        return self.key

    @classmethod
    def from_kept(cls, key: str) -> ScoreType:
        """The score type that was kept by its key."""
        return SCORE_TYPES[key]

    @property
    def adjective(self) -> str:
        """What the strong end means: ``dependent`` for genes, ``sensitive`` for drugs."""
        return "dependent" if self.kind == "gene" else "sensitive"

    @property
    def noun(self) -> str:
        """What the perturbations are: ``genes`` or ``drugs``."""
        return f"{self.kind}s"

    @property
    def direction(self) -> str:
        """Direction in words, for example ``lower = more dependent``."""
        return f"{'higher' if self.higher_is_stronger else 'lower'} = more {self.adjective}"

    @property
    def axis(self) -> str:
        """Axis label of a prediction, with its direction."""
        return f"Predicted {self.title} ({self.direction})"

    @property
    def metric(self) -> str:
        """Metric of the accuracy on unseen lines: ``auroc`` for calls, else ``spearman``."""
        return "auroc" if self.binary else "spearman"

    @property
    def accuracy_cut(self) -> float:
        """Accuracy below which a row is not shown by default (an AUROC of 0.6 is a rank correlation of 0.2)."""
        return 0.6 if self.binary else 0.2

    @property
    def allowed(self) -> str:
        """The only values that there may be, in words; nothing where any number may be."""
        return {(0.0, 1.0): "calls of 0 and 1", (0.0, 1.0, 2.0): "levels of 0, 1 and 2"}.get(self.only, "")

    def allows(self, values: Floats) -> bool:
        """Whether no value is another than those that there may be."""
        return not self.only or bool(np.isin(values[np.isfinite(values)], self.only).all())

    def strength(self, values: Floats) -> Floats:
        """Orient `values` (any shape) so that higher means more dependent or more sensitive."""
        return values if self.higher_is_stronger else -values


SCORE_TYPES: dict[str, ScoreType] = {
    score.key: score
    for score in (
        ScoreType(
            "gene_dependency",
            "dependency probability",
            "gene",
            True,
            "Probability that the line depends on the gene: above 0.5 dependent, above 0.9 strongly.",
            reference_lines=((0.5, "dependent"), (0.9, "strong")),
            effect_floor=0.5,
        ),
        ScoreType(
            "gene_effect",
            "gene effect",
            "gene",
            False,
            "0 = no effect, -0.5 = depletion, -1 = median of common essential genes.",
            reference_lines=((0.0, "no effect"), (-0.5, "depletion"), (-1.0, "median common essential")),
            effect_floor=-0.5,
        ),
        ScoreType(
            "dependency_call",
            "dependency call",
            "gene",
            True,
            "1 = dependent, 0 = not; the prediction is a graded score, not yet a calibrated probability.",
            binary=True,
            only=(0.0, 1.0),
            effect_floor=0.5,
        ),
        ScoreType(
            "dependency_level",
            "dependency level",
            "gene",
            True,
            "0 = weak or none, 1 = dependent, 2 = strongly dependent; the prediction is the level that is expected.",
            reference_lines=((1.0, "dependent"), (2.0, "strong")),
            only=(0.0, 1.0, 2.0),
            effect_floor=0.5,
        ),
        ScoreType(
            "rnai_relative",
            "relative RNAi effect",
            "gene",
            False,
            "Relative within one gene: no absolute lines, never to be compared between genes.",
            # Hardly any value of genes that no line expresses passes it (docs/methods.md#true-and-selective).
            effect_floor=-1.1,
        ),
        ScoreType(
            "AAC", "AAC", "drug", True, "Area above the dose-response curve; no agreed cut, read the panel percentile."
        ),
        ScoreType(
            "act_area",
            "activity area",
            "drug",
            True,
            "Area between the dose-response curve and no effect, summed over doses (CCLE); no agreed cut, read the"
            " panel percentile.",
        ),
        ScoreType(
            "AUC",
            "AUC",
            "drug",
            False,
            "Area under the dose-response curve; below 0.8 is usually called a response.",
            reference_lines=((0.8, "response below"),),
        ),
        ScoreType(
            "ln_ic50",
            "ln IC50",
            "drug",
            False,
            "Natural log of the IC50 in uM; read the panel percentile, doses differ by drug.",
        ),
    )
}


def score_type(key: str) -> ScoreType:
    """Return the score type called `key` (upper and lower case are the same).

    Raises
    ------
    PanelError
        If there is no such score type.
    """
    for known, score in SCORE_TYPES.items():
        if known.lower() == key.strip().lower():
            return score
    raise PanelError(f"Unknown score type {key!r}. Known ones: {', '.join(SCORE_TYPES)}.")
