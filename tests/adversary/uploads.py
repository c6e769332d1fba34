"""Uploads that somebody changed, by accident or on purpose: said, or read as far as they are whole.

    python -m tests.adversary.uploads files|sets|bombs --number 1000 --seed 1 [--seconds 3600]

`files`: one table in every form that is read (tests/adversary/forms.py), changed in its bytes, its cells, its numbers
of the header, or in what lies packed inside. `sets`: gene sets. `bombs`: workbooks and parquet files that ask for much
more than they hold. Memory and time are limited by the system; what was tried is printed before it is done, so that a
crash names itself, and the last line is JSON.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import resource
import signal
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from leap_core.errors import UserError
from leap_core.io.containers import UPLOAD_LIMIT
from leap_core.io.gene_sets import read_gmt
from leap_core.io.workbooks import read_workbook
from leap_core.sample.model_input import ModelInput
from tests.adversary.forms import FORMS, GENES, TPM, read_form
from tests.adversary.mutators import OF_BYTES
from tests.adversary.trials import draws, options
from tests.adversary.workbook_bombs import BOMBS

_GIB = 2**30
_SECONDS_EACH = 20
_LEAST_SAME = 0.9
_WORDS = (
    *("", "NA", "-Inf", "1e308", "1" * 5_000, "9" * 18, "0x10", "1e-400", "\u202e", "\ufeff", "\x00", "=1+1", "\r"),
    *('"', "'", "\t", ",", ";", "\n\n", '"' * 3, "GENE1", "one", "#", "1,000", "nan", "\u2212" * 2, "a" * 70_000),
)
_SETS = "\n".join(f"set {n}\tof tests\t" + "\t".join(GENES[n : n + 30]) for n in range(60)).encode()


def other_cell(content: bytes, draw: random.Random) -> bytes:
    """Have a cell replaced by an odd one."""
    cells = _split(content)
    for _ in range(draw.choice([1, 1, 1, 5])):
        cells[draw.randrange(len(cells))] = draw.choice(_WORDS).encode()
    return b"".join(cells)


def other_number(content: bytes, draw: random.Random) -> bytes:
    """Have a number of the first lines replaced, as sizes stand there."""
    start, rest = content[:60], content[60:]
    cells = _split(start)
    places = [place for place, cell in enumerate(cells) if cell.strip().isdigit()]
    if places:
        cells[draw.choice(places)] = draw.choice([b"0", b"-1", b"9" * 18, b"9" * 5_000, b"151", b"1e9", b"", b"3.5"])
    return b"".join(cells) + rest


def moved_lines(content: bytes, draw: random.Random) -> bytes:
    """Have lines doubled, lost, swapped or joined."""
    lines = content.split(b"\n")
    first, second = draw.randrange(len(lines)), draw.randrange(len(lines))
    how = draw.randrange(4)
    if how == 0:
        lines.insert(first, lines[second])
    elif how == 1:
        del lines[min(first, second) : max(first, second)]
    elif how == 2:
        lines[first], lines[second] = lines[second], lines[first]
    else:
        lines[first : first + 2] = [b"".join(lines[first : first + 2])]
    return b"\n".join(lines)


def much_of_it(content: bytes, draw: random.Random) -> bytes:
    """Have a piece repeated many times."""
    start = draw.randrange(len(content))
    piece = content[start : start + draw.choice([1, 5, 50])]
    return content[:start] + piece * draw.choice([10, 1_000, 100_000]) + content[start:]


def inside_zip(content: bytes, draw: random.Random) -> bytes:
    """Have one member of a zip archive changed and packed again, so that its checksum is right."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        changed = draw.choice(source.namelist())
        for name in source.namelist():
            held = source.read(name)
            target.writestr(name, draw.choice(OF_TEXT)(held, draw) if name == changed and held else held)
    return out.getvalue()


def inside_gzip(content: bytes, draw: random.Random) -> bytes:
    """Have the text changed and compressed again."""
    return gzip.compress(draw.choice(OF_TEXT)(gzip.decompress(content), draw), mtime=0)


def _split(content: bytes) -> list[bytes]:
    """The cells and what separates them."""
    found, start = [], 0
    for place, mark in enumerate(content):
        if mark in b',\t;\n<>"':
            found += [content[start:place], content[place : place + 1]]
            start = place + 1
    return [*found, content[start:]]


Mutator = Callable[[bytes, random.Random], bytes]
OF_TEXT: tuple[Mutator, ...] = (*OF_BYTES, other_cell, other_cell, other_number, moved_lines, much_of_it)
PACKED: dict[str, Mutator] = {"xlsx": inside_zip, "gzip": inside_gzip}


def judged_table(read: ModelInput | None, form: str, how: str) -> str:
    """What became of a changed table: refused, marked, or read as far as it is whole; else a silent change."""
    if read is None:
        return "refused"
    values = read.values
    if {finding.text for finding in read.findings} - _said_of_the_whole(form):
        return "marked"
    if list(values.index) != ["one", "two", "three"]:
        # Names are what the file says; numbers of other samples are not known.
        return "read"
    same = np.isclose(values, np.log2(TPM.T[values.columns] + 1), atol=1e-6) | values.isna()
    least = 1.0 if form in PACKED and how not in ("inside_zip", "inside_gzip") else _LEAST_SAME
    return "read" if same.to_numpy().mean() >= least else "silent change"


