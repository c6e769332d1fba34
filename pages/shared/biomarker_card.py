"""The biomarker card: the most stable genes behind one perturbation, and the best of them against what was measured."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from leap_core.errors import LeapError
from leap_core.explain.explanation import biomarkers
from leap_core.panel.scores import ScoreType
from leap_core.report.figures.biomarkers import biomarker_scatter
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample, panel_lines
from pages.shared.explanations import explanation, make_explanations, said_of_failures
from pages.shared.models import gene_set_names, gene_sets
from pages.shared.plots import plot
from pages.shared.tables import draw_table
from pages.shared.text import plain


def biomarker_card(model: Model, scored: ScoredSample, name: str) -> None:
    """Draw the card; its explanation is made when it is asked for, and kept with the model."""
    st.subheader("Biomarkers of this model")
    available = gene_set_names(model)
    # The gene sets chosen on Pathways, so that the explanation made here is the one that is shown there.
    chosen = st.session_state.get("pathways_sets", "")
    try:
        sets = gene_sets(model, chosen if chosen in available else available[0])
    except LeapError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    found = explanation(model, name, sets)
    if found is None:
        said_of_failures()
        if (status := str(model.table.loc[name, "status"])) != "ok":
            st.caption(f"There is no model of it that could be explained: {plain(status)}.")
            return
        st.caption(
            "The genes that the model's predictions rest on most stably, and how the best of them goes with what was"
            " measured."
        )
        if st.button(f"Find the biomarkers of {plain(name)}", key="one_biomarkers", icon=":material/biotech:"):
            make_explanations(model, [name], sets)
            st.rerun()
        return
    table = biomarkers(model, found)
    if table.empty:
        st.caption("No half of the lines selects a gene: the predictions vary too little.")
        return
    if not found.student.faithful:
        st.warning(
            "A sparse model of genes rebuilds too little of these predictions: the genes do not speak for them.",
            icon=":material/warning:",
        )
    _table(table, model.panel.score)
    _best_one(table, model, scored, name)
    st.page_link(
        "pages/pathways.py",
        label="All genes and pathways behind it",
        icon=":material/account_tree:",
        query_params={"name": name, "kind": model.panel.score.kind},
    )


def _table(table: pd.DataFrame, score: ScoreType) -> None:
    number = st.column_config.NumberColumn
    draw_table(
        table.assign(
            direction=[
                (
                    "more expressed"
                    if sign * (1 if score.higher_is_stronger else -1) > 0
                    else "less expressed"
                    if sign
                    else "either way"
                )
                for sign in table["sign"]
            ]
        ),
        key="one_biomarker_table",
        column_order=[
            "proportion",
            "selected",
            "direction",
            "correlation",
            "within_lineage",
            "within_low",
            "within_high",
            "lines_within",
        ],
        column_config={
            "feature": "Gene",
            "proportion": number(
                "Selected in", format="percent", help="Share of random halves of the lines that select the gene"
            ),
            "selected": st.column_config.CheckboxColumn("Stable"),
            "direction": st.column_config.TextColumn(f"More {score.adjective} if"),
            "correlation": number(
                "Correlation with measured",
                format="%.2f",
                help=f"Spearman with the measured {score.title} ({score.direction}), over all screened lines",
            ),
            "within_lineage": number(
                "Within lineages", format="%.2f", help="Partial Spearman correlation after removing lineage"
            ),
            "within_low": number("95 % from", format="%.2f"),
            "within_high": number("to", format="%.2f"),
            "lines_within": number("Lines"),
        },
    )
    if not score.higher_is_stronger:
        st.caption(
            f"{score.direction.capitalize()}: a negative correlation says that lines with more of the gene are more"
            f" {score.adjective}."
        )


def _best_one(table: pd.DataFrame, model: Model, scored: ScoredSample, name: str) -> None:
    """One of the genes against what was measured, with what is left of it within lineages."""
    gene = st.selectbox(
        "Gene against the measured response", table.index.tolist(), key=f"biomarker_{model.key}_{name}", width=260
    )
    row = table.loc[gene]
    lines = panel_lines(model, name).assign(expression=model.panel.expression[gene].astype(float))
    figure = biomarker_scatter(
        lines,
        gene,
        float(scored.checked.values.iloc[0].get(gene, float("nan"))),
        scored.passport.lineage,
        model.panel.unit,
        model.panel.score,
    )
    plot(figure, "biomarker", f"{name}: measured response against expression of {gene}", scored)
    within = (
        f"after removing lineage it is **{row['within_lineage']:.2f}** (95 % interval {row['within_low']:.2f} to"
        f" {row['within_high']:.2f}, {row['lines_within']:.0f} lines)"
        if row["within_low"] == row["within_low"]
        else "within lineages it cannot be told"
    )
    st.caption(
        f"Correlation of {plain(gene)} with the measured response of {row['lines']:.0f} lines:"
        f" **{row['correlation']:.2f}**;"
        f" {within}. Most raw correlations are lineage. The genes were chosen on these lines: this describes the panel,"
        " it is no test."
    )
