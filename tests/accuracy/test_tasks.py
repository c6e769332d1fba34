"""Tasks: no patient on both sides, what they hold out, what they refuse; summaries against direct computation."""

import json
from dataclasses import replace

import numpy as np
import pytest

from leap_core.accuracy.evaluation import SplitResult, kept_evaluations
from leap_core.accuracy.summary import SplitPredictions, score_splits, summarise
from leap_core.accuracy.tasks import EXTERNAL, UNSEEN_LINEAGE, UNSEEN_LINES, Splitting, splits_of
from leap_core.arrays import spearman_columns
from leap_core.cli import main
from leap_core.errors import UserError
from leap_core.panel.scores import score_type
from leap_core.services.demo import DEMO_GENES
from leap_core.services.models import load_model


def large(panel):
    """The planted panel with one lineage of 20 lines and small ones."""
    lineage = np.where(
        np.arange(len(panel.lines)) < 20,
        "large",
        np.where(np.arange(len(panel.lines)) < 30, "Unknown", "small " + panel.lines["name"].str[-1]),
    )
    return replace(panel, lines=panel.lines.assign(lineage=lineage))


@pytest.mark.parametrize("task", [UNSEEN_LINES, UNSEEN_LINEAGE])
def test_no_patient_is_on_both_sides(planted_panel, task):
    panel = large(planted_panel)
    splits = splits_of(task, panel, Splitting(4))
    assert [split.name for split in splits] == (
        ["large"] if task == UNSEEN_LINEAGE else [f"split {number}" for number in range(4)]
    )
    for split in splits:
        trained = {patient for patient, used in zip(panel.patients, split.training, strict=True) if used}
        assert split.patients and not trained & set(split.patients)
        np.testing.assert_array_equal(split.measured, panel.response.loc[split.expression.index].to_numpy())
    if task == UNSEEN_LINEAGE:
        assert set(splits[0].lineages) == {"large"}


def test_another_study_is_joined_by_name_and_its_patients_train_nothing(planted_panel):
    other = replace(
        planted_panel,
        expression=planted_panel.expression.iloc[:15],
        lines=planted_panel.lines.iloc[:15],
        response=planted_panel.response.iloc[:15, [3, 5, 7]].set_axis(["t3", "T5_1234", "T7_x"], axis=1),
    )
    (split,) = splits_of(EXTERNAL, planted_panel, Splitting(1), other)
    assert np.isnan(split.measured[:, 4]).all() and split.measured.shape == (15, 12)
    for here, there in ((3, 0), (5, 1)):
        np.testing.assert_array_equal(split.measured[:, here], other.response.iloc[:, there].to_numpy(dtype=np.float32))
    assert not set(np.asarray(planted_panel.patients)[split.training]) & set(other.patients)


def test_a_line_of_both_studies_trains_nothing_even_without_annotation(planted_panel):
    lines = planted_panel.lines.iloc[:15]
    other = replace(
        planted_panel,
        expression=planted_panel.expression.iloc[:15],
        response=planted_panel.response.iloc[:15],
        lines=lines.assign(patient=lines.index, lineage="Unknown"),
    )
    (split,) = splits_of(EXTERNAL, planted_panel, Splitting(1), other)
    own = set(planted_panel.lines["patient"].iloc[:15])
    assert not own & set(np.asarray(planted_panel.patients)[split.training]) and set(split.patients) == own
    assert set(split.lineages) == set(lines["lineage"])


def test_constant_predictions_have_no_skill_within_lineages_either():
    splits = made_splits()
    constant = {name: np.where(np.arange(8) < 1, values, 0.0) for name, values in splits[0].methods.items()}
    found = summarise(
        [replace(splits[0], methods=constant)], ["good"], [], [f"P{number}" for number in range(8)], "spearman"
    )
    one = spearman_columns(splits[0].methods["good"][:12, :1], splits[0].measured[:12, :1])[0]
    assert found["per_lineage"]["B"]["good"] == pytest.approx(one / 8, abs=1e-5)


def test_what_a_task_cannot_use_is_said(planted_panel):
    unknown = replace(planted_panel, lines=planted_panel.lines.assign(lineage="Unknown"))
    with pytest.raises(UserError, match="No lineage"):
        splits_of(UNSEEN_LINEAGE, unknown, Splitting(1))
    with pytest.raises(UserError, match="needs another study"):
        splits_of(EXTERNAL, planted_panel, Splitting(1))
    with pytest.raises(UserError, match="same unit"):
        splits_of(EXTERNAL, planted_panel, Splitting(1), replace(planted_panel, unit="RMA log2"))
    with pytest.raises(UserError, match="other way"):
        splits_of(EXTERNAL, planted_panel, Splitting(1), replace(planted_panel, score=score_type("gene_dependency")))
    with pytest.raises(UserError, match="of the panel's 60 genes"):
        splits_of(
            EXTERNAL,
            planted_panel,
            Splitting(1),
            replace(planted_panel, expression=planted_panel.expression.add_prefix("ENSG")),
        )
    one = replace(planted_panel, lines=planted_panel.lines.assign(lineage="all alike"))
    with pytest.raises(UserError, match="No split leaves"):
        splits_of(UNSEEN_LINEAGE, one, Splitting(1))
    with pytest.raises(UserError, match="share no perturbation"):
        splits_of(
            EXTERNAL,
            planted_panel,
            Splitting(1),
            replace(planted_panel, response=planted_panel.response.add_prefix("other ")),
        )


