"""Parquet files: decoded apart from the dashboard, which no file can take with it."""

import io
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import UnreadableTableError
from leap_core.io import parquet
from leap_core.io.containers import UPLOAD_LIMIT, SizeLimit
from leap_core.io.limited import run_limited
from leap_core.io.parquet import read_parquet


def packed(frame):
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


@pytest.mark.parametrize("index", [None, ["A549", "KP4", "SKMEL28"]])
def test_columns_come_back_as_they_were_with_their_labels_first(index):
    frame = pd.DataFrame({"TP53": [0.5, np.nan, 3.25], "line": ["a", None, "ä"], "n": [1, 2, 3]}, index=index)
    found = read_parquet(packed(frame), "x.parquet", UPLOAD_LIMIT)
    if index is not None:
        assert found.iloc[:, 0].tolist() == index
        found = found.iloc[:, 1:]
    pd.testing.assert_frame_equal(found, frame.reset_index(drop=True))


def test_what_passes_its_memory_ends_the_child_and_not_the_dashboard(monkeypatch):
    content = packed(pd.DataFrame({"TP53": np.zeros(39_000_000)}))
    assert len(content) < 2**20
    monkeypatch.setattr(parquet, "_MEMORY", 500 * 2**20)
    monkeypatch.setattr(parquet, "_COPIES", 0)
    with pytest.raises(UnreadableTableError, match="memory that is set aside"):
        read_parquet(content, "x.parquet", UPLOAD_LIMIT)


@pytest.mark.parametrize(
    ("frame", "limit", "says"),
    [
        (pd.DataFrame({"a": [[1, 2], [3]]}), UPLOAD_LIMIT, "lists or structures in its column a"),
        (pd.DataFrame({"a": range(100)}), SizeLimit(2**20, 2**20, cells=99), "100 cells"),
        (pd.DataFrame({"a": ["x" * 2**19] * 30}), SizeLimit(2**20, 2**20), "MB of text once unpacked"),
    ],
)
def test_what_is_no_table_or_too_large_is_refused_in_words(frame, limit, says):
    with pytest.raises(UnreadableTableError, match=says):
        read_parquet(packed(frame), "x.parquet", limit)


def test_a_damaged_file_is_refused_by_its_name():
    content = packed(pd.DataFrame({"a": range(100)}))
    with pytest.raises(UnreadableTableError, match=r"^x.parquet is called parquet but could not be read"):
        read_parquet(content[:-30] + b"0" * 30, "x.parquet", UPLOAD_LIMIT)


def test_what_aborts_when_the_program_has_ended_loses_no_answer(tmp_path):
    """Threads of compiled libraries now and then do, once all is written."""
    path = tmp_path / "program.py"
    path.write_text(
        "import atexit, os, sys\natexit.register(os.abort)\nsys.stdout.write('{}\\n' + sys.stdin.read())\nsys.exit(0)\n"
    )
    program = ModuleType("program")
    program.__file__ = str(path)
    assert run_limited(program, b"cells", 2**30, 10) == ({}, b"cells")
