"""The verdict on a unit: right where the numbers tell, a question where they do not, never confident and wrong."""

import numpy as np
import pytest

from leap_core.errors import PanelError
from leap_core.io.unit_verdict import judge_unit
from leap_core.io.verdict import CONSTANT, CUBE_ROOTS, FRACTIONS, NO_UNIT, RATIOS, RELATIVE, SQUARE_ROOTS
from leap_core.panel.units import panel_unit


def transcriptome(genes=16_000, seed=0):
    """TPM of a made-up transcriptome: log-normal, a fifth of the genes off, a sum of 0.92 million."""
    random = np.random.default_rng(seed)
    tpm = random.lognormal(0.5, 2.0, genes) * (random.random(genes) > 0.2)
    return tpm * 0.92e6 / tpm.sum()


def counts(tpm, depth=2e7, seed=1):
    random = np.random.default_rng(seed)
    lengths = random.lognormal(0.8, 0.6, len(tpm))
    return random.poisson(tpm * lengths / (tpm * lengths).sum() * depth).astype(float)


WHOLE = {
    "TPM": lambda tpm: tpm,
    "FPKM": lambda tpm: 0.45 * tpm,
    "counts": counts,
    "log2(TPM+1)": lambda tpm: np.log2(tpm + 1),
    "ln(TPM+1)": lambda tpm: np.log(tpm + 1),
    "log10(TPM+1)": lambda tpm: np.log10(tpm + 1),
    "log2(TPM+0.001)": lambda tpm: np.log2(tpm + 0.001),
    "log2(FPKM+1)": lambda tpm: np.log2(0.45 * tpm + 1),
    "ln(FPKM+1)": lambda tpm: np.log(0.45 * tpm + 1),
    "log2(FPKM+0.1)": lambda tpm: np.log2(0.45 * tpm + 0.1),
    "log2(counts+1)": lambda tpm: np.log2(counts(tpm) + 1),
    "ln(counts+1)": lambda tpm: np.log(counts(tpm) + 1),
    "log2(counts)": lambda tpm: np.maximum(np.log2(counts(tpm) + 1), 5.5) + 0.5,
}


@pytest.mark.parametrize("decimals", [6, 2])
@pytest.mark.parametrize("unit", sorted(WHOLE))
def test_a_whole_transcriptome_tells_its_unit(unit, decimals):
    for seed in range(3):
        verdict = judge_unit(np.round(WHOLE[unit](transcriptome(seed=seed)), decimals))
        assert verdict.certain and verdict.kind == unit, verdict


@pytest.mark.parametrize("unit", ["TPM", "FPKM", "log2(TPM+1)", "log2(FPKM+1)", "ln(TPM+1)", "log10(TPM+1)"])
def test_a_subset_of_genes_asks_and_the_truth_is_among_the_answers(unit):
    values = WHOLE[unit](transcriptome())
    for size in (300, 1000, 6000):
        verdict = judge_unit(np.random.default_rng(size).choice(values, size, replace=False))
        assert not verdict.certain and unit in {candidate.name for candidate in verdict.units}, verdict


def test_a_microarray_is_told_from_sequencing():
    random = np.random.default_rng(0)
    values = np.clip(random.gamma(4, 1.2, 15_000) + 2.5 + 1e-3 * random.random(15_000), None, 15)
    assert judge_unit(values).kind == "RMA log2" and judge_unit(values[:400]).kind == "RMA log2"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.random.default_rng(0).normal(0, 1, 5000), RELATIVE),
        (np.random.default_rng(0).standard_t(3, 800), RELATIVE),
        (np.random.default_rng(0).beta(0.5, 1, 5000), FRACTIONS),
        (np.random.default_rng(0).integers(0, 2, 5000).astype(float), FRACTIONS),
        (np.full(500, 7.0), CONSTANT),
        (np.array([1e308, -1e308, 0.0]), RELATIVE),
    ],
)
def test_what_is_no_expression_has_no_unit(values, kind):
    verdict = judge_unit(values)
    assert verdict.units == () and verdict.kind == kind


def test_a_few_negatives_do_not_make_tpm_a_logarithm():
    values = transcriptome()
    values[::400] = -1.0
    assert judge_unit(values).kind == "TPM"


def test_a_sparse_cell_keeps_its_logarithm_and_small_counts_are_counts():
    random = np.random.default_rng(0)
    tpm = transcriptome() ** 1.9 * (random.random(16_000) < 0.5)
    assert judge_unit(np.log2(tpm * 1e6 / tpm.sum() + 1)).kind == "log2(TPM+1)"
    assert judge_unit(random.poisson(0.2, 16_000).astype(float)).kind == "counts"


def test_evidence_is_in_words():
    verdict = judge_unit(counts(transcriptome()))
    assert "all whole numbers" in verdict.evidence and "zeros" in verdict.evidence and "sum" in verdict.evidence


def test_a_panel_of_a_subset_has_the_unit_that_its_lines_allow():
    log = np.log2(np.stack([transcriptome(genes=16_000, seed=seed)[:500] for seed in range(30)]) + 1)
    assert panel_unit(log) == "log2(TPM+1)"
    with pytest.raises(PanelError, match="neither"):
        panel_unit(np.exp2(log) - 1)
    with pytest.raises(PanelError, match="Unknown unit"):
        panel_unit(log, "TPM")


