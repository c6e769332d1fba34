"""A list of genes as people keep them: one a line, or a column of a table (DepMap's, CEGv2's)."""

from __future__ import annotations

import re
from pathlib import Path

from leap_core.data.identifiers import symbol_of
from leap_core.data.tables import UPLOAD_LIMIT, SizeLimit, label_text, read_columns
from leap_core.errors import UserError

_TITLE = re.compile(r"^(genes?|symbols?|gene[ _]?(name|symbol|id)s?|hgnc[ _]?symbol|essentials?)$", re.IGNORECASE)
_FEWEST = 5


def read_gene_list(source: Path | bytes, name: str, limit: SizeLimit = UPLOAD_LIMIT) -> tuple[str, ...]:
    """Read names of genes, each once, in the file's order; ``SYMBOL (ENTREZ)`` becomes the symbol.

    Parameters
    ----------
    source, name, limit
        As in `leap_core.data.tables.read_columns`.

    Raises
    ------
    UnreadableTableError
        If it is no table.
    UserError
        If it has several columns and none is titled as one of genes, or fewer than five names.
    """
    text = _as_plain_list(source)
    if text is None:
        frame = read_columns(source, name, limit).frame
        titled = [position for position, title in enumerate(frame.columns) if _TITLE.match(str(title).strip())]
        if not titled:
            raise UserError(
                f"{name} has the columns {', '.join(map(str, frame.columns[:6]))}; which holds the genes? Expected one of them titled gene or symbol, or one gene a line."
            )
        text = [label_text(value) for value in frame.iloc[:, titled[0]]]
    labels = [symbol_of(label.strip().strip("\"'")) for label in text]
    kept = tuple(dict.fromkeys(label for label in labels if label and label.lower() != "nan" and not _TITLE.match(label)))
    if len(kept) < _FEWEST:
        raise UserError(f"{name} holds {len(kept)} names of genes; expected at least {_FEWEST}, one a line or in a column titled gene.")
    return kept


def _as_plain_list(source: Path | bytes) -> list[str] | None:
    """The lines of a text without columns; None for anything else."""
    content = source.read_bytes() if isinstance(source, Path) else source
    try:
        lines = content[: 2**22].decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        return None
    lines = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return None if any(mark in line for line in lines for mark in "\t,;\0") else lines
