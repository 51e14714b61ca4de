"""HNS namespaces: the host's own, and those that endpoints and containers are put into (HNS facts 8, 34, 79)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hnskit.emulator.host import refusals
from hnskit.emulator.host.allocators import Allocators, bare_resources
from hnskit.emulator.host.attach import Ports
from hnskit.emulator.host.endpoints import Endpoints, HnsEndpoint
from hnskit.emulator.host.profiles import NAMESPACES_FROM, Profile
from hnskit.emulator.host.text import IdGenerator, ordered
from hnskit.emulator.host.windows_network import HOST_COMPARTMENT_GUID, Windows
from hnskit.model.objects import HOST_COMPARTMENT, EndpointState

HOST_ID = "910F7D92-BA2D-4C3F-98AE-7C0AC590D2DC"
"""Of the host's own namespace, on both hosts where it was seen (containerd fact 28)."""
HOST, HOST_DEFAULT, GUEST, GUEST_DEFAULT = TYPES = ("Host", "HostDefault", "Guest", "GuestDefault")
"""Kinds of namespaces (containerd fact 38)."""
_LEAKED = 4
"""The State of a namespace whose container is gone from HCS and not from it; its name is UNCONFIRMED (27)."""


@dataclass(slots=True)
class HnsNamespace:
    """A namespace: its kind, its compartment, what is in it."""

    id: str
    type: str
    activity: str
    updated: int
    schema_version: dict[str, Any] | None = None
    """As it was sent, which hosts echo (containerd fact 9)."""
    compartment: int = 0
    """0 before the first container is started in it (containerd facts 25, 39)."""
    compartment_guid: str = ""
    allocator: dict[str, Any] | None = None
    containers: list[str] = field(default_factory=list)
    endpoints: dict[str, HnsEndpoint] = field(default_factory=dict)
    """ID in upper case -> endpoint, in the order in which they came."""
    leaked: bool = False


