"""Pathways: which genes and gene sets the predictions of one row rest on, and how stable that reading is."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from leap_core.errors import LeapError
from leap_core.explain.explanation import ABOUT_THE_MODEL, Explanation, contributions, shared_mechanisms
from leap_core.explain.student import FAITHFUL
from leap_core.io.gene_sets import GeneSets
from leap_core.report.csv import file_name, table_csv
from leap_core.report.figures.explanation import calibration_surface, mechanism_map, proportion_bars, stability_paths
from leap_core.report.figures.style import shown
from leap_core.report.sentence import mechanism_in_a_sentence
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample
from pages.shared.address import take_asked_name
from pages.shared.explanations import explanation, explanations_of, make_explanations, said_of_failures
from pages.shared.export_button import export_button
from pages.shared.header import choose_kind, header, scored_or_stop
from pages.shared.models import gene_set_names, gene_sets, open_model
from pages.shared.pathway_tables import pathway_section
from pages.shared.plots import plot
from pages.shared.session import chosen_model, session
from pages.shared.tables import draw_table
from pages.shared.text import plain

_SHOWN = 25


def explained(model: Model, name: str, sets: GeneSets) -> Explanation | None:
    """The explanation, made when it is asked for."""
    if (found := explanation(model, name, sets)) is not None:
        return found
    st.caption(
        f"{ABOUT_THE_MODEL} It takes some seconds: a hundred halves of the panel's lines, a whole path on each. It is"
        " then kept with the model."
    )
    said_of_failures()
    if (status := str(model.table.loc[name, "status"])) != "ok":
        st.info(f"There is no model of {plain(name)} that could be explained: {plain(status)}.", icon=":material/info:")
        return None
    if st.button(f"Explain {plain(name)}", key="explain", type="primary", icon=":material/psychology:"):
        make_explanations(model, [name], sets)
        st.rerun()
    return None


def together(kind: str, model: Model, scored: ScoredSample, sets: GeneSets) -> None:
    """The reverse view: which gene sets stand behind several rows."""
    st.subheader("Which rows share a mechanism")
    said_of_failures()
    wanted = [
        name
        for name in session().shortlist[kind]
        if name in scored.table.index and scored.table.loc[name, "status"] == "ok"
    ]
    missing = [name for name in wanted if explanation(model, name, sets) is None]
    if missing and st.button(
        f"Explain the other {len(missing)} of the shortlist", key="explain_shortlist", icon=":material/psychology:"
    ):
        make_explanations(model, missing, sets)
        st.rerun()
    made = explanations_of(model, sets)
    shared = shared_mechanisms(made)
    if len(made) < 2:
        st.caption(
            "Explain a second row, or pick some for the shortlist: then the gene sets that they share stand here."
        )
    elif shared.empty:
        st.caption(
            f"No gene set reaches a false discovery rate of 5 % for any of the {len(made)} rows that were explained."
        )
    else:
        plot(
            mechanism_map(shared.head(40)),
            "mechanisms",
            "Gene sets by rows, darker = lower false discovery rate",
            scored,
        )
        st.caption(
            f"Of the {len(made)} rows explained that this session has looked at; over-representation or GSEA, whichever"
            " is lower. Workbook and report take them along."
        )


def gene_table(found: Explanation, model: Model, scored: ScoredSample) -> pd.DataFrame:
    """Genes with what they are in this sample: percentile of their expression, and their exact contribution."""
    table = found.table()
    # A gene that the sample lacks takes the training mean: it has a contribution of nothing, but no percentile.
    values = scored.checked.values.iloc[0].reindex(table["feature"])
    panel = model.panel.expression[table["feature"].tolist()]
    table["percentile_here"] = (100.0 * (panel < values).sum() / panel.notna().sum()).where(values.notna()).to_numpy()
    if model.ensemble.linear:
        parts = contributions(model, found.perturbation, scored.checked.values)
        table["contribution_here"] = parts.reindex(table["feature"]).to_numpy()
    direction = 1.0 if model.panel.score.higher_is_stronger else -1.0
    table["strengthens"] = (direction * table["sign"]).astype(int)
    words = {1: "more expressed", -1: "less expressed", 0: "either way"}
    table["direction"] = [words[sign] for sign in table["strengthens"]]
    return table


def cards(found: Explanation, model: Model) -> float:
    """Fidelity first, then the threshold with its nominal bound; returns the threshold."""
    student, stability = found.student, found.stability
    left, middle, right = st.columns(3)
    left.metric(
        "Fidelity of the student (R2)",
        f"{student.r2:.2f}" if student.r2 == student.r2 else "not told",
        f"rank correlation {student.spearman:.2f}" if math.isfinite(student.spearman) else None,
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=(
            "How much of the ensemble's predictions for lines that the student had not seen a sparse model of genes"
            f" rebuilds; below {FAITHFUL:.1f} it does not speak for the ensemble"
        ),
    )
    threshold = middle.slider(
        "Threshold",
        0.51,
        1.0,
        stability.threshold if stability.chosen is not None else 0.75,
        0.01,
        key=f"threshold_{model.key[:8]}_{found.perturbation}",
    )
    selected = int((stability.proportions >= threshold).sum())
    bound = stability.bound(threshold)
    right.metric(
        "Stable genes",
        f"{selected}",
        f"false ones, at most {bound:.1f} expected (nominal)" if math.isfinite(bound) else None,
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=(
            "The bound of Meinshausen and Buhlmann holds for a penalty fixed beforehand and exchangeable noise; after"
            " calibration it is nominal"
        ),
    )
    if not student.faithful:
        st.warning(
            "**Unfaithful student.** A sparse model of genes rebuilds too little of the ensemble's predictions here:"
            " the list below does not speak for them.",
            icon=":material/warning:",
        )
    return threshold


def look_at(gene: str, kind: str, name: str) -> None:
    """A link to the gene's own page, where the gene model has it as a perturbation."""
    of_genes = chosen_model("gene")
    if of_genes is None or gene not in open_model(of_genes).table.index:
        st.caption(f"{plain(gene)} is no knock-out of the gene model chosen.")
    elif (kind, name) == ("gene", gene):
        st.caption(f"{plain(gene)} is the perturbation that is explained here.")
    else:
        st.page_link(
            "pages/one_perturbation.py",
            label=f"Look at {plain(gene)}",
            icon=":material/search:",
            query_params={"name": gene, "kind": "gene"},
        )


