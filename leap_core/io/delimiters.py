"""What separates the cells of a text: the delimiter that splits most lines alike, and whether quotes enclose cells."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass

from leap_core.io.numbers import is_gap, looks_numeric

BLANKS = r"\s+"
# Where two split alike, the first is taken: blanks stand in labels too.
_CANDIDATES = ("\t", ",", ";", "|", BLANKS)
_BLANKS_WORTH = 0.8
# What lines that are split alike are worth without a number among their cells.
_WITHOUT_NUMBERS = 0.2
_CELLS_PER_LINE = 200
_NEARLY_ALL = 0.9
_DECIMAL_COMMA = re.compile(r"^[+-\u2212]?[\d.\u00a0\u202f' \u2019]*\d?,\d+([eE][+-]?\d+)?$")
_WORDS = re.compile(r'"[^"]*"|\S+')


@dataclass(frozen=True)
class Delimiter:
    r"""How a line is split.

    Attributes
    ----------
    sign
        One character, or ``\s+`` for runs of blanks.
    quoted
        Whether quotes enclose cells; otherwise they are part of the text.
    """

    sign: str
    quoted: bool = True

    def split(self, line: str) -> list[str]:
        """The cells of one line."""
        if self.sign == BLANKS:
            return [word.strip('"') for word in _WORDS.findall(line)]
        if not self.quoted:
            return line.split(self.sign)
        try:
            return next(csv.reader([line], delimiter=self.sign), [])
        except csv.Error:
            # One cell of the whole line is longer than the parser takes: this does not delimit it.
            return [line]


def delimiter_of(lines: list[str]) -> Delimiter | None:
    """The delimiter by which most lines have the same number of cells, and the cells are numbers.

    Parameters
    ----------
    lines
        Some lines of the text that are not blank, from its beginning and its middle.

    Returns
    -------
    Delimiter or None
        None if nothing splits them.
    """
    scored = {sign: _score(lines, Delimiter(sign)) for sign in _CANDIDATES}
    if any(_commas_are_decimal(lines, sign) for sign in scored if sign != "," and scored[sign][0] > 0):
        scored.pop(",")
    # A bar may join two names of a gene: it separates where numbers lie between bars.
    signs = [sign for sign in scored if sign != BLANKS and (sign != "|" or scored[sign][0] > _WITHOUT_NUMBERS)]
    if any(_splits_all(lines, sign) for sign in signs):
        # Blanks within the labels of such a table are no delimiter.
        scored.pop(BLANKS)
    best = max(scored, key=lambda sign: scored[sign])
    return Delimiter(best) if scored[best][0] > 0 else None


def _score(lines: list[str], delimiter: Delimiter) -> tuple[float, int]:
    """How well a delimiter fits: share of lines with the commonest number of cells, weighted by numbers among these."""
    rows = [delimiter.split(line) for line in lines]
    width = commonest_width(rows)
    if width < 2:
        return 0.0, 0
    alike = [row for row in rows if len(row) == width]
    cells = [cell for row in alike for cell in row[1:][:_CELLS_PER_LINE]]
    filled = [cell for cell in cells if not is_gap(cell)]
    numeric = sum(map(looks_numeric, filled)) / len(filled) if filled else 0.0
    worth = _BLANKS_WORTH if delimiter.sign == BLANKS else 1.0
    return round(worth * len(alike) / len(rows) * (_WITHOUT_NUMBERS + numeric), 3), width


def _commas_are_decimal(lines: list[str], sign: str) -> bool:
    """Whether commas stand in numbers only, of cells that another delimiter separates."""
    rows = [Delimiter(sign).split(line) for line in lines]
    width = commonest_width(rows)
    alike = [row for row in rows if len(row) == width]
    if width < 2 or len(alike) < 0.8 * len(rows):
        return False
    cells = [cell for row in alike for cell in row[1:][:_CELLS_PER_LINE] if "," in cell]
    in_labels = sum("," in row[0] for row in alike)
    # A cell that begins with one is a quoted label's neighbour, split at a blank.
    written = (cell.strip().strip('"') for cell in cells if not cell.startswith(","))
    numbers = sum(bool(_DECIMAL_COMMA.match(cell)) for cell in written)
    return len(cells) > 0.2 * len(alike) and in_labels < 0.2 * len(alike) and numbers > 0.6 * len(cells)


def _splits_all(lines: list[str], sign: str) -> bool:
    """Whether lines have the same number of cells: all, or, by signs that no text has, all but the first few."""
    rows = [Delimiter(sign).split(line) for line in lines]
    usual = commonest_width(rows)
    least = len(lines) if sign == "," else max(2, int(_NEARLY_ALL * len(lines)))
    return len(lines) > 1 and usual > 1 and all(len(row) == usual for row in rows[-least:])


def commonest_width(rows: list[list[str]]) -> int:
    """The number of cells that most rows have; of two equally common ones the larger."""
    widths = Counter(len(row) for row in rows)
    return max(widths, key=lambda width: (widths[width], width)) if widths else 0


def quotes_enclose(content: bytes, delimiter: Delimiter) -> bool:
    """Whether quotes enclose cells, rather than stand alone in the text of some.

    A line with an odd number of quotes that is split as the others are has lone quotes; if it is not, the cell goes on
    in the next line.
    """
    if b'"' not in content or delimiter.sign == BLANKS:
        return True
    sign = delimiter.sign.encode()
    lines = [line for line in content.split(b"\n") if line.strip()]
    uneven = [line for line in lines if line.count(b'"') % 2]
    alone = re.compile(rb'(^|%b)"\s*(%b|$)' % (re.escape(sign), re.escape(sign)))
    if uneven and all(len(alone.findall(line)) % 2 for line in uneven):
        # Ditto marks: cells that hold a quote and nothing else.
        return False
    if not uneven or _open_and_close(uneven, sign):
        return True
    odd = [line.count(sign) for line in uneven]
    usual = Counter(line.count(sign) for line in lines).most_common(1)[0][0]
    return any(count != usual for count in odd)


def _open_and_close(lines: list[bytes], sign: bytes) -> bool:
    """Whether of lines with an odd number of quotes one opens a cell at its end and the next one closes it."""
    edge = re.escape(sign)
    opening, closing = re.compile(rb'(^|%b)"[^"]*$' % edge), re.compile(rb'^[^"]*"\s*(%b|$)' % edge)
    pairs = list(zip(lines[::2], lines[1::2], strict=False))
    closed = sum(bool(opening.search(first) and closing.search(second)) for first, second in pairs)
    return bool(pairs) and closed > 0.9 * len(pairs)
