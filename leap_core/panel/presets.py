"""Which perturbations of a screen a panel keeps: the selective ones, all, or a list of the user's."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from leap_core.errors import PanelError, UserError
from leap_core.panel.panel import Panel
from leap_core.panel.summary import panel_share_dependent, summarise_panel

SELECTIVE, ALL, MINE = "selective", "all", "list"
PRESETS = {
    SELECTIVE: (
        "Selective genes only: without common essentials, and without genes on which fewer than three lines depend"
    ),
    ALL: "All genes",
    MINE: "My list: only the names that I paste",
}
# What differs in fewer lines than this is noise, or one line's affair.
_MIN_LINES = 3


@dataclass(frozen=True)
class Preset:
    """Which perturbations to keep.

    Attributes
    ----------
    kind
        ``selective``, ``all`` or ``list``.
    names
        The user's list, for the last.
    """

    kind: str = ALL
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in PRESETS:
            raise UserError(f"There is no preset {self.kind!r}; there are {', '.join(PRESETS)}.")
        if (self.kind == MINE) != bool(self.names):
            raise UserError("The preset 'list' needs names, one a line; the other presets take none.")

    @classmethod
    def of_text(cls, text: str) -> Preset:
        """The list that a user pasted: one name a line, or separated by commas, semicolons or tabs."""
        names = dict.fromkeys(part.strip() for part in re.split(r"[\n\r\t,;]+", text) if part.strip())
        return cls(MINE, tuple(names))


def apply_preset(panel: Panel, preset: Preset, essentials: tuple[str, ...] = ()) -> Panel:
    """Keep the perturbations of a preset; what was left out, and by which rule, is in the panel's report.

    Parameters
    ----------
    panel
        Whole.
    preset
        What to keep.
    essentials
        Common essentials by the release's own list; without one the panel's rule tells them.

    Raises
    ------
    PanelError
        If nothing is left, or the score has no rule by which a gene is selective.
    """
    if preset.kind == ALL:
        return panel
    if preset.kind == MINE:
        return _listed(panel, preset.names)
    names = panel.response.columns
    share = panel_share_dependent(panel)
    if not np.isfinite(share).any():
        raise PanelError(
            f"Which genes are selective cannot be told from {panel.score.title}: it has no line beyond which a line of"
            f" cells counts as {panel.score.adjective}. Take all of them, or your own list."
        )
    if essentials:
        common, rule = names.isin(essentials), f"by the release's own list of {len(essentials):,} genes"
    else:
        table, rule = summarise_panel(panel)
        common = table["common_essential"].fillna(False).to_numpy(dtype=bool)
    # A share of few screened lines is rounded: half a line below the number still reaches it.
    rare = ~common & (share * panel.response.notna().to_numpy().sum(axis=0) < _MIN_LINES - 0.5)
    return _kept(
        panel,
        ~common & ~rare,
        common_essentials=tuple(names[common]),
        never_varying=tuple(names[rare]),
        notes=(f"common essentials: {rule}",),
    )


def _listed(panel: Panel, wanted: tuple[str, ...]) -> Panel:
    by_upper = {name.upper(): name for name in panel.response.columns}
    found = {by_upper[name.upper()] for name in wanted if name.upper() in by_upper}
    keep = panel.response.columns.isin(found)
    missing = tuple(name for name in wanted if name.upper() not in by_upper)
    return _kept(panel, keep, not_on_list=tuple(panel.response.columns[~keep]), not_found=missing)


def _kept(panel: Panel, keep: np.ndarray, **left_out: tuple[str, ...]) -> Panel:
    if not keep.any():
        counts = ", ".join(
            f"{name.replace('_', ' ')}: {len(names):,}" for name, names in left_out.items() if name != "notes"
        )
        raise PanelError(
            f"The preset leaves none of the {len(keep):,} {panel.score.noun} ({counts}). Take another preset, or"
            " another list."
        )
    notes = panel.report.notes + left_out.pop("notes", ())
    report = replace(panel.report, **left_out, notes=notes)  # type: ignore[arg-type]
    return replace(panel, response=panel.response.loc[:, keep], report=report)
