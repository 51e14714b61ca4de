"""Origin of dumps: files of two hosts, or of two moments of one, are not a snapshot of any.

Two files that each list everything and have nothing in common are of two hosts or moments; so are two names of
computers, and one network with two addresses of its host.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, islice

from hnskit.errors import SnapshotError
from hnskit.model.objects import Endpoint, Network

DIFFER = "two files list different ones, and which is right now is not known"
"""Reason for the gap of a list of which files print different versions that overlap."""

_NAMES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("PSComputerName", re.compile(r'"?\bPSComputerName"?\s*[:=]\s*"?(?P<name>[\w.-]+)')),
    ("MachineName", re.compile(r'"?\b(?:MachineName|CSName|CsName)"?\s*[:=]\s*"?(?P<name>[\w.-]+)')),
    ("COMPUTERNAME", re.compile(r"\bCOMPUTERNAME\s*[:=]\s*(?P<name>[\w.-]+)")),
    ("]: PS", re.compile(r"^\s*\[(?P<name>[\w.-]{1,80})\]: PS\b", re.MULTILINE)),
    ("Host Name", re.compile(r"^\s*Host Name[ .]*:\s*(?P<name>[\w.-]+)\s*$", re.MULTILINE)),
    ("Hostname", re.compile(r"^\s*Hostname[ .]+:\s*(?P<name>[\w.-]+)\s*$", re.MULTILINE)),
)
"""Patterns of texts that name their computer, and the form of each."""
_NO_NAMES = frozenset({"", "localhost", "system", "system.string"})
_OF_A_CONTAINER = re.compile(r"[0-9a-f]{12}", re.IGNORECASE)
_INSIDE = re.compile(r"\b(?:docker|kubectl|crictl|ctr|nerdctl)(?:\.exe)?\s+.*\bexec\b")
_ONE_HOST = "Give the files of one host and one moment; the notebook 64_compare_snapshots compares two."
_LONGEST = 16 * 1024 * 1024  # characters of a text whose names are looked for
_LISTS = ("networks", "endpoints")
_COMPARED = 200  # files whose lists are compared with each other
_NAMED = 3  # files of a host that a sentence names


@dataclass(slots=True)
class _File:
    """Signs of one file's origin."""

    computers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Form and names."""
    listed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Part and ids, of lists that are whole."""
    ids: set[str] = field(default_factory=set)
    management: dict[str, str] = field(default_factory=dict)


class Origins:
    """Notes of each file by which it is told whether all are of one host."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = defaultdict(_File)
        self._objects: dict[str, list[tuple[str, Network | Endpoint, bool]]] = defaultdict(list)

    def note_text(self, name: str, text: str) -> None:
        """Look for names of computers in a text."""
        if len(text) > _LONGEST:
            return
        for mark, pattern in _NAMES:
            if mark in text and not (mark.startswith("Host") and _INSIDE.search(text)):
                for found in pattern.finditer(text):
                    computer = _short(found["name"])
                    if computer not in _NO_NAMES and not _OF_A_CONTAINER.fullmatch(computer):
                        self._files[name].computers[mark].add(computer)

    def note_object(self, name: str, kind: str, item: Network | Endpoint, whole: bool) -> None:
        """Note an object of HNS, and whether its file lists all of its kind; looked at where there are more files."""
        self._objects[name].append((kind, item, whole))

    def require_one_host(self, name: str) -> None:
        """Stop where the files cannot be of one host at one moment.

        Raises:
            SnapshotError: with the files of each.
        """
        if conflict := self.conflict():
            raise SnapshotError(name, conflict, next_step=_ONE_HOST)

    def conflict(self) -> str:
        """Say why the files cannot be of one host at one moment; "" where nothing shows that."""
        self._look_at_objects()
        for mark, _ in _NAMES:
            names = sorted({one for file in self._files.values() for one in file.computers.get(mark, ())})
            if len(names) > 1:
                return f"there are dumps of {len(names)} hosts in it: {self._by_name(mark, names)}"
        for why in self._apart():
            groups = [", ".join(files[:_NAMED]) + _more(files) for files in self._groups()]
            return f"there are dumps of two hosts, or of two moments of one, in it ({why}): {'; '.join(groups)}"
        return ""

    def differing(self) -> frozenset[str]:
        """Lists that two files print with different objects."""
        return frozenset(kind for kind in _LISTS if len({frozenset(ids) for _, ids in self._listing(kind)}) > 1)

    def _look_at_objects(self) -> None:
        for name, objects in self._objects.items() if len(self._objects) > 1 else ():
            file = self._files[name]
            for kind, item, whole in objects:
                id = item.id.upper()
                file.ids |= {id} if id else set()
                if whole and id:
                    file.listed[kind].add(id)
                if isinstance(item, Endpoint):
                    file.ids |= {item.network_id.upper()} if item.network_id else set()
                elif item.management_ip and id:
                    file.management[id] = item.management_ip

    def _listing(self, kind: str) -> list[tuple[str, set[str]]]:
        """Files that list all of a kind, and the ids in each; as many as are compared with each other."""
        found = ((name, file.listed[kind]) for name, file in self._files.items() if kind in file.listed)
        return list(islice(found, _COMPARED))

    def _apart(self) -> Iterator[str]:
        """Reasons for which two files are not of one host at one moment."""
        for kind in _LISTS:
            for (first, here), (second, there) in combinations(self._listing(kind), 2):
                if here.isdisjoint(there):
                    yield f"the {kind} of {first} and of {second} have nothing in common"
        told: dict[str, tuple[str, str]] = {}
        for name, file in self._files.items():
            for id, address in file.management.items():
                before, where = told.setdefault(id, (address, name))
                if before != address:
                    yield f"network {id} has ManagementIP {before} in {where}, {address} in {name}"

    def _by_name(self, mark: str, names: list[str]) -> str:
        said = []
        for name in names[:_NAMED]:
            files = [file for file, found in self._files.items() if name in found.computers.get(mark, ())]
            said.append(f"{name} ({', '.join(files[:_NAMED])}{_more(files)})")
        return "; ".join(said) + _more(names)

    def _groups(self) -> list[list[str]]:
        """Files that have an object in common, together."""
        groups: list[tuple[set[str], list[str]]] = []
        for name, file in self._files.items():
            if not file.ids:
                continue
            near = [group for group in groups if not group[0].isdisjoint(file.ids)]
            merged = (file.ids.union(*(ids for ids, _ in near)), [one for _, names in near for one in names] + [name])
            groups = [group for group in groups if group not in near] + [merged]
        return [names for _, names in groups]


def _short(name: str) -> str:
    """The first label of a computer's name; an address as it is."""
    return name if name.replace(".", "").isdigit() else name.partition(".")[0].lower()


def _more(items: list[str]) -> str:
    return f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
