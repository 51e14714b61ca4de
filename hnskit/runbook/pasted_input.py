"""What somebody pasted in place of a host: read at once, kept as facts, never as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hnskit.local import project
from hnskit.runbook.screen import say

if TYPE_CHECKING:
    from hnskit.facts.anything import Reading

_NAME = "paste"
_EMPTY = "Nothing was pasted: the host of the parameters is read."


class Paste:
    """A paste, or none; at the screen it shows itself as a box."""

    def __init__(self, interactive: bool) -> None:
        self.interactive = interactive
        self.reading: Reading | None = None

    def read(self, content: str | bytes, name: str = _NAME) -> None:
        """Take what a host printed in place of what was there.

        Args:
            content: the text, the bytes of a file or zip, or a path: of a file, a folder or a zip.
            name: what it is called where a place in it is named.

        Raises:
            SnapshotError: nothing in it says anything of a host.
        """
        from hnskit.facts.anything import is_text, read_anything

        self.forget()  # a paste that is refused must not leave the one before it in force
        is_path = isinstance(content, str) and not is_text(content)
        self.reading = (
            read_anything(project.find_params(Path(str(content)))) if is_path else read_anything(content, name)
        )

    def forget(self) -> None:
        """Go back to the host of the parameters."""
        self.reading = None

    def to_text(self) -> str:
        """What it was taken for, and what is not whole in it, in a sentence each.

        Returns:
            What the paste was taken for, in a sentence.
        """
        if self.reading is None:
            return _EMPTY
        caveats = "".join(f"\nNot whole: {caveat}." for caveat in self.reading.caveats)
        return f"Taken for {', '.join(self.reading.what) or 'something of a host'}.{caveats}"

    def _ipython_display_(self) -> None:
        if not self.interactive:
            say(self.to_text())
            return
        from IPython.display import display

        from hnskit.runbook.widgets import paste_box

        display(paste_box(self))
