"""How often is a file read right? The reader on composed layouts with known truth, and how often each way ended.

    python -m benchmarks.layouts --compositions 10000 --seed 1 [--processes 2 --out build/layouts --write]
    python -m benchmarks.layouts --seed 1 --only 4711

Every composition is drawn from the seed and its number (`tests/io/layout_generator.py`). Prints a JSON line and the
rates as Markdown; `--write` puts them into docs/reading.md. Files that were refused, read wrongly or ended in a
traceback are saved with their composition, and some of them with the plainest composition that still fails.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import FrameType
from typing import Any

import pandas as pd

from benchmarks.reporting import DOCS, Stopwatch, report, write_section
from leap_core.genes.names import GeneNames
from leap_core.io.reference import Reference
from tests.io.layout_generator import DIMENSIONS, Composition, clear, drawn, off_default, reduced
from tests.io.layout_judge import (
    ASKED,
    ASTRAY,
    REFUSED,
    RIGHT,
    SAID,
    SILENT,
    TRACEBACK,
    VERDICTS,
    Judgement,
    Observed,
    judge,
    read_by_command,
    read_by_product,
)
from tests.io.layout_writer import Case, case_of

FAILED = (SILENT, TRACEBACK, REFUSED)
# One file in so many goes through the command line.
COMMAND_EVERY = 100
# Seconds after which a file counts as never read.
PATIENCE = 120


@dataclass(frozen=True)
class Record:
    """What became of composition `number`; `off` is where it is not the plain one."""

    number: int
    verdict: str
    clear: bool
    causes: tuple[str, ...]
    off: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What a worker needs to know."""

    seed: int
    reference: Path | None
    out: Path


@cache
def _names(reference: Path | None) -> GeneNames:
    if reference is not None:
        return Reference(reference).gene_names()
    with tempfile.TemporaryDirectory() as folder:
        return Reference(Path(folder)).gene_names()


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"not read after {PATIENCE} s")


def _read(case: Case, run: Run, by_command: bool) -> Observed:
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(PATIENCE)
    try:
        if not by_command:
            return read_by_product(case, _names(run.reference))
        with tempfile.TemporaryDirectory() as folder:
            return read_by_command(case, Path(folder))
    except TimeoutError as error:
        return Observed(pd.DataFrame(), trace=str(error))
    finally:
        signal.alarm(0)


def _outcome(run: Run, c: Composition, by_command: bool = False) -> tuple[Case, Judgement]:
    case = case_of(c)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return case, judge(case, _read(case, run, by_command))


def one(run: Run, number: int) -> Record:
    """Make, read and judge one composition; save it where it failed."""
    c = drawn(run.seed, number)
    by_command = run.reference is None and number % COMMAND_EVERY == 0
    case, found = _outcome(run, c, by_command)
    record = Record(number, found.verdict, clear(c), found.causes, off_default(c))
    if found.verdict in FAILED:
        _save(run, record, case)
    return record


def _save(run: Run, record: Record, case: Case, reduced_to: dict[str, Any] | None = None) -> None:
    folder = run.out / record.verdict.replace(" ", "_")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{record.number:06d}_{case.name}").write_bytes(case.content)
    described = dataclasses.asdict(record) | {"composition": dataclasses.asdict(case.composition)}
    if reduced_to is not None:
        described["fails_still_with"] = reduced_to
    text = json.dumps(described, indent=1, ensure_ascii=False, default=str)
    (folder / f"{record.number:06d}.json").write_text(text, encoding="utf-8")


def reduce_one(run: Run, record: Record) -> tuple[Record, dict[str, Any]]:
    """The plainest composition that still fails in the same way."""
    c = drawn(run.seed, record.number)
    plainer = reduced(c, lambda other: _outcome(run, other)[1].verdict == record.verdict)
    _save(run, record, case_of(c), off_default(plainer))
    return record, off_default(plainer)


def _share(count: int, total: int) -> str:
    return f"{count} ({count / total:.2%})" if total else "0"


def _row(name: str, records: Iterable[Record]) -> str:
    counts = Counter(record.verdict for record in records)
    return f"| {name} | {counts.total()} | " + " | ".join(str(counts[verdict]) for verdict in VERDICTS) + " |"


def _dimensions(records: list[Record]) -> Iterator[str]:
    """A row for every option of every dimension."""
    for part in DIMENSIONS:
        first = part.metadata["options"][0]
        groups: defaultdict[str, list[Record]] = defaultdict(list)
        for record in records:
            groups[_shown(record.off.get(part.name, first))].append(record)
        options = dict.fromkeys(_shown(option) for option in (*part.metadata["options"], *groups))
        if part.name in ("label_title", "annotation_title", "long_sample", "long_gene"):
            options = dict.fromkeys(sorted(groups, key=int))
        yield from (
            _row(f"{part.name.replace('_', ' ')}: {option}", groups[option]) for option in options if groups[option]
        )


