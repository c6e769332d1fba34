"""The controls of the ranked list: order and weights, filters with a reset, names to highlight."""

from __future__ import annotations

import contextlib
import re

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from leap_core.errors import UserError
from leap_core.panel.scores import SCORE_TYPES
from leap_core.ranking.hit_table import ORDERS, View
from leap_core.ranking.priority import COMPONENTS, DEFAULT, PRESETS, Weights
from leap_core.services.models import Model
from pages.shared.text import plain

OWN = "My own weights"
# Points of percentile that studies can be apart.
_FURTHEST = 100
_AT_FIRST = {
    "ranked_order": DEFAULT,
    "ranked_highlight": "",
    "ranked_probability": 0,
    "ranked_all": False,
    "ranked_hide": True,
    "ranked_expressed": False,
    "ranked_search": "",
    "ranked_apart": _FURTHEST,
}
SCORE_CUTS = {score.metric: score.accuracy_cut for score in SCORE_TYPES.values()}


def order_and_filters(model: Model, kind: str, bar: DeltaGenerator) -> View:
    """Draw the controls into a row of the page and return the view that they describe."""
    with bar:
        order = st.selectbox(
            "Order",
            [*ORDERS, OWN],
            key="ranked_order",
            persist_state="session",
            width=230,
            help="\n".join(f"- **{name}**: {words}" for name, words in ORDERS.items()),
        )
        search = st.text_input(
            "Search", key="ranked_search", placeholder="name, target, pathway", persist_state="session", width=190
        )
        with st.popover("Filters", icon=":material/filter_list:", key="ranked_filters"):
            cut, probability = _least(model)
            apart = _furthest_apart() if model.studies else None
            hide, silent = _filters_of_genes(model) if kind == "gene" else (False, False)
        st.button("Reset", key="ranked_reset", on_click=reset_filters, icon=":material/restart_alt:")
    weights = _own_weights() if order == OWN else None
    shown = DEFAULT if order == OWN else order
    return View(shown, cut, hide, search or "", probability / 100.0, silent, weights, apart)


def _least(model: Model) -> tuple[float | None, int]:
    """Least accuracy and probability (%) of a row."""
    score, cut = model.panel.score, None
    if model.accuracy_measured:
        cut = st.number_input(
            f"Accuracy, at least ({'AUROC' if score.binary else 'Spearman'})",
            -1.0,
            1.0,
            score.accuracy_cut,
            0.05,
            key=f"ranked_cut_{score.metric}",
            persist_state="session",
        )
        if st.checkbox("Show below the accuracy cut", key="ranked_all", persist_state="session"):
            cut = None
    probability = st.number_input(
        "Probability, at least (%)", 0, 100, 0, 5, key="ranked_probability", persist_state="session"
    )
    return cut, probability


def _furthest_apart() -> float | None:
    """Points of percentile that the studies may differ by; None for any."""
    apart = st.number_input(
        "Studies apart, at most (points)",
        0,
        _FURTHEST,
        _FURTHEST,
        5,
        key="ranked_apart",
        help="How far the studies' predictions of a row may lie apart, in percentiles; rows of one study stay",
        persist_state="session",
    )
    return None if apart == _FURTHEST else float(apart)


def _filters_of_genes(model: Model) -> tuple[bool, bool]:
    """Whether common essentials, and genes that the sample does not express, are hidden."""
    hide = st.checkbox(
        "Hide common essentials",
        True,
        key="ranked_hide",
        help=plain(model.common_essential_rule),
        persist_state="session",
    )
    silent = st.checkbox("Hide genes that are not expressed here", key="ranked_expressed", persist_state="session")
    return hide, silent


def stored_view(model: Model, kind: str) -> View:
    """The view of the ranked page as it was left, for exports in the same order."""
    score, state = model.panel.score, st.session_state
    cut = (
        None
        if not model.accuracy_measured or state.get("ranked_all")
        else state.get(f"ranked_cut_{score.metric}", score.accuracy_cut)
    )
    order = state.get("ranked_order", DEFAULT)
    weights = None
    if order == OWN:
        start = PRESETS[DEFAULT].as_dict()
        with contextlib.suppress(UserError):
            weights = Weights(**{name: state.get(f"weight_{name}", start[name]) for name in COMPONENTS})
    apart = state.get("ranked_apart", _FURTHEST) if model.studies else _FURTHEST
    return View(
        DEFAULT if order == OWN else order,
        cut,
        kind == "gene" and state.get("ranked_hide", True),
        state.get("ranked_search") or "",
        (state.get("ranked_probability") or 0) / 100.0,
        kind == "gene" and bool(state.get("ranked_expressed")),
        weights,
        None if apart == _FURTHEST else float(apart),
    )


