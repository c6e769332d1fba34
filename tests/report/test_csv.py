"""CSV exports: provenance inside, order kept, nothing a spreadsheet would run."""

import io
from datetime import date

import pandas as pd

from leap_core.report.csv import file_name, hit_list_csv
from leap_core.report.provenance import Provenance

PROVENANCE = Provenance(
    "s\n1",
    "f.csv",
    "m",
    "k" * 64,
    "DepMap 24Q2",
    "gene effect (lower = more dependent)",
    "green",
    "all",
    True,
    date(2026, 11, 22),
)


def test_hit_list_says_where_it_comes_from_and_keeps_the_order():
    table = pd.DataFrame(
        {"predicted": [1.0, 2.0, 3.0]}, index=pd.Index(["MARCHF1", "=cmd()", "A"], name="perturbation")
    )
    text = hit_list_csv(table, PROVENANCE).decode()
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert any("SIMULATED" in line for line in head) and any("s 1 (from f.csv)" in line for line in head)
    assert any("Research use only" in line for line in head) and any("lower = more dependent" in line for line in head)
    body = pd.read_csv(io.StringIO(text), comment="#")
    assert body["perturbation"].tolist() == ["MARCHF1", "'=cmd()", "A"]
    assert body["predicted"].tolist() == [1.0, 2.0, 3.0]


def test_file_names_are_plain():
    assert (
        file_name("my/../line: 1", "genes-picked", "DepMap 24Q2", date(2026, 1, 2))
        == "my-..-line-1_genes-picked_DepMap-24Q2_2026-01-02.csv"
    )
