"""Students, groups, gene sets, enrichment, exact contributions, and the command that says why."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, hypergeom

from leap_core.cli import main
from leap_core.errors import UserError
from leap_core.explain.activity import mean_activity, rank_activity
from leap_core.explain.enrichment import PATHWAY_COLUMNS, gene_ranking, over_representation, ranked_gsea, running_sum
from leap_core.explain.explanation import (
    STABILITY_COLUMNS,
    contributions,
    explain,
    pathway_tables,
    shared_mechanisms,
    stability_tables,
)
from leap_core.explain.groups import groups_of
from leap_core.explain.student import centred_per_fold, fit_student
from leap_core.io.gene_sets import GeneSets, read_gmt
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES, demo_gene_sets
from leap_core.services.models import load_model, predict
from tests.conftest import ROOT

GENES = [f"G{number}" for number in range(400)]


def planted(noise, seed=0):
    random = np.random.default_rng(seed)
    features = random.normal(size=(400, 150))
    teacher = features[:5].sum(axis=0) + noise * random.normal(size=150)
    return features, teacher, np.arange(150) % 5


def test_a_student_is_faithful_where_the_teacher_can_be_rebuilt_and_says_so_where_not():
    features, teacher, folds = planted(0.3)
    student = fit_student(features, teacher, folds)
    assert (
        student.faithful
        and student.r2 > 0.9
        and student.spearman > 0.9
        and set(np.argsort(-np.abs(student.weights))[:5]) == set(range(5))
    )
    noise = np.random.default_rng(5).normal(size=150)
    assert not fit_student(features, noise, folds).faithful
    constant = fit_student(features, np.zeros(150), folds)
    assert not constant.faithful and np.isnan(constant.r2) and not constant.weights.any()


def test_the_teacher_is_centred_per_fold():
    values = np.array([1.0, 3.0, 10.0, 30.0])
    np.testing.assert_allclose(centred_per_fold(values, np.array([0, 0, 1, 1])), [-1, 1, -10, 10])


def test_genes_of_one_signal_are_a_group_whose_proportion_is_that_of_any_member():
    random = np.random.default_rng(0)
    signal = random.normal(size=200)
    features = np.stack(
        [
            signal + 0.1 * random.normal(size=200),
            -signal + 0.1 * random.normal(size=200),
            random.normal(size=200),
            random.normal(size=200),
        ]
    )
    halves = np.zeros((10, 4), dtype=bool)
    halves[:5, 0] = halves[5:9, 1] = True
    halves[:3, 2] = True
    group, proportion = groups_of(features, halves)
    assert group.tolist() == [0, 0, 1, -1]
    np.testing.assert_allclose(proportion, [0.9, 0.9, 0.3, 0.0])
    assert groups_of(features, np.zeros((10, 4), dtype=bool))[0].tolist() == [-1] * 4


@given(
    st.sets(st.sampled_from(GENES), max_size=60),
    st.lists(st.sets(st.sampled_from(GENES), min_size=10, max_size=80), min_size=1, max_size=6),
)
def test_over_representation_is_the_hypergeometric_corrected_over_all_sets(stable, members):
    sets = {f"S{number}": frozenset(genes) for number, genes in enumerate(members)}
    table = over_representation(sorted(stable), GENES, sets).set_index("gene_set")
    p = np.array(
        [
            hypergeom.sf(len(genes & stable) - 1, len(GENES), len(genes), len(stable)) if genes & stable else 1.0
            for genes in sets.values()
        ]
    )
    np.testing.assert_allclose(table.loc[list(sets), "p_value"].astype(float), p, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        table.loc[list(sets), "fdr"].astype(float), false_discovery_control(p), rtol=1e-9, atol=1e-12
    )
    assert table.loc[list(sets), "n_overlap"].tolist() == [len(genes & stable) for genes in sets.values()]


def test_tables_without_a_result_have_the_same_columns():
    assert (
        tuple(over_representation([], GENES, {}).columns) == PATHWAY_COLUMNS
        and over_representation([], GENES, {}).empty
    )
    none = over_representation([], GENES, {"S": frozenset(GENES[:20])})
    assert tuple(none.columns) == PATHWAY_COLUMNS and none["p_value"].tolist() == [1.0]
    zero = np.zeros(400)
    assert ranked_gsea(gene_ranking(zero, zero, zero, GENES), {"S": frozenset(GENES[:20])}, 1).empty


def test_gsea_finds_the_planted_set_whatever_the_order_of_the_genes():
    random = np.random.default_rng(2)
    ties = random.normal(size=400) * 0.1
    ties[:25] += 0.8
    proportions = np.where(np.arange(400) < 12, 0.9, 0.0)
    signs = np.ones(400)
    sets = {"planted": frozenset(GENES[:25]), "other": frozenset(GENES[200:240]), "like planted": frozenset(GENES[:22])}
    table = ranked_gsea(gene_ranking(proportions, signs, ties, GENES), sets, 3)
    assert (
        set(table["gene_set"].head(2)) == {"planted", "like planted"}
        and table.loc[0, "es"] > 0.8
        and table.loc[0, "p_value"] < 0.01
    )
    # Sets that say the same are told once.
    assert table["group"].tolist()[:2] == [0, 0] and table["representative"].nunique() == 2
    order = random.permutation(400)
    again = ranked_gsea(
        gene_ranking(proportions[order], signs, ties[order], [GENES[number] for number in order]), sets, 3
    )
    pd.testing.assert_frame_equal(table, again)


def test_gsea_is_the_same_on_any_number_of_cores(monkeypatch):
    random = np.random.default_rng(3)
    rank = gene_ranking(np.where(np.arange(400) < 12, 0.9, 0.0), np.ones(400), random.normal(size=400), GENES)
    sets = {f"S{n}": frozenset(random.choice(GENES, 30, replace=False).tolist()) for n in range(20)}
    found = []
    for cores in (1, 3):
        monkeypatch.setattr("leap_core.explain.enrichment.os.cpu_count", lambda cores=cores: cores)
        found.append(ranked_gsea(rank, sets, 7))
    assert found[0].equals(found[1]) and len(found[0]) == 20


def test_activities_follow_their_genes_and_sets_keep_their_limits(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text("UP\tan address\tG0\tG1\tG2,1.0\tNOT-MEASURED\nSMALL\t\tG3\n\nUP\tagain\tG4\n", encoding="utf-8")
    sets = read_gmt(path)
    assert sets.sets["UP"] == {"G0", "G1", "G2", "G4", "NOT-MEASURED"}
    cut = sets.among(GENES, smallest=2)
    assert cut == {"UP": frozenset({"G0", "G1", "G2", "G4"})} and sets.among(GENES, smallest=5) == {}
    features = np.random.default_rng(0).normal(size=(400, 60))
    features[[0, 1, 2, 4]] += 2 * np.linspace(-1, 1, 60)
    for activity in (mean_activity, rank_activity):
        found = activity(features, GENES, cut)
        assert (
            found.shape == (1, 60)
            and found.std() == pytest.approx(1.0)
            and np.corrcoef(found[0], np.linspace(-1, 1, 60))[0, 1] > 0.8
        )
        assert activity(features, GENES, {}).shape == (0, 60)
    with pytest.raises(UserError, match="no gene set"):
        (tmp_path / "empty.gmt").write_text("\n")
        read_gmt(tmp_path / "empty.gmt")
    with pytest.raises(UserError, match="no file"):
        read_gmt(tmp_path / "nowhere.gmt")


def test_contributions_sum_to_the_prediction(demo_store):
    model = load_model(DEMO_GENES, demo_store)
    sample = model.panel.expression.iloc[[3]]
    predicted = predict(model, sample).predicted.iloc[0]
    for name in ("SOX10", "BRAF"):
        parts = contributions(model, name, sample)
        assert parts.index[-1] == "intercept" and parts.sum() == pytest.approx(predicted[name], abs=1e-4)


def test_the_demo_explains_its_planted_lineage_genes(demo_store):
    model = load_model(DEMO_GENES, demo_store)
    melanocyte = [
        "MITF",
        "PMEL",
        "PLP1",
        "DCT",
        "MLANA",
        "TRPM1",
        "TYR",
        "TYRP1",
        "SOX10",
        "S100B",
        "EDNRB",
        "ERBB3",
        "SLC45A2",
    ]
    sets = GeneSets(
        {
            "melanocyte": frozenset(melanocyte),
            "ribosome": frozenset(gene for gene in model.ensemble.standardiser.genes if gene.startswith("RPL")),
        },
        "made here",
    )
    found = explain(model, "SOX10", sets)
    table = found.table()
    assert tuple(table.columns) == STABILITY_COLUMNS and table["proportion"].is_monotonic_decreasing
    assert set(table["feature"].head(2)) <= set(melanocyte) and (table["sign"].head(2) == -1).all()
    # Markers of one lineage stand for each other; as a group they are always chosen.
    assert table.loc[0, "group_proportion"] >= 0.95 and table.loc[0, "proportion"] < 0.95
    assert found.pathways["gene_set"].iloc[0] == "melanocyte" and found.pathways["p_value"].iloc[0] < 0.01
    assert explain(model, "SOX10", sets).table().equals(table)
    with pytest.raises(UserError, match="no perturbation called 'NOSUCH'"):
        explain(model, "NOSUCH")


def test_rows_that_share_a_mechanism_stand_together(demo_store):
    model = load_model(DEMO_GENES, demo_store)
    both = [explain(model, name, demo_gene_sets()) for name in ("SOX10", "MITF")]
    shared = shared_mechanisms(both)
    assert shared.columns.tolist() == ["SOX10", "MITF"] and shared.index[0] == "melanocytic"
    assert shared.loc["melanocytic", "SOX10"] > -np.log10(0.05) and (shared.max(axis=1) > -np.log10(0.05)).all()
    assert shared.to_numpy().max() <= 4 and set(pathway_tables(both)["perturbation"]) == {"SOX10", "MITF"}
    assert set(stability_tables(both)["perturbation"]) == {"SOX10", "MITF"}
    without = explain(model, "ESR1", GeneSets({"none of them": frozenset({"NO", "SUCH"})}, "made here"))
    assert shared_mechanisms([*both, without]).columns.tolist() == ["SOX10", "MITF", "ESR1"]
    assert (
        shared_mechanisms([]).empty
        and tuple(stability_tables([]).columns) == STABILITY_COLUMNS
        and pathway_tables([]).empty
    )


def test_explain_on_the_command_line(demo_store, tmp_path, capsys):
    gmt, out, predictions = tmp_path / "sets.gmt", tmp_path / "why", tmp_path / "p.csv"
    genes = load_model(DEMO_GENES, demo_store).ensemble.standardiser.genes
    gmt.write_text("FIRST\tx\t" + "\t".join(genes[:30]) + "\n", encoding="utf-8")
    home = ["--home", str(demo_store.home)]
    assert (
        main(
            [
                "explain",
                "--model",
                DEMO_GENES,
                "--perturbation",
                "SOX10",
                "BRAF",
                "--gene-sets",
                str(gmt),
                "--out",
                str(out),
                "--json",
                *home,
            ]
        )
        == 0
    )
    summary = json.loads(capsys.readouterr().out)
    assert [entry["perturbation"] for entry in summary] == ["SOX10", "BRAF"]
    stability, pathways = pd.read_csv(out / "stability.csv"), pd.read_csv(out / "pathways.csv")
    assert tuple(stability.columns) == STABILITY_COLUMNS and {"SOX10", "BRAF"} == set(stability["perturbation"])
    assert ["perturbation", *PATHWAY_COLUMNS] == list(pathways.columns) and set(pathways["method"]) == {
        "over-representation",
        "pre-ranked GSEA",
    }
    assert summary[0]["stable"] == stability.query("perturbation == 'SOX10' and selected")["feature"].tolist()
    sample = ROOT / "data/demo/heldout_melanoma.csv"
    assert main(["predict", "--model", DEMO_DRUGS, "--samples", str(sample), "--out", str(predictions), *home]) == 0
    assert (
        main(
            [
                "explain",
                "--model",
                DEMO_DRUGS,
                "--predictions",
                str(predictions),
                "--top",
                "2",
                "--out",
                str(out),
                *home,
            ]
        )
        == 0
    )
    said = capsys.readouterr().out
    assert "not about the biology" in said and pd.read_csv(out / "stability.csv")["perturbation"].nunique() == 2
    for wrong, words in (
        (["--perturbation", "NOSUCH"], "no perturbation called NOSUCH"),
        ([], "needs --perturbation"),
        (["--predictions", str(gmt)], "no columns"),
    ):
        assert main(["explain", "--model", DEMO_GENES, *wrong, "--out", str(out), *home]) == 2
        assert words in capsys.readouterr().err


def test_the_running_sum_ends_at_nothing_and_its_furthest_point_is_the_enrichment_score():
    random = np.random.default_rng(4)
    proportions, signs = random.random(len(GENES)), random.choice([-1.0, 1.0], len(GENES))
    rank = gene_ranking(proportions, signs, random.normal(size=len(GENES)), GENES)
    sets = {"few": frozenset(GENES[:12]), "many": frozenset(GENES[5:40])}
    table = ranked_gsea(rank, sets, 3).set_index("gene_set")
    for name, members in sets.items():
        running = running_sum(rank, members)
        assert running[-1] == pytest.approx(0, abs=1e-9)
        assert running[np.argmax(np.abs(running))] == pytest.approx(table.loc[name, "es"], abs=1e-3)
    assert not running_sum(rank, frozenset(["NOSUCH"])).any()
