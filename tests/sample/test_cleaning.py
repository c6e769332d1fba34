"""Values that are none, and zeros that are: marks of gaps, zeros written for the logarithm of zero."""

import numpy as np
import pandas as pd
import pytest

from leap_core.sample.cleaning import cleaned
from leap_core.sample.units import sample_verdicts

RANDOM = np.random.default_rng(7)


def clean(values):
    return cleaned(np.asarray(values)[:, None], [f"G{n}" for n in range(len(values))], ["KP4"])


@pytest.mark.parametrize("lowest", [1, 2])
def test_zeros_written_for_the_logarithm_of_zero_are_genes_that_are_off(lowest):
    logs = RANDOM.normal(5, 2.5, 800).round(3)
    logs[:150], logs[150:170], logs[170 : 170 + lowest] = 0, -1.5 - np.arange(20) / 50, -4
    found = clean(logs)
    assert found.off.sum() == 150
    assert found.bare.all()


@pytest.mark.parametrize(("mark", "gaps"), [(-1.266, 0), (-9.99, 2), (-1, 2), (-999, 2)])
def test_few_values_below_all_others_are_marks_unless_they_may_be_logarithms(mark, gaps):
    logs = RANDOM.normal(9, 2, 800).clip(0.2)
    logs[[3, 9]] = mark
    found = clean(logs)
    assert np.isnan(found.values).sum() == gaps


def test_a_sample_whose_sum_alone_makes_it_tpm_is_cpm_among_cpm():
    counts = RANDOM.negative_binomial(0.5, 0.004, (14_000, 3)).astype(float)
    deep = RANDOM.lognormal(3, 1.5, 14_000)
    values = pd.DataFrame(np.c_[counts / counts.sum(axis=0) * 1e6, deep / deep.sum() * 1e6], columns=list("abcd"))
    verdicts = sample_verdicts(values, None, None, "", "x.csv")
    assert [verdict.kind for verdict in verdicts] == ["CPM"] * 4
    assert "as most samples" in verdicts[3].evidence
    alone = sample_verdicts(values[["d"]], None, None, "", "x.csv")
    assert alone[0].kind == "TPM"
