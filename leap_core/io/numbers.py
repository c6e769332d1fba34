"""How a file writes its numbers: decided over all its cells, after which each cell is converted by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array

_BLANKS = " \u00a0\u2007\u2009\u202f"
# What else stands between groups of three digits: apostrophes, and the underscore of programs.
_APOSTROPHES = "'\u2019\u02bc_"
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-"})
# What programs and people write where there is no number.
_GAPS = re.compile(
    r"^([-\u2013\u2014._?*x/]+|n\.?\s?[ad]\.?|n\.?/\s?[ad]\.?|#?n/?a\.?!?|#(div/0|value|ref|num|name|null)[!?]|"
    r"<?n[au]n>?|<na>|none|null|nil|missing|unknown|not (detected|available|determined|measured)|nicht best.*|"
    r"k\.?\s?a\.?|b\.?d\.?l\.?|lod|empty|undefined)$",
    re.IGNORECASE,
)
_INFINITE = re.compile(r"^[+-]?inf(inity)?$", re.IGNORECASE)
_EXPONENT = r"([eE][+-]?\d{1,3})?"
_PLAIN = re.compile(rf"^[+-]?\d+{_EXPONENT}$")
_STRONG = {
    ",": re.compile(rf"^[+-]?(\d*,\d+|\d{{1,3}}([{_BLANKS}{_APOSTROPHES}]\d{{3}})+,\d+){_EXPONENT}$"),
    ".": re.compile(rf"^[+-]?(\d*\.\d+|\d{{1,3}}([{_BLANKS}{_APOSTROPHES}]\d{{3}})+\.\d+){_EXPONENT}$"),
}
# 1,046 may be one thousand or one; 0,046 cannot.
_EITHER = {",": re.compile(r"^[+-]?[1-9]\d{0,2},\d{3}$"), ".": re.compile(r"^[+-]?[1-9]\d{0,2}\.\d{3}$")}
_GROUPED = {",": re.compile(r"^[+-]?[1-9]\d{0,2}(,\d{3}){2,}$"), ".": re.compile(r"^[+-]?[1-9]\d{0,2}(\.\d{3}){2,}$")}
# The key between thousands, the other one before the fraction.
_BOTH = {
    ",": re.compile(rf"^[+-]?\d{{1,3}}(,\d{{3}})+\.\d*{_EXPONENT}$"),
    ".": re.compile(rf"^[+-]?\d{{1,3}}(\.\d{{3}})+,\d*{_EXPONENT}$"),
}
_UNGROUPED = re.compile(r"^[+-]?\d{4,}([.,]\d*)?$")
_OTHER = {",": ".", ".": ","}
# Whole numbers among those with three digits after a mark: so many, and so many of these, are no chance.
_FEWEST_WHOLE, _WHOLE = 3, 0.03
_SLIPS = 2


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written.

    Attributes
    ----------
    decimal
        Character before the fraction.
    thousands
        Whether the other of comma and point stands between thousands. Blanks (also no-break and narrow ones),
        apostrophes and underscores between groups of three digits are always understood.
    mixed
        Whether comma and point both stand before fractions, in one cell or another, and neither between thousands.
    """

    decimal: str = "."
    thousands: bool = False
    mixed: bool = False

    @property
    def plain(self) -> bool:
        """Whether any program reads such numbers: a decimal point and nothing between thousands."""
        return self.decimal == "." and not self.thousands and not self.mixed

    @property
    def in_words(self) -> str:
        """The format for a reader, for example ``decimal comma``."""
        if self.mixed:
            return "decimal point in some cells, decimal comma in others"
        mark = {",": "point", ".": "comma"}[self.decimal]
        return f"decimal {'comma' if self.decimal == ',' else 'point'}" + (
            f", {mark} between thousands" if self.thousands else ""
        )

    def pattern(self) -> re.Pattern[str]:
        """What a number of this format looks like, without blanks around it."""
        marks = f"{_BLANKS}{_APOSTROPHES}{_OTHER[self.decimal] if self.thousands else ''}"
        decimal = "[.,]" if self.mixed else re.escape(self.decimal)
        whole = rf"(?:\d{{1,3}}(?:([{marks}])\d{{3}})(?:\1\d{{3}})*|\d+)"
        return re.compile(rf"^[+-]?(?:{whole}(?:{decimal}\d*)?|{decimal}\d+){_EXPONENT}$")


