"""One entry for all input about a host: a file, a folder, a zip, a text or bytes; read as far as possible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hnskit.errors import SnapshotError
from hnskit.facts.dumps.byte_sources import Source, read_sources, sources_of
from hnskit.facts.host_facts import Facts
from hnskit.remote.targets import SNAPSHOT

_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Reading:
    """The facts that were read from an input, and its kind."""

    facts: Facts
    what: tuple[str, ...]
    """Kinds of its objects, most first: `4 endpoints (hnsdiag)`, `1 network (JSON)`."""
    caveats: tuple[str, ...]
    """Caveats of its tables, a sentence each: losses with their place, and lists that are not whole."""

    def sentence(self) -> str:
        """Say what the input was taken for."""
        return f"read as {', '.join(self.what)}" if self.what else "nothing of a host is in it"


def read_anything(source: str | Path | bytes, name: str = "") -> Reading:
    """Read whatever says something of a host, as far as it goes.

    Args:
        source: a path of a file, a pipe, a folder or a zip (also `snapshot:PATH`); or the text or the bytes themselves.
            A `str` with a line break or a brace in it is a text, any other a path.
        name: what to call it, in places and as the snapshot's target; the path where it has one, else `text`.

    Raises:
        SnapshotError: there is nothing at the path, or nothing of a host in it; it says what there is instead.
    """
    if isinstance(source, bytes):
        return _read(sources_of(name or "text", source), name or "text")
    if isinstance(source, str) and (is_text(source) or not source):  # an empty paste is not the folder one is in
        return _read(iter([Source(name or "text", source.encode("utf-8", "surrogatepass"))]), name or "text")
    words = str(source).removeprefix(SNAPSHOT)
    if not words.strip():  # as a path it would be the working directory
        raise SnapshotError(name or "text", "it is empty")
    place = Path(words).expanduser()
    try:
        place.stat()
    except (OSError, ValueError) as cause:
        missing = isinstance(cause, FileNotFoundError | ValueError)
        said = "there is no such file or folder" if missing else f"cannot be read: {getattr(cause, 'strerror', cause)}"
        raise SnapshotError(words, said) from cause
    return _read(read_sources(place), name or words)


def load_facts(path: str | Path) -> Facts:
    """Read a snapshot: one that hnskit saved, or what another tool has dumped (docs/explain.md has the forms).

    Args:
        path: a file, a folder or a zip of them.

    Returns:
        The snapshot; `completeness` says which of its lists are whole.

    Raises:
        SnapshotError: there is nothing at the path, or nothing in it that says anything of a host.
    """
    return read_anything(Path(path) if str(path).strip() else "").facts


def _read(sources: Iterator[Source], name: str) -> Reading:
    from hnskit.facts.dumps import Dumps
    from hnskit.facts.snapshot import own_snapshot, without_collector

    with without_collector():
        dumps = Dumps(name)
        own: list[Facts] = []
        try:
            for source in sources:
                found = own_snapshot(source.data, source.name)
                if found is not None:
                    own.append(found)
                else:
                    dumps.add(source)
        except SnapshotError:  # an OSError, too
            raise
        except OSError as cause:
            raise SnapshotError(name, f"cannot be read: {cause.strerror or cause}") from cause
        if len(own) == 1 and not dumps.count:
            facts = replace(own[0], target=f"{SNAPSHOT}{name}")
            return Reading(facts, ("a snapshot of hnskit",), facts.caveats())
        if own and not dumps.count:
            raise SnapshotError(name, f"there are {len(own)} snapshots of hnskit in it; give one of them")
        if own:
            raise SnapshotError(
                name,
                f"there {'is a snapshot' if len(own) == 1 else f'are {len(own)} snapshots'} of hnskit in it beside "
                "other dumps",
                next_step="A snapshot is whole by itself: give it alone, or the other files.",
            )
        facts = dumps.facts()
    return Reading(facts, dumps.what(), facts.caveats())


def is_text(words: str) -> bool:
    """Tell whether words are a text, and no path: by a line break, a brace, or a length that no path has."""
    return "\n" in words or "{" in words or len(words) > 4096 or max(map(len, words.split("/"))) > _LONGEST_NAME
