"""What became of a file: read right, asked, said, refused, or silently wrong; knows the truth, not the reader.

`Observed` is what any reader gave; `read_by_product` asks the program in this process, `read_by_command` as a user
does.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import traceback
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.io.layout_generator import LONG
from tests.io.layout_truth import BASES, Floats, Truth
from tests.io.layout_writer import Case

RIGHT, ASKED, SAID, REFUSED = "right", "asked", "said", "refused"
SILENT, TRACEBACK = "silently wrong", "traceback"
VERDICTS = (RIGHT, ASKED, SAID, REFUSED, SILENT, TRACEBACK)
# How the cause of a question begins that does not offer the truth.
ASTRAY = "truth not offered: "
UNIT_WORDS = ("TPM", "FPKM", "CPM", "counts", "RMA")
TOLERANCE = 1e-6
# How many differing cells are worth naming one by one.
HANDFUL = 20


@dataclass(frozen=True)
class Observed:
    """What a reader gave: a table (samples, genes) and its words, or why not."""

    table: pd.DataFrame
    units: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    amber: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    question: str = ""
    choices: tuple[str, ...] = ()
    trace: str = ""


@dataclass(frozen=True)
class Judgement:
    """Verdict and the causes behind it, each a sentence; `detail` tells kinds of one verdict apart."""

    verdict: str
    causes: tuple[str, ...] = ()


def read_by_product(case: Case, names: Any) -> Observed:
    """Read in this process; `names` is the resolver of identifiers."""
    from leap_core.errors import UserError
    from leap_core.services.reading import read_files

    try:
        outcome = read_files([(case.name, case.content)], names)
    except UserError as error:
        return Observed(pd.DataFrame(), refused=(str(error),))
    except Exception:
        return Observed(pd.DataFrame(), trace=traceback.format_exc())
    asked = outcome.question
    return Observed(
        outcome.table,
        tuple(map(str, outcome.units)),
        tuple(outcome.notes),
        tuple(outcome.warnings),
        tuple(reason for _, reason in outcome.refused),
        "" if asked is None else asked.question,
        () if asked is None else tuple(asked.choices),
    )


def read_by_command(case: Case, folder: Path) -> Observed:
    """Read by ``leap read FILE --out table.csv --json``, in this process."""
    from leap_core.cli import main

    path, out = folder / case.name, folder / "table.csv"
    path.write_bytes(case.content)
    out.unlink(missing_ok=True)
    printed, errors = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(errors):
            code = main(["read", str(path), "--out", str(out), "--json", "--home", str(folder / "home")])
        said = json.loads(printed.getvalue())
        table = pd.DataFrame()
        if code == 0:
            table = pd.read_csv(out, index_col=0, dtype={0: str}, keep_default_na=False, na_values=[""])
            table.index = pd.Index([str(name) for name in said["samples"]])
    except (Exception, SystemExit):
        return Observed(pd.DataFrame(), trace=traceback.format_exc() + printed.getvalue()[:500] + errors.getvalue())
    asked = said["asked"] or {"question": "", "choices": ()}
    return Observed(
        table,
        tuple(said["units"][name] for name in said["samples"]),
        tuple(said["notes"]),
        tuple(said["amber"]),
        tuple(entry["reason"] for entry in said["refused"]),
        asked["question"],
        tuple(asked["choices"]),
    )


def family_of(unit: str) -> str:
    """Which family of units a name belongs to."""
    if re.search(r"RMA|array", unit, re.IGNORECASE):
        return "RMA"
    for family, pattern in (("TPM", "TPM"), ("FPKM", "[FR]PKM"), ("CPM", "CPM"), ("counts", "count")):
        if re.search(pattern, unit, re.IGNORECASE):
            return family
    return unit


def linear_of(values: Floats, unit: str) -> Floats:
    """Values without the logarithm that the name of their unit says."""
    found = re.match(r"(log2|ln|log10)\(([^+)]*)(?:\+([\d.]+))?\)", unit.strip())
    if found is None or family_of(unit) == "RMA":
        return values
    return np.asarray(BASES[found[1]] ** values - float(found[3] or 0.0), dtype=float)


def _plain_name(name: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", name).split())
    return name[1:] if name[:2] in ("'=", "'+", "'-", "'@") else name


def same_name(written: str | None, given: str, case: Case, number: int) -> bool:
    """Whether a sample is still called as its file calls it."""
    if written is None:
        return True
    c = case.composition
    there, here = _plain_name(written), _plain_name(str(given))
    if there == here:
        return True
    if c.names == "with the unit":
        return here == there.removesuffix(f"_{c.unit}")
    if c.names == "equal":
        return here.startswith(there)
    # Names that count from 0 or 1 are row numbers, or the other way round.
    return c.names == "small numbers" and there == str(number + 1) and here == f"sample {number + 1}"


def _unit_named(truth: Truth, sentences: Iterable[str]) -> bool:
    return any(re.search(rf"(?<![\w(]){re.escape(truth.unit)}(?!\w)", text) for text in sentences)


def _mentioned(words: Iterable[str], sentences: Iterable[str]) -> bool:
    return any(word and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for text in sentences for word in words)


def _said(pattern: str, sentences: Iterable[str]) -> bool:
    return any(re.search(pattern, sentence, re.IGNORECASE) for sentence in sentences)


def _samples(case: Case, truth: Truth, seen: Observed) -> tuple[list[int], list[tuple[str, bool]]]:
    """Row of the table for each true sample (-1: none), and what is wrong with the samples."""
    given = [str(name) for name in seen.table.index]
    words = (*seen.notes, *seen.amber)
    count = len(truth.samples)
    if len(given) == count and all(same_name(truth.samples[i], given[i], case, i) for i in range(count)):
        return list(range(count)), []
    rows, free = [], list(range(len(given)))
    for number, name in enumerate(truth.samples):
        match = next((k for k in free if same_name(name, given[k], case, number)), -1)
        rows.append(match)
        if match >= 0:
            free.remove(match)
    causes = [(f"sample {given[k]!r} is not in the file", _mentioned([given[k]], words)) for k in free]
    causes += [
        (f"sample {name!r} is missing", _mentioned([_plain_name(name or "")], words))
        for name, row in zip(truth.samples, rows, strict=True)
        if row < 0
    ]
    if not causes and case.composition.shape != LONG:
        causes = [("samples are in another order", _said(r"\border", words))]
    return rows, causes


def _genes(truth: Truth, seen: Observed) -> list[tuple[str, bool]]:
    known = set(truth.genes)
    extra = [str(gene) for gene in seen.table.columns if gene not in known]
    doubled = seen.table.columns[seen.table.columns.duplicated()]
    causes = [(f"gene {gene} is not in the file", _mentioned([gene], seen.amber)) for gene in extra[:10]]
    return causes + [(f"gene {gene} is there twice", False) for gene in doubled[:10]]


def _close(values: Floats, expected: Floats, off: npt.NDArray[np.bool_], tolerance: float) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        near = np.abs(values - expected) <= TOLERANCE * np.maximum(np.abs(expected), 1.0)
        near |= off & (np.abs(values) <= tolerance)
    return near | (np.isnan(values) & np.isnan(expected))


def _values(truth: Truth, seen: Observed, number: int, row: int) -> tuple[list[tuple[str, bool]], bool]:
    """What is wrong with one sample's numbers, and whether its unit is the preferred one."""
    unit = seen.units[row]
    family = family_of(unit)
    name = str(seen.table.index[row])
    if family not in truth.linear:
        return [(f"{name}: unit {unit}, in truth {' or '.join(truth.linear)}", _unit_named(truth, seen.amber))], True
    table = seen.table.iloc[row]
    table = table[~table.index.duplicated()]
    values = linear_of(table.reindex(list(truth.genes)).to_numpy(dtype=float), unit)
    off = truth.off[number]
    expected, near = min(
        ((e[number], _close(values, e[number], off, truth.off_tolerance)) for e in truth.linear[family]),
        key=lambda pair: int((~pair[1]).sum()),
    )
    causes = _differing(truth, seen, name, values, expected, off, near)
    return causes, family in truth.preferred


