"""The product on real screens: reading, a sound accuracy on unseen lines, uploads ending as expected."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.ablations import recipe_of
from leap_core.accuracy.baselines import lineage_mean
from leap_core.arrays import spearman_columns
from leap_core.cli import main
from leap_core.io.unit_verdict import judge_unit
from leap_core.model.stages import fit_ensemble, training_set
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.splits import digest_test_lines
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store

pytestmark = pytest.mark.real_data


def test_drug_panel_is_read_as_described(real_data):
    folder = real_data / "drugs"
    panel = read_panel(
        PanelSources(
            folder / "expression_rma_2305_genes.parquet", folder / "gdsc2_ln_ic50.parquet", real_data / "Model.csv"
        )
    )
    assert panel.score.key == "ln_ic50" and panel.unit == "RMA log2"
    assert panel.expression.shape == (671, 2171) and panel.response.shape == (671, 198)
    assert len(panel.report.gappy_lines) == 5 and len(panel.report.gappy_genes) == 134
    assert panel.lines["lineage"].nunique() > 20
    assert len(panel.report.unannotated_lines) == sum(line.startswith("COSMIC-") for line in panel.lines.index)


def test_crispr_calls_are_recognised_and_get_their_status(real_data):
    folder = real_data / "essentiality"
    panel = read_panel(
        PanelSources(
            folder / "expression_535_genes.parquet",
            folder / "crispr_dependency_binary.parquet",
            real_data / "Model.csv",
        )
    )
    assert panel.score.key == "dependency_call" and panel.unit == "log2(TPM+1)"
    assert panel.response.shape == (595, 16827) and len(panel.unlabelled) > 500


def test_pca_lasso_beats_the_lineage_mean_on_unseen_drug_lines(real_data, tmp_path):
    folder = real_data / "drugs"
    panel = read_panel(
        PanelSources(
            folder / "expression_rma_2305_genes.parquet", folder / "gdsc2_ln_ic50.parquet", real_data / "Model.csv"
        )
    )
    test = digest_test_lines(panel.patients, 0)
    recipe = recipe_of("pca-lasso")
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
    """Quick models with accuracy, of RNA-seq (535 genes) and of microarrays, trained through the command line."""
    home = tmp_path_factory.mktemp("real")
    pd.read_parquet(real_data / "essentiality" / "rnai_drive_ataris.parquet").iloc[:, :60].to_parquet(
        home / "rnai.parquet"
    )
    pd.read_parquet(real_data / "drugs" / "gdsc2_ln_ic50.parquet").iloc[:, ::8].to_parquet(home / "ln_ic50.parquet")
    for name, expression, response, score in (
        ("rnai", "essentiality/expression_535_genes.parquet", "rnai.parquet", "rnai_relative"),
        ("rma", "drugs/expression_rma_2305_genes.parquet", "ln_ic50.parquet", "ln_ic50"),
    ):
        code = main(
            [
                "train",
                "--expression",
                str(real_data / expression),
                "--response",
                str(home / response),
                "--lines",
                str(real_data / "Model.csv"),
                "--name",
                name,
                "--score",
                score,
                "--recipe",
                "pca-ridge",
                "--home",
                str(home),
            ]
        )
        assert code == 0
    assert main(["download", "identifiers", "--from", str(hgnc_like(real_data, home)), "--home", str(home)]) == 0
    return home


def hgnc_like(real_data, folder):
    """A table with HGNC's column names, from the identifiers at hand."""
    genes = pd.read_csv(
        real_data / "identifiers/cellmodelpassports_gene_identifiers.csv", dtype=str, keep_default_na=False
    )
    genes = genes[genes["hgnc_symbol"] != ""].drop_duplicates("hgnc_symbol")
    old = pd.read_csv(real_data / "identifiers/HGNChelper_hgnc_table_2022.csv.gz", dtype=str, keep_default_na=False)
    previous = old[old["Symbol"] != old["Approved.Symbol"]].groupby("Approved.Symbol")["Symbol"].apply("|".join)
    table = pd.DataFrame(
        {
            "symbol": genes["hgnc_symbol"],
            "alias_symbol": "",
            "prev_symbol": genes["hgnc_symbol"].map(previous).fillna(""),
            "entrez_id": genes["entrez_id"].str.removesuffix(".0"),
            "ensembl_gene_id": genes["ensembl_gene_id"],
        }
    )
    table.to_csv(folder / "hgnc.txt", sep="\t", index=False)
    return folder / "hgnc.txt"


