"""Measured screens in the forms that people have."""

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import ChoiceNeededError, SampleError, UserError
from leap_core.genes.names import GeneNames
from leap_core.io.measured_screens import ANOTHER, ScreenOptions, read_measured
from leap_core.panel.scores import SCORE_TYPES
from leap_core.ranking.scorecard import score_predictions

NAMES = pd.Index([f"GENE{n}" for n in range(30)])
VALUES = pd.Series(np.linspace(-2, 1, 30), NAMES)
LOWER = ScreenOptions(direction="lower")


def csv(frame, **options):
    return frame.to_csv(**options).encode()


@pytest.mark.parametrize(
    "content",
    [
        csv(VALUES.rename("score").rename_axis("gene").to_frame()),
        csv(VALUES.to_frame("MyLine").T),
        csv(VALUES.set_axis([f"{name} ({n + 1})" for n, name in enumerate(NAMES)]).to_frame("ACH-1").T),
        csv(VALUES.set_axis(NAMES.str.lower()).to_frame("x"), sep="\t"),
        csv(pd.DataFrame({"row": range(30), "symbol": NAMES, "chronos": VALUES.to_numpy(), "n": 4}), index=False),
    ],
)
def test_every_form_gives_the_same_values(content):
    found = read_measured(content, "x.csv", NAMES, options=LOWER)
    pd.testing.assert_series_equal(
        found.values.sort_index(), VALUES.sort_index(), check_names=False, check_index_type=False
    )
    assert found.hits is None


def test_mageck_brings_its_own_hits_and_repeats_are_averaged():
    summary = pd.DataFrame(
        {
            "id": NAMES,
            "num": 4,
            "neg|lfc": VALUES.to_numpy(),
            "neg|fdr": np.linspace(0, 1, 30),
            "pos|lfc": 0.0,
            "pos|fdr": 1.0,
        }
    )
    found = read_measured(csv(summary, sep="\t", index=False), "g.txt", NAMES)
    assert found.hits.sum() == 2 and found.hits["GENE0"] and found.values["GENE0"] == -2
    twice = pd.concat([VALUES, VALUES + 1]).to_frame("x")
    np.testing.assert_allclose(read_measured(csv(twice), "x.csv", NAMES, options=LOWER).values[NAMES], VALUES + 0.5)


def test_what_is_unclear_is_asked_and_what_is_nothing_refused():
    two = pd.DataFrame({"a": VALUES, "b": VALUES})
    with pytest.raises(ChoiceNeededError, match="measured score"):
        read_measured(csv(two), "x.csv", NAMES)
    asked = read_measured(csv(two), "x.csv", NAMES, options=ScreenOptions("b", "higher"))
    assert asked.kind.startswith("its column b") and asked.stronger == "higher"
    for content in (
        b"a,b\n1,2\n",
        csv(VALUES.set_axis([f"X{n}" for n in range(30)]).to_frame("x")),
        b"\x89PNG" + bytes(50),
    ):
        with pytest.raises(UserError):
            read_measured(content, "x.csv", NAMES)


def test_a_scorecard_by_hand():
    table = pd.DataFrame(
        {"predicted": VALUES, "z": -VALUES, "probability": 0.3, "panel_mean": 0.0, "panel_sd": 1.0}, index=NAMES
    )  # list order: strongest first
    screen = read_measured(csv(VALUES.to_frame("x")), "x.csv", NAMES, options=LOWER)
    effect = SCORE_TYPES["gene_effect"]
    card = score_predictions(table, screen, pd.Series(VALUES <= -1.5, NAMES), True, effect)
    assert card.rule == "panel" and card.rows["hit"].sum() == (VALUES <= -1.5).sum()
    assert card.correlation == pytest.approx(1) and card.selective_correlation == pytest.approx(1)
    assert card.by_length.loc[5, "hits"] == 5 and card.by_length.loc[5, "expected"] == pytest.approx(1.5)
    other = score_predictions(table, screen, pd.Series(True, NAMES), False, effect)
    assert other.rule == "list" and other.rows["hit"].sum() == 3 and np.isnan(other.selective_correlation)


