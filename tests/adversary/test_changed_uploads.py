"""A short run of the standing adversary on uploads and gene sets, and some of the small files that ask for much."""

import pytest

from tests.adversary.trials import short_run


@pytest.mark.parametrize(("what", "number"), [("files", 250), ("sets", 200)])
def test_whatever_is_changed_in_a_file_is_said_or_leaves_the_rest_whole(what, number):
    assert short_run("uploads", what, number)["refused"] > number // 10


def test_small_files_that_ask_for_much_end_in_time():
    found = short_run("uploads", "bombs", 12)
    assert found["slowest"][0] < 17 and found["refused"] > 3
