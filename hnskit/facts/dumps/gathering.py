"""Pieces of dumps, put together to one snapshot. What could not be read becomes a sentence in `Facts.problems`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from hnskit.errors import HnsError, HostAnswerError
from hnskit.facts.completeness import ABSENT, SINGLE, Completeness, Problem
from hnskit.facts.dumps.format_list import read_value
from hnskit.facts.dumps.object_kinds import Kind, guess_kind, is_envelope, kind_of, lists_all
from hnskit.facts.dumps.pieces import Break, Deleted, Piece, read_pieces
from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.remote.docker import parse_container

_PARSERS: dict[Kind, Callable[[Any], Any]] = {
    "networks": hns_json.parse_network,
    "endpoints": hns_json.parse_endpoint,
    "policy_lists": hns_json.parse_policy_list,
    "compartments": hns_json.parse_namespace,
    "containers": parse_container,
    "hns_version": hns_json.parse_version,
}
_PARTS = (
    "system", "hns_version", "adapters", "interfaces", "addresses", "routes", "compartments", "networks", "endpoints",
    "policy_lists", "docker", "images", "containers",
)  # fmt: skip
_WORDS: dict[Kind, str] = {
    "networks": "networks",
    "endpoints": "endpoints",
    "policy_lists": "policy lists",
    "compartments": "namespaces",
    "containers": "containers",
    "hns_version": "version of HNS",
}
_DEPTH = "PowerShell cut something off: print it again with `ConvertTo-Json -Depth 20`"
_LISTS: frozenset[Kind] = frozenset({"networks", "endpoints", "policy_lists"})
"""Parts of which HNS prints all there are; its namespaces are not all compartments."""
_CUT_MARKS = ("@{", "System.")  # what PowerShell prints in place of an object that lies too deep
_MAX_WRONG = 8  # members of one object that may be left out before the object is


class Gathering:
    """Takes texts, gives one snapshot."""

    def __init__(self) -> None:
        self._objects: dict[tuple[Kind, str], Any] = {}
        self._broken: set[str] = set()
        self._whole: set[Kind] = set()
        self._deleted: dict[str, str] = {}
        self._hint = ""
        self._may_be_cut = True
        self._last: Kind | None = None
        """What the value before a break was; what is missing behind it is of the same kind."""
        self.problems: list[Problem] = []
        self._sorts: Counter[str] = Counter()
        self.count = 0
        """Objects that were read, those that were read again later among them."""

    def add_text(self, name: str, text: str, hint: str = "") -> bool:
        """Read one text; whether anything of a host was in it.

        Args:
            name: of its file.
            text: what is in it.
            hint: more words that may say what its objects are, such as the name of the file's folder.
        """
        self._hint = f"{name} {hint}"
        self._may_be_cut = any(mark in text for mark in _CUT_MARKS)
        before = self.count
        known = len(self.problems)
        for piece in read_pieces(text):
            if isinstance(piece, Deleted):
                self._delete(name, piece)
            elif isinstance(piece, Break):
                kind = self._last or guess_kind(f"{piece.hint} {self._hint}")
                self._problem(kind, f"{name} {piece.place}", piece.said)
            else:
                self._last = None
                self._add_value(piece.value, piece, name)
        return self.count > before or len(self.problems) > known

    def facts(self, target: str) -> Facts:
        """The snapshot; a part of which nothing was found is named as not known."""
        parts: dict[str, list[Any]] = {}
        for (kind, _), item in self._objects.items():
            parts.setdefault(kind, []).append(item)
        versions = parts.pop("hns_version", [])
        gaps = {name: ABSENT for name in _PARTS if name not in parts and name not in self._broken}
        gaps |= {name: SINGLE for name in parts if name not in self._whole and name not in self._broken}
        if versions:
            del gaps["hns_version"]
        return Facts(
            target=target,
            hns_version=versions[-1] if versions else None,
            problems=tuple(self.problems),
            completeness=Completeness(gaps),
            **{name: tuple(items) for name, items in parts.items()},  # type: ignore[arg-type]
        )

    def what(self) -> tuple[str, ...]:
        """What was found, most objects first."""
        return tuple(f"{count} {what}" for what, count in self._sorts.most_common())

    def _add_value(self, value: Any, piece: Piece, name: str) -> None:
        for item, place, listed in _unpacked(value, f"{name} {piece.place}"):
            if is_envelope(item):
                self._add_envelope(item, piece, name, place)
            elif isinstance(item, Mapping) and item:
                self._add_object(item, piece, place, listed)

    def _add_envelope(self, envelope: Mapping[str, Any], piece: Piece, name: str, place: str) -> None:
        if envelope["Success"]:
            self._add_value(envelope.get("Output"), piece, name)
            return
        code = envelope.get("ErrorCode")
        refusal = HnsError(str(envelope.get("Error", "")), code=code if isinstance(code, int) else 0)
        self._problem(None, place, refusal.message)
        self.count += 1

    def _add_object(self, item: Mapping[str, Any], piece: Piece, place: str, listed: bool) -> None:
        kind = kind_of(item)
        if kind is None and {"Policies", "Resources"} & item.keys():
            kind = guess_kind(f"{piece.hint} {self._hint}")
        if kind is None:
            if {"ID", "Id", "Policies", "Resources"} & item.keys():
                self._problem(None, place, "an object whose members do not say what it is")
            return
        self._last = kind
        whole, cut = _restored(item) if self._may_be_cut else (item, False)
        if cut or piece.lost:
            named = f" ({', '.join(piece.lost)})" if piece.lost else ""
            self._problem(kind, place, f"{_DEPTH}{named}", part_is_known=True)
        read = self._parsed(kind, dict(whole), place)
        if read is None:
            return
        self.count += 1
        self._sorts[f"{_WORDS[kind]} ({piece.form})"] += 1
        if kind in _LISTS and (listed or lists_all(piece.hint, kind)):
            self._whole.add(kind)
        identity = str(getattr(read, "id", "") or f"{place} {self.count}").upper()
        there = self._objects.get((kind, identity))
        if there is not None and _is_v1(there) and not _is_v1(read):
            return  # v2 says less: no state, no port
        self._deleted.pop(identity, None)
        self._objects[kind, identity] = read

    def _parsed(self, kind: Kind, item: dict[str, Any], place: str) -> Any:
        """One object; a member of a wrong type is left out, and named."""
        for _ in range(_MAX_WRONG):
            try:
                return _PARSERS[kind](item)
            except HostAnswerError as problem:
                self._problem(kind, place, problem.message, part_is_known=True)
                member = problem.message.split(" ")[0].partition(".")[2].split(".")[0].split("[")[0]
                if member not in item:
                    return None
                del item[member]
            except (KeyError, TypeError, AttributeError, ValueError) as problem:
                self._problem(kind, place, f"it is not whole ({type(problem).__name__}: {problem})")
                return None
        return None

    def _delete(self, name: str, deleted: Deleted) -> None:
        kind, _, identity = deleted.path.strip("/").partition("/")
        found = self._objects.pop(("endpoints" if kind == "endpoints" else "networks", identity.upper()), None)
        if found is not None:
            said = f"{kind[:-1]} {found.name or identity} was deleted afterwards, and is left out"
            self._problem(None, f"{name} {deleted.place}", said)

    def _problem(self, kind: str | None, place: str, said: str, *, part_is_known: bool = False) -> None:
        """Note what could not be read; `part_is_known`: the list that it belongs to is whole all the same."""
        if kind is not None and not part_is_known:
            self._broken.add(kind)
            self.problems.append(Problem(kind, f"{place}: {said}"))
        else:
            self.problems.append(Problem("", f"{place}: {said}"))


def _unpacked(value: Any, place: str, listed: bool = False) -> Iterator[tuple[Any, str, bool]]:
    """The objects of a value, and whether each stands in a list.

    A value may be a list, a list that remoting wrapped (`value`, `Count`), or an Output by itself.
    """
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unpacked(item, place if len(value) == 1 else f"{place}, item {number + 1}", True)
    elif isinstance(value, Mapping) and value.keys() == {"value", "Count"}:
        yield from _unpacked(value["value"], place, listed)
    elif isinstance(value, Mapping) and value.keys() == {"Output"}:
        yield from _unpacked(value["Output"], place, listed)
    elif isinstance(value, Mapping) and "raw" in value and isinstance(value["raw"], Mapping):
        yield value["raw"] or value, place, listed  # of hnskit's own snapshot that is not whole
    elif _is_folder(value):
        for name, items in value.items():
            yield from _unpacked(items, f"{place}, {name}")
    else:
        yield value, place, listed


def _is_folder(value: Any) -> bool:
    """Whether an object only holds lists of others, as scripts like to write them: `{"Networks": […], …}`."""
    if not isinstance(value, Mapping) or not value or kind_of(value) is not None or is_envelope(value):
        return False
    lists = [items for name, items in value.items() if guess_kind(str(name)) and isinstance(items, list | Mapping)]
    return bool(lists) and not {"ID", "Id", "Policies", "Resources"} & value.keys()


def _restored(item: Any) -> tuple[Any, bool]:
    """JSON in which PowerShell printed nested objects as text; and whether something was lost by that."""
    if isinstance(item, str):
        if item.startswith("@{"):
            value, _ = read_value("", item)
            return value, True
        return (None, True) if item in ("System.Object[]", "System.Collections.ArrayList") else (item, False)
    if isinstance(item, list):
        parts = [_restored(part) for part in item]
        return [value for value, _ in parts if value is not None], any(cut for _, cut in parts)
    if isinstance(item, Mapping):
        members = {name: _restored(part) for name, part in item.items()}
        kept = {name: value for name, (value, cut) in members.items() if value is not None or not cut}
        return kept, any(cut for _, cut in members.values())
    return item, False


def _is_v1(item: Any) -> bool:
    raw = getattr(item, "raw", {})
    return not raw or "SchemaVersion" not in raw


def with_notes(facts: Facts, notes: list[str]) -> Facts:
    """A snapshot with more that could not be read."""
    return replace(facts, problems=(*(Problem("", note) for note in notes), *facts.problems))
