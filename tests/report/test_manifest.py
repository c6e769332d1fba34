"""A saved view comes back as it was, says what is not, and anything else is refused in one sentence."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap_core.errors import UserError
from leap_core.pilot.outcome import Pilot
from leap_core.ranking.hit_table import ORDERS, View
from leap_core.ranking.priority import Weights
from leap_core.report.manifest import Manifest, UsedModel, file_digests, read_manifest, table_digest
from leap_core.report.saved_pilot import pilot_as_plain, pilot_from
from leap_core.report.shortlist import Shortlist
from leap_core.sample.profiles import ReadOptions

TABLE = pd.DataFrame(
    {"predicted": [1.25, -0.5], "badge": ["better", "=cmd"]}, index=pd.Index(["SOX10", "MITF"], name="perturbation")
)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


def manifest(**changes):
    made = Manifest(
        sample="line 1",
        kind="gene",
        models={"gene": UsedModel("DepMap", "abc", "24Q2")},
        files=(("a.csv", "0" * 64),),
        options=ReadOptions(),
        pool="all",
        tables="k",
        view=View(),
        number=50,
        rows=2,
        digest=table_digest(TABLE),
        shortlist=Shortlist({"gene": ["SOX10"], "drug": []}, {"gene": {}, "drug": {}}, {}),
    )
    return replace(made, **changes)


@given(
    sample=TEXT,
    search=TEXT,
    cut=st.none() | st.floats(-1, 1),
    order=st.sampled_from(list(ORDERS)),
    number=st.integers(1, 10**6),
    names=st.lists(TEXT, unique=True, max_size=5),
    dates=st.lists(st.tuples(TEXT, TEXT), max_size=3),
    own=st.booleans(),
    measured=st.dictionaries(TEXT, st.floats(-1e6, 1e6), max_size=4),
)
def test_a_round_trip_changes_nothing(sample, search, cut, order, number, names, dates, own, measured):
    weights = Weights(10, 20, 30, 35, 5) if own else None
    saved = manifest(
        sample=sample,
        view=View(order, cut, True, search, 0.25, True, weights),
        number=number,
        highlighted="\n".join(names),
        pilots={"gene": pilot_as_plain(Pilot(pd.Series(measured, dtype=float), same_study=own, source=sample))},
        options=ReadOptions("fpkm", "sum", "TPM", True, tuple(dates)),
        shortlist=Shortlist({"gene": names, "drug": []}, {"gene": {}, "drug": {}}, {}),
    )
    assert read_manifest(saved.to_json(), "v.json") == saved
    assert pilot_from(saved.pilots["gene"]).values.to_dict() == measured


def test_a_table_is_the_same_to_the_last_row_or_it_is_said_why_not():
    saved = manifest()
    assert saved.differences({"gene": "abc"}, "k", TABLE) == []
    assert saved.differences({"gene": "other"}, "k", TABLE) == []
    assert "trained anew" in saved.differences({"gene": "other"}, "k", TABLE.assign(predicted=0.0))[0]
    assert saved.differences({"gene": "abc"}, "new", TABLE.iloc[::-1]) == [
        "the tables of drugs, of gene names or of common essentials are others"
    ]
    assert saved.differences({"gene": "abc"}, "k", TABLE.head(1)) == ["the view had 2 rows, now it has 1"]
    assert "program or the machine" in saved.differences({"gene": "abc"}, "k", TABLE.iloc[::-1])[0]
    assert saved.differences({"gene": "abc", "drug": "d"}, "k", TABLE.iloc[::-1]) == [
        "a model for drugs stands beside it now, and did not then"
    ]
    assert "could not be put back" in saved.differences({"gene": "abc"}, "k", TABLE.iloc[::-1], View("Name"))[0]


def test_files_are_known_by_their_content(tmp_path):
    path = tmp_path / "renamed.csv"
    path.write_bytes(b"gene,x\n")
    files = file_digests([("a.csv", b"gene,x\n")])
    saved = manifest(files=files)
    assert saved.lacks([digest for _, digest in file_digests([(path.name, path)])]) == [] and saved.lacks([]) == [
        "a.csv"
    ]


def broken(**changes):
    return json.dumps({**json.loads(manifest().to_json()), **changes}).encode()


def altered(**changes):
    return broken(view={**json.loads(manifest().to_json())["view"], **changes})


HOSTILE = [
    ("minimum_probability", float("nan")),
    ("minimum_probability", float("inf")),
    ("minimum_probability", 7),
    ("minimum_probability", 0.333),
    ("minimum_accuracy", float("nan")),
    ("minimum_accuracy", 5),
    ("minimum_accuracy", "0.2"),
    ("hide_common_essential", "false"),
    ("weights", {"selectivity": 50.5, "reliability": 49.5}),
    ("weights", {"selectivity": float("nan"), "reliability": 100}),
    ("weights", {"selectivity": "50", "reliability": 50}),
    ("weights", {"magic": 100}),
    ("search", 3),
    ("maximum_disagreement", 101),
    ("maximum_disagreement", 2.5),
]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b"null",
        b"\xff\xfe",
        b'{"format": "leap view 1"}',
        b"[" * 100000,
        broken(kind="protein"),
        broken(models={}),
        broken(files=[]),
        broken(view={}),
        broken(pool="x"),
        broken(number="many"),
        broken(sample=7),
        broken(options={}),
        broken(shortlist={"names": 1}),
        broken(number=1e400),
        broken(view={**json.loads(manifest().to_json())["view"], "order": "by magic"}),
        broken(models={"gene": {"name": "x"}}),
        *(altered(**{key: value}) for key, value in HOSTILE),
        broken(sample="\ud800"),
        broken(number=1e30),
        broken(number=-3),
        broken(shortlist={"names": {"gene": ["\ud800"]}, "notes": {}}),
    ],
)
def test_what_is_no_saved_view_is_refused(content):
    with pytest.raises(UserError, match="no view"):
        read_manifest(content, "v.json")


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_sentence(content):
    with pytest.raises(UserError):
        read_manifest(content, "v.json")
