"""Gene sets behind one perturbation: what was tested, figures, a table for each method, the running sum of a set."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from leap_core.explain.enrichment import GSEA, OVER_REPRESENTATION, running_sum
from leap_core.explain.explanation import Explanation, ranking_of
from leap_core.io.gene_sets import GeneSets
from leap_core.report.figures.explanation import pathway_dots, running_sum_curve
from leap_core.report.sentence import p_value_in_words
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample
from pages.shared.plots import plot
from pages.shared.tables import draw_table
from pages.shared.text import plain

_COLUMNS = {
    OVER_REPRESENTATION: ["gene_set", "n_overlap", "n_set", "odds_ratio", "p", "rate", "genes", "representative"],
    GSEA: ["gene_set", "n_overlap", "n_set", "es", "nes", "p", "rate", "genes", "representative"],
}
_OVERLAP = {OVER_REPRESENTATION: "Stable genes in it", GSEA: "Leading edge"}


def pathway_section(model: Model, scored: ScoredSample, found: Explanation, sets: GeneSets) -> None:
    """Draw the section of the gene sets."""
    fidelity = ", ".join(
        f"{plain(score)} {student.r2:.2f}"
        for score, student in found.pathway_student.items()
        if student.r2 == student.r2
    )
    st.caption(
        f"{len(found.set_names)} sets of {plain(sets.source)} with 10 to 500 genes of the model; corrected over all of"
        " them. GSEA's p-values ignore that genes are correlated. "
        + (f"Fidelity of students on pathway activity (R2): {fidelity}." if fidelity else "")
    )
    _chosen_sets(model, found)
    if found.pathways.empty:
        st.caption("No set is large enough, or nothing is stable.")
        return
    plot(pathway_dots(found.pathways), "pathway_dots", f"{found.perturbation}: enriched gene sets", scored)
    methods = [method for method in _COLUMNS if (found.pathways["method"] == method).any()]
    for tab, method in zip(
        st.tabs([plain(method[:1].upper() + method[1:]) for method in methods]), methods, strict=True
    ):
        with tab:
            _enriched(found.pathways[found.pathways["method"] == method], method)
            if method == GSEA:
                _running(model, scored, found, sets)


def _chosen_sets(model: Model, found: Explanation) -> None:
    chosen = found.pathway_weights()
    if not len(chosen):
        return
    draw_table(
        chosen,
        key="why_chosen_sets",
        hide_index=True,
        height=min(240, 38 + 35 * len(chosen)),
        column_order=["gene_set", "score", "coefficient"],
        column_config={
            "gene_set": "Gene set chosen by a student on activity",
            "score": st.column_config.TextColumn(
                "Activity", help="Mean z of its genes, or their mean rank within the line"
            ),
            "coefficient": st.column_config.NumberColumn(
                "Weight", format="%.3f", help=f"In the score: {model.panel.score.direction}"
            ),
        },
    )


def _enriched(table: pd.DataFrame, method: str) -> None:
    """The sets of one method, with the columns that it has."""
    number = st.column_config.NumberColumn
    draw_table(
        table.assign(
            p=table["p_value"].astype(float).map(p_value_in_words),
            rate=table["fdr"].astype(float).map(p_value_in_words),
            representative=table["representative"].where(table["representative"] != table["gene_set"], "").fillna(""),
        )[_COLUMNS[method]],
        key=f"why_pathways_{list(_COLUMNS).index(method)}",
        hide_index=True,
        height=300,
        column_config={
            "gene_set": "Gene set",
            "n_overlap": number(_OVERLAP[method]),
            "n_set": number("Genes in the model"),
            "odds_ratio": number("Odds ratio", format="%.1f"),
            "es": number("ES", format="%.2f"),
            "nes": number("NES", format="%.2f"),
            "p": "p",
            "rate": st.column_config.TextColumn("FDR", help="False discovery rate (Benjamini-Hochberg, or GSEA's own)"),
            "genes": "Genes",
            "representative": st.column_config.TextColumn(
                "Says the same as", help="Sets that share half of the smaller one's genes are one group"
            ),
        },
    )


def _running(model: Model, scored: ScoredSample, found: Explanation, sets: GeneSets) -> None:
    """Where the genes of one set stand in the ranking."""
    ranked = found.pathways.loc[found.pathways["method"] == GSEA, "gene_set"].tolist()
    chosen = st.selectbox("Where its genes stand", ranked, key=f"running_{found.perturbation}", width=420)
    rank = _ranked_genes(model, found, model.key, found.perturbation)
    members = sets.sets[chosen]
    figure = running_sum_curve(rank, running_sum(rank, members), members, chosen)
    plot(figure, "running_sum", f"{chosen}: running sum along the genes ranked for {found.perturbation}", scored)


@st.cache_data(show_spinner=False, max_entries=50)
def _ranked_genes(_model: Model, _found: Explanation, key: str, perturbation: str) -> pd.Series:
    """The ranking of an explanation, which every click on the page would make again."""
    return ranking_of(_model, _found)
