"""Pages of docs/ whose tables a command makes."""

from __future__ import annotations

import sys
from pathlib import Path


def print_or_write(page: Path, mark: str, text: str, *, until: str = "") -> None:
    """Print a text; with `--write` put it into a page instead, behind a mark, up to a line that begins with `until`.

    Without such a line, or without an `until`, it reaches to the page's end.
    """
    if "--write" in sys.argv:
        head, _, old = page.read_text(encoding="utf-8").partition(mark)
        end = old.find(f"\n{until}") if until else -1
        page.write_text(f"{head}{mark}\n\n{text}\n{old[end:] if end >= 0 else ''}", encoding="utf-8")
    else:
        sys.stdout.write(f"{text}\n")
