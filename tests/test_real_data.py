"""The product on real screens: reading, a sound accuracy on unseen lines, uploads ending as expected."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap_core.cli import main
from leap_core.data.panel import PanelSources, read_panel
from leap_core.data.splits import digest_test_lines
from leap_core.data.units import judge_unit
from leap_core.ensemble.recipe import recipe_called
from leap_core.evaluation.baselines import lineage_mean
from leap_core.evaluation.metrics import spearman_columns
from leap_core.pipeline import Runtime, fit_ensemble, training_set
from leap_core.storage.store import Store

pytestmark = pytest.mark.real_data


def test_drug_panel_is_read_as_described(real_data):
    folder = real_data / "drugs"
    panel = read_panel(
        PanelSources(folder / "expression_rma_2305_genes.parquet", folder / "gdsc2_ln_ic50.parquet", real_data / "Model.csv")
    )
    assert panel.score.key == "ln_ic50" and panel.unit == "RMA log2"
    assert panel.expression.shape == (671, 2171) and panel.response.shape == (671, 198)
    assert len(panel.report.gappy_lines) == 5 and len(panel.report.gappy_genes) == 134
    assert panel.lines["lineage"].nunique() > 20
    assert len(panel.report.unannotated_lines) == sum(line.startswith("COSMIC-") for line in panel.lines.index)


def test_crispr_calls_are_recognised_and_get_their_status(real_data):
    folder = real_data / "essentiality"
    panel = read_panel(
        PanelSources(folder / "expression_535_genes.parquet", folder / "crispr_dependency_binary.parquet", real_data / "Model.csv")
    )
    assert panel.score.key == "dependency_call" and panel.unit == "log2(TPM+1)"
    assert panel.response.shape == (595, 16827) and len(panel.unlabelled) > 500


def test_pca_lasso_beats_the_lineage_mean_on_unseen_drug_lines(real_data, tmp_path):
    folder = real_data / "drugs"
    panel = read_panel(
        PanelSources(folder / "expression_rma_2305_genes.parquet", folder / "gdsc2_ln_ic50.parquet", real_data / "Model.csv")
    )
    test = digest_test_lines(panel.patients, 0)
    recipe = recipe_called("pca-lasso")
    chosen = panel.response.columns[::8].tolist()
    data = training_set(replace(panel, response=panel.response[chosen]), recipe).part(~test)
    ensemble, _ = fit_ensemble(data, recipe, chosen, False, Runtime(Store(tmp_path)))
    measured = panel.response.loc[test, chosen].to_numpy()
    ours = spearman_columns(ensemble.predict(panel.expression[test]).predicted.to_numpy(), measured).mean()
    lineages = panel.lines["lineage"].to_numpy()
    baseline = np.nan_to_num(
        spearman_columns(lineage_mean(data.response, lineages[~test].tolist(), lineages[test].tolist()), measured)
    ).mean()
    assert ours > 0.45 and ours > baseline + 0.05


@pytest.fixture(scope="module")
def rna_model(real_data, tmp_path_factory):
    """A quick model on 535 genes of RNA-seq, trained through the command line."""
    home = tmp_path_factory.mktemp("real")
    response = pd.read_parquet(real_data / "essentiality" / "rnai_drive_ataris.parquet").iloc[:, :60]
    response.to_parquet(home / "rnai.parquet")
    code = main(
        ["train", "--expression", str(real_data / "essentiality/expression_535_genes.parquet"), "--response", str(home / "rnai.parquet"),
         "--lines", str(real_data / "Model.csv"), "--name", "rnai", "--score", "rnai_relative", "--recipe", "pca-lasso", "--accuracy", "none", "--home", str(home)]
    )  # fmt: skip
    assert code == 0
    return home


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        ("03_Prep4DeepDEP_log2TPM_symbols_3lines_57887genes.txt", 0),
        ("layouts/DepMap_style_samples_in_rows_symbol_entrez.csv", 0),
        ("12_CaDRReS_scRNA_cluster_log2FC_NEGATIVE_TEST.csv", 2),
        ("13_STAGES_DE_table_NEGATIVE_TEST.csv", 2),
        ("15_DepMap22Q1_long_format_log2TPM_few_genes_LOW_OVERLAP_TEST.csv", 2),
        ("17_PyDESeq2_synthetic_counts_NO_REAL_GENES.csv", 2),
    ],
)
def test_uploads_end_as_expected(real_data, rna_model, upload, code, tmp_path, capsys):
    arguments = [
        "predict",
        "--model",
        "rnai",
        "--samples",
        str(real_data / "uploads" / upload),
        "--out",
        str(tmp_path / "p.csv"),
        "--home",
        str(rna_model),
    ]
    assert main(arguments) == code
    if code == 0:
        assert pd.read_csv(tmp_path / "p.csv")["predicted"].notna().all()
    else:
        assert "leap_core: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "unit"),
    [
        ("essentiality/expression_535_genes.parquet", "log2(TPM+1)"),
        ("essentiality/expression_17893_genes.parquet", "log2(TPM+1)"),
        ("drugs/expression_rma_2305_genes.parquet", "RMA log2"),
        ("xenografts/expr_pdtc_breast_tcrp.parquet", "RMA log2"),
    ],
)
def test_every_real_sample_alone_shows_its_unit(real_data, table, unit):
    values = pd.read_parquet(real_data / table).to_numpy(dtype=float)
    assert {judge_unit(row).kind for row in values} == {unit}
