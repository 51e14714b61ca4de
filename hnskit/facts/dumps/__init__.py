"""Read dumps of other tools, whole or not.

`Get-HnsNetwork | ConvertTo-Json`, `Get-HnsEndpoint`, `Get-HnsPolicyList`, their Format-List text, answers of HNSCall,
hcsshim's debug logs and `docker inspect`; UTF-8 or UTF-16; v1 and v2; lists or single objects. What could be read is
read. What could not is named with its place in `Facts.problems`, and a list that the dump does not have as a whole
counts as not known (`Facts.completeness`), never as empty. `facts.anything` is the door.
"""

from __future__ import annotations

from hnskit.errors import SnapshotError
from hnskit.facts.dumps.assembling import with_notes
from hnskit.facts.dumps.byte_sources import Source
from hnskit.facts.dumps.gathering import Gathering
from hnskit.facts.host_facts import Facts
from hnskit.local.text_encoding import decode

_NAMED = 5  # foreign files of a folder that are named; the rest is counted

__all__ = ["Dumps", "read_text"]


class Dumps:
    """Files of one host, read one after the other, put together to one snapshot."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._gathering = Gathering()
        self._notes: dict[str, list[str]] = {}
        """Sentences on files, with the files' names: a folder may have thousands with the same sentence."""
        self._foreign: list[str] = []

    @property
    def count(self) -> int:
        """The number of objects that were found so far."""
        return self._gathering.count

    def add(self, source: Source) -> None:
        """Read one file."""
        if source.left_out:
            self._notes.setdefault(f": {source.left_out}", []).append(source.name)
            return
        try:
            text, note = decode(source.data)
        except ValueError as cause:
            self._notes.setdefault(f": {cause}", []).append(source.name)
            return
        if not self._gathering.add_text(source.name, text, source.folder):
            self._foreign.append(source.name)
        elif note:
            self._notes.setdefault(f" {note}", []).append(source.name)

    def facts(self) -> Facts:
        """The snapshot.

        Raises:
            SnapshotError: nothing of a host was found; it names the files.
        """
        if self._gathering.count == 0:
            aside = [f"left aside: {what}" for what in self._gathering.left_aside()]
            said = "; ".join([*self._folded()[:_NAMED], *map(str, self._gathering.problems[:_NAMED]), *aside])
            raise SnapshotError(
                self._name,
                "there is nothing of HNS in it" + (f" ({said})" if said else ""),
                next_step="Give it what `Get-HnsNetwork | ConvertTo-Json -Depth 20` and `Get-HnsEndpoint | "
                "ConvertTo-Json -Depth 20` print on the host, or what `hnskit facts --save` wrote.",
            )
        notes = self._folded()
        if self._foreign:
            notes.append(f"nothing of HNS is in {_names(self._foreign)}")
        return with_notes(self._gathering.facts(f"snapshot:{self._name}"), notes)

    def _folded(self) -> list[str]:
        return [f"{_names(names)}{said}" for said, names in self._notes.items()]

    def what(self) -> tuple[str, ...]:
        """Count the objects that were found, most first: `3 endpoints (JSON)`."""
        return self._gathering.what()


def _names(files: list[str]) -> str:
    """The first files of many, and the number of the others."""
    left = len(files) - _NAMED
    return ", ".join(files[:_NAMED]) + (f" and {left} more" if left > 0 else "")


def read_text(text: str, name: str = "text") -> Facts:
    """The snapshot that one text gives.

    Raises:
        SnapshotError: there is nothing of a host in it.
    """
    gathering = Gathering()
    gathering.add_text(name, text)
    if gathering.count == 0:
        raise SnapshotError(name, "there is nothing of HNS in it")
    return gathering.facts(f"snapshot:{name}")