def made_splits():
    random = np.random.default_rng(0)
    splits = []
    for number in range(3):
        measured = random.normal(size=(30, 8)).astype(np.float32)
        measured[random.random(measured.shape) < 0.1] = np.nan
        good = np.nan_to_num(measured) + 0.5 * random.normal(size=measured.shape)
        poor = np.nan_to_num(measured) + 3.0 * random.normal(size=measured.shape)
        methods = {
            "good": (good + poor) / 2,
            "good layer 1": good,
            "good layer 2": poor,
            "poor": poor,
            "poor layer 1": poor,
            "same": poor,
            "same layer 1": poor,
            "mean": np.zeros_like(measured),
        }
        lines = tuple(f"L{number}-{line}" for line in range(30))
        splits.append(
            SplitPredictions(
                f"split {number}", lines, lines, tuple("AB"[line < 12] for line in range(30)), measured, methods
            )
        )
    return splits


def test_summaries_are_the_means_of_what_each_split_scores():
    splits = made_splits()
    found = summarise(splits, ["good", "poor", "same"], ["mean"], [f"P{number}" for number in range(8)], "spearman")
    direct = np.array([spearman_columns(split.methods["good"], split.measured) for split in splits])
    assert found["methods"]["good"]["mean"] == pytest.approx(direct.mean(), abs=1e-5)
    np.testing.assert_allclose(found["methods"]["good"]["by_split"], direct.mean(axis=1), atol=1e-5)
    np.testing.assert_allclose(list(found["per_perturbation"]["good"].values()), direct.mean(axis=0), atol=1e-5)
    low, high = found["methods"]["good"]["interval_95"]
    assert low < direct.mean() < high and found["methods"]["mean"]["mean"] == 0.0
    layers = [score_splits(splits, "spearman").mean(f"good layer {number}")[0] for number in (1, 2)]
    assert found["methods"]["good"]["best_layer"] == pytest.approx(max(layers), abs=1e-5)
    assert found["methods"]["good"]["mean_layer"] == pytest.approx(np.mean(layers), abs=1e-5)
    verdicts = {(entry["recipe"], entry["minus"]): entry for entry in found["differences"]}
    assert verdicts["good", "poor"]["verdict"] == "better" and verdicts["poor", "good"]["verdict"] == "worse"
    assert verdicts["poor", "same"]["verdict"] == "no difference shown" and verdicts["poor", "same"]["mean"] == 0.0
    assert verdicts["good", "its best layer"]["verdict"] == "worse"
    # B is each split's first twelve lines, A the rest.
    within = [np.nanmean(spearman_columns(split.methods["good"][:12], split.measured[:12])) for split in splits]
    assert set(found["per_lineage"]) == {"A", "B"} and found["per_lineage"]["B"]["good"] == pytest.approx(
        np.mean(within), abs=1e-5
    )


def test_evaluate_on_the_command_line_goes_on_where_it_was_cut(demo_store, tmp_path, capsys):
    out, again = tmp_path / "out.json", tmp_path / "again.json"
    command = [
        "evaluate",
        "--model",
        DEMO_GENES,
        "--recipe",
        "leap-best,pca-ridge",
        "--repeats",
        "2",
        "--home",
        str(demo_store.home),
    ]
    assert main([*command, "--json", str(out)]) == 0
    said = capsys.readouterr().out
    assert "leap-best minus pca-ridge" in said and "lineage mean" in said
    found = json.loads(out.read_text())
    assert [split["name"] for split in found["splits"]] == ["split 0", "split 1"] and set(found["recipes"]) == {
        "leap-best",
        "pca-ridge",
    }
    model = load_model(DEMO_GENES, demo_store)
    assert found["panel"] == model.trained.panel
    # By an independent script: the figures of the stored predictions.
    kept = model.learnable
    for recipe in ("leap-best", "pca-ridge"):
        results = [demo_store.read(key, SplitResult) for key in found["predictions"]]
        scores = [
            spearman_columns(one.by_layer.mean(axis=0)[:, kept], one.measured[:, kept])
            for one in results
            if one.recipe == recipe
        ]
        assert len(scores) == 2 and found["methods"][recipe]["mean"] == pytest.approx(
            np.mean([np.nanmean(np.where(np.isfinite(score), score, 0.0)) for score in scores]), abs=1e-5
        )
    assert set(found["seconds"]) == {"leap-best", "pca-ridge"} and min(found["seconds"].values()) >= 0
    made = {key: demo_store.manifest(key)["created"] for key in found["predictions"]}
    assert main([*command, "--json", str(again)]) == 0
    repeated = json.loads(again.read_text())
    found["created"] = repeated["created"]
    assert repeated == found and made == {key: demo_store.manifest(key)["created"] for key in repeated["predictions"]}
    assert [
        one for one in kept_evaluations(demo_store) if one["task"] == UNSEEN_LINES and one["panel"] == found["panel"]
    ] == [found]
    capsys.readouterr()
    for wrong, words in (
        (["--recipe", "nosuch"], "Unknown recipe"),
        (["--task", "external"], "--test-expression"),
        (["--repeats", "0"], "at least 1"),
    ):
        assert main([*command, *wrong]) == 2 and words in capsys.readouterr().err
    assert main(["evaluate", "--home", str(demo_store.home)]) == 2


def test_an_unreadable_evaluation_is_left_out(tmp_path, demo_store):
    folder = demo_store.home / "evaluations"
    folder.mkdir(exist_ok=True)
    (folder / "broken.json").write_text("{", encoding="utf-8")
    assert all(isinstance(one, dict) for one in kept_evaluations(demo_store))
    (folder / "broken.json").unlink()
