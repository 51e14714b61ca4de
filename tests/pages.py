"""Pages of docs/ whose tables a command makes."""

from __future__ import annotations

import sys
from pathlib import Path


def print_or_write(page: Path, mark: str, text: str) -> None:
    """Print a text; with `--write` put it into a page instead, behind a mark, up to the page's end."""
    if "--write" in sys.argv:
        head = page.read_text(encoding="utf-8").partition(mark)[0]
        page.write_text(f"{head}{mark}\n\n{text}\n", encoding="utf-8")
    else:
        sys.stdout.write(f"{text}\n")
