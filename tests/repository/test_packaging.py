"""The package says of itself what the requirement files say, and what it installs is complete."""

import re
import tomllib
import zipfile

import pytest

import leap_core
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def required(name):
    """Lines of a requirement file that name a package."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith(("#", "-r"))}


def test_the_requirement_files_say_what_the_package_says():
    assert set(PROJECT["dependencies"]) == required("requirements.txt")
    extras = PROJECT["optional-dependencies"]
    for extra in ("server", "cluster", "docs"):
        assert set(extras[extra]) == required(f"requirements-{extra}.txt")
    assert set(extras["dev"]) - {"leap-screen-prioritiser[server,cluster,docs]"} == required("requirements-dev.txt")


def test_every_requirement_ends_before_the_next_major_version():
    everything = [
        *PROJECT["dependencies"],
        *(part for extra in PROJECT["optional-dependencies"].values() for part in extra),
    ]
    unbounded = [part for part in everything if not part.startswith("leap-") and not re.search(r"<\d", part)]
    assert unbounded == []


def test_the_version_stands_in_one_place():
    assert PROJECT["dynamic"] == ["version"] and re.fullmatch(r"\d+\.\d+\.\d+", leap_core.__version__)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {leap_core.__version__}\n" in citation


def test_a_wheel_holds_the_code_its_types_and_the_demo(tmp_path):
    build = pytest.importorskip("hatchling.builders.wheel")
    (path,) = build.WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    names = set(zipfile.ZipFile(path).namelist())
    assert {"leap_core/api.py", "leap_core/py.typed", "leap_core/report/report.html.j2"} <= names
    assert "leap_core/data/demo/heldout_melanoma.csv" in names
    shipped = [
        path.relative_to(ROOT)
        for folder in ("identifiers", "gene_sets")
        for path in (ROOT / "data" / folder).glob("*.*")
        if path.suffix in (".gz", ".json")
    ]
    assert len(shipped) == 5 and {f"leap_core/{path.as_posix()}" for path in shipped} <= names
    assert not [name for name in names if name.startswith(("tests/", "pages/", "benchmarks/"))]
    (entry,) = [name for name in names if name.endswith("entry_points.txt")]
    assert "leap = leap_core.cli:main" in zipfile.ZipFile(path).read(entry).decode()