@pytest.mark.parametrize(
    ("title", "stronger"),
    [
        ("lfc", "lower"),
        ("dayX|beta", "lower"),
        ("normZ", "lower"),
        ("neg.lfc", "lower"),
        ("BF", "higher"),
        ("gene_effect", "lower"),
        ("JACKS score", "lower"),
        ("STARS Score", "higher"),
        ("Dependency probability", "higher"),
        ("LN_IC50", "lower"),
        ("AUC", "lower"),
        ("Activity area", "higher"),
    ],
)
@pytest.mark.parametrize("key", ["gene_effect", "dependency_call", "gene_dependency", "rnai_relative"])
def test_a_perfect_screen_scores_one_whichever_way_it_points(title, stronger, key):
    score = SCORE_TYPES[key]
    strength = np.linspace(3, 0, 30)
    table = pd.DataFrame(
        {"predicted": score.strength(strength), "z": strength, "probability": 0.3, "panel_mean": 0.0, "panel_sd": 1.0},
        index=NAMES,
    )
    # A probability is one.
    given = strength / 3 if title == "Dependency probability" else strength
    measured = pd.DataFrame({"gene": NAMES, title: given if stronger == "higher" else -given, "fdr": 0.1})
    screen = read_measured(csv(measured, index=False), "screen.csv", NAMES)
    assert screen.stronger == stronger
    card = score_predictions(table, screen, pd.Series(strength >= 2.5, NAMES), True, score)
    assert card.correlation == pytest.approx(1) and card.rows["hit"].iloc[0] and not card.rows["hit"].iloc[-1]


def test_a_direction_that_nothing_says_is_asked_and_p_values_are_no_score():
    unknown = csv(VALUES.to_frame("score"))
    with pytest.raises(ChoiceNeededError) as asked:
        read_measured(unknown, "x.csv", NAMES)
    assert asked.value.option == "direction" and asked.value.choices == ("lower", "higher")
    for title in ("fdr", "p-value", "neg|rank", "padj", "num"):
        with pytest.raises(UserError, match="no score"):
            read_measured(csv(VALUES.abs().rename_axis("gene").to_frame(title)), "x.csv", NAMES)
    twice = pd.DataFrame({"gene": NAMES, "a": VALUES.to_numpy(), "b": VALUES.to_numpy()})
    with pytest.raises(UserError, match="its own title"):
        read_measured(csv(twice.set_axis(["gene", "lfc", "lfc"], axis=1), index=False), "x.csv", NAMES)


def test_ids_are_translated_to_the_models_names():
    genes = ["TP53", "MYC", "SOX10", "KRAS", "BRAF", "EGFR", "CDK4", "CDK6", "MDM2", "PTEN", "RB1", "NRAS"]
    ids = pd.DataFrame(
        {
            "symbol": genes,
            "alias_symbol": "",
            "prev_symbol": "",
            "ensembl_gene_id": [f"ENSG{n:011d}" for n in range(12)],
            "entrez_id": [str(n + 1000) for n in range(12)],
        }
    )
    names, values = GeneNames.from_hgnc(ids, "test"), np.linspace(-1, 1, 12)
    for labels in (ids["ensembl_gene_id"], ids["entrez_id"]):
        content = csv(pd.DataFrame({"id": labels, "lfc": values}), index=False)
        found = read_measured(content, "x.csv", pd.Index(genes), names)
        np.testing.assert_allclose(found.values[genes], values)


@pytest.mark.parametrize(
    "title",
    [
        "dependency_score",
        "pIC50",
        "-log10(IC50)",
        "NLOGGI50",
        "neg_log_GI50",
        "1-AUC",
        "AUC (1=sensitive)",
        "-LFC",
        "negative log2FC",
        "-1*log2FC",
        "log2FC (inverted)",
        "viability loss (%)",
        "effect_size",
    ],
)
def test_a_score_that_is_turned_round_or_cannot_be_what_its_title_says_is_asked(title):
    measured = pd.DataFrame({"gene": NAMES, title: VALUES.to_numpy()})
    with pytest.raises(ChoiceNeededError) as asked:
        read_measured(csv(measured, index=False), "screen.csv", NAMES)
    assert asked.value.option == "direction"
    found = read_measured(csv(measured, index=False), "screen.csv", NAMES, options=LOWER)
    assert found.unit == (None if title == "effect_size" else ANOTHER) and found.stronger == "lower"


@pytest.mark.parametrize("title", ["Mean log2FC", "median_log2FC", "mean log2 fold change", "normalised log2FC"])
def test_a_mean_is_not_taken_for_a_negation(title):
    measured = pd.DataFrame({"gene": NAMES, title: VALUES.to_numpy()})
    assert read_measured(csv(measured, index=False), "screen.csv", NAMES).stronger == "lower"


