"""Long tables whose rows two columns tell apart, or that stack units."""

import itertools

import pandas as pd
import pytest

from leap_core.errors import SampleError
from leap_core.io.long_tables import LongAnswers, long_table

GENES = [f"GENE{n}" for n in range(30)]


def table(**keys):
    rows = [dict(zip(["gene", *keys], row, strict=True)) for row in itertools.product(GENES, *keys.values())]
    return pd.DataFrame(rows).assign(value=[0.5 + row for row in range(len(rows))])


def count(labels):
    return sum(label in GENES for label in labels)


def read(frame):
    return long_table(frame, 0, "t.csv", count, LongAnswers())


@pytest.mark.parametrize("second", [{"treatment": ["DMSO", "Drug"]}, {"replicate": [1, 2]}, {"dose_uM": [1, 10]}])
def test_two_columns_together_name_the_samples(second):
    ((title, labels),) = second.items()
    found = read(table(line=["A", "B"], **second))
    assert list(found.values.columns) == [f"{line} {label}" for line in "AB" for label in labels]
    assert found.values.iloc[0].tolist() == [0.5, 1.5, 2.5, 3.5]
    assert f"line and {title}" in found.notes[0]


def test_one_column_that_tells_the_samples_is_taken_alone():
    frame = table(sample=["A", "B"]).assign(replicate=1)
    assert list(read(frame).values.columns) == ["A", "B"]


def test_units_under_one_another_are_refused_by_name():
    with pytest.raises(SampleError, match="rows of TPM and counts under one another"):
        read(table(line=["A", "B"], unit=["TPM", "counts"]))