def first_view(model: Model, kind: str) -> View:
    """The view of the ranked page as it is at first."""
    return View(
        minimum_accuracy=model.panel.score.accuracy_cut if model.accuracy_measured else None,
        hide_common_essential=kind == "gene",
    )


def set_view(view: View, kind: str, model: Model) -> None:
    """Set the controls of the ranked page to a view, before they are drawn."""
    state = st.session_state
    state["ranked_order"] = OWN if view.weights is not None else view.order
    for name, weight in (view.weights.as_dict() if view.weights is not None else {}).items():
        state[f"weight_{name}"] = round(weight)
    state["ranked_search"], state["ranked_probability"] = view.search, round(100 * view.minimum_probability)
    apart = view.maximum_disagreement
    state["ranked_apart"] = _FURTHEST if apart is None else round(apart)
    # A view of drugs says nothing of the filters of genes.
    if kind == "gene":
        state["ranked_hide"], state["ranked_expressed"] = view.hide_common_essential, view.hide_not_expressed
    if model.accuracy_measured:
        metric = model.panel.score.metric
        state["ranked_all"] = view.minimum_accuracy is None
        state[f"ranked_cut_{metric}"] = SCORE_CUTS[metric] if view.minimum_accuracy is None else view.minimum_accuracy


def reset_filters() -> None:
    """Callback: order, weights, filters and highlighted names back to where they were at first."""
    for key in list(st.session_state):
        name = str(key)
        if name.startswith("ranked_cut_"):
            st.session_state[key] = SCORE_CUTS[name.removeprefix("ranked_cut_")]
        elif name in _AT_FIRST:
            st.session_state[key] = _AT_FIRST[name]
        elif name.startswith("weight_"):
            st.session_state[key] = int(PRESETS[DEFAULT].as_dict()[name.removeprefix("weight_")])


def weights_of(view: View) -> Weights | None:
    """Weights of the priority that a view is ordered by; None where it is ordered otherwise."""
    return view.weights or PRESETS.get(view.order)


def highlighted(names: list[str]) -> list[str]:
    """Ask for names to highlight, pasted from anywhere; return those that are there, and say which are not."""
    with st.expander("Highlight a list of names", icon=":material/highlight:"):
        text = (
            st.text_area(
                "Paste names: one a line, or separated by commas, semicolons, bars or tabs; genes also by blanks",
                key="ranked_highlight",
                persist_state="session",
                height=80,
            )
            or ""
        )
        by_upper = {name.upper(): name for name in names} if text.strip() else {}
        # Names of drugs have blanks in them: a line is taken apart at blanks only where it is no name as it stands.
        lines = [part.strip() for part in re.split(r"[\n\r\t,;|/]+", text) if part.strip()]
        asked = list(
            dict.fromkeys(name for line in lines for name in ([line] if line.upper() in by_upper else line.split()))
        )
        found = [by_upper[name.upper()] for name in asked if name.upper() in by_upper]
        missing = [name for name in asked if name.upper() not in by_upper]
        if asked:
            absent = f"; not there: {plain(', '.join(missing[:20]))}" if missing else ""
            st.caption(
                f"{len(found)} of {len(asked)} are in this model{absent}. Those that the filters leave are marked in"
                " the plot."
            )
    return found


def _own_weights() -> Weights | None:
    columns = st.columns(len(COMPONENTS))
    start = PRESETS[DEFAULT].as_dict()
    values = {
        name: column.number_input(
            f"Weight of {name} (%)",
            0,
            100,
            int(start[name]),
            5,
            key=f"weight_{name}",
            help=words,
            persist_state="session",
        )
        for column, (name, words) in zip(columns, COMPONENTS.items(), strict=True)
    }
    try:
        return Weights(**values)
    except UserError as error:
        st.warning(f"{plain(error)} Until then the default order is used.", icon=":material/balance:")
        return None
