"""Facts to one JSON file and back; `target: snapshot:FILE` then serves every verb that only reads.

The file is what `hnskit facts --json` prints, with a head that says what it is:

    {"hnskit": "facts", "version": 1, "target": "winrm://host", "taken_at": …, "networks": [{…, "raw": {…}}, …], …}

Each HNS object has hnskit's reading of it and, in `raw`, the host's own JSON. Nothing of the connection is in it, and
what looks like a secret in a container's command or labels is masked. `dumps` reads what other tools have written.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from hnskit.errors import SnapshotError
from hnskit.facts.completeness import ABSENT, SINGLE, Completeness, Problem
from hnskit.facts.host_facts import Facts
from hnskit.foreign_text.escaping import json_text
from hnskit.foreign_text.masking import MASK, hides, mask_command, mask_value
from hnskit.local.atomic_write import write_output
from hnskit.local.text_encoding import decode
from hnskit.model import objects
from hnskit.model.objects import Container

KIND = "facts"
VERSION = 1
_HEAD = 2048
_OWN_MARKS = (b'"hnskit"', b'"taken_at"')
"""One of them stands at the beginning of each snapshot that hnskit wrote."""


def save_facts(facts: Facts, path: str | Path) -> Path:
    """Write a snapshot as one JSON file.

    Raises:
        FileError: it cannot be written.
    """
    return write_output(path, dump_facts(facts))


def dump_facts(facts: Facts) -> str:
    """A snapshot as the text of its file."""
    shown = masked(facts)
    head = {"hnskit": KIND, "version": VERSION}
    return json_text({**head, **_members(shown)}, default=_plain, separators=(",", ":")) + "\n"


def masked(facts: Facts) -> Facts:
    """The same snapshot, with what looks like a secret in a container's command or labels as `***`."""
    return replace(facts, containers=tuple(_masked(container) for container in facts.containers))


def load_facts(path: str | Path) -> Facts:
    """Read a snapshot: one that hnskit saved, or what another tool has dumped (see `dumps`).

    Args:
        path: a file, a folder or a zip of them.

    Raises:
        SnapshotError: there is nothing at the path, or nothing in it that says anything of a host.
    """
    from hnskit.facts.anything import read_anything

    return read_anything(Path(path)).facts


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
    return parse_facts(found, name) if is_snapshot(found) else None


def parse_facts(data: Mapping[str, Any], source: str = "snapshot") -> Facts:
    """The snapshot of a file's JSON.

    Raises:
        SnapshotError: it is of a version that is not known here, or not what hnskit writes.
    """
    version = data.get("version", VERSION)  # `hnskit facts --json` prints no head
    if version != VERSION:
        raise SnapshotError(
            source,
            f"is a snapshot of version {version!r}; this hnskit reads version {VERSION}",
            next_step="Read it with the hnskit that wrote it, or update this one.",
        )
    parts: dict[str, Any] = {}
    for name, read in _READERS.items():
        if name in data:
            try:
                parts[name] = read(data[name])
            except (TypeError, KeyError, ValueError, AttributeError) as cause:
                raise SnapshotError(source, f"its {name} is not what hnskit writes ({cause})") from cause
    if not isinstance(parts.get("target"), str):
        raise SnapshotError(source, "does not say of which target it is")
    return _with_gaps(Facts(**parts))


def _with_gaps(facts: Facts) -> Facts:
    """Gaps that an older hnskit saved among the problems, as gaps."""
    gaps = {problem.part: problem.message for problem in facts.problems if problem.message in (ABSENT, SINGLE)}
    if not gaps:
        return facts
    left = tuple(problem for problem in facts.problems if problem.message not in (ABSENT, SINGLE))
    return replace(facts, problems=left, completeness=Completeness({**facts.completeness.gaps, **gaps}))


def is_snapshot(data: object) -> bool:
    """Whether JSON is what hnskit itself writes of a host."""
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
            gc.enable()


def _masked(container: Container) -> Container:
    labels = {key: MASK if hides(key, value) else mask_value(value) for key, value in container.labels.items()}
    return replace(container, command=mask_command(container.command), labels=labels)


def _members(item: Any) -> dict[str, Any]:
    return {member.name: getattr(item, member.name) for member in fields(item)}


def _plain(item: Any) -> Any:
    return dict(item) if isinstance(item, Mapping) else _members(item)


