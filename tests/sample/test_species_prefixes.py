"""Genes of two species in one file, told by whichever prefix: the human ones are brought to the full sum."""

import numpy as np
import pandas as pd
import pytest

from leap_core.io.reference import shipped_gene_names
from leap_core.services.reading import read_files

NAMES = shipped_gene_names()
# What ends as names of transcripts do is another matter.
HUMAN = [gene for gene in sorted(NAMES.approved)[2000:15000] if "-" not in gene]
MOUSE = [gene.capitalize() for gene in HUMAN[:6000]]


@pytest.mark.parametrize(
    ("human", "mouse"),
    [
        ("homo_sapiens_{}", "mus_musculus_{}"),
        ("hg38|{}", "mm10|{}"),
        ("GRCh38____{}", "mm10____{}"),
        ("hs_{}", "mm_{}"),
        ("hsa_{}", "mmu_{}"),
        ("Hs-{}", "Mm-{}"),
        ("GRCh38p13_{}", "GRCm38p6_{}"),
    ],
)
def test_prefixes_of_two_species(human, mouse):
    random = np.random.default_rng(0)
    values = random.lognormal(1, 2, len(HUMAN) + len(MOUSE))
    tpm = values / values.sum() * 1e6
    labels = [*map(human.format, HUMAN), *map(mouse.format, MOUSE)]
    content = pd.DataFrame({"gene": labels, "A": tpm.round(5)}).to_csv(index=False).encode()
    found = read_files([("x.csv", content)], NAMES)
    own = tpm[: len(HUMAN)]
    expected = np.log2(own / own.sum() * 1e6 + 1)
    assert list(found.table.columns) == HUMAN
    np.testing.assert_allclose(found.table.iloc[0].to_numpy(), expected, atol=1e-3)
    assert any("another species" in warning for warning in found.warnings)
