"""The reader on composed layouts: nothing is silently wrong; and the judge that says so sees what is."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, note, settings

from tests.io.layout_generator import (
    LINEAR,
    LONG,
    NO_PSEUDO,
    WHOLE,
    Composition,
    admissible,
    compositions,
    drawn,
    off_default,
)
from tests.io.layout_judge import (
    ASKED,
    REFUSED,
    RIGHT,
    SAID,
    SILENT,
    TRACEBACK,
    Observed,
    judge,
    read_by_command,
    read_by_product,
)
from tests.io.layout_truth import TABLE
from tests.io.layout_writer import case_of

pytestmark = pytest.mark.skipif(not TABLE.exists(), reason="the table of genes is not in data/identifiers")

PLAIN = Composition(genes=300)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def perfect(case):
    """What a reader that knows the truth gives."""
    truth = case.truths[0]
    family = truth.preferred[0]
    values = truth.linear[family][0]
    table = pd.DataFrame(values if family == "RMA" else np.log2(values + 1), columns=list(truth.genes))
    table.index = pd.Index([name if name is not None else f"sample {i + 1}" for i, name in enumerate(truth.samples)])
    unit = "RMA log2" if family == "RMA" else f"log2({family}+1)"
    return Observed(table, (unit,) * len(table), ("The other sheet, Counts, was left out.",))


def spoiled(case, how):
    """A reading that is wrong in one way, and says nothing of it."""
    seen = perfect(case)
    table, units = seen.table.copy(), seen.units
    gene = table.columns[int(np.nanargmax(table.iloc[0].to_numpy()))]
    match how:
        case "another scale":
            table = table * 1.0001
        case "another unit":
            units = ("log2(counts+0.5)",) * len(units)
        case "a known gap":
            table.loc[table.index[0], gene] = np.nan
        case "a gene lost":
            table = table.drop(columns=gene)
        case "a gene too many":
            table["NOTAGENE"] = 1.0
        case "a sample too many":
            table = pd.concat([table, table.iloc[[0]].rename(index=lambda name: "length")])
            units += units[:1]
        case "a sample lost":
            table, units = table.iloc[1:], units[1:]
        case "another name":
            table = table.rename(index={table.index[0]: "sample 7"})
        case "values shifted":
            table = pd.DataFrame(np.roll(table.to_numpy(), 1, axis=0), table.index, table.columns)
        case "genes shifted":
            table = pd.DataFrame(np.roll(table.to_numpy(), 1, axis=1), table.index, table.columns)
        case "off is a gap":
            table = table.mask(table == 0)
    return dataclasses.replace(seen, table=table, units=units, notes=())


SPOILED = (
    "another scale",
    "another unit",
    "a known gap",
    "a gene lost",
    "a gene too many",
    "a sample too many",
    "a sample lost",
    "another name",
    "values shifted",
    "genes shifted",
    "off is a gap",
)


@given(compositions())
@QUICK
def test_a_perfect_reading_is_right_whatever_the_layout(c):
    case = case_of(c)
    note(f"{off_default(c)}")
    expected = SAID if len(case.truths) > 1 else RIGHT
    found = judge(case, perfect(case))
    assert (found.verdict, found.causes if expected == RIGHT else ()) == (expected, ())


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.parametrize("unit", ["TPM", "FPKM", "counts", "RMA"])
def test_the_judge_sees_every_way_to_be_wrong(how, unit):
    if how == "off is a gap" and unit == "RMA":
        how = "a known gap"
    case = case_of(dataclasses.replace(PLAIN, unit=unit, odd="n/a"))
    found = judge(case, spoiled(case, how))
    assert found.verdict == SILENT, found


def test_a_gap_of_the_file_that_becomes_a_number_is_wrong():
    case = case_of(dataclasses.replace(PLAIN, odd="n.d."))
    seen = perfect(case)
    assert seen.table.isna().to_numpy().sum() > 0
    assert judge(case, dataclasses.replace(seen, table=seen.table.fillna(0.0))).verdict == SILENT


def test_what_is_wrong_counts_as_said_only_where_the_cause_is_named():
    case = case_of(PLAIN)
    seen = spoiled(case, "a gene lost")
    gone = next(gene for gene in case.truths[0].genes if gene not in seen.table.columns)
    assert judge(case, dataclasses.replace(seen, amber=("Some genes look odd.",))).verdict == SILENT
    assert judge(case, dataclasses.replace(seen, amber=(f"{gone} was not read.",))).verdict == SAID


def test_a_handful_is_not_excused_by_what_is_said_of_many():
    case = case_of(PLAIN)
    seen = perfect(case)
    off = seen.table.columns[(seen.table == 0).all()][0]
    wrong = dataclasses.replace(seen, table=seen.table.assign(**{off: 8.0}))
    blanks = "24 % of the cells are blank and no value is zero: blanks were taken as genes that are off"
    assert judge(case, dataclasses.replace(wrong, amber=(blanks,))).verdict == SILENT
    assert judge(case, dataclasses.replace(wrong, amber=(f"{off} is RIN, a column of a sheet?",))).verdict == SAID


def test_a_wrong_unit_counts_as_said_only_where_the_true_one_is_named():
    case = case_of(dataclasses.replace(PLAIN, unit="FPKM", form="ln(x+1)"))
    seen = perfect(case)
    wrong = dataclasses.replace(seen, table=seen.table * np.log(2), units=("log2(TPM+1)",) * len(seen.table))
    open_family, open_all = "It may be TPM or FPKM.", "It may be log2(TPM+1) or ln(FPKM+1)."
    assert judge(case, dataclasses.replace(wrong, amber=(open_family,))).verdict == SILENT
    assert judge(case, dataclasses.replace(wrong, amber=(open_all,))).verdict == SAID


def test_questions_refusals_and_traces_are_told_apart():
    case, nothing = case_of(PLAIN), pd.DataFrame()
    assert judge(case, Observed(nothing, question="Which unit?", choices=("TPM", "FPKM"))).verdict == ASKED
    assert judge(case, Observed(nothing, refused=("It has no genes.",))).verdict == REFUSED
    assert judge(case, Observed(nothing, trace="ValueError")).verdict == TRACEBACK
    assert judge(case, Observed(nothing)).verdict == SILENT


@given(compositions())
@QUICK
def test_compositions_say_one_thing(c):
    assert admissible(c) == c
    if c.container == "text" and c.quoting == "none":
        assert c.decimal != c.delimiter
    assert c.zeros != "-Inf" or c.form == NO_PSEUDO
    assert c.names != "equal" or c.shape != LONG


@pytest.mark.parametrize("number", range(4))
def test_a_number_of_a_run_is_always_the_same_file(number):
    assert (
        case_of(drawn(7, number)).content == case_of(drawn(7, number)).content or drawn(7, number).container == "xlsx"
    )


def test_sums_are_those_of_their_units():
    for unit in ("TPM", "FPKM", "CPM"):
        case = case_of(Composition(genes=WHOLE, samples=2, unit=unit, digits=6))
        sums = case.truths[0].linear[unit][0].sum(axis=1)
        assert np.allclose(sums, 1e6, rtol=1e-4) == (unit != "FPKM")
        assert 0.1 < case.truths[0].off.mean() < 0.4


def test_plain_files_are_read_right_by_pandas():
    for unit, form in (("TPM", LINEAR), ("TPM", "log2(x+1)"), ("RMA", LINEAR)):
        case = case_of(dataclasses.replace(PLAIN, unit=unit, form=form))
        path = pd.io.common.BytesIO(case.content)
        table = pd.read_csv(path, index_col=0).T
        given_unit = {"RMA": "RMA log2"}.get(unit, unit if form == LINEAR else "log2(TPM+1)")
        assert judge(case, Observed(table, (given_unit,) * len(table))).verdict == RIGHT


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """The reader with the table of identifiers that is shipped, as a home without models has it."""
    from leap_core.io.reference import Reference

    names = Reference(tmp_path_factory.mktemp("reference")).gene_names()
    # A function, because hypothesis writes out the arguments of what failed.
    return lambda case: read_by_product(case, names)


def test_no_layout_is_read_wrongly_in_silence(read):
    # The first of many: docs/reading.md has how often it happens in 10,000.
    composed = {number: drawn(8, number) for number in range(150)}
    verdicts = {number: judge(case := case_of(c), read(case)).verdict for number, c in composed.items()}
    wrong = {n: off_default(c) for n, c in composed.items() if verdicts[n] in (SILENT, TRACEBACK)}
    assert not wrong


@pytest.mark.parametrize("number", range(3))
def test_the_command_reads_what_the_library_reads(tmp_path, read, number):
    case = case_of(drawn(11, number))
    by_library = judge(case, read(case))
    assert judge(case, read_by_command(case, tmp_path)).verdict == by_library.verdict
    assert by_library.verdict not in (SILENT, TRACEBACK)
