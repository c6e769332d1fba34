"""The demo's sample files, and the way from a button to a ranked list of one."""

from __future__ import annotations

import streamlit as st

from leap_core.run.places import data_folder
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES
from pages.shared.models import readable_models
from pages.shared.session import session
from pages.shared.uploads import take_files

DEMO_FOLDER = data_folder() / "demo"
HELD_OUT, PAIR, SCREEN = "heldout_melanoma.csv", "parent_and_resistant.csv", "heldout_melanoma_screen.csv"
DEMO_FILES = {
    "Held-out line (simulated melanoma)": HELD_OUT,
    "Unusual sample (simulated chordoma)": "unusual_sample.csv",
    "Broken file (a table of statistics)": "broken_statistics.csv",
}


def take_demo(file_name: str) -> None:
    """Callback: read a demo file as if it had been uploaded."""
    take_files(((file_name, (DEMO_FOLDER / file_name).read_bytes()),))


def demo_list_button() -> None:
    """One click to a ranked list of the demo's held-out line, by the demo's models."""
    if st.button(
        "See a demo list", type="primary", key="demo_list", icon=":material/play_arrow:", on_click=_choose_demo
    ):
        st.switch_page("pages/ranked.py")


def _choose_demo() -> None:
    _choose_models()
    take_demo(HELD_OUT)


def _choose_models() -> None:
    usable = readable_models()
    for kind, name in (("gene", DEMO_GENES), ("drug", DEMO_DRUGS)):
        if name in usable:
            session().models[kind] = name


def demo_pair_button() -> None:
    """One click to a parent and its resistant child, by the demo's models."""
    st.button(
        "Try a parent and its resistant child (simulated)",
        key="demo_pair",
        help="Takes the place of the files of this session; what you have picked stays with its sample",
        icon=":material/science:",
        on_click=_choose_pair,
    )


def demo_screen() -> tuple[str, bytes] | None:
    """The screen of the demo's held-out line, where that line is looked at and the visitor asks for it."""
    upload = session().upload
    if upload is None or upload.names not in (HELD_OUT, PAIR) or session().sample != "SIM-MEL-HELDOUT":
        return None
    taken = st.toggle("Take the demo's screen of this line (simulated)", key="demo_screen", persist_state="session")
    return (SCREEN, (DEMO_FOLDER / SCREEN).read_bytes()) if taken else None


def _choose_pair() -> None:
    _choose_models()
    take_demo(PAIR)
