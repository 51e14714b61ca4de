"""What people already have of a host: readers for dumps of other tools, whole or not.

`Get-HnsNetwork | ConvertTo-Json`, `Get-HnsEndpoint`, `Get-HnsPolicyList`, their Format-List text, answers of HNSCall,
hcsshim's debug logs and `docker inspect`; a file or a folder of them; UTF-8 or UTF-16; v1 and v2; lists or single
objects. What could be read is read. What could not is named with its place in `Facts.problems`, and a part of the host
that the dump does not have counts as not known (`Facts.knows`), never as empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hnskit.errors import SnapshotError
from hnskit.facts.dumps.gathering import Gathering, with_notes
from hnskit.facts.host_facts import Facts
from hnskit.local.text_encoding import decode

MAX_BYTES = 512 * 1024 * 1024
"""Larger files of a folder are left out, and named."""

_NAMED = 5  # foreign files of a folder that are named; the rest is counted

__all__ = ["MAX_BYTES", "read_dump", "read_text"]


def read_dump(path: str | Path) -> Facts:
    """The snapshot that a file or a folder of dumps gives.

    Raises:
        SnapshotError: there is nothing at the path, or nothing of a host in it.
    """
    place = Path(path)
    if not place.exists():
        raise SnapshotError(str(path), "there is no such file or folder")
    gathering = Gathering()
    notes: list[str] = []
    foreign: list[str] = []
    for file in _files(place):
        name = str(file.relative_to(place)) if place.is_dir() else file.name
        try:
            text, note = _read(file)
        except (OSError, ValueError) as cause:
            notes.append(f"{name}: {cause.strerror if isinstance(cause, OSError) else cause}")
            continue
        if not gathering.add_text(name, text, file.resolve().parent.name):
            foreign.append(name)
        elif note:
            notes.append(f"{name} {note}")
    if gathering.count == 0:
        said = "; ".join([*notes[:_NAMED], *gathering.problems[:_NAMED]])
        raise SnapshotError(
            str(path),
            "there is nothing of HNS in it" + (f" ({said})" if said else ""),
            next_step="Give it what `Get-HnsNetwork | ConvertTo-Json -Depth 20` and `Get-HnsEndpoint | "
            "ConvertTo-Json -Depth 20` print on the host, or what `hnskit facts --save` wrote.",
        )
    if foreign:
        more = f" and {len(foreign) - _NAMED} more" if len(foreign) > _NAMED else ""
        notes.append(f"nothing of HNS is in {', '.join(foreign[:_NAMED])}{more}")
    return with_notes(gathering.facts(f"snapshot:{path}"), notes)


def read_text(text: str, name: str = "text") -> Facts:
    """The snapshot that one text gives; `read_dump` reads files.

    Raises:
        SnapshotError: there is nothing of a host in it.
    """
    gathering = Gathering()
    gathering.add_text(name, text)
    if gathering.count == 0:
        raise SnapshotError(name, "there is nothing of HNS in it")
    return gathering.facts(f"snapshot:{name}")


def _read(file: Path) -> tuple[str, str]:
    if file.stat().st_size > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES // 1024 // 1024} MB, and left out")
    return decode(file.read_bytes())


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    else:
        yield from sorted(item for item in place.rglob("*") if item.is_file() and not item.name.startswith("."))