GAP = r"\boff\b|blank|empty|\bgaps?\b|missing|no number|not understood|left out|not found|without a value"


def _by_class(
    truth: Truth, seen: Observed, values: Floats, expected: Floats, places: dict[str, npt.NDArray[np.int64]]
) -> dict[str, bool]:
    """Whether an amber sentence names the cause of a class of cells; what is said of many excuses no handful."""
    counted = {what: len(cells) for what, cells in places.items()}
    lost = counted["known values are gaps"]
    number = r"\d" if lost > HANDFUL else rf"(?<![\d.,]){lost}(?![\d.,]*\d)"
    loud = [text for text in seen.amber if re.search(GAP, text, re.IGNORECASE)]
    differ = places["values differ"]
    ratio = values[differ] / np.maximum(expected[differ], 1e-9)
    # One constant is a matter of TPM or FPKM; anything else is another logarithm, which must be named.
    constant = len(ratio) > 0 and bool(np.ptp(ratio) < 1e-3 * abs(ratio[0]))
    return {
        "genes that are off are gaps": bool(loud),
        "known values are gaps": any(re.search(number, text) for text in loud),
        "gaps of the file have values": False,
        "genes that are off have values": counted["genes that are off have values"] > HANDFUL
        and _said(r"\boff\b|zeros?\b|below", seen.amber),
        "values differ": (truth.unit != truth.family and _unit_named(truth, seen.amber))
        or (constant and _mentioned([truth.family], seen.amber)),
    }


