"""Value objects on disk: dataclasses as JSON, safetensors and parquet. No pickle, and no class but those asked for.

One object is ``object.json`` (a tree of plain values in which arrays and frames are places), ``object.safetensors``
(all its arrays) and a parquet file per frame. Float32 frames are matrices: their values lie among the arrays, which
are mapped into memory in no time where parquet takes seconds for tens of thousands of columns.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyarrow import ArrowException

from leap_core.errors import StoreError
from leap_core.run.array_files import Arrays, read_arrays, write_arrays

T = TypeVar("T")
_NAME = "object"
_KEY = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


class OlderFormError(StoreError):
    """What was kept lacks a field that today's class has, or has one that it does not know."""


def digest(*parts: npt.NDArray[Any] | list[str] | tuple[str, ...]) -> str:
    """SHA-256 of arrays (type, shape, bytes) and lists of names."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).view(np.uint8).data)
        else:
            total.update(json.dumps(list(part)).encode())
    return total.hexdigest()


def named_keys(folder: Path) -> set[str]:
    """Whatever looks like a key in an artefact's object and manifest, read as text: also where they are damaged."""
    found: set[str] = set()
    for name in (f"{_NAME}.json", "manifest.json"):
        with contextlib.suppress(OSError):
            found |= set(_KEY.findall((folder / name).read_text(encoding="utf-8", errors="replace")))
    return found


def write_object(folder: Path, value: object) -> None:
    """Write a dataclass, or a dictionary of arrays and plain values, into an empty folder.

    Raises
    ------
    TypeError
        If it holds something that has no form on disk.
    """
    arrays: Arrays = {}
    tables: dict[str, pd.DataFrame] = {}
    tree = _plain(value, "", arrays, tables)
    (folder / f"{_NAME}.json").write_text(json.dumps(tree, indent=1, allow_nan=False), encoding="utf-8")
    if arrays:
        write_arrays(folder, _NAME, arrays)
    for path, table in tables.items():
        table.to_parquet(folder / f"{_NAME}.{path}.parquet", compression="zstd")


def read_object(folder: Path, wanted: type[T], *kinds: type) -> T:
    """Read what `write_object` wrote; arrays are read only and leave the disk when they are used.

    Parameters
    ----------
    wanted
        Class of the object.
    kinds
        Further classes that may stand in its fields, where a field's type is a base class.

    Raises
    ------
    OlderFormError
        If it was written by a version whose classes had other fields.
    StoreError
        If the files cannot be read.
    """
    place = folder / f"{_NAME}.json"
    if folder.is_dir() and not place.exists():
        raise OlderFormError(f"{folder} was written by an older version of this program; train the model again.")
    try:
        tree = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{folder} cannot be read ({error}); delete it and train again.") from error
    arrays = read_arrays(folder, _NAME) if (folder / f"{_NAME}.safetensors").exists() else {}
    try:
        found = _Reader(folder, arrays, _classes((wanted, *kinds))).value(tree)
    except RecursionError as error:
        raise StoreError(f"{folder} cannot be read (it is nested too deep); delete it and train again.") from error
    if not isinstance(found, wanted) or (kinds and wanted is object and not isinstance(found, kinds)):
        raise OlderFormError(f"{folder} holds {type(found).__name__}, not {wanted.__name__}; train the model again.")
    return found


def _plain(value: Any, path: str, arrays: Arrays, tables: dict[str, pd.DataFrame]) -> Any:
    """The tree of a value; its arrays and frames go into `arrays` and `tables` under their path."""

    def inner(part: Any, name: object) -> Any:
        return _plain(part, f"{path}.{name}" if path else str(name), arrays, tables)

    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (float, np.generic)):
        number = value.item() if isinstance(value, np.generic) else value
        return number if not isinstance(number, float) or math.isfinite(number) else {"float": str(number)}
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {"array": path}
    if isinstance(value, pd.DataFrame):
        if not all(kind == np.float32 for kind in value.dtypes):
            tables[path] = value
            return {"table": path}
        arrays[path] = value.to_numpy(dtype=np.float32)
        labels = {"rows": value.index.tolist(), "columns": value.columns.tolist(), "index": value.index.name}
        return {"matrix": path, **labels}
    if is_dataclass(value):
        if hasattr(value, "kept_as"):
            return {"is": type(value).__name__, "kept_as": value.kept_as}
        return {
            "is": type(value).__name__,
            "of": {f.name: inner(getattr(value, f.name), f.name) for f in fields(value)},
        }
    if isinstance(value, Mapping):
        return {"map": {str(key): inner(part, key) for key, part in value.items()}}
    if isinstance(value, (tuple, list)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [inner(part, number) for number, part in enumerate(value)]}
    raise TypeError(f"{path or 'the object'}: {type(value).__name__} has no form on disk")


