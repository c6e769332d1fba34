"""A saved view: everything that is needed to see the same list again, but for the expression itself, which never leaves the user's files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from leap_core import __version__
from leap_core.data.pooling import POOLING
from leap_core.data.samples import ReadOptions
from leap_core.errors import UserError
from leap_core.export.csv import table_body
from leap_core.export.shortlist import KINDS, Shortlist, shortlist_from
from leap_core.prioritisation.priority import Weights
from leap_core.prioritisation.ranking import ORDERS, View

_FORMAT = "leap view 1"
_LARGEST = 10 * 2**20


@dataclass(frozen=True)
class UsedModel:
    """A model as a saved view names it."""

    name: str
    key: str
    release: str


@dataclass(frozen=True)
class Manifest:
    """What a view was made of.

    Attributes
    ----------
    sample, kind
        The sample, and which panel (``gene`` or ``drug``) is looked at.
    models
        By kind; the other kind's is there where it was chosen too.
    files
        Name and SHA-256 of each expression file.
    options, pool
        How they were read.
    tables
        Key of the tables beside the models (`leap_core.prioritisation.annotations.Annotations.key`).
    view, number
        Filters and order, and the budget.
    shortlist
        Names and notes.
    highlighted
        Names that were pasted to be marked.
    rows, digest
        How many rows the view had, and their SHA-256 (see `table_digest`).
    """

    sample: str
    kind: str
    models: dict[str, UsedModel]
    files: tuple[tuple[str, str], ...]
    options: ReadOptions
    pool: str
    tables: str
    view: View
    number: int
    rows: int
    digest: str
    shortlist: Shortlist = field(default_factory=lambda: Shortlist({kind: [] for kind in KINDS}))
    highlighted: str = ""

    def to_json(self) -> bytes:
        """The file's content."""
        content = {"format": _FORMAT, "program": f"LEAP Screen Prioritiser {__version__}", **asdict(self)}
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8")

    def lacks(self, digests: Sequence[str]) -> list[str]:
        """Names of the expression files that are not among the contents with these SHA-256."""
        return [name for name, digest in self.files if digest not in digests]

    def differences(self, model_key: str, tables: str, table: pd.DataFrame) -> list[str]:
        """What is not as it was when the view was saved, in words; nothing where the table is the same, row for row.

        Parameters
        ----------
        model_key, tables
            Of the model and the tables beside it, now.
        table
            The rows of the view, now.
        """
        if table_digest(table) == self.digest:
            return []
        model = self.models[self.kind]
        found = [
            f"{model.name} was trained anew since (then {model.key[:12]}, now {model_key[:12]})" if model_key != model.key else "",
            "the tables of drugs, of gene names or of common essentials are others" if tables != self.tables else "",
            f"the view had {self.rows:,} rows, now it has {len(table):,}" if len(table) != self.rows else "",
        ]
        return [text for text in found if text] or ["the numbers differ: the program or the machine is another"]


def table_digest(table: pd.DataFrame) -> str:
    """SHA-256 of a table as it is exported (names, order, numbers to six digits)."""
    return hashlib.sha256(table_body(table).encode("utf-8")).hexdigest()


def file_digests(files: Sequence[tuple[str, Path | bytes]]) -> tuple[tuple[str, str], ...]:
    """Name and SHA-256 of each file, given as a path or as its content."""
    contents = ((name, source.read_bytes() if isinstance(source, Path) else source) for name, source in files)
    return tuple((name, hashlib.sha256(content).hexdigest()) for name, content in contents)


def read_manifest(content: bytes, name: str) -> Manifest:
    """Read what `Manifest.to_json` wrote.

    Raises
    ------
    UserError
        If it is no such file.
    """
    if len(content) > _LARGEST:
        raise UserError(f"{name} has {len(content) / 2**20:,.0f} MB; a saved view has at most {_LARGEST / 2**20:.0f} MB.")
    try:
        found = json.loads(content.decode("utf-8"))
        if found["format"] != _FORMAT:
            raise ValueError("another format")
        manifest = Manifest(
            sample=_text(found["sample"]), kind=_one_of(found["kind"], KINDS),
            models={_one_of(kind, KINDS): UsedModel(**{key: _text(value) for key, value in entry.items()}) for kind, entry in found["models"].items()},
            files=tuple((_text(file), _text(digest)) for file, digest in found["files"]), options=_options(found["options"]),
            pool=_one_of(found["pool"], tuple(POOLING)), tables=_text(found["tables"]), view=_view(found["view"]), number=max(int(found["number"]), 1),
            rows=int(found["rows"]), digest=_text(found["digest"]), shortlist=shortlist_from(found["shortlist"]), highlighted=_text(found["highlighted"]),
        )  # fmt: skip
        if manifest.kind not in manifest.models or not manifest.files:
            raise ValueError("no model, or no file")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise UserError(f"{name} is no view that this program saved; expected the JSON file of Save this view.") from error
    return manifest


def _view(content: dict[str, Any]) -> View:
    cut, weights = content["minimum_accuracy"], content["weights"]
    return View(
        order=_one_of(content["order"], tuple(ORDERS)), minimum_accuracy=None if cut is None else float(cut),
        hide_common_essential=bool(content["hide_common_essential"]), search=_text(content["search"]),
        minimum_probability=float(content["minimum_probability"]), hide_not_expressed=bool(content["hide_not_expressed"]),
        weights=None if weights is None else Weights(**{key: float(value) for key, value in weights.items()}),
    )  # fmt: skip


def _options(content: dict[str, Any]) -> ReadOptions:
    return ReadOptions(
        value=None if content["value"] is None else _text(content["value"]),
        duplicates=_one_of(content["duplicates"], ("highest", "mean", "sum")),  # type: ignore[arg-type]
        unit=None if content["unit"] is None else _text(content["unit"]), turned=bool(content["turned"]),
        dates=tuple((_text(date), _text(gene)) for date, gene in content["dates"]),
    )  # fmt: skip


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _one_of(value: object, known: Sequence[str]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {known}")
    return str(value)
