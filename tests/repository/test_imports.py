"""Import rules: the core knows no streamlit, pages know no modelling library, torch lives where it trains."""

import ast
import subprocess
import symtable
import sys

import pytest

from tests.conftest import ROOT

MODELLING = {"torch", "sklearn", "gseapy", "numba", "scipy", "numpy", "lightgbm", "rdkit"}


def imported_by(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    return names


def roots(path):
    return {name.split(".")[0] for name in imported_by(path)}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "leap_core").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_core_never_imports_the_app(path):
    assert not roots(path) & {"streamlit", "pages", "app", "pickle"}


@pytest.mark.parametrize("path", sorted((ROOT / "pages").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_import_no_modelling_library(path):
    assert not roots(path) & MODELLING


def test_torch_lives_where_it_trains():
    users = sorted(path.name for path in (ROOT / "leap_core").rglob("*.py") if "torch" in roots(path))
    assert users == ["autoencoder.py", "networks.py"]


def test_figures_and_pages_do_not_reach_into_stages():
    for path in (ROOT / "pages").rglob("*.py"):
        assert not {
            name for name in imported_by(path) if name.startswith(("leap_core.model.heads", "leap_core.model.layers"))
        }


def test_command_line_starts_without_torch():
    every = "import sys; from leap_core.cli import COMMANDS, command_called; [command_called(one) for one in COMMANDS];"
    code = f"{every} sys.exit(bool({{'torch', 'lightgbm', 'rdkit'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


ROOMS = (
    "run",
    "genes",
    "io",
    "panel",
    "sample",
    "model",
    "accuracy",
    "passport",
    "ranking",
    "pilot",
    "services",
    "explain",
    "report",
)


def modules():
    """Dotted name of every module of the core, and its file."""
    found = {}
    for path in (ROOT / "leap_core").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


def imports_within(path, known):
    """Modules of the core that a file imports, wherever in it; for type checkers alone does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("leap_core"):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in known else node.module)
    return found


def room_of(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 2 or (len(parts) == 2 and parts[1] in ROOMS) else None


def test_rooms_import_only_from_rooms_before_them():
    known = modules()
    up = [
        f"{name} imports {other}"
        for name, path in known.items()
        for other in imports_within(path, known)
        if room_of(name) in ROOMS
        and room_of(other) in ROOMS
        and ROOMS.index(room_of(name)) < ROOMS.index(room_of(other))
    ]
    assert up == []


def test_no_circle_of_files():
    known = modules()
    graph = {
        name: imports_within(path, known) & set(known) - {name} for name, path in known.items() if name != "leap_core"
    }
    while graph:
        free = [name for name, others in graph.items() if not others & set(graph)]
        assert free, f"a circle among {sorted(graph)}"
        for name in free:
            del graph[name]


def scripts_names(path):
    """Names that a page assigns while it is drawn, below its first function."""
    statements = ast.parse(path.read_text(encoding="utf-8")).body
    first = next((place for place, node in enumerate(statements) if isinstance(node, ast.FunctionDef)), 0)
    drawn = [node for node in statements[first:] if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return {
        name.id
        for node in drawn
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def globals_read(path):
    """Function and name, of every name of the module that a function reads."""
    module = symtable.symtable(path.read_text(encoding="utf-8"), path.name, "exec")
    # Comprehensions and lambdas of the script are scopes too; functions are those that have a name there.
    named = set(module.get_identifiers())
    scopes = [(scope.get_name(), scope) for scope in module.get_children() if scope.get_name() in named]
    while scopes:
        function, scope = scopes.pop()
        yield from (
            (function, one.get_name()) for one in scope.get_symbols() if one.is_global() and one.is_referenced()
        )
        scopes += [(function, inner) for inner in scope.get_children()]


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_functions_of_a_page_are_given_what_they_show(path):
    drawn = scripts_names(path)
    assert [f"{function} reads {name}" for function, name in globals_read(path) if name in drawn] == []
