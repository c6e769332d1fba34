"""The biomarker scatter: who is marked, and what is left out."""

import numpy as np
import pandas as pd

from leap_core.panel.scores import score_type
from leap_core.report.figures.biomarkers import biomarker_scatter


def lines():
    random = np.random.default_rng(0)
    lineage = np.repeat(["A", "B", "C", "D"], [30, 30, 3, 30])
    shift = pd.Series(lineage).map({"A": 0.0, "B": 5.0, "C": 2.0, "D": 0.1}).to_numpy()
    table = pd.DataFrame(
        {"expression": shift + 0.1 * random.normal(size=93), "measured": -shift, "lineage": lineage, "name": "x"}
    )
    table.loc[0, "measured"] = np.nan
    return table


def test_lineages_are_marked_where_their_names_have_room_and_the_samples_always():
    figure = biomarker_scatter(lines(), "G", 1.5, "C", "log2(TPM+1)", score_type("gene_effect"))
    others, own, means = figure.data
    assert own.name == "C, as this sample" and len(own.x) == 3 and len(others.x) == 89
    # A and D lie on each other; C is small, but the sample's.
    assert set(means.text) in ({"C", "B", "A"}, {"C", "B", "D"})
    assert any(shape.x0 == 1.5 for shape in figure.layout.shapes)
    assert figure.layout.yaxis.title.text.startswith("Measured") and "G" in figure.layout.xaxis.title.text
    unmeasured = biomarker_scatter(lines(), "G", float("nan"), None, "log2(TPM+1)", score_type("gene_effect"))
    assert not unmeasured.layout.shapes and "C" not in unmeasured.data[-1].text


def test_calls_are_spread_so_that_they_can_be_counted():
    calls = lines().assign(measured=lambda table: (table["expression"] > 1).astype(float))
    figure = biomarker_scatter(calls, "G", 1.0, None, "log2(TPM+1)", score_type("dependency_call"))
    drawn = np.asarray(figure.data[0].y, dtype=float)
    assert len(np.unique(drawn)) > 4 and set(np.round(drawn)) == {0.0, 1.0}
