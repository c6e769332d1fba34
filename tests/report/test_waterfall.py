"""The waterfall: order, what is labelled, and what the pointer reads."""

import numpy as np
import pandas as pd
import pytest

from leap_core.panel.scores import SCORE_TYPES
from leap_core.report.figures.waterfall import waterfall


def hits(size=300):
    random = np.random.default_rng(4)
    names = pd.Index([f"GENE{number}" for number in range(size)], name="perturbation")
    predicted = random.normal(size=size)
    predicted[7] = np.nan
    return pd.DataFrame(
        {
            "predicted": predicted,
            "panel_percentile": random.uniform(0, 100, size),
            "accuracy": random.uniform(-0.2, 0.8, size),
        },
        names,
    )


def labels(figure):
    (texts,) = [trace for trace in figure.data if trace.mode == "text"]
    return {text.strip("\u2002"): (x, y) for text, x, y in zip(texts.text, texts.x, texts.y, strict=True)}


@pytest.mark.parametrize("key", ["gene_effect", "gene_dependency"])
def test_the_strongest_come_first_and_each_point_reads_its_own_row(key):
    table = hits()
    figure = waterfall(table, SCORE_TYPES[key], frozenset({"GENE3"}))
    points = {
        name: (x, y, *details)
        for trace in figure.data
        if trace.mode == "markers"
        for name, x, y, details in zip(trace.text, trace.x, trace.y, trace.customdata, strict=True)
    }
    assert len(points) == len(table)
    by_rank = sorted((name for name in points if name != "GENE7"), key=lambda name: points[name][0])
    assert (
        by_rank == table["predicted"].drop("GENE7").sort_values(ascending=key == "gene_effect").index.tolist()
        and points["GENE7"][0] == 300
    )
    for name in ("GENE3", "GENE100"):
        np.testing.assert_allclose(
            points[name][1:], table.loc[name, ["predicted", "panel_percentile", "accuracy"]].to_numpy(float), rtol=1e-6
        )
    (chosen,) = [trace for trace in figure.data if trace.name == "on the shortlist"]
    assert list(chosen.text) == ["GENE3"]


def test_labels_are_of_the_head_of_the_list_or_of_what_was_pasted_and_do_not_cover_each_other():
    table = hits()
    written = labels(waterfall(table, SCORE_TYPES["gene_effect"], frozenset()))
    assert written and set(written) <= set(table.index[:25]) and "GENE7" not in written
    height = float(np.ptp(table["predicted"].dropna()))
    places = [(x / len(table), y / height) for x, y in written.values()]
    for number, (x, y) in enumerate(places):
        assert all(abs(x - other_x) > 0.09 or abs(y - other_y) > 0.055 for other_x, other_y in places[:number])
    assert set(labels(waterfall(table, SCORE_TYPES["gene_effect"], frozenset(), frozenset({"GENE200", "GENE7"})))) == {
        "GENE200"
    }


def test_an_empty_list_is_an_empty_figure():
    assert labels(waterfall(hits().iloc[:0], SCORE_TYPES["gene_effect"], frozenset())) == {}
