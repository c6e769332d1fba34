"""Value objects on disk come back as they were; what cannot be kept or read is an error that says so."""

import json
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap_core.errors import StoreError
from leap_core.panel.scores import score_type
from leap_core.run.codec import OlderFormError, digest, read_object, write_object
from tests.conftest import planted


@dataclass(frozen=True)
class Inner:
    values: np.ndarray
    name: str = "inner"


@dataclass(frozen=True)
class Further(Inner):
    weight: float = 1.0


@dataclass(frozen=True)
class Outer:
    inner: Inner
    by_name: dict[str, np.ndarray]
    names: tuple[str, ...]
    pair: tuple[int, int] | None
    score: float
    maybe: Inner | None = None
    table: pd.DataFrame = field(default_factory=pd.DataFrame)


def example(**changes) -> Outer:
    parts = {
        "inner": Inner(np.arange(4)),
        "by_name": {"a": np.ones((2, 3), dtype=np.float32), "b": np.array([True, False])},
        "names": ("x", "y"),
        "pair": (1, 2),
        "score": float("nan"),
        "table": pd.DataFrame({"words": ["p", "q"], "numbers": [0.5, np.nan]}, index=["r", "s"]),
    }
    return Outer(**{**parts, **changes})


def test_a_nested_object_comes_back_with_its_types(tmp_path):
    write_object(tmp_path, example())
    found = read_object(tmp_path, Outer)
    assert found.names == ("x", "y") and found.pair == (1, 2) and np.isnan(found.score) and found.maybe is None
    np.testing.assert_array_equal(found.inner.values, np.arange(4))
    assert found.by_name["b"].dtype == bool and not found.by_name["a"].flags.writeable
    pd.testing.assert_frame_equal(found.table, example().table)


def test_a_panel_comes_back_to_the_bit(tmp_path):
    from leap_core.panel.panel import Panel

    panel = planted()
    write_object(tmp_path, panel)
    found = read_object(tmp_path, Panel)
    for name in ("expression", "response", "unlabelled"):
        assert digest(getattr(found, name).to_numpy()) == digest(getattr(panel, name).to_numpy())
        assert getattr(found, name).columns.equals(getattr(panel, name).columns)
    pd.testing.assert_frame_equal(found.lines, panel.lines)
    assert found.score is score_type("gene_effect") and found.report == panel.report


def test_only_classes_that_were_asked_for_are_made(tmp_path):
    write_object(tmp_path, example(inner=Further(np.zeros(2), weight=3.0)))
    with pytest.raises(OlderFormError, match="Further, which is not expected"):
        read_object(tmp_path, Outer)
    assert read_object(tmp_path, Outer, Further).inner.weight == 3.0
    with pytest.raises(OlderFormError, match="holds Outer, not Inner"):
        read_object(tmp_path, Inner, Outer, Further)


def test_another_form_is_told_from_damage(tmp_path):
    with pytest.raises(OlderFormError, match="older version"):
        read_object(tmp_path, Outer)
    write_object(tmp_path, example())
    place = tmp_path / "object.json"
    tree = json.loads(place.read_text())
    del tree["of"]["pair"]
    place.write_text(json.dumps(tree))
    with pytest.raises(OlderFormError, match=r"another version of this program .*pair"):
        read_object(tmp_path, Outer)
    for damage in ("", "{", '{"is": "Outer", "of": 3}', '{"unknown": 1}', "{}", '{"array": "nowhere"}'):
        place.write_text(damage)
        with pytest.raises(StoreError):
            read_object(tmp_path, Outer)


def test_what_has_no_form_is_refused_when_it_is_written(tmp_path):
    with pytest.raises(TypeError, match=r"names\.0: object has no form"):
        write_object(tmp_path, example(names=(object(),)))


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(content=st.dictionaries(st.text(), plain))
def test_plain_values_of_any_nesting_come_back(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("plain")
    write_object(folder, content)
    assert read_object(folder, dict) == content
