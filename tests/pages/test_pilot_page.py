"""The page Pilot: a plate is chosen, measured, handed in, and everything follows until it is taken back."""

import numpy as np
import pandas as pd

from leap_core.services.demo import DEMO_DRUGS
from leap_core.services.models import load_model
from tests.pages.conftest import give, right, state, visit, with_sample, words


def test_the_demos_plate_is_measured_and_the_list_follows_until_it_is_taken_back(app):
    visit(with_sample(app), "pilot")
    assert not app.error and len(app.dataframe[0].value) == 20
    right(app.toggle(key="demo_screen").set_value(True).run())
    assert "**20** rows" in words(app)
    right(app.button(key="pilot_take").click().run())
    assert "20 measured rows" in words(app) and "probability of" in words(app)
    assert {"rank_before", "moved_by"} <= set(app.dataframe[1].value.columns)
    right(visit(app, "ranked"))
    assert "20 measured in the pilot" in words(app) and "moved_by" in app.dataframe[0].value
    assert any("after a pilot of 20" in text.value for text in app.markdown)
    visit(app, "pilot")
    right(app.button(key="pilot_away").click().run())
    visit(app, "ranked")
    assert "measured in the pilot" not in words(app) and not state(app).pilots


def test_a_plate_is_chosen_from_what_there_is_and_for_the_shortlist(app):
    visit(with_sample(app), "pilot")
    right(app.radio(key="pilot_source").set_value("A list of mine").run())
    assert any("Paste the genes" in note.value for note in app.info)
    right(app.text_area(key="pilot_mine_gene").set_value("SOX10, mitf; BRAF\nNRAS\nMAP2K1\nnobody").run())
    assert set(app.dataframe[0].value.index) == {"SOX10", "MITF", "BRAF", "NRAS", "MAP2K1"}
    assert "Not in this model: nobody" in words(app)
    right(app.radio(key="pilot_source").set_value("All, for what they tell of the shortlist").run())
    assert any("on the shortlist" in note.value for note in app.info)
    state(app).pick("gene", ["SOX10"])
    right(app.run())
    assert len(app.dataframe[0].value) == 20


def test_what_measuring_buys_is_tried_on_the_panels_lines(app):
    visit(with_sample(app), "pilot")
    right(app.segmented_control(key="pilot_kind").set_value("drug").run())
    right(app.button(key="pilot_try_drug").click().run())
    gains = app.session_state["pilot_gains"][1]
    assert gains.index.tolist() == [0, 5, 10, 20] and gains["accuracy"].iloc[-1] > gains["accuracy"].iloc[0]


def test_a_file_that_does_not_say_its_direction_is_asked_and_rounds_add_up(app, demo_store):
    visit(with_sample(app), "pilot")
    right(app.segmented_control(key="pilot_kind").set_value("drug").run())
    model = load_model(DEMO_DRUGS, demo_store)
    names = [str(name) for name in model.panel.response.columns]
    values = model.panel.response.mean().to_numpy() + np.linspace(-0.02, 0.02, len(names))
    table = pd.DataFrame({"drug": names, "my score": values})
    right(app.checkbox(key="pilot_unit").set_value(False).run())
    give(app, "pilot_file_drug", "first.csv", table[:12].to_csv(index=False).encode())
    assert app.selectbox(key="pilot_drug_direction")
    right(app.selectbox(key="pilot_drug_direction").select("higher").run())
    right(app.button(key="pilot_take").click().run())
    assert "in another unit than the panel's" in words(app)
    give(app, "pilot_file_drug", "second.csv", table[12:17].to_csv(index=False).encode())
    # What was answered of another file says nothing of this one.
    right(app.selectbox(key="pilot_drug_direction").select("higher").run())
    right(app.button(key="pilot_add").click().run())
    assert "17 measured rows" in words(app)
    give(app, "pilot_file_drug", "strangers.csv", b"a,b\n1,2\n3,4\n")
    assert len(app.error) == 1
