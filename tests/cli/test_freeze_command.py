"""Predictions put on record before a screen, and judged by it: planted truth, changed files, lines that were seen."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from leap_core.cli import USER_MISTAKE, main
from tests.several_studies import two_studies, written

NOISE = 0.5


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    """Trained on the first 90 % of the lines; the others are put on record, and screened in the next release."""
    folder = tmp_path_factory.mktemp("frozen")
    files = written(folder, n=240, noise=NOISE)
    home = ["--home", str(folder / "store")]
    panel = ["--expression", files["expression"], "--response", files["first"], "--score", "ln_ic50"]
    asked = ["train", "--name", "Now", *panel, "--lines", files["lines"], "--recipe", "pca-ridge", *home]
    assert main([str(part) for part in asked]) == 0
    lines = pd.read_csv(files["lines"], index_col="ModelID")
    unscreened = lines.index[-24:]
    # One of them is a patient's whose other line was screened.
    lines.loc[unscreened[0], "PatientID"] = lines["PatientID"].iloc[0]
    lines.to_csv(folder / "patients.csv")
    out = folder / "frozen.parquet"
    assert main(["freeze", "--model", "Now", "--lines", str(folder / "patients.csv"), "--out", str(out), *home]) == 0
    _, first, _, _ = two_studies(240, NOISE)
    truth = pd.read_csv(files["expression"], index_col=0)
    return folder, out, unscreened, first, truth


def next_release(folder, first, unscreened, seed=1):
    """The first study's values of its lines, and those of the lines that were put on record by the same truth."""
    from tests.conftest import planted_tables

    _, response, _ = planted_tables(240, 60, 9, seed=5)
    truth = response.fillna(0.0).loc[unscreened].iloc[:, :8]
    values = truth.to_numpy() + NOISE * np.random.default_rng(seed).normal(size=truth.shape)
    released = pd.concat([first, pd.DataFrame(values, unscreened, first.columns)])
    path = folder / f"release{seed}.csv"
    released.to_csv(path)
    return path


def test_only_lines_of_patients_that_the_model_has_not_seen_are_put_on_record(frozen):
    _, out, unscreened, _, _ = frozen
    rows = pd.read_parquet(out)
    assert set(rows["line"]) == set(unscreened[1:])
    assert len(rows) == 23 * 8 and rows[["predicted", "low", "high", "probability"]].notna().all().all()
    assert (rows["low"] < rows["high"]).all()


def test_what_was_said_came_true(frozen, capsys, tmp_path):
    folder, out, unscreened, first, _ = frozen
    release = next_release(folder, first, unscreened)
    found = tmp_path / "judged.json"
    assert main(["judge", str(out), "--release", f"{release}:ln_ic50", "--json", str(found)]) == 0
    told = capsys.readouterr().out
    assert "23 of 23 lines were screened since" in told and "as its .sha256 says" in told
    judged = json.loads(found.read_text())
    over_lines = judged["found"]["rank correlation over lines, mean over drugs"]
    # Planted: the screen's own noise bounds both, and what was expected was measured on other lines.
    assert over_lines["low"] <= over_lines["found"] <= over_lines["high"]
    assert abs(over_lines["found"] - over_lines["expected"]) < 0.15 and over_lines["found"] > 0.5
    held = judged["found"]["80 % intervals hold"]
    assert 0.68 < held["found"] < 0.92 and held["expected"] == pytest.approx(0.8)
    said = judged["found"]["true and selective, all rows"]
    assert said["low"] - 0.05 <= said["expected"] <= said["high"] + 0.05
    assert {row["lines"] for row in judged["by_perturbation"].values()} == {23}


def test_agreement_is_that_of_the_definition(frozen, tmp_path):
    folder, out, unscreened, first, _ = frozen
    release = next_release(folder, first, unscreened, seed=2)
    found = tmp_path / "judged.json"
    assert main(["judge", str(out), "--release", f"{release}:ln_ic50", "--json", str(found)]) == 0
    judged = json.loads(found.read_text())
    rows = pd.read_parquet(out)
    rows = rows.astype({"line": str, "perturbation": str})
    predicted = rows.pivot(index="line", columns="perturbation", values="predicted")
    measured = pd.read_csv(release, index_col=0).loc[predicted.index, predicted.columns]
    by_definition = predicted.corrwith(measured, method="spearman")
    ours = pd.Series({name: row["agreement"] for name, row in judged["by_perturbation"].items()})
    pd.testing.assert_series_equal(ours.sort_index(), by_definition.sort_index(), check_names=False, atol=1e-6)
    inside = (measured >= rows.pivot(index="line", columns="perturbation", values="low")) & (
        measured <= rows.pivot(index="line", columns="perturbation", values="high")
    )
    held = judged["found"]["80 % intervals hold"]["found"]
    assert held == pytest.approx(inside.to_numpy().mean(), abs=1e-6)


def test_another_unit_is_compared_by_order_alone(frozen, capsys, tmp_path):
    folder, out, unscreened, first, _ = frozen
    release = pd.read_csv(next_release(folder, first, unscreened), index_col=0)
    (-release).to_csv(tmp_path / "areas.csv")
    assert main(["judge", str(out), "--release", f"{tmp_path / 'areas.csv'}:act_area"]) == 0
    told = capsys.readouterr().out
    assert "orders alone are compared" in told and "intervals hold" not in told
    (line,) = [line for line in told.splitlines() if "over lines" in line]
    assert float(line.split(": ")[1].split(" ")[0]) > 0.5


def test_a_file_that_was_changed_or_is_none_is_refused(frozen, capsys, tmp_path):
    folder, out, unscreened, first, _ = frozen
    release = str(next_release(folder, first, unscreened))
    changed = tmp_path / out.name
    content = bytearray(out.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    (tmp_path / f"{out.name}.sha256").write_text((folder / f"{out.name}.sha256").read_text())
    assert main(["judge", str(changed), "--release", release]) == USER_MISTAKE
    assert "it is not the file that was frozen" in capsys.readouterr().err
    other = tmp_path / "other.parquet"
    pd.read_parquet(out).to_parquet(other)
    deep = tmp_path / "deep.parquet"
    table = pq.read_table(out)
    pq.write_table(table.replace_schema_metadata({"leap": b"[" * 50_000}), deep)
    short = tmp_path / "short.parquet"
    pq.write_table(table.slice(0, 1), short)
    for path in (other, deep, short, folder / "lines.csv", folder / "nowhere.parquet"):
        assert main(["judge", str(path), "--release", release]) == USER_MISTAKE
        assert "leap freeze" in capsys.readouterr().err


def test_a_release_without_any_of_the_lines_is_refused(frozen, capsys, tmp_path):
    _, out, _, first, _ = frozen
    first.to_csv(tmp_path / "same.csv")
    assert main(["judge", str(out), "--release", f"{tmp_path / 'same.csv'}:ln_ic50"]) == USER_MISTAKE
    assert "None of the 23 frozen lines" in capsys.readouterr().err
