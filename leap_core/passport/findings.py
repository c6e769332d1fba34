"""What of a sample is amber or red, one sentence each: its distances, its release, its cells, its name."""

from __future__ import annotations

import pandas as pd

from leap_core.panel.releases.names import difference_of_releases
from leap_core.passport.familiarity import FAMILIAR, OUTSIDE, ClassErrors, Percentiles, class_of
from leap_core.passport.same_line import SameLine
from leap_core.passport.sanity import Sanity
from leap_core.sample.model_input import Finding

# Below this percentile of the panel's proliferation a sample does not look like a growing line.
_SLOW = 1.0


def worth_of(errors: pd.DataFrame, kind: str, alike: str) -> str:
    """What predictions of a class of lines are worth, in words."""
    if kind not in errors.index:
        return "No screened line is of this class, so its error is not known"
    row = errors.loc[kind]
    return (
        f"{row['lines']:.0f} held-out lines {alike} ({kind}) were predicted with an error of {row['error']:.2f}"
        f" SD ({row['error_low']:.2f} to {row['error_high']:.2f}); predicting the panel's mean:"
        f" {row['error_of_mean']:.2f}"
    )


def _no_better_than_the_mean(errors: pd.DataFrame, kind: str, certain: bool = False) -> bool:
    """Whether held-out lines of a class were predicted no better than by the panel's mean; `certain`: beyond chance."""
    if kind not in errors.index:
        return True
    error, of_mean = errors.loc[kind, ["error_low" if certain else "error", "error_of_mean"]].to_numpy(dtype=float)
    return bool(error >= of_mean)


def distance_findings(percentiles: Percentiles, errors: ClassErrors | None, mapped: bool) -> list[Finding]:
    """What is amber or red of the distances of a sample; `mapped`: to the quantiles of the panel."""
    findings = []
    kind = class_of(percentiles.kinship)
    if kind != FAMILIAR:
        text = (
            f"{kind}: its nearest screened lines are farther than those of {percentiles.kinship:.0f} % of the panel's"
            " lines"
        )
        red = kind == OUTSIDE and (errors is None or _no_better_than_the_mean(errors.kinship, kind))
        if mapped and red:
            # Measured: whoever comes from another platform lies far, and is predicted nearly as well (docs/reading.md).
            text, red = f"{text}, as samples that were mapped from another unit mostly are", False
        findings.append(Finding("red" if red else "amber", text))
    kind = class_of(percentiles.shift)
    if kind == OUTSIDE and not mapped:
        than = (
            "any line of the panel" if percentiles.shift >= 100 else f"{percentiles.shift:.0f} % of the panel's lines"
        )
        text = (
            f"its numbers are shifted as a whole, more than {than}: another laboratory or platform, or a damaged sample"
        )
        worth = "" if errors is None else f". {worth_of(errors.shift, kind, 'shifted as much')}"
        red = (
            errors is not None
            and kind in errors.shift.index
            and _no_better_than_the_mean(errors.shift, kind, certain=True)
        )
        findings.append(Finding("red" if red else "amber", text + worth))
    return findings


TISSUE = (
    "Ranking xenografts and tissue by models of cell lines was tested and did not hold (13 treatments of 81 breast and"
    " bowel xenografts: mean rank correlation with the response -0.08, -0.17 to 0.02)"
)
"""What every passport says of tissue (docs/several-studies.md#tumours-and-xenografts)."""


def release_findings(file_name: str, release: str) -> list[Finding]:
    """Amber where the file is of another release than the panel."""
    difference = difference_of_releases(file_name, release)
    if not difference:
        return []
    text = (
        f"{difference}: expression of one release is not exactly that of another. Take the sample's table from the"
        " panel's release, or train on the sample's"
    )
    return [Finding("amber", text)]


def other_findings(cells: str, same_line: SameLine | None, sanity: Sanity) -> list[Finding]:
    """Amber for single cells, a name that goes with another profile, arrested cells, and a mixture of sexes."""
    findings = []
    if cells:
        findings.append(
            Finding(
                "amber",
                f"these look like single cells: {cells}. Sum them over cells (How the file is read; --pool cells) and"
                " score the sum",
            )
        )
    if same_line is not None and same_line.kind == "same name, another profile":
        findings.append(Finding("amber", same_line.sentence))
    if sanity.proliferation < _SLOW:
        findings.append(
            Finding(
                "amber",
                f"its {sanity.markers} cell-cycle genes are lower than in {100 - _SLOW:.0f} % of the screened lines:"
                f" tissue, or arrested cells? {TISSUE}",
            )
        )
    if sanity.sex.startswith("XIST and"):
        findings.append(Finding("amber", sanity.sex))
    return findings
