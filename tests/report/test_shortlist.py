"""A saved shortlist comes back as it was; anything else is refused in one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap_core.errors import UserError
from leap_core.report.shortlist import Shortlist, read_shortlist


@given(
    st.lists(st.text(max_size=12), unique=True, max_size=8),
    st.dictionaries(st.text(max_size=8), st.text(max_size=30), max_size=4),
)
def test_a_round_trip_changes_nothing(names, notes):
    saved = Shortlist({"gene": names, "drug": []}, {"gene": notes, "drug": {}}, {"sample": "x"})
    assert read_shortlist(saved.to_json(), "s.json") == saved


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b"null",
        b"\xff\xfe",
        b'{"format": "leap shortlist 1"}',
        b'{"format": "leap shortlist 1", "names": {"gene": [1]}, "notes": {}}',
        b"[" * 100000,
    ],
)
def test_what_is_no_shortlist_is_refused(content):
    with pytest.raises(UserError, match="no shortlist"):
        read_shortlist(content, "s.json")


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_sentence(content):
    with pytest.raises(UserError):
        read_shortlist(content, "s.json")
