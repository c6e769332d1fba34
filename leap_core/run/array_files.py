"""Arrays on disk as safetensors, read by mapping the file into memory."""

from __future__ import annotations

import json
import mmap
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from leap_core.errors import StoreError
from leap_core.run.records import unreadable

Arrays = dict[str, npt.NDArray[Any]]

# A mapped file needs no descriptor of its own, but only newer Pythons know (a model has dozens of files).
_WITHOUT_DESCRIPTOR: dict[str, Any] = {"trackfd": False} if sys.version_info >= (3, 13) else {}
_TYPES = {"BOOL": "?", "I16": "<i2", "I32": "<i4", "I64": "<i8", "F32": "<f4", "F64": "<f8"}


def write_arrays(folder: Path, name: str, arrays: Arrays) -> None:
    """Write arrays to ``<name>.safetensors``."""
    save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, folder / f"{name}.safetensors")


def read_arrays(folder: Path, name: str) -> Arrays:
    """Map the arrays of ``<name>.safetensors`` into memory: read only, and only what is used leaves the disk.

    Raises
    ------
    StoreError
        If the file is not what `write_arrays` wrote.
    """
    path = folder / f"{name}.safetensors"
    try:
        # The library reads the header and holds it against the file's length; it copies what it reads, so we map.
        with safe_open(path, framework="numpy"):
            pass
        with path.open("rb") as stream:
            content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ, **_WITHOUT_DESCRIPTOR)
        start = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:start])
        header.pop("__metadata__", None)
        return {key: _view(content, start, entry) for key, entry in header.items()}
    except OSError as error:
        raise StoreError(f"{unreadable(path, error)} Delete its folder and train again.") from error
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise StoreError(f"{path} cannot be read ({error}); delete its folder and train again.") from error


def _view(content: mmap.mmap, start: int, entry: dict[str, Any]) -> npt.NDArray[Any]:
    begin, end = entry["data_offsets"]
    dtype = np.dtype(_TYPES[entry["dtype"]])
    if begin == end:
        return np.zeros(entry["shape"], dtype)
    flat = np.frombuffer(content, dtype=dtype, count=(end - begin) // dtype.itemsize, offset=start + begin)
    return flat.reshape(entry["shape"])
