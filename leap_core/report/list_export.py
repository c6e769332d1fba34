"""One list of one sample as files: every format that pages and API offer, of which the command line writes two.

A format is a function from a `ListExport` to bytes and a line of `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from leap_core.explain.explanation import Explanation, pathway_tables, stability_tables
from leap_core.report.bundle import SampleTables, sample_workbook
from leap_core.report.csv import file_name, hit_list_csv
from leap_core.report.lists import chunks, entrez_ids, names, rnk
from leap_core.report.provenance import Provenance, provenance_of
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample, sample_members


@dataclass(frozen=True)
class ListExport:
    """Rows of a sample's hit table, in order, and all that goes with them into a file.

    Attributes
    ----------
    model, scored
        Whose rows.
    rows
        The rows, in the order on screen.
    words
        Which rows these are, and in which order.
    upload
        Name of the sample's file.
    scope
        Part of the file's name: ``picked``, ``top-100``.
    controls
        From `leap_core.ranking.controls.matched_controls`; may be empty.
    why
        Explanations that were made.
    entrez
        Gives the Entrez ids by symbol, when they are asked for.
    day
        Date of the export.
    """

    model: Model
    scored: ScoredSample
    rows: pd.DataFrame
    words: str
    upload: str
    scope: str
    controls: pd.DataFrame = field(default_factory=pd.DataFrame)
    why: tuple[Explanation, ...] = ()
    entrez: Callable[[], dict[str, str]] = dict
    day: date = field(default_factory=date.today)

    @property
    def provenance(self) -> Provenance:
        """Where the file comes from."""
        return provenance_of(self.model, self.scored, self.upload, self.words, self.day)

    @property
    def stem(self) -> str:
        """What the rows are: ``genes-top-100``."""
        return f"{self.model.panel.score.noun}-{self.scope}"

    def file_name(self, ending: str) -> str:
        """``<sample>_<view>_<release>_<date>.<ending>``; red inputs say so first."""
        source = self.provenance
        return file_name(self.scored.sample, self.stem, self.model.panel.release, self.day, source.red, ending)

    def content(self, name: str) -> bytes:
        """The file in one of the `FORMATS`."""
        return FORMATS[name].make(self)


@dataclass(frozen=True)
class ExportFormat:
    """A format that lists are exported in.

    Attributes
    ----------
    label
        On the button.
    ending, mime
        Of the file.
    make
        The file's content.
    genes_only
        Whether it makes no sense for drugs.
    """

    label: str
    ending: str
    mime: str
    make: Callable[[ListExport], bytes]
    genes_only: bool = False


def _workbook(export: ListExport) -> bytes:
    more = {
        "Genes behind it": stability_tables(export.why).set_index("perturbation"),
        "Pathways": pathway_tables(export.why).set_index("perturbation"),
    }
    scored, members = export.scored, sample_members(export.model, export.scored)
    tables = SampleTables(export.rows, scored.table, members, export.controls, more)
    return sample_workbook(tables, scored.passport, export.provenance, export.model.panel.score)


_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ENTREZ = ExportFormat(
    "Entrez ids, one a line", "entrez.txt", "text/plain", lambda export: entrez_ids(export.rows, export.entrez()), True
)
FORMATS = {
    "csv": ExportFormat("Download CSV", "csv", "text/csv", lambda export: hit_list_csv(export.rows, export.provenance)),
    "xlsx": ExportFormat("Excel, with controls and members", "xlsx", _EXCEL, _workbook),
    "tsv": ExportFormat(
        "TSV", "tsv", "text/tab-separated-values", lambda export: hit_list_csv(export.rows, export.provenance, "\t")
    ),
    "rnk": ExportFormat("Ranks for GSEA (.rnk, by z)", "rnk", "text/plain", lambda export: rnk(export.rows)),
    "txt": ExportFormat("Names, one a line", "txt", "text/plain", lambda export: names(export.rows)),
    "entrez": _ENTREZ,
    "zip": ExportFormat(
        "Names in chunks of 200 (zip)", "zip", "application/zip", lambda export: chunks(export.rows, export.stem)
    ),
}
