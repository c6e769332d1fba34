"""Mutilated tables: a sentence or sound profiles, never a traceback, a hang or silent nonsense."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leap_core.errors import UserError
from leap_core.sample.model_input import ModelGenes, to_model_input
from leap_core.sample.profiles import ReadOptions, read_profiles
from tests.adversary.forms import FORMS, GENES, NAMES, PANEL, PLAIN, TPM, read_form


def outcome(content, name="upload.csv", **options):
    """The values (m, genes), or None if the file was refused in one sentence."""
    read = read_form(content, name, **options)
    return None if read is None else read.values


@given(st.binary(max_size=400), st.sampled_from(["x.csv", "x.xlsx", "x.gct", "x.parquet", "x.csv.gz", "quant.sf"]))
def test_any_bytes_end_in_a_sentence(content, name):
    outcome(content, name)


@given(
    st.sampled_from(
        [
            b"\x1f\x8b",
            b"PK\x03\x04",
            b"#1.2\n",
            b"#1.3\n1\t2\t3\t4\n",
            b"\xff\xfe",
            b"\xfe\xff",
            b"PAR1",
            b"\xef\xbb\xbf",
        ]
    ),
    st.binary(max_size=200),
)
def test_promising_beginnings_end_in_a_sentence(start, rest):
    outcome(start + rest)


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(FORMS)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_flipped_bytes_are_refused_or_touch_only_what_they_hit(form, flips):
    content = bytearray(FORMS[form])
    for place, byte in flips:
        content[int(place * len(content))] = byte
    values = outcome(bytes(content), f"x.{form}")
    # What the bytes hit are a few cells, names or separators; a table that is read wholly otherwise would be nonsense.
    if values is not None and form in ("csv", "tab", "columns") and list(values.index) == ["one", "two", "three"]:
        same = np.isclose(values, np.log2(TPM.T[values.columns] + 1), atol=1e-6)
        assert same.mean() > 0.9 or outcome_is_marked(bytes(content), f"x.{form}")


def test_text_of_a_parquet_file_that_is_no_text_is_refused():
    content = bytearray(FORMS["parquet"])
    content[content.rindex(b"GENE14") + 4] = 128
    assert outcome(bytes(content), "x.parquet") is None


def test_more_columns_than_there_are_genes_are_refused_before_they_are_parsed():
    wide = "gene," + ",".join(f"s{n}" for n in range(130_000)) + "\n" + "GENE1" + ",1.5" * 130_000 + "\n"
    with pytest.raises(UserError, match="130,001 columns"):
        read_profiles((wide * 2).encode(), "x.csv", set(GENES), NAMES, ReadOptions())


def test_a_row_that_lost_a_separator_is_refused_with_its_line():
    lines = TPM.T.to_csv().splitlines()
    for number, place in ((2, 0), (3, 70), (4, 148)):
        cells = lines[number - 1].split(",")
        merged = (
            [*cells[: place + 1], cells[place + 1] + cells[place + 2], *cells[place + 3 :]]
            if place < 148
            else cells[:-1]
        )
        content = "\n".join([*lines[: number - 1], ",".join(merged), *lines[number:]]).encode()
        with pytest.raises(UserError, match=rf"line {number} has 150 cells where the header has 151"):
            read_profiles(content, "x.csv", set(GENES), NAMES, ReadOptions())


def test_rows_with_empty_cells_at_the_end_or_a_label_alone_are_gaps():
    lines = PLAIN.decode().splitlines()
    values = outcome("\n".join([*lines[:100], "GENE99,1.5,2.5,", "GENE100", *lines[102:]]).encode())
    assert values["GENE99"].isna().sum() == 1 and values.get("GENE100", pd.Series(np.nan)).isna().all()
    assert values.drop(columns=["GENE99", "GENE100"], errors="ignore").notna().all(axis=None)


def outcome_is_marked(content, name):
    profiles = read_profiles(content, name, set(GENES), NAMES)
    return bool(to_model_input(profiles, ModelGenes(GENES, "log2(TPM+1)", PANEL)).findings)


CELLS = [
    "",
    "NA",
    "nan",
    "inf",
    "-inf",
    "1e308",
    "-1e308",
    "1e-320",
    "#DIV/0!",
    "=1+1",
    "text",
    "1,5",
    "1.5.5",
    "0x10",
    "1 000",
    "\u00a0",
    "'3",
    "TRUE",
]


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 149), st.integers(0, 2), st.sampled_from(CELLS)), min_size=1, max_size=20))
def test_odd_cells_are_gaps_or_refused_and_never_touch_other_cells(changes):
    frame = TPM.astype(object)
    for row, column, cell in changes:
        frame.iat[row, column] = cell
    values = outcome(frame.to_csv().encode())
    if values is not None:
        touched = np.zeros((3, 150), dtype=bool)
        for row, column, _ in changes:
            touched[column, row] = True
        expected = np.log2(TPM.T.to_numpy() + 1)
        got = values.reindex(columns=list(GENES)).to_numpy()
        np.testing.assert_allclose(got[~touched], expected[~touched], atol=1e-6)


@settings(max_examples=60)
@given(
    st.randoms(use_true_random=False),
    st.sampled_from([",", "\t", ";", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
)
def test_order_separator_and_encoding_change_nothing(random, separator, encoding):
    rows, columns = list(GENES), ["one", "two", "three"]
    random.shuffle(rows)
    random.shuffle(columns)
    values = outcome(TPM.loc[rows, columns].to_csv(sep=separator).encode(encoding), "x.txt")
    pd.testing.assert_frame_equal(
        values.loc[TPM.columns, list(GENES)],
        np.log2(TPM.T + 1),
        check_names=False,
        check_column_type=False,
        check_index_type=False,
    )


@pytest.mark.parametrize("cut", [1, 2, 3, 10, 140, 149])
def test_truncated_files_hold_what_is_left(cut):
    lines = PLAIN.decode().splitlines()
    values = outcome("\n".join(lines[: 151 - cut]).encode())
    if values is not None:
        np.testing.assert_allclose(values, np.log2(TPM.T[values.columns] + 1), atol=1e-6)
    half_a_line = "\n".join(lines[:100]) + "\n" + lines[100][:7]
    values = outcome(half_a_line.encode())
    if values is not None:
        kept = [gene for gene in values.columns if gene in TPM.index[:99]]
        np.testing.assert_allclose(values[kept], np.log2(TPM.T[kept] + 1), atol=1e-6)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form_gives_the_same_profiles_and_survives_any_truncation(form):
    whole = outcome(FORMS[form], f"x.{form}")
    np.testing.assert_allclose(whole.loc[TPM.columns, list(GENES)], np.log2(TPM.T + 1), atol=1e-6)
    for size in np.linspace(0, len(FORMS[form]) - 1, 25).astype(int):
        outcome(FORMS[form][:size], f"x.{form}")


def test_headers_that_are_cut_doubled_or_missing():
    lines = PLAIN.decode().splitlines()
    body = "\n".join(lines[1:])
    for header in (
        "",
        "one,two,three",
        "gene,one,two",
        "gene",
        ",,,",
        "gene,one,one,one",
        lines[0] + "\n" + lines[0],
        "\n\n" + lines[0],
    ):
        values = outcome(f"{header}\n{body}".encode())
        if values is not None:
            assert values.shape[0] <= 3
            for row in values.to_numpy():
                there = np.isfinite(row)
                matches = [
                    np.isclose(row[there], np.log2(TPM.loc[values.columns[there], name] + 1), atol=1e-6).mean()
                    for name in TPM.columns
                ]
                assert max(matches) > 0.98
