"""Units as they are written and made linear again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap_core.errors import SampleError
from leap_core.io.units import DECLARABLE, Unit, parse_unit


@pytest.mark.parametrize("name", DECLARABLE)
def test_every_declarable_unit_is_read_back(name):
    assert parse_unit(name).name == name


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("log2 ( tpm + 1 )", Unit("TPM", 2.0, 1.0)),
        ("RPKM", Unit("FPKM")),
        ("ln(RPKM+0.5)", Unit("FPKM", float(np.e), 0.5)),
        ("rma", Unit("microarray", 2.0, 0.0)),
        ("log2(CPM)", Unit("CPM", 2.0, 0.0)),
        ("log10(counts+1e-3)", Unit("counts", 10.0, 0.001)),
    ],
)
def test_units_are_read_as_people_write_them(text, unit):
    assert parse_unit(text) == unit


@pytest.mark.parametrize("text", ["", "metres", "log2", "log3(TPM+1)", "TPM+1", "log2(TPM-1)"])
def test_what_is_no_unit_is_refused(text):
    with pytest.raises(SampleError, match="no unit"):
        parse_unit(text)


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=30),
    st.sampled_from([2.0, float(np.e), 10.0]),
    st.sampled_from([1.0, 0.5, 0.01, 1e-3]),
)
def test_linear_undoes_the_logarithm(values, base, pseudo):
    logged = np.log(np.array(values) + pseudo) / np.log(base)
    np.testing.assert_allclose(Unit("TPM", base, pseudo).linear(logged), values, rtol=1e-9, atol=1e-9)


def test_linear_never_overflows_nor_goes_below_zero():
    linear = Unit("TPM", 10.0, 1.0).linear(np.array([1e308, -1e308, 0.0, np.nan]))
    assert np.isfinite(linear[:3]).all() and (linear[:3] >= 0).all() and np.isnan(linear[3])
