"""Values that are none, and zeros that are: marks of gaps, zeros written for the logarithm of zero."""

import numpy as np
import pandas as pd
import pytest

from leap_core.io.reference import shipped_gene_names
from leap_core.sample.cleaning import cleaned
from leap_core.sample.units import sample_verdicts
from leap_core.services.reading import read_files

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
    assert "as other samples" in verdicts[3].evidence
    alone = sample_verdicts(values[["d"]], None, None, "", "x.csv")
    assert alone[0].kind == "TPM"


def test_zeros_of_a_logarithm_are_told_where_many_genes_have_one_read():
    tpm = RANDOM.lognormal(0.5, 2.0, 14_000) * (RANDOM.random(14_000) > 0.2)
    reads = RANDOM.poisson(tpm / tpm.sum() * 6e6).astype(float)
    cpm = reads / reads.sum() * 1e6
    values = np.where(reads > 0, np.log2(np.maximum(cpm, 1e-9)), 0.0)
    found = clean(values)
    assert (reads == 1).sum() > 50 and np.array_equal(found.off[:, 0], reads == 0) and found.bare[0]


def test_one_value_as_large_as_all_others_is_a_gap_of_tpm():
    tpm = RANDOM.lognormal(1, 2, (14_000, 1))
    tpm *= 0.92e6 / tpm.sum()
    values = tpm.copy()
    values[7] = 1e6
    clean = cleaned(values, [f"G{row}" for row in range(len(values))], ["a"])
    assert np.isnan(clean.values[7, 0]) and np.isfinite(np.delete(clean.values, 7, axis=0)).all()
    assert "G7" in clean.warnings[0]


def test_samples_whose_pseudo_counts_follow_their_reads_are_cpm():
    tpm = RANDOM.lognormal(0.5, 2.0, (14_000, 3)) * (RANDOM.random((14_000, 3)) > 0.2)
    reads = RANDOM.poisson(tpm / tpm.sum(axis=0) * np.array([9.1e6, 13.3e6, 31.7e6])).astype(float)
    values = np.round(np.log2((reads + 0.5) / (reads.sum(axis=0) + 1) * 1e6), 2)
    verdicts = sample_verdicts(pd.DataFrame(values, columns=list("abc")), None, None, "", "x.csv")
    assert [[unit.quantity for unit in verdict.units] for verdict in verdicts] == [["CPM"]] * 3


def test_of_two_species_the_sum_is_that_of_both():
    names = shipped_gene_names()
    genes = [gene for gene in sorted(names.ensembl.values()) if gene[:3].isalpha() and gene.isupper()][:14_000]
    tpm = np.round(RANDOM.lognormal(0.5, 2.0, (14_000, 2)) * 10, 2)
    both = np.r_[0.7 * tpm, 0.3 * tpm[::-1]]
    both *= 1e6 / both.sum(axis=0)
    table = pd.DataFrame(both.round(6), [*genes, *(gene.capitalize() for gene in genes)], ["a", "b"])
    found = read_files([("x.csv", table.to_csv().encode())], names)
    assert {kind.split(" or ")[0] for kind in found.read_as} == {"TPM"}
    expected = np.log2(tpm / tpm.sum(axis=0) * 1e6 + 1)
    share = found.table[genes].to_numpy().T - expected
    assert np.abs(share[expected > 3]).max() < 0.02
    assert any("mouse" in warning for warning in found.warnings)
