"""The file of a composition: names, titles and marks around the numbers, as bytes."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass, replace

import numpy as np
import openpyxl

from tests.io.layout_generator import BLANKS, COLUMNS, LINEAR, LONG, Composition
from tests.io.layout_truth import Genes, Numbers, Truth, genes_of, numbers_of, off_tolerance, unit_of

LABEL_TITLES = (
    "gene",
    "",
    "Gene Symbol",
    "hgnc_symbol",
    "V1",
    "X",
    "ID",
    "Name",
    "symbol",
    "gene_id",
    "Hugo_Symbol",
    "GeneID",
    "rownames",
    "external_gene_name",
)
SAMPLE_TITLES = (
    "sample",
    "",
    "Sample Name",
    "ModelID",
    "V1",
    "X",
    "ID",
    "cell_line",
    "DepMap_ID",
    "Cell line",
    "CCLE_Name",
    "barcode",
    "rownames",
    "Run",
)
LONG_SAMPLES = (
    "sample",
    "Cell line",
    ".sample",
    "CELL_LINE_NAME",
    "Sample Name",
    "sample.id",
    "Run",
    "cellline",
    "barcode",
    "ModelID",
    "Sample",
    "line",
)
LONG_GENES = (
    "gene",
    "Gene",
    "transcript_symbol",
    "Gene Symbol",
    "external_gene_name",
    "GENE_SYMBOL",
    "hgnc_symbol",
    "feature",
)
LENGTH_TITLES = (
    "Length",
    "Length (bp)",
    "gene_length_bp",
    "bp_length",
    "transcript_length",
    "exon_length",
    "gene length",
)
ENTREZ_TITLES = ("entrezgene", "GeneID", "gene_entrez", "LocusID", "NCBI gene ID", "Entrez_Gene_Id", "ENTREZID")
LINES = ("A-549", "MCF7", "K-562", "SK-MEL-28", "HCT 116", "NCI-H1299")
WORDS = ("kinase", "binding protein", '5" nucleotidase', "zinc finger", '"NADH" dehydrogenase', "3' repair, subunit B")
TITLES = {
    "text": "Supplementary Table 3. Expression of cell lines",
    "date": "Made 2024-05-01 by the core facility",
    "blank": "",
    "comment": "# made with the pipeline, version 1.3",
    "bang": "!made with the pipeline",
    "padded": "Expression of cell lines",
    "padded blank": "",
}
ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}


@dataclass(frozen=True)
class Case:
    """A file, and what is true of it; more than one truth where a workbook has several tables."""

    composition: Composition
    name: str
    content: bytes
    truths: tuple[Truth, ...]


# A cell: its text, and whether that is a number.
Cell = tuple[str, bool]


def sample_names(c: Composition, random: np.random.Generator) -> tuple[str, ...]:
    """Names of the samples, of the sort that the composition says."""
    n = range(c.samples)
    numbers = [str(int(number)) for number in random.permutation(np.arange(1, c.samples + 3))[: c.samples]]
    latin = c.encoding == "cp1252"
    made: dict[str, list[str]] = {
        "plain": [f"P{i + 1}" for i in n],
        "lines": [LINES[i] for i in n],
        "ACH": [f"ACH-{int(random.integers(10_000)):05d}{i}" for i in n],
        "small numbers": numbers,
        "COSMIC": [str(905_930 + 7 * int(k)) for k in numbers],
        "with blanks": [f"Line {chr(65 + i)} rep {i % 2 + 1}" for i in n],
        "with the unit": [f"P{i + 1}_{c.unit}" for i in n],
        "with quotes": [f"Disc 2\" O'Neil {i + 1}" for i in n],
        "line breaks": [f"Line {chr(65 + i)}\n(rep 1)" for i in n],
        "unicode": [(f"Zellinie-Ä{i + 1}", f"µ-Ölf{i + 1}")[i % 2] if latin else f"细胞-Ä{i + 1}" for i in n],
        "gene symbols": ["TP53", "MYC", "EGFR", "KRAS", "BRAF", "GAPDH"][: c.samples],
        "formulas": ["=cmd|' /C calc'!A0", "+A1", "-B2", "@SUM(A1)", "=1+1", "=A2&B2"][: c.samples],
        "equal": ["A549", "A549", "B7", "C8", "A549", "D9"][: c.samples],
        "ending in numbers": ["SNU_5", "SNU_16", "SNU_1", "KM_12", "KM_2", "HL_60"][: c.samples],
        "dates": [f"2021-03-{i + 1:02d}" for i in n],
        "barcodes": [f"TCGA-{i + 10}-A1B{i}-01A-11R" for i in n],
    }
    return tuple(made[c.names])


def identifiers(c: Composition, genes: Genes) -> list[str]:
    """Labels of the genes as the file writes them."""
    kinds = zip(genes.symbol, genes.ensembl, genes.entrez, genes.hgnc, strict=True)
    write = {
        "symbol": lambda s, e, n, h: s,
        "Ensembl": lambda s, e, n, h: e,
        "Ensembl with version": lambda s, e, n, h: f"{e}.{int(n) % 17 + 1}",
        "Entrez": lambda s, e, n, h: n,
        "SYMBOL (ENTREZ)": lambda s, e, n, h: f"{s} ({n})",
        "SYMBOL (ENSG)": lambda s, e, n, h: f"{s} ({e})",
        "ENSG|SYMBOL": lambda s, e, n, h: f"{e}|{s}",
        "SYMBOL|ENSG": lambda s, e, n, h: f"{s}|{e}",
        "gene-SYMBOL": lambda s, e, n, h: f"gene-{s}",
        "HGNC id": lambda s, e, n, h: h,
        "lower case": lambda s, e, n, h: s.lower(),
        "R: SYMBOL": lambda s, e, n, h: s.replace("-", "."),
        "R: SYMBOL..ENTREZ.": lambda s, e, n, h: f"{s.replace('-', '.')}..{n}.",
        "R: XENTREZ": lambda s, e, n, h: f"X{n}",
    }[c.identifier]
    return [write(*kind) for kind in kinds]


def _annotations(c: Composition, genes: Genes, numbers: Numbers, random: np.random.Generator) -> list[list[Cell]]:
    """Columns about the genes: a title, and a cell for each row."""
    n = len(numbers.rows)
    chromosomes = [*map(str, range(1, 23)), "X", "Y"]
    starts = random.integers(10_000, 200_000_000, n)
    texts: dict[str, tuple[str, list[str], bool]] = {
        "length": (LENGTH_TITLES[c.annotation_title], [str(numbers.lengths[row]) for row in numbers.rows], True),
        "chromosome": ("chromosome_name", [chromosomes[k] for k in random.integers(0, 24, n)], True),
        "biotype": ("gene_biotype", ["protein_coding"] * n, False),
        "entrez": (ENTREZ_TITLES[c.annotation_title], [genes.entrez[row] for row in numbers.rows], True),
        "description": ("description", [WORDS[k] for k in random.integers(0, len(WORDS), n)], False),
        "ensembl": ("ensembl_gene_id", [genes.ensembl[row] for row in numbers.rows], False),
        "start": ("start_position", [str(k) for k in starts], True),
        "end": ("end_position", [str(k + 2_500) for k in starts], True),
        "strand": ("strand", [("1", "-1")[k] for k in random.integers(0, 2, n)], True),
    }
    columns = []
    for kind in c.annotation:
        title, cells, numeric = texts[kind]
        if c.delimiter == BLANKS and c.container == "text":
            title = title.replace(" ", "_")
        if c.quoting == "none" and c.container == "text":
            cells = [cell.replace(c.delimiter, " ") for cell in cells]
        columns.append([(title, False), *((cell, numeric and cell.lstrip("-").isdigit()) for cell in cells)])
    return columns


def _title(c: Composition, titles: tuple[str, ...], number: int) -> Cell:
    title = titles[number % len(titles)]
    if c.delimiter == BLANKS and c.container == "text":
        title = title.replace(" ", "_") or "ID"
    return title, False


def _sheet(c: Composition, random: np.random.Generator) -> list[list[Cell]]:
    """Columns of a sample sheet: a title, and a cell for each sample."""
    n = c.samples
    made: dict[str, list[Cell]] = {
        "lineage": [(("Lung", "Skin", "Breast")[k], False) for k in random.integers(0, 3, n)],
        "RIN": [(f"{k:.1f}".replace(".", c.decimal), True) for k in random.uniform(6, 10, n)],
        "sex": [(("F", "M")[k], False) for k in random.integers(0, 2, n)],
        "OS": [(str(k), True) for k in random.integers(30, 2000, n)],
        "batch": [(str(k), True) for k in random.integers(1, 4, n)],
    }
    return [[(title, False), *made[title]] for title in c.sheet_columns]


def _value_title(c: Composition, random: np.random.Generator) -> str:
    if c.hint != "title of the values":
        return ("value", "expression", "Expression")[int(random.integers(3))]
    return unit_of(c)


def grid_of(
    c: Composition, genes: Genes, numbers: Numbers, names: tuple[str, ...], random: np.random.Generator
) -> list[list[Cell]]:
    """The header and all rows of the table, without row numbers."""
    labels = identifiers(c, genes)
    rows: list[Cell] = [(labels[row], labels[row].isdigit()) for row in numbers.rows]
    values = [[(text, text not in ("", "NA", c.odd)) for text in sample] for sample in numbers.texts]
    titles: list[Cell] = [(name, False) for name in names]
    if c.shape == COLUMNS:
        named: list[Cell] = [(name, name.isdigit()) for name in names]
        first = [] if c.label == "missing" else [[_title(c, SAMPLE_TITLES, c.label_title), *named]]
        before = [*first, *_sheet(c, random)]
        body = [[column[i + 1] for column in before] + values[i] for i in range(c.samples)]
        return [[column[0] for column in before] + [(label, False) for label, _ in rows], *body]
    annotations = _annotations(c, genes, numbers, random)
    early, late = (annotations, []) if c.annotation_place == "before the values" else ([], annotations)
    if c.shape == LONG:
        pairs = [(i, j) for i in range(c.samples) for j in range(len(rows))]
        if c.long_order == "by gene":
            pairs.sort(key=lambda pair: (pair[1], pair[0]))
        elif c.long_order == "by chance":
            pairs = [pairs[k] for k in random.permutation(len(pairs))]
        sample_first = bool(random.integers(2))
        value = _title(c, (_value_title(c, random),), 0)
        heads = [_title(c, LONG_SAMPLES, c.long_sample), _title(c, LONG_GENES, c.long_gene)]
        grid = [[*(heads if sample_first else heads[::-1]), *(a[0] for a in early), value, *(a[0] for a in late)]]
        for i, j in pairs:
            key: list[Cell] = [(names[i], names[i].isdigit()), rows[j]]
            keys = key if sample_first else key[::-1]
            grid.append([*keys, *(a[j + 1] for a in early), values[i][j], *(a[j + 1] for a in late)])
        return grid
    columns = [
        [_title(c, LABEL_TITLES, c.label_title), *rows],
        *early,
        *([title, *cells] for title, cells in zip(titles, values, strict=True)),
        *late,
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _numbered(c: Composition, grid: list[list[Cell]]) -> list[list[Cell]]:
    if c.row_numbers == "none":
        return grid
    first = int(c.row_numbers.split()[1])
    title = c.row_title.replace(" ", "_") if c.delimiter == BLANKS else c.row_title
    return [[(title, False), *grid[0]], *([(str(first + i), True), *row] for i, row in enumerate(grid[1:]))]


def _quoted(c: Composition, cell: Cell) -> str:
    text, numeric = cell
    if c.quoting == "none":
        return text
    needed = c.delimiter != BLANKS and (c.delimiter in text or "\n" in text or '"' in text)
    wanted = c.quoting == "all" or (c.quoting == "text" and not numeric)
    return '"' + text.replace('"', '""') + '"' if needed or wanted else text


def _lines(c: Composition, grid: list[list[Cell]]) -> list[str]:
    cells = [[_quoted(c, cell) for cell in row] for row in grid]
    if c.header == "short":
        cells[0] = cells[0][1:]
    if c.header == "none":
        cells = cells[1:]
    if c.delimiter == BLANKS:
        width = max(map(len, cells))
        wide = [max(len(row[k - width]) for row in cells if len(row) >= width - k) for k in range(width)]
        return [
            " ".join(cell.rjust(size) for cell, size in zip(row, wide[width - len(row) :], strict=True))
            for row in cells
        ]
    ends = ["" if c.trailing in ("none", "header") else c.delimiter] * len(cells)
    if c.header != "none":
        ends[0] = "" if c.trailing in ("none", "rows") else c.delimiter
    return [c.delimiter.join(row) + end for row, end in zip(cells, ends, strict=True)]


def _heading(c: Composition, width: int) -> list[list[str]]:
    """Lines above the table, as cells."""
    said = f"{TITLES['text']} ({unit_of(c)})"
    lines = []
    for kind in c.titles:
        text = said if kind == "text" and c.hint == "title line" else TITLES[kind]
        lines.append([text, *[""] * (width - 1)] if "padded" in kind else [text])
    return lines


def _text(c: Composition, grid: list[list[Cell]]) -> bytes:
    delimiter = "" if c.delimiter == BLANKS else c.delimiter
    lines = [
        row[0]
        if row[0].startswith(("#", "!"))
        else delimiter.join(_quoted(c, (cell, False)) if cell else "" for cell in row)
        for row in _heading(c, len(grid[0]))
    ]
    lines += _lines(c, grid)
    if c.ends in ENDS:
        text = ENDS[c.ends].join([*lines, ""])
    elif c.ends == "LF then CR":
        head = len(c.titles) + 1
        text = "\n".join([*lines[:head], ""]) + "\r".join([*lines[head:], ""])
    else:
        text = "".join(line + ("\n", "\r\n")[number % 2] for number, line in enumerate(lines))
    content = text.encode(c.encoding)
    return gzip.compress(content, 1, mtime=0) if c.packed else content


def _typed(cell: Cell, as_text: bool) -> str | float | int | None:
    text, numeric = cell
    if not numeric or as_text:
        return text or None
    try:
        return float(text) if "." in text or "e" in text else int(text)
    except ValueError:
        return text


def _book(c: Composition, tables: list[tuple[str, list[list[Cell]]]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    if c.sheets == "notes before":
        book.create_sheet("Read me").append(["Expression of cell lines; the table is in the next sheet"])
    if c.sheets == "empty before":
        book.create_sheet("Sheet1")
    for name, grid in tables:
        sheet = book.create_sheet(name)
        for line in _heading(c, len(grid[0])):
            sheet.append([cell or None for cell in line])
        for number, row in enumerate(grid[1:] if c.header == "none" else grid):
            typed = [_typed(cell, c.text_numbers) for cell in row]
            if number == 0 and c.header != "none" and not c.text_numbers and c.shape != COLUMNS:
                typed = [int(v) if isinstance(v, str) and v.isdigit() else v for v in typed]
            cells = [openpyxl.cell.WriteOnlyCell(sheet, value) for value in typed]
            for cell in cells:
                if isinstance(cell.value, str):
                    cell.data_type = "s"
            sheet.append(cells)
    if c.sheets == "notes after":
        sheet = book.create_sheet("Legend")
        sheet.append(["Column", "Meaning"])
        sheet.append(["P1", "first replicate"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _file_name(c: Composition) -> str:
    stem = "export"
    if c.hint == "file name":
        unit = {"RMA": "RMA", "counts": "counts"}.get(c.unit, c.unit.lower())
        form = "" if c.form == LINEAR else c.form.split("(")[0] + "_"
        plus = {"x+1": "_plus1", "x+0.001": "_plus0.001"}.get(c.form.partition("(")[2].rstrip(")"), "")
        stem = f"expression_{form}{unit}{plus}"
    if c.container == "xlsx":
        return f"{stem}.xlsx"
    usual = {",": "csv", ";": "csv", "\t": "tsv"}.get(c.delimiter, "txt")
    return f"{stem}.{usual if c.extension == 'usual' else c.extension}" + (".gz" if c.packed else "")


def case_of(c: Composition) -> Case:
    """The file of a composition, with its truth."""
    random = np.random.default_rng(c.seed)
    genes = genes_of(c, random)
    names = sample_names(c, random)
    numbers = numbers_of(c, random)
    grid = _numbered(c, grid_of(c, genes, numbers, names, random))
    nameless = c.header == "none" or c.label == "missing"
    preferred = ("TPM",) if c.unit == "counts" and "length" in c.annotation else tuple(numbers.linear)
    truth = Truth(
        tuple(None if nameless else name for name in names),
        genes.symbol,
        numbers.linear,
        preferred,
        numbers.off,
        off_tolerance(c),
        c.unit,
        unit_of(c),
        "TPM" if c.sheets == "two units" else None,
    )
    if c.container == "text":
        return Case(c, _file_name(c), _text(c, grid), (truth,))
    tables, truths = [("TPM" if c.sheets == "two units" else "Table 1", grid)], [truth]
    if c.sheets == "two units":
        other = replace(c, unit="counts")
        counts = numbers_of(other, random)
        tables.append(("Counts", _numbered(other, grid_of(other, genes, counts, names, random))))
        truths.append(
            replace(
                truth,
                family="counts",
                unit="counts",
                linear=counts.linear,
                preferred=tuple(counts.linear),
                off=counts.off,
                sheet="Counts",
            )
        )
    return Case(c, _file_name(c), _book(c, tables), tuple(truths))
