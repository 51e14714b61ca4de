"""Pieces of dumps, put together to one snapshot. What could not be read becomes a sentence in `Facts.problems`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hnskit.facts.completeness import LEFT_ASIDE, Completeness, Problem
from hnskit.facts.dumps import docker_objects, windows_objects
from hnskit.facts.dumps.assembling import PARTS, assembled
from hnskit.facts.dumps.broken_json import CUT
from hnskit.facts.dumps.listings import Listings, is_whole
from hnskit.facts.dumps.merging import filled
from hnskit.facts.dumps.object_kinds import Kind, foreign_kind, guess_kind, is_envelope, kind_of
from hnskit.facts.dumps.one_object import parsed
from hnskit.facts.dumps.origins import DIFFER, Origins
from hnskit.facts.dumps.pieces import Break, Deleted, Piece, RefusedAnswer
from hnskit.facts.dumps.printed_members import PrintedMembers
from hnskit.facts.dumps.refusal_record import RefusalRecord
from hnskit.facts.dumps.scanning import read_pieces
from hnskit.facts.dumps.settling import has_cut_marks, is_folder, owner_of_policies, settled, unpacked
from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.objects import Endpoint
from hnskit.model.quick_endpoint import quick_endpoint
from hnskit.model.wording import counted

_HNS: dict[str, Callable[[Any], Any]] = {
    "networks": hns_json.parse_network,
    "endpoints": hns_json.parse_endpoint,
    "policy_lists": hns_json.parse_policy_list,
    "namespaces": hns_json.parse_namespace,
}
_WORDS = {"policy_lists": "policy lists", "hns_version": "version of HNS", "docker_networks": "networks",
          "docker": "errors of docker", "vfp_rules": "rules of VFP", "sdn_routes": "SDN routes"}  # fmt: skip
_POOR = ("hnsdiag", "table", "CSV", "Markdown table")
_DEPTH = "PowerShell cut something off: print it again with `ConvertTo-Json -Depth 20`"
_CUT = "it is cut off here"


class Gathering:
    """Takes texts, gives one snapshot."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], Any] = {}
        self._partial: list[Any] = []
        """Endpoints without an id: they complete others."""
        self._ip: list[Mapping[str, Any]] = []
        self._broken: set[str] = set()
        self._whole: set[str] = set()
        self._refusals = RefusalRecord()
        self._origins = Origins()
        self._listings = Listings()
        self._sorts: Counter[str] = Counter()
        self._foreign: Counter[str] = Counter()
        self._name = self._hint = ""
        self._may_be_cut = True
        self._kinds: dict[tuple[Any, ...], Kind] = {}
        """Kinds by the names of an object's members, which alone tell them of HNS's own objects."""
        self._printed = PrintedMembers()
        self._last: str | None = None  # kind of the value before a break: what is missing behind it is of the same
        self.problems: list[Problem] = []
        self.count = 0
        """Objects that were read, those that were read again later among them."""

    def add_text(self, name: str, text: str, hint: str = "") -> bool:
        """Read one text; whether anything of a host was in it.

        Args:
            name: of its file.
            text: what is in it.
            hint: more words that may say what its objects are, such as the name of the file's folder.
        """
        self._name, self._hint = name, f"{name} {hint}"
        self._may_be_cut = has_cut_marks(text)
        self._kinds.clear()
        self._listings = Listings()
        self._last = None
        self._origins.note_text(name, text)
        before = (self.count, len(self.problems), self._foreign.total())
        for piece in read_pieces(text):
            if isinstance(piece, Piece):
                self._last = None
                self._add_piece(piece)
            elif isinstance(piece, Break):
                self._add_break(piece)
            elif isinstance(piece, RefusedAnswer):
                self._refuse(piece.code, piece.said, piece.call, piece.place)
            elif isinstance(piece, Deleted):
                self._delete(piece)
            else:
                self._foreign[piece.what] += piece.count
        self._leave_outdated()
        return before != (self.count, len(self.problems), self._foreign.total())

    def facts(self, target: str) -> Facts:
        """The snapshot; a part of which nothing was found is named as not known.

        Raises:
            SnapshotError: the texts are of more than one host, or of more than one moment.
        """
        self._origins.require_one_host(target.removeprefix("snapshot:"))
        parts: dict[str, list[Any]] = {}
        for (kind, _), item in self._objects.items():
            parts.setdefault(kind, []).append(item)
        facts = assembled(target, parts, self._partial, self._ip, self._whole, self._broken)
        gaps = {**dict.fromkeys(self._origins.differing(), DIFFER), **facts.completeness.gaps}
        notes = [Problem("", f"{LEFT_ASIDE}{what}") for what in self.left_aside()]
        problems = (*self.problems, *facts.problems, *notes)
        return replace(facts, problems=problems, refusals=self._refusals.found, completeness=Completeness(gaps))

    def left_aside(self) -> tuple[str, ...]:
        """Objects that say nothing of a host's state, most first: `3 x Get-NetNeighbor`."""
        return tuple(f"{count} x {what}" for what, count in (+self._foreign).most_common())

    def what(self) -> tuple[str, ...]:
        """Describe the objects that were found, most first."""
        refused = Counter({"refusals of HNS": self._refusals.count})
        return tuple(counted(number, noun) for noun, number in (*self._sorts.most_common(), *(+refused).items()))

    def _add_piece(self, piece: Piece) -> None:
        place = f"{self._name} {piece.place}"
        if piece.kind == "ip_text":
            self._ip.append({**piece.value, "place": place, "form": piece.form})
            self._count(f"routes ({piece.form})" if piece.value["routes"] else f"adapters ({piece.form})",
                        len(piece.value["routes"] or piece.value["adapters"]))  # fmt: skip
            return
        if piece.form == "no output":
            self._listings.note_nothing(str(piece.command.kind), piece)
            return
        if piece.value == [] and self._lists_nothing(piece):
            return
        self._add_value(piece.value, piece, place, piece.hint)

    def _lists_nothing(self, piece: Piece) -> bool:
        """An empty list that a command printed which lists all: there are none, and that is known."""
        kind = piece.kind or piece.command.kind
        listed = piece.part_of_list or (piece.part_of_list is None and piece.command.lists_all)
        if kind in PARTS and listed:
            self._whole.add(str(kind))
            self._count(f"{_WORDS.get(str(kind), kind)} ({piece.form})", 0)
            return True
        return False

    def _count(self, what: str, number: int) -> None:
        self._sorts[what] += number
        self.count += max(number, 1)

    def _add_value(self, value: Any, piece: Piece, place: str, words: str, listed: bool = False) -> None:
        if owner := owner_of_policies(value):
            self._add_hns("endpoints", owner, replace(piece, printed=tuple(owner), part_of_list=False), place, False)
            return
        if type(value) is list and len(value) > 1:
            self._add_list(value, piece, place, words)
            return
        for item, where, in_list in unpacked(value, place, listed):
            if is_envelope(item):
                self._add_envelope(item, piece, where)
            elif is_folder(item):
                for name, items in item.items():
                    if name == CUT:
                        continue
                    if not items and isinstance(items, list) and (kind := guess_kind(str(name))):
                        self._whole.add(kind)
                    self._add_value(items, piece, f"{where}, {name}", str(name))
            elif isinstance(item, Mapping) and item:
                self._add_object(item, piece, where, in_list, words)

    def _add_list(self, items: list[Any], piece: Piece, place: str, words: str) -> None:
        """Every object of a list; v1's endpoints that leave no question, of which there are thousands, at once."""
        plain = () if self._may_be_cut or piece.broken or piece.lost or piece.kind else self._printed.plain
        quick = 0
        for number, item in enumerate(items, start=1):
            members = tuple(item) if type(item) is dict else ()
            if members in plain and (read := quick_endpoint(item)) is not None and self._take_quickly(read, piece):
                quick += 1
                continue
            known = self._kinds.get(members) if members else None
            if known is None:
                self._add_value(item, piece, f"{place}, item {number}", words, True)
            else:
                self._add_hns(known, item, piece, f"{place}, item {number}", True)
        if quick:
            self._last = "endpoints"
            self._count(f"endpoints ({piece.form})", quick)

    def _take_quickly(self, read: Endpoint, piece: Piece) -> bool:
        """Keep an endpoint that is seen for the first time and tells all; whether it is one."""
        key = ("endpoints", read.id.upper())
        if not read.id or key in self._objects or (read.compartment_id is None and read.attached):
            return False
        self._objects[key] = read
        whole = self._note_list("endpoints", piece, True)
        self._origins.note_object(self._name, "endpoints", read, whole)
        self._listings.note("endpoints", piece, read.id, whole)
        return True

    def _add_envelope(self, envelope: Mapping[str, Any], piece: Piece, place: str) -> None:
        if envelope["Success"]:
            output = envelope.get("Output")
            if output == []:
                self._lists_nothing(replace(piece, value=[]))
            self._add_value(output, piece, place, piece.hint)
            return
        code = envelope.get("ErrorCode")
        call = piece.command.words if piece.command.words.startswith("/") else ""
        self._refuse(
            code & 0xFFFFFFFF if isinstance(code, int) else 0, str(envelope.get("Error", "")), call, piece.place
        )

    def _refuse(self, code: int, said: str, call: str, place: str) -> None:
        self.count += self._refusals.add(code, said, call, f"{self._name} {place}")

    def _add_object(self, item: Mapping[str, Any], piece: Piece, place: str, listed: bool, words: str) -> None:
        kind = self._kind(settled(item)[0] if piece.broken else item, piece, words)
        if kind is None:
            return
        self._last = {"docker_networks": "networks", "docker_endpoints": "endpoints"}.get(kind, kind)
        if kind in _HNS:
            if piece.kind is None and not piece.broken:
                self._kinds[tuple(item)] = kind
            self._add_hns(kind, item, piece, place, listed)
        else:
            self._add_other(kind, settled(item)[0] if piece.broken else item, piece, place, listed)

    def _add_hns(self, kind: Kind, item: Mapping[str, Any], piece: Piece, place: str, listed: bool) -> None:
        """One object of HNS."""
        self._last = kind
        lost: list[str] = list(piece.lost)
        if (self._may_be_cut and piece.form != "Format-List") or piece.broken:
            item, cut = settled(item)
            lost += cut
        if lost and piece.form not in _POOR[:2]:
            said = _CUT if piece.broken else _DEPTH
            self._problem(kind, place, f"{said} ({', '.join(dict.fromkeys(lost))})", part_is_known=True)
        read = parsed(_HNS[kind], kind, item, place, self._problem)
        if read is None:
            return
        v2 = "SchemaVersion" in item or "HostComputeNetwork" in item
        unread = self._printed.unread(kind, item, piece, lost, v2)
        if kind == "endpoints" and read.compartment_id is None and read.attached and "compartment_id" not in unread:
            unread = (*unread, "compartment_id")  # what is attached has a port; of this one it was not printed
        if unread:
            read = replace(read, unread=unread)
        self._count(f"{_WORDS.get(kind, kind)} ({piece.form})", 1)
        whole = self._note_list(kind, piece, listed)
        if kind in ("networks", "endpoints"):
            self._origins.note_object(self._name, kind, read, whole)
        self._listings.note(kind, piece, read.id, whole)
        if not read.id and kind == "endpoints":
            self._partial.append(read)
            return
        self._keep(kind, read, place, v2=v2, poor=piece.form in _POOR)

    def _kind(self, item: Mapping[str, Any], piece: Piece, words: str) -> Kind | None:
        if piece.kind is not None:
            return piece.kind
        kind = kind_of(item)
        if kind is not None:
            return kind
        if foreign := foreign_kind(item):
            self._foreign[foreign] += 1
            return None
        if docker_objects.is_settings(item) or "SandboxID" in item:
            return "docker_endpoints"
        if {"Policies", "Resources", "ID", "Id"} & item.keys():
            known = piece.command.kind or guess_kind(f"{words} {piece.hint} {self._hint}")
            if known is not None and ({"Policies", "Resources"} & item.keys() or piece.command.kind):
                return known
            if not piece.command.words and piece.form == "JSON":
                self._problem(None, f"{self._name} {piece.place}", "an object whose members do not say what it is")
        return None

    def _add_other(self, kind: str, item: Mapping[str, Any], piece: Piece, place: str, listed: bool) -> None:
        """Objects of Windows and of docker, and HNS's version."""
        if kind == "hns_version":
            read: Any = parsed(hns_json.parse_version, kind, item, place, self._problem)
        elif kind == "docker_networks":
            self._partial += docker_objects.endpoints_of_network(item)
            read = docker_objects.read_network(item)
            kind = "networks"
        elif kind == "docker_endpoints":
            found = list(docker_objects.endpoints_of_container(item))
            self._partial += found
            self._count(f"endpoints ({piece.form} of docker)", len(found))
            return
        elif kind == "containers":
            read = docker_objects.read_container(item)
            if read is not None:
                self._partial += docker_objects.endpoints_of_container(item, read.id, read.name)
        else:
            read = windows_objects.READERS[kind](item)
            self._note_list(kind, piece, listed)
        if read is None:
            return
        self._count(f"{_WORDS.get(kind, kind)} ({piece.form})", 1)
        self._keep(kind, read, place, poor=kind == "networks")

    def _note_list(self, kind: str, piece: Piece, listed: bool) -> bool:
        """Note that a list is whole, if this object stands in one that is; and tell it."""
        if whole := is_whole(kind, piece, listed, self._name):
            self._whole.add(kind)
        return whole

    def _keep(self, kind: str, read: Any, place: str, *, v2: bool = False, poor: bool = False) -> None:
        identity = str((read.name if kind == "services" else getattr(read, "id", "")) or "").upper() or (
            repr(read) if kind in windows_objects.READERS else f"{place} {self.count}"
        )
        there = self._objects.get((kind, identity))
        if there is not None and hasattr(read, "unread"):
            v1_there = bool(there.raw) and "SchemaVersion" not in there.raw
            # v2, hnsdiag and tables of chosen columns say less than v1's own print, and are of the same moment.
            if poor or (v2 and v1_there):
                read = filled(there, read, same_moment=True)
            else:
                read = filled(read, there, same_moment=not v2 and not v1_there)
        self._objects[kind, identity] = read

    def _add_break(self, piece: Break) -> None:
        kind = self._last or piece.command.kind or guess_kind(f"{piece.hint} {self._hint}")
        self._problem(kind, f"{self._name} {piece.place}", piece.said)

    def _leave_outdated(self) -> None:
        """Leave out what an earlier list of this text had, and a later one has not."""
        for one in self._listings.outdated():
            words = counted(len(one.ids), _WORDS.get(one.kind, one.kind))
            if one.nothing:
                said = f"the list was printed again, with nothing in it: the {words} above may be gone"
                self._problem(one.kind, f"{self._name} line {one.line}", said)
            elif one.kind not in self._broken:
                for id in one.ids:
                    self._objects.pop((one.kind, id), None)
                where = f"{self._name} line {one.line}"
                self.problems.append(Problem("", f"{LEFT_ASIDE}{words} of an earlier list than that of {where}"))

    def _delete(self, deleted: Deleted) -> None:
        kind, _, identity = deleted.path.strip("/").partition("/")
        if found := self._objects.pop(("endpoints" if kind == "endpoints" else "networks", identity.upper()), None):
            said = f"{kind[:-1]} {found.name or identity} was deleted afterwards, and is left out"
            self._problem(None, f"{self._name} {deleted.place}", said)

    def _problem(self, kind: str | None, place: str, said: str, *, part_is_known: bool = False) -> None:
        """Note what could not be read; `part_is_known`: the list that it belongs to is whole all the same."""
        if kind is not None and not part_is_known:
            self._broken.add(kind)
            self.problems.append(Problem(kind, f"{place}: {said}"))
        else:
            self.problems.append(Problem("", f"{place}: {said}"))