class _Rows:
    """Makes the model's objects from rows of a file.

    A row's types are looked at once for each combination that occurs, so that ten thousand rows cost little.
    """

    def __init__(self, kind: type[Any], wanted: Mapping[str, tuple[type, ...]], **inner: Callable[[Any], Any]) -> None:
        self._kind = kind
        self._wanted = wanted
        self._inner = inner
        self._seen: set[tuple[tuple[str, ...], tuple[type, ...]]] = set()

    def one(self, row: dict[str, Any]) -> Any:
        """One object.

        Raises:
            TypeError: a member is unknown or has another type.
        """
        form = (tuple(row), tuple(map(type, row.values())))
        if form not in self._seen:
            self._check(row)
            self._seen.add(form)
        for name, read in self._inner.items():
            if name in row:
                row[name] = read(row[name])
        return self._kind(**row)

    def __call__(self, rows: list[dict[str, Any]]) -> tuple[Any, ...]:
        return tuple([self.one(row) for row in rows])

    def _check(self, row: Mapping[str, Any]) -> None:
        for name, value in row.items():
            wanted = self._wanted.get(name)
            if wanted is None:
                raise TypeError(f"{self._kind.__name__} has no member {name}")
            if type(value) not in wanted:
                raise TypeError(f"{self._kind.__name__}.{name} is {value!r}")


_TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "bool": (bool,)}


def _rows(kind: type[Any], **inner: Callable[[Any], Any]) -> _Rows:
    """What a class's annotations say; anything but plain values comes as a list or an object."""
    wanted = {}
    for member in fields(kind):
        name, _, optional = str(member.type).partition(" | ")
        types = _TYPES.get(name, (list, dict, int))
        wanted[member.name] = (*types, type(None)) if optional or member.name == "version" else types
    return _Rows(kind, wanted, **inner)


def _texts(value: list[Any]) -> tuple[str, ...]:
    if any(type(item) is not str for item in value):
        raise TypeError(f"{value!r} is not a list of text")
    return tuple(value)


def _version(value: list[int] | None) -> tuple[int, int] | None:
    return None if value is None else (int(value[0]), int(value[1]))


def _completeness(value: dict[str, Any]) -> Completeness:
    gaps = value["gaps"]
    if any(type(text) is not str for text in gaps.values()):
        raise TypeError(f"{gaps!r} is not text for each part")
    return Completeness(dict(gaps))


def _problems(value: list[Any]) -> tuple[Problem, ...]:
    return _PROBLEMS([_old_problem(item) if isinstance(item, str) else item for item in value])


def _old_problem(sentence: str) -> dict[str, Any]:
    """A problem as hnskit saved it before it had fields: `networks: HNS refused`."""
    part, colon, message = sentence.partition(": ")
    known = colon and part in {member.name for member in fields(Facts)}
    return {"part": part, "message": message} if known else {"part": "", "message": sentence}


def _one(rows: _Rows) -> Callable[[Any], Any]:
    return lambda value: None if value is None else rows.one(value)


_POLICIES = _rows(objects.Policy)
_PROBLEMS = _rows(Problem)
_NETWORKS = _rows(objects.Network, subnets=_rows(objects.Subnet), policies=_POLICIES, version=_version, unread=_texts)
_ENDPOINTS = _rows(objects.Endpoint, dns=_texts, policies=_POLICIES, containers=_texts, version=_version, unread=_texts)
_READERS: dict[str, Callable[[Any], Any]] = {
    "target": str,
    "taken_at": str,
    "system": _one(_rows(objects.System)),
    "hns_version": _version,
    "adapters": _rows(objects.Adapter),
    "interfaces": _rows(objects.Interface),
    "addresses": _rows(objects.Address),
    "routes": _rows(objects.Route),
    "compartments": _rows(objects.Compartment),
    "networks": _rows(
        objects.Network, subnets=_rows(objects.Subnet), policies=_POLICIES, version=_version, unread=_texts
    ),
    "endpoints": _rows(
        objects.Endpoint, dns=_texts, policies=_POLICIES, containers=_texts, version=_version, unread=_texts
    ),
    "policy_lists": _rows(objects.PolicyList, policies=_POLICIES, references=_texts, unread=_texts),
    "docker": _one(_rows(objects.DockerVersion)),
    "images": _rows(objects.Image),
    "containers": _rows(objects.Container, command=_texts),
    "problems": _problems,
    "completeness": _completeness,
    "refusals": _rows(objects.Refusal),
}
