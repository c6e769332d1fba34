"""Tables that the user puts beside the models: drugs and their targets, common essentials."""

from __future__ import annotations

import streamlit as st

from leap_core.errors import LeapError
from leap_core.io.shipped import shipped_gene_sets
from leap_core.services.models import reference_of
from pages.shared.models import store
from pages.shared.text import plain

_EXPECTED = (
    "GDSC's list of compounds, PRISM's `PortalCompounds.csv`, DGIdb's `interactions.tsv`, or your own: a column of drug"
    " names, and any of targets (or gene), pathway, approved (yes or no)"
)


def reference_tables() -> None:
    """List what is there; add, fetch, delete."""
    if said := st.session_state.pop("reference_said", None):
        (st.error if said[0] else st.success)(
            plain(said[1]), icon=":material/block:" if said[0] else ":material/check:"
        )
    left, middle, right = st.columns(3)
    with left.container(border=True, height="stretch"):
        _drugs()
    with middle.container(border=True, height="stretch"):
        _essentials()
    with right.container(border=True, height="stretch"):
        _gene_sets()


def _drugs() -> None:
    reference = reference_of(store())
    st.markdown("**Drugs and their targets**")
    st.caption(
        "Give targets, pathway and approval to drugs, approved drugs to genes, and let a gene and a drug model check"
        f" each other. {_EXPECTED}."
    )
    for record in reference.drug_shelf.records():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{record['name']} · {int(record['drugs']):,} drugs · {record['fetched'][:10]}")
            st.button(
                "Delete",
                key=f"forget_drugs_{record['name']}",
                on_click=reference.drug_shelf.forget,
                args=(record["name"],),
                icon=":material/delete:",
            )
    file = st.file_uploader("A table of drugs", key="drug_table", max_upload_size=200)
    with st.container(horizontal=True):
        if (
            st.button("Keep this table", key="keep_drugs", disabled=file is None, icon=":material/save:")
            and file is not None
        ):
            _try(lambda: _said_of_drugs(reference.keep_drugs(file.getvalue(), file.name)))
        if st.button("Fetch DGIdb's interactions", key="fetch_drugs", icon=":material/download:"):
            with st.spinner("Fetching"):
                _try(lambda: _said_of_drugs(reference.fetch_drugs()))


def _essentials() -> None:
    reference = reference_of(store())
    record, _ = reference.essentials()
    st.markdown("**Common essential genes**")
    st.caption(
        "Genes on this list count as common essential in every gene model, beside what the panel's own rule finds;"
        " relative RNAi has no rule of its own. DepMap's common essentials, CEGv2, or one gene a line."
    )
    if record:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{record['name']} · {int(record['genes']):,} genes · {record['fetched'][:10]}")
            st.button("Delete", key="forget_essentials", on_click=reference.forget_essentials, icon=":material/delete:")
    file = st.file_uploader("A list of genes", key="essentials_list", max_upload_size=5)
    if (
        st.button("Keep this list", key="keep_essentials", disabled=file is None, icon=":material/save:")
        and file is not None
    ):
        _try(
            lambda: (
                f"{reference.keep_essentials(file.getvalue(), file.name)['genes']} genes of {file.name} count as common"
                " essential."
            )
        )


def _gene_sets() -> None:
    reference = reference_of(store())
    st.markdown("**Gene sets**")
    st.caption(
        f"For the page Pathways: {plain(' and '.join(shipped_gene_sets()))} come with the program. Any GMT or GMX file,"
        " for example MSigDB's, stands beside them, or the hallmarks as Enrichr serves them."
    )
    for record in reference.gene_set_shelf.records():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{record['name']} · {int(record['sets']):,} sets · {record['fetched'][:10]}")
            st.button(
                "Delete",
                key=f"forget_sets_{record['name']}",
                on_click=reference.gene_set_shelf.forget,
                args=(record["name"],),
                icon=":material/delete:",
            )
    file = st.file_uploader("A file of gene sets (GMT, GMX, JSON, a table)", key="gmt_file", max_upload_size=50)
    with st.container(horizontal=True):
        if (
            st.button("Keep these sets", key="keep_sets", disabled=file is None, icon=":material/save:")
            and file is not None
        ):
            _try(
                lambda: (
                    f"{reference.keep_gene_sets(file.getvalue(), file.name)['sets']} gene sets of {file.name} are known"
                    " now."
                )
            )
        if st.button("Fetch the hallmarks", key="fetch_sets", icon=":material/download:"):
            with st.spinner("Fetching"):
                _try(lambda: f"{reference.fetch_gene_sets()['sets']} gene sets are known now.")


def _said_of_drugs(record: dict[str, str]) -> str:
    return f"{int(record['drugs']):,} drugs of {record['name']} are known now."


def _try(action) -> None:  # type: ignore[no-untyped-def]
    """Do it, and say on the page drawn next what came of it."""
    try:
        st.session_state["reference_said"] = (False, action())
    except LeapError as error:
        st.session_state["reference_said"] = (True, str(error))
    st.rerun()
