"""Settings of Sphinx, which builds these pages (``make docs``); a broken link between pages ends the build."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "LEAP Screen Prioritiser"
author = "the developers of LEAP Screen Prioritiser"
extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
# Notebooks (docs/notebooks) are kept as text, without outputs: they are run, and a cell that fails ends the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
# Their kernels, and autodoc, import the checkout, installed or not; Plotly itself goes into their pages.
_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
os.environ["PLOTLY_RENDERER"] = "notebook"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
# Single backticks of docstrings are names of Python.
default_role = "py:obj"
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = project
html_show_sphinx = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["notebooks.css"]
# MathJax, Sphinx's own choice, is fetched from another host by whoever opens a page, and images of equations need
# LaTeX. Browsers draw MathML themselves, and docutils, on which Sphinx is built, turns equations into it.
html_math_renderer = "mathml"
# It puts the index of a letter with an accent under the letter; beside an empty exponent it stays where it belongs.
_ACCENT_WITH_INDEX = re.compile(r"(\\(?:hat|bar|tilde)\{\\?\w+\})_")


def _as_mathml(writer: Any, node: nodes.math | nodes.math_block) -> None:
    """Write an equation into the page; one that docutils cannot read is a warning, which ends the build."""
    block = isinstance(node, nodes.math_block)
    try:
        equation = tex2mathml(_ACCENT_WITH_INDEX.sub(r"\1^{}_", node.astext()), as_block=block)
    except MathError as error:
        logging.getLogger(__name__).warning("%s in the equation %s", error, node.astext(), location=node)
        raise nodes.SkipNode from error
    writer.body.append(f'<div style="overflow-x: auto">{equation}</div>' if block else equation)
    raise nodes.SkipNode


_LOADED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["'](?:https?:)?//[^>]*>""")


def _stale_notebooks(app: Sphinx, env: BuildEnvironment, *changes: set[str]) -> list[str]:
    """Notebooks that were run before the code was as it is now."""
    newest = max(path.stat().st_mtime for path in (_ROOT / "leap_core").rglob("*.py"))
    return [page for page, read in env.all_docs.items() if page.startswith("notebooks/") and read / 1e6 < newest]


def _without_mathjax(app: Sphinx, tree: nodes.document) -> None:
    """Take out the script of another host that Plotly puts beside every figure; none has equations."""
    for node in tree.findall(nodes.raw):
        if "plotly" in node.astext():
            node[:] = [nodes.Text(re.sub(rf"{_LOADED.pattern}</script>", "", node.astext()))]


def _loads_nothing(app: Sphinx, exception: Exception | None) -> None:
    """Warn, which ends the build, of a page that loads something from another host."""
    for page in [] if exception else sorted(Path(app.outdir).rglob("*.html")):
        for found in _LOADED.findall(page.read_text(encoding="utf-8")):
            logging.getLogger(__name__).warning("%s loads from another host: %s", page.name, found[:200])


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the renderer, when notebooks are run again, and that these pages need no network."""
    app.add_html_math_renderer("mathml", (_as_mathml, None), (_as_mathml, None))
    app.connect("env-get-outdated", _stale_notebooks)
    app.connect("doctree-read", _without_mathjax)
    app.connect("build-finished", _loads_nothing)
