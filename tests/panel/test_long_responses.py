"""Tables with a row for each line and perturbation: columns by their titles, repeats averaged, doses not."""

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import PanelError
from leap_core.panel.line_names import LineNames
from leap_core.panel.long_responses import pivoted

LINES = [f"ACH-{n:06d}" for n in range(1, 13)]
DRUGS = [f"Drug{n}" for n in range(6)]
NAMES = LineNames(ids=frozenset(LINES))


def rows(**more):
    frame = pd.DataFrame([(line, drug) for line in LINES for drug in DRUGS], columns=["ModelID", "drug_name"])
    frame["ln_ic50"] = np.random.default_rng(0).normal(size=len(frame)).round(4)
    return frame.assign(**more)


def matrix_of(frame, score="ln_ic50"):
    return pivoted(frame.set_index("ModelID"), "t.csv", NAMES, score)


def truth():
    return rows().pivot(index="ModelID", columns="drug_name", values="ln_ic50")


@pytest.mark.parametrize("column", ["replicate", "well", "plate", "screen_id", "sgrna_name"])
def test_replicates_are_averaged_under_the_name_of_the_drug(column):
    parts = [rows(**{column: [f"{column}{n}{row}" for row in range(72)]}) for n in (-1, 0, 1)]
    for shift, part in zip((-1, 0, 1), parts, strict=True):
        part["ln_ic50"] += shift
    found, notes = matrix_of(pd.concat(parts))
    pd.testing.assert_frame_equal(
        found.loc[LINES, DRUGS], truth(), check_names=False, check_index_type=False, check_column_type=False
    )
    assert "144 pairs occur more than once" in notes[0]


@pytest.mark.parametrize(
    "more", [{"target_name": "EGFR"}, {"gene_symbol_target": "EGFR"}, {"pathway_name": "MAPK"}, {"vendor_name": "V"}]
)
def test_what_is_said_of_a_drug_is_not_its_name(more):
    title, word = next(iter(more.items()))
    frame = rows(**{title: [f"{word}{row % 6 // 2}" for row in range(72)]})
    found, _ = matrix_of(frame)
    assert list(found.columns) == DRUGS and np.allclose(found.loc[LINES, DRUGS], truth())


def test_ids_of_drugs_and_genes_may_be_numbers():
    frame = rows().rename(columns={"drug_name": "DRUG_ID"})
    frame["DRUG_ID"] = frame["DRUG_ID"].str.removeprefix("Drug").astype(int) + 1003
    assert list(matrix_of(frame)[0].columns) == [str(1003 + n) for n in range(6)]


@pytest.mark.parametrize(
    ("column", "labels"), [("dose_uM", [0.1, 1.0]), ("time", ["24h", "72h"]), ("DATASET", ["A", "B"])]
)
def test_doses_times_and_data_sets_are_refused_by_name(column, labels):
    frame = pd.concat([rows(**{column: label}) for label in labels])
    with pytest.raises(PanelError, match=f"told apart by its column {column}"):
        matrix_of(frame)


@pytest.mark.parametrize(
    ("title", "score"),
    [("pIC50", "ln_ic50"), ("IC50_uM", "ln_ic50"), ("AAC", "AUC"), ("viability", "AUC"), ("percent_inhibition", "AUC")],
)
def test_a_declared_score_does_not_overrule_the_columns_title(title, score):
    with pytest.raises(PanelError, match="is another score"):
        matrix_of(rows().rename(columns={"ln_ic50": title}), score)


def test_the_column_of_the_declared_score_is_found_among_others():
    frame = rows(**{"IC50 (uM)": 1.5, "ActArea": 2.0})
    assert (matrix_of(frame.drop(columns="ln_ic50"), "act_area")[0] == 2.0).all(axis=None)
    curves = rows(ec50=0.1).rename(columns={"ln_ic50": "area_under_curve"})
    assert np.allclose(matrix_of(curves, "AUC")[0].loc[LINES, DRUGS], truth())
