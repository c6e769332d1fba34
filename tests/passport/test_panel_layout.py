"""A table of the panel's own genes is taken in the panel's unit, unless its sum is one that no line has."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap_core.genes.names import GeneNames
from leap_core.passport.panel_layout import settled_by_panel
from leap_core.sample.profiles import read_profiles
from leap_core.services.demo import DEMO_GENES
from leap_core.services.models import load_model

GENES = [f"GENE{n}" for n in range(400)]
RANDOM = np.random.default_rng(4)
TPM = pd.DataFrame(RANDOM.lognormal(3, 1.8, (1, 400)) * RANDOM.lognormal(0, 0.5, (210, 400)), columns=GENES)


@pytest.fixture(scope="module")
def reference(demo_store):
    found = load_model(DEMO_GENES, demo_store).reference
    return replace(found, panel=replace(found.panel, expression=np.log2(TPM + 1).set_axis(found.panel.lines.index)))


def read(values):
    profiles = read_profiles(values.round(4).T.to_csv().encode(), "x.csv", set(GENES), GeneNames())
    assert not profiles.verdicts[0].certain
    return profiles


def test_a_line_of_the_panel_is_in_the_panels_unit(reference):
    found = settled_by_panel(read(TPM.iloc[[30]]), reference)
    assert found.verdicts[0].certain
    assert "leave open TPM or FPKM" in found.verdicts[0].evidence


@pytest.mark.parametrize(
    "values", [TPM.iloc[[30]] * 3, TPM.iloc[[30]].iloc[:, :399]], ids=["another sum", "other genes"]
)
def test_nothing_else_is_settled(values, reference):
    assert not settled_by_panel(read(values), reference).verdicts[0].certain
