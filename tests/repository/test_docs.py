"""Links of README and docs lead somewhere, and the documentation names what there is."""

import doctest
import inspect
import re
from importlib import import_module

import pytest

import leap_core
import leap_core.api
from leap_core.cli import COMMANDS
from tests.conftest import ROOT, planted_tables

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.md"))
CODE = sorted(
    path for folder in ("leap_core", "pages", "benchmarks", "tests") for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    local = [target.split("#")[0] for target in targets if not target.startswith(("http", "#", "mailto:"))]
    missing = [target for target in local if target and not (page.parent / target).exists()]
    assert not missing


def test_every_page_is_in_the_table_of_contents():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = {line.strip() for line in index.splitlines()}
    docs = ROOT / "docs"
    pages = {path.relative_to(docs).with_suffix("").as_posix() for path in docs.rglob("*.md")}
    assert pages - {"index"} <= listed


@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_run_and_may_not_fail(page):
    text = page.read_text(encoding="utf-8")
    assert text.startswith("---\njupytext:") and "name: python3" in text and "{code-cell}" in text
    assert not re.search("raises-exception|skip-execution", text)


@pytest.fixture(scope="module")
def of_examples(demo_store, tmp_path_factory):
    """What the examples of the API's docstrings speak of."""
    folder = tmp_path_factory.mktemp("examples")
    expression, response, lines = planted_tables()
    (expression - 1.0).clip(lower=0.0).to_csv(folder / "E.csv")
    response.to_csv(folder / "R.csv")
    renamed = lines.rename(columns={"patient": "PatientID", "name": "CellLineName", "lineage": "OncotreeLineage"})
    renamed.rename_axis("ModelID").to_csv(folder / "Model.csv")
    samples = ROOT / "data" / "demo" / "heldout_melanoma.csv"
    (result,) = leap_core.load("Demo genes", home=demo_store.home).score(samples).values()
    return {"folder": folder, "home": demo_store.home, "samples": samples, "result": result}


@pytest.mark.parametrize(
    "module",
    [
        "leap_core.api",
        "leap_core.report.result",
        "leap_core.report.links",
        "leap_core.report.sentence",
        "leap_core.model.regressor",
    ],
)
def test_examples_in_docstrings_are_true(module, of_examples):
    found = doctest.testmod(import_module(module), extraglobs=of_examples)
    assert found.attempted and not found.failed


def test_every_public_function_of_the_api_has_an_example():
    without = []
    for owner in (leap_core.api, leap_core.Model, leap_core.Result, leap_core.LeapRegressor):
        for name, value in vars(owner).items():
            told = getattr(value, "fget", None) or getattr(value, "func", None) or value
            own = getattr(told, "__module__", "") in ("leap_core.api", "leap_core.report.result")
            if own and callable(told) and not name.startswith("_") and not inspect.isclass(told):
                without += [f"{owner.__name__}.{name}"] if ">>>" not in (told.__doc__ or "") else []
    # What writes a file is shown by `export`; `store` and `score_profiles` serve those that have an example.
    assert set(without) <= {
        *(f"Result.{name}" for name in ("to", "to_csv", "to_excel", "to_html", "table")),
        "Model.store",
        "Model.score_profiles",
        "leap_core.api.explain_kept",
    }


def test_the_readme_names_every_command():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if name != "demo" and f"leap {name}" not in text] == []


def _anchors(page):
    headings = re.findall(r"^#{1,3} (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_sections_that_the_code_cites_are_there():
    cited = {
        found for path in CODE for found in re.findall(r"(docs/\w+\.md)#([\w-]+)", path.read_text(encoding="utf-8"))
    }
    assert cited
    assert [f"{page}#{anchor}" for page, anchor in sorted(cited) if anchor not in _anchors(ROOT / page)] == []


def test_files_that_pages_name_are_there():
    named = {
        (page.name, name)
        for page in PAGES
        if page.name != "architecture.md"
        for name in re.findall(r"`((?:leap_core|pages|tests|benchmarks)/[\w./]*)`", page.read_text(encoding="utf-8"))
    }
    assert [pair for pair in sorted(named) if not (ROOT / pair[1]).exists()] == []


def _is_there(name):
    """Whether a module, or what is in it, has this dotted name."""
    place = ROOT
    parts = name.split(".")
    while parts and (place / parts[0]).is_dir():
        place /= parts.pop(0)
    file = place / f"{parts[0]}.py" if parts else place / "__init__.py"
    if file.is_file():
        parts = parts[1:]
    else:
        file = place / "__init__.py"
    text = file.read_text(encoding="utf-8")
    return all(re.search(rf"\b{part}\b", text) for part in parts)


@pytest.mark.parametrize("folder", ["docs", "benchmarks", "leap_core", "pages", "data/demo", "tests"])
def test_modules_that_are_named_are_there(folder):
    paths = [path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".md", ".py")]
    named = {name for path in paths for name in re.findall(r"\bleap_core(?:\.\w+)+", path.read_text(encoding="utf-8"))}
    assert [name for name in sorted(named) if not _is_there(name)] == []