def _differing(
    truth: Truth,
    seen: Observed,
    name: str,
    values: Floats,
    expected: Floats,
    off: npt.NDArray[np.bool_],
    near: npt.NDArray[np.bool_],
) -> list[tuple[str, bool]]:
    """Causes for the cells of one sample that are not near the truth, by class."""
    gone, unknown = np.isnan(values) & ~np.isnan(expected), np.isnan(expected)
    classes = {
        "genes that are off are gaps": gone & off,
        "known values are gaps": gone & ~off,
        "gaps of the file have values": unknown & ~np.isnan(values),
        "genes that are off have values": off & ~near & ~gone,
        "values differ": ~off & ~near & ~gone & ~unknown,
    }
    places = {what: np.nonzero(cells)[0] for what, cells in classes.items()}
    by_class = _by_class(truth, seen, values, expected, places)
    causes = []
    for what, cells in places.items():
        if not len(cells):
            continue
        genes = [truth.genes[place] for place in cells]
        words = (*seen.amber, *seen.notes) if what.endswith("are gaps") else seen.amber
        one_by_one = len(cells) <= HANDFUL and all(_mentioned([gene], words) for gene in genes)
        shown = f"e.g. {genes[0]} {values[cells[0]]:.6g} for {expected[cells[0]]:.6g}"
        causes.append((f"{name}: {what}, {len(cells)} cells, {shown}", by_class[what] or one_by_one))
    return causes


def _against(case: Case, truth: Truth, seen: Observed) -> Judgement:
    rows, causes = _samples(case, truth, seen)
    causes += _genes(truth, seen)
    preferred = True
    for number, row in enumerate(rows):
        if row >= 0:
            found, usual = _values(truth, seen, number, row)
            causes += found
            preferred &= usual
    if truth.sheet is not None and len(case.truths) > 1:
        others = [other.sheet for other in case.truths if other.sheet != truth.sheet]
        causes.append(
            (f"sheet {others} left out", all(_mentioned([o or ""], (*seen.notes, *seen.amber)) for o in others))
        )
    texts = tuple(text for text, _ in causes)
    if any(not named for _, named in causes):
        return Judgement(SILENT, tuple(text for text, named in causes if not named))
    if causes or not preferred:
        return Judgement(SAID, texts or (f"right in another unit: {', '.join(sorted(set(seen.units)))}",))
    return Judgement(RIGHT)


def judge(case: Case, seen: Observed) -> Judgement:
    """What became of the file, against what is true of it."""
    if seen.trace:
        return Judgement(TRACEBACK, (seen.trace,))
    if seen.question:
        families = {family_of(choice) for choice in seen.choices}
        truths = {family for truth in case.truths for family in truth.linear}
        astray = families <= set(UNIT_WORDS) and families and not families & truths
        return Judgement(ASKED, ((ASTRAY if astray else "") + seen.question,))
    if seen.table.empty:
        if not any(reason.strip() for reason in seen.refused):
            return Judgement(SILENT, ("nothing was read, and no word why",))
        return Judgement(REFUSED, seen.refused)
    judgements = [_against(case, truth, seen) for truth in case.truths]
    return min(judgements, key=lambda judgement: VERDICTS.index(judgement.verdict))
