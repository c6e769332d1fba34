"""The simulated demo: reproducible to the bit, and its planted biology is there to be found."""

from __future__ import annotations

import hashlib
import io
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from leap_core.panel.demo import DemoStudy, demo_uploads, simulate_demo, table
from leap_core.panel.demo.__main__ import main
from leap_core.panel.demo.tables import gene_table
from leap_core.run.places import data_folder

COMMITTED = data_folder() / "demo"


@pytest.fixture(scope="module")
def study() -> DemoStudy:
    return simulate_demo()


@pytest.fixture(scope="module")
def classes(study: DemoStudy) -> pd.Series:
    genes = study.truth[study.truth["panel"] == "gene_effect"]
    return genes.drop_duplicates("perturbation").set_index("perturbation")["class"]


@pytest.fixture(scope="module")
def accuracy(study: DemoStudy) -> pd.Series:
    """Mean within-fold Spearman of PCA + ridge on unseen patients, per knock-out."""
    effect = study.gene_effect.fillna(study.gene_effect.mean())
    profile = study.expression.to_numpy()
    scores = []
    folds = GroupKFold(5, shuffle=True, random_state=0)
    for train, test in folds.split(profile, groups=study.lines["PatientID"]):
        centre, spread = profile[train].mean(axis=0), profile[train].std(axis=0) + 1e-6
        pca = PCA(50, random_state=0).fit((profile[train] - centre) / spread)
        latent = [pca.transform((profile[rows] - centre) / spread) for rows in (train, test)]
        predicted = Ridge(300.0).fit(latent[0], effect.to_numpy()[train]).predict(latent[1])
        measured = study.gene_effect.iloc[test]
        scores.append(
            [spearmanr(predicted[:, j], measured.iloc[:, j], nan_policy="omit")[0] for j in range(measured.shape[1])]
        )
    return pd.Series(np.mean(scores, axis=0), index=study.gene_effect.columns)


def _digest(study: DemoStudy) -> str:
    total = hashlib.sha256()
    for field in fields(study):
        frame: pd.DataFrame = getattr(study, field.name)
        total.update(pd.util.hash_pandas_object(frame, index=True).to_numpy().tobytes())
        total.update("|".join(map(str, frame.columns)).encode())
    return total.hexdigest()


def _spearman(first: pd.Series, second: pd.Series) -> float:
    return float(spearmanr(first, second, nan_policy="omit")[0])


def test_shapes(study: DemoStudy) -> None:
    n = len(study.lines)
    assert 190 <= n <= 220
    assert 950 <= study.expression.shape[1] <= 1100
    assert study.gene_effect.shape[1] >= 150
    assert study.drug_auc.shape[1] == 30 == len(study.drug_targets)
    for frame in (study.expression, study.gene_effect, study.drug_auc):
        assert frame.index.equals(study.lines.index)
        assert frame.index.name == "ModelID"
    for frame in (study.held_out, study.held_out_gene_effect, study.held_out_drug_auc):
        assert frame.index.equals(study.held_out_lines.index)
    assert not set(study.held_out.index) & set(study.expression.index)
    assert not set(study.held_out_lines["PatientID"]) & set(study.lines["PatientID"])
    assert study.lines["OncotreeLineage"].nunique() >= 14


def test_symbols_are_unique_and_hold_every_gene_target(study: DemoStudy) -> None:
    symbols = gene_table().index
    assert len(symbols) == len(set(symbols))
    assert list(study.expression.columns) == list(symbols)
    assert set(study.gene_effect.columns) <= set(symbols)
    assert set(";".join(study.drug_targets["targets"]).split(";")) <= set(symbols)
    planted = study.truth.query("driver_kind in ['expression', 'gene_effect']")["driver"]
    assert set(planted) <= set(symbols)
    assert study.gene_effect.columns.is_unique


