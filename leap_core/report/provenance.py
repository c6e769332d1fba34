"""Where an exported list comes from: written into every file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from leap_core.passport.passport import RED
from leap_core.report.cells import comment_line
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample

RED_STAMP = "RED INPUT: this sample failed its input check; see Input check below before anything of this file is used."
NOTICE = "Research use only; not for clinical decisions. Predictions are hypotheses to test."


@dataclass(frozen=True)
class Provenance:
    """Where a hit list comes from; written into the file's first lines.

    Attributes
    ----------
    sample, upload
        The sample, and the name of its file.
    model, model_key, release, score
        Model, key of its artefact, data release, score in words.
    input_check
        What the input passport said.
    red
        Whether the input is red: stamped on the file and its name.
    view
        Which rows, in which order.
    simulated
        True where the panel is the simulated demo.
    pilot
        What was measured first, and what was made of it; empty without a pilot.
    """

    sample: str
    upload: str
    model: str
    model_key: str
    release: str
    score: str
    input_check: str
    view: str
    simulated: bool
    day: date
    red: bool = False
    pilot: str = ""

    def lines(self) -> list[str]:
        """Comment lines, each beginning with ``#``."""
        entries = {
            "LEAP Screen Prioritiser": NOTICE,
            "Sample": f"{self.sample} (from {self.upload})",
            "Model": f"{self.model} ({self.model_key[:16]})",
            "Data release": self.release + (" - SIMULATED DATA, not real cell lines" if self.simulated else ""),
            "Score": self.score,
            "Input check": self.input_check,
            **({"Pilot": self.pilot} if self.pilot else {}),
            "Rows": self.view,
            "Date": self.day.isoformat(),
        }
        stamp = [comment_line(RED_STAMP)] if self.red else []
        return [*stamp, *(comment_line(f"{key}: {value}") for key, value in entries.items())]


def provenance_of(model: Model, scored: ScoredSample, upload: str, words: str, day: date) -> Provenance:
    """Where an export of some rows (`words`) of a sample comes from."""
    score = model.panel.score
    return Provenance(
        sample=scored.sample,
        upload=upload,
        model=model.name,
        model_key=model.key,
        release=model.panel.release,
        score=f"{score.title} ({score.direction})",
        input_check=scored.passport.summary(),
        view=words,
        simulated=model.panel.simulated,
        day=day,
        red=scored.passport.light == RED,
        pilot=""
        if scored.pilot is None
        else f"{scored.pilot.pilot.source}. {' '.join(scored.pilot.sentences)} Members are those without it.",
    )
