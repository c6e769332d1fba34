"""The workbook of a scored demo sample: every sheet there, types right, nothing that runs."""

import io
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from openpyxl import load_workbook

from leap_core.ranking.controls import matched_controls
from leap_core.report.bundle import SampleTables, sample_workbook
from leap_core.report.provenance import Provenance
from leap_core.sample.profiles import read_profiles
from leap_core.services.demo import DEMO_GENES
from leap_core.services.models import load_model
from leap_core.services.scoring import sample_members, score_sample
from tests.conftest import ROOT


@pytest.mark.parametrize("red", [False, True])
def test_a_samples_workbook(demo_store, red):
    model = load_model(DEMO_GENES, demo_store)
    content = (ROOT / "data/demo/heldout_melanoma.csv").read_bytes()
    scored = score_sample(
        model, read_profiles(content, "x.csv", set(model.ensemble.standardiser.genes)), "SIM-MEL-HELDOUT"
    )
    hits = scored.table.head(10)
    controls = matched_controls(scored.table, hits.index, 3, False)
    assert controls["control"].value_counts()["positive"] == 3 and not set(controls.index) & set(hits.index)
    provenance = Provenance(
        "s",
        "x.csv",
        model.name,
        model.key,
        model.panel.release,
        "gene effect",
        scored.passport.summary(),
        "v",
        True,
        date(2026, 1, 2),
        red,
    )
    tables = SampleTables(hits, scored.table, sample_members(model, scored), controls)
    made = sample_workbook(tables, scored.passport, provenance, model.panel.score)
    book = load_workbook(io.BytesIO(made))
    assert book.sheetnames == ["Hits", "Controls", "All predictions", "Members", "Input check", "Read-me"]
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert (book["Hits"]["A1"].value or "").startswith("RED INPUT") == red
    frame = pd.read_excel(
        io.BytesIO(made), sheet_name="All predictions", engine="openpyxl", header=1 if red else 0, index_col=0
    )
    assert frame.index.tolist() == scored.table.index.tolist()
    assert frame["Predicted gene effect"].to_numpy() == pytest.approx(
        scored.table["predicted"].to_numpy(dtype=float), rel=1e-6
    )
    assert book["Members"].max_column == 16
    first = 2 if red else 1
    sheet = book["Hits"]
    titles = [cell.value for cell in sheet[first]]
    assert "Probability" in titles and not any("_" in title for title in titles)
    assert len(set(titles)) == len(titles)
    assert sheet.freeze_panes == f"B{first + 1}" and sheet.auto_filter.ref.startswith(f"A{first}:")
    told = {line[0].value for line in book["Read-me"].iter_rows() if line[1].value}
    said_by_themselves = {"Gene", "Note", "Control"}
    assert {cell.value for cell in book["All predictions"][first]} - told <= said_by_themselves
    row = dict(zip(titles, sheet[first + 1], strict=True))
    assert row["Probability"].number_format == "0%"
    assert row["Predicted gene effect"].number_format == "0.00"
    link = sheet.cell(first + 1, 1)
    assert link.hyperlink.target == f"https://depmap.org/portal/gene/{link.value}"
    why = pd.DataFrame({"feature": ["=SUM(1)"]}, index=pd.Index(["SOX10"], name="perturbation"))
    more = {"Genes behind it": why, "Pathways": why.head(0)}
    longer = load_workbook(
        io.BytesIO(sample_workbook(replace(tables, more=more), scored.passport, provenance, model.panel.score))
    )
    assert longer.sheetnames == [
        "Hits",
        "Controls",
        "All predictions",
        "Members",
        "Genes behind it",
        "Input check",
        "Read-me",
    ]
