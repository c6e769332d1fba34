"""A saved view: all that is needed to see the same list again, but for the expression itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from leap_core.ranking.hit_table import ORDERS, View
from leap_core.ranking.priority import Weights
from leap_core.report.csv import table_body
from leap_core.report.saved_json import parse_saved
from leap_core.report.saved_pilot import pilot_as_plain, pilot_from
from leap_core.report.shortlist import KINDS, Shortlist, shortlist_from
from leap_core.run.version import __version__
from leap_core.sample.pooling import POOLING
from leap_core.sample.profiles import ReadOptions

_FORMAT = "leap view 1"
_MAX_BYTES = 10 * 2**20


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
        Key of the tables beside the models (`leap_core.ranking.annotations.Annotations.key`).
    view, number
        Filters and order, and the budget.
    shortlist
        Names and notes.
    highlighted
        Names that were pasted to be marked.
    pilots
        By kind, what was measured of the sample first, as plain values.
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
    pilots: dict[str, dict[str, Any]] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """The file's content."""
        content = {"format": _FORMAT, "program": f"LEAP Screen Prioritiser {__version__}", **asdict(self)}
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8")

    def _beside(self, models: Mapping[str, str]) -> dict[str, str]:
        """Other kinds whose model is there now and was not then, or the other way round."""
        return {
            **{kind: "now, and did not then" for kind in models if kind not in self.models},
            **{kind: "no longer" for kind in self.models if kind not in models},
        }

    def lacks(self, digests: Sequence[str]) -> list[str]:
        """Names of the expression files that are not among the contents with these SHA-256."""
        return [name for name, digest in self.files if digest not in digests]

    def differences(
        self, models: Mapping[str, str], tables: str, table: pd.DataFrame, view: View | None = None
    ) -> list[str]:
        """What is not as it was when the view was saved, in words; nothing where the table is the same, row for row.

        Parameters
        ----------
        models
            Kind to the key of the model in use, now; the other kind's where there is one.
        tables
            Key of the tables beside the models, now.
        table
            The rows of the view, now.
        view
            What they are shown by, where it may be another.
        """
        if table_digest(table) == self.digest:
            return []
        found = [
            f"{used.name} was trained anew since, or another model is chosen (then {used.key[:12]}, now"
            f" {models[kind][:12]})"
            for kind, used in self.models.items()
            if kind in models and models[kind] != used.key
        ]
        found += [f"a model for {kind}s stands beside it {now}" for kind, now in self._beside(models).items()]
        found += [
            "order or filters could not be put back as they were" if view is not None and view != self.view else "",
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
    return parse_saved(
        content,
        name,
        _FORMAT,
        "view that this program saved (the JSON file of Save this view)",
        _MAX_BYTES,
        _manifest_from,
    )


def _manifest_from(found: dict[str, Any]) -> Manifest:
    used = {
        _one_of(kind, KINDS): UsedModel(**{key: _text(value) for key, value in entry.items()})
        for kind, entry in found["models"].items()
    }
    manifest = Manifest(
        sample=_text(found["sample"]),
        kind=_one_of(found["kind"], KINDS),
        models=used,
        files=tuple((_text(file), _text(digest)) for file, digest in _list(found["files"])),
        options=_options(found["options"]),
        pool=_one_of(found["pool"], tuple(POOLING)),
        tables=_text(found["tables"]),
        view=_view(found["view"]),
        number=_count(found["number"], 1),
        rows=_count(found["rows"], 0),
        digest=_text(found["digest"]),
        shortlist=shortlist_from(found["shortlist"]),
        highlighted=_text(found["highlighted"]),
        # Views that were saved before have none.
        pilots={
            _one_of(kind, KINDS): pilot_as_plain(pilot_from(entry)) for kind, entry in found.get("pilots", {}).items()
        },
    )
    if manifest.kind not in manifest.models or not manifest.files:
        raise ValueError("no model, or no file")
    return manifest


def _view(content: dict[str, Any]) -> View:
    """A view within what the page's controls can show: weights, probability and disagreement in whole numbers."""
    cut, weights = content["minimum_accuracy"], content["weights"]
    # Views that were saved before have none.
    apart = content.get("maximum_disagreement")
    return View(
        order=_one_of(content["order"], tuple(ORDERS)),
        minimum_accuracy=None if cut is None else _number(cut, -1.0, 1.0),
        hide_common_essential=_yes_or_no(content["hide_common_essential"]),
        search=_text(content["search"]),
        minimum_probability=_whole(_number(content["minimum_probability"], 0.0, 1.0) * 100.0) / 100.0,
        hide_not_expressed=_yes_or_no(content["hide_not_expressed"]),
        weights=(
            None
            if weights is None
            else Weights(**{key: _whole(_number(value, 0.0, 100.0)) for key, value in weights.items()})
        ),
        maximum_disagreement=None if apart is None else _whole(_number(apart, 0.0, 100.0)),
    )


def _options(content: dict[str, Any]) -> ReadOptions:
    return ReadOptions(
        value=None if content["value"] is None else _text(content["value"]),
        duplicates=_one_of(content["duplicates"], ("highest", "mean", "sum")),  # type: ignore[arg-type]
        unit=None if content["unit"] is None else _text(content["unit"]),
        turned=_yes_or_no(content["turned"]),
        dates=tuple((_text(date), _text(gene)) for date, gene in _list(content["dates"])),
        # Views that were saved before have neither.
        sample=None if content.get("sample") is None else _text(content["sample"]),
        sheet=None if content.get("sheet") is None else _text(content["sheet"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _number(value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{value!r} does not lie between {low} and {high}")
    return float(value)


def _count(value: object, low: int) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return int(_number(value, low, 10**9))


def _whole(value: float) -> float:
    if abs(value - round(value)) > 1e-9:
        raise ValueError(f"{value} is no whole number")
    return float(round(value))


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _one_of(value: object, known: Sequence[str]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {known}")
    return str(value)
