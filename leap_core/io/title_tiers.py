"""Rows of titles above and below one another: groups over samples, lines over units, text under the titles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leap_core.io.numbers import is_gap, looks_numeric


def joined_tiers(upper: Sequence[str], lower: Sequence[str], numeric: set[int]) -> list[str] | None:
    """One title of each column: the upper row's, which goes on to the right over gaps, and the lower's.

    None where either row tells the columns apart by itself, or both together do not.

    Parameters
    ----------
    upper, lower
        Cells of the two rows.
    numeric
        Positions of the columns of numbers.
    """
    places = sorted(numeric)
    if len(places) < 2 or len(lower) <= places[-1]:
        return None
    above = [upper[place] if place < len(upper) else "" for place in places]
    below = [lower[place] for place in places]
    if not above[0] or any(map(is_gap, below)) or any(looks_numeric(cell) for cell in above if cell):
        return None
    if len(set(below)) == len(below) or (all(above) and len(set(above)) == len(above)):
        return None
    if any(map(looks_numeric, below)) and not _counts_within(above, below, lower[0]):
        return None
    carried: list[str] = []
    for title in above:
        carried.append(title or carried[-1])
    together = [f"{first} {second}" for first, second in zip(carried, below, strict=True)]
    if len(set(together)) < len(together):
        return None
    found = [*upper, *[""] * (max(len(lower), len(upper)) - len(upper))]
    for place, cell in enumerate(lower):
        found[place] = found[place] or cell
    for place, title in zip(places, together, strict=True):
        found[place] = title
    return found


def _counts_within(above: Sequence[str], below: Sequence[str], label: str) -> bool:
    """Whether numbers count the columns under each title, from 1 on: replicates, and no gene's values."""
    expected, last = 0, 0
    for title, cell in zip(above, below, strict=True):
        expected = 1 if title else last + 1
        if not cell.isdecimal() or int(cell) != expected:
            return False
        last = expected
    return not label and not all(above)


def text_rows(cells: Sequence[Sequence[str]], first: int, numeric: set[int]) -> int:
    """How many rows under the header have text in every column of numbers: groups, studies, patients."""
    count = 0
    while first + count < len(cells) - 1 and len(numeric) > 1:
        row = cells[first + count]
        over = [row[position] for position in numeric if position < len(row)]
        if not over or any(is_gap(cell) or looks_numeric(cell) for cell in over):
            break
        count += 1
    return count


def groups_above(
    cells: Sequence[Sequence[str]],
    above: int,
    numeric: set[int],
    is_data: Callable[[Sequence[str]], bool],
    is_label: Callable[[str], bool],
) -> int:
    """How many rows of titles name groups of samples, or the table, rather than samples.

    Below them a row has each title once; one that has another title in its place above the labels is none only where
    that is said of them there.
    """

    def names_samples(row: Sequence[str]) -> bool:
        over = [row[position] if position < len(row) else "" for position in numeric]
        return all(over) and len(set(over)) == len(over)

    def says_labels(row: Sequence[str]) -> bool:
        return bool(row) and bool(row[0]) and is_label(row[0])

    if len(numeric) < 2 or is_data(cells[above]):
        return 0
    count = text_rows(cells, above + 1, numeric)
    below = [step for step in range(1, count + 1) if names_samples(cells[above + step])]
    if names_samples(cells[above]):
        first = cells[above][0] if cells[above] else ""
        below = [] if not first or is_label(first) else [step for step in below if says_labels(cells[above + step])]
    return next(iter(below), 0)
