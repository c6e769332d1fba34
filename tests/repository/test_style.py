"""What the formatter does not see: lengths of lines, functions and modules, and one name for one array type."""

import ast

import pytest

from tests.conftest import ROOT

FILES = sorted(path for folder in ("leap_core", "pages") for path in (ROOT / folder).rglob("*.py"))
ALL = [*FILES, ROOT / "app.py", *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]


def name_of(path):
    return str(path.relative_to(ROOT))


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def compiled(function):
    """Whether numba compiles it: splitting an inner loop costs speed."""
    return any("compiled" in ast.unparse(mark) or "njit" in ast.unparse(mark) for mark in function.decorator_list)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_lines_end_at_120_columns_and_nothing_escapes_the_formatter(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    too_long = [number for number, line in enumerate(lines, 1) if len(line) > 120 and "# noqa: E501" not in line]
    assert too_long == []
    mark = "fmt: " + "skip"
    assert [number for number, line in enumerate(lines, 1) if mark in line] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_function_is_one_screen(path):
    assert [
        f"{function.name} has {function.end_lineno - function.lineno + 1} lines"
        for function in functions(path)
        if function.end_lineno - function.lineno > 50 and not compiled(function)
    ] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_has_one_job(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 420


def test_the_root_of_the_core_holds_its_face_and_nothing_else():
    loose = {path.name for path in (ROOT / "leap_core").glob("*.py")}
    assert loose <= {"__init__.py", "__main__.py", "api.py", "arrays.py", "errors.py"}


def test_no_two_test_files_share_a_name():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
