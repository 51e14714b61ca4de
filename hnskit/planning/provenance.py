"""Provenance of a host's objects, folded from journal records: created, found, adopted, pending. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hnskit.planning.steps import Action

Identity = tuple[str, str, str]
"""(kind, name, id) of an object on a host."""


_MAKING = frozenset({Action.CREATE, Action.IMPORT, Action.PULL, Action.RUN})


_REMOVING = frozenset({Action.DELETE})


_SWITCHED = frozenset({(Action.UPDATE, "forwarding"), (Action.UPDATE, "policy"), (Action.ATTACH, "attachment")})
"""Changes of a state of an endpoint: their id is the endpoint's."""


@dataclass(frozen=True, slots=True, repr=False)
class Provenance:
    """The provenance of one host's objects, as the journals record it."""

    created: frozenset[Identity] = frozenset()
    found: frozenset[Identity] = frozenset()
    """Objects that were there before hnskit."""
    pending: frozenset[tuple[str, str]] = frozenset()
    """(kind, name) whose creation was sent and never confirmed: an object of this name found later is ours."""
    origins: frozenset[tuple[tuple[str, ...], str]] = frozenset()
    """Parts of `created` and `pending` by the name of the computer that they are of, where that was known."""
    adopted: frozenset[Identity] = frozenset()
    """Those of `found` that were made by hand and that an operator had taken over."""

    def __post_init__(self) -> None:
        # HNS prints the id of one object in upper case here and in lower case there (HNS fact 62).
        object.__setattr__(self, "created", frozenset(_identity(*item) for item in self.created))
        object.__setattr__(self, "found", frozenset(_identity(*item) for item in self.found))
        object.__setattr__(self, "adopted", frozenset(_identity(*item) for item in self.adopted))

    def on_computer(self, name: str) -> Provenance:
        """Return the provenance of one computer: another may have had its address, or have it now."""
        here = {key for key, computer in self.origins if computer.lower() == name.lower()}
        elsewhere = {key for key, _ in self.origins} - here
        if not name or not elsewhere:
            return self
        return replace(self, created=self.created - elsewhere, pending=self.pending - elsewhere)

    def __repr__(self) -> str:
        counts = f"{len(self.created)} created, {len(self.found)} found, {len(self.pending)} pending"
        return f"<Provenance: {counts}>"

    def only_found(self, kind: str, name: str, id: str) -> bool:
        """Tell whether the object was there before hnskit and was never made by it."""
        return _identity(kind, name, id) in self.found and not self.was_created(kind, name, id)

    def was_there(self, kind: str, name: str, id: str) -> bool:
        """Tell whether it was there before hnskit, also where hnskit then went on with it as its own."""
        return _identity(kind, name, id) in self.found

    def was_adopted(self, kind: str, name: str, id: str) -> bool:
        """Tell whether an operator had hnskit take over an object that was made by hand."""
        return _identity(kind, name, id) in self.adopted and not self.was_created(kind, name, id)

    def ids_of(self, kind: str, name: str) -> frozenset[str]:
        """Ids, in lower case, that the journals have of objects of this kind and name, made or found."""
        known = self.created | self.found
        return frozenset(id for one, called, id in known if (one, called) == (kind, name) and id)

    def was_created(self, kind: str, name: str, id: str) -> bool:
        """Tell whether a journal says that hnskit made it."""
        return self.was_finished(kind, name, id) or (kind, name) in self.pending

    def was_finished(self, kind: str, name: str, id: str) -> bool:
        """Tell whether a journal says that hnskit made it, and saw it made: for what no host shows."""
        return _identity(kind, name, id) in self.created


def provenance_from(records: Iterable[Mapping[str, Any]], known: Provenance | None = None) -> Provenance:
    """Fold the records of one host, in the order in which they were written, into its provenance.

    A run that was killed, or lost its host, between a step's start and its end leaves it open whether the object
    was made. The step was only begun because nothing of that name was there: so what is found next is hnskit's.
    """
    known = known or Provenance()
    created, found, pending = set(known.created), set(known.found), set(known.pending)
    adopted = set(known.adopted)
    origins = set(known.origins)
    begun: dict[tuple[str, str], Identity] = {}
    """Changes that were sent of what others made, a pod's endpoint or routes: what is found there next is hnskit's."""
    for record in records:
        event, action = record.get("event"), record.get("action")
        kind, name, id = (str(record.get(key) or "") for key in ("kind", "name", "id"))
        if computer := str(record.get("computer") or ""):
            origins |= {(_identity(kind, name, id), computer), ((kind, name), computer)}
        makes = action in _MAKING or (action, kind) in _SWITCHED
        changes = event == "start" and kind in ("policy", "route") and action != Action.DELETE and bool(id)
        if changes and _identity(kind, name, id) not in created:
            begun[kind, name] = _identity(kind, name, id)
            created.add(begun[kind, name])
        if event == "start" and action in _MAKING:
            pending.add((kind, name))
        elif event == "overtaken" or (event == "failed" and record.get("refused")):
            pending.discard((kind, name))
            created.discard(begun.pop((kind, name), ("", "", "")))
        elif event == "done" and makes and id:  # without an id it stays open which object was made
            pending.discard((kind, name))
            begun.pop((kind, name), None)
            created.add(_identity(kind, name, id))
            if record.get("existed") is True:
                found.add(_identity(kind, name, id))
        elif event == "done" and action in _REMOVING:
            pending.discard((kind, name))
        elif event == "found":
            (created if (kind, name) in pending else found).add(_identity(kind, name, id))
            if record.get("adopted") is True:
                adopted.add(_identity(kind, name, id))
            pending.discard((kind, name))
    return Provenance(frozenset(created), frozenset(found), frozenset(pending), frozenset(origins), frozenset(adopted))


def _identity(kind: str, name: str, id: str) -> Identity:
    return kind, name, id.lower()
