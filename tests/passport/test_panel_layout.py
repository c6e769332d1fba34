"""A table of the panel's own genes: the panel's sums settle what a subset of genes leaves open."""

import numpy as np
import pandas as pd
import pytest

from leap_core.genes.names import GeneNames
from leap_core.passport.panel_layout import settled_by_panel
from leap_core.sample.profiles import read_profiles

GENES = [f"GENE{n}" for n in range(400)]
RANDOM = np.random.default_rng(4)
TPM = pd.DataFrame(RANDOM.lognormal(3, 1.8, (1, 400)) * RANDOM.lognormal(0, 0.5, (60, 400)), columns=GENES)
PANEL = np.log2(TPM + 1)


def read(values):
    profiles = read_profiles(values.T.to_csv().encode(), "x.csv", set(GENES), GeneNames())
    assert not profiles.verdicts[0].certain
    return profiles


def test_a_line_of_the_panel_is_in_the_panels_unit():
    found = settled_by_panel(read(TPM.iloc[[30]].round(4)), "log2(TPM+1)", PANEL)
    assert found.verdicts[0].certain
    assert "leave open TPM or FPKM" in found.verdicts[0].evidence


@pytest.mark.parametrize(
    "values", [TPM.iloc[[30]] * 3, TPM.iloc[[30]].iloc[:, :399]], ids=["another sum", "other genes"]
)
def test_nothing_else_is_settled(values):
    profiles = read(values.round(4))
    assert (
        settled_by_panel(profiles, "log2(TPM+1)", PANEL) is profiles
        or not settled_by_panel(profiles, "log2(TPM+1)", PANEL).verdicts[0].certain
    )
