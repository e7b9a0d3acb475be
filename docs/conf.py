"""Sphinx: the documentation of omstilling_psychometrics."""

from importlib import metadata

project = "omstilling_psychometrics"
author = "The omstilling_psychometrics developers"
copyright = author
release = metadata.version("omstilling-psychometrics")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
html_theme = "alabaster"
html_theme_options = {"description": "Validation of Likert scales on counted answer patterns", "fixed_sidebar": False}
nitpicky = False
