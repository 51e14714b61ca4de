"""Addresses of files as the Jupyter server of this kernel serves them, so that a page can link to them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from hnskit.foreign_text.escaping import escape_html


@dataclass(frozen=True, slots=True)
class Server:
    """The Jupyter server that started this kernel."""

    base_url: str
    root: Path

    def path(self, file: Path) -> str:
        """A file below the server's root, as the server calls it; "" for any other."""
        try:
            return file.absolute().relative_to(self.root).as_posix()
        except ValueError:
            return ""


def this_server() -> Server | None:
    """The server that started this kernel; None where there is none, as under papermill."""
    from jupyter_core.paths import jupyter_runtime_dir

    file = Path(jupyter_runtime_dir()) / f"jpserver-{os.environ.get('JPY_PARENT_PID', '')}.json"
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return Server(str(said["base_url"]), Path(said["root_dir"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def link(server: Server | None, file: Path, text: str) -> str:
    """An <a> that opens a file: a notebook as a tab of JupyterLab, anything else in a browser's tab of its own."""
    place = server.path(file) if server is not None else ""
    if server is None or not place or not file.is_file():
        return escape_html(text)
    href = f"{server.base_url}files/{quote(place)}"
    opens = ""
    if file.suffix == ".ipynb":
        arguments = escape_html(json.dumps({"path": place}), quote=True)
        href = f"{server.base_url}lab/tree/{quote(place)}"
        opens = f' data-commandlinker-command="docmanager:open" data-commandlinker-args="{arguments}"'
    return f'<a href="{escape_html(href, quote=True)}" target="_blank" rel="noopener"{opens}>{escape_html(text)}</a>'
