"""Keeps the helper's namespaces as the emulated host is: only what changed is touched."""

from __future__ import annotations

import json
import threading
from typing import Any

from hnskit.emulator.host.dataplane.fabric import Fabric
from hnskit.emulator.host.dataplane.ip_stack import Stack, StackNic
from hnskit.emulator.host.surroundings import FABRIC_GATEWAY
from hnskit.emulator.packets.helper_client import HelperClient
from hnskit.emulator.packets.nft_rules import commands_for, hiding
from hnskit.model.objects import HOST_COMPARTMENT, METADATA_ADDRESS

OUTSIDE = "outside"
"""The namespace of what is beyond the host: the fabric's gateway, the metadata service."""
_LINK_LOCAL = {"to": "169.254.0.0/16", "via": "", "metric": 9999}
"""Windows takes it as on-link without a route (HNS fact 84); Linux is told so."""
_NO_ROUTES = ("224.0.0.0/4", "255.255.255.255/32")


class KernelNetwork:
    """The network of one emulated host in the kernel."""

    def __init__(self, helper: HelperClient) -> None:
        self._helper = helper
        self._places: dict[str, dict[str, Any]] = {}
        self._plugged: dict[str, str] = {}
        self._ruled: dict[str, str] = {}
        self._bridges: set[str] = set()
        self._lock = threading.Lock()
        self._add(OUTSIDE)
        self._bridge(OUTSIDE)
        nic = {"bridge": OUTSIDE, "addresses": [FABRIC_GATEWAY], "forwarding": False,
               "routes": [{"to": "10.0.0.0/24", "via": "", "metric": 0}]}  # fmt: skip
        helper.call("plug", name=OUTSIDE, nics=[nic], loopback=[METADATA_ADDRESS])

    def place(self, name: str) -> dict[str, Any]:
        """The process and file of a namespace."""
        return self._places[name]

    @property
    def names(self) -> frozenset[str]:
        """Of all namespaces."""
        return frozenset(self._places)

    def bring_to(self, fabric: Fabric) -> None:
        """Make the namespaces, adapters and rules what the data plane's are.

        Raises:
            PacketsError: Linux refuses a part of it.
        """
        with self._lock:
            wanted = {namespace_of(number): stack for number, stack in fabric.stacks.items()}
            for name in [item for item in self._places if item not in wanted and item != OUTSIDE]:
                self._drop(name)
            for segment in fabric.segments:
                self._bridge(segment)
            for name, stack in wanted.items():
                self._bring_stack(name, stack, fabric)

    def clear(self) -> None:
        """Let all compartments go, with their wires."""
        with self._lock:
            for name in self.names - {OUTSIDE}:
                self._drop(name)

    def _bring_stack(self, name: str, stack: Stack, fabric: Fabric) -> None:
        if name not in self._places:
            self._add(name)
        nics = [nic for nic in stack.nics if not nic.loopback and nic.addresses]
        adapters = [_adapter(nic) for nic in nics]
        text = json.dumps(adapters)
        if self._plugged.get(name) != text:
            self._helper.call("plug", name=name, nics=adapters, loopback=[])
            self._plugged[name] = text
        named = [(f"eth{number}", nic) for number, nic in enumerate(nics)]
        hidden = []
        if stack.number == HOST_COMPARTMENT:
            uplinks = [ifname for ifname, nic in named if not nic.segment]
            translated = [prefix for item in fabric.segments.values() if item.translates for prefix in item.prefixes]
            hidden = hiding(fabric.stacks.values(), translated, uplinks)
        commands = commands_for(named, hidden)
        text = json.dumps(commands)
        if self._ruled.get(name) != text:
            self._helper.call("rules", name=name, commands=commands)
            self._ruled[name] = text

    def _add(self, name: str) -> None:
        self._places[name] = self._helper.call("namespace", name=name)

    def _drop(self, name: str) -> None:
        self._helper.call("drop", name=name)
        for known in (self._places, self._plugged, self._ruled):
            known.pop(name, None)

    def _bridge(self, name: str) -> None:
        if name not in self._bridges:
            self._helper.call("bridge", name=name)
            self._bridges.add(name)


def namespace_of(compartment: int) -> str:
    """The name of a compartment's namespace, to the helper alone."""
    return f"compartment {compartment}"


def _adapter(nic: StackNic) -> dict[str, Any]:
    routes = [
        {"to": str(route.prefix), "via": "" if route.next_hop == "0.0.0.0" else route.next_hop,  # noqa: S104
         "metric": route.metric}
        for route in nic.routes
        if str(route.prefix) not in _NO_ROUTES and not any(str(route.prefix) == f"{own}/32" for own in nic.addresses)
        and not (route.prefix.prefixlen == 32 and route.next_hop == "0.0.0.0")  # noqa: S104 - a broadcast address
    ]  # fmt: skip
    return {
        "bridge": nic.segment or OUTSIDE,
        "addresses": list(nic.addresses),
        # Answers to what got the host's address come in here: Linux puts it back in its stack, and must forward. That
        # VFP does so in the switch is UNCONFIRMED; flannel and calico switch it on there too (HNS fact 71).
        "forwarding": nic.forwarding or not nic.segment,
        "routes": [*routes, _LINK_LOCAL],
    }
