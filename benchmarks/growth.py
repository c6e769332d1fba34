"""How time and memory of reading grow with a file's rows, columns, names and odd cells.

    python -m benchmarks.growth [--only WORD] [--write]

Each kind of file is read at one size, twice and four times that, each in a process of its own; the seconds are those of
reading alone. From the first to the last the time may grow 5.5 times at most (n log n gives 4.6 to 4.8, and clocks
vary); the peak memory of the process stays below 1.5 GiB. Ends with code 1 where it does not. ``--write`` puts the
table into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import gzip
import io
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.process import ROOT
from benchmarks.reporting import write_section
from leap_core.errors import UserError
from leap_core.io.gene_sets import read_gmt
from leap_core.io.reference import shipped_gene_names
from leap_core.services.reading import read_files

_MOST_GROWTH, _MOST_MIB = 5.5, 1536
# Below this many seconds the clock says nothing of growth.
_LEAST_SECONDS = 0.2


def _symbols(number: int) -> list[str]:
    """Symbols of human genes, then labels that are none."""
    known = sorted(shipped_gene_names().approved)[:number]
    return known + [f"novel-{n}" for n in range(number - len(known))]


def _values(rows: int, columns: int) -> np.ndarray:
    random = np.random.default_rng(0)
    return np.round(random.lognormal(2, 2, (rows, 1)) * random.lognormal(0, 0.5, (rows, columns)), 3)


def _csv(genes: list[str], columns: list[str], values: np.ndarray | None = None) -> bytes:
    held = _values(len(genes), len(columns)) if values is None else values
    return pd.DataFrame(held, genes, columns).to_csv().encode()


def _names(number: int) -> list[str]:
    return [f"sample {n}" for n in range(number)]


def rows(n: int) -> bytes:
    """Genes in rows, labels that are no genes among them."""
    return _csv(_symbols(n), _names(8))


def long_rows(n: int) -> bytes:
    """A long table: one row for each gene and sample."""
    frame = pd.DataFrame(_values(n // 20, 20), _symbols(n // 20), _names(20)).rename_axis("gene").reset_index()
    return frame.melt("gene", var_name="sample", value_name="tpm").to_csv(index=False).encode()


def samples(n: int) -> bytes:
    """Samples in columns."""
    return _csv(_symbols(400), _names(n))


def samples_in_rows(n: int) -> bytes:
    """Samples in rows."""
    return pd.DataFrame(_values(n, 400), _names(n), _symbols(400)).to_csv().encode()


def equal_names(n: int) -> bytes:
    """Samples that all have one name."""
    return _csv(_symbols(300), ["sample"] * n)


def equal_genes(n: int) -> bytes:
    """Rows of one gene."""
    return _csv(["TP53"] * n + _symbols(300), _names(4))


def lower_case(n: int) -> bytes:
    """Symbols in small letters."""
    return _csv([symbol.lower() for symbol in _symbols(n)], _names(4))


def no_genes(n: int) -> bytes:
    """Labels of which none is a gene."""
    return _csv([f"locus_{7 * k:x}_q" for k in range(n)], _names(4))


def text_columns(n: int) -> bytes:
    """Columns of words."""
    words = np.array([f"word {k}" for k in range(20)])[:, None]
    return _csv(_symbols(20), _names(n), np.repeat(words, n, axis=1))


def odd_cells(n: int) -> bytes:
    """Cells that look like numbers and are none."""
    values = _values(n, 4).astype(str).astype(object)
    values[::3, 1] = [f"{k}.{k}.7" for k in range(len(values[::3]))]
    return _csv(_symbols(n), _names(4), values)


def decimal_commas(n: int) -> bytes:
    """Numbers with a comma and blanks between thousands."""
    values = [[f"{value:,.2f}".replace(",", " ").replace(".", ",") for value in row] for row in _values(n, 4)]
    return pd.DataFrame(values, _symbols(n), _names(4)).to_csv(sep=";").encode()


def quoted(n: int) -> bytes:
    """Quotation marks around every cell, and line breaks within labels."""
    frame = pd.DataFrame(_values(n, 4), [f"{symbol}\n" for symbol in _symbols(n)], _names(4))
    return frame.to_csv(quoting=1).encode()


def title_lines(n: int) -> bytes:
    """Lines of words above the table."""
    return b"".join(b"a line of words, %d\n" % k for k in range(n)) + _csv(_symbols(400), _names(4))


def compressed(n: int) -> bytes:
    """The rows of before, compressed."""
    return gzip.compress(rows(n), mtime=0)


def workbook(n: int) -> bytes:
    """A workbook."""
    out = io.BytesIO()
    pd.DataFrame(_values(n, 8), _symbols(n), _names(8)).to_excel(out)
    return out.getvalue()


def parquet(n: int) -> bytes:
    """A parquet file with samples in columns."""
    return pd.DataFrame(_values(300, n), _symbols(300), _names(n)).to_parquet()


def gene_sets(n: int) -> bytes:
    """Gene sets of forty genes."""
    known = _symbols(20_000)
    return "\n".join(f"set {k}\t\t" + "\t".join(known[k % 19_000 : k % 19_000 + 40]) for k in range(n)).encode()


# The first of three sizes: the last is near what an upload may hold, or where it once took a minute.
KINDS: dict[str, tuple[Callable[[int], bytes], int, str]] = {
    "genes in rows": (rows, 15_000, "x.csv"),
    "long table": (long_rows, 200_000, "x.csv"),
    "samples in columns": (samples, 1_200, "x.csv"),
    "samples in rows": (samples_in_rows, 1_200, "x.csv"),
    "samples of one name": (equal_names, 1_247, "x.csv"),
    "rows of one gene": (equal_genes, 15_000, "x.csv"),
    "symbols in small letters": (lower_case, 15_000, "x.csv"),
    "labels that are no genes": (no_genes, 15_000, "x.csv"),
    "columns of words": (text_columns, 25_000, "x.csv"),
    "odd cells": (odd_cells, 15_000, "x.csv"),
    "decimal commas": (decimal_commas, 15_000, "x.csv"),
    "quoted cells": (quoted, 15_000, "x.csv"),
    "title lines": (title_lines, 10_000, "x.csv"),
    "gzip": (compressed, 15_000, "x.csv.gz"),
    "workbook": (workbook, 5_000, "x.xlsx"),
    "parquet": (parquet, 1_200, "x.parquet"),
    "gene sets": (gene_sets, 5_000, "x.gmt"),
}


def read(path: Path) -> None:
    """Read one file and print the seconds it took, the peak memory in MiB, and how it ended."""
    names = shipped_gene_names()
    content, started = path.read_bytes(), time.perf_counter()
    ended = "read"
    try:
        if path.suffix == ".gmt":
            read_gmt(content, path.name)
        else:
            outcome = read_files([(path.name, content)], names)
            ended = "refused" if outcome.refused else "asked" if outcome.question else "read"
    except UserError:
        ended = "refused"
    seconds = time.perf_counter() - started
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, ended)


def _process(*arguments: str) -> str:
    """What this module prints when it is run in a process of its own, whose peak memory nothing else has raised."""
    command = [sys.executable, "-m", "benchmarks.growth", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=600).stdout


def measured(kind: str, folder: Path) -> tuple[list[float], list[int], float, str]:
    """Seconds and peak MiB at each size, MB of the largest file, and how it ended."""
    _, size, name = KINDS[kind]
    seconds, memory, ended = [], [], ""
    for factor in (1, 2, 4):
        path = folder / name
        _process("--only", kind, "--file", str(path), "--make", str(size * factor))
        took, peak, ended = _process("--file", str(path)).split()
        seconds.append(float(took))
        memory.append(int(peak))
    return seconds, memory, path.stat().st_size / 1e6, ended


def main() -> None:
    """Measure, print the table, and say whether all is within its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--make", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        options.file.write_bytes(KINDS[options.only][0](options.make))
        return
    if options.file is not None:
        read(options.file)
        return
    lines = [
        "| file | largest | MB | seconds at n, 2n, 4n | growth | peak MiB | |",
        "|---|---:|---:|---|---:|---:|---|",
    ]
    beyond = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in (kind for kind in KINDS if options.only in kind):
            seconds, memory, size, ended = measured(kind, Path(folder))
            growth = seconds[-1] / max(seconds[0], _LEAST_SECONDS)
            if growth > _MOST_GROWTH or memory[-1] > _MOST_MIB:
                beyond.append(kind)
            took = ", ".join(f"{one:.2f}" for one in seconds)
            largest = f"{4 * KINDS[kind][1]:,}"
            lines.append(f"| {kind} | {largest} | {size:.1f} | {took} | {growth:.1f} | {memory[-1]:,} | {ended} |")
            print(lines[-1], flush=True)
    if options.write:
        write_section("growth", "\n".join(lines))
    sys.exit(f"beyond the bounds: {', '.join(beyond)}" if beyond else 0)


if __name__ == "__main__":
    main()
