"""Settings of Sphinx, which builds these pages (``make docs``); a broken link between pages ends the build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "LEAP Screen Prioritiser"
author = "the developers of LEAP Screen Prioritiser"
extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = project
html_show_sphinx = False
html_copy_source = False
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


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the renderer."""
    app.add_html_math_renderer("mathml", (_as_mathml, None), (_as_mathml, None))
