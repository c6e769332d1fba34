"""CSV exports: provenance inside, order kept, nothing a spreadsheet would run."""

import csv
import io
import re
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap_core.report.cells import neutralised
from leap_core.report.csv import file_name, file_part, hit_list_csv, numbers_csv, table_body, table_csv
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


HOSTILE = [
    'a,=HYPERLINK("http://x","y")',
    "b;+1",
    "c\t@SUM(1)",
    'd,"e',
    "f\n=1",
    "=1",
    " =1",
    "\u200b=1",
    "\uff1d1",
    "a,b",
]
LIVE = ("=", "+", "-", "@", "\uff1d")


def cells(text, separator):
    return [cell.strip(" \u200b") for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_part_of_a_comment_is_a_formula_whatever_the_file_is_opened_with(name, separator):
    text = "\n".join(replace(PROVENANCE, sample=name, upload=name, view=name).lines())
    found = cells(text, separator)
    assert [cell for cell in found if cell.startswith(LIVE)] == []
    # A quotation mark swallows no line.
    assert len(list(csv.reader(io.StringIO(text), delimiter=separator))) == len(text.split("\n"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_leaves_the_rows_where_they_are(name):
    table = pd.DataFrame(
        {"predicted": [1.0, -2.0], "note": pd.Categorical([name, "ok"]), name: [1, 2]},
        index=pd.Index(["TP53", name], name="perturbation"),
    )
    text = hit_list_csv(table, replace(PROVENANCE, sample=name)).decode()
    body = pd.read_csv(io.StringIO(text), comment="#")
    assert body.iloc[:, 1].tolist() == [1.0, -2.0] and body.iloc[0, 0] == "TP53"
    assert [cell for cell in cells(text, ",") if cell.startswith(LIVE) and cell != "-2"] == []


@given(st.text(st.sampled_from("=+-@,;|\t\n\"' a1\u202e\uff1d"), max_size=12))
def test_a_cell_begins_with_nothing_that_runs_and_loses_nothing(text):
    safe = neutralised(text)
    assert safe.replace("'", "") == text.replace("'", "")
    assert not any(part.strip(" \u202e").startswith(LIVE) for part in re.split(r"[;\t|\n]", safe))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", [*HOSTILE, "a;=cmd|' /C calc'!A0;b", "x\n=1+1", 'x"|+1|"'])
def test_no_cell_is_a_formula_whatever_the_file_is_opened_with(name, separator):
    table = pd.DataFrame({"note": [name, "ok"], name: ["a", "b"]}, index=pd.Index([name, "TP53"], name="perturbation"))
    for text in (table_body(table), table_csv(table.reset_index()).decode(), numbers_csv(table).decode()):
        assert [cell for cell in cells(text, separator) if cell.startswith(LIVE)] == []


@pytest.mark.parametrize(
    "name", ["CON", "nul", "Aux.csv", "COM1", "lpt9.txt", "a\n", "..", "", "-", "\u202e", "a/b", "x" * 300]
)
def test_a_name_makes_a_file_that_every_system_takes(name):
    part = file_part(name)
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,62}", part) and not part.startswith((".", "-")) and not part.endswith(".")
    assert part.split(".")[0].upper() not in ("CON", "NUL", "AUX", "COM1", "LPT9")
