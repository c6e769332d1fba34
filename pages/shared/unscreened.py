"""The section of perturbations that nobody has screened."""

from __future__ import annotations

import streamlit as st

from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample
from leap_core.services.unscreened import NOTICE, ROWS_IN_WORDS, has_unscreened, unscreened_table
from pages.shared.downloads import download_button, export_of
from pages.shared.tables import draw_table
from pages.shared.text import plain

_SHOWN = 200


def unscreened_section(model: Model, scored: ScoredSample) -> None:
    """What a pan-perturbation model says of perturbations that were never screened; nothing for other models."""
    if not has_unscreened(model):
        return
    score = model.panel.score
    table = unscreened_table(model, scored)
    with st.expander(
        f"Never screened: {len(table):,} {score.noun}, by their fingerprints alone", icon=":material/help:"
    ):
        st.warning(NOTICE, icon=":material/warning:")
        fingerprints = model.panel.fingerprints
        st.caption(
            f"Fingerprints: {plain(fingerprints.source) if fingerprints is not None else ''}. Ordered by the"
            " difference from"
            f" the mean that the fingerprint promises ({score.direction}). How well this does on perturbations that"
            " were held out: task unseen-perturbations of the Accuracy atlas."
        )
        number = st.column_config.NumberColumn
        draw_table(
            table.head(_SHOWN),
            key=f"unscreened_{score.kind}",
            height=320,
            column_config={
                "perturbation": "Never screened",
                "predicted": number(f"Predicted {score.title}", format="%.2f"),
                "expected_mean": number("Mean by fingerprint", format="%.2f"),
                "difference": number("Difference", format="%.2f"),
                "most_similar": "Most similar screened",
                "similarity": number("Similarity", format="%.2f", help="Cosine of the fingerprints; 1 = the same"),
            },
        )
        if len(table) > _SHOWN:
            st.caption(f"The first {_SHOWN} of {len(table):,}; the file has all.")
        words = f"{len(table):,} {ROWS_IN_WORDS.format(score.noun)}"
        export = export_of(model, scored, table, words, "never-screened")
        download_button(export, "csv", key="unscreened_csv")