class Namespaces:
    """The namespaces of one host. Numbers of facts are those of containerd where no other is named."""

    def __init__(
        self,
        profile: Profile,
        mint: IdGenerator,
        windows: Windows,
        *,
        endpoints: Endpoints,
        ports: Ports,
        running: Callable[[str], str | None],
    ) -> None:
        self._profile = profile
        self._mint = mint
        self._windows = windows
        self._endpoints = endpoints
        self._ports = ports
        self._running = running
        self._allocators = Allocators(profile, mint)
        self._namespaces: dict[str, HnsNamespace] = {}
        endpoints.on_delete.append(self._forget)
        own = self._add(HnsNamespace(HOST_ID, HOST_DEFAULT, mint.guid(), mint.filetime()))
        own.compartment, own.compartment_guid = HOST_COMPARTMENT, HOST_COMPARTMENT_GUID

    def __iter__(self) -> Iterator[HnsNamespace]:
        return iter(self._namespaces.values())

    def get(self, id: object) -> HnsNamespace:
        """A namespace by id, in whatever letter case (14)."""
        found = self._namespaces.get(str(id).upper())
        if found is None:
            raise refusals.not_found()
        return found

    def show(self, namespace: HnsNamespace) -> dict[str, Any]:
        """Return the namespace as GET prints it (24-26)."""
        return dict(ordered(self.json(namespace), self._profile))

    def json(self, namespace: HnsNamespace) -> dict[str, Any]:
        """The members of its v1 form."""
        health = {"LastErrorCode": 0, "LastUpdateTime": namespace.updated}
        resources: dict[str, Any] = {
            **bare_resources(namespace.activity), "AdditionalParams": {}, "Health": dict(health),
        }  # fmt: skip
        if namespace.allocator is not None:
            resources |= self._allocators.numbered([namespace.allocator])
        guid = namespace.compartment_guid.strip("{}").upper()
        return {
            "ActivityId": namespace.activity,
            "AdditionalParams": {},
            **({"CompartmentGuid": guid} if guid else {}),
            "CompartmentId": namespace.compartment,
            "Containers": list(namespace.containers),
            "Flags": 0,
            "Health": health,
            "ID": namespace.id,
            "IsDefault": namespace.type in (HOST_DEFAULT, GUEST_DEFAULT),
            "Policies": [],
            "ResourceList": [{"Data": {"Id": item.id}, "Type": "Endpoint"} for item in namespace.endpoints.values()],
            "Resources": resources,
            **({"SchemaVersion": namespace.schema_version} if namespace.schema_version else {}),
            "State": _LEAKED if namespace.leaked else 1,
            "Version": self._profile.version,
        }

    def create(
        self, type: str = HOST, id: str = "", schema_version: dict[str, Any] | None = None, *, at_once: bool = False
    ) -> HnsNamespace:
        """Make a namespace: its compartment comes with the first container, but where it is to be there at once.

        Of the kinds that are the default compartment, it is there. That those for a utility VM are kept here alike is
        UNCONFIRMED.
        """
        if id.upper() in self._namespaces:
            raise refusals.object_exists()
        made = HnsNamespace(
            id or self._mint.guid(), type, self._mint.guid(), self._mint.filetime(), schema_version=schema_version
        )
        if type == HOST_DEFAULT:
            made.compartment, made.compartment_guid = HOST_COMPARTMENT, HOST_COMPARTMENT_GUID
        elif at_once:
            compartment = self._windows.add_compartment(made.id.lower())  # its description is UNCONFIRMED
            self._give_compartment(made, compartment.id, compartment.guid)
        return self._add(made)

    def delete(self, namespace: HnsNamespace) -> None:
        """Remove a namespace: not with a container in it (27). Its endpoints stay, and are in none.

        That the host's own is refused, and that one with endpoints is not, is UNCONFIRMED.
        """
        if namespace.containers or namespace.leaked or namespace.id == HOST_ID:
            raise refusals.request_unsupported()
        for endpoint in list(namespace.endpoints.values()):
            self.remove_endpoint(namespace, endpoint)
        del self._namespaces[namespace.id.upper()]
        if namespace.allocator is not None:
            self._windows.drop_compartment(namespace.compartment)

    def add_endpoint(self, namespace: HnsNamespace, endpoint: HnsEndpoint) -> None:
        """Put an endpoint in: where a compartment is, its vNIC appears there (38, 41)."""
        if endpoint.json["State"] == EndpointState.DEGRADED:
            raise refusals.namespace_attach_failed()
        if "Namespace" in endpoint.json:
            raise refusals.already_in_a_namespace()
        if namespace.compartment:
            self._ports.enter(endpoint, namespace.compartment)
        namespace.endpoints[endpoint.id.upper()] = endpoint
        endpoint.json["Namespace"] = {"ID": namespace.id, "IsDefault": namespace.type == HOST_DEFAULT}
        if self._profile.lean_endpoints:
            endpoint.json["Namespace"] = {"ID": namespace.id.lower()}

    def remove_endpoint(self, namespace: HnsNamespace, endpoint: HnsEndpoint) -> None:
        """Take an endpoint out, and its vNIC with it; one that is not in is not found (UNCONFIRMED)."""
        if namespace.endpoints.pop(endpoint.id.upper(), None) is None:
            raise refusals.not_found()
        endpoint.json.pop("Namespace", None)
        if endpoint.attached:
            self._ports.leave(endpoint)

    def add_container(self, namespace: HnsNamespace, id: str) -> None:
        """A container is started in it; HCS says so (13). The first one brings the compartment (25, 26, 39)."""
        if not namespace.compartment:
            compartment = self._windows.add_compartment(id)
            self._give_compartment(namespace, compartment.id, compartment.guid)
        namespace.containers.append(id)

    def remove_container(self, namespace: HnsNamespace, id: str) -> None:
        """A container has ended: with the last one the compartment goes. That it says 0 again is UNCONFIRMED."""
        if id not in namespace.containers:
            raise refusals.not_found()
        namespace.containers.remove(id)
        if namespace.containers or namespace.allocator is None:
            return
        for endpoint in namespace.endpoints.values():
            if endpoint.attached:
                self._ports.leave(endpoint)
        self._windows.drop_compartment(namespace.compartment)
        namespace.compartment, namespace.compartment_guid, namespace.allocator = 0, "", None

    def leak(self, namespace: HnsNamespace) -> None:
        """HCS has lost its container, and HNS has not: it stays, without endpoints, and is never removed (27)."""
        for endpoint in list(namespace.endpoints.values()):
            self.remove_endpoint(namespace, endpoint)
        namespace.leaked = True

    def answer(self, method: str, rest: list[str], body: Mapping[str, Any]) -> Any:
        """Answer a call of v1 on /namespaces."""
        if self._profile.hns < NAMESPACES_FROM:
            raise refusals.not_emulated("/namespaces")
        if not rest:
            if method == "GET":
                return [self.show(item) for item in self]
            return self.show(self.create(HOST_DEFAULT if body.get("IsDefault") is True else HOST))
        namespace = self.get(rest[0])
        if len(rest) == 1 and method == "GET":
            return self.show(namespace)
        if len(rest) == 1 and method == "DELETE":
            self.delete(namespace)
            return None
        if len(rest) == 2 and method == "POST" and rest[1] in ("addresource", "removeresource"):
            data = body.get("Data")
            if str(body.get("Type")).lower() not in ("endpoint", "container") or not isinstance(data, Mapping):
                raise refusals.not_emulated(f"a {body.get('Type')} in a namespace")
            id = next((data[key] for key in ("ID", "Id") if key in data), "")
            self.change(namespace, str(body["Type"]).capitalize(), id, into=rest[1] == "addresource")
            return None
        raise refusals.not_emulated(f"{method} /namespaces/{'/'.join(['{id}', *rest[1:]])}")

    def change(self, namespace: HnsNamespace, type: str, id: object, *, into: bool) -> None:
        """Put an endpoint or a container in, or take it out, for v1 and v2 alike (11, 13, 14)."""
        if type == "Endpoint":
            move = self.add_endpoint if into else self.remove_endpoint
            move(namespace, self._endpoints.get(id))
        elif into:
            whole = self._running(str(id))
            if whole is None:
                raise refusals.container_gone()
            self.add_container(namespace, whole)
        else:
            self.remove_container(namespace, str(id))

    def _give_compartment(self, namespace: HnsNamespace, number: int, guid: str) -> None:
        namespace.compartment, namespace.compartment_guid = number, guid
        namespace.allocator = self._allocators.compartment(number=number, guid=guid.strip("{}").upper())
        for endpoint in namespace.endpoints.values():
            self._ports.enter(endpoint, number)

    def _add(self, namespace: HnsNamespace) -> HnsNamespace:
        self._namespaces[namespace.id.upper()] = namespace
        return namespace

    def _forget(self, endpoint: HnsEndpoint) -> None:
        for namespace in self:
            namespace.endpoints.pop(endpoint.id.upper(), None)