def test_names_cannot_be_taken_for_real_lines(study: DemoStudy) -> None:
    every = pd.concat([study.lines, study.held_out_lines])
    assert every["CellLineName"].str.match(r"SIM-[A-Z]{3}-(\d\d|HELDOUT)$").all()
    assert every["CellLineName"].is_unique
    assert every.index.str.match(r"DEMO-\d{4}$").all()
    assert every.index.is_unique


def test_same_seed_same_bits(study: DemoStudy) -> None:
    assert _digest(simulate_demo()) == _digest(study)


def test_other_seed_other_numbers(study: DemoStudy) -> None:
    assert _digest(simulate_demo(seed=1)) != _digest(study)


def test_expression_looks_like_log2_tpm(study: DemoStudy) -> None:
    values = study.expression.to_numpy()
    assert np.isfinite(values).all()
    assert values.min() >= 0.0
    assert 11.0 < values.max() < 16.0
    assert (study.expression.median() < 0.5).mean() > 0.15
    assert study.expression[["RPL3", "RPS3", "ACTB"]].median().min() > 6.0


def test_missing_responses(study: DemoStudy) -> None:
    gaps = study.gene_effect.isna().mean()
    assert 0.02 < gaps.mean() < 0.04
    assert (gaps == 0).mean() > 0.4
    assert 0.08 < study.drug_auc.isna().mean().mean() < 0.12
    assert study.drug_auc.min().min() >= 0.0
    assert study.drug_auc.max().max() <= 1.1
    assert not study.held_out_gene_effect.isna().any(axis=None)


def test_patients_with_several_lines_have_similar_expression(study: DemoStudy) -> None:
    sizes = study.lines["PatientID"].value_counts()
    repeated = sizes.index[sizes > 1]
    assert len(repeated) == 9
    assert sizes.max() == 3
    similarity = pd.DataFrame(
        np.corrcoef(study.expression - study.expression.mean()), study.lines.index, study.lines.index
    )
    for patient in repeated:
        members = study.lines.index[study.lines["PatientID"] == patient]
        disease = study.lines.loc[members[0], "OncotreePrimaryDisease"]
        siblings = study.lines.index[(study.lines["OncotreePrimaryDisease"] == disease)].difference(members)
        assert study.lines.loc[members].drop(columns="CellLineName").drop_duplicates().shape[0] == 1
        assert similarity.loc[members[0], members[1]] > similarity.loc[members[0], siblings].median()


@pytest.mark.parametrize(
    ("gene", "disease"),
    [
        ("SOX10", "Melanoma"),
        ("MITF", "Melanoma"),
        ("BRAF", "Melanoma"),
        ("MYCN", "Neuroblastoma"),
        ("PHOX2B", "Neuroblastoma"),
        ("SPI1", "Acute Myeloid Leukemia"),
        ("KRAS", "Pancreatic Adenocarcinoma"),
        ("CTNNB1", "Colorectal Adenocarcinoma"),
        ("MYOD1", "Rhabdomyosarcoma"),
        ("PAX8", "Renal Cell Carcinoma"),
        ("TP63", "Head and Neck Squamous Cell Carcinoma"),
    ],
)
def test_lineage_dependencies(study: DemoStudy, gene: str, disease: str) -> None:
    inside = study.lines["OncotreePrimaryDisease"] == disease
    effect = study.gene_effect[gene]
    assert effect[inside].median() < effect[~inside].median() - 0.45


def test_wrn_follows_microsatellite_instability(study: DemoStudy) -> None:
    low_mlh1 = study.expression["MLH1"] < 3.0
    signature = study.expression[["RPL22L1", "TNFSF9", "HOXC6", "SHROOM4"]].mean(axis=1)
    wrn = study.gene_effect["WRN"]
    assert wrn[wrn < -0.7].size >= 8
    assert wrn[low_mlh1].median() < wrn[~low_mlh1].median() - 0.7
    assert signature[wrn < -0.7].median() > signature[wrn > -0.3].median() + 1.0


