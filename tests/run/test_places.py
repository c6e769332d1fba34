"""The data folder: beside the package in a checkout, inside it where it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from leap_core.run import places


@pytest.mark.parametrize("where", ["leap_core/data", "data"])
def test_the_folder_inside_the_package_comes_first(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "__file__", str(tmp_path / "leap_core" / "run" / "places.py"))
    (tmp_path / "leap_core" / "data" / "demo" / "__pycache__").mkdir(parents=True)
    (tmp_path / where / "demo").mkdir(parents=True, exist_ok=True)
    (tmp_path / where / "demo" / "modules.tsv").touch()
    assert places.data_folder() == tmp_path.resolve() / where


def test_a_checkout_has_the_demo() -> None:
    assert (places.data_folder() / "demo" / "heldout_melanoma.csv").is_file()
