"""The values behind a figure are those that it draws, under the names that came, and safe in a spreadsheet."""

import io

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from leap_core.panel.scores import SCORE_TYPES
from leap_core.report.figures.comparison import heat_map
from leap_core.report.figures.style import finish
from leap_core.report.figures.values import figure_values, values_csv
from leap_core.report.figures.waterfall import waterfall


def test_points_are_named_and_their_axes_are_called_as_in_the_figure():
    names = ["SOX10", "a < b", "=cmd()"]
    table = pd.DataFrame(
        {"predicted": [-1.2, -0.5, 0.1], "panel_percentile": [99.0, 80.0, 10.0], "accuracy": 0.4},
        index=pd.Index(names, name="perturbation"),
    )
    score = SCORE_TYPES["gene_effect"]
    values = figure_values(waterfall(table, score, frozenset(["SOX10"])))
    assert set(values["label"]) == set(names) and len(values) == 3
    predicted = values.set_index("label")[score.axis]
    np.testing.assert_allclose(predicted[names], table["predicted"])
    text = values_csv(waterfall(table, score, frozenset()), ["the list", "=RED; @x"])
    assert text.startswith("# the list\n# =RED;")
    assert "'=cmd()" in text and ",=cmd()" not in text
    read = pd.read_csv(io.StringIO(text), comment="#")
    np.testing.assert_allclose(sorted(read[score.axis]), sorted(table["predicted"]))


def test_cells_of_a_heat_map_have_their_sample_and_row():
    z = pd.DataFrame([[1.0, -1.0], [0.5, np.nan]], index=["BRAF", "MITF"], columns=["101", "697"])
    values = figure_values(heat_map(z, "dependent"))
    found = values.pivot(index="y", columns="x", values="value")
    pd.testing.assert_frame_equal(found, z, check_names=False)


def test_lines_that_guide_the_eye_are_no_values():
    figure = go.Figure()
    figure.add_bar(x=[1.0, 2.0], y=["one", "two"], name="found")
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip")
    values = figure_values(finish(figure, "Number", "", 300))
    assert values.to_dict("list") == {
        "series": ["found", "found"],
        "label": [None, None],
        "Number": [1.0, 2.0],
        "y": ["one", "two"],
    }
    assert figure_values(go.Figure()).empty


def test_a_long_title_of_an_axis_stands_in_two_lines_and_in_one_in_the_table():
    title = "Predicted gene effect (lower = more dependent)"
    figure = finish(go.Figure(go.Scatter(x=[1.0], y=[2.0])), title, "Share (of 1)", 300)
    assert figure.layout.xaxis.title.text == "Predicted gene effect<br>(lower = more dependent)"
    assert figure.layout.yaxis.title.text == "Share (of 1)"
    assert {title, "Share (of 1)"} <= set(figure_values(figure).columns)
