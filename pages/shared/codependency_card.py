"""Rows that go together with one row, and the way to the other side: from a gene to its drugs, and back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from leap_core.services.models import Model
from leap_core.services.scoring import codependencies_of, other_side_of
from pages.shared.models import open_model, store, supplied_tables
from pages.shared.rows import table_of_rows
from pages.shared.session import KINDS, chosen_model
from pages.shared.text import plain


def codependency_card(model: Model, name: str) -> None:
    """The rows whose residuals go most with this one's."""
    kind = model.panel.score.kind
    st.subheader("What goes together with it")
    if model.table.loc[name, "status"] != "ok":
        st.caption("Of a row that could not be learnt no residuals are known.")
        return
    number = st.column_config.NumberColumn
    table_of_rows(
        _together(str(store().home), model.key, name, model),
        kind,
        "together",
        column_config={
            "residuals": number(
                "Residuals",
                format="%.2f",
                help="Correlation over the panel's lines of what was measured less what was predicted: what two rows"
                " share beyond what expression tells of them",
            ),
            "low": number("95 % from", format="%.2f", help="Patients resampled"),
            "high": number("to", format="%.2f"),
            "scores": number("Measured scores", format="%.2f", help="Correlation of what was measured"),
            "scores_low": number("95 % from", format="%.2f"),
            "scores_high": number("to", format="%.2f"),
            "lines": number("Lines"),
        },
    )
    st.caption(
        "The ten strongest of all rows of the model: chosen as the strongest, their correlations are somewhat too"
        " large, which the intervals do not say. A pilot learns from these (page Pilot)."
    )


@st.cache_data(max_entries=500, show_spinner=False)
def _together(home: str, key: str, name: str, _model: Model) -> pd.DataFrame:
    """What goes together with a row, counted once: it is the panel's alone."""
    return codependencies_of(_model, name).round(2)


def other_side_links(model: Model, name: str) -> None:
    """Links to the drugs against a gene, or to the targets of a drug, in the other model."""
    kind = model.panel.score.kind
    other = "drug" if kind == "gene" else "gene"
    chosen = chosen_model(other)
    if chosen is None:
        return
    names = other_side_of(model, open_model(chosen), name, supplied_tables())
    if not names:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Drugs against it:**" if kind == "gene" else "**Its targets:**", width="content")
        for one in names:
            st.page_link(
                "pages/one_perturbation.py",
                label=plain(one),
                icon=":material/arrow_forward:",
                query_params={"name": one, "kind": other},
                help=f"To the model of {KINDS[other].lower()}",
                width="content",
            )
