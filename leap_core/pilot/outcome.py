"""A pilot as it is handed in, and what was made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit

from leap_core.errors import SampleError
from leap_core.pilot.conditioning import Trust
from leap_core.ranking.list_calibration import ListCalibration

SAME_STUDY = "in the panel's unit, and as close to the predictions as the panel's own study measures"
ANOTHER_LABORATORY = "in the panel's unit, measured by another laboratory"
BY_RANKS = "in another unit than the panel's, which they were given by their ranks"
BY_ITS_LINES = "joined by what the same laboratory measured of the panel's lines"


@dataclass(frozen=True)
class Pilot:
    """What was measured of a sample, under the model's names.

    Attributes
    ----------
    values
        Index perturbations; in the unit of their source.
    same_unit
        Whether they are in the panel's unit.
    same_direction
        Whether they point the way that the panel's score does.
    same_study
        Whether the panel's own laboratory measured them, by its own protocol; None: told from the values.
    certain
        Whether the plate is known to have held this sample: then its values are not asked.
    laboratory
        What the same laboratory measured of the panel's lines: ids x the model's names; None where there is no such
        table.
    source
        What the values were read from, in words.
    """

    values: pd.Series
    same_unit: bool = True
    same_direction: bool = True
    same_study: bool | None = None
    certain: bool = False
    laboratory: pd.DataFrame | None = None
    source: str = ""

    def digest(self) -> str:
        """SHA-256 of the values and of what is known of them."""
        told = (self.same_unit, self.same_direction, self.same_study, self.certain, self.source)
        total = hashlib.sha256(repr((told, self.values.to_dict())).encode())
        if self.laboratory is not None:
            total.update(repr(list(self.laboratory.columns)).encode())
            total.update(pd.util.hash_pandas_object(self.laboratory).to_numpy().tobytes())
        return total.hexdigest()

    def only(self, names: Collection[str]) -> Pilot:
        """The pilot of some of its rows."""
        return replace(self, values=self.values[self.values.index.isin(list(names))])

    def after(self, earlier: Pilot) -> Pilot:
        """Both rounds of a pilot as one; a row that was measured twice counts as it was the last time.

        Raises
        ------
        SampleError
            If they are not of one unit and laboratory.
        """
        mine, theirs = ((one.same_unit, one.same_direction, one.same_study) for one in (self, earlier))
        tables = self.laboratory, earlier.laboratory
        same = tables[0] is None and tables[1] is None
        if tables[0] is not None and tables[1] is not None:
            same = tables[0].equals(tables[1])
        if mine != theirs or not same:
            raise SampleError(
                "The rounds of a pilot have to be in one unit, measured by one laboratory, with the same table of its"
                " lines; these are not. Put them into one table."
            )
        kept = earlier.values.drop(index=self.values.index, errors="ignore")
        return replace(
            self,
            values=pd.concat([kept, self.values]),
            certain=self.certain or earlier.certain,
            source=f"{earlier.source}; then {self.source}",
        )


@dataclass(frozen=True)
class PilotOutcome:
    """What was made of a pilot.

    Attributes
    ----------
    pilot
        As it was handed in.
    rows
        Index the measured perturbations that count; ``measured`` (in the panel's unit, or as near to it as can be
        told), ``predicted`` (before), ``surprise`` (measured less predicted, in standard deviations of such residuals).
    how
        How the values were joined to the panel's unit, in words.
    trust
        How far the pilot is trusted.
    log_odds
        That it is of this sample and not of another line (see `leap_core.pilot.guard.log_odds`).
    calibration
        Of lists after such a pilot.
    unused
        Rows that were measured and tell nothing.
    """

    pilot: Pilot
    rows: pd.DataFrame
    how: str
    trust: Trust
    log_odds: float
    calibration: ListCalibration
    unused: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a user has to know of it."""
        trust, found = self.trust, [f"{len(self.rows)} measured rows, {self.how}."]
        chance = f"{100.0 * float(expit(self.log_odds)):.0f} %"
        if self.pilot.certain:
            found.append("Taken as measured of this sample for certain.")
        elif trust.weight == 0.0:
            found.append(
                f"Nothing was updated: the measured values fit other lines of the panel better than this sample"
                f" (probability of this sample {chance}). Was it on the plate? If that is certain, say so."
            )
        else:
            found.append(
                f"They fit this sample rather than another line with a probability of {chance}; so much of the"
                " update is made. If the plate held this sample for certain, say so, and all of it is."
            )
        if trust.weight and trust.specific < 0.25:
            found.append(
                "The rows do not predict each other as in the panel: a general level is told, and little more."
            )
        if self.unused:
            names = ", ".join(self.unused[:10]) + (" ..." if len(self.unused) > 10 else "")
            found.append(f"{len(self.unused)} measured rows tell nothing of the others here: {names}.")
        if trust.noise >= 4.0:
            found.append("The values scatter much more than the panel's own; little is made of them.")
        return tuple(found)

    @property
    def surprises(self) -> pd.DataFrame:
        """The measured rows, the most surprising first."""
        order = np.argsort(-self.rows["surprise"].abs().to_numpy(), kind="stable")
        return self.rows.iloc[order]
