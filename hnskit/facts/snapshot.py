"""Facts to one JSON file and back; `target: snapshot:FILE` then serves every verb that only reads.

The file is what `hnskit facts --json` prints, with a head that says what it is:

    {"hnskit": "facts", "version": 1, "target": "winrm://host", "taken_at": …, "networks": [{…, "raw": {…}}, …], …,
     "counts": {"networks": [14, 9], …}}

Each HNS object has hnskit's reading of it and, in `raw`, the host's own JSON; `counts`, the number of members of each
object, tells a file from which a person took something out. Nothing of the connection is in it, and what looks like a
secret in a container's command or labels is masked. `dumps` reads what other tools have written.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot_members import COUNTS, VERSION, member_counts, read_members
from hnskit.foreign_text.escaping import json_text
from hnskit.foreign_text.masking import MASK, hides, mask_command, mask_value
from hnskit.local.atomic_write import write_output
from hnskit.local.text_encoding import decode
from hnskit.model.objects import Container

KIND = "facts"
_HEAD = 2048
_OWN_MARKS = (b'"hnskit"', b'"taken_at"')
"""One of them stands at the beginning of each snapshot that hnskit wrote."""


def save_facts(facts: Facts, path: str | Path, *, private: bool = False) -> Path:
    """Write a snapshot as one JSON file.

    Args:
        facts: the snapshot; what looks like a secret is masked in the file.
        path: the file, which is written whole or not at all.
        private: only the owner can read the file.

    Returns:
        The path.

    Raises:
        FileError: it cannot be written.
    """
    return write_output(path, dump_facts(facts), private=private)


def dump_facts(facts: Facts) -> str:
    """A snapshot as the text of its file."""
    members = _members(masked(facts))
    head = {"hnskit": KIND, "version": VERSION}
    return json_text({**head, **members, COUNTS: member_counts(members)}, default=_plain, separators=(",", ":")) + "\n"


def masked(facts: Facts) -> Facts:
    """The same snapshot, with what looks like a secret in a container's command or labels as `***`."""
    return replace(facts, containers=tuple(_masked(container) for container in facts.containers))


def own_snapshot(data: bytes, name: str) -> Facts | None:
    """The facts of a file that hnskit itself wrote; None for any other, and for one that is not whole.

    Raises:
        SnapshotError: hnskit wrote it, and this hnskit cannot read it.
    """
    head = data[:_HEAD]
    if not any(mark in head or mark in head.replace(b"\0", b"") for mark in _OWN_MARKS):
        return None
    try:
        text, _ = decode(data)
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parse_facts(found, name) if is_saved_facts(found) else None


def parse_facts(data: Mapping[str, Any], source: str = "snapshot") -> Facts:
    """The snapshot of a file's JSON.

    Raises:
        SnapshotError: it is of a version that is not known here, or not what hnskit writes.
    """
    return read_members(Facts, data, source)


def is_saved_facts(data: object) -> bool:
    """Tell whether JSON is what hnskit itself writes of a host."""
    return isinstance(data, dict) and (data.get("hnskit") == KIND or {"target", "taken_at", "networks"} <= data.keys())


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the collector still: looking for cycles among millions of new objects takes longer than reading."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_freeze_count() == 0:
                # What was made becomes old at once: the collector would go through all of it at its next step.
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _masked(container: Container) -> Container:
    labels = {key: MASK if hides(key, value) else mask_value(value) for key, value in container.labels.items()}
    return replace(container, command=mask_command(container.command), labels=labels)


def _members(item: Any) -> dict[str, Any]:
    return {member.name: getattr(item, member.name) for member in fields(item)}


def _plain(item: Any) -> Any:
    return dict(item) if isinstance(item, Mapping) else _members(item)