header(
    "pathways",
    "Pathways",
    "Which genes and pathways the predictions of one row rest on, and how stable that reading is.",
)
kind = choose_kind("pathways_kind")
model, scored = scored_or_stop(kind)
known = [*session().shortlist[kind], *scored.table.index]
take_asked_name(f"pathways_{kind}", known, model.name)
with st.container(horizontal=True, vertical_alignment="bottom"):
    name = st.selectbox(
        "Gene" if kind == "gene" else "Drug",
        list(dict.fromkeys(known)),
        key=f"pathways_{kind}",
        persist_state="session",
        help="The shortlist first, then the ranked list",
        width=260,
    )
    chosen = st.selectbox(
        "Gene sets",
        gene_set_names(model),
        key="pathways_sets",
        persist_state="session",
        help="Reactome and WikiPathways come with the program; Data and training takes GMT files",
        width=320,
    )
if name not in scored.table.index:
    st.info("This name is on the shortlist, but not in this model.", icon=":material/info:")
    st.stop()
try:
    sets = gene_sets(model, chosen)
except LeapError as error:
    st.error(plain(str(error)), icon=":material/block:")
    st.stop()
found = explained(model, name, sets)
if found is None:
    st.stop()

above = st.container()
threshold = cards(found, model)
table = gene_table(found, model, scored)
with above:
    st.markdown(plain(mechanism_in_a_sentence(name, table, threshold, found.pathways, model.panel.score)))
    st.caption(ABOUT_THE_MODEL)
stronger = f"more {model.panel.score.adjective}"
st.subheader("Genes")
bars = plot(
    proportion_bars(table.head(_SHOWN), threshold, stronger),
    "proportions",
    f"{name}: share of halves that select each gene",
    scored,
    on_select="rerun",
    selection_mode="points",
)
number = st.column_config.NumberColumn
ticked = draw_table(
    table.assign(selected=table["proportion"] >= threshold),
    key="why_genes",
    hide_index=True,
    height=340,
    on_select="rerun",
    selection_mode="single-row",
    column_order=[
        "feature",
        "proportion",
        "selected",
        "direction",
        "group",
        "group_proportion",
        "coefficient",
        "percentile_here",
        *(["contribution_here"] if model.ensemble.linear else []),
    ],
    column_config={
        "feature": "Gene",
        "proportion": st.column_config.ProgressColumn("Selected in", min_value=0.0, max_value=1.0, format="percent"),
        "selected": st.column_config.CheckboxColumn("Stable"),
        "direction": st.column_config.TextColumn(stronger.capitalize() + " if"),
        "group": number(
            "Group", help="Genes of one group are correlated (0.7 or more): LASSO splits what it gives them"
        ),
        "group_proportion": number("Group selected in", format="percent"),
        "coefficient": number("Student's weight", format="%.3f"),
        "percentile_here": number("Expression here, percentile", format="%.0f"),
        "contribution_here": number(
            "Contribution here",
            format="%.3f",
            help="Exact: the contributions of all genes and the intercept sum to this sample's prediction",
        ),
    },
)
drawn = {shown(gene): gene for gene in table["feature"]}
clicked = [drawn[point["y"]] for point in bars.selection.points if point["y"] in drawn] + table["feature"].iloc[
    ticked.selection.rows
].tolist()
if clicked:
    look_at(clicked[-1], kind, name)
else:
    st.caption("Click a bar, or tick a row at its left edge, for the page of that gene.")
left, right = st.columns(2)
with left:
    plot(calibration_surface(found.stability), "surface", f"{name}: stability score by penalty and threshold", scored)
with right:
    plot(
        stability_paths(found.stability, found.genes),
        "paths",
        f"{name}: selection proportion along the penalties",
        scored,
    )

st.subheader("Pathways")
pathway_section(model, scored, found, sets)
with st.container(horizontal=True):
    for title, content in (("genes", table), ("pathways", found.pathways)):
        export_button(
            f"Download the {plain(title)} (CSV)",
            table_csv(content.assign(note=ABOUT_THE_MODEL)),
            f"{title} (csv)",
            model,
            mime="text/csv",
            key=f"why_{title}_csv",
            file_name=file_name(scored.sample, f"{name}-{title}", model.panel.release, pd.Timestamp.today().date()),
        )
together(kind, model, scored, sets)
