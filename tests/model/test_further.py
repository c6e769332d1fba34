"""Heads that learn from other studies: what takes part, what it is worth, and that no patient is on both sides."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from leap_core.arrays import spearman_columns
from leap_core.model import study_weights
from leap_core.model.catalogue import recipe_called
from leap_core.model.further import LINEAGE, FurtherTargets
from leap_core.model.heads.base import FurtherColumns
from leap_core.model.heads.multitarget.response_components import ResponseComponents
from leap_core.model.heads.multitarget.single_genes import single_gene_step
from leap_core.model.held_out import Request, predict_held_out
from leap_core.model.stages import train_layers, training_set, with_study_weights
from leap_core.panel.lines import annotate
from leap_core.panel.panel import FurtherStudy, Panel, PanelDescription, assemble
from leap_core.panel.same_perturbations import SAME_COLUMNS
from leap_core.panel.scores import score_type
from leap_core.run.mapping import SerialMapper, ThreadMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import MemoryStore

RECIPE = recipe_called("leap-multitarget")


def several(noise: float = 3.0, seed: int = 0, shuffled: bool = False) -> tuple[Panel, pd.DataFrame]:
    """A noisy study of 70 of 160 lines, a precise one of 150 lines of the same responses, and the truth."""
    random = np.random.default_rng(seed)
    n, genes, p = 160, 40, 25
    factors = random.normal(size=(n, 4))
    names = [f"L{number:03}" for number in range(n)]
    expression = 6 + factors @ random.normal(size=(4, genes)) + 0.3 * random.normal(size=(n, genes))
    truth = pd.DataFrame(factors @ random.normal(size=(4, p)), names, [f"T{number}" for number in range(p)])
    first = (truth + noise * random.normal(size=truth.shape)).iloc[:70]
    second = (truth + 0.5 * random.normal(size=truth.shape)).iloc[10:]
    if shuffled:
        second = pd.DataFrame(random.normal(size=second.shape), second.index, second.columns)
    lines = pd.DataFrame(
        {
            # Lines 60 to 79 are of ten patients, one line in each study's own lines.
            "patient": [f"P{number - 10 if 70 <= number < 80 else number}" for number in range(n)],
            "name": names,
            "lineage": [f"lineage {number % 3}" for number in range(n)],
            "disease": "",
        },
        index=names,
    )
    panel = assemble(
        pd.DataFrame(expression, names, [f"G{number}" for number in range(genes)]),
        first,
        lines,
        PanelDescription(score_type("gene_effect"), "made up", "log2(TPM+1)"),
    )
    study = FurtherStudy(
        "second",
        second.astype(np.float32),
        annotate(lines, second.index),
        score_type("gene_effect"),
        pd.DataFrame(columns=list(SAME_COLUMNS)),
    )
    return replace(panel, study="first", further=(study,)), truth


def predicted(panel: Panel, test: list[str], mapper: SerialMapper | ThreadMapper | None = None) -> np.ndarray:
    """Predictions of lines that take part in no study."""
    known = pd.concat([panel.lines, *(study.lines for study in panel.further)])
    patients = set(known[known.index.isin(test)]["patient"])
    keep = ~panel.lines["patient"].isin(patients).to_numpy()
    data = training_set(panel, RECIPE).part(keep, patients)
    everything = pd.concat([panel.expression, panel.unlabelled])
    runtime = Runtime(MemoryStore(), mapper or SerialMapper())
    return predict_held_out(data, Request(everything.loc[test]), RECIPE, runtime).by_layer.mean(axis=0)


def weights(panel: Panel) -> dict[str, float]:
    data, runtime = training_set(panel, RECIPE), Runtime(MemoryStore(), SerialMapper())
    standardiser, layers = train_layers(data, RECIPE, runtime)
    further = with_study_weights(data, RECIPE, standardiser, layers, runtime).further
    return {} if further is None else further.weights


def test_a_precise_study_of_more_lines_makes_a_noisy_one_more_accurate_on_average():
    test, gains = [f"L{number:03}" for number in range(130, 160)], []
    for seed in range(4):
        panel, truth = several(noise=4.0, seed=seed)
        known = truth.loc[test].to_numpy()
        together, alone = (spearman_columns(predicted(one, test), known) for one in (panel, replace(panel, further=())))
        gains.append(float((together - alone).mean()))
    assert np.mean(gains) > 0.005 and min(gains) > -0.005, gains


def test_a_study_of_noise_counts_nothing_and_then_changes_no_bit():
    panel, _ = several(noise=1.0, shuffled=True)
    assert weights(panel).get("second", 0.0) == 0.0
    unknown = replace(panel, lines=panel.lines.assign(lineage="unknown"))
    unknown = replace(
        unknown, further=(replace(panel.further[0], lines=panel.further[0].lines.assign(lineage="unknown")),)
    )
    test = ["L150", "L151", "L152"]
    np.testing.assert_array_equal(predicted(unknown, test), predicted(replace(unknown, further=()), test))


def test_workers_change_no_bit():
    panel, _ = several()
    test = ["L140", "L150"]
    np.testing.assert_array_equal(predicted(panel, test), predicted(panel, test, ThreadMapper(3)))


def test_a_held_out_patient_takes_part_in_no_study():
    panel, _ = several()
    further = FurtherTargets.of(panel)
    assert further is not None and further.lines == 70 and len(further.expression) == 90
    keep = ~panel.lines.index.isin(["L060"])
    part = training_set(panel, RECIPE).part(keep, {"P100"}).further
    assert part is not None and part.lines == 69
    # L070 is of the same patient as L060, L100 is held out by name.
    assert set(further.expression.index) - set(part.expression.index) == {"L070", "L100"}
    assert not {"P60", "P100"} & set(part.patients)


def test_a_lineage_that_is_held_out_takes_part_in_no_study():
    panel, _ = several()
    keep = panel.lines["lineage"].ne("lineage 1").to_numpy()
    part = training_set(panel, RECIPE).part(keep).further
    assert part is not None and "lineage 1" not in set(part.lineages)


def test_lines_of_other_studies_are_in_the_fold_of_their_patient():
    panel, _ = several()
    data = training_set(panel, RECIPE)
    folds = data.folds_of_heads(RECIPE)
    assert data.further is not None
    np.testing.assert_array_equal(folds[:70], data.folds(RECIPE))
    fold_of = dict(zip(data.further.patients[:70], folds[:70], strict=True))
    shared = [number for number in range(70, 160) if data.further.patients[number] in fold_of]
    assert len(shared) == 10 and all(folds[number] == fold_of[data.further.patients[number]] for number in shared)
    assert set(folds[70:]) == set(range(RECIPE.folds))


def test_lineages_are_among_the_targets_and_alone_bring_no_line():
    panel, _ = several()
    further = FurtherTargets.of(panel)
    assert further is not None and (further.studies == LINEAGE).sum() == 3
    only = further.weighted({"second": 0.0, LINEAGE: 0.5})
    assert only is not None and only.lines == 70 and len(only.expression) == 0
    assert further.weighted({"second": 0.0, LINEAGE: 0.0}) is None


def test_a_regressor_of_single_perturbations_learns_nothing_from_other_studies():
    panel, _ = several()
    recipe = recipe_called("leap-ridge")
    runtime = Runtime(MemoryStore(), SerialMapper())
    data = training_set(panel, recipe)
    alone = training_set(replace(panel, further=()), recipe)
    test = Request(panel.unlabelled.iloc[:3])
    np.testing.assert_array_equal(
        predict_held_out(data, test, recipe, runtime).by_layer, predict_held_out(alone, test, recipe, runtime).by_layer
    )


@pytest.mark.parametrize("weight", [0.25, 1.0])
def test_components_of_a_further_copy_are_those_of_the_responses(weight):
    random = np.random.default_rng(1)
    y = random.normal(size=(80, 3)) @ random.normal(size=(3, 12))
    further = FurtherColumns((5.0 + 3.0 * y).astype(np.float32), np.zeros(12, dtype=np.int64), np.full(12, weight))
    alone, together = (ResponseComponents.of(y, y, 100, 20, extra) for extra in (None, further))
    for found in (alone, together):
        np.testing.assert_allclose(found.mean + (found.level * found.unit) + found.scores @ found.back, y, atol=1e-4)
    assert together.scores.shape == alone.scores.shape
    # A copy makes every component larger, and none another.
    ratio = np.square(together.scores).sum(axis=0) / np.square(alone.scores).sum(axis=0)
    np.testing.assert_allclose(ratio, 1.0 + weight**2, rtol=1e-3)


def test_another_expression_of_lines_that_only_another_study_has_is_another_training():
    panel, _ = several()
    store, test = MemoryStore(), panel.expression.iloc[:3]
    others = panel.unlabelled.iloc[::-1].set_axis(panel.unlabelled.index, axis=0)
    changed = replace(panel, unlabelled=others)
    found = []
    for one, runtime in ((panel, Runtime(store)), (changed, Runtime(store)), (changed, Runtime(MemoryStore()))):
        data = training_set(one, RECIPE)
        found.append(predict_held_out(data, Request(test), RECIPE, runtime).by_layer)
    assert not np.array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[1], found[2])


def test_what_studies_cost_does_not_add_up(monkeypatch):
    panel, _ = several()
    study = panel.further[0]
    panel = replace(panel, further=tuple(replace(study, name=name) for name in ("a", "b", "c")))
    data = training_set(panel, RECIPE)

    def each_costs_a_little(data, *rest):
        count = 0 if data.further is None else len(data.further.weights)
        return SimpleNamespace(fitted=np.arange(1), validation_score=np.array([0.5 - 0.0015 * count]))

    monkeypatch.setattr(study_weights, "fit_heads", each_costs_a_little)
    latent = np.zeros((len(data.lines_of_heads), 2))
    found = study_weights.choose_study_weights(data, latent, RECIPE, RECIPE.plan[0], SerialMapper())
    assert sum(weight > 0 for weight in found.weights.values()) == 1 and found.together == pytest.approx(0.4985)


def test_lines_without_a_response_hide_no_single_gene():
    random = np.random.default_rng(0)
    genes = random.normal(size=(300, 20))
    residuals = (0.3 * genes[:, :1] + random.normal(size=(300, 1))).repeat(2, axis=1)
    residuals[:150, 1] = np.nan
    more = np.vstack([genes, random.normal(size=(900, 20))])
    gaps = np.vstack([residuals, np.full((900, 2), np.nan)])
    alone, beside = (single_gene_step(x, y, 3.0) for x, y in ((genes, residuals), (more, gaps)))
    assert (alone.genes == 0).all() and alone.weights[0] > 0
    np.testing.assert_array_equal(alone.weights, beside.weights)
