"""Columns computed from the samples beside them are no samples; a mean that stands alone is one."""

import numpy as np
import pytest

from leap_core.io import derived_columns
from leap_core.io.quantities import one_per_sample

RANDOM = np.random.default_rng(0)
WT, KO = np.round(RANDOM.gamma(1.0, 20.0, (2, 3, 400)), 3)
SAMPLES = {f"WT{n + 1}": values for n, values in enumerate(WT)}
OTHERS = {f"KO{n + 1}": values for n, values in enumerate(KO)}


def derived(columns):
    titles, values = list(columns), list(columns.values())
    return {titles[place] for place in derived_columns.derived(titles, values.__getitem__)}


def test_means_and_spreads_of_all_samples_or_of_a_group_are_found_together():
    both = {
        "WT_mean": np.round(WT.mean(0), 3),
        "WT_sd": np.round(WT.std(0, ddof=1), 3),
        "Average": np.vstack([WT, KO]).mean(0),
        "SEM": np.vstack([WT, KO]).std(0, ddof=1) / np.sqrt(6),
        "CV (%)": 100 * np.vstack([WT, KO]).std(0, ddof=1) / np.vstack([WT, KO]).mean(0),
    }
    assert derived({**SAMPLES, **OTHERS, **both}) == set(both)


def test_means_without_their_samples_are_samples_and_spreads_beside_them_are_none():
    columns = {"WT_mean": WT[0], "WT_sd": WT[1] / 10, "KO_mean": KO[0], "KO_sd": KO[1] / 10}
    assert derived(columns) == {"WT_sd", "KO_sd"}


@pytest.mark.parametrize("name", ["SEM", "CV-1", "MEAN-2", "SE", "FC_1"])
def test_lines_that_are_called_like_statistics_stay(name):
    assert derived({**SAMPLES, name: KO[0]}) == set()


@pytest.mark.parametrize(
    ("title", "values"),
    [
        ("KO1/WT1", KO[0] / WT[0]),
        ("KO1_vs_WT1", KO[0] / WT[0]),
        ("FC_KO_WT", np.round(KO[0] / WT[0], 3)),
        ("fold change", KO[0] / WT[0]),
        ("z_WT1", (WT[0] - WT[0].mean()) / WT[0].std()),
    ],
)
def test_ratios_and_scaled_copies_are_computed(title, values):
    assert derived({**SAMPLES, **OTHERS, title: values}) == {title}


def test_a_logarithm_beside_its_unit_and_the_p_value_of_a_signal_are_no_samples():
    chosen = one_per_sample(["A_TPM", "A_log2TPM", "B_TPM", "B_log2(TPM+1)"])
    assert chosen.positions == (0, 2) and chosen.samples == ("A", "B")
    assert one_per_sample(["A_log2TPM", "B_log2TPM"]) is None
    arrays = one_per_sample(["A.AVG_Signal", "A.Detection Pval", "B.AVG_Signal", "B.Detection Pval"])
    assert arrays.samples == ("A", "B") and arrays.quantity == "signal"


def test_no_value_is_asked_for_where_no_title_speaks_of_a_computed_column_and_titles_may_repeat():
    asked = []
    assert derived_columns.derived(["A", "A", "B"], asked.append) == set() and asked == []
    values = [WT[0], WT[1], (WT[0] + WT[1]) / 2]
    assert derived_columns.derived(["A", "A", "mean"], values.__getitem__) == {2}


@pytest.mark.parametrize(
    ("title", "values"),
    [
        ("rowMeans", WT.mean(0)),
        ("rowSums", WT.sum(0)),
        ("GroupMean", WT.mean(0)),
        ("AveExpr", WT.mean(0)),
        ("AVG(WT1,WT2)", WT.mean(0)),
        ("n_expressed", (WT > 0).sum(0)),
        ("detected", 100 * (WT > 0).mean(0)),
    ],
)
def test_summaries_under_the_titles_that_programs_write(title, values):
    assert derived({**SAMPLES, title: np.round(values, 3)}) == {title}
    assert derived({**SAMPLES, title: KO[0]}) == set()


@pytest.mark.parametrize(
    ("titles", "positions", "quantity"),
    [
        (["unstranded_A", "tpm_unstrand_A", "fpkm_uq_unstrand_A", "unstranded_B", "tpm_unstrand_B"], (1, 4), "TPM"),
        (["A.unstranded", "A.sense", "A.antisense", "B.unstranded", "B.sense", "B.antisense"], (0, 3), "counts"),
        (["counts_unstranded", "counts_firstStrand", "counts_secondStrand"], (0,), "counts"),
        (["A_Rohzahl", "B_Rohzahl", "A_TPM", "B_TPM"], (2, 3), "TPM"),
        (["A_原始计数", "A_TPM", "B_原始计数", "B_TPM"], (1, 3), "TPM"),
        (["A_counts", "A_log2TPM", "B_counts", "B_log2TPM"], (1, 3), "logarithms"),
        (["A_log2TPM", "A_TPM", "B_log2TPM", "B_TPM"], (1, 3), "TPM"),
        (["first_TPM", "first_counts", "second_TPM", "second_counts"], (0, 2), "TPM"),
    ],
)
def test_the_best_of_each_samples_quantities_is_taken_under_any_word(titles, positions, quantity):
    chosen = one_per_sample(titles)
    assert chosen.positions == positions and chosen.quantity == quantity


@pytest.mark.parametrize(
    "titles", [["A_TPM", "B_TPM", "C"], ["A_TPM", "B_TPM", "A_x", "C_x"], ["A_TPM", "A2", "B_TPM"]]
)
def test_a_word_that_does_not_repeat_every_sample_is_no_quantity(titles):
    assert one_per_sample(titles) is None