def _shown(option: Any) -> str:
    if isinstance(option, tuple):
        return ", ".join(option) or "none"
    marks = {"": "none", " ": "blank", "\t": "tab", "\u00a0": "U+00A0", "\u202f": "U+202F", "|": "bar"}
    return marks.get(option, str(option)).replace("|", "\\|")


def markdown(records: list[Record], seed: int) -> str:
    """Rates in all, and by dimension."""
    sure = [record for record in records if record.clear]
    counts, total = Counter(record.verdict for record in records), len(records)
    refused = sum(record.verdict == REFUSED for record in sure)
    asked = sum(record.verdict == ASKED for record in sure)
    astray = sum(record.verdict == ASKED and record.causes[0].startswith(ASTRAY) for record in records)
    head = "| | files | " + " | ".join(VERDICTS) + " |\n|---|---|" + "---|" * len(VERDICTS)
    return "\n".join(
        [
            f"{total:,} composed files, seed {seed}."
            f" `python -m benchmarks.layouts --compositions {total} --seed {seed}`",
            "",
            *(f"- {verdict}: {_share(counts[verdict], total)}" for verdict in VERDICTS),
            f"- of {len(sure):,} files that a careful person reads without a question, {_share(refused, len(sure))}"
            f" refused and {_share(asked, len(sure))} asked",
            f"- questions that do not offer the truth: {astray}",
            "",
            head,
            _row("all", records),
            _row("to be read without a question", sure),
            *_dimensions(records),
            "",
        ]
    )


def _examples(records: list[Record], plainer: dict[int, dict[str, Any]]) -> str:
    """What fails, by the plainest composition that still fails."""
    lines = []
    for verdict in FAILED:
        groups: defaultdict[str, list[Record]] = defaultdict(list)
        for record in records:
            if record.verdict == verdict and record.number in plainer:
                groups[str(plainer[record.number])].append(record)
        for off, members in sorted(groups.items(), key=lambda item: -len(item[1])):
            first = members[0]
            cause = (first.causes or ("",))[0].strip().splitlines()
            lines.append(
                f"{verdict} x{len(members)} with {off}, e.g. {first.number}: {cause[-1][:300] if cause else ''}"
            )
    return "\n".join(lines)


def main() -> None:
    """Draw, read, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compositions", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("build/layouts"), help="folder for the files that failed")
    parser.add_argument("--reduce", type=int, default=40, metavar="N", help="failures to reduce, of each verdict")
    parser.add_argument("--reference", type=Path, help="folder of fetched tables, instead of the one that is shipped")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one composition of the run, with all it says")
    parser.add_argument("--write", action="store_true", help="write the rates into docs/reading.md")
    options = parser.parse_args()
    run = Run(options.seed, options.reference, options.out)
    if options.only is not None:
        _show(run, options.only)
        return
    with Stopwatch() as watch, ProcessPoolExecutor(options.processes) as pool:
        records = list(pool.map(partial(one, run), range(options.compositions), chunksize=20))
        failures = [
            record for verdict in FAILED for record in [r for r in records if r.verdict == verdict][: options.reduce]
        ]
        plainer = {record.number: off for record, off in pool.map(partial(reduce_one, run), failures)}
    counts = Counter(record.verdict for record in records)
    report("layouts", {"seed": options.seed, "files": len(records), **counts}, watch.cost)
    body = markdown(records, options.seed)
    print(body)
    print(_examples(records, plainer))
    if options.write:
        write_section("layouts", body, DOCS / "reading.md")


def _show(run: Run, number: int) -> None:
    c = drawn(run.seed, number)
    case = case_of(c)
    seen = _read(case, run, by_command=False)
    found = judge(case, seen)
    run.out.mkdir(parents=True, exist_ok=True)
    (run.out / case.name).write_bytes(case.content)
    print(f"{run.out / case.name}\n{off_default(c)}\nclear: {clear(c)}\n{found.verdict}", *found.causes, sep="\n")
    print(seen.table.iloc[:, :5], *seen.units, *seen.notes, *seen.amber, *seen.refused, seen.question, sep="\n")
    if found.verdict in (RIGHT, SAID, ASKED):
        return
    print("fails still with", off_default(reduced(c, lambda o: _outcome(run, o)[1].verdict == found.verdict)))


if __name__ == "__main__":
    main()
