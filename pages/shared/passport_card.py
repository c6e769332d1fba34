"""The input passport of one sample and one model, as the upload page shows it."""

from __future__ import annotations

import math
from functools import partial

import pandas as pd
import streamlit as st

from leap_core.passport.findings import TISSUE
from leap_core.passport.passport import Passport
from leap_core.passport.text import passports_json
from leap_core.report.csv import file_part
from leap_core.report.figures.passport import panel_map
from leap_core.report.lists import lines
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample, map_lines, measured_of_line
from pages.shared.export_button import export_button
from pages.shared.plots import plot
from pages.shared.session import session
from pages.shared.tables import draw_table
from pages.shared.text import Markdown, plain

_LIGHTS = {
    "green": ("success", ":material/check_circle:", "Green: nothing speaks against scoring this sample."),
    "amber": ("warning", ":material/warning:", "Amber: read the ranking with care."),
    "red": (
        "error",
        ":material/dangerous:",
        "Red: whatever is predicted may be worth nothing; every page and export is stamped.",
    ),
}


def passport_card(kind: str, model: Model, scored: ScoredSample) -> None:
    """Draw the passport: light and reasons, cards, map and nearest lines, identity, what the classes are worth."""
    passport = scored.passport
    box, icon, text = _LIGHTS[passport.light]
    reasons = "".join(
        f"\n- {'**red** ' if finding.level == 'red' else ''}{plain(finding.text)}" for finding in passport.findings
    )
    message = f"**{text}**{reasons}"
    getattr(st, box)(message, icon=icon)
    _cards(passport)
    if passport.same_line is not None:
        _same_line(kind, model, passport)
    left, right = st.columns([3, 2])
    with left:
        figure = panel_map(map_lines(model), passport.sample, passport.position, passport.nearest.index.tolist())
        title = "The sample among the screened lines, first two principal components of expression"
        plot(figure, f"map_{kind}", title, scored)
    with right:
        _nearest(kind, passport)
    _worth(kind, passport)
    _files(kind, model, scored)


def _nearest(kind: str, passport: Passport) -> None:
    """The most similar lines, and what was read."""
    st.caption("Most similar screened lines (correlation of standardised expression)")
    correlation = st.column_config.NumberColumn("Correlation", format="%.2f", width="small")
    draw_table(
        passport.nearest,
        key=f"nearest_{kind}",
        hide_index=True,
        column_config={"name": "Line", "lineage": "Lineage", "correlation": correlation},
    )
    for note in passport.notes:
        st.caption(f"- {plain(note)}")
    st.caption(f"- sex chromosomes: {plain(passport.sanity.sex)}")


def _files(kind: str, model: Model, scored: ScoredSample) -> None:
    """The genes that are missing, and the passport, as files."""
    missing, passport, profiles = scored.checked.missing_genes, scored.passport, session().profiles
    assert profiles is not None
    with st.container(horizontal=True):
        if missing:
            export_button(
                f"List of the {len(missing):,} missing genes",
                partial(lines, missing),
                "missing genes (txt)",
                model,
                file_name="missing_genes.txt",
                key=f"missing_{kind}",
                mime="text/plain",
            )
        export_button(
            "Passport (JSON)",
            lambda: passports_json(profiles, [passport], {}),
            "passport (json)",
            model,
            file_name=f"{file_part(passport.sample)}_passport.json",
            key=f"passport_{kind}",
            mime="application/json",
        )


def _cards(passport: Passport) -> None:
    cards = st.columns(4)
    cards[0].metric(
        "Kinship to the panel",
        plain(passport.familiarity),
        f"distance percentile {passport.percentiles.kinship:.0f}",
        delta_color="off",
        border=True,
        delta_arrow="off",
        help=plain(passport.verdict[0].upper() + passport.verdict[1:]),
    )
    cards[1].metric(
        "Coverage",
        f"{passport.coverage:.0%}",
        f"{passport.missing:,} genes missing",
        delta_color="off",
        delta_arrow="off",
        border=True,
        help="Share of the model's genes that the file holds; the others take the training mean",
    )
    guess = passport.lineages
    sure = passport.lineage is not None
    cards[2].metric(
        "Lineage guess",
        plain(guess.index[0]) if sure else "unclear",
        (
            (f"probability {guess.iloc[0]:.0%}" if sure else f"{plain(guess.index[0])} {guess.iloc[0]:.0%}")
            if len(guess)
            else "not told"
        ),
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=_guess_in_words(passport),
    )
    proliferation = passport.sanity.proliferation
    cards[3].metric(
        "Proliferation",
        f"{proliferation:.0f}" if math.isfinite(proliferation) else "not told",
        "percentile of the panel",
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=(
            f"Mean of {passport.sanity.markers:d} cell-cycle genes among the panel's lines. Very low: tissue, or"
            " arrested"
            " cells"
        ),
    )


def _guess_in_words(passport: Passport) -> Markdown:
    if not len(passport.lineages):
        return "The panel has no lineages to tell apart"
    first = ", ".join(f"{plain(name)} {value:.0%}" for name, value in passport.lineages.head(3).items())
    return (
        f"{first}. The first guess was right for {passport.lineage_accuracy:.0%} of held-out lines; for samples from"
        " another platform it is not reliable"
    )


def _same_line(kind: str, model: Model, passport: Passport) -> None:
    same_line = passport.same_line
    assert same_line is not None
    st.info(
        f"**{plain(same_line.sentence[0].upper() + same_line.sentence[1:])}.** Predictions for a screened line"
        " are no test of"
        " the model.",
        icon=":material/fingerprint:",
    )
    if same_line.study:
        return
    number = st.column_config.NumberColumn
    with st.expander(f"What was measured of {plain(same_line.name)}: the strongest 20 relative to the panel"):
        draw_table(
            measured_of_line(model, same_line.line),
            key=f"identity_{kind}",
            column_config={
                "measured": number(f"Measured {model.panel.score.title}", format="%.2f"),
                "panel_mean": number("Panel mean", format="%.2f"),
                "out_of_fold": number("Predicted without having seen the line", format="%.2f"),
            },
        )


def _worth(kind: str, passport: Passport) -> None:
    with st.expander("What familiar, unusual and outside are worth"):
        st.markdown(
            f"This sample is **{plain(passport.familiarity)}**."
            f" {plain(passport.verdict[0].upper() + passport.verdict[1:])}."
        )
        st.caption(f"{TISSUE}.")
        errors = passport.class_errors
        if errors is None:
            st.caption("Accuracy was not measured for this model.")
            return
        tables = {
            "kinship, held-out lines": errors.kinship,
            "kinship, whole lineage left out": errors.without_lineage,
            "shift, held-out lines": errors.shift,
        }
        table = pd.concat(
            {name: part for name, part in tables.items() if part is not None}, names=["distance", "class"]
        ).reset_index()
        number = st.column_config.NumberColumn
        draw_table(
            table,
            key=f"worth_{kind}",
            hide_index=True,
            column_config={
                "lines": number("Lines"),
                "error": number(
                    "Prediction error (SD)", format="%.2f", help="Root mean square over perturbations and lines"
                ),
                "error_low": number("95 % from", format="%.2f"),
                "error_high": number("to", format="%.2f"),
                "error_of_mean": number(
                    "Error of the panel's mean",
                    format="%.2f",
                    help="What predicting every line by the panel's mean gives",
                ),
            },
        )
        st.caption(
            "Kinship: how far the nearest lines are among the panel's principal components. Shift: how far all numbers"
            " are moved. Familiar: below the 80th percentile of the panel's own distances; outside: above 95."
            " Intervals: patients resampled."
        )