def test_a_panel_whose_logarithm_may_have_another_base_asks():
    log = np.stack([transcriptome(genes=16_000, seed=seed)[:2000] for seed in range(30)])
    assert panel_unit(np.log2(log + 1)) == "log2(TPM+1)"
    with pytest.raises(PanelError, match="another logarithm"):
        panel_unit(np.log(log + 1))
    assert panel_unit(np.log(log + 1), "log2(TPM+1)") == "log2(TPM+1)"


def test_counts_over_a_number_are_cpm_whatever_their_sum():
    reads = counts(transcriptome(), depth=8e6)
    cpm = reads / reads.sum() * 1e6
    assert judge_unit(np.round(cpm, 4)).kind == "CPM"
    assert judge_unit(np.log2(cpm + 1)).kind == "log2(CPM+1)"
    assert judge_unit(np.log(reads / reads.sum() * 1e4 + 1)).kind == "ln(CPM+1)"
    # edgeR's prior count is 2 reads: at 4 million reads that is 0.5, a usual pseudo-count.
    shallow = counts(transcriptome(), depth=4e6)
    assert "CPM" in judge_unit(np.log2((shallow + 2) / (shallow.sum() + 4) * 1e6)).kind
    # TPM that were written with two decimals are multiples of 0.01, and no CPM.
    assert judge_unit(np.log2(np.round(transcriptome(), 2) + 1)).kind == "log2(TPM+1)"


def test_numbers_of_proteins_are_no_expression():
    random = np.random.default_rng(0)
    assert judge_unit(random.normal(27, 2.5, 4000)).units == ()


def test_blank_zeros_and_values_below_zero_are_a_logarithm_without_a_pseudo_count():
    tpm = np.maximum(np.random.default_rng(2).lognormal(4, 2.0, 700), np.linspace(0.6, 0.9, 700))
    verdict = judge_unit(np.r_[np.log2(tpm), np.full(200, np.nan)], off=200)
    assert {unit.pseudo for unit in verdict.units} == {0.0}
    assert "batch" not in verdict.warning


@pytest.mark.parametrize("decimals", [2, 4])
def test_what_was_added_by_the_number_of_reads_leaves_cpm_open(decimals):
    # edgeR adds 2 reads, voom a half: 0.127 and 0.0317 of a million, which nobody adds to TPM.
    reads = counts(transcriptome(), depth=15_753_211)
    for prior in (2.0, 0.5):
        values = np.round(np.log2((reads + prior) / (reads.sum() + 2 * prior) * 1e6), decimals)
        assert judge_unit(values).units[0].quantity == "CPM"


@pytest.mark.parametrize(("power", "kind"), [(2, SQUARE_ROOTS), (3, CUBE_ROOTS)])
def test_roots_of_a_whole_transcriptome_are_told(power, kind):
    verdict = judge_unit(np.round(transcriptome() ** (1 / power), 4))
    assert verdict.units == () and verdict.kind == kind


@pytest.mark.parametrize("of", [lambda ratio: ratio, lambda ratio: np.log2(ratio + 1)])
def test_copy_numbers_are_no_expression(of):
    ratio = np.exp(np.random.default_rng(3).normal(0, 0.3, 15_000))
    assert judge_unit(np.round(of(ratio), 4)).kind == NO_UNIT


@pytest.mark.parametrize("decimals", [6, 2])
@pytest.mark.parametrize("added", [1.0, 0.1])
def test_ratios_to_a_control_are_no_expression(added, decimals):
    one, other = transcriptome(), transcriptome(seed=7)
    off = np.random.default_rng(2).random(len(one)) < 0.1
    one[off] = other[off] = 0.0
    assert judge_unit(np.round((one + added) / (other + added), decimals)).kind == RATIOS


@pytest.mark.parametrize("unit", sorted(WHOLE))
@pytest.mark.parametrize("genes", [300, 3000, 16_000])
def test_no_unit_of_expression_is_taken_for_ratios(unit, genes):
    for decimals in (1, 2, 6):
        values = np.round(WHOLE[unit](transcriptome())[:genes], decimals)
        assert judge_unit(values).kind != RATIOS and judge_unit(values[values > 0]).kind != RATIOS


@pytest.mark.parametrize(
    ("unit", "transformed"),
    [
        ("log2(TPM+10)", lambda tpm: np.log2(tpm + 10)),
        ("asinh(counts)", lambda tpm: np.arcsinh(counts(tpm))),
        ("log10(FPKM+1)", lambda tpm: np.log10(np.where(tpm > 0, tpm * 4e4 + 2e3, 0.0) + 1)),
        ("ln(CPM+1)", lambda tpm: np.log(counts(tpm) / counts(tpm).sum() * 1e4 + 1)),
        (SQUARE_ROOTS, lambda tpm: 2 * np.sqrt(tpm + 0.375)),
    ],
)
def test_rarer_transformations_are_told(unit, transformed):
    for seed in range(3):
        verdict = judge_unit(np.round(transformed(transcriptome(seed=seed)), 6))
        assert verdict.kind.split(" or ")[0] == unit, verdict
