"""Download buttons of one list in every format; a file is made only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from leap_core.explain.explanation import Explanation, pathway_tables, stability_tables
from leap_core.ranking.hit_table import in_words
from leap_core.report.bundle import sample_workbook
from leap_core.report.csv import Provenance, file_name, hit_list_csv
from leap_core.report.lists import chunks, entrez_ids, names, rnk
from leap_core.report.sample_report import Chosen, sample_report
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample, sample_members
from leap_core.services.scoring import provenance_of as core_provenance
from pages.shared.explanations import explanations_of
from pages.shared.export_button import export_button
from pages.shared.saved_views import manifest_maker, wanted_number
from pages.shared.session import KINDS, session
from pages.shared.view import stored_view


def provenance_of(model: Model, scored: ScoredSample, words: str) -> Provenance:
    """Where an export comes from."""
    profiles = session().profiles
    assert profiles is not None
    return core_provenance(model, scored, profiles.file_name, words, date.today())


def download_buttons(
    scope: str, table: pd.DataFrame, words: str, model: Model, scored: ScoredSample, controls: pd.DataFrame
) -> None:
    """CSV first, the other formats in a popover."""
    provenance = provenance_of(model, scored, words)
    noun = model.panel.score.noun
    stem = f"{noun}-{scope}"

    def button(label: str, make: Callable[[], bytes], ending: str, mime: str, main: bool = False) -> None:
        name = file_name(scored.sample, stem, model.panel.release, provenance.day, provenance.red, ending)
        export_button(
            label,
            make,
            f"{scope} ({ending})",
            model,
            file_name=name,
            mime=mime,
            key=f"download_{scope}_{ending}_{label}",
            disabled=table.empty,
            type="primary" if main and scope == "picked" else "secondary",
            width="stretch",
        )

    button("Download CSV", partial(hit_list_csv, table, provenance), "csv", "text/csv", main=True)
    excel = partial(_workbook, table, model, scored, controls, replace(provenance), explanations_of(model))
    button(
        "Excel, with controls and members",
        excel,
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    with st.popover("Other formats", icon=":material/more_horiz:", width="stretch"):
        button("TSV", partial(hit_list_csv, table, provenance, "\t"), "tsv", "text/tab-separated-values")
        button("Ranks for GSEA (.rnk, by z)", partial(rnk, table), "rnk", "text/plain")
        button("Names, one a line", partial(names, table), "txt", "text/plain")
        if model.panel.score.kind == "gene":
            symbols = {symbol: entrez for entrez, symbol in model.panel.entrez.items()}
            profiles = session().profiles
            known = {symbol: entrez for entrez, symbol in profiles.names.entrez.items()} if profiles is not None else {}
            button(
                "Entrez ids, one a line", partial(entrez_ids, table, {**known, **symbols}), "entrez.txt", "text/plain"
            )
        button("Names in chunks of 200 (zip)", partial(chunks, table, stem), "zip", "application/zip")


def report_button(kind: str, model: Model, scored: ScoredSample, controls: pd.DataFrame) -> None:
    """The report of the view and the shortlist as one HTML file."""
    view, state, manifest = stored_view(model, kind), session(), manifest_maker(kind, model, scored)
    chosen = Chosen(
        view,
        wanted_number(kind),
        tuple(state.shortlist[kind]),
        dict(state.notes[kind]),
        controls,
        explanations_of(model),
    )
    words = f"the first {chosen.number} of the view on Ranked dependencies; order: {in_words(view)}"
    provenance = provenance_of(model, scored, words)
    export_button(
        "Report (one HTML file)",
        lambda: sample_report(model, scored, chosen, provenance, manifest().to_json()),
        "report (html)",
        model,
        mime="text/html",
        key=f"report_{kind}",
        icon=":material/article:",
        file_name=file_name(
            scored.sample, f"{KINDS[kind].lower()}-report", model.panel.release, provenance.day, provenance.red, "html"
        ),
        help="List, shortlist, controls, plots and input passport on one page that needs no network (5 MB)",
    )


def _workbook(
    table: pd.DataFrame,
    model: Model,
    scored: ScoredSample,
    controls: pd.DataFrame,
    provenance: Provenance,
    why: tuple[Explanation, ...],
) -> bytes:
    more = {
        "Genes behind it": stability_tables(why).set_index("perturbation"),
        "Pathways": pathway_tables(why).set_index("perturbation"),
    }
    return sample_workbook(
        table, scored.table, sample_members(model, scored), controls, scored.passport, provenance, more
    )
