"""One gene or drug: where the sample stands among the panel's lines, and what its neighbours measured."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from leap_core.model.recipe import layer_titles
from leap_core.ranking.concordance import AGREES, CONFLICTS
from leap_core.report.figures.members import member_strips
from leap_core.report.figures.panel_position import measured_against_predicted, panel_position
from leap_core.report.links import links_of
from leap_core.report.sentence import in_a_sentence
from leap_core.services.scoring import members_of, panel_lines, with_measured
from leap_core.services.studies import laboratories_in_words
from pages.shared.address import take_asked_name
from pages.shared.biomarker_card import biomarker_card
from pages.shared.codependency_card import codependency_card, other_side_links
from pages.shared.header import choose_kind, header, scored_or_stop
from pages.shared.plots import plot
from pages.shared.session import session
from pages.shared.tables import draw_table
from pages.shared.text import Markdown, linked, plain


def in_words_beside(row: pd.Series, kind: str) -> list[Markdown]:
    """What the tables of drugs say of this row, and whether the other model agrees.

    Nothing where no table was supplied.
    """
    approved, other = plain(row.get("approved_drugs", "")), plain(row.get("other_drugs", ""))
    if kind == "gene":
        told = [
            f"**Approved drugs against it:** {approved}" if approved else "",
            f"other drugs: {other}" if other else "",
        ]
    else:
        said = row.get("approved")
        told = [
            f"**Targets:** {plain(row['targets'])}" if row.get("targets") else "",
            f"pathway: {plain(row['pathway'])}" if row.get("pathway") else "",
            "" if said is None or pd.isna(said) else "approved" if said else "not approved",
        ]
    parts = [" · ".join(part for part in told if part)]
    if row.get("other_side"):
        verdict = {
            AGREES: ":material/check: **The other model agrees.**",
            CONFLICTS: ":material/warning: **The other model conflicts.**",
        }
        side = "Drugs against it" if kind == "gene" else "Its targets"
        parts.append(
            f"{verdict.get(row['concordance'], '')} {side}, percentile among the panel's lines:"
            f" {plain(row['other_side'])}"
        )
    return [part for part in parts if part]


header(
    "one_perturbation", "One gene or drug", "Where this sample stands in the panel, and how well this one model works."
)
kind = choose_kind("one_kind")
model, scored = scored_or_stop(kind)
score = model.panel.score

names = scored.table.index.tolist()
take_asked_name(f"one_{kind}", names, model.name)
name = st.selectbox(
    "Gene" if kind == "gene" else "Drug",
    names,
    key=f"one_{kind}",
    persist_state="session",
    help="In the order of the ranked list; type to search",
)
row = scored.table.loc[name]

st.markdown(f"#### {plain(in_a_sentence(name, row, score))}")
st.markdown(
    "Elsewhere: "
    + " · ".join(
        f"[{plain(title)}]({linked(address)})"
        for title, address in links_of(kind, name, scored.passport.lineage).items()
    ),
    help="Opened by your browser, with the name and the lineage, when you follow one; nothing is sent before.",
)
cards = st.columns(4)
cards[0].metric(
    f"Predicted {score.title}", f"{row['predicted']:.2f}", help=f"{score.direction}. {score.note}", border=True
)
cards[1].metric(
    "Panel percentile", f"{row['panel_percentile']:.0f}", help=f"100 = most {score.adjective} of the panel", border=True
)
accuracy = f"{row['accuracy']:.2f}" if row["accuracy"] == row["accuracy"] else "not measured"
cards[2].metric(
    f"Accuracy ({plain(row['accuracy_metric'])})",
    accuracy,
    help="On lines never seen in training. Low means cannot tell, not: no dependency",
    border=True,
)
cards[3].metric(
    "Agreement of layers (SD)",
    f"{row['agreement_sd']:.3f}" if row["agreement_sd"] == row["agreement_sd"] else "one layer",
    help="Spread of the members; not a confidence interval",
    border=True,
)
if laboratories := laboratories_in_words(row):
    st.caption(plain(laboratories))
if row["status"] != "ok":
    st.warning(f"Status of this model: {plain(row['status'])}.", icon=":material/warning:")
if st.button(
    f"Add {plain(name)} to the shortlist",
    key="one_pick",
    icon=":material/playlist_add:",
    disabled=name in session().shortlist[kind],
):
    session().pick(kind, [name])
    st.rerun()

probability = f"{row['probability']:.0%}" if row["probability"] == row["probability"] else "not told"
interval = (
    f"80 % interval of a measured value {row['interval_80_low']:.2f} to {row['interval_80_high']:.2f}"
    if "interval_80_low" in row
    else ""
)
badge = f"against the baselines: {plain(row['badge'])}" if "badge" in row else ""
st.markdown(
    " · ".join(
        part
        for part in (
            f"**Probability of a true, selective {'dependency' if kind == 'gene' else 'sensitivity'}: {probability}**",
            interval,
            badge,
        )
        if part
    )
)

for text in in_words_beside(row, kind):
    st.markdown(text)
other_side_links(model, name)
if scored.pilot is not None and row.get("moved_by"):
    st.markdown(f"**Moved by the pilot**, from {row['predicted_before']:.2f}: {plain(row['moved_by'])}")

lines = panel_lines(model, name)
st.subheader("Among the panel's lines, by lineage")
st.caption(
    "Each dot is a screened line as predicted by the models that had not seen it; the orange line is this sample."
    " Compare predictions with predictions: they are narrower than measurements."
)
plot(
    panel_position(lines, scored.sample, float(row["predicted"]), score),
    "position",
    f"{name}: this sample among the panel's lines",
    scored,
)

left, right = st.columns(2)
with left:
    st.subheader("Measured against predicted")
    figure = measured_against_predicted(lines, float(row["predicted"]), score)
    plot(figure, "measured", f"{name}: measured against out-of-fold prediction", scored)
with right:
    st.subheader("Nearest screened lines")
    number = st.column_config.NumberColumn
    draw_table(
        with_measured(scored.passport.nearest, lines),
        key="one_nearest",
        column_config={
            "correlation": number("Correlation of expression", format="%.2f"),
            "measured": number(f"Measured {score.title}", format="%.2f"),
            "out_of_fold": number("Predicted, out of fold", format="%.2f"),
        },
    )
    st.subheader("Members")
    members, alone = members_of(model, scored, name).to_frame(), (scored.before_pilot or scored).table
    plot(
        member_strips(members, alone["predicted"], score, layer_titles(model.recipe)),
        "one_members",
        f"{name}: predictions of every member",
        scored,
    )

codependency_card(model, name)
biomarker_card(model, scored, name)
