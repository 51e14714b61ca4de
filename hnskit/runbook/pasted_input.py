"""A paste in place of a host: read at once, kept as facts, never as text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hnskit.errors import HnskitError, SnapshotError
from hnskit.local import project
from hnskit.runbook.screen import say

if TYPE_CHECKING:
    from hnskit.facts.anything import Reading

_NAME = "paste"
_EMPTY = "Nothing was pasted: the host of the parameters is read."


def _nothing() -> None:
    """Do nothing, in place of a missing box."""


def _nobody_looks() -> bool:
    """Say that no cell below was run yet."""
    return False


def _read(content: str | bytes, name: str) -> Reading:
    """Read a text, or the file of a line that names one."""
    from hnskit.facts.anything import is_text, read_anything

    if isinstance(content, bytes) or is_text(content):
        return read_anything(content, name)
    place = project.find_params(Path(content.strip()))
    if project.is_there(place):
        return read_anything(place)
    try:  # a log's line is a text, too
        return read_anything(content.encode("utf-8", "surrogatepass"), name)
    except SnapshotError as refusal:
        raise SnapshotError(content, f"there is no such file or folder; read as a text, {refusal.message}") from refusal


class Paste:
    """A paste, or none; at the screen it shows itself as a box."""

    def __init__(self, interactive: bool) -> None:
        self.interactive = interactive
        self.reading: Reading | None = None
        self.refusal: HnskitError | None = None
        """Error of the last paste; None where it was read, or nothing was pasted."""
        self.take_box: Callable[[], None] = _nothing
        """Takes what stands in the box and was not read; the box puts its own here."""
        self.look_again: Callable[[], bool] = _nobody_looks
        """Has the cells below look again, and says whether there are any; whoever looks puts its own here."""

    def read(self, content: str | bytes, name: str = _NAME) -> None:
        """Take what a host printed in place of what was there.

        Args:
            content: the text, the bytes of a file or zip, or a path: of a file, a folder or a zip.
            name: what it is called where a place in it is named.

        Raises:
            SnapshotError: nothing in it says anything of a host.
        """
        self.forget()  # a paste that is refused must not leave the one before it in force
        try:
            self.reading = _read(content, name)
        except HnskitError as refusal:
            self.refusal = refusal
            raise

    def forget(self) -> None:
        """Go back to the host of the parameters."""
        self.reading = self.refusal = None

    def settle(self) -> None:
        """Take what stands in the box and was not read yet, so that no other host is looked at in its place.

        Raises:
            SnapshotError: nothing in it, or in what was pasted last, says anything of a host.
        """
        self.take_box()
        if self.refusal is not None:
            raise self.refusal

    def to_text(self) -> str:
        """Return sentences on the paste: its kind, and its gaps.

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

        self.take_box()  # the box before this one goes, and what was typed into it

        from hnskit.runbook.widgets import paste_box

        display(paste_box(self))
