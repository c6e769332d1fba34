"""Where a table begins and what its columns are called, decided on many rows.

Lines above the header, the header or none, titles one short as R writes them, empty cells at the ends of lines, and
rows of text between the header and the numbers.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from leap_core.errors import UnreadableTableError
from leap_core.genes.file_rules import is_column_title
from leap_core.io.delimiters import commonest_width
from leap_core.io.numbers import format_of, is_gap, looks_numeric, to_numbers
from leap_core.io.title_tiers import groups_above, joined_tiers, text_rows

IsGene = Callable[[str], bool]

_LABEL_TITLE = re.compile(
    r"gene|symbol|ensembl|entrez|hgnc|hugo|probe|feature|transcript|target|locus|(^|[_. ])(ids?|names?|samples?|"
    r"models?|lines?|cells?|index|rows?|row_?names?|labels?|accession|description|x|v1)($|[_. 0-9])|^unnamed",
    re.IGNORECASE,
)
# What can be no sample's name: a header that begins so has a title for the labels.
_SURE_TITLE = re.compile(
    r"^#?(ensembl|entrez|hgnc|hugo|gene|probe|transcript|feature|target|official)?[ _.-]?(genes?|symbols?|"
    r"gene[ _.]?ids?|ids?|gene[ _.-]?(names?|symbols?)|names?|geneid|index|modelid|depmap[ _.]?id|samples?|"
    r"unnamed: 0)$",
    re.IGNORECASE,
)
_FEWEST_IDS = 20
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Counters write what they could not assign above or below the genes.
STAR_COUNTER = re.compile(r"^N_(unmapped|multimapping|noFeature|ambiguous)$")
COUNTER = re.compile(rf"{STAR_COUNTER.pattern}|^(__\w+|\*)$")
_DATE = re.compile(r"^(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})( .*)?$")
_COMMENTS = ("#", "##", "!")
_BODY_ROWS = 60
# So many titles that are genes, each once, are no counts.
_MANY_TITLES = 50
_MANY_GENES = 20
# SYMBOL (ENSG...) has two words.
_MOST_WORDS = 2
# Of tables with a gene in each column a few rows tell as much.
_FEWEST_ROWS, _CELLS = 8, 100_000
_FIRST_ROWS = 40


@dataclass(frozen=True)
class Header:
    """Where the data begin and what the columns are called.

    Attributes
    ----------
    titles
        Of all columns; empty where there is none.
    first
        Position, among the rows given, of the first row of data.
    width
        Cells of a whole row; columns beyond are empty cells at the ends of lines.
    notes
        What was left out or assumed, one sentence each.
    above
        Text of the lines above the header.
    """

    titles: tuple[str, ...]
    first: int
    width: int
    notes: tuple[str, ...] = ()
    above: str = ""


def find_header(
    rows: Sequence[Sequence[str]], name: str, is_gene: IsGene | None = None, blanks: bool = False
) -> Header:
    """Find the header among the first rows of a table.

    Parameters
    ----------
    rows
        Text of the cells, rows that are blank left out; some of the body beyond the header.
    name
        What messages call the file.
    is_gene
        Says whether a label is a human gene. A row of numbers is a header only if its label is none.
    blanks
        Whether cells are separated by blanks: a title of words may then have as many cells as the table.

    Raises
    ------
    UnreadableTableError
        If there are no columns, or the titles cannot be set beside the columns.
    """
    if not rows:
        raise UnreadableTableError(f"{name} has no row with a cell; expected a table.")
    cells = [[cell.strip() for cell in row] for row in rows]
    usual = commonest_width(cells)
    filled = max(full for row in cells if (full := _filled_width(row)) <= usual)
    body = cells[len(cells) // 2 :] if len(cells) < 2 * _BODY_ROWS else cells[-_BODY_ROWS:]
    body = [row for row in body if _filled_width(row) == filled] or body
    body = [row + [""] * (filled - len(row)) for row in body[: max(_FEWEST_ROWS, _CELLS // max(1, filled))]]
    width = max(len(row) for row in cells if _filled_width(row) <= filled)
    numeric = _numeric_columns(body, filled)

    def is_data(row: Sequence[str]) -> bool:
        return _is_data(row, body, numeric, filled, is_gene)

    above = _lines_above(cells, filled, numeric, is_data)
    above += _comments_of_words(cells[above:], numeric, is_data) if blanks else 0
    if usual == filled + 1 and _lacks_label_title(cells[above], body, filled, is_gene, name):
        filled, body = usual, [[*row, ""] for row in body]
    above += groups_above(cells, above, numeric, is_data, titles_labels)
    said, header = " ".join(cell for row in cells[:above] for cell in row if cell), cells[above]
    notes = [_title_note(above, said)] if above else []
    if numeric and is_data(header):
        number = iter(range(1, width + 1))
        titles = [f"sample {next(number)}" if position in numeric else "" for position in range(width)]
        return Header(tuple(titles), above, filled, (*notes, "it has no header"), said)
    titles, first = _beside(header, body, numeric, filled, name, _repeats_or_counts(cells[above + 1 :])), above + 1
    titles, first, under = _with_rows_under(titles, cells, first, numeric)
    plain = tuple(" ".join(title.split()) for title in [*titles, *[""] * (width - len(titles))])
    return Header(plain, first, filled, (*notes, *under), said)


def _with_rows_under(
    titles: list[str], cells: Sequence[Sequence[str]], first: int, numeric: set[int]
) -> tuple[list[str], int, list[str]]:
    """The titles with those of a second row, where the numbers begin, and what is said of the rows between."""
    notes = []
    if first < len(cells) and (tiers := joined_tiers(titles, cells[first], numeric)) is not None:
        titles, first = tiers, first + 1
        notes.append("two rows of titles were joined")
    if between := text_rows(cells, first, numeric):
        notes.append(f"{between} rows of text between the titles and the numbers left out")
    return titles, first + between, notes


def counts_rows(cells: Sequence[object]) -> bool:
    """Whether cells only number the rows: 0, 1, 2 or 1, 2, 3 and so on."""
    if len(cells) < 3:
        return False
    try:
        # One by one: most columns are told by their first cells.
        numbers = (float(str(cell).strip().strip('"')) for cell in cells)
        first = next(numbers)
        return first in (0.0, 1.0) and all(cell == first + step for step, cell in enumerate(numbers, start=1))
    except ValueError:
        return False


def _counts_on(cells: Sequence[str]) -> bool:
    """Whether cells from the middle of a table number its rows."""
    return (
        len(cells) > 2
        and all(cell.isdecimal() for cell in cells)
        and counts_rows([int(cell) - int(cells[0]) for cell in cells])
    )


def _increases(cells: Sequence[str]) -> bool:
    """Whether cells are whole numbers, each above the one before: of rows, or of genes."""
    numbers = [int(cell) for cell in cells if cell.isdecimal() and len(cell) < 10]
    return len(numbers) == len(cells) > 2 and all(a < b for a, b in itertools.pairwise(numbers))


def titles_labels(title: str) -> bool:
    """Whether a title is one of labels (genes, samples), or none."""
    return not title.strip() or bool(_LABEL_TITLE.search(_CAMEL.sub(" ", title.strip().lstrip("#."))))


def _filled_width(row: Sequence[str]) -> int:
    return max((position + 1 for position, cell in enumerate(row) if cell), default=0)


def _numeric_columns(body: Sequence[Sequence[str]], width: int) -> set[int]:
    """Columns of numbers; the first is one of labels unless it has fractions."""
    found = set()
    for position in range(1, width):
        filled = [row[position] for row in body if position < len(row) and not is_gap(row[position])]
        if filled and sum(map(looks_numeric, filled)) >= 0.7 * len(filled):
            found.add(position)
    return found


def _lines_above(
    cells: Sequence[Sequence[str]], filled: int, numeric: set[int], is_data: Callable[[Sequence[str]], bool]
) -> int:
    """How many rows stand above the header: titles, dates, comments in other cells than the table has."""
    count = 0
    while count < len(cells) - 2:
        row, below = cells[count], cells[count + 1]
        numbers, text = sum(map(looks_numeric, row)), sum(bool(cell) for cell in row)
        if numbers >= 0.5 * len(row) or numbers >= max(2, 0.5 * text):
            # Whatever its width, a row of numbers is no title: nothing of the data may be left out.
            break
        if (len(row) >= filled and is_data(row)) or joined_tiers(row, below, numeric) is not None:
            break
        full = _filled_width(row)
        if text and not row[0] and full == len(row) == filled - 1 and is_data(below):
            # One title short, as R writes it, and without one for row numbers.
            break
        # Blanks split a title of words into more cells than the table has.
        other = full < filled - 1 or full > filled or (text == 1 and filled > 2)
        # A comment below a title line stands above the header, however many cells it has.
        over = next((position for position, cell in enumerate(row) if cell), -1)
        if text == 1 and over in numeric and not _is_text(below, numeric):
            # The only title of a table whose labels have none, over its only numbers.
            break
        commented = row[0].startswith(("#", "!")) and count > 0 and _is_text(below, numeric)
        commented |= row[0].startswith("# ") and full < filled == _filled_width(below)
        # A sentence, with fewer commas than the table has, or above a title of labels.
        over_titles = full < filled or (bool(below[0]) and titles_labels(below[0]))
        commented |= row[0].startswith("# ") and len(row[0].split()) > 3 and over_titles
        # A word and a date, over titles that begin with that of labels.
        dated = any(map(_DATE.match, row[1:])) and not titles_labels(row[0])
        commented |= dated and bool(below[0]) and titles_labels(below[0]) and not is_data(below)
        alone = text == 1 and filled == 2 and _filled_width(below) <= 2 and not is_data(below)
        if not (other or alone or commented) or (full == filled and not commented and _is_text(row, numeric, least=2)):
            break
        count += 1
    return count


def _comments_of_words(
    cells: Sequence[Sequence[str]], numeric: set[int], is_data: Callable[[Sequence[str]], bool]
) -> int:
    """How many more rows are no header where blanks separate: a comment may have as many words as the table columns."""
    count = 0
    while count < len(cells) - 2 and _is_text(cells[count], numeric):
        row, below = cells[count], cells[count + 1]
        # Samples may be called by numbers: then the title of the labels tells the header.
        titled = titles_labels(below[0]) and not titles_labels(row[0]) and not is_data(below)
        if not (_is_text(below, numeric) or titled or row[0] in _COMMENTS):
            break
        count += 1
    return count


def _lacks_label_title(
    header: Sequence[str], body: Sequence[Sequence[str]], filled: int, is_gene: IsGene | None, name: str
) -> bool:
    """Whether a header of genes has none for the labels of the rows: the last gene then has no value in any row."""
    if is_gene is None or len(header) != filled or not is_gene(header[-1]):
        return False
    named = [row[0] for row in body]
    if is_gene(header[0]) and len(set(named)) == len(named) > 1 and all(map(str.isdecimal, named)):
        return _call_samples(named, body, name)
    genes = sum(map(is_gene, header))
    if is_gene(header[0]) and genes >= max(_MANY_GENES, 0.8 * len(header)) and not any(map(looks_numeric, named)):
        # No gene has words for values.
        return True
    # Text stands under genes, unless the titles move on by one.
    words = [p for p in range(1, filled) if any(row[p] and not is_gap(row[p]) for row in body)]
    words = [p for p in words if not any(looks_numeric(row[p]) for row in body) and not is_column_title(header[p])]
    if any(is_gene(header[p]) for p in words) and not any(is_gene(header[p - 1]) for p in words):
        return True
    # A sample may be called as a gene was once.
    if sum(is_gene(name) or looks_numeric(name) for name in named) > 0.5 * len(named):
        return False
    # RIN, OS, HER2 are a sheet's columns, and none of names.
    return is_gene(header[0]) or (is_column_title(header[0]) and not titles_labels(header[0]))


def _call_samples(numbers: Sequence[str], body: Sequence[Sequence[str]], name: str) -> bool:
    """Whether whole numbers in the first cells, once each, are names (1, 697, COSMIC ids) and no values of a gene."""
    others = [cell for row in body for cell in row[1:] if looks_numeric(cell)]
    values = to_numbers(others, format_of(others)).values
    if np.all(np.diff([int(number) for number in numbers]) == 1) or (
        np.any(values % 1 != 0) and np.nanmax(values) < min(map(int, numbers))
    ):
        return True
    raise UnreadableTableError(
        f"{name}: no row has a value in the last column, and whole numbers in the first ({numbers[0]}, {numbers[1]})"
        " may be values of its gene, or names of samples without a title. Give the names a title, or leave the last"
        " column out, and upload the table again."
    )


def _is_text(row: Sequence[str], numeric: set[int], least: int = 1) -> bool:
    """Whether the cells that stand over numbers are text."""
    over = [row[position] for position in numeric if position < len(row) and not is_gap(row[position])]
    return len(over) >= least and sum(map(looks_numeric, over)) < 0.5 * len(over)


def _is_data(
    row: Sequence[str], body: Sequence[Sequence[str]], numeric: set[int], width: int, is_gene: IsGene | None
) -> bool:
    """Whether the first full row is one of data; a header may consist of numbers, too (101, 697, COSMIC ids)."""
    if is_gene is not None and len(row) >= width > 1 and _is_gene_with_gaps(row, body, numeric, width, is_gene):
        return True
    if _filled_width(row) != width:
        return False
    over = [row[position] for position in numeric if row[position] and not is_gap(row[position])]
    if not over or sum(map(looks_numeric, over)) < max(1, 0.5 * len(over)):
        return False
    if any(not looks_numeric(cell) and titles_labels(cell) for cell in over):
        # The title of a column of ids, beside samples that are called by numbers.
        return False
    texts = [p for p in range(width) if p not in numeric and any(not is_gap(one[p]) for one in body)]
    texts = [position for position in texts if not _counts_on([one[position] for one in body])] or texts
    labels = [row[position] for position in texts if row[position]]
    if any(COUNTER.match(label) for label in labels):
        return True
    words = [label for label in labels if not looks_numeric(label)]
    if is_gene is not None and not any(map(is_gene, words)) and _are_ids(over, is_gene):
        return False
    if is_gene is not None and labels:
        shares = {p: sum(bool(one[p]) and is_gene(one[p]) for one in body) / len(body) for p in texts}
        best = max(shares, key=lambda position: shares[position])
        if any(is_gene(label) for label in labels) and shares[best] > 0.2:
            return True
        if shares[best] > 0.9:
            return False
    whole = all(re.fullmatch(r"\d+", cell) for cell in over) and len(set(over)) > 0.9 * len(over)
    broken = any(not re.fullmatch(r"[+-]?\d+", row[p]) for row in body for p in numeric if row[p])
    if whole and broken:
        # Names are whole numbers, once each, over values that are not.
        return False
    return not any(titles_labels(label) for label in labels or [""])


def _are_ids(cells: Sequence[str], is_gene: IsGene) -> bool:
    """Whether the numbers of a row are ids of genes, each once but for a few."""
    ids = [cell for cell in cells if looks_numeric(cell)]
    return len(ids) >= _MANY_TITLES and len(set(ids)) > 0.95 * len(ids) and all(map(is_gene, ids))


def _is_gene_with_gaps(
    row: Sequence[str], body: Sequence[Sequence[str]], numeric: set[int], width: int, is_gene: IsGene
) -> bool:
    """Whether a row is one of a gene that lacks values: it is no title above the table, which has more words."""
    over = [row[position] for position in numeric]
    if not any(map(is_gap, over)) or not all(is_gap(cell) or looks_numeric(cell) for cell in over):
        return False
    if row[0] in ("0", "1") and _increases([one[0] for one in body]):
        return True
    labels = [p for p in range(width) if p not in numeric and not is_gap(row[p])]
    return any(len(row[p].split()) <= _MOST_WORDS and is_gene(row[p]) and is_gene(body[0][p]) for p in labels)


def _repeats_or_counts(rows: Sequence[Sequence[str]]) -> bool:
    """Whether first cells only number the rows, or say what the second ones say: names of rows, without a title."""
    # Further down there may be rows from the middle of the file.
    some = rows[:_FIRST_ROWS]
    return counts_rows([row[0] for row in some]) or all(len(row) > 1 and row[0] == row[1] for row in some)


def _beside(
    header: Sequence[str], body: Sequence[Sequence[str]], numeric: set[int], filled: int, name: str, row_names: bool
) -> list[str]:
    """Titles set beside the columns they belong to."""
    titles = list(header)
    while len(titles) > filled:
        if titles.pop():
            raise UnreadableTableError(
                f"{name}: the header has more titles ({len(header)}) than most rows have cells ({filled}). Repair the"
                " header, or the rows that lack a separator, and upload the table again."
            )
    if len(titles) == filled > 2 and not titles[-1] and not titles_labels(titles[0]) and any(row[-1] for row in body):
        raise UnreadableTableError(
            f"{name}: the last column has no title, and the first is called {titles[0]!r}: either may be meant for the"
            " labels. Give every column a title, and upload the table again."
        )
    if len(titles) < filled - 1 and filled - len(titles) <= sum(not any(row[p] for row in body) for p in range(filled)):
        titles += [""] * (filled - len(titles))
    if len(titles) == filled - 1 and filled >= 2:
        ids = "id" in titles[0].lower() and _whole_and_different([row[1] for row in body if len(row) > 1])
        if _SURE_TITLE.match(titles[0]) and not row_names and 1 in numeric and not ids:
            raise UnreadableTableError(
                f"{name}: the header has {len(titles)} titles and begins with that of the labels, but the rows have"
                f" {filled} cells: every column would stand under its neighbour's title. Repair the header and"
                " upload the table again."
            )
        # R writes the header one column short, without a title for the labels.
        titles = ["", *titles]
    if len(titles) < filled and any(row[p] for row in body for p in range(len(titles), filled)):
        raise UnreadableTableError(
            f"{name}: the header has {len(titles)} titles ({', '.join(titles[:4])} ...), but most rows have {filled}"
            " cells. Repair the header, or the rows that lack a separator, and upload the table again."
        )
    if filled < 2:
        raise UnreadableTableError(
            f"{name} has only one column; expected gene identifiers and at least one column of numbers."
        )
    return titles + [""] * (filled - len(titles))


def _whole_and_different(cells: Sequence[str]) -> bool:
    """Whether cells are whole numbers, each another: of expression some are 0, or occur twice."""
    return len(cells) >= _FEWEST_IDS and len(set(cells)) == len(cells) and all(map(str.isdecimal, cells))


def _title_note(count: int, text: str) -> str:
    return f"{count} {'line' if count == 1 else 'lines'} above the header left out ({text[:60]})"
