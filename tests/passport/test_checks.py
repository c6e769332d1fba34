"""Lineage guess, identity and sanity."""

import numpy as np
import pandas as pd
import pytest

from leap_core.accuracy.line_errors import NEVER, lineage_folds, squared_errors
from leap_core.passport.lineage_guess import LineageGuess, fit_lineage_guess
from leap_core.passport.same_line import ScreenedLines, find_same_line
from leap_core.passport.sanity import PROLIFERATION, check_sanity
from leap_core.run.codec import read_object, write_object


def lineages(separation, n=160, genes=200, kinds=4, seed=0):
    random = np.random.default_rng(seed)
    centres = random.normal(0, separation, (kinds, genes))
    which = np.arange(n) % kinds
    return (centres[which] + random.normal(0, 1, (n, genes))).astype(np.float32), [f"lineage {k}" for k in which]


def test_a_lineage_is_guessed_with_a_probability_that_holds(tmp_path):
    lines, names = lineages(0.17)
    guess = fit_lineage_guess(lines, names, [f"P{n}" for n in range(160)])
    assert 0.4 < guess.accuracy < 0.95
    # Probabilities can be taken at their word: on fresh lines too.
    assert abs(guess.accuracy - guess.confidence) < 0.15
    fresh, truth = lineages(0.17, seed=0, n=320)
    probabilities = guess.probabilities(fresh[160:])
    right = np.mean(probabilities.idxmax(axis=1).to_numpy() == np.array(truth[160:]))
    assert abs(right - probabilities.max(axis=1).mean()) < 0.15
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    write_object(tmp_path, guess)
    again = read_object(tmp_path, LineageGuess)
    pd.testing.assert_frame_equal(again.probabilities(fresh[:1]), guess.probabilities(fresh[:1]))


def test_rare_and_unknown_lineages_are_not_guessed():
    lines, names = lineages(1.0, n=60, kinds=3)
    names = ["Unknown" if name == "lineage 1" else name for name in names]
    names[0] = "rare"
    patients = [f"P{n}" for n in range(60)]
    assert fit_lineage_guess(lines, names, patients).lineages == ("lineage 0", "lineage 2")
    two = fit_lineage_guess(lines, names, patients).probabilities(lines[2:3]).iloc[0]
    assert two.idxmax() == "lineage 2" and two.max() > 0.8
    alone = fit_lineage_guess(lines, ["one"] * 60, patients)
    assert alone.lineages == () and alone.probabilities(lines[:1]).shape == (1, 0) and np.isnan(alone.accuracy)


LINES = pd.DataFrame({"name": ["786O", "A498", "769P"]}, index=["ACH-000649", "ACH-000555", "ACH-000411"])


@pytest.mark.parametrize(
    ("sample", "correlation", "kind", "name"),
    [
        ("mine", [0.97, 0.5, 0.4], "same profile", "786O"),
        ("mine", [0.85, 0.8, 0.4], None, None),
        ("mine", [0.6, 0.1, 0.1], None, None),
        ("786-O", [0.3, 0.2, 0.1], "same name and nearest", "786O"),
        ("ACH-000649", [0.3, 0.2, 0.1], "same name and nearest", "786O"),
        ("salmon_769P.rep1", [0.1, 0.2, 0.4], "same name and nearest", "769P"),
        ("A498", [0.5, 0.2, 0.1], "same name, another profile", "A498"),
    ],
)
def test_a_screened_line_is_recognised_by_profile_or_name(sample, correlation, kind, name):
    found = find_same_line(sample, np.array(correlation), ScreenedLines(LINES), 500)
    assert (found.kind if found else None) == kind and (found.name if found else None) == name
    if found:
        assert name in found.sentence


def test_with_few_genes_only_names_tell():
    assert find_same_line("mine", np.array([0.99, 0.1, 0.1]), ScreenedLines(LINES), 50) is None
    assert (
        find_same_line("786O", np.array([0.1, 0.9, 0.1]), ScreenedLines(LINES), 50).kind == "same name, another profile"
    )


@pytest.mark.parametrize(
    ("expressed", "says"),
    [
        (["RPS4Y1", "DDX3Y", "KDM5D", "UTY"], "male-like"),
        (["XIST"], "female-like"),
        (["XIST", "RPS4Y1", "DDX3Y", "KDM5D"], "mixture"),
        ([], "silent"),
    ],
)
@pytest.mark.parametrize("microarray", [False, True])
def test_sex_chromosomes_are_read_in_words(expressed, says, microarray):
    genes = ["XIST", "RPS4Y1", "DDX3Y", "KDM5D", "UTY"]
    low, high = (4.0, 9.0) if microarray else (0.1, 5.0)
    logged = pd.Series({gene: high if gene in expressed else low for gene in genes})
    assert says in check_sanity(logged, microarray, logged, pd.DataFrame(columns=genes)).sex
    assert "not told" in check_sanity(logged[:0], microarray, logged[:0], pd.DataFrame()).sex


def test_proliferation_is_a_percentile_of_the_panel():
    genes = list(PROLIFERATION[:10])
    panel = pd.DataFrame(np.arange(100)[:, None] + np.zeros(10), columns=genes)
    found = check_sanity(pd.Series(dtype=float), False, pd.Series(24.5, genes), panel)
    assert found.proliferation == 25 and found.markers == 10
    assert np.isnan(check_sanity(pd.Series(dtype=float), False, pd.Series(24.5, genes[:2]), panel).proliferation)


def test_squared_errors_are_in_variances_of_the_training_lines():
    training = np.array([[0.0, 1, 5], [2, 3, 5], [4, np.nan, 5]], dtype=np.float32)
    measured = np.array([[2.0, np.nan, 5], [np.nan, np.nan, 5]], dtype=np.float32)
    predicted = np.array([[4.0, 0, 0], [0, 0, 0]], dtype=np.float32)
    found = squared_errors(predicted, measured, training, np.array([True, True, True]))
    # Variance of the first perturbation is 8/3; the third does not vary and does not count.
    np.testing.assert_allclose(found["squared_error"], [4 / (8 / 3), np.nan])
    np.testing.assert_allclose(found["squared_error_of_mean"], [0.0, np.nan])


def test_whole_lineages_are_left_out_and_unknown_ones_never():
    names = ["a"] * 10 + ["b"] * 5 + ["c"] * 5 + ["Unknown"] * 4
    folds = lineage_folds(names)
    assert (folds[20:] == NEVER).all() and len(
        {tuple(set(folds[:10])), tuple(set(folds[10:15])), tuple(set(folds[15:20]))}
    ) == 3
    assert (lineage_folds(["a"] * 5 + ["Unknown"]) == NEVER).all()
