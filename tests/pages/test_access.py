"""Who is let in: addresses, domains, roles; and the line of an export."""

import json
import os

import pytest

from leap_core.errors import UserError
from pages.shared.audit import ExportRecord, audit_file, record_export
from pages.shared.roles import ADMINISTRATOR, USER, Access, Visitor, reachable_by_others

ACCESS = Access.of({"users": ["@uni.example", "guest@else.example"], "administrators": ["Ada@uni.example"]})


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("ada@UNI.example", ADMINISTRATOR),
        ("bob@uni.example", USER),
        ("guest@else.example", USER),
        ("other@else.example", None),
        ("eve@sub.uni.example", None),
        ("eve@evil.example@uni.example", None),
        ("@uni.example", None),
        ("", None),
        (None, None),
    ],
)
def test_visitors_are_those_on_the_lists(address, role):
    expected = None if role is None else Visitor(address.lower(), role)
    assert ACCESS.visitor({"email": address, "email_verified": True}) == expected


@pytest.mark.parametrize(
    ("verified", "let_in"), [(True, True), ("true", True), (False, False), ("false", False), (None, False)]
)
def test_only_verified_addresses_count(verified, let_in):
    claims = {"email": "bob@uni.example"} | ({} if verified is None else {"email_verified": verified})
    assert (ACCESS.visitor(claims) is not None) is let_in
    assert Access.of({"users": ["@uni.example"], "trust_unverified": True}).visitor(claims) == Visitor(
        "bob@uni.example", USER
    )


def test_nobody_is_let_in_by_an_empty_list():
    assert Access.of({}).visitor({"email": "ada@uni.example", "email_verified": True}) is None


@pytest.mark.parametrize(
    "settings", [{"users": "ada@uni.example"}, {"users": ["uni.example"]}, {"admins": ["a@b"]}, {"users": ["ada@"]}]
)
def test_lists_that_make_no_sense_are_refused(settings):
    with pytest.raises(UserError, match=r"secrets\.toml"):
        Access.of(settings)


@pytest.mark.parametrize(
    ("address", "reachable"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("", True),
        (None, True),
        ("lab.example", True),
    ],
)
def test_which_servers_others_can_reach(address, reachable):
    assert reachable_by_others(address) is reachable


def test_an_export_leaves_one_line_without_values(tmp_path):
    for user in ("ada@uni.example", "bob@uni.example"):
        record_export(
            tmp_path, ExportRecord(user, "hit list (csv)", "DepMap 26Q1", "DepMap Public 26Q1", "0123456789abcdef")
        )
    lines = [json.loads(line) for line in audit_file(tmp_path).read_text().splitlines()]
    assert [line["user"] for line in lines] == ["ada@uni.example", "bob@uni.example"]
    assert set(lines[0]) == {"time", "user", "what", "model", "release", "upload"}


def test_without_room_for_its_line_nothing_is_exported_and_the_next_line_is_whole(tmp_path, monkeypatch):
    record = ExportRecord("ada@uni.example", "hit list (csv)", "m", "r", "0123456789abcdef")
    record_export(tmp_path, record)
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:20]))
        with pytest.raises(UserError, match=r"could not be written down \(No space left on device\)"):
            record_export(tmp_path, record)
    record_export(tmp_path, record)
    first, cut, last = audit_file(tmp_path).read_text().splitlines()
    assert len(cut) == 20 and json.loads(first)["user"] == json.loads(last)["user"] == "ada@uni.example"
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="could not be written down"):
        record_export(tmp_path / "file", record)
