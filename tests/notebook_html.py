"""The HTML that an executed notebook shows, and what in it is escaped twice."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

_TWICE = re.compile(r"&lt;/?(?:code|b|span|br)\b|&amp;(?:lt|gt|amp|quot|#\d+);")


def escaped_twice(notebook: Path) -> list[str]:
    """The places in its tables and sentences where a reader would see markup, or an entity, as text."""
    cells = nbformat.read(notebook, as_version=4).cells
    outputs = [one.get("data", {}) for cell in cells for one in cell.get("outputs", ())]
    pages = ["".join(data.get("text/html", "")) for data in outputs]
    assert any("<table" in page for page in pages), f"{notebook.name} shows no table"
    return [page[max(0, found.start() - 60) : found.end() + 40] for page in pages for found in _TWICE.finditer(page)]