SCORED, AMBER = {"green", "amber", "red"}, {"amber"}


@pytest.mark.parametrize(
    ("upload", "rna", "rma"),
    [
        # What the data's README expects: lights of the samples, or the words of the refusal or question.
        ("01_GSE231858_NCBI_TPM_entrez_genes_in_rows.tsv.gz", SCORED, AMBER),
        ("03_Prep4DeepDEP_log2TPM_symbols_3lines_57887genes.txt", SCORED, AMBER),
        ("04_CCLE_affy_RMA_GCT1.2_first8lines.gct", AMBER, {"green", "amber"}),
        ("07_DeepDRK_samples_in_rows_RMA.csv", AMBER, {"green"}),
        ("09_Precily_SRP040309_MDAMB231_singlecell_logTPM_first6.csv", {"amber", "red"}, {"amber", "red"}),
        (
            "10_Sanger_rnaseq_long_format_counts_fpkm_first8models.csv",
            "which of them is the expression",
            "which of them is the expression",
        ),
        ("12_CaDRReS_scRNA_cluster_log2FC_NEGATIVE_TEST.csv", "fold changes", "fold changes"),
        ("13_STAGES_DE_table_NEGATIVE_TEST.csv", "table of statistics", "table of statistics"),
        ("14_progeny_vignette_PANC1_log_counts.csv", AMBER, {"amber", "red"}),
        ("15_DepMap22Q1_long_format_log2TPM_few_genes_LOW_OVERLAP_TEST.csv", "single gene", "single gene"),
        ("17_PyDESeq2_synthetic_counts_NO_REAL_GENES.csv", "human genes", "human genes"),
        ("layouts/DepMap_style_samples_in_rows_symbol_entrez.csv", {"green", "amber"}, AMBER),
        ("layouts/excel_TPM_symbols.xlsx", {"green", "amber"}, AMBER),
        ("layouts/ensembl_version_TPM_semicolon_decimalcomma.csv", {"green", "amber"}, AMBER),
        ("layouts/salmon_769P.quant.genes.sf", {"green", "amber"}, AMBER),
    ],
)
def test_uploads_end_as_expected(real_data, rna_model, upload, rna, rma, capsys):
    for model, expected in (("rnai", rna), ("rma", rma)):
        code = main(
            ["check", str(real_data / "uploads" / upload), "--model", model, "--json", "--home", str(rna_model)]
        )
        output = capsys.readouterr()
        if isinstance(expected, str):
            assert code == 2 and expected in output.err and output.err.strip().count("\n") == 0
            continue
        passports = json.loads(output.out)["passports"]
        assert code == 0 and {passport["light"] for passport in passports} <= expected
        findings = " ".join(finding["text"] for passport in passports for finding in passport["findings"])
        # Microarray and counts on RNA-seq, and the reverse, are mapped and marked; single cells are offered their sum.
        assert ("mapped to the panel's quantiles" in findings) == (
            expected == AMBER or (model == "rma") != ("RMA" in upload)
        )
        assert ("single cells" in findings) == ("singlecell" in upload)


