"""A sample through a trained model with some of its rows measured: what changes, what does not, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import leap_core as leap
from leap_core.errors import ChoiceNeededError, SampleError, UserError
from leap_core.pilot.outcome import ANOTHER_LABORATORY, BY_ITS_LINES, BY_RANKS, SAME_STUDY
from leap_core.ranking.columns import hit_columns
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES
from leap_core.services.plates import plate_gains, plate_table, propose_plate
from tests.conftest import ROOT

DEMO = ROOT / "data" / "demo"


@pytest.fixture(scope="module")
def result(demo_store):
    return leap.load(DEMO_GENES, home=demo_store.home).score(DEMO / "heldout_melanoma.csv")["SIM-MEL-HELDOUT"]


@pytest.fixture(scope="module")
def screen():
    table = pd.read_csv(DEMO / "heldout_melanoma_screen.csv", comment="#", index_col=0)
    return table["gene_effect"]


@pytest.fixture(scope="module")
def plate(result):
    return result.pilot(20).index


def test_the_list_follows_what_was_measured(result, screen, plate):
    updated = result.with_measured(screen[plate])
    pilot, table = updated.scored.pilot, updated.table
    assert "(gene effect, lower = stronger)" in pilot.pilot.source
    assert sorted(pilot.rows.index) == sorted(plate) and pilot.how in (SAME_STUDY, ANOTHER_LABORATORY)
    np.testing.assert_allclose(pilot.rows["measured"], screen[pilot.rows.index], rtol=1e-6)
    assert not set(plate) & set(updated.hits.index) and "20 measured" in updated.export().words
    rest = table[table["measured"].isna() & table["probability"].notna()]
    assert (rest["predicted"] != rest["predicted_before"]).mean() > 0.9
    np.testing.assert_allclose(table["predicted_before"], result.table["predicted"].reindex(table.index), rtol=1e-6)
    assert (rest["interval_80_low"] < rest["interval_80_high"]).all()
    assert table.loc[plate, "probability"].isna().all()
    assert {"measured", "predicted_before", "rank_before", "moved_by"} <= set(hit_columns(result.model.panel.score))
    assert b"# Pilot: " in updated.export().content("csv") and b"Pilot" not in result.export().content("csv")


def test_what_the_measured_rows_do_adds_up_to_the_change(result, screen, plate):
    updated = result.with_measured(screen[plate], certain=True)
    table = updated.table.dropna(subset=["probability"])
    name, text = next((name, text) for name, text in table["moved_by"].items() if text.count(",") == 2)
    told = sum(float(part.rpartition(" ")[2]) for part in text.split(", "))
    change = table.loc[name, "predicted"] - table.loc[name, "predicted_before"]
    assert abs(told - change) < 0.05 and all(part.rpartition(" ")[0] in plate for part in text.split(", "))


def test_two_rounds_are_one_and_the_order_of_rows_does_not_matter(result, screen, plate):
    whole = result.with_measured(screen[plate], same_study=True)
    rounds = result.with_measured(screen[plate[:12]], same_study=True).with_measured(
        screen[plate[12:]], same_study=True
    )
    turned = result.with_measured(screen[plate[::-1]], same_study=True)
    for other in (rounds, turned):
        pd.testing.assert_frame_equal(
            whole.table.drop(columns="moved_by"), other.table[whole.table.columns].drop(columns="moved_by")
        )
    assert len(rounds.scored.pilot.rows) == 20
    # A row that is measured again counts as it was the last time.
    again = whole.with_measured(screen[plate] + 0.5, same_study=True)
    np.testing.assert_allclose(again.scored.pilot.rows["measured"], screen[again.scored.pilot.rows.index] + 0.5)


def test_a_pilot_of_nothing_new_changes_next_to_nothing(result, plate):
    updated = result.with_measured(result.table.loc[plate, "predicted"], same_study=True, certain=True)
    table = updated.table.dropna(subset=["probability"])
    spread = table["panel_sd"]
    assert ((table["predicted"] - table["predicted_before"]).abs() < 0.1 * spread).all()


def test_another_unit_asks_for_the_direction_and_is_taken_by_ranks(result, screen, plate):
    other = (-100.0 * screen[plate]).rename("my score")
    with pytest.raises(ChoiceNeededError):
        result.with_measured(other, same_unit=False)
    updated = result.with_measured(other, same_unit=False, direction="higher")
    assert updated.scored.pilot.how == BY_RANKS
    lower = result.with_measured(-other, same_unit=False, direction="lower")
    pd.testing.assert_frame_equal(updated.table, lower.table)


def test_a_laboratorys_direction_and_rows_without_spread_do_no_harm(result, screen, plate):
    laboratory = result.model.panel.response * 50.0 + 7.0
    values = screen[plate] * 50.0 + 7.0
    known = result.with_measured(values, laboratory=laboratory)
    turned = result.with_measured(
        (-values).rename("score"), same_unit=False, direction="higher", laboratory=-laboratory
    )
    np.testing.assert_allclose(turned.scored.pilot.rows["surprise"], known.scored.pilot.rows["surprise"], rtol=1e-6)
    np.testing.assert_allclose(
        turned.table["predicted"], known.table["predicted"].reindex(turned.table.index), rtol=1e-4
    )
    flat = laboratory.copy()
    flat[plate[0]], flat[plate[1]] = 3.0, np.nan
    found = result.with_measured(values, laboratory=flat).scored.pilot
    assert set(found.unused) == set(plate[:2]) and len(found.rows) == 18
    assert "2 measured rows tell nothing" in " ".join(found.sentences)
    listed = result.with_measured(values, laboratory=flat)
    assert not set(plate) & set(listed.hits.index) and not set(plate) & set(listed.controls(20).index)


def test_what_the_users_tables_say_stays(result, screen, plate):
    essential = result.hits.index[:3]
    table = result.scored.table.copy()
    table.loc[essential, "common_essential"] = True
    own = replace(result, scored=replace(result.scored, table=table))
    assert not set(essential) & set(own.with_measured(screen[plate]).hits.index)


def test_a_further_plate_leaves_out_what_is_measured(result, screen, plate):
    updated = result.with_measured(screen[plate])
    further = updated.pilot(10)
    assert not set(further.index) & set(plate) and (further["explained"].diff().dropna() > 0).all()


def test_a_direction_against_the_title_and_values_without_an_order_are_refused(result, screen, plate):
    with pytest.raises(SampleError, match="by the title"):
        result.with_measured(screen[plate], direction="higher")
    constant = pd.Series(1.0, plate, name="score")
    with pytest.raises(SampleError, match="different values"):
        result.with_measured(constant, same_unit=False, direction="lower")
    first = result.with_measured(screen[plate[:12]], same_study=False, certain=True)
    with pytest.raises(SampleError, match="in one unit"):
        first.with_measured(screen[plate[12:]], same_study=True)
    assert first.with_measured(screen[plate[12:]], same_study=False).scored.pilot.pilot.certain


def test_a_laboratorys_lines_say_how_its_values_compare(result, screen, plate):
    model = result.model
    laboratory = model.panel.response * 50.0 + 7.0
    updated = result.with_measured(screen[plate] * 50.0 + 7.0, laboratory=laboratory)
    assert updated.scored.pilot.how == BY_ITS_LINES
    np.testing.assert_allclose(
        updated.scored.pilot.rows["measured"], screen[updated.scored.pilot.rows.index], atol=0.15
    )


def test_a_screen_of_another_line_is_not_taken_for_this_one(result, plate):
    response = result.model.panel.response
    lineages = result.model.panel.lines["lineage"]
    others = response[lineages != result.passport.lineage][plate].dropna()
    weights = [
        result.with_measured(values, same_study=True).scored.pilot.trust.weight
        for _, values in others.iloc[:12].iterrows()
    ]
    assert np.mean([weight == 0.0 for weight in weights]) >= 0.6
    refused = next(
        updated
        for _, values in others.iterrows()
        if (updated := result.with_measured(values, same_study=True)).scored.pilot.trust.weight == 0.0
    )
    assert "Nothing was updated" in " ".join(refused.scored.pilot.sentences)
    rest = refused.table.dropna(subset=["probability"])
    np.testing.assert_allclose(rest["predicted"], rest["predicted_before"], rtol=1e-6)


def test_what_cannot_be_a_pilot_is_refused_in_a_sentence(result, screen, plate, demo_store):
    with pytest.raises(SampleError, match="nothing left to rank"):
        result.with_measured(screen)
    with pytest.raises(SampleError, match="at least 5"):
        result.with_measured(screen[plate[:4]])
    with pytest.raises(SampleError, match="in one unit"):
        first = result.with_measured(screen[plate[:12]])
        first.with_measured(screen[plate], same_unit=False, direction="lower")
    line = result.model.panel.expression.iloc[[0]]
    path = demo_store.home / "a_line.csv"
    line.to_csv(path)
    (own,) = result.model.score(path).values()
    with pytest.raises(SampleError, match="which the panel has measured"):
        own.with_measured(screen[plate])
    with pytest.raises(UserError, match="has no gene called"):
        propose_plate(result.model, 5, ["nobody"])


def test_a_plate_of_the_users_own_around_the_list_with_controls_and_wells(result):
    model = result.model
    mine = [str(name) for name in model.panel.response.columns[:40]]
    plate = result.pilot(8, candidates=mine, around=15)
    assert set(plate.index) <= set(mine) and (plate["explained"].diff().dropna() >= 0).all()
    wells = plate_table(model, result.scored, plate, 2, 3)
    assert len(wells) % 3 == 0 and wells["replicate"].tolist()[:4] == [1, 2, 3, 1]
    assert (wells["role"] == "pilot").sum() == 24 and not set(wells["role"]) <= {"pilot"}
    further = propose_plate(model, 6, mine, measured=list(plate.index))
    assert not set(further.index) & set(plate.index) and len(further) == 6
    with pytest.raises(UserError, match="at least 1"):
        result.pilot(0)
    with pytest.raises(UserError, match="1 or more"):
        result.pilot(5, around=0)


def test_what_a_plate_buys_is_counted_on_the_same_rows(result, demo_store):
    drugs = leap.load(DEMO_DRUGS, home=demo_store.home)
    gains = plate_gains(drugs, list(propose_plate(drugs, 10).index), [0, 10])
    assert gains.loc[10, "accuracy"] > gains.loc[0, "accuracy"] + 0.05
    assert gains.loc[0, "accuracy"] == pytest.approx(gains.loc[0, "accuracy_level"])
