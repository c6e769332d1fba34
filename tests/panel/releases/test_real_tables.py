"""The real screens, written in the official layouts, become the panels that they are when read as they lie."""

import numpy as np
import pandas as pd
import pytest

from leap_core.panel.kept import stored_panel
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.releases.guide import Guide
from leap_core.run.store import Store

pytestmark = pytest.mark.real_data


def cosmic_ids(lines, model_file):
    known = pd.read_csv(model_file, dtype=str).set_index("ModelID")["COSMICID"].dropna().str.removesuffix(".0")
    return [line.removeprefix("COSMIC-") if line.startswith("COSMIC-") else known[line] for line in lines]


def test_gdsc_in_its_own_layout_is_the_same_panel(real_data, tmp_path):
    expression = pd.read_parquet(real_data / "drugs" / "expression_rma_2305_genes.parquet")
    response = pd.read_parquet(real_data / "drugs" / "gdsc2_ln_ic50.parquet")
    model_file = real_data / "Model.csv"
    (tmp_path / "Model.csv").write_bytes(model_file.read_bytes())
    table = expression.T.set_axis([f"DATA.{cosmic}" for cosmic in cosmic_ids(expression.index, model_file)], axis=1)
    table.insert(0, "GENE_title", "a gene")
    table.to_csv(tmp_path / "Cell_line_RMA_proc_basalExp.txt", sep="\t", index_label="GENE_SYMBOLS")
    long = response.set_axis(cosmic_ids(response.index, model_file), axis=0).stack().rename("LN_IC50").reset_index()
    name, number = (
        long.pop("level_1").str.rsplit("_", n=1).str[0],
        response.stack().reset_index()["level_1"].str.rsplit("_", n=1).str[1],
    )
    long = long.rename(columns={"level_0": "COSMIC_ID"}).assign(
        CELL_LINE_NAME="x", DRUG_NAME=name, DRUG_ID=number, AUC=0.5, RMSE=0.1
    )
    long.to_csv(tmp_path / "GDSC2_fitted_dose_response_27Oct23.csv", index=False)
    here = Guide(Store(tmp_path / "store"), "gdsc", "ln_ic50", "8.5", tmp_path)
    panel = stored_panel(here.make_panel(here.scan()), here.store)
    drugs = real_data / "drugs"
    straight = read_panel(
        PanelSources(
            drugs / "expression_rma_2305_genes.parquet", drugs / "gdsc2_ln_ic50.parquet", model_file, "ln_ic50"
        )
    )
    assert panel.expression.index.tolist() == straight.expression.index.tolist() and set(panel.response) == set(
        straight.response
    )
    np.testing.assert_allclose(panel.expression[straight.expression.columns], straight.expression, rtol=1e-6)
    np.testing.assert_allclose(panel.response[straight.response.columns], straight.response, rtol=1e-6)
    assert panel.lines.to_dict() == straight.lines.to_dict()


def test_a_crispr_screen_in_depmaps_layout_is_the_same_panel(real_data, tmp_path):
    folder = real_data / "essentiality"
    expression = pd.read_parquet(folder / "expression_535_genes.parquet")
    calls = pd.read_parquet(folder / "crispr_dependency_binary.parquet").iloc[:, ::20]
    titles = [f"{gene} ({number})" for number, gene in enumerate(expression.columns)]
    metadata = {
        "SequencingID": "CDS-1",
        "ModelID": expression.index,
        "IsDefaultEntryForModel": "Yes",
        "ModelConditionID": "MC-1",
        "IsDefaultEntryForMC": "Yes",
    }
    table = pd.concat([pd.DataFrame(metadata), pd.DataFrame(expression.to_numpy(), columns=titles)], axis=1)
    table.to_csv(tmp_path / "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv")
    calls.set_axis([f"{gene} ({number})" for number, gene in enumerate(calls.columns)], axis=1).astype(float).to_csv(
        tmp_path / "CRISPRGeneDependency (1).csv"
    )
    (tmp_path / "Model.csv").write_bytes((real_data / "Model.csv").read_bytes())
    here = Guide(Store(tmp_path / "store"), "depmap", "gene_dependency", "19Q2", tmp_path)
    panel = stored_panel(here.make_panel(here.scan()), here.store)
    assert panel.release == "DepMap 19Q2, CRISPRGeneDependency (1).csv (checksums not compared)"
    common = sorted(set(expression.index) & set(calls.index))
    assert panel.expression.index.tolist() == common and panel.response.columns.tolist() == calls.columns.tolist()
    np.testing.assert_allclose(panel.expression, expression.loc[common, panel.expression.columns], rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(panel.response, calls.loc[common])
