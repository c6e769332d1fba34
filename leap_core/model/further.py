"""What other studies say of a training set: further targets of its heads, and lines that only these studies have.

A regressor that learns what responses share (`leap_core.model.heads.base.RegressorSettings.takes_further`) sees them
beside the responses that it predicts, each study by a weight. They are never predicted themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from leap_core.arrays import Ints, Labels, Mask, Matrix
from leap_core.model.heads.base import FurtherColumns
from leap_core.panel.lines import UNKNOWN_LINEAGE
from leap_core.panel.panel import Panel
from leap_core.run import codec

LINEAGE = "lineage"
"""What the lineages of the lines are called among the studies."""

# Fewer lines say nothing of a column.
_MIN_LINES = 10
# Columns of one study at most: those that vary most.
_MAX_COLUMNS = 2048


@dataclass(frozen=True)
class FurtherTargets:
    """Other studies of a training set's n lines, and of u lines that it has no response of.

    Attributes
    ----------
    expression
        (u, genes) of the lines that only other studies have.
    patients
        (n + u,) of all lines, the training set's first.
    lineages
        (n + u,) likewise.
    response
        (n + u, a) float32, each column in its study's unit; NaN = not screened.
    studies
        (a,) name of the study that a column is of.
    weights
        By study: 0 takes no part, 1 counts as much as the responses that are predicted.
    """

    expression: pd.DataFrame
    patients: Labels
    lineages: Labels
    response: Matrix
    studies: Labels
    weights: dict[str, float]

    @classmethod
    def of(cls, panel: Panel) -> FurtherTargets | None:
        """The further studies of a panel, and the lineages of its lines; None where there are no further studies."""
        if not panel.further:
            return None
        screened = pd.Index([]).append([study.response.index for study in panel.further])
        others = panel.unlabelled.index[panel.unlabelled.index.isin(screened)]
        lines = panel.lines.index.append(others)
        annotation = pd.concat([panel.lines, *(study.lines for study in panel.further)])
        annotation = annotation[~annotation.index.duplicated()].loc[lines]
        tables = {study.name: study.response.reindex(lines).to_numpy(dtype=np.float32) for study in panel.further}
        tables[LINEAGE] = _lineage_columns(annotation["lineage"].to_numpy(dtype=object))
        kept = {name: values[:, _telling(values)] for name, values in tables.items()}
        return cls(
            panel.unlabelled.loc[others],
            annotation["patient"].to_numpy(dtype=object),
            annotation["lineage"].to_numpy(dtype=object),
            np.concatenate(list(kept.values()), axis=1),
            np.repeat(np.array(list(kept), dtype=object), [values.shape[1] for values in kept.values()]),
            dict.fromkeys(kept, 0.0),
        )

    @property
    def lines(self) -> int:
        """Number n of lines of the training set."""
        return len(self.patients) - len(self.expression)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that heads learn from."""
        lines = (self.expression.index.tolist(), self.patients.tolist(), self.studies.tolist())
        genes = (self.expression.to_numpy(), self.expression.columns.tolist())
        return codec.digest(
            self.response, *genes, *lines, [f"{study} {weight}" for study, weight in sorted(self.weights.items())]
        )

    def part(self, keep: Mask, held_out: Collection[str]) -> FurtherTargets:
        """Of the training set's lines marked in `keep` (n,).

        A line that only other studies have goes where its patient, or its whole lineage, was held out.

        Parameters
        ----------
        keep
            Lines that stay.
        held_out
            Patients that are predicted, whether or not the training set has them.
        """
        n = self.lines
        mine, others = self.patients[:n], self.patients[n:]
        gone = set(self.lineages[:n][~keep]) - set(self.lineages[:n][keep]) - {UNKNOWN_LINEAGE}
        stays = ~np.isin(others, [*mine[~keep], *held_out]) & ~np.isin(self.lineages[n:], list(gone))
        rows = np.concatenate([keep, stays])
        return replace(
            self,
            expression=self.expression[stays],
            patients=self.patients[rows],
            lineages=self.lineages[rows],
            response=self.response[rows],
        )

    def with_unscreened(self, patients: Collection[str]) -> FurtherTargets:
        """With more lines of the training set, behind those it had, that no further study has screened."""
        n, count = self.lines, len(patients)
        gaps = np.full((count, self.response.shape[1]), np.nan, dtype=np.float32)
        unknown, new = np.full(count, UNKNOWN_LINEAGE, dtype=object), np.array(list(patients), dtype=object)
        return replace(
            self,
            patients=np.concatenate([self.patients[:n], new, self.patients[n:]]),
            lineages=np.concatenate([self.lineages[:n], unknown, self.lineages[n:]]),
            response=np.concatenate([self.response[:n], gaps, self.response[n:]]),
        )

    def of_study(self, study: str) -> Matrix:
        """Responses (n + u, b) of one study."""
        return self.response[:, self.studies == study]

    def rows_with(self, weights: dict[str, float]) -> Mask:
        """Which of the n + u lines heads are fitted to: the training set's, and those of studies that have a weight."""
        # A lineage alone says nothing of what a line responds to.
        column = np.array([weights[study] > 0 and study != LINEAGE for study in self.studies], dtype=bool)
        rows: Mask = np.atleast_1d(np.isfinite(self.response[:, column]).any(axis=1))
        rows[: self.lines] = True
        return rows

    def weighted(self, weights: dict[str, float]) -> FurtherTargets | None:
        """The studies that have a weight, with the lines that these have; None where none has."""
        column = np.array([weights[study] for study in self.studies], dtype=float) > 0
        if not column.any():
            return None
        rows = self.rows_with(weights)
        return FurtherTargets(
            self.expression[rows[self.lines :]],
            self.patients[rows],
            self.lineages[rows],
            self.response[rows][:, column],
            self.studies[column],
            {study: weight for study, weight in weights.items() if weight > 0},
        )

    def columns(self, rows: Ints) -> FurtherColumns:
        """Targets of some of the lines, as a regressor takes them."""
        weights = np.array([self.weights[study] for study in self.studies])
        return FurtherColumns(self.response[rows], np.unique(self.studies.astype(str), return_inverse=True)[1], weights)


def _lineage_columns(lineages: Labels) -> Matrix:
    """One column (n + u,) for each lineage, 1 for its lines; NaN for lines of unknown lineage."""
    names = sorted(set(lineages) - {UNKNOWN_LINEAGE})
    found = np.stack([lineages == name for name in names], axis=1) if names else np.empty((len(lineages), 0))
    return np.where((lineages == UNKNOWN_LINEAGE)[:, None], np.nan, found).astype(np.float32)


def _telling(values: Matrix) -> Mask:
    """Columns with lines enough that vary; where there are very many, those that vary most."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    variance = np.square(np.where(known, values - mean, 0.0)).sum(axis=0) / np.maximum(count, 1)
    telling = (count >= _MIN_LINES) & (variance > 0)
    # Of calls and lineages either value needs as many lines.
    binary = np.isin(np.where(known, values, 0.0), (0.0, 1.0)).all(axis=0)
    ones = np.where(known, values, 0.0).sum(axis=0)
    telling &= ~binary | ((ones >= _MIN_LINES) & (count - ones >= _MIN_LINES))
    if telling.sum() > _MAX_COLUMNS:
        order = np.argsort(np.where(telling, -variance, np.inf), kind="stable")[:_MAX_COLUMNS]
        telling = np.isin(np.arange(values.shape[1]), order)
    return telling
