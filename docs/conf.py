"""Sphinx's settings. The pages are gathered by `python -m benchmarks.site`, which `make docs` runs."""

from importlib.metadata import version as _version

project = "hnskit"
author = copyright = "The hnskit authors"
version = release = _version("hnskit")
extensions = ["myst_nb"]
exclude_patterns = ["requirements.lock"]

# Notebooks are executed before the site is built: as a sequence, on one emulated host.
nb_execution_mode = "off"
nb_merge_streams = True

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
myst_linkify_fuzzy_links = False
nitpicky = True

html_theme = "furo"
html_title = "hnskit"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["site.css"]
html_css_files = ["site.css"]