@functools.cache
def _classes(wanted: tuple[type, ...]) -> dict[str, type]:
    """The dataclasses that may be made while one of `wanted` is read: those themselves, and those of their fields."""
    found: dict[str, type] = {}
    waiting: list[Any] = list(wanted)
    while waiting:
        hint = waiting.pop()
        waiting += [part for part in typing.get_args(hint) if not isinstance(part, (str, types.EllipsisType))]
        if is_dataclass(hint) and isinstance(hint, type) and hint.__name__ not in found:
            found[hint.__name__] = hint
            waiting += typing.get_type_hints(hint).values()
    return found


@functools.cache
def _field_classes(kind: type) -> dict[str, tuple[type, ...]]:
    """What a value of each field must be an instance of, as far as its annotation says."""
    found: dict[str, tuple[type, ...]] = {}
    for name, hint in typing.get_type_hints(kind).items():
        options = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
        classes = [typing.get_origin(option) or option for option in options]
        # A whole number stands for itself among the others.
        classes += [int] if float in classes else []
        if all(isinstance(one, type) and not getattr(one, "_is_protocol", False) for one in classes):
            found[name] = tuple(classes)
    return found


class _Reader:
    """Turns a tree back into a value."""

    def __init__(self, folder: Path, arrays: Arrays, classes: dict[str, type]) -> None:
        self.folder, self.arrays, self.classes = folder, arrays, classes

    def value(self, tree: Any) -> Any:
        """Value of a part of the tree."""
        if not isinstance(tree, dict):
            return tree
        try:
            kind = next(iter(tree))
            return getattr(self, f"_{kind}")(tree)
        except (StopIteration, LookupError, AttributeError, TypeError, ValueError, OSError, ArrowException) as error:
            raise StoreError(f"{self.folder} cannot be read ({error!r}); delete it and train again.") from error

    def _float(self, tree: dict[str, Any]) -> float:
        return float(tree["float"])

    def _array(self, tree: dict[str, Any]) -> npt.NDArray[Any]:
        return self.arrays[tree["array"]]

    def _table(self, tree: dict[str, Any]) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{_NAME}.{tree['table']}.parquet")

    def _matrix(self, tree: dict[str, Any]) -> pd.DataFrame:
        rows = pd.Index(tree["rows"], name=tree["index"], dtype="str")
        return pd.DataFrame(self.arrays[tree["matrix"]], rows, pd.Index(tree["columns"], dtype="str"), copy=False)

    def _map(self, tree: dict[str, Any]) -> dict[str, Any]:
        return {key: self.value(part) for key, part in tree["map"].items()}

    def _tuple(self, tree: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(self.value(part) for part in tree["tuple"])

    def _list(self, tree: dict[str, Any]) -> list[Any]:
        return [self.value(part) for part in tree["list"]]

    def _is(self, tree: dict[str, Any]) -> Any:
        name = tree["is"]
        kind = self.classes.get(name)
        if kind is None:
            raise OlderFormError(f"{self.folder} holds a {name}, which is not expected here; train the model again.")
        if "kept_as" in tree:
            return kind.from_kept(tree["kept_as"])  # type: ignore[attr-defined]
        known: dict[str, Any] = {entry.name: entry for entry in fields(kind)}
        needed = {n for n, entry in known.items() if entry.default is MISSING and entry.default_factory is MISSING}
        there = set(tree["of"])
        if not needed <= there <= set(known):
            odd = sorted((needed - there) | (there - set(known)))
            raise OlderFormError(
                f"{self.folder} was written by another version of this program ({name}: {', '.join(odd)}); train again."
            )
        values = {field: self.value(part) for field, part in tree["of"].items()}
        expected = _field_classes(kind)
        wrong = [field for field, value in values.items() if not isinstance(value, expected.get(field, object))]
        if wrong:
            raise StoreError(f"{self.folder} cannot be read ({name}: {', '.join(wrong)} are of another type).")
        return kind(**values)
