"""Settings of Sphinx, which builds these pages (``make docs``); a broken link between pages ends the build."""

project = "LEAP Screen Prioritiser"
author = "the developers of LEAP Screen Prioritiser"
extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = project
html_show_sphinx = False
html_copy_source = False
