"""Frozen predictions as one Parquet file that any program reads, with its SHA-256 beside it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leap_core.errors import UserError
from leap_core.panel.scores import SCORE_TYPES
from leap_core.ranking.prospective import RULE, VALUES, FrozenFrom, FrozenPredictions
from leap_core.run.manifest import file_digest

_FORMAT = "leap frozen 1"
_KEY = b"leap"
_NUMBERS = ("accuracy", "panel_mean", *RULE)


def write_frozen(frozen: FrozenPredictions, path: Path) -> str:
    """Write a row for each line and perturbation, and ``FILE.sha256`` beside it, as ``sha256sum -c`` reads it.

    Returns
    -------
    str
        The SHA-256. Published or sent to somebody, it proves later that nothing was changed.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    lines, names = frozen.lines.index.astype(str), frozen.perturbations.index.astype(str)
    place = np.indices((len(lines), len(names)), dtype=np.int32).reshape(2, -1)
    columns = {
        "line": pa.DictionaryArray.from_arrays(place[0], lines.tolist()),
        "perturbation": pa.DictionaryArray.from_arrays(place[1], names.tolist()),
        **{name: pa.array(frozen.values[name].ravel()) for name in VALUES},
    }
    about = {
        "format": _FORMAT,
        **asdict(frozen.made),
        "score": frozen.score.key,
        "lines": lines.tolist(),
        "patients": frozen.lines["patient"].tolist(),
        "perturbations": names.tolist(),
        **{name: [_plain(value) for value in frozen.perturbations[name]] for name in _NUMBERS},
    }
    table = pa.table(columns).replace_schema_metadata({_KEY: json.dumps(about).encode()})
    try:
        pq.write_table(table, path, compression="zstd")
        found = file_digest(path)
        _beside(path).write_text(f"{found}  {path.name}\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}.") from error
    return found


def read_frozen(path: Path) -> tuple[FrozenPredictions, str, bool]:
    """Read what `write_frozen` wrote.

    Returns
    -------
    frozen : FrozenPredictions
    sha256 : str
        Of the file as it is now.
    confirmed : bool
        Whether ``FILE.sha256`` lies beside it, and says the same.

    Raises
    ------
    UserError
        If it is no such file, or is not what ``FILE.sha256`` says.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}; expected one that `leap freeze` wrote.")
    found, beside = file_digest(path), _beside(path)
    said = beside.read_text(encoding="utf-8", errors="replace").split()[:1] if beside.is_file() else []
    if said and said[0] != found:
        raise UserError(
            f"{path.name} has the SHA-256 {found}, but {beside.name} says {said[0]}: it is not the file that was"
            " frozen. Take the file as it was written."
        )
    try:
        table = pq.read_table(path)
        frozen = _frozen(json.loads((table.schema.metadata or {})[_KEY]), table)
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError, RecursionError, MemoryError) as error:
        raise UserError(f"{path.name} is not a file that `leap freeze` wrote, or is damaged.") from error
    return frozen, found, bool(said)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _plain(value: float) -> float | None:
    """A number as JSON has it: NaN is null, and infinite values are beyond any other."""
    return None if np.isnan(value) else float(np.clip(value, -1e300, 1e300))


def _frozen(about: dict[str, Any], table: pa.Table) -> FrozenPredictions:
    if about["format"] != _FORMAT:
        raise ValueError(about["format"])
    lines, names = pd.Index(about["lines"], name="line"), pd.Index(about["perturbations"], name="perturbation")
    shape = len(lines), len(names)
    if shape[0] * shape[1] != table.num_rows:
        raise ValueError(shape)
    for title, expected in (("line", np.repeat(lines, shape[1])), ("perturbation", np.tile(names, shape[0]))):
        if not np.array_equal(table[title].to_numpy(), expected):
            raise ValueError(title)
    return FrozenPredictions(
        FrozenFrom(**{name: str(about[name]) for name in FrozenFrom.__dataclass_fields__}),
        SCORE_TYPES[about["score"]],
        pd.DataFrame({"patient": about["patients"]}, index=lines),
        pd.DataFrame({name: np.array(about[name], dtype=float) for name in _NUMBERS}, index=names),
        {name: table[name].to_numpy().astype(np.float32).reshape(shape) for name in VALUES},
    )
