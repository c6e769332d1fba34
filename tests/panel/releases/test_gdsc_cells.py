"""Cells of GDSC's fitted dose responses that are no plain numbers: left out and counted, never read as others."""

import numpy as np
import pandas as pd
import pytest

from leap_core.panel.releases.tables import dose_responses, read_fitted


def fitted(tmp_path, column, cell):
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "COSMIC_ID": np.repeat(np.arange(683660, 683690), 4),
            "DRUG_ID": np.tile([1001, 1002, 1003, 1004], 30),
            "DRUG_NAME": np.tile(["a", "b", "c", "d"], 30),
            "LN_IC50": random.normal(2, 2, 120).round(6),
            "RMSE": random.uniform(0.01, 0.2, 120).round(6),
        }
    ).astype({column: object})
    table.loc[7, column] = cell
    path = tmp_path / "GDSC2.csv"
    table.to_csv(path, index=False)
    return table, dose_responses(read_fitted(path), path.name, {}, "ln_ic50")


@pytest.mark.parametrize("cell", ["-", "n/d", "1,234", "inf", "", "#DIV/0!"])
@pytest.mark.parametrize("column", ["LN_IC50", "RMSE"])
def test_a_curve_without_a_number_is_left_out_and_counted(tmp_path, column, cell):
    table, (response, notes) = fitted(tmp_path, column, cell)
    assert np.isnan(response.loc["COSMIC-683661", "d_1004"]) and int(response.isna().sum().sum()) == 1
    assert any(f"1 of 120 dose-response curves have no number as {column}" in note for note in notes)
    assert response.loc["COSMIC-683660", "a_1001"] == np.float32(table["LN_IC50"][0])


def test_decimal_commas_in_one_column(tmp_path):
    table, _ = fitted(tmp_path, "LN_IC50", "1.0")
    table["LN_IC50"] = [str(value).replace(".", ",") for value in table["LN_IC50"]]
    table.to_excel(tmp_path / "GDSC2.xlsx", index=False)
    response, notes = dose_responses(read_fitted(tmp_path / "GDSC2.xlsx"), "GDSC2.xlsx", {}, "ln_ic50")
    expected = np.array([float(value.replace(",", ".")) for value in table["LN_IC50"]], dtype=np.float32)
    assert not notes and np.allclose(response.to_numpy().ravel(), expected)