def format_of(cells: Iterable[str]) -> NumberFormat:
    """The format that most cells which can tell agree on.

    Parameters
    ----------
    cells
        Text of cells that may be numbers, of the whole file.
    """
    votes, single, long, either, grouped = ({",": 0, ".": 0} for _ in range(5))
    ungrouped = small = 0
    for cell in cells:
        text = cell.strip().translate(_MINUS)
        ungrouped += bool(_UNGROUPED.match(text))
        if _PLAIN.match(text):
            small += 0 < len(text.lstrip("+-0")) <= 3
            continue
        for mark in ",.":
            may, many, both = (bool(found[mark].match(text)) for found in (_EITHER, _GROUPED, _BOTH))
            either[mark] += may
            grouped[mark] += many or both
            votes[_OTHER[mark]] += both
            alone = not may and not many and not both and bool(_STRONG[mark].match(text))
            single[mark] += alone
            long[mark] += alone and len(text) - text.rfind(mark) > 3
    votes = {mark: votes[mark] + single[mark] for mark in ",."}
    together = votes[","] + votes["."] > single[","] + single["."]
    # What may be a thousand is a fraction only where others with that mark have three digits or more behind it, too.
    fractions = all(long[mark] > _SLIPS for mark in ",." if either[mark] > _SLIPS)
    if min(single.values()) > _SLIPS and not together and not any(grouped.values()) and fractions:
        return NumberFormat("," if single[","] > single["."] else ".", mixed=True)
    if votes[","] or votes["."]:
        decimal = "," if votes[","] > votes["."] else "."
        other = _OTHER[decimal]
        # One cell with such a mark among thousands without one is a slip, not a habit; so are a few without a fraction
        # where no other cell has both marks.
        marked = either[other] + grouped[other]
        return NumberFormat(decimal, marked > ungrouped and (grouped[other] > 0 or marked > _SLIPS))
    for mark in ",.":
        if grouped[mark] > grouped[_OTHER[mark]]:
            return NumberFormat(_OTHER[mark], True)
    # Whole numbers, never one of four digits, and never a fraction below one: marks between thousands. Of fractions
    # with three digits hardly one is whole.
    thousands = {mark: not ungrouped and small > max(_FEWEST_WHOLE, _WHOLE * either[mark]) for mark in ",."}
    if either[","] > either["."]:
        return NumberFormat(".", True) if thousands[","] else NumberFormat(",", False)
    return NumberFormat(",", True) if either["."] >= 20 and thousands["."] else NumberFormat()


def may_hide_thousands(values: Array) -> bool:
    """Whether plain numbers look like whole numbers with points between thousands: 1.046 beside 512 and 0.

    None is a thousand or more, no fraction has more than three digits, and none lies below one.
    """
    finite = values[np.isfinite(values)]
    if not len(finite) or finite.max() >= 1000 or finite.min() < 0:
        return False
    fractions = finite[finite != np.round(finite)]
    return (
        len(fractions) >= 20
        and fractions.min() >= 1
        and np.sum(finite == np.round(finite), where=finite > 0) > max(_FEWEST_WHOLE, _WHOLE * len(fractions))
        and bool(np.allclose(fractions * 1000, np.round(fractions * 1000), rtol=0, atol=1e-6))
    )


@dataclass(frozen=True)
class Converted:
    """Cells as numbers.

    Attributes
    ----------
    values
        (n,) float64, NaN where there is none; minus and plus infinity stay.
    odd
        Positions of cells that are neither a number, nor a word for a gap.
    """

    values: Array
    odd: tuple[int, ...]


def to_numbers(cells: Sequence[object], format: NumberFormat) -> Converted:
    """Convert each cell by itself; numbers stay, gaps and words for gaps become NaN."""
    pattern, values, odd = format.pattern(), np.full(len(cells), np.nan), []
    known: dict[str, float | None] = {}
    for position, cell in enumerate(cells):
        if isinstance(cell, (bool, np.bool_)):
            odd.append(position)
        elif isinstance(cell, (int, float, np.integer, np.floating)):
            values[position] = float(cell)
        elif isinstance(cell, str):
            if cell not in known:
                known[cell] = _number(cell, format, pattern)
            found = known[cell]
            if found is None:
                odd.append(position)
            else:
                values[position] = found
        elif cell is not None:
            odd.append(position)
    return Converted(values, tuple(odd))


def _number(cell: str, format: NumberFormat, pattern: re.Pattern[str]) -> float | None:
    """The number of a cell, NaN for a gap, None for anything else."""
    text = cell.strip().strip('"').strip(_BLANKS + "\t").translate(_MINUS)
    if not text or _GAPS.match(text):
        return float("nan")
    if _INFINITE.match(text):
        return float("-inf") if text.startswith("-") else float("inf")
    if not pattern.match(text):
        return None
    for mark in _BLANKS + _APOSTROPHES + (_OTHER[format.decimal] if format.thousands else ""):
        text = text.replace(mark, "")
    try:
        return float(text.replace("," if format.mixed else format.decimal, "."))
    except OverflowError:
        return None


def is_gap(cell: str) -> bool:
    """Whether a cell is empty, or a word for a gap."""
    text = cell.strip()
    return not text or bool(_GAPS.match(text))


def has_digit(cell: str) -> bool:
    """Whether a cell has a digit: then it may be a number that was not understood."""
    return any(character.isdigit() for character in cell)


def looks_numeric(cell: str) -> bool:
    """Whether a cell is a number in some format."""
    text = cell.strip().strip('"')
    if text.replace(".", "", 1).isdecimal() or _INFINITE.match(text):
        return True
    text = text.translate(_MINUS)
    return bool(_BEGINS.match(text)) and bool(
        _PLAIN.match(text)
        or any(pattern[mark].match(text) for pattern in (_STRONG, _EITHER, _GROUPED, _BOTH) for mark in ",.")
        or _BLANK_GROUPED.match(text)
    )


def is_grouped(cell: str, format: NumberFormat) -> bool:
    """Whether a number has marks between its thousands."""
    text, mark = cell.strip(), _OTHER[format.decimal]
    marked = format.thousands and (_EITHER[mark].match(text) or _GROUPED[mark].match(text))
    return bool(_BLANK_GROUPED.match(text) or marked)


# Most cells of text are told from numbers by how they begin.
_BEGINS = re.compile(r"\W{0,3}\d")
_BLANK_GROUPED = re.compile(rf"^[+-]?\d{{1,3}}([{_BLANKS}{_APOSTROPHES}]\d{{3}})+$")