@pytest.mark.parametrize(
    ("target", "partner"),
    [
        ("SMARCA2", "SMARCA4"),
        ("ARID1B", "ARID1A"),
        ("VPS4A", "VPS4B"),
        ("RPP25L", "RPP25"),
        ("CDS2", "CDS1"),
        ("DDX3X", "DDX3Y"),
        ("ENO1", "ENO2"),
        ("FAM50A", "FAM50B"),
        ("STAG1", "STAG2"),
        ("PRMT5", "MTAP"),
        ("MAT2A", "MTAP"),
    ],
)
def test_a_lost_partner_makes_the_target_a_dependency(study: DemoStudy, target: str, partner: str) -> None:
    correlation = study.gene_effect[target].corr(study.expression[partner])
    assert correlation > 0.2


def test_p53(study: DemoStudy) -> None:
    targets = study.expression[["CDKN1A", "SESN1", "ZMAT3", "BAX"]].mean(axis=1)
    assert _spearman(study.gene_effect["MDM2"], targets) < -0.3
    assert _spearman(study.gene_effect["TP53"], targets) > 0.3


def test_classes(study: DemoStudy, classes: pd.Series) -> None:
    median = study.gene_effect.median()
    essential = classes.index[classes == "common essential"]
    never = classes.index[classes == "never dependent"]
    assert -1.05 < median[essential].median() < -0.95
    assert median[essential].max() < -0.6
    assert study.gene_effect[never].min().min() > -0.5
    assert (classes == "selective").sum() >= 100
    assert set(classes.index) == set(study.gene_effect.columns)


def test_drugs_follow_their_target(study: DemoStudy) -> None:
    planted = study.truth[study.truth["driver_kind"] == "gene_effect"].drop_duplicates("perturbation")
    correlations = [
        study.drug_auc[drug].corr(study.gene_effect[target])
        for drug, target in zip(planted["perturbation"], planted["driver"], strict=True)
    ]
    assert np.median(correlations) > 0.4
    assert min(correlations) > 0.1


def test_selective_dependencies_are_predictable_but_not_trivially(
    study: DemoStudy, classes: pd.Series, accuracy: pd.Series
) -> None:
    seen = study.gene_effect.min() < -0.5  # TBXT is a dependency of the held-out chordoma-like line only
    selective = accuracy[(classes.reindex(accuracy.index) == "selective") & seen]
    assert 0.3 < selective.median() < 0.6
    assert 0.4 < selective.between(0.3, 0.8).mean() < 0.85
    assert selective.max() < 0.9


def test_common_essentials_are_hardly_predictable(classes: pd.Series, accuracy: pd.Series) -> None:
    assert abs(accuracy[classes.reindex(accuracy.index) == "common essential"].median()) < 0.2


def test_held_out_melanoma(study: DemoStudy, classes: pd.Series) -> None:
    model = study.held_out_lines.index[study.held_out_lines["CellLineName"] == "SIM-MEL-HELDOUT"][0]
    selective = classes.index[classes == "selective"]
    effect = study.held_out_gene_effect[selective].T[model]
    assert {"SOX10", "MITF", "BRAF"} <= set(effect.sort_values().index[:6])
    share_above = (study.drug_auc > study.held_out_drug_auc.loc[model]).sum() / study.drug_auc.notna().sum()
    assert share_above[["Vemurafenib", "Dabrafenib", "Trametinib"]].min() > 0.9


def test_held_out_chordoma_like_sample_is_unlike_the_panel(study: DemoStudy) -> None:
    names = study.held_out_lines["CellLineName"]
    model = names.index[names == "SIM-CHO-HELDOUT"][0]
    assert study.held_out_gene_effect.loc[model, "TBXT"] < -1.0
    assert study.gene_effect["TBXT"].min() > -0.6
    assert study.held_out.loc[model, "TBXT"] > study.expression["TBXT"].max() + 1.0
    centred = study.expression - study.expression.mean()
    nearest = pd.Series(0.0, index=study.held_out.index)
    for name in study.held_out.index:
        nearest[name] = centred.T.corrwith(study.held_out.loc[name] - study.expression.mean()).max()
    assert nearest.idxmin() == model


