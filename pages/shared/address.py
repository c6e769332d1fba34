"""The address of a page names what is looked at: models, sample, gene or drug, and the view of the ranked list.

Opened elsewhere it leads to the same place, or the page says what is missing there and where to give it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import streamlit as st

from leap_core.errors import UserError
from leap_core.ranking.hit_table import ORDERS, View
from leap_core.ranking.priority import COMPONENTS, Weights
from pages.shared.model_choice import keep_apart
from pages.shared.models import models_of, open_model
from pages.shared.session import KINDS, chosen_model, session
from pages.shared.text import plain
from pages.shared.view import first_view, set_view, stored_view

_PAGE, _MISSING, _SAMPLE, _NAME = "address_page", "address_missing", "address_sample", "address_name"
_ARRIVED = "address_arrived"
# Pages whose address says nothing of what is looked at.
_ABOUT_NOTHING = {"start", "glossary", "training"}
# Where a page's own choice of a gene or drug is kept, before the kind.
_CHOICES = {"one_perturbation": "one_", "pathways": "pathways_"}
_MODELS = {"gene": "genes", "drug": "drugs"}
# Beyond any name; an address may be made by anyone.
_LONGEST = 500


@dataclass(frozen=True)
class Place:
    """What an address names.

    Attributes
    ----------
    kind
        ``gene`` or ``drug``.
    models
        Name of the model of each kind.
    sample, name
        The sample, and the gene or drug.
    view
        What the ranked list is said to differ in from how it is at first, as in the address.
    """

    kind: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    sample: str | None = None
    name: str | None = None
    view: Mapping[str, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, str]:
        """The part of an address behind the question mark."""
        named = {"kind": self.kind, "sample": self.sample, "name": self.name}
        models = {_MODELS[kind]: name for kind, name in self.models.items()}
        return {**models, **{key: value for key, value in named.items() if value is not None}, **self.view}


def read_place(parameters: Mapping[str, str]) -> Place:
    """What the parameters of an address name; what is nothing of ours is left out."""
    given = {key: value for key, value in parameters.items() if len(value) <= _LONGEST}
    kind = given.get("kind")
    return Place(
        kind if kind in KINDS else None,
        {part: given[key] for part, key in _MODELS.items() if key in given},
        given.get("sample"),
        given.get("name"),
        {key: value for key, value in given.items() if key in _VIEW},
    )


def view_parameters(view: View, first: View) -> dict[str, str]:
    """What a view differs in from the first one, as parameters of an address."""
    weights = {} if view.weights is None else view.weights.as_dict()
    said = {
        "order": view.order,
        "search": view.search,
        "probability": f"{100 * view.minimum_probability:.0f}",
        "accuracy": "any" if view.minimum_accuracy is None else f"{view.minimum_accuracy:g}",
        "common": "hidden" if view.hide_common_essential else "shown",
        "silent": "hidden" if view.hide_not_expressed else "shown",
        "apart": "any" if view.maximum_disagreement is None else f"{view.maximum_disagreement:.0f}",
        "weights": "-".join(f"{value:.0f}" for value in weights.values()),
    }
    return {key: value for key, value in said.items() if getattr(view, _VIEW[key]) != getattr(first, _VIEW[key])}


_VIEW = {
    "order": "order",
    "search": "search",
    "probability": "minimum_probability",
    "accuracy": "minimum_accuracy",
    "common": "hide_common_essential",
    "silent": "hide_not_expressed",
    "apart": "maximum_disagreement",
    "weights": "weights",
}


def read_view(parameters: Mapping[str, str], first: View) -> View:
    """The view that an address names.

    Raises
    ------
    UserError
        If a parameter is none that a view can have.
    """
    values = {name: getattr(first, name) for name in _VIEW.values()}
    for key, text in parameters.items():
        try:
            values[_VIEW[key]] = _value(key, text)
        except ValueError as error:
            raise UserError(f"The address says {key}={text}, which the list cannot show.") from error
    return View(**values)


def _value(key: str, text: str) -> object:
    if key == "search":
        return text
    if key == "order" and text in ORDERS:
        return text
    if key in ("common", "silent") and text in ("hidden", "shown"):
        return text == "hidden"
    if key == "accuracy":
        return None if text == "any" else _within(float(text), -1.0, 1.0)
    if key == "apart":
        return None if text == "any" else float(_within(int(text), 0, 100))
    if key == "probability":
        return _within(int(text), 0, 100) / 100.0
    if key == "weights":
        parts = [int(part) for part in text.split("-")]
        with contextlib.suppress(UserError):
            return Weights(**dict(zip(COMPONENTS, parts, strict=True)))
    raise ValueError(text)


def _within(value: float, low: float, high: float) -> float:
    # What is no number is not between them.
    if low <= value <= high:
        return value
    raise ValueError(value)


def follow_address(page: str) -> None:
    """Go where the address says when a page has been opened by it; at every run, before anything is drawn.

    Within a page the address follows what is chosen, never the other way round: it may lag behind a click.

    Parameters
    ----------
    page
        How addresses name the page.
    """
    state = st.session_state
    if state.get(_PAGE) == page:
        return
    place = read_place(st.query_params.to_dict())
    if page != "upload" or place.parameters():
        for key in (_MISSING, _SAMPLE, _NAME):
            state.pop(key, None)
    if page not in _ABOUT_NOTHING and place.parameters():
        state[_MISSING] = list(_go(page, place))
    # Last: a run that a click breaks off before it has followed leaves this to the next one.
    state[_PAGE], state[_ARRIVED] = page, True


def _go(page: str, place: Place) -> list[str]:
    """Choose what a place names; what is not here, in words."""
    missing, profiles = [], session().profiles
    if place.kind is not None:
        session().kind = place.kind
    for kind, name in place.models.items():
        if name in models_of(kind):
            session().models[kind] = name
        else:
            missing.append(f"The address names a model that is not here: {name}. Train it, or go on with another.")
    keep_apart(place.kind or next(iter(place.models), None))
    st.session_state[_NAME] = place.name
    if place.sample is not None:
        if profiles is not None and place.sample in profiles.samples:
            session().sample = place.sample
        else:
            st.session_state[_SAMPLE] = page, place
    # A link from page to page names no sample, and leaves the list as the user has it.
    if page == "ranked" and (place.sample is not None or place.view):
        try:
            _show_view(place)
        except UserError as error:
            missing.append(str(error))
    return missing


def _show_view(place: Place) -> None:
    kind = session().kind
    if (name := chosen_model(kind)) is not None:
        model = open_model(name)
        set_view(read_view(place.view, first_view(model, kind)), kind, model)


def write_address() -> None:
    """Let the address name what is looked at now, unless it names a sample that is still to be given.

    Not while a page is being opened: a browser may take that for the address of the page that it comes from.
    """
    if not st.session_state[_ARRIVED]:
        _write()


def write_address_of_arrival() -> None:
    """Let the address of a page that has just been opened name what is looked at, once it has been drawn."""
    if st.session_state.get(_ARRIVED):
        st.session_state[_ARRIVED] = False
        _write()


def _write() -> None:
    page = st.session_state[_PAGE]
    if page in _ABOUT_NOTHING or asked_sample() is not None:
        return
    state = session()
    models = {kind: name for kind in KINDS if (name := chosen_model(kind)) is not None}
    name, view = None, {}
    if page in _CHOICES:
        name = st.session_state.get(_NAME) or st.session_state.get(f"{_CHOICES[page]}{state.kind}")
    if page == "ranked" and state.kind in models:
        model = open_model(models[state.kind])
        view = view_parameters(stored_view(model, state.kind), first_view(model, state.kind))
    place = Place(state.kind, models, state.sample, name, view)
    if (parameters := place.parameters()) != st.query_params.to_dict():
        st.query_params.from_dict(parameters)


def say_what_is_missing() -> None:
    """What the address named and is not here."""
    for text in st.session_state.get(_MISSING, []):
        st.warning(plain(text), icon=":material/link_off:")


def take_asked_name(key: str, names: Collection[str], model: str) -> None:
    """Choose the gene or drug that the address names, or say that the model has none of that name."""
    name = st.session_state.pop(_NAME, None)
    if name in names:
        st.session_state[key] = name
    elif name is not None:
        st.warning(f"The address names {plain(name)}, which {plain(model)} does not have.", icon=":material/link_off:")


def asked_sample() -> str | None:
    """The sample that the address names and that the session does not have."""
    place = st.session_state.get(_SAMPLE)
    return None if place is None else place[1].sample


def stop_for_the_sample() -> None:
    """Where the address is of a sample that is not here: ask for its files, or to go on with the one that is."""
    sample, own = asked_sample(), session().sample
    if sample is None:
        return
    st.info(
        f"This address is of the sample **{plain(sample)}**, whose files are not in this session. Upload them, and you"
        " come back to this place.",
        icon=":material/upload_file:",
    )
    st.page_link("pages/upload.py", label="Go to Upload and check", icon=":material/arrow_forward:")
    if own is not None:
        st.button(f"Look at {plain(own)} instead", key="address_own", on_click=_forget_sample)
    st.stop()


def _forget_sample() -> None:
    st.session_state.pop(_SAMPLE, None)


def back_to_the_place() -> None:
    """On the page of uploads: go where an address led, as soon as its sample is there; until then say which it is."""
    sought, profiles = st.session_state.get(_SAMPLE), session().profiles
    if sought is None:
        return
    page, place = sought
    if profiles is not None and place.sample in profiles.samples:
        _forget_sample()
        if page != "upload":
            st.switch_page(f"pages/{page}.py", query_params=place.parameters())
        session().sample = place.sample
        return
    st.info(f"Wanted: the sample **{plain(place.sample)}**, which the address names.", icon=":material/link:")