def test_single_cells_are_summed_and_a_screened_line_is_recognised(real_data, rna_model, capsys):
    cells = str(real_data / "uploads/09_Precily_SRP040309_MDAMB231_singlecell_logTPM_first6.csv")
    assert main(["check", cells, "--model", "rnai", "--pool", "cells", "--json", "--home", str(rna_model)]) == 0
    (passport,) = json.loads(capsys.readouterr().out)["passports"]
    assert passport["sample"] == "pseudo-bulk" and "single cells" not in str(passport["findings"])
    known = str(real_data / "uploads/07_DeepDRK_samples_in_rows_RMA.csv")
    assert main(["check", known, "--model", "rma", "--json", "--home", str(rna_model)]) == 0
    first = json.loads(capsys.readouterr().out)["passports"][0]
    assert (
        first["identity"]["name"] == "697"
        and first["nearest"][0]["correlation"] > 0.9
        and first["lineages"]["Lymphoid"] > 0.5
    )


def predicted(real_data, home, upload, out, *more):
    assert (
        main(
            [
                "predict",
                "--model",
                "rnai",
                "--samples",
                str(real_data / "uploads" / upload),
                "--out",
                str(out),
                "--home",
                str(home),
                *more,
            ]
        )
        == 0
    )
    return pd.read_csv(out).pivot(index="sample", columns="perturbation", values="predicted")


def test_one_line_in_every_layout_is_predicted_alike(real_data, rna_model, tmp_path):
    names = {"ACH-000411": "769P", "ACH-000649": "786O", "ACH-000555": "A498"}
    excel = predicted(real_data, rna_model, "layouts/excel_TPM_symbols.xlsx", tmp_path / "a.csv")
    ensembl = predicted(
        real_data, rna_model, "layouts/ensembl_version_TPM_semicolon_decimalcomma.csv", tmp_path / "b.csv"
    )
    salmon = predicted(real_data, rna_model, "layouts/salmon_769P.quant.genes.sf", tmp_path / "c.csv")
    depmap = predicted(
        real_data, rna_model, "layouts/DepMap_style_samples_in_rows_symbol_entrez.csv", tmp_path / "d.csv"
    ).rename(names)
    assert sorted(excel.index) == sorted(names.values())
    np.testing.assert_allclose(ensembl.loc[excel.index], excel, rtol=0, atol=1e-6)
    np.testing.assert_allclose(salmon.iloc[0], excel.loc["769P"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(depmap.loc[excel.index], excel, rtol=0, atol=1e-3)


def test_a_long_table_asks_for_its_column_and_is_then_judged_by_its_genes(real_data, rna_model, tmp_path, capsys):
    upload = real_data / "uploads/10_Sanger_rnaseq_long_format_counts_fpkm_first8models.csv"
    command = [
        "predict",
        "--model",
        "rnai",
        "--samples",
        str(upload),
        "--out",
        str(tmp_path / "p.csv"),
        "--home",
        str(rna_model),
    ]
    assert main(command) == 2
    assert "There are: read_count, fpkm" in capsys.readouterr().err
    assert main([*command, "--value", "fpkm"]) == 2
    assert "of the model's 533 genes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        # TPM and FPKM of a subset of genes differ by a constant per sample, which only the sum over all genes would
        # tell.
        ("essentiality/expression_535_genes.parquet", {"log2(TPM+1) or log2(FPKM+1) or log2(CPM+1)"}),
        ("essentiality/expression_17893_genes.parquet", {"log2(TPM+1)"}),
        ("drugs/expression_rma_2305_genes.parquet", {"RMA log2"}),
        ("xenografts/expr_pdtc_breast_tcrp.parquet", {"RMA log2"}),
    ],
)
def test_every_real_sample_alone_shows_its_unit(real_data, table, kinds):
    values = pd.read_parquet(real_data / table).to_numpy(dtype=float)
    found = [judge_unit(row).kind for row in values]
    # Of 1,235 lines 10 leave open the base of the logarithm too: they ask.
    assert sum(kind in kinds for kind in found) >= 0.99 * len(found) and all(
        next(iter(kinds)).split(" or ")[0] in kind for kind in found
    )
