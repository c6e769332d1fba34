"""Compare samples: parent against resistant, mutant against wild type, replicates."""

from __future__ import annotations

import streamlit as st

from leap_core.errors import LeapError
from leap_core.ranking.comparison import z_table
from leap_core.report.cells import neutralised
from leap_core.report.figures.comparison import against, heat_map
from leap_core.services.scoring import compare_samples
from pages.shared.demo_samples import demo_pair_button
from pages.shared.downloads import comparison_button
from pages.shared.header import choose_kind, header, scored_without_pilot_or_stop
from pages.shared.line_groups import lines_section
from pages.shared.plots import plot
from pages.shared.rows import plot_of_rows, table_of_rows
from pages.shared.session import KINDS, session
from pages.shared.text import plain

_MAX_SAMPLES = 30

header(
    "compare",
    "Compare samples",
    "What two samples, or many, differ in by the model. Predicted differences, hypotheses to test.",
)
kind = choose_kind("compare_kind")
model, scored = scored_without_pilot_or_stop(kind)
profiles = session().profiles
assert profiles is not None
if len(profiles.samples) < 2:
    st.info(
        "This upload has one sample. Upload a table with several, or several files at once, to compare samples.",
        icon=":material/upload_file:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("pages/upload.py", label="Go to Upload and check", icon=":material/arrow_forward:")
        demo_pair_button()
    lines_section(model, scored, kind)
    st.stop()

left, right = st.columns(2)
base = left.selectbox(
    "Base (for example the parent line)", profiles.samples, key="compare_base", persist_state="session"
)
other = right.selectbox(
    "Compared with it",
    [name for name in profiles.samples if name != base],
    key="compare_other",
    persist_state="session",
)
try:
    one, two = session().score(model.name, base), session().score(model.name, other)
except LeapError as error:
    st.error(plain(error), icon=":material/block:")
    st.stop()
table = compare_samples(model, one, two)
sure = table[table["call"] != ""]
st.markdown(
    f"**{len(sure):,} of {len(table):,} {KINDS[kind].lower()} differ beyond the 80 % interval**:"
    f" {int((sure['call'] == 'gained').sum()):,} gained in {plain(other)},"
    f" {int((sure['call'] == 'lost').sum()):,} lost."
)
adjective = model.panel.score.adjective
st.caption(
    "The interval is how far measured differences of random pairs of screened lines lay from predicted ones; samples"
    " of one origin share much of their error, so it is too wide for them."
)
st.caption(
    f"Gained: more {adjective} in {plain(other)}; lost: less so, which may still be {adjective}. Differences are in the"
    f" unit of the score ({model.panel.score.direction}); a change of z is positive where {plain(other)} is more"
    f" {adjective}."
)
number = st.column_config.NumberColumn
table_of_rows(
    table,
    kind,
    "compare",
    height=380,
    column_order=[
        "base",
        "other",
        "difference",
        "difference_low",
        "difference_high",
        "members_agree",
        "gained",
        "call",
        "accuracy",
    ],
    column_config={
        "base": number(neutralised(base), format="%.2f"),
        "other": number(neutralised(other), format="%.2f"),
        "difference": number("Difference", format="%.2f", help=f"{plain(other)} minus {plain(base)}"),
        "difference_low": number("80 % from", format="%.2f"),
        "difference_high": number("to", format="%.2f"),
        "members_agree": number(
            "Members that agree", format="percent", help="Share of members with the ensemble's sign of the difference"
        ),
        "gained": number(
            "Change of z", format="%.1f", help=f"Positive = more {model.panel.score.adjective} in {plain(other)}"
        ),
        "call": st.column_config.TextColumn("Call"),
        "accuracy": number("Accuracy on unseen lines", format="%.2f"),
    },
)
words = f"{other} compared with {base}, largest change of z first"
comparison_button(model, two, table, words, f"{other}-against-{base}", "compare_csv")
plot_of_rows(
    against(table, base, other, model.panel.score), f"against_{kind}", f"{other} against {base}", two, table.index
)

st.subheader("All samples")
several = st.multiselect(
    "Samples",
    profiles.samples,
    default=profiles.samples[:_MAX_SAMPLES],
    key=f"compare_several_{session().upload_id[:8]}",
    max_selections=_MAX_SAMPLES,
)
tables = {}
for name in several:
    try:
        tables[name] = session().score(model.name, name).table
    except LeapError as error:
        st.caption(plain(f"{name} cannot be scored: {error}"))
if len(tables) > 1:
    rows = st.slider("Rows that differ most", 5, 60, 25, key="compare_rows", persist_state="session")
    plot(
        heat_map(z_table(tables, rows), model.panel.score.adjective),
        f"heat_{kind}",
        "Robust z of the samples for the rows that differ most",
        two,
    )
lines_section(model, scored, kind)
