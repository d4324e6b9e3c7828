"""Sphinx configuration: MyST pages, reference from docstrings, math as MathML; building needs no network."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "taylorad"
author = "taylorad developers"
copyright = "taylorad developers"
release = version = installed_version("taylorad")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "mathml",
    "rule_table",
    "system_table",
    "validation_table",
    "conformance",
    "public_names",
    "shapes",
    "computed",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_update_mathjax = False
html_math_renderer = "mathml"

autodoc_default_options = {
    "members": True,
    "special-members": "__call__",
    "member-order": "bysource",
}
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"taylorad {release}"
html_static_path = ["_static"]
html_css_files = ["math.css"]
html_show_sphinx = False
