"""What was read of some files, as one table: the answer of ``leap read``, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.errors import ChoiceNeededError, UserError
from leap_core.genes.names import GeneNames
from leap_core.io.tables import UPLOAD_LIMIT, SizeLimit
from leap_core.io.unit_numbers import WHOLE_TRANSCRIPTOME
from leap_core.io.units import LOG2_TPM1, RMA_LOG2, Unit
from leap_core.io.verdict import UnitVerdict
from leap_core.sample.pooling import KEEP
from leap_core.sample.profiles import Profiles, ReadOptions
from leap_core.sample.uploads import Source, read_uploads

_MILLION = 1e6


@dataclass(frozen=True)
class ReadOutcome:
    """What became of some files.

    Attributes
    ----------
    table
        (samples, genes) under approved symbols; empty where nothing could be read.
    units
        (samples,) unit of each row of the table.
    read_as
        (samples,) unit of each sample in its file.
    notes, warnings
        How the files were read, and what must be known before the table is used.
    refused
        Files that could not be read, and why.
    question
        What only the user can tell, where that stands in the way of all files.
    """

    table: pd.DataFrame
    units: tuple[str, ...] = ()
    read_as: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    question: ChoiceNeededError | None = None


def read_files(
    sources: Sequence[Source],
    names: GeneNames,
    known_genes: set[str] | None = None,
    options: ReadOptions | None = None,
    pool: str = KEEP,
    limit: SizeLimit = UPLOAD_LIMIT,
) -> ReadOutcome:
    """Read files of samples and bring each sample to the logarithm of its unit.

    Parameters
    ----------
    sources, names, known_genes, options, pool, limit
        As in `leap_core.sample.uploads.read_uploads`.

    Returns
    -------
    ReadOutcome
        TPM, and FPKM of a whole transcriptome, as log2(TPM+1); counts without lengths as log2(CPM+1); microarrays as
        log2.
    """
    try:
        profiles = read_uploads(sources, known_genes or set(), names, options, pool, limit)
    except ChoiceNeededError as question:
        return ReadOutcome(pd.DataFrame(), question=question)
    except UserError as error:
        # Said of every file by itself where there are several.
        refused = getattr(error, "refused", ()) or ((", ".join(name for name, _ in sources), str(error)),)
        return ReadOutcome(pd.DataFrame(), refused=tuple(refused))
    return _outcome(profiles)


def _outcome(profiles: Profiles) -> ReadOutcome:
    rows, units, warnings = [], [], list(profiles.warnings)
    for sample, values, verdict in zip(profiles.samples, profiles.values.to_numpy(), profiles.verdicts, strict=True):
        logged, unit = _logged(values, verdict)
        rows.append(logged)
        units.append(unit)
        if verdict.warning:
            warnings.append(f"{sample}: {verdict.warning}")
        if len(verdict.units) > 1:
            warnings.append(f"{sample}: the numbers leave open whether they are {verdict.kind}; taken as {unit}")
    table = pd.DataFrame(np.stack(rows), profiles.values.index, profiles.values.columns)
    read_as = tuple(verdict.kind for verdict in profiles.verdicts)
    return ReadOutcome(table, tuple(units), read_as, profiles.notes, tuple(dict.fromkeys(warnings)), profiles.refused)


def _logged(values: np.ndarray, verdict: UnitVerdict) -> tuple[np.ndarray, str]:
    """A sample's values as a logarithm, and the unit they are in then."""
    if not verdict.units:
        return values, verdict.kind
    unit = verdict.units[0]
    if unit.quantity == "microarray":
        return (values if unit.base is not None else np.log2(np.maximum(values, 1.0))), RMA_LOG2
    linear = unit.linear(values)
    total = float(np.nansum(linear))
    if unit.quantity == "TPM":
        return np.log2(linear + 1.0), LOG2_TPM1
    if total <= 0:
        return values, unit.name
    if unit.quantity == "FPKM" and verdict.genes >= WHOLE_TRANSCRIPTOME:
        return np.log2(linear * _MILLION / total + 1.0), LOG2_TPM1
    if unit.quantity == "FPKM":
        return np.log2(linear + 1.0), Unit("FPKM", 2.0).name
    scale = _MILLION / total if unit.quantity == "counts" or total > _MILLION * 1.1 else 1.0
    return np.log2(linear * scale + 1.0), Unit("CPM", 2.0).name
