"""Agreement of laboratories and what it bounds; another laboratory as the judge."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from leap_core.accuracy.another_study import ALONE, CONSENSUS, SCREEN, judge_by_another_study
from leap_core.accuracy.ceiling import AGREE, DO_NOT_AGREE, ceiling_table
from leap_core.errors import UserError
from leap_core.model.catalogue import recipe_called
from leap_core.panel.further_studies import FurtherSource, read_judge
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.scores import score_type
from leap_core.run.mapping import SerialMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import MemoryStore
from leap_core.services.studies import laboratories_in_words
from tests.several_studies import DRUGS, two_studies, written

RECIPE = recipe_called("leap-multitarget")


def several(folder, **options):
    files = written(folder, **options)
    also = (FurtherSource(files["second"], "act_area"),)
    return read_panel(
        PanelSources(files["expression"], files["first"], files["lines"], "ln_ic50", also=also, drugs=files["drugs"])
    )


def test_agreement_is_spearman_of_the_shared_lines_oriented(tmp_path):
    panel = several(tmp_path)
    table = ceiling_table(panel, np.full(panel.response.shape[1], 0.3))
    _, main, other, _ = two_studies()
    shared = main.index.intersection(other.index)
    truth = spearmanr(main.loc[shared, DRUGS[0]], -other.loc[shared, "alphanib"])[0]
    row = table.loc[DRUGS[0]]
    assert row["agreement"] == pytest.approx(truth, abs=1e-6) and row["agreement_lines"] == len(shared)
    assert row["agreement_low"] < row["agreement"] < row["agreement_high"] and row["agreement_study"] == "second"
    assert row["ceiling"] == pytest.approx(np.sqrt(truth)) and row["laboratories"] == AGREE
    assert row["share_of_ceiling"] == pytest.approx(0.3 / np.sqrt(truth))
    # What one laboratory alone has measured has no ceiling.
    assert np.isnan(table.loc["Rest0_2000", "agreement"]) and table.loc["Rest0_2000", "laboratories"] == ""


def test_few_shared_lines_say_nothing(tmp_path):
    panel = several(tmp_path)
    study = panel.further[0]
    few = replace(panel, further=(replace(study, response=study.response.iloc[:50]),))
    assert ceiling_table(few, np.zeros(panel.response.shape[1]))["agreement"].isna().all()


def test_columns_that_a_preset_left_out_have_no_agreement(tmp_path):
    panel = several(tmp_path)
    study = panel.further[0]
    less = replace(panel, further=(replace(study, response=study.response.drop(columns="BETANIB")),))
    table = ceiling_table(less, np.zeros(panel.response.shape[1]))
    assert np.isnan(table.loc[DRUGS[1], "agreement"]) and table.loc[DRUGS[0], "agreement"] > 0.2


def test_laboratories_that_do_not_agree_are_marked(tmp_path):
    panel = several(tmp_path)
    study, random = panel.further[0], np.random.default_rng(0)
    noise = pd.DataFrame(random.normal(size=study.response.shape), study.response.index, study.response.columns)
    table = ceiling_table(replace(panel, further=(replace(study, response=noise),)), np.full(8, 0.9))
    assert (table.loc[DRUGS, "laboratories"] == DO_NOT_AGREE).all()
    # There is nothing that a prediction could reach.
    assert table["share_of_ceiling"].isna().all()


def test_an_accuracy_above_the_ceiling_says_so(tmp_path):
    table = ceiling_table(several(tmp_path), np.full(8, 0.99))
    above = table.loc[DRUGS]
    assert (above["share_of_ceiling"] == 0.99 / above["ceiling"]).all() and (above["share_of_ceiling"] > 1).any()
    row = above[above["share_of_ceiling"] > 1].iloc[0]
    assert "passes what two equally good laboratories could reach" in laboratories_in_words(row)
    within = ceiling_table(several(tmp_path), np.full(8, 0.3)).assign(accuracy=0.3).loc[DRUGS[0]]
    low, high = (0.3 / np.sqrt(within[end]) for end in ("agreement_high", "agreement_low"))
    said = f"the accuracy is {within['share_of_ceiling']:.0%} ({low:.0%} to {high:.0%}) of what can be reached"
    assert said in laboratories_in_words(within)


def test_calls_are_compared_by_auroc_and_have_no_ceiling(tmp_path):
    panel = several(tmp_path)
    # Rare calls of what another laboratory measures without noise: a rank correlation would be 0.2.
    calls = (panel.response < panel.response.quantile(0.04)).astype(np.float32).where(panel.response.notna())
    same = panel.further[0].same
    theirs = -panel.response[same["perturbation"]].set_axis(same["column"].to_numpy(), axis=1)
    study = replace(panel.further[0], response=theirs, lines=panel.lines)
    called = replace(panel, response=calls, score=score_type("dependency_call"), further=(study,))
    table = ceiling_table(called, np.full(8, 0.7)).loc[DRUGS]
    assert (table["agreement_metric"] == "auroc").all() and (table["agreement"] > 0.99).all()
    assert table["ceiling"].isna().all() and table["share_of_ceiling"].isna().all()
    assert (table["laboratories"] == AGREE).all()
    levels = replace(called, score=score_type("dependency_level"))
    of_levels = ceiling_table(levels, np.full(8, 0.7)).loc[DRUGS]
    assert (of_levels["agreement_metric"] == "spearman").all() and (of_levels["laboratories"] == "").all()


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judge")
    panel = several(folder, n=150, noise=1.5)
    other = pd.read_csv(folder / "second.csv", index_col=0)
    random = np.random.default_rng(3)
    # A third laboratory in yet another unit and direction.
    third = -0.02 * other + 0.03 * random.normal(size=other.shape) + 0.8
    third.to_csv(folder / "third.csv")
    judge = read_judge(FurtherSource(folder / "third.csv", "AUC"), panel, folder / "lines.csv", folder / "drugs.csv")
    return panel, judge, judge_by_another_study(panel, judge, RECIPE, Runtime(MemoryStore(), SerialMapper()))


def test_a_judge_compares_predictions_with_what_a_screen_would_tell(judged):
    _, _, found = judged
    mean = found.agreement.set_index(["method", "part"])["mean"]
    assert found.study == "third" and found.perturbations == 4
    # The judge was made from what the second laboratory measured: the noise of the first hides it.
    assert 0.2 < mean[SCREEN, "all"] < 0.9 and mean[ALONE, "all"] > 0.2 and mean[CONSENSUS, "all"] > 0.2
    share = found.share.set_index(["method", "part"])
    assert share.loc[(ALONE, "all"), "mean"] == pytest.approx(mean[ALONE, "all"] / mean[SCREEN, "all"])
    assert (share["low"] <= share["mean"]).all() and (share["mean"] <= share["high"]).all()
    assert set(found.agreement["part"]) == {"all", "general", "specific"}


def test_intervals_widened_for_another_laboratory_hold(judged):
    _, _, found = judged
    assert 0.3 < found.coverage < 0.95
    # The widening was learnt from the second laboratory, of which the third was made.
    assert 0.8 < found.widening < 1.5 and found.coverage_widened == pytest.approx(0.8, abs=0.1)


def test_a_thin_column_of_a_further_study_does_not_silence_the_consensus(judged):
    panel, judge, found = judged
    study = panel.further[0]
    response = study.response.copy()
    response.iloc[40:, response.columns.get_loc("alphanib")] = np.nan
    thin = replace(panel, further=(replace(study, response=response),))
    again = judge_by_another_study(thin, judge, RECIPE, Runtime(MemoryStore(), SerialMapper()))
    before, after = (one.agreement.set_index(["method", "part"])["mean"] for one in (found, again))
    for part in ("all", "general", "specific"):
        assert abs(before[CONSENSUS, part] - after[CONSENSUS, part]) < 0.15 and after[CONSENSUS, part] > 0.1


def test_without_a_further_study_nothing_says_how_wide_intervals_have_to_be(judged):
    panel, judge, _ = judged
    alone = judge_by_another_study(replace(panel, further=()), judge, RECIPE, Runtime(MemoryStore(), SerialMapper()))
    assert np.isnan(alone.widening) and np.isnan(alone.coverage_widened) and 0.3 < alone.coverage < 0.95


def test_a_judge_that_was_trained_on_is_refused(judged):
    panel, judge, _ = judged
    with pytest.raises(UserError, match="second is one of the studies that are trained on"):
        judge_by_another_study(panel, replace(judge, name="second"), RECIPE, Runtime(MemoryStore(), SerialMapper()))
    with pytest.raises(UserError, match="first is one of the studies that are trained on"):
        judge_by_another_study(panel, replace(judge, name="first"), RECIPE, Runtime(MemoryStore(), SerialMapper()))
    with pytest.raises(UserError, match="share 0 perturbations"):
        lone = replace(judge, same=judge.same.iloc[:0])
        judge_by_another_study(panel, lone, RECIPE, Runtime(MemoryStore(), SerialMapper()))
