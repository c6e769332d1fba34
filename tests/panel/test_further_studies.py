"""Panels of several studies: read, joined by rules that are shown, and turned to predict another study."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap_core.errors import PanelError
from leap_core.genes.names import GeneNames
from leap_core.panel.further_studies import FurtherSource, turned_to
from leap_core.panel.kept import import_panel, keep_panel, stored_panel
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.same_perturbations import BY_ID, BY_NAME, BY_SALT, BY_SYNONYM, same_drugs, same_genes
from leap_core.run.store import Store
from tests.several_studies import two_studies, written


def sources(folder, **options):
    files = written(folder, **options)
    also = (FurtherSource(files["second"], "act_area"),)
    return PanelSources(files["expression"], files["first"], files["lines"], "ln_ic50", also=also, drugs=files["drugs"])


def test_a_further_study_keeps_its_own_unit_and_all_its_lines_that_have_expression(tmp_path):
    panel = read_panel(sources(tmp_path))
    _, main, other, _ = two_studies()
    (study,) = panel.further
    assert panel.study == "first" and study.name == "second"
    assert study.score.key == "act_area" and study.score.higher_is_stronger
    np.testing.assert_allclose(study.response.loc[other.index, other.columns], other, rtol=1e-5)
    # Lines that only the other study has are not among those that the panel predicts.
    assert len(panel.lines) == len(main) and set(study.response.index) - set(panel.lines.index)
    assert (study.lines.index == study.response.index).all()
    assert any("takes part as a further study" in note for note in panel.report.notes)


def test_drugs_are_joined_by_rules_that_are_said(tmp_path):
    same = read_panel(sources(tmp_path)).further[0].same
    found = {row.perturbation: (row.column, row.by) for row in same.itertuples()}
    assert found == {
        "Alphanib_1001": ("alphanib", BY_NAME),
        "Betanib_1002": ("BETANIB", BY_NAME),
        "Gammanib mesylate_1003": ("Gammanib", BY_SALT),
        "Delta-12_1004": ("D12", BY_SYNONYM),
    }


def test_an_id_counts_only_where_both_studies_number_alike():
    ours = [f"Drug{number}_{number}" for number in range(10, 20)] + ["Old name_99"]
    alike = [f"drug{number}_{number}" for number in range(10, 20)] + ["New name_99"]
    joined = same_drugs(ours, alike)
    assert joined.set_index("perturbation").loc["Old name_99", "by"] == BY_ID
    otherwise = [f"Thing{number}_{number}" for number in range(10, 20)]
    assert same_drugs(ours, otherwise).empty


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("Gammanib mesylate", True),
        ("Gammanib di-hydrochloride", False),
        ("Gammanib dihydrochloride hydrate", True),
        ("Gammanib (mesylate)", True),
        ("Gammanib sulfate + decitabine", False),
        ("Gammanib acetate:Erlotinib (2:1)", False),
        ("Gammanib phosphate A", False),
    ],
)
def test_only_salts_behind_a_name_are_left_out(name, same):
    assert bool(len(same_drugs(["Gammanib"], [name]))) is same


def test_salts_without_a_drug_are_not_the_same():
    assert same_drugs(["Sodium phosphate"], ["Sodium chloride"]).empty


def test_the_same_file_under_another_ending_is_another_study(tmp_path):
    store, files = Store(tmp_path / "store"), sources(tmp_path)
    keys = set()
    for ending in ("auc", "aac"):
        path = tmp_path / f"x.{ending}.csv"
        path.write_bytes((tmp_path / "second.csv").read_bytes())
        keys.add(import_panel(replace(files, also=(FurtherSource(path, "act_area"),)), store))
    assert len(keys) == 2


def test_a_name_of_two_drugs_joins_nothing():
    drugs = pd.DataFrame({"drug": ["A1", "B1"], "synonyms": ["shared", "shared"]})
    assert same_drugs(["A1"], ["shared"], drugs).empty


def test_genes_are_joined_by_approved_symbol():
    names = GeneNames(approved=frozenset({"KMT2A"}), aliases={"MLL": "KMT2A"})
    assert same_genes(["KMT2A"], ["MLL"], names)["column"].tolist() == ["MLL"]


@given(st.lists(st.text(st.characters(codec="ascii", categories=["L", "Nd"]), min_size=1), unique=True, max_size=8))
def test_a_study_is_joined_with_itself_by_every_name(names):
    joined = same_drugs(names, names)
    assert {(name, name) for name in names} <= set(zip(joined["perturbation"], joined["column"], strict=True))


def test_turning_twice_comes_back(tmp_path):
    panel = read_panel(sources(tmp_path))
    turned = turned_to(panel, "second")
    assert turned.score.key == "act_area" and turned.study == "second" and turned.further[0].name == "first"
    assert set(turned.further[0].same["by"]) == {BY_NAME, BY_SALT, BY_SYNONYM}
    # Every line is there still: what had only expression for the one study is a line of the other.
    everything = {*panel.lines.index, *panel.unlabelled.index}
    assert {*turned.lines.index, *turned.unlabelled.index} == everything
    back = turned_to(turned, "first")
    pd.testing.assert_frame_equal(back.response, panel.response, check_index_type=False)
    np.testing.assert_array_equal(back.expression.loc[panel.expression.index], panel.expression)
    with pytest.raises(PanelError, match="no study 'third'; it has second"):
        turned_to(panel, "third")


def test_a_panel_of_several_studies_is_kept_as_it_is(tmp_path):
    store = Store(tmp_path / "store")
    panel = read_panel(sources(tmp_path))
    key = import_panel(sources(tmp_path), store)
    kept = stored_panel(key, store)
    np.testing.assert_array_equal(kept.further[0].response, panel.further[0].response)
    assert kept.further[0].same.to_dict("list") == panel.further[0].same.to_dict("list")
    alone = keep_panel(
        read_panel(PanelSources(tmp_path / "expression.csv", tmp_path / "first.csv", score="ln_ic50")), store
    )
    assert keep_panel(panel, store) != alone


@pytest.mark.parametrize(
    ("text", "path", "score"),
    [
        ("gdsc1.parquet:ln_ic50", "gdsc1.parquet", "ln_ic50"),
        (r"C:\screens\ccle.csv:ACT_AREA", r"C:\screens\ccle.csv", "ACT_AREA"),
        (r"C:\screens\ccle_actarea.csv", r"C:\screens\ccle_actarea.csv", None),
        ("auc.csv", "auc.csv", None),
    ],
)
def test_the_score_type_stands_after_the_last_colon(text, path, score):
    source = FurtherSource.of_text(text)
    assert (str(source.path), source.score) == (path, score)


def test_what_is_wrong_with_a_further_study_is_said(tmp_path):
    good = sources(tmp_path)
    with pytest.raises(PanelError, match="Two studies are called first"):
        read_panel(PanelSources(good.expression, good.response, score="ln_ic50", also=(FurtherSource(good.response),)))
    few = tmp_path / "few.csv"
    pd.read_csv(tmp_path / "second.csv", index_col=0).iloc[:20].to_csv(few)
    with pytest.raises(
        PanelError, match=r"few\.csv: only .* of its 20 lines .* have expression and a value, .*; expected 30"
    ):
        read_panel(PanelSources(good.expression, good.response, score="ln_ic50", also=(FurtherSource(few, "ln_ic50"),)))
    thin = pd.read_csv(tmp_path / "second.csv", index_col=0)
    thin.iloc[6:] = np.nan
    thin.to_csv(tmp_path / "thin.csv")
    with pytest.raises(PanelError, match=r"thin\.csv: only 6 of its .* lines .* have expression and a value"):
        read_panel(replace(good, also=(FurtherSource(tmp_path / "thin.csv", "ln_ic50"),)))
    lineage = tmp_path / "lineage.csv"
    lineage.write_bytes((tmp_path / "second.csv").read_bytes())
    with pytest.raises(PanelError, match="cannot be called lineage"):
        read_panel(replace(good, also=(FurtherSource(lineage, "act_area"),)))
    (tmp_path / "exists.csv").write_text("x")
    with pytest.raises(PanelError, match="Unknown score type 'nonsense'"):
        FurtherSource.of_text(f"{tmp_path / 'exists.csv'}:nonsense")


def test_levels_are_recognised_and_nothing_else_passes_as_one(tmp_path):
    expression, _, _, _ = two_studies()
    random = np.random.default_rng(0)
    genes = ["SOX10", "MITF", "BRAF", "KRAS", "EGFR", "MYC", "TP53", "CDK4"]
    levels = pd.DataFrame(random.integers(0, 3, (len(expression), 8)), expression.index, genes)
    expression.to_csv(tmp_path / "e.csv")
    levels.to_csv(tmp_path / "levels.csv")
    panel = read_panel(PanelSources(tmp_path / "e.csv", tmp_path / "levels.csv"))
    assert panel.score.key == "dependency_level" and panel.score.direction == "higher = more dependent"
    (levels + 0.5).to_csv(tmp_path / "halves.csv")
    with pytest.raises(PanelError, match="dependency_level means levels of 0, 1 and 2"):
        read_panel(PanelSources(tmp_path / "e.csv", tmp_path / "halves.csv", score="dependency_level"))