def test_concentrations_far_from_the_others_stay():
    values = pd.Series(np.geomspace(0.01, 20, 30), NAMES)
    values.iloc[-2:] = 999.3, 1000.0
    found = read_measured(csv(values.rename_axis("drug").to_frame("IC50")), "x.csv", NAMES)
    assert len(found.values) == 30 and found.values.max() == 1000.0 and "left out" not in found.kind


def test_a_mark_of_a_gap_is_no_score_and_is_said():
    values = VALUES.copy()
    values.iloc[3] = -999.0
    found = read_measured(csv(values.rename_axis("gene").to_frame("LFC")), "x.csv", NAMES)
    assert "GENE3" not in found.values.index and found.values.min() == VALUES.min()
    assert "-999" in found.kind


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        ("contrast", ["T21_vs_T0", "Drug_vs_DMSO"]),
        ("cell_line", ["A375", "HT29"]),
        ("day", ["7", "21"]),
        ("ModelID", ["ACH-000001", "ACH-000002"]),
    ],
)
def test_lists_that_are_stacked_are_asked_and_one_is_read(column, labels):
    parts = [pd.DataFrame({"gene": NAMES, "LFC": sign * VALUES.to_numpy()}) for sign in (1, -1)]
    content = csv(
        pd.concat([part.assign(**{column: label}) for part, label in zip(parts, labels, strict=True)]), index=False
    )
    with pytest.raises(ChoiceNeededError, match=column) as asked:
        read_measured(content, "x.csv", NAMES)
    assert asked.value.option == "rows" and asked.value.choices == tuple(labels)
    found = read_measured(content, "x.csv", NAMES, options=ScreenOptions(rows=labels[0]))
    np.testing.assert_allclose(found.values[NAMES], VALUES)
    with pytest.raises(SampleError, match="no rows of 'x'"):
        read_measured(content, "x.csv", NAMES, options=ScreenOptions(rows="x"))


@pytest.mark.parametrize("column", ["replicate", "sgRNA", "well", "guide_id"])
def test_guides_and_replicates_are_averaged_and_counted(column):
    parts = [pd.DataFrame({"gene": NAMES, "LFC": VALUES.to_numpy() + n, column: f"r{n}"}) for n in (0, 1)]
    found = read_measured(csv(pd.concat(parts), index=False), "x.csv", NAMES)
    np.testing.assert_allclose(found.values[NAMES], VALUES + 0.5)
    assert "60 rows repeat a name, their mean was taken" in found.kind


def test_doses_are_no_repeats_and_units_of_rows_are_one():
    doses = pd.concat(pd.DataFrame({"drug": NAMES, "viability": 0.5, "dose_uM": 10.0**n}) for n in range(3))
    with pytest.raises(ChoiceNeededError, match="dose_uM"):
        read_measured(csv(doses, index=False), "x.csv", NAMES)
    amounts = np.exp(VALUES.to_numpy())
    nano = np.arange(30) % 2 == 0
    table = pd.DataFrame(
        {"drug": NAMES, "IC50": np.where(nano, 1000 * amounts, amounts), "unit": np.where(nano, "nM", "uM")}
    )
    found = read_measured(csv(table, index=False), "x.csv", NAMES)
    np.testing.assert_allclose(found.values[NAMES], amounts)
    with pytest.raises(SampleError, match="logarithms"):
        read_measured(csv(table.rename(columns={"IC50": "ln_IC50"}), index=False), "x.csv", NAMES)


def test_bounds_are_the_number_they_name_and_are_told():
    table = pd.DataFrame({"drug": NAMES, "IC50": [">60" if n < 12 else f"{n}.5" for n in range(30)]})
    found = read_measured(csv(table, index=False), "x.csv", NAMES)
    assert (found.values[NAMES[:12]] == 60).all() and len(found.values) == 30
    assert "12 cells are bounds" in found.kind


@pytest.mark.parametrize("title", ["T0_vs_T21_LFC", "LFC (control/treatment)", "DMSO vs drug log2FC"])
def test_a_ratio_the_other_way_round_is_asked(title):
    with pytest.raises(ChoiceNeededError) as asked:
        read_measured(csv(pd.DataFrame({"gene": NAMES, title: VALUES.to_numpy()}), index=False), "x.csv", NAMES)
    assert asked.value.option == "direction"
