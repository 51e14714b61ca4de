"""The endpoints on a host that stand for the wanted ones, whatever their names: by id, name, place, address. Pure.

hnskit names an endpoint after its container. One that was made by hand has any name ("Ethernet" is HNS's own), and is
known by what it serves: the compartment that it is attached to (HNS facts 33, 38), its container (HNS fact 35), or the
address that the parameters give. Where two could be meant, none is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.model.objects import HOST_COMPARTMENT, Endpoint
from hnskit.model.wording import remove_command
from hnskit.params.desired import NEW, Desired, DesiredEndpoint
from hnskit.planning.provenance import Provenance

_NAMED = 4  # endpoints that a question names; the rest is counted


@dataclass(frozen=True, slots=True)
class Binding:
    """An endpoint of another name that stands for a wanted one."""

    endpoint: Endpoint
    """As the host has it."""
    how: str
    """The way it was found, in words: `in hnskit-client1's compartment`, `by clients[0].endpoint_id`."""

    @property
    def title(self) -> str:
        """The endpoint in a sentence: `Ethernet (ID)`."""
        return title_of(self.endpoint)


class Bindings:
    """Of one desired state on one host.

    Attributes:
        found: wanted name -> the endpoint of another name that stands for it.
        doubts: wanted name -> why none can be taken, and what the operator can choose.
        facts: the host, with each found endpoint under its wanted name; its `raw` is as it was.
    """

    def __init__(self, desired: Desired, facts: Facts, known: Provenance | None = None) -> None:
        self._desired = desired
        self._known = known or Provenance()
        self._all = facts
        named = facts.networks_named(desired.network.name) if desired.has_network else ()
        networks = {item.id.lower() for item in named}
        self._there = [item for item in facts.endpoints if item.network_id.lower() in networks]
        self._wanted = {item.name for item in desired.endpoints}
        self._recorded = {name: self._known.ids_of("endpoint", name) for name in self._wanted}
        self._index: SnapshotIndex | None = None
        self._named: dict[str, list[Endpoint]] = defaultdict(list)
        self._in: dict[int | str, list[Endpoint]] = defaultdict(list)
        for item in self._there:
            self._named[item.name].append(item)
            places = (item.compartment_id, *item.containers) if item.attached else ()
            for place in places:
                if place is not None:
                    self._in[place].append(item)
        self.found: dict[str, Binding] = {}
        self.doubts: dict[str, str] = {}
        chosen = {item.name: item.endpoint_id.lower() for item in desired.endpoints if item.endpoint_id}
        self._own = {name: ids | {chosen.get(name, "")} for name, ids in self._recorded.items()}
        self._claimed = {id for ids in self._own.values() for id in ids if id}
        if self._there or chosen:
            for wanted in desired.endpoints:
                self._bind(wanted)
        self.facts = self._seen()

    def _seen(self) -> Facts:
        if not self.found:
            return self._all
        names = {binding.endpoint.id: name for name, binding in self.found.items()}
        displaced = {
            item.id: f"{item.name} {item.id}"
            for item in self._there
            if item.name in self.found and item.id not in names
        }
        new = names | displaced
        return replace(
            self._all,
            endpoints=tuple(
                replace(item, name=new[item.id]) if item.id in new else item for item in self._all.endpoints
            ),
        )

    def _bind(self, wanted: DesiredEndpoint) -> None:
        name = wanted.name
        named = self._named.get(name, [])
        if wanted.endpoint_id == NEW:
            return
        if wanted.endpoint_id:
            self._take_chosen(wanted, named)
            return
        ids = self._recorded[name]
        recorded = [item for item in self._there if item.id.lower() in ids] if ids else []
        if len(recorded) == 1:
            if recorded[0].name != name:
                self.found[name] = Binding(recorded[0], "by a journal")
            return
        inside = list(self._inside(name))
        if named:
            others = [item for item in inside if item not in named]
            if len(named) == 1 and others and named[0] not in inside:
                self.doubts[name] = self._two(wanted, named[0], others[0])
            return
        if len(inside) > 1:
            self.doubts[name] = self._together(name, inside)
        elif inside:
            self.found[name] = Binding(inside[0], f"in {self._whose(name)}")
        elif holder := self._holder(wanted):
            self.found[name] = Binding(holder, f"by the address {wanted.address}")

    def _take_chosen(self, wanted: DesiredEndpoint, named: list[Endpoint]) -> None:
        name, id = wanted.name, wanted.endpoint_id.lower()
        key = self._key(name)
        there = next((item for item in self._all.endpoints if item.id.lower() == id), None)
        if there is None:
            self.doubts[name] = f"no endpoint has the id {wanted.endpoint_id}, which {key} names: leave {key} out"
        elif there not in self._there:
            where = there.network_name or there.network_id
            self.doubts[name] = (
                f"{title_of(there)}, which {key} names, is on the network {where}, not on "
                f"{self._desired.network.name}: choose another one, or set network.name to {where}"
            )
        elif len(inside := list(self._inside(name))) > 1 and there in inside:
            self.doubts[name] = self._together(name, inside)
        elif there not in named or len(named) > 1:
            self.found[name] = Binding(there, f"by {key}")

    def _inside(self, name: str) -> Iterator[Endpoint]:
        """Endpoints of the network that are attached where this one belongs, and that are no other wanted one's."""
        place, container = self._place(name)
        there = [item for one in (place, container) if one is not None for item in self._in.get(one, ())]
        for item in {item.id: item for item in there}.values():
            taken = item.name != name and self._is_taken(item, name)
            if not taken and not self.index.is_unplugged(item, place):
                yield item

    def _is_taken(self, item: Endpoint, name: str) -> bool:
        """Tell whether an endpoint is that of another name: of the parameters, of a choice, or of a journal."""
        if item.name in self._wanted or any(item.id == binding.endpoint.id for binding in self.found.values()):
            return True
        return item.id.lower() in self._claimed and item.id.lower() not in self._own[name]

    def _holder(self, wanted: DesiredEndpoint) -> Endpoint | None:
        """The one free endpoint that holds the wanted address, and that hnskit did not make."""
        if not wanted.address:
            return None
        live = {item.id for item in self._all.compartments}
        held = [
            item
            for item in self._there
            if item.address == wanted.address
            and not self._is_taken(item, wanted.name)
            and not self._known.was_created("endpoint", item.name, item.id)
            and not (item.attached and (item.compartment_id in live or item.compartment_id is None))
        ]
        return held[0] if len(held) == 1 else None

    def _place(self, name: str) -> tuple[int | None, str | None]:
        """The compartment that an endpoint belongs to, and the id of its container."""
        if name == self._desired.gateway.name:
            return HOST_COMPARTMENT, None
        owner = next((item.name for item in self._desired.containers if item.endpoint.name == name), name)
        container = self._all.container_named(owner, self._desired.runtime)
        if container is None or not container.running:
            return None, None
        compartment = self._all.compartment_of(container)
        return (compartment.id if compartment else None), container.id

    def free(self, name: str) -> str:
        """Ask which endpoint is meant, where some that were made by hand are attached to nothing; "" if none is."""
        free = [
            item
            for item in self._there
            if not item.attached and not self._is_taken(item, name)
            and not self._known.was_created("endpoint", item.name, item.id)
        ]  # fmt: skip
        if not free:
            return ""
        key, titles = self._key(name), ", ".join(map(title_of, free[:_NAMED]))
        more = f" and {len(free) - _NAMED} more" if len(free) > _NAMED else ""
        return (
            f"it has no endpoint, and some of {self._desired.network.name} are attached to nothing: {titles}{more}. "
            f"Choose: `--set {key}=ID` takes one of them, `--set {key}={NEW}` makes another"
        )

    @property
    def index(self) -> SnapshotIndex:
        """The host as it is, looked up quickly."""
        if self._index is None:
            self._index = SnapshotIndex(self._all)
        return self._index

    def _key(self, name: str) -> str:
        """The key of the parameters by which the operator chooses."""
        desired = self._desired
        if name == desired.gateway.name:
            return "gateway_endpoint.endpoint_id"
        if name == desired.proxy.endpoint.name:
            return "proxy.endpoint_id"
        number = next(place for place, client in enumerate(desired.clients) if client.endpoint.name == name)
        return f"clients[{number}].endpoint_id"

    def _whose(self, name: str) -> str:
        return "the host's compartment" if name == self._desired.gateway.name else f"{name}'s compartment"

    def _two(self, wanted: DesiredEndpoint, named: Endpoint, inside: Endpoint) -> str:
        key = self._key(wanted.name)
        return (
            f"there are two candidates: {title_of(named)}, which has the name, and {title_of(inside)}, which is in "
            f"{self._whose(wanted.name)}. Choose one with `--set {key}=ID`, or if the other is not in use remove it "
            f"with {remove_command('Endpoint', named.id)} or {remove_command('Endpoint', inside.id)}"
        )

    def _together(self, name: str, there: list[Endpoint]) -> str:
        commands = " or ".join(remove_command("Endpoint", item.id) for item in there)
        return (
            f"{len(there)} endpoints of {self._desired.network.name} are in {self._whose(name)}, "
            f"{' and '.join(map(title_of, there))}; which of them its requests take is not known: keep one, and remove "
            f"the other with {commands}"
        )


def title_of(endpoint: Endpoint) -> str:
    """An endpoint told from others of its name: `Ethernet (ID)`."""
    name = str(endpoint.raw.get("Name") or endpoint.name)
    return f"{name} ({endpoint.id})" if name else f"one without a name ({endpoint.id})"


def seen_by(desired: Desired, facts: Facts, known: Provenance | None = None) -> Facts:
    """A host with each endpoint that stands for a wanted one under the wanted name.

    Args:
        desired: from `desired_from`.
        facts: the host as it is.
        known: what the journals say.

    Returns:
        The facts themselves, where every name is as it is wanted.
    """
    return Bindings(desired, facts, known).facts
