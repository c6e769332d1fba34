"""Training from the outside: cancelled at any chunk, continued, serial or threaded: the same bits.

Only new work is planned.
"""

from dataclasses import replace

import numpy as np
import pytest

from leap_core.errors import Cancelled
from leap_core.model import training as ensemble_training
from leap_core.model.layers.closed_form import ClosedFormAutoencoderSettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.panel.kept import keep_panel
from leap_core.run.mapping import SerialMapper, ThreadMapper
from leap_core.run.progress import Progress
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import load_model
from leap_core.services.training import train

RECIPE = Recipe("small", groups=(LayerGroup(ClosedFormAutoencoderSettings(latent=8), layers=2),))


def artefacts(store):
    """Content of every artefact file but the manifests, which hold the time."""
    return {
        path.relative_to(store.home): path.read_bytes()
        for path in store.home.glob("artefacts/*/*/*")
        if path.name != "manifest.json"
    }


@pytest.fixture
def blocks_of_five(monkeypatch):
    monkeypatch.setattr(ensemble_training, "BLOCK", 5)


@pytest.mark.parametrize("after", [1, 4, 14])
def test_cancelling_leaves_only_whole_artefacts_and_the_next_run_ends_in_the_same_bits(
    tmp_path, planted_panel, blocks_of_five, after
):
    undisturbed, cancelled = Store(tmp_path / "undisturbed"), Store(tmp_path / "cancelled")
    train(keep_panel(planted_panel, undisturbed), RECIPE, "outer", Runtime(undisturbed, SerialMapper()), "m")
    steps = []
    progress = Progress(steps.append, lambda: len(steps) >= after)
    panel = keep_panel(planted_panel, cancelled)
    with pytest.raises(Cancelled):
        train(panel, RECIPE, "outer", Runtime(cancelled, ThreadMapper(2), progress=progress), "m")
    assert cancelled.names() == [] and not list((cancelled.home / "incoming").iterdir())
    train(panel, RECIPE, "outer", Runtime(cancelled, ThreadMapper(3)), "m")
    assert artefacts(cancelled) == artefacts(undisturbed)


def test_progress_ends_at_the_whole_and_found_work_is_not_counted(tmp_path, planted_panel, blocks_of_five):
    store, steps = Store(tmp_path), []
    panel = keep_panel(planted_panel, store)
    train(panel, RECIPE, "none", Runtime(store, progress=Progress(steps.append)), "m")
    assert [step.share for step in steps] == sorted(step.share for step in steps)
    assert steps[-1].share == pytest.approx(1.0)
    first = len(steps)
    train(panel, RECIPE, "outer", Runtime(store, progress=Progress(steps.append)), "m")
    later = steps[first:]
    assert {step.stage for step in later} == {"measuring accuracy on unseen lines"}
    assert [step.share for step in later] == sorted(step.share for step in later)
    assert later[-1].share == pytest.approx(1.0) and sum(step.share > 0.999 for step in later) == 1


def test_blocks_and_unlearnable_perturbations_keep_their_place(tmp_path, planted_panel, monkeypatch):
    response = planted_panel.response.copy()
    response["T6"] = 0.25
    panel = replace(planted_panel, response=response)
    whole, blocked = Store(tmp_path / "whole"), Store(tmp_path / "blocked")
    train(keep_panel(panel, whole), RECIPE, "none", Runtime(whole), "m")
    monkeypatch.setattr(ensemble_training, "BLOCK", 5)
    train(keep_panel(panel, blocked), RECIPE, "none", Runtime(blocked), "m")
    one, other = load_model("m", whole), load_model("m", blocked)
    assert [len(heads.blocks) for heads in other.ensemble.heads] == [3, 3]
    sample = panel.expression.iloc[[3]] + 0.2
    np.testing.assert_allclose(
        one.ensemble.predict(sample).predicted, other.ensemble.predict(sample).predicted, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(one.ensemble.out_of_fold, other.ensemble.out_of_fold, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(one.ensemble.linear_weights(), other.ensemble.linear_weights(), rtol=1e-3, atol=1e-5)
    assert other.ensemble.predict(sample).predicted["T6"].item() == pytest.approx(0.25)
    assert not other.ensemble.linear_weights()["T6"].iloc[:-1].any()
    assert other.fit_seconds > 0 and other.accuracy_seconds == 0
