"""HNS namespaces: the host's own, and those that endpoints are put into (HNS facts 8, 34, 79)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hnskit.emulator.host import refusals
from hnskit.emulator.host.allocators import bare_resources
from hnskit.emulator.host.endpoints import Endpoints
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.text import IdGenerator, ordered
from hnskit.emulator.host.windows_network import HOST_COMPARTMENT_GUID, Windows
from hnskit.model.objects import HOST_COMPARTMENT

FIRST = (9, 2)
"""The HNS that has them (HNS fact 60)."""


class Namespaces:
    """The namespaces of one host. Members and order are those of the one print there is, the host's own on 15.0."""

    def __init__(self, profile: Profile, mint: IdGenerator, windows: Windows, endpoints: Endpoints) -> None:
        self._profile = profile
        self._mint = mint
        self._windows = windows
        self._endpoints = endpoints
        self._namespaces: dict[str, dict[str, Any]] = {}
        self._make(HOST_COMPARTMENT, HOST_COMPARTMENT_GUID, default=True)

    def answer(self, method: str, rest: list[str], body: Mapping[str, Any]) -> Any:
        """Answer a call on /namespaces."""
        if self._profile.hns < FIRST:
            raise refusals.not_emulated("/namespaces")
        if not rest:
            if method == "GET":
                return [ordered(item, self._profile) for item in self._namespaces.values()]
            # That its compartment is made at once, and is not in Get-NetCompartment's list, is UNCONFIRMED.
            number, guid = self._windows.reserve_compartment(), "{" + self._mint.guid(upper=False) + "}"
            return ordered(self._make(number, guid, default=False), self._profile)
        namespace = self._namespaces.get(rest[0].upper())
        if namespace is None:
            raise refusals.not_found()
        if len(rest) == 1 and method == "GET":
            return ordered(namespace, self._profile)
        if len(rest) == 1 and method == "DELETE" and not namespace["IsDefault"]:
            del self._namespaces[rest[0].upper()]
            return None
        if len(rest) == 2 and method == "POST" and rest[1] in ("addresource", "removeresource"):
            self._move(namespace, body, into=rest[1] == "addresource")
            return None
        raise refusals.not_emulated(f"{method} /namespaces/{'/'.join(['{id}', *rest[1:]])}")

    def _move(self, namespace: Mapping[str, Any], body: Mapping[str, Any], *, into: bool) -> None:
        data = body.get("Data")
        if str(body.get("Type")).lower() != "endpoint" or not isinstance(data, Mapping):
            raise refusals.not_emulated(f"a {body.get('Type')} in a namespace")
        endpoint = self._endpoints.get(next((data[key] for key in ("ID", "Id") if key in data), ""))
        if into:
            endpoint.json["Namespace"] = {"ID": namespace["ID"], "IsDefault": namespace["IsDefault"]}
            if self._profile.lean_endpoints:
                endpoint.json["Namespace"] = {"ID": namespace["ID"].lower()}
        else:
            endpoint.json.pop("Namespace", None)

    def _make(self, compartment: int, guid: str, *, default: bool) -> dict[str, Any]:
        id, activity = self._mint.guid(), self._mint.guid()
        health = {"LastErrorCode": 0, "LastUpdateTime": self._mint.filetime()}
        made: dict[str, Any] = {
            "ActivityId": activity,
            "AdditionalParams": {},
            "CompartmentGuid": guid.strip("{}").upper(),
            "CompartmentId": compartment,
            "Containers": [],
            "Flags": 0,
            "Health": health,
            "ID": id,
            "IsDefault": default,
            "Policies": [],
            "Resources": {**bare_resources(activity), "AdditionalParams": {}, "Health": dict(health)},
            "SchemaVersion": {"Major": 1, "Minor": 0},
            "State": 1,
            "Version": self._profile.version,
        }
        self._namespaces[id] = made
        return made
