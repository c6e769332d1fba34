"""What commands print holds nothing that a terminal would obey; JSON stays JSON."""

import io
import json
import sys

import pytest

from leap_core.cli.shared.saying import complain, say


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TP53\n  two", "TP53\n  two"),
        ("a\x1b[31mred", "a\\u001b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("a\rb", "a\\u000db"),
        ("bad\udcff", "bad\\udcff"),
        ("\U000e0001", "\\udb40\\udc01"),
        ("Gr\u00fc\u00dfe", "Gr\u00fc\u00dfe"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(capsys, text, said):
    say(text)
    complain(text)
    told = capsys.readouterr()
    assert told.out == told.err == said + "\n"


def test_json_stays_json(capsys):
    names = ["a\x1bb", "c\u202ed", "\U000e0001"]
    say(json.dumps(names, ensure_ascii=False))
    assert json.loads(capsys.readouterr().out) == names


def test_a_terminal_of_another_encoding_is_no_mistake(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    say("Gr\u00fc\u00dfe")
    sys.stdout.flush()
    assert raw.getvalue() == b"Gr\\xfc\\xdfe\n"
