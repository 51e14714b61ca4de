"""HNS policy lists: load balancers, in the shape of Server 2019's."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from hnskit.emulator.host import refusals
from hnskit.emulator.host.allocators import Allocators
from hnskit.emulator.host.endpoints import Endpoints
from hnskit.emulator.host.profiles import MODERN, Profile
from hnskit.emulator.host.reading import objects_in, text_in
from hnskit.emulator.host.text import IdGenerator, ordered

_NOT_DIRECT = 1024
"""Flags of every load balancer without direct server return that was seen; one with it has 0 (15.0)."""


class PolicyLists:
    """The policy lists of one host; they outlive the endpoints they refer to (HNS fact 75)."""

    def __init__(self, profile: Profile, mint: IdGenerator, endpoints: Endpoints) -> None:
        self._profile = profile
        self._mint = mint
        self._endpoints = endpoints
        self._allocators = Allocators(profile, mint)
        self._lists: dict[str, dict[str, Any]] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._lists.values())

    def get(self, id: str) -> dict[str, Any]:
        """A policy list by id."""
        found = self._lists.get(id.upper())
        if found is None:
            raise refusals.not_found()
        return found

    def show(self, policy_list: dict[str, Any]) -> dict[str, Any]:
        """Return the object as GET prints it."""
        return dict(ordered(policy_list, self._profile))

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST /policylists: `{"References":[…],"Policies":[{"Type":"ELB",…}]}`."""
        asked = text_in(body, "ID")
        if asked.upper() in self._lists:
            raise refusals.object_exists()
        id, activity = asked or self._guid(), self._guid()
        made: dict[str, Any] = {
            "ActivityId": activity,
            **self._allocators.health(),
            "ID": id,
            "IsApplied": False,
            "Resources": self._allocators.resources(activity),
            "State": 2,
            "Version": self._profile.version,
        }
        self.change(made, body)
        self._lists[id.upper()] = made
        return made

    def change(self, policy_list: dict[str, Any], body: Mapping[str, Any]) -> None:
        """Give it other references and policies."""
        references, policies = body.get("References"), objects_in(body, "Policies")
        if not isinstance(references, list) or not policies:
            raise refusals.invalid_parameter()  # UNCONFIRMED
        ends = [self._endpoints.get(str(reference).rpartition("/")[2]) for reference in references]
        served = any(endpoint.attached for endpoint in ends)
        balancers = [
            self._allocators.load_balancer(item, served=served)
            for item in policies
            if str(item.get("Type")).upper() == "ELB"
        ]
        if ends and self._profile.hns >= MODERN:
            policy_list["HostComputeNetwork"] = ends[0].network.id
        policy_list |= {
            "Flags": 0 if any(item.get("IsDSR") for item in policies) else _NOT_DIRECT,
            "Policies": copy.deepcopy(policies),
            "References": list(references),
        }
        policy_list["Resources"] |= self._allocators.numbered(balancers)

    def delete(self, policy_list: dict[str, Any]) -> None:
        """DELETE /policylists/{id}."""
        del self._lists[str(policy_list["ID"]).upper()]

    def _guid(self) -> str:
        return self._mint.guid(self._profile.upper_network_ids)
