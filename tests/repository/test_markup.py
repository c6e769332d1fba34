"""No name from anybody's file is read as markup, and no table leaves but through the one writer."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.shared.text import linked, plain
from tests.conftest import ROOT
from tests.repository.markup import PAGES, unsafe

# Text that the core holds as constants: of columns, terms of sources, formats.
SAID_AS_OURS = {"columns.py": 2, "guided_panels.py": 2, "downloads.py": 1}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_streamlit_reads_as_markdown_is_ours_or_was_escaped(path):
    assert unsafe(path) == []


@pytest.mark.parametrize(
    "line",
    [
        "st.error(str(error))",
        "st.caption(f'{name} is here')",
        "st.caption(body=f'{name!r} is here')",
        "left.metric('Cells', name)",
        "left.metric('Cells', 1, help=name)",
        "st.tabs([name, 'other'])",
        "st.radio('Which', names)",
        "st.selectbox('Which', [], help=' '.join(names))",
        "st.progress(0.5, text=name)",
        "getattr(st, box)(name)",
        "(st.error if wrong else st.success)(name)",
        "words = 'safe'\nwords += name\nst.markdown(words)",
        "parts = ['safe']\nparts.append(name)\nst.markdown(' '.join(parts))",
        "words = {}\nwords['a'] = name\nst.markdown(words['a'])",
        "for words in ('safe', name):\n    st.markdown(words)",
        "words = 'safe' if right else name\nst.markdown(words)",
        "st.markdown('safe ' + name)",
        "st.markdown('%s' % name)",
        "st.markdown('safe {}'.format(name))",
        "st.markdown(f'{name:>20}')",
        "number = st.column_config.NumberColumn\nnumber(help=name)",
        "def part(text: str) -> Markdown:\n    return text",
        "def box(text: Markdown) -> None:\n    st.markdown(text)\nbox(name)",
    ],
)
def test_the_judge_finds_every_way_round_it(line, tmp_path):
    page = tmp_path / "page.py"
    page.write_text(f"import streamlit as st\n\n{line}\n")
    assert len(unsafe(page, [page])) >= 1


@pytest.mark.parametrize(
    "line",
    [
        "st.error(plain(error))",
        "st.caption(f'{plain(name)}: {share:.0%} of {count:,}, {len(names)}')",
        "words = 'a' if right else 'b'\nst.markdown(f'**{words}**')",
        "parts = ['safe']\nparts.append(plain(name))\nst.markdown(' '.join(parts))",
        "st.text(name)",
        "st.selectbox('Which', names, format_func=words)",
        "def box(text: Markdown) -> None:\n    st.markdown(text)\nbox(plain(name))",
    ],
)
def test_the_judge_lets_through_what_was_escaped(line, tmp_path):
    page = tmp_path / "page.py"
    page.write_text(f"import streamlit as st\n\n{line}\n")
    assert unsafe(page, [page]) == []


def calls(path):
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]


def called(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_text_that_is_not_escaped_is_said_to_be_ours_only_where_it_is_a_constant():
    found = {path.name: sum(called(call) == "ours" for call in calls(path)) for path in PAGES}
    assert {name: number for name, number in found.items() if number} == SAID_AS_OURS


# Functions that make a file of a table, and the modules that may call them; of the others one keeps a table in the
# store and one makes the demo's uploads.
WRITERS = {
    "to_csv": {"report/csv.py", "io/reference.py", "panel/demo/uploads.py"},
    "to_excel": set(),
    "to_clipboard": set(),
    "to_markdown": set(),
    "to_html": {"report/html.py"},
    "ExcelWriter": set(),
    "Workbook": {"report/excel.py"},
    "writer": {"io/sheets.py"},
    "DictWriter": set(),
}


def test_every_table_leaves_through_one_writer():
    found = {name: set() for name in WRITERS}
    for path in [*PAGES, *sorted((ROOT / "leap_core").rglob("*.py"))]:
        for call in calls(path):
            if called(call) in WRITERS:
                found[called(call)].add(str(path.relative_to(ROOT)).removeprefix("leap_core/"))
    assert {name: paths - WRITERS[name] for name, paths in found.items() if paths - WRITERS[name]} == {}


def test_pages_draw_tables_in_one_place_and_commands_print_in_one():
    widgets = ("st.dataframe", "st.data_editor", "st.table")
    drawn = {path.name for path in PAGES for call in calls(path) if ast.unparse(call.func) in widgets}
    assert drawn == {"tables.py"}
    command_line = sorted((ROOT / "leap_core" / "cli").rglob("*.py"))
    said = {path.name for path in command_line for call in calls(path) if called(call) == "print"}
    assert said == {"saying.py", "progress.py"}


def test_pages_write_no_html():
    raw = ("html", "iframe", "declare_component", "component")
    assert [path.name for path in PAGES for call in calls(path) if called(call) in raw] == []
    assert not [path.name for path in PAGES if "unsafe_allow_" in path.read_text(encoding="utf-8")]


HOSTILE = st.text(st.sampled_from(list("![](<>)`*_~$#|&:-=+1.a \n\t\u202e\u200f\x1b/\"'@")), max_size=40)


@given(HOSTILE)
def test_escaped_text_is_one_line_that_can_be_read_back(text):
    said = plain(text)
    assert "\n" not in said and not any(mark in said for mark in "\u202e\u200f\x1b\t")
    # Every mark that begins something has its backslash.
    bare = said.replace("\\\\", "")
    for number, mark in enumerate(bare):
        if mark in "`*[]!<>~$|":
            assert bare[number - 1] == "\\"
    shown = bare.replace("\\", "").replace("\u2060", "")
    for hidden in "\u202e\u200f\x1b":
        text = text.replace(hidden, f"(U+{ord(hidden):04X})")
    assert shown == " ".join(text.split())


@pytest.mark.parametrize("name", ["TP53", "SIM-MEL-HELDOUT", "heldout_melanoma.csv", "DepMap 24Q2", "5-FU", "(+)-JQ1"])
def test_ordinary_names_stay_as_they_are(name):
    assert plain(name) == name


@pytest.mark.parametrize("address", ["http://a.example/x", "HTTPS://a.example", "www.a.example"])
def test_an_address_in_a_name_is_no_link_and_still_an_address(address):
    said = plain(f"see {address}")
    assert address not in said and said.replace("\u2060", "").replace("\\", "") == f"see {address}"
    # What a browser makes of the name of a host leaves the joint out.
    assert said.split("\u2060")[1].startswith(("a.", ".a."))


def test_a_link_ends_where_its_address_ends():
    assert linked("https://a.example/b?c=d&e=%20f") == "https://a.example/b?c=d&e=%20f"
    assert not set("()<> \n") & set(linked("https://a.example/)![x](http://b.example/p.png) <i>\n"))
