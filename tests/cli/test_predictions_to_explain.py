"""Predictions to explain, as predict wrote them and as a spreadsheet saved them; what is none is refused in words."""

import io

import pandas as pd
import pytest

from leap_core.cli.explain import _predictions
from leap_core.errors import UserError

TABLE = pd.DataFrame({"sample": ["a", "a"], "perturbation": ["TP53", "1-Mar"], "predicted": [0.5, -0.25]})


def workbook():
    stream = io.BytesIO()
    TABLE.to_excel(stream, index=False)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"# Model: base\n" + TABLE.to_csv(index=False).encode(),
        TABLE.to_csv(index=False, sep=";", decimal=",").encode(),
        TABLE.to_csv(index=False, sep="\t").encode("utf-16"),
        workbook(),
    ],
)
def test_predictions_are_read_in_every_form(tmp_path, content):
    path = tmp_path / "predictions.dat"
    path.write_bytes(content)
    found = _predictions(path)
    assert found["sample"].tolist() == ["a", "a"] and found["perturbation"].tolist() == ["TP53", "1-Mar"]


@pytest.mark.parametrize("content", [b"", b"sample,perturbation\n", b"\x89PNG\r\n\x1a\n" + bytes(50), b"a,b\n1,2\n"])
def test_what_is_no_table_of_predictions_is_refused(tmp_path, content):
    path = tmp_path / "predictions.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"^predictions\.csv has no columns sample and perturbation"):
        _predictions(path)