@cache
def _said_of_the_whole(form: str) -> frozenset[str]:
    read = read_form(FORMS[form], _name(form))
    assert read is not None
    return frozenset(finding.text for finding in read.findings)


def _name(form: str) -> str:
    ending = {"gzip": "csv.gz", "columns": "csv", "tab": "tsv", "utf16": "txt", "semicolon": "csv"}.get(form, form)
    return f"x.{ending}"


def try_file(draw: random.Random) -> tuple[str, Callable[[], str]]:
    """A changed table, and what reading it leads to."""
    form = draw.choice(sorted(FORMS))
    mutate = PACKED[form] if form in PACKED and draw.random() < 0.7 else draw.choice(OF_TEXT)
    content = mutate(FORMS[form], draw)
    return f"{mutate.__name__} {form}", lambda: judged_table(read_form(content, _name(form)), form, mutate.__name__)


def try_sets(draw: random.Random) -> tuple[str, Callable[[], str]]:
    """Changed gene sets, and what reading them leads to."""
    mutate = draw.choice(OF_TEXT)
    content = mutate(_SETS, draw)

    def read() -> str:
        try:
            found = read_gmt(content, "x.gmt")
        except UserError:
            return "refused"
        known = [member for held in found.sets.values() for member in held if member in GENES]
        return "read" if known else "silent change"

    return mutate.__name__, read


def parquet_of_one_word() -> bytes:
    """A column of one long word, which dictionary and compression make small."""
    out = io.BytesIO()
    words = pa.array(np.zeros(2_000_000, dtype="int32"))
    column = pa.DictionaryArray.from_arrays(words, pa.array(["x" * 3_000]))
    pq.write_table(pa.table({"gene": column}), out, compression="zstd")
    return out.getvalue()


def parquet_of_zeros() -> bytes:
    """A thousand million zeros."""
    out = io.BytesIO()
    table = pa.table({f"c{n}": pa.array(np.zeros(10_000_000)) for n in range(2)})
    with pq.ParquetWriter(out, table.schema, compression="zstd") as writer:
        for _ in range(40):
            writer.write_table(table)
    return out.getvalue()


def _bombs() -> dict[str, tuple[Callable[[], bytes], Callable[[bytes], object]]]:
    books = {
        name: (make, lambda content: read_workbook(content, "x.xlsx", UPLOAD_LIMIT)) for name, make in BOMBS.items()
    }
    others = {
        "parquet of one word": (parquet_of_one_word, lambda content: read_form(content, "x.parquet")),
        "parquet of zeros": (parquet_of_zeros, lambda content: read_form(content, "x.parquet")),
        "gzip of blanks": (lambda: gzip.compress(b" " * 600_000_000), lambda content: read_form(content, "x.csv.gz")),
    }
    return {**books, **others}


def try_bomb(draw: random.Random) -> tuple[str, Callable[[], str]]:
    """A small file that asks for much, and what reading it leads to."""
    bombs = _bombs()
    name = draw.choice(sorted(bombs))
    make, read = bombs[name]
    content = make()

    def outcome() -> str:
        try:
            return "refused" if read(content) is None else "read"
        except UserError as error:
            return "refused" if "\n" not in str(error) else "traceback"

    return name, outcome


TRIALS = {"files": try_file, "sets": try_sets, "bombs": try_bomb}


def attack(what: str, number: int, seed: int, seconds: float) -> dict[str, object]:
    """Try, and count; the last entry lists what must not be."""
    found: Counter[str] = Counter()
    faults: list[str] = []
    slowest = (0.0, "")
    for trial, draw in enumerate(draws(seed, number, seconds)):
        name, outcome = TRIALS[what](draw)
        print(f"{trial} {name}", flush=True)
        started = time.monotonic()
        signal.alarm(_SECONDS_EACH)
        try:
            verdict = outcome()
        except Exception:
            verdict = "traceback"
            faults.append(f"{trial} {name}: {traceback.format_exc()[-1500:]}")
        signal.alarm(0)
        slowest = max(slowest, (round(time.monotonic() - started, 2), f"{trial} {name}"))
        found[verdict] += 1
        if verdict == "silent change":
            faults.append(f"{trial} {name}: {verdict}")
    return {"tried": found.total(), **found, "slowest": slowest, "faults": faults[:20]}


def main() -> None:
    """Limits are the system's: what takes too long or too much ends the process."""
    asked = options(__doc__, TRIALS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    # A file of hostile size is made here too.
    resource.setrlimit(resource.RLIMIT_DATA, (3 * _GIB if asked.what == "bombs" else 2 * _GIB, hard))
    found = attack(asked.what, asked.number, asked.seed, asked.seconds)
    print(json.dumps(found))
    sys.exit(1 if found["faults"] else 0)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
