"""Download buttons of one list in every format; a file is made only when it is asked for."""

from __future__ import annotations

from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from leap_core.ranking.hit_table import in_words
from leap_core.report.csv import file_name, hit_list_csv
from leap_core.report.list_export import FORMATS, ListExport
from leap_core.report.sample_report import Chosen, sample_report
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample
from pages.shared.explanations import explanations_of
from pages.shared.export_button import export_button
from pages.shared.saved_views import manifest_maker, wanted_number
from pages.shared.session import KINDS, session
from pages.shared.text import ours
from pages.shared.view import stored_view

# Offered as buttons of their own; the others are in a popover.
_FIRST = ("csv", "xlsx")


def export_of(
    model: Model, scored: ScoredSample, rows: pd.DataFrame, words: str, scope: str, controls: pd.DataFrame | None = None
) -> ListExport:
    """Rows of the session's sample as they are exported."""
    profiles = session().profiles
    assert profiles is not None
    return ListExport(
        model,
        scored,
        rows,
        words,
        profiles.file_name,
        scope,
        pd.DataFrame() if controls is None else controls,
        explanations_of(model),
        partial(_symbols_to_ids, profiles.names.entrez, model.panel.entrez),
    )


def _symbols_to_ids(*tables: dict[str, str]) -> dict[str, str]:
    """Entrez ids by symbol; later tables go first."""
    return {symbol: entrez for ids in tables for entrez, symbol in ids.items()}


def comparison_button(model: Model, scored: ScoredSample, table: pd.DataFrame, words: str, name: str, key: str) -> None:
    """The rows of a comparison as CSV; `name` begins the file's name."""
    provenance = export_of(model, scored, table, words, "compared").provenance
    kind = KINDS[model.panel.score.kind].lower()
    export_button(
        "Download CSV",
        lambda: hit_list_csv(table, provenance),
        "comparison (csv)",
        model,
        mime="text/csv",
        key=key,
        file_name=file_name(name, kind, model.panel.release, date.today(), provenance.red),
    )


def download_button(export: ListExport, name: str, **options: object) -> None:
    """A button for one format of a list."""
    chosen = FORMATS[name]
    export_button(
        ours(chosen.label),
        partial(export.content, name),
        f"{export.scope} ({chosen.ending})",
        export.model,
        **{
            "file_name": export.file_name(chosen.ending),
            "mime": chosen.mime,
            "key": f"download_{export.scope}_{chosen.ending}",
            "disabled": export.rows.empty,
            **options,
        },
    )


def download_buttons(export: ListExport, main: bool = False) -> None:
    """CSV and Excel first, the other formats in a popover; `main` marks the list that most users want."""
    for name in _FIRST:
        kind = "primary" if main and name == "csv" else "secondary"
        download_button(export, name, type=kind, width="stretch")
    with st.popover("Other formats", icon=":material/more_horiz:", width="stretch"):
        for name, chosen in FORMATS.items():
            if name not in _FIRST and not (chosen.genes_only and export.model.panel.score.kind != "gene"):
                download_button(export, name, width="stretch")


def report_button(kind: str, model: Model, scored: ScoredSample, controls: pd.DataFrame) -> None:
    """The report of the view and the shortlist as one HTML file."""
    view, state, manifest = stored_view(model, kind), session(), manifest_maker(kind, model, scored)
    picked, notes = tuple(state.shortlist[kind]), dict(state.notes[kind])
    chosen = Chosen(view, wanted_number(kind), picked, notes, controls, explanations_of(model))
    words = f"the first {chosen.number} of the view on Ranked dependencies; order: {in_words(view)}"
    export = export_of(model, scored, scored.table, words, "report")
    export_button(
        "Report (one HTML file)",
        lambda: sample_report(model, scored, chosen, export.provenance, manifest().to_json()),
        "report (html)",
        model,
        mime="text/html",
        key=f"report_{kind}",
        icon=":material/article:",
        file_name=export.file_name("html"),
        help="List, shortlist, controls, plots and input passport on one page that needs no network (5 MB)",
    )
