"""Executed notebooks as artefacts: their parameters and outputs without secrets, readable by their owner only."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

from hnskit.foreign_text.masking import mask_data, mask_text
from hnskit.local.atomic_write import atomic_write_text

_INJECTED = "injected-parameters"


def mask_file(path: Path) -> None:
    """Mask a notebook's file; one that cannot be read stays as it is, in a folder that is its owner's."""
    with contextlib.suppress(OSError, ValueError):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        mask_notebook(notebook)
        atomic_write_text(path, json.dumps(notebook, indent=1, ensure_ascii=True) + "\n", private=True)


def mask_notebook(notebook: MutableMapping[str, Any]) -> None:
    """Mask the parameters that papermill put into a notebook, and what its cells have put out."""
    papermill = notebook.get("metadata", {}).get("papermill", {})
    if "parameters" in papermill:
        papermill["parameters"] = mask_data(papermill["parameters"])
    for cell in notebook.get("cells", ()):
        if _INJECTED in cell.get("metadata", {}).get("tags", ()):
            cell["source"] = _masked(cell["source"])
        for output in cell.get("outputs", ()):
            for place, key in _texts(output):
                place[key] = _masked(place[key])


def _texts(output: MutableMapping[str, Any]) -> Iterator[tuple[MutableMapping[str, Any], str]]:
    """The members of an output that hold text; a picture's bytes are none."""
    for key in ("text", "evalue", "traceback"):
        if key in output:
            yield output, key
    data = output.get("data", {})
    for mime in data:
        if mime.startswith("text/") or mime == "image/svg+xml":
            yield data, mime


def _masked(text: Any) -> Any:
    """A text, or the list of its lines that a notebook's file may have."""
    return mask_text(text) if isinstance(text, str) else [mask_text(line) for line in text]
