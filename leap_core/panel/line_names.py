"""Cell lines under any of their names: ModelID, CCLE name, cell-line name, Sanger id, COSMIC id, profile id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

# Columns of an annotation that name a line, most certain first; DepMap's titles of all years.
_ID_TITLES = (
    *("SangerModelID", "Sanger_Model_ID", "model_id", "SANGER_MODEL_ID", "COSMICID", "COSMIC_ID", "COSMIC"),
    *("CCLEName", "CCLE_Name", "CCLE_ID", "ProfileID", "RRID", "StrippedCellLineName", "stripped_cell_line_name"),
    *("CellLineName", "cell_line_name", "model_name"),
)
# R writes points for what it takes for an operator.
_MODEL = re.compile(r"^ACH[-._](\d{6})(?:[_ .:-].*)?$", re.IGNORECASE)
_COSMIC = re.compile(r"^(?:COSMIC[-_ ]?(?:ID)?[-_ ]?|DATA\.)?(\d{5,8})(?:\.0+)?$", re.IGNORECASE)


@dataclass(frozen=True)
class LineNames:
    """Every name by which an annotation knows a line.

    Attributes
    ----------
    by_name
        Plain form of a name (see `plain_name`) to the line's id; names of several lines are none.
    ids
        Ids of the lines themselves.
    exact
        A name as it is written to the line's id, for names that are told apart by their marks alone (TT and T.T).
    """

    by_name: dict[str, str] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    exact: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, annotation: pd.DataFrame) -> LineNames:
        """Names in a table of annotation whose index are the ids."""
        found: dict[str, str] = {}
        exact: dict[str, str] = {}
        for title in _ID_TITLES:
            if title not in annotation.columns:
                continue
            named = pd.Series(annotation.index.astype(str), [plain_name(value) for value in annotation[title]])
            named = named[named.index != ""]
            written = pd.Series(annotation.index.astype(str), annotation[title].astype(str).str.strip())
            written = written[[plain_name(name) != "" for name in written.index]]
            exact |= {str(name): str(line) for name, line in written[~written.index.duplicated(keep=False)].items()}
            # A name of two lines says nothing.
            for name, line in named[~named.index.duplicated(keep=False)].items():
                found.setdefault(str(name), str(line))
        return cls(found, frozenset(annotation.index.astype(str)), exact)

    def line_of(self, label: object) -> str | None:
        """Id of the line of that name; None if there is none."""
        text = str(label).strip()
        if text in self.ids:
            return text
        if (match := _MODEL.match(text)) and (model := f"ACH-{match.group(1)}") in self.ids:
            return model
        return self.by_name.get(plain_name(text)) or self.exact.get(text)

    def count(self, labels: Iterable[object]) -> int:
        """How many labels are lines."""
        return sum(self.line_of(label) is not None for label in labels)


def plain_name(value: object) -> str:
    """A name in the form by which names are compared: capitals and digits; a COSMIC id as its number."""
    if value is None or value != value:
        return ""
    text = str(value).strip()
    if match := _COSMIC.match(text):
        return match.group(1)
    return re.sub(r"[^A-Z0-9]", "", text.upper()) if text.lower() not in ("nan", "none", "na") else ""
