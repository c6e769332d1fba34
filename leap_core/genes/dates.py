"""Gene symbols that a spreadsheet turned into dates, in all its languages and orders, and into its serial numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

Order = Literal["day first", "month first"]

# English, German, French, Spanish, Italian, Portuguese, Dutch; without accents.
_NAMES = {
    3: "mar march mars marz mrz maerz marzo marco maart mrt mae",
    9: "sep sept september septembre septiembre setiembre settembre setembro set",
    12: "dec december decembre dez dezember dic diciembre dicembre dezembro",
}
_MONTHS = {name: month for month, names in _NAMES.items() for name in names.split()}
_TIME = r"(?:[ T]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)? ?(?:[AaPp]\.?[Mm]\.?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?$"
_YEAR = r"(?:[-/. ,]+(?:de |of )?['’]?(?:\d{2}|\d{4})\.?)?"
_MARK = r"(?:[-/. ]+(?:de |of )?)"
_DAY_MONTH = re.compile(rf"^(\d{{1,2}})(?:st|nd|rd|th|er)?{_MARK}([^\W\d_]+)\.?{_YEAR}{_TIME}")
_MONTH_DAY = re.compile(rf"^([^\W\d_]+)\.?{_MARK}(\d{{1,2}})(?:st|nd|rd|th)?{_YEAR}{_TIME}")
_YEAR_MONTH_DAY = re.compile(rf"^(?:19|20)\d{{2}}[-/. ]([^\W\d_]+)[-/. ](\d{{1,2}}){_TIME}")
_ISO = re.compile(rf"^(?:19|20)\d{{2}}[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}")
_NUMERIC = re.compile(rf"^(\d{{1,2}})([-/.])(\d{{1,2}})\2(?:(?:19|20)\d{{2}}|\d{{2}}){_TIME}")
_EASTERN = re.compile(r"^(?:\d{4}年)?(\d{1,2})月(\d{1,2})日$")
_MAY_BE = re.compile(r"\d.*[-/. 月]|[-/. ].*\d")
# Serial numbers of the years 1990 to 2036; the first day of the two calendars that Excel has.
_SERIALS = range(32874, 50041)
_CALENDARS = (date(1899, 12, 30), date(1904, 1, 1))


def excel_date_genes(label: str, order: Order | None = None) -> tuple[str, ...]:
    """Genes that a spreadsheet turned into this date; one where that is certain, several where not, none if no date.

    ``MARCH1`` and ``MARC1`` both became ``1-Mar``; ``9/3/2021`` is SEPTIN3 or MARCHF9 until `order` says what is first.
    """
    genes = [gene for number, month in _readings(label, order) for gene in _genes(number, month)]
    return tuple(dict.fromkeys(genes))


def order_of(labels: Iterable[str]) -> Order | None:
    """Whether day or month is first in dates of numbers alone: that by which all are genes, if only one is so."""
    written = [label for label in labels if _NUMERIC.match(label.strip())]
    orders: tuple[Order, Order] = ("day first", "month first")
    right = [order for order in orders if written and all(excel_date_genes(label, order) for label in written)]
    return right[0] if len(right) == 1 else None


def serial_genes(numbers: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Genes of the serial numbers that Excel keeps dates as: those of one calendar, by which most are genes."""
    serials = [int(number) for number in numbers if number.isdigit() and int(number) in _SERIALS]
    found: list[dict[str, tuple[str, ...]]] = []
    for first in _CALENDARS:
        dates = {str(serial): first + timedelta(days=serial) for serial in serials}
        found.append({number: genes for number, day in dates.items() if (genes := _genes(day.day, day.month))})
    return max(found, key=len)


def _readings(label: str, order: Order | None) -> list[tuple[int, int]]:
    """Number (the day) and month of a date, for every order that it may be in."""
    # R writes an X before a name that begins with a digit.
    text = re.sub(r"^X(?=\d)", "", _plain(label.strip()))
    if not _MAY_BE.search(text):
        return []
    if match := _DAY_MONTH.match(text):
        return [(int(match.group(1)), _MONTHS.get(match.group(2).lower(), 0))]
    if match := _MONTH_DAY.match(text) or _YEAR_MONTH_DAY.match(text):
        if text.upper().startswith("SET") and not text.startswith("set-"):
            # SET 2 is a set, or the gene, as long as it is not written as Italian Excel writes September.
            return []
        return [(int(match.group(2)), _MONTHS.get(match.group(1).lower(), 0))]
    if match := _ISO.match(text) or _EASTERN.match(text):
        return [(int(match.group(2)), int(match.group(1)))]
    if match := _NUMERIC.match(text):
        first, second = int(match.group(1)), int(match.group(3))
        by_order = {"day first": (first, second), "month first": (second, first)}
        return [
            reading
            for name, reading in by_order.items()
            if order in (None, name) and 1 <= reading[1] <= 12 and 1 <= reading[0] <= 31
        ]
    return []


def _plain(text: str) -> str:
    """Letters without accents: märz and déc. are marz and dec."""
    if text.isascii():
        return text
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def _genes(number: int, month: int) -> tuple[str, ...]:
    if month == 9 and 1 <= number <= 15:
        return ("SELENOF",) if number == 15 else (f"SEPTIN{number}",)
    if month == 3 and 1 <= number <= 11:
        return (f"MARCHF{number}", f"MTARC{number}") if number <= 2 else (f"MARCHF{number}",)
    return ("DELEC1",) if (month, number) == (12, 1) else ()
