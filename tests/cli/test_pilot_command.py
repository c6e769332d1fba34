"""``leap pilot``: a plate as a file, the list after it as a file, and what is refused."""

import json

import pandas as pd
import pytest

from leap_core.cli import USER_MISTAKE, main
from leap_core.services.demo import DEMO_GENES
from tests.conftest import ROOT

SAMPLE = ROOT / "data" / "demo" / "heldout_melanoma.csv"
SCREEN = ROOT / "data" / "demo" / "heldout_melanoma_screen.csv"


@pytest.fixture
def command(demo_store):
    def run(action, out, *more):
        asked = ["pilot", action, "--model", DEMO_GENES, "--samples", str(SAMPLE), "--out", str(out)]
        return main([*asked, "--home", str(demo_store.home), *map(str, more)])

    return run


def test_a_plate_is_proposed_measured_and_the_rest_ranked_anew(command, tmp_path, capsys):
    plate = tmp_path / "plate.csv"
    assert command("propose", plate, "--number", 15, "--controls", 2, "--replicates", 2) == 0
    wells = pd.read_csv(plate, comment="#")
    assert "# Sample: SIM-MEL-HELDOUT" in plate.read_text(encoding="utf-8")
    chosen = wells.loc[wells["role"] == "pilot", "perturbation"]
    assert len(chosen) == 30 and chosen.nunique() == 15 and "15 genes" in capsys.readouterr().out
    screen = pd.read_csv(SCREEN, comment="#").set_index("gene")
    screen.loc[chosen.unique()].to_csv(tmp_path / "measured.csv")
    after = tmp_path / "after.csv"
    assert command("update", after, "--measured", tmp_path / "measured.csv", "--certain") == 0
    told = capsys.readouterr().out
    assert "15 measured rows" in told and "for certain" in told
    text = after.read_text()
    rows = pd.read_csv(after, comment="#")
    assert "# Pilot: measured.csv" in text and not set(rows["perturbation"]) & set(chosen)
    assert {"predicted_before", "moved_by"} <= set(rows.columns)


def test_a_plate_from_the_freezer_and_around_the_list(command, tmp_path, capsys):
    (tmp_path / "freezer.txt").write_text("SOX10\nmitf\nBRAF\nNRAS\nMAP2K1\nnobody\n")
    out = tmp_path / "plate.csv"
    more = ("--number", 3, "--candidates", tmp_path / "freezer.txt", "--around", 10, "--controls", 0)
    assert command("propose", out, *more) == 0
    assert set(pd.read_csv(out, comment="#")["perturbation"]) < {"SOX10", "MITF", "BRAF", "NRAS", "MAP2K1"}
    assert "nobody" in capsys.readouterr().err


def test_what_is_missing_or_cannot_be_is_said(command, tmp_path, capsys):
    assert command("update", tmp_path / "a.csv") == USER_MISTAKE and "--measured" in capsys.readouterr().err
    assert command("update", tmp_path / "a.csv", "--measured", SCREEN) == USER_MISTAKE
    assert "nothing left to rank" in capsys.readouterr().err
    assert command("propose", tmp_path / "a.csv", "--number", 0) == USER_MISTAKE
    assert command("propose", tmp_path / "a.csv", "--candidates", tmp_path / "none.txt") == USER_MISTAKE
    assert command("propose", tmp_path / "none" / "a.csv") == USER_MISTAKE


def test_a_saved_views_pilot_is_in_the_list_that_prioritise_makes_of_it(demo_store, tmp_path):
    common = ["--samples", str(SAMPLE), "--home", str(demo_store.home)]
    assert main(["prioritise", "--model", DEMO_GENES, "--top", "30", "--out", str(tmp_path / "one"), *common]) == 0
    (path,) = (tmp_path / "one").glob("*.view.json")
    saved = json.loads(path.read_text(encoding="utf-8"))
    measured = pd.read_csv(SCREEN, comment="#").set_index("gene")["gene_effect"].iloc[::12]
    told = {"same_unit": True, "same_direction": True, "same_study": None, "certain": True, "laboratory": None}
    saved["pilots"] = {"gene": {"values": measured.to_dict(), "source": "plate.csv", **told}}
    path.write_text(json.dumps(saved), encoding="utf-8")
    assert main(["prioritise", "--manifest", str(path), "--out", str(tmp_path / "two"), *common]) == 0
    (csv,) = (tmp_path / "two").glob("*.csv")
    assert "# Pilot: plate.csv" in csv.read_text(encoding="utf-8")
    assert not set(pd.read_csv(csv, comment="#")["perturbation"]) & set(measured.index)
    (again,) = (tmp_path / "two").glob("*.view.json")
    assert json.loads(again.read_text(encoding="utf-8"))["pilots"]["gene"]["values"] == measured.to_dict()
