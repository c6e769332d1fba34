"""Layouts of expression files, composed of what people do to them: dimensions, and what goes together.

A composition is drawn by hypothesis (`compositions`) or from a seed (`drawn`); `tests.io.layout_writer.case_of` makes
the file and what is true of it, `tests.io.layout_judge.judge` says what became of it. Nothing here knows the reader.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

ROWS, COLUMNS, LONG = "genes in rows", "genes in columns", "long"
BLANKS = "several blanks"
NBSP, NARROW = "\u00a0", "\u202f"
LINEAR, NO_PSEUDO = "linear", "log2(x)"
# Tables that are large enough for their sum to tell the unit.
WHOLE = 13_500


def _of(*options: Any, common: float = 0.5) -> Any:
    """A dimension: its options, the usual one first, and how often that is drawn from a seed."""
    return field(default=options[0], metadata={"options": options, "common": common})


@dataclass(frozen=True)
class Composition:
    """One way to write a table, a choice in every dimension; the first option of each is the plain one."""

    seed: int = 0
    genes: int = _of(800, 300, 1_500, WHOLE, common=0.6)
    samples: int = _of(3, 1, 2, 4, 6, common=0.3)
    gene_order: str = _of("by name", "by chance")
    shape: str = _of(ROWS, COLUMNS, LONG)
    container: str = _of("text", "xlsx", common=0.85)
    unit: str = _of("TPM", "FPKM", "counts", "CPM", "RMA", common=0.4)
    form: str = _of(LINEAR, "log2(x+1)", "ln(x+1)", "log10(x+1)", "log2(x+0.001)", NO_PSEUDO, common=0.45)
    total: str = _of("a million", "cut from a whole", common=0.7)
    zeros: str = _of("0", "blank", "NA", "-Inf", "literal 0", common=0.6)
    hint: str = _of("file name", "none", "title line", "title of the values", common=0.4)
    names: str = _of(
        "plain",
        "lines",
        "ACH",
        "small numbers",
        "COSMIC",
        "with blanks",
        "with the unit",
        "with quotes",
        "line breaks",
        "unicode",
        "gene symbols",
        "formulas",
        "equal",
        "ending in numbers",
        "dates",
        "barcodes",
        common=0.2,
    )
    identifier: str = _of(
        "symbol",
        "Ensembl",
        "Ensembl with version",
        "Entrez",
        "SYMBOL (ENTREZ)",
        "SYMBOL (ENSG)",
        "ENSG|SYMBOL",
        "SYMBOL|ENSG",
        "gene-SYMBOL",
        "HGNC id",
        "lower case",
        "R: SYMBOL",
        "R: SYMBOL..ENTREZ.",
        "R: XENTREZ",
        common=0.3,
    )
    delimiter: str = _of(",", "\t", ";", "|", BLANKS, common=0.35)
    decimal: str = _of(".", ",", common=0.7)
    thousands: str = _of("", ",", " ", NBSP, NARROW, "'", ".", common=0.35)
    digits: int = _of(4, 2, 3, 6)
    style: str = _of("fixed", "trimmed", "exponent", "general", "plus", common=0.6)
    quoting: str = _of("where needed", "all", "text", "none")
    encoding: str = _of("utf-8", "utf-8-sig", "utf-16", "cp1252", common=0.6)
    ends: str = _of("LF", "CRLF", "CR", "LF then CR", "mixed", common=0.6)
    packed: bool = _of(False, True, common=0.85)
    extension: str = _of("usual", "txt", "csv", "tsv", common=0.7)
    titles: tuple[str, ...] = _of(
        (),
        ("text",),
        ("text", "blank"),
        ("comment",),
        ("comment", "comment", "comment"),
        ("padded",),
        ("padded", "padded blank"),
        ("text", "date", "blank"),
        ("blank",),
        ("bang",),
        common=0.6,
    )
    header: str = _of("full", "short", "none", common=0.75)
    label: str = _of("there", "missing", common=0.9)
    label_title: int = _of(*range(14), common=0.1)
    row_numbers: str = _of("none", "from 0", "from 1", common=0.75)
    row_title: str = _of("", "X", "...1", "Unnamed: 0", "V1", "index", "No.")
    trailing: str = _of("none", "rows", "header", "both", common=0.75)
    annotation: tuple[str, ...] = _of(
        (),
        ("length",),
        ("chromosome", "biotype"),
        ("entrez",),
        ("description",),
        ("length", "chromosome", "description"),
        ("ensembl",),
        ("start", "end", "strand"),
        ("entrez", "length"),
        common=0.6,
    )
    annotation_title: int = _of(*range(7), common=0.15)
    annotation_place: str = _of("before the values", "after the values", common=0.75)
    sheet_columns: tuple[str, ...] = _of((), ("lineage",), ("RIN", "sex"), ("OS", "batch"), common=0.75)
    odd: str = _of("none", "-", "n/a", "n.d.", "NaN", "ND", "#N/A", common=0.7)
    duplicates: int = _of(0, 1, 5, common=0.8)
    sheets: str = _of("one", "notes after", "notes before", "empty before", "two units")
    text_numbers: bool = _of(False, True)
    long_sample: int = _of(*range(12), common=0.1)
    long_gene: int = _of(*range(8), common=0.15)
    long_order: str = _of("by sample", "by gene", "by chance")


DIMENSIONS = tuple(part for part in dataclasses.fields(Composition) if "options" in part.metadata)


def _changed(c: Composition, when: bool, **values: Any) -> Composition:
    return dataclasses.replace(c, **values) if when else c


def _shapes(c: Composition) -> Composition:
    """What a shape cannot have."""
    c = _changed(c, c.container == "xlsx" or (c.shape == LONG and c.samples > 2), genes=min(c.genes, 1_500))
    c = _changed(c, c.genes == WHOLE, samples=min(c.samples, 3), total="a million")
    c = _changed(c, c.shape != COLUMNS, label="there", sheet_columns=())
    # Names of genes stand in the header; without their own column samples have no names, and no sheet.
    c = _changed(c, c.shape == COLUMNS, annotation=(), header="full" if c.header == "none" else c.header)
    c = _changed(c, c.label == "missing", header="full", row_numbers="none", sheet_columns=(), trailing="none")
    long_header = "short" if c.header == "short" and c.row_numbers != "none" else "full"
    c = _changed(c, c.shape == LONG, header=long_header, names="plain" if c.names == "equal" else c.names)
    c = _changed(c, c.shape != LONG and c.hint == "title of the values", hint="file name")
    # Without titles nobody can tell a column of numbers about the genes from a sample.
    worded = tuple(kind for kind in c.annotation if kind in ("biotype", "description", "ensembl"))
    c = _changed(c, c.header == "none", annotation=worded)
    c = _changed(c, c.header == "none" or c.label == "missing", names="plain")
    c = _changed(c, c.names == "equal" and c.samples < 2, names="plain")
    mangled = {"R: SYMBOL": "symbol", "R: SYMBOL..ENTREZ.": "SYMBOL (ENTREZ)", "R: XENTREZ": "Entrez"}
    return _changed(
        c, c.shape != COLUMNS and c.identifier in mangled, identifier=mangled.get(c.identifier, c.identifier)
    )


def _books(c: Composition) -> Composition:
    """A workbook has no delimiters and no encoding; a text has no sheets."""
    if c.container == "text":
        return dataclasses.replace(c, sheets="one", text_numbers=False)
    plain: dict[str, Any] = {} if c.text_numbers else {"decimal": ".", "thousands": "", "style": "fixed"}
    c = dataclasses.replace(
        c,
        delimiter=",",
        quoting="where needed",
        encoding="utf-8",
        ends="LF",
        packed=False,
        extension="usual",
        header="full" if c.header == "short" else c.header,
        trailing="none",
        **plain,
    )
    two = c.sheets == "two units"
    return _changed(c, two, unit="TPM", form=LINEAR, zeros="0", hint="none", annotation=(), odd="none", duplicates=0)


def _units(c: Composition) -> Composition:
    """Forms and marks of zero that a unit can have."""
    c = _changed(c, c.unit == "RMA", form=LINEAR, zeros="0", thousands="")
    c = _changed(c, c.unit in ("RMA", "counts"), total="a million")
    c = _changed(c, c.unit == "counts" and c.form in (NO_PSEUDO, "log2(x+0.001)"), form=LINEAR)
    c = _changed(c, c.unit == "CPM" and c.form == "log2(x+0.001)", form="log2(x+1)")
    if c.form == NO_PSEUDO:
        c = _changed(c, c.zeros == "0", zeros="-Inf")
    else:
        c = _changed(c, c.zeros in ("-Inf", "literal 0") or c.form == "log2(x+0.001)", zeros="0")
    logged = c.form != LINEAR
    c = _changed(c, logged, thousands="", digits=max(c.digits, 3))
    counts = c.unit == "counts" and not logged
    c = _changed(c, counts and c.style in ("exponent", "general", "trimmed"), style="fixed")
    c = _changed(c, c.style in ("exponent", "general"), thousands="", digits=6)
    # The steps of CPM are what tells them from TPM where no word does.
    c = _changed(c, c.unit == "CPM" and c.hint == "none", digits=6)
    # Where blanks are zeros, a gap is not to be told from them.
    c = _changed(c, c.zeros in ("blank", "NA"), odd="none")
    return _changed(c, c.names == "with the unit" and c.unit == "RMA", names="plain")


def _marks(c: Composition) -> Composition:
    """Marks that would say two things at once."""
    c = _changed(c, c.thousands == c.decimal, thousands="")
    c = _changed(c, c.thousands == "." and c.decimal == ".", thousands="")
    c = _changed(c, c.encoding == "cp1252" and c.thousands == NARROW, thousands=NBSP)
    if c.container == "text" and c.delimiter == BLANKS:
        tokens = tuple(kind for kind in c.annotation if kind != "description")
        spaced = ("with blanks", "with quotes", "line breaks", "formulas", "unicode", "lines")
        c = dataclasses.replace(
            c,
            quoting="where needed",
            thousands="" if c.thousands in (" ", NBSP, NARROW) else c.thousands,
            zeros={"blank": "NA"}.get(c.zeros, c.zeros),
            odd="none" if c.zeros == "blank" else c.odd,
            trailing="none",
            annotation=tokens,
            names="plain" if c.names in spaced else c.names,
            identifier={"SYMBOL (ENTREZ)": "symbol", "SYMBOL (ENSG)": "symbol"}.get(c.identifier, c.identifier),
            titles=tuple(kind for kind in c.titles if "padded" not in kind),
            genes=min(c.genes, 1_500) if c.shape == COLUMNS else c.genes,
            row_title=c.row_title if " " not in c.row_title and c.row_title else "X",
        )
    barred = c.delimiter == "|" and "|" in c.identifier
    c = _changed(c, c.quoting == "none" and (c.delimiter == "," or c.decimal == c.delimiter), quoting="where needed")
    c = _changed(c, c.quoting == "none" and (barred or c.names in ("line breaks", "formulas")), quoting="where needed")
    c = _changed(c, c.names == "line breaks" and c.ends not in ("LF", "CRLF"), ends="LF")
    c = _changed(c, c.header == "none" and c.trailing != "none", trailing="rows")
    c = _changed(c, c.header == "short", trailing="none")
    # A word about the unit needs a line to stand in.
    return _changed(c, c.hint == "title line" and "text" not in c.titles, titles=("text", *c.titles)[:3])


def admissible(c: Composition) -> Composition:
    """The nearest composition that a careful person can read."""
    for rules in (_shapes, _books, _units, _marks, _shapes):
        c = rules(c)
    # What is left without effect takes the plain value, so that the rates of a dimension are of files that have it.
    idle: dict[str, Any] = {}
    if c.shape != LONG:
        idle |= {"long_sample": 0, "long_gene": 0, "long_order": "by sample"}
    if c.shape == LONG or c.header == "none" or c.label == "missing":
        idle |= {"label_title": 0}
    if c.row_numbers == "none" or c.header != "full":
        idle |= {"row_title": "X" if c.delimiter == BLANKS else ""}
    if not c.annotation:
        idle |= {"annotation_title": 0, "annotation_place": "before the values"}
    if c.label == "missing" or c.header == "none":
        idle |= {"names": "plain"}
    return dataclasses.replace(c, **idle)


def clear(c: Composition) -> bool:
    """Whether a careful person reads it without a question; the others may be refused as well."""
    told = c.hint != "none" or c.names == "with the unit"
    proportional = c.unit in ("FPKM", "CPM") or (c.unit == "counts" and c.form != LINEAR)
    if not told and (proportional or c.total != "a million") and not (c.unit == "FPKM" and c.genes == WHOLE):
        return False
    # 1.046 may be one or a thousand, and so may 1,046 where the comma may be either.
    if c.unit == "counts" and c.form == LINEAR and (c.thousands == "." or (c.thousands, c.delimiter) == (",", ";")):
        return False
    never_zero = c.unit == "RMA" or c.form in (NO_PSEUDO, "log2(x+0.001)")
    if c.decimal == "," and c.digits == 3 and c.style in ("fixed", "plus") and never_zero:
        return False
    if c.sheets == "two units" or (c.form == NO_PSEUDO and c.zeros == "literal 0"):
        return False
    return not (c.header == "none" and c.identifier == "Entrez")


def compositions() -> st.SearchStrategy[Composition]:
    """Compositions for hypothesis; it shrinks towards the plain ones."""
    parts = {}
    for part in DIMENSIONS:
        first, *others = part.metadata["options"]
        usual = round(len(others) * part.metadata["common"] / (1 - part.metadata["common"]))
        parts[part.name] = st.sampled_from([first] * max(usual, 1) + others)
    # A whole transcriptome takes as long as ten small tables.
    parts["genes"] = st.sampled_from([300] * 16 + [800] * 6 + [1_500, 1_500, WHOLE])
    return st.builds(Composition, seed=st.integers(0, 2**16), **parts).map(admissible)


def drawn(seed: int, number: int) -> Composition:
    """Composition `number` of the run `seed`."""
    random = np.random.default_rng([seed, number])
    chosen: dict[str, Any] = {"seed": int(random.integers(2**31))}
    for part in DIMENSIONS:
        first, *others = part.metadata["options"]
        plain = random.random() < part.metadata["common"]
        chosen[part.name] = first if plain else others[int(random.integers(len(others)))]
    # A whole transcriptome takes as long as ten small tables.
    if chosen["genes"] == WHOLE and random.random() < 0.5:
        chosen["genes"] = 300
    return admissible(Composition(**chosen))


def off_default(c: Composition) -> dict[str, Any]:
    """Where a composition is not the plain one."""
    return {
        part.name: getattr(c, part.name) for part in DIMENSIONS if getattr(c, part.name) != part.metadata["options"][0]
    }


def reduced(c: Composition, fails: Callable[[Composition], bool]) -> Composition:
    """The plainest composition found that still fails: one dimension after another is set to its usual value."""
    again = True
    while again:
        again = False
        for name in off_default(c):
            first = next(part.metadata["options"][0] for part in DIMENSIONS if part.name == name)
            plainer = admissible(dataclasses.replace(c, **{name: first}))
            if len(off_default(plainer)) < len(off_default(c)) and fails(plainer):
                c, again = plainer, True
    return c
