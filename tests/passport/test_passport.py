"""The input passport: what it says of a held-out, an unusual, a mutilated sample, on the demo."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap_core.cli import main
from leap_core.errors import SampleError
from leap_core.passport.passport import make_passport
from leap_core.passport.text import passport_lines
from leap_core.sample.profiles import read_profiles
from leap_core.services.demo import DEMO_GENES
from leap_core.services.models import load_model
from leap_core.services.scoring import check_samples, map_lines, measured_of_line, score_sample
from tests.conftest import ROOT

DEMO = ROOT / "data" / "demo"


@pytest.fixture(scope="module")
def model(demo_store):
    return load_model(DEMO_GENES, demo_store)


def read(model, content, name="x.csv"):
    return read_profiles(content, name, set(model.ensemble.standardiser.genes))


def passport_of(model, content, name="x.csv"):
    return make_passport(model.reference, read(model, content, name))[0]


def held_out():
    return pd.read_csv(DEMO / "heldout_melanoma.csv", comment="#", index_col=0)


def test_a_held_out_line_is_familiar_and_its_lineage_is_guessed(model):
    passport = passport_of(model, (DEMO / "heldout_melanoma.csv").read_bytes())
    assert passport.light == "green" and passport.familiarity == "familiar" and passport.findings == ()
    assert passport.lineages.index[0] == "Skin" and passport.lineages.iloc[0] > 0.9
    assert passport.nearest["lineage"].tolist() == ["Skin"] * 5 and passport.same_line is None
    assert "were predicted with an error of" in passport.verdict and "lineage left out" in passport.verdict
    lines = map_lines(model)
    skin = lines.loc[lines["lineage"] == "Skin", ["x", "y"]].median()
    assert np.hypot(*(np.array(passport.position) - skin)) < np.hypot(lines["x"].std(), lines["y"].std())


def test_a_sample_of_another_release_than_the_panels_is_said(model):
    content = (DEMO / "heldout_melanoma.csv").read_bytes()
    released = replace(model, panel=replace(model.panel, release="DepMap Public 26Q1, CRISPRGeneEffect.csv"))
    (finding,) = make_passport(released.reference, read(model, content, "line_24Q2.csv"))[0].findings
    assert finding.level == "amber" and "release 24Q2, the panel is of 26Q1" in finding.text
    assert make_passport(released.reference, read(model, content, "line_26Q1.csv"))[0].findings == ()


def test_an_unusual_sample_is_unusual_and_says_what_that_is_worth(model):
    passport = passport_of(model, (DEMO / "unusual_sample.csv").read_bytes())
    assert passport.light in ("amber", "red") and passport.familiarity != "familiar"
    assert any(finding.text.startswith(passport.familiarity) for finding in passport.findings)


def test_errors_grow_with_distance_and_are_measured_on_lines_held_out(model):
    errors = model.reference.class_errors
    assert errors.kinship["lines"].sum() == errors.shift["lines"].sum() == len(model.panel.lines)
    assert errors.kinship.loc["familiar", "error"] < errors.kinship.loc["familiar", "error_of_mean"]
    assert errors.without_lineage.loc["familiar", "error"] > errors.kinship.loc["familiar", "error"]
    known = (model.panel.lines["lineage"] != "Unknown").sum()
    assert errors.without_lineage["lines"].sum() == known


def test_a_panel_line_is_recognised_and_its_measured_data_are_shown(model):
    line = model.panel.lines.index[3]
    content = model.panel.expression.loc[[line]].set_axis(["mystery"]).T.to_csv().encode()
    passport = passport_of(model, content, "log2TPM.csv")
    assert passport.same_line.kind == "same profile" and passport.same_line.line == line
    measured = measured_of_line(model, line)
    assert len(measured) == 20 and (measured["measured"] < measured["panel_mean"]).all()
    np.testing.assert_allclose(measured["measured"], model.panel.response.loc[line, measured.index])


def test_missing_genes_turn_the_light_and_leave_the_distance_honest(model):
    frame = held_out()
    random = np.random.default_rng(0)
    lights = {}
    for share in (0.9, 0.6, 0.3):
        kept = frame[random.random(len(frame)) < share]
        passport = passport_of(model, kept.to_csv().encode(), "log2TPM.csv")
        lights[share] = passport.light
        assert passport.familiarity == "familiar" and passport.missing == len(frame) - len(kept)
    assert lights == {0.9: "green", 0.6: "amber", 0.3: "red"}
    with pytest.raises(SampleError, match="at least 10%"):
        passport_of(model, frame[random.random(len(frame)) < 0.05].to_csv().encode(), "log2TPM.csv")


def test_mixed_up_names_are_refused_and_a_mixture_is_marked(model):
    frame = held_out()
    shuffled = frame.set_axis(np.random.default_rng(0).permutation(frame.index))
    with pytest.raises(SampleError, match="names beside the right numbers"):
        passport_of(model, shuffled.to_csv().encode(), "log2TPM.csv")
    profiles = read(model, (0.3 * frame + 0.7 * shuffled.loc[frame.index].to_numpy()).to_csv().encode(), "log2TPM.csv")
    assert make_passport(model.reference, profiles)[0].light == "red"


def test_every_sample_of_a_file_is_checked_as_if_alone(model):
    both = pd.concat([held_out(), pd.read_csv(DEMO / "unusual_sample.csv", comment="#", index_col=0)], axis=1)
    profiles = read(model, both.to_csv().encode(), "log2TPM.csv")
    checks, refused = check_samples(model, profiles)
    assert refused == {}
    for passport, checked in checks:
        alone, same = make_passport(model.reference, profiles.one(passport.sample))
        assert alone.as_dict() == passport.as_dict()
        pd.testing.assert_frame_equal(same.values, checked.values)


def test_it_becomes_json_and_lines(model):
    passport = passport_of(model, (DEMO / "heldout_melanoma.csv").read_bytes())
    content = json.loads(json.dumps(passport.as_dict(), allow_nan=False))
    assert content["light"] == "green" and content["familiarity"] == "familiar" and len(content["nearest"]) == 5
    assert set(content["error_by_class"]) == {"kinship", "kinship_lineage_left_out", "shift"}
    text = "\n".join(passport_lines(passport))
    assert "GREEN" in text and "Skin" in text and "proliferation" in text
    assert passport.summary().startswith("green; ")


def test_a_scored_sample_carries_it(model):
    scored = score_sample(model, read(model, (DEMO / "heldout_melanoma.csv").read_bytes()), "SIM-MEL-HELDOUT")
    assert scored.passport.light == "green" and list(scored.table.index)


def test_check_prints_what_predict_keeps(demo_store, tmp_path, capsys):
    sample = str(DEMO / "heldout_melanoma.csv")
    assert main(["check", sample, "--model", DEMO_GENES, "--json", "--home", str(demo_store.home)]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["units"]["SIM-MEL-HELDOUT"] == {
        "unit": "log2(TPM+1)",
        "certain": True,
        "evidence": checked["passports"][0]["evidence"],
    }
    out = tmp_path / "p.csv"
    assert (
        main(["predict", "--model", DEMO_GENES, "--samples", sample, "--out", str(out), "--home", str(demo_store.home)])
        == 0
    )
    kept = json.loads((tmp_path / "p.passport.json").read_text(encoding="utf-8"))
    assert kept == checked
    assert (pd.read_csv(out)["input_check"] == "green").all()
    capsys.readouterr()
    assert main(["check", sample, "--home", str(demo_store.home)]) == 0
    text = capsys.readouterr().out
    assert text.count("GREEN") == 2 and "Demo drugs" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--date", "1-Mar"], "DATE=GENE"),
        (["--unit", "furlongs"], "no unit"),
        (["--turned"], "human genes"),
        (["--model", "none such"], "no model called"),
    ],
)
def test_mistakes_of_check_end_with_code_2_and_one_sentence(demo_store, arguments, says, capsys):
    assert main(["check", str(DEMO / "heldout_melanoma.csv"), *arguments, "--home", str(demo_store.home)]) == 2
    error = capsys.readouterr().err
    assert says in error and error.strip().count("\n") == 0


def test_nothing_is_said_twice(model):
    passport = passport_of(model, (DEMO / "unusual_sample.csv").read_bytes())
    assert passport.verdict.startswith(passport.findings[0].text)
    for said in (passport.summary(), "\n".join(passport_lines(passport))):
        for finding in passport.findings:
            assert said.count(finding.text) == 1
