"""One HTML file with tables and figures that needs no network.

Everything it shows is inside, and it may fetch nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.io import to_html
from plotly.offline import get_plotlyjs

from leap_core.ranking.columns import Column, in_words

_TEMPLATE = "report.html.j2"


@dataclass(frozen=True)
class Banner:
    """A warning across the top."""

    text: str
    red: bool = False


@dataclass(frozen=True)
class Card:
    """A figure that is read first."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table as it is read: text in every cell.

    Attributes
    ----------
    titles, rows, numeric
        Text, and which columns are numbers.
    links
        Address that the first cell of each row leads to; none where there are no links.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Attributes
    ----------
    title
        Heading.
    words
        Paragraphs.
    table
        Below them.
    figures
        Figure and what it shows in words, below the table.
    source, source_title
        Text shown as it is, folded away under a title.
    """

    title: str
    words: tuple[str, ...] = ()
    table: Table | None = None
    figures: tuple[tuple[go.Figure, str], ...] = ()
    source: str = ""
    source_title: str = ""


def as_table(frame: pd.DataFrame, columns: dict[str, Column], link: Callable[[str], str] | None = None) -> Table:
    """The columns of a frame that `columns` knows, in its order, index first if it is known too.

    `link` gives the address that a name of the index leads to.
    """
    name = str(frame.index.name or "index")
    shown = frame.reset_index(names=name)
    kept = [column for column in columns if column in shown]
    kinds = [columns[column].kind for column in kept]
    rows = tuple(
        tuple(in_words(value, kind) for value, kind in zip(row, kinds, strict=True))
        for row in shown[kept].itertuples(index=False, name=None)
    )
    return Table(
        tuple(columns[column].title for column in kept),
        rows,
        tuple(kind not in ("text", "yes or no") for kind in kinds),
        () if link is None else tuple(link(str(label)) for label in frame.index),
    )


def render(
    title: str, subtitle: str, banners: Sequence[Banner], cards: Sequence[Card], sections: Sequence[Section]
) -> bytes:
    """Write the file; whatever is text in it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    number = iter(range(1, 1000))
    parts = [
        {
            "title": section.title,
            "words": section.words,
            "table": section.table,
            "source": section.source,
            "source_title": section.source_title,
            "figures": [
                {"html": _figure(figure, f"figure-{next(number)}"), "alt": alt} for figure, alt in section.figures
            ],
        }
        for section in sections
    ]
    content = environment.get_template(_TEMPLATE).render(
        title=title, subtitle=subtitle, banners=banners, cards=cards, sections=parts, plotly=get_plotlyjs()
    )
    return content.encode("utf-8")


def _figure(figure: go.Figure, identity: str) -> str:
    """A figure as a part of the page, drawn without WebGL.

    Not every reader's browser has it, and it would ask for more rights.
    """
    plain = figure.to_plotly_json()
    for trace in plain["data"]:
        trace["type"] = {"scattergl": "scatter"}.get(trace["type"], trace["type"])
    config = {"displaylogo": False, "responsive": True, "toImageButtonOptions": {"format": "svg"}}
    height = figure.layout.height or 380
    return str(
        to_html(
            go.Figure(plain),
            config,
            include_plotlyjs=False,
            full_html=False,
            div_id=identity,
            default_height=f"{height}px",
        )
    )
