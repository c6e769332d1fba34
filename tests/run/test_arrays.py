"""Arrays on disk: mapped, read only, and refused when damaged."""

import numpy as np
import pytest

from leap_core.errors import StoreError
from leap_core.run.array_files import read_arrays, write_arrays


def test_arrays_come_back_as_they_were_and_cannot_be_changed(tmp_path):
    arrays = {
        "weights": np.random.default_rng(0).normal(size=(5, 3, 7)).astype(np.float32),
        "index": np.arange(4),
        "grid": np.arange(3, dtype=np.int16),
        "flag": np.array([True, False, True]),
        "double": np.array([[np.nan, 1.5]]),
        "empty": np.zeros((5, 3, 0), dtype=np.float32),
    }
    write_arrays(tmp_path, "a", arrays)
    found = read_arrays(tmp_path, "a")
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)
    with pytest.raises(ValueError, match="read-only"):
        found["weights"][0, 0, 0] = 1


@pytest.mark.parametrize("damage", [b"", b"not a header at all", None])
def test_a_damaged_file_is_an_error_that_says_what_to_do(tmp_path, damage):
    write_arrays(tmp_path, "a", {"x": np.zeros(100)})
    path = tmp_path / "a.safetensors"
    path.write_bytes(path.read_bytes()[:-200] if damage is None else damage)
    with pytest.raises(StoreError, match="train again"):
        read_arrays(tmp_path, "a")