def test_committed_files_are_what_the_generator_writes(study: DemoStudy, tmp_path: Path) -> None:
    uploads = demo_uploads(study)
    assert main(["--out", str(tmp_path)]) == 0
    assert len(uploads) == 5
    for name, content in uploads.items():
        assert (tmp_path / name).read_bytes() == content
        assert (COMMITTED / name).read_bytes() == content


def test_upload_contents(study: DemoStudy) -> None:
    files = {name: content.decode().splitlines() for name, content in demo_uploads(study).items()}
    first, second, broken = (
        files[name] for name in ("heldout_melanoma.csv", "unusual_sample.csv", "broken_statistics.csv")
    )
    assert first.pop(0) == second.pop(0) == "# Simulated, log2(TPM+1)"
    assert first[0] == "gene,SIM-MEL-HELDOUT"
    assert second[0] == "gene,SIM-CHO-HELDOUT"
    assert broken[0] == "gene,log2FoldChange,pvalue,padj"
    for rows in (first, second, broken):
        assert [row.split(",")[0] for row in rows[1:]] == list(study.expression.columns)


def test_the_resistant_child_has_lost_its_lineage_and_little_else(study: DemoStudy) -> None:
    content = demo_uploads(study)["parent_and_resistant.csv"]
    both = pd.read_csv(io.BytesIO(content), comment="#", index_col=0)
    parent, child = both["SIM-MEL-HELDOUT"], both["SIM-MEL-HELDOUT-RESISTANT"]
    lost = table("modules").loc["melanocytic", "genes"].split()
    assert (child[lost] < 0.5 * parent[lost] + 0.01).all()
    changed = ((child - parent).abs() > 1.0).mean()
    assert 0.01 < changed < 0.1


def test_the_screen_of_the_held_out_line_is_what_was_simulated(study: DemoStudy) -> None:
    found = pd.read_csv(io.BytesIO(demo_uploads(study)["heldout_melanoma_screen.csv"]), comment="#", index_col=0)[
        "gene_effect"
    ]
    truth = study.held_out_gene_effect[study.held_out_lines["CellLineName"] == "SIM-MEL-HELDOUT"].iloc[0]
    np.testing.assert_allclose(found, truth, atol=5e-5)
    assert found[["SOX10", "MITF", "BRAF"]].max() < -0.5


def test_tables_name_only_what_another_table_holds() -> None:
    genes, modules = set(gene_table().index), set(table("modules").index)
    programmes, alterations = set(table("programmes").index), set(table("alterations").index)
    known = {
        ("modules", "programme"): programmes,
        ("alterations", "genes"): genes,
        ("alterations", "programmes"): programmes,
        ("subtypes", "modules"): modules,
        ("subtypes", "programmes"): programmes,
        ("subtypes", "alterations"): alterations,
        ("drugs", "targets"): genes,
    }
    for (name, column), names in known.items():
        assert {pair.split("=")[0] for cell in table(name)[column] for pair in cell.split()} <= names, (name, column)
    drivers = table("drivers")
    perturbations = {"gene_effect": table("knock_outs"), "drug_auc": table("drugs")}
    kinds = {"expression": genes, "state": programmes, "alteration": alterations, "lineage": modules}
    kinds["gene_effect"] = set(perturbations["gene_effect"].index)
    for panel, frame in perturbations.items():
        assert frame.index.is_unique
        assert set(drivers.loc[panel, "perturbation"]) <= set(frame.index)
    for kind, rows in drivers.groupby("driver_kind"):
        assert set(rows["driver"]) <= kinds[kind]
    assert set(drivers["sign"]) == {-1, 1}
