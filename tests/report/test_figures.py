"""Names in figures are shown as they are: plotly reads HTML, and ``%{x}`` in a hover text."""

import ast
import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from leap_core.panel.scores import SCORE_TYPES
from leap_core.report.figures.comparison import against, heat_map
from leap_core.report.figures.style import finish, shown
from leap_core.report.figures.waterfall import waterfall
from tests.conftest import ROOT

SCORE = SCORE_TYPES["gene_effect"]
HOSTILE = ['<a href="http://x.example">a</a>', "<b>b</b> &amp; %{x}", "c\nd", "e\u202ef", "TP53"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TP53", "TP53"),
        ("a < b & c", "a &#60; b &#38; c"),
        ("%{x}", "%&#123;x}"),
        ("a\nb\u202ec", "a(U+000A)b(U+202E)c"),
        ("two  blanks", "two  blanks"),
        (3, "3"),
    ],
)
def test_a_name_in_a_figure_is_text(name, said):
    assert shown(name) == said


def hostile_table():
    numbers = np.linspace(-1.0, 1.0, len(HOSTILE))
    return pd.DataFrame(
        {
            "base": numbers,
            "other": numbers[::-1],
            "call": ["", "gained", "", "lost", ""],
            "predicted": numbers,
            "panel_percentile": 50.0,
            "accuracy": 0.3,
        },
        index=pd.Index(HOSTILE, name="perturbation"),
    )


@pytest.mark.parametrize(
    "figure",
    [
        against(hostile_table(), HOSTILE[0], HOSTILE[1], SCORE),
        heat_map(pd.DataFrame(np.eye(5), index=HOSTILE, columns=HOSTILE), "dependent"),
        waterfall(hostile_table(), SCORE, frozenset(HOSTILE[:2])),
    ],
    ids=["against", "heat map", "waterfall"],
)
def test_no_figure_holds_a_hostile_name_as_it_came(figure):
    text = json.dumps(json.loads(figure.to_json()), ensure_ascii=False)
    assert not [name for name in HOSTILE[:4] if json.dumps(name, ensure_ascii=False)[1:-1] in text]
    assert "TP53" in text and "&#60;a href" in text


def test_numbers_stay_as_they_lie_in_memory():
    figure = finish(go.Figure(go.Scatter(x=np.arange(3.0), y=np.arange(3), text=HOSTILE[:3])), "x", "y", 300)
    assert figure.data[0].x.dtype == float and list(figure.data[0].text) == [shown(name) for name in HOSTILE[:3]]


# What a hover text may hold beside constants and numbers: layers are numbers, methods and titles are words of ours.
OURS = {"layer", "x_title", "method", "component", "title", "weight", "number"}


def test_hover_texts_take_names_through_one_function():
    for path in sorted((ROOT / "leap_core" / "report" / "figures").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in ("hovertemplate", "text", "texttemplate"):
                for part in ast.walk(node.value):
                    if isinstance(part, ast.FormattedValue) and node.arg != "text" and part.format_spec is None:
                        words = ast.unparse(part.value)
                        assert words.startswith("shown(") or words in OURS, f"{path.name}: {words}"


def test_every_figure_ends_in_finish():
    for path in sorted((ROOT / "leap_core" / "report" / "figures").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in tree.body:
            if isinstance(function, ast.FunctionDef) and "go.Figure" in ast.unparse(
                function.returns or ast.Constant(0)
            ):
                last = ast.unparse(function.body[-1])
                assert path.name == "style.py" or last.startswith("return finish("), f"{path.name}: {function.name}"


def test_names_that_look_like_numbers_are_names_on_an_axis():
    z = pd.DataFrame([[1.0, -1.0], [0.5, 2.0]], index=["681640", "BRAF"], columns=["101", "697"])
    figure = heat_map(z, "dependent")
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("category", "category")
    assert list(figure.data[0].x) == ["101", "697"]
    table = pd.DataFrame({"base": [0.1], "other": [0.2], "call": [""]}, index=["681640"])
    assert against(table, "101", "697", SCORE).layout.xaxis.type is None
