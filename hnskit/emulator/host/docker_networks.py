"""Docker's networks on the emulated host: `nat`, `none`, and those that `docker network create` made over HNS.

What a real daemon lists of HNS networks that others made, and when, is not emulated: it lists its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hnskit.emulator.host.containers import DockerContainer
from hnskit.emulator.host.docker_args import Arguments
from hnskit.emulator.host.docker_errors import DaemonError
from hnskit.emulator.host.docker_text import stamp
from hnskit.emulator.host.hns_service import HnsService
from hnskit.emulator.host.network_shape import HnsNetwork

NAT, NONE = "nat", "none"
_DRIVERS = ("nat", "l2bridge", "transparent")
_KNOWN_DRIVERS = (*_DRIVERS, "ics", "internal", "l2tunnel", "overlay", "private")
_OPTION = "com.docker.network.windowsshim."


@dataclass(slots=True)
class DockerNetwork:
    """A network as Docker has it."""

    id: str
    name: str
    driver: str
    hns_id: str
    created: float


class DockerNetworks:
    """The networks of one daemon."""

    def __init__(self, hns: HnsService, none_id: str, started: float) -> None:
        self._hns = hns
        self._started = started
        self._none = DockerNetwork(none_id, NONE, "null", "", started)
        self._made: list[DockerNetwork] = []

    def all(self) -> list[DockerNetwork]:
        """Its networks; one whose HNS network somebody removed is still there."""
        found = self.hns_network(NAT)
        own = [DockerNetwork(_digest(found.id), NAT, "nat", found.id, self._started)] if found is not None else []
        return [*self._made, *own, self._none]

    def find(self, name: str) -> DockerNetwork | None:
        """A network by name, id, or an id's beginning."""
        exact = [item for item in self.all() if name in (item.name, item.id)]
        found = exact or [item for item in self.all() if name and item.id.startswith(name)]
        return found[0] if len(found) == 1 else None

    def get(self, name: str) -> DockerNetwork:
        """The same; raises DaemonError where there is none."""
        found = self.find(name)
        if found is None:
            raise DaemonError(f"No such network: {name}", missing=True)
        return found

    def hns_network(self, name: str) -> HnsNetwork | None:
        """The network of HNS under one of Docker's."""
        made = next((item for item in self._made if item.name == name), None)
        if made is not None:
            return next((item for item in self._hns.networks if item.id == made.hns_id), None)
        return next((item for item in self._hns.networks if item.json["Name"] == name == NAT), None)

    def create(self, arguments: Arguments, id: str, now: float) -> str:
        """docker network create; the new id.

        Raises:
            DaemonError: the name is taken, the driver unknown, or HNS refuses.
        """
        name, driver = arguments.rest[0], arguments.value("driver", "nat")
        if any(item.name == name for item in self.all()):
            raise DaemonError(f"network with name {name} already exists")
        if driver not in _DRIVERS:
            known = driver in _KNOWN_DRIVERS
            said = f"hnskit emulator: the driver {driver} is not emulated" if known else f'plugin "{driver}" not found'
            raise DaemonError(said)
        options = dict(item.partition("=")[::2] for item in arguments.all("opt"))
        body: dict[str, Any] = {"Type": driver, "Name": options.get(f"{_OPTION}networkname", id)}
        # Without a subnet dockerd asks for any (moby#30342).
        prefix, gateway = arguments.value("subnet", "0.0.0.0/0"), arguments.value("gateway")
        body["Subnets"] = [{"AddressPrefix": prefix, "GatewayAddress": gateway or _first(prefix)}]
        if adapter := options.get(f"{_OPTION}interface"):
            body["NetworkAdapterName"] = adapter
        answer = json.loads(self._hns.call("POST", "/networks", json.dumps(body))[1])
        if not answer["Success"]:
            raise DaemonError(f"hnsCall failed in Win32: {answer['Error'].strip()} ({answer.get('ErrorCode', 0):#x})")
        self._made.insert(0, DockerNetwork(id, name, driver, answer["Output"]["ID"], now))
        return id

    def remove(self, name: str, containers: Iterable[DockerContainer]) -> None:
        """docker network rm."""
        found = self.get(name)
        if found.name in (NAT, NONE):
            raise DaemonError(f"{found.name} is a pre-defined network and cannot be removed")
        if any(item.running and item.network == found.name for item in containers):
            raise DaemonError(f"error while removing network: network {found.name} id {found.id} has active endpoints")
        self._hns.call("DELETE", f"/networks/{found.hns_id}", "")
        self._made.remove(found)

    def inspect(self, network: DockerNetwork, containers: Iterable[DockerContainer]) -> dict[str, Any]:
        """As docker network inspect prints it (docker-network-inspect-*.txt)."""
        under = self.hns_network(network.name)
        shown = under.json if under is not None else {}
        config = [
            {"Subnet": item["AddressPrefix"], "Gateway": item["GatewayAddress"]} for item in shown.get("Subnets", [])
        ]
        held = [item for item in containers if item.running and item.network == network.name]
        options = {f"{_OPTION}hnsid": network.hns_id, f"{_OPTION}networkname": network.name}
        return {
            "Name": network.name,
            "Id": network.id,
            "Created": stamp(network.created),
            "Scope": "local",
            "Driver": network.driver,
            "EnableIPv6": False,
            "IPAM": {"Driver": "windows", "Options": None, "Config": config or None},
            "Internal": False,
            "Attachable": False,
            "Ingress": False,
            "ConfigFrom": {"Network": ""},
            "ConfigOnly": False,
            "Containers": dict(self._inside(item) for item in held),
            "Options": options if network.hns_id else {},
            "Labels": {},
        }

    def _inside(self, container: DockerContainer) -> tuple[str, dict[str, str]]:
        ends = self._hns.endpoints
        own: Mapping[str, Any] = next((item.json for item in ends if item.id == container.endpoint_id), {})
        return container.id, {
            "Name": container.name,
            "EndpointID": str(own.get("Name", "")),
            "MacAddress": str(own.get("MacAddress", "")).replace("-", ":").lower(),
            "IPv4Address": f"{own['IPAddress']}/{own.get('PrefixLength', 0)}" if own.get("IPAddress") else "",
            "IPv6Address": "",
        }


def row(network: DockerNetwork, *, whole: bool) -> dict[str, str]:
    """A network as `docker network ls --format {{json .}}` has it."""
    return {
        "CreatedAt": stamp(network.created),
        "Driver": network.driver,
        "ID": network.id if whole else network.id[:12],
        "IPv6": "false",
        "Internal": "false",
        "Labels": "",
        "Name": network.name,
        "Scope": "local",
    }


def _digest(id: str) -> str:
    return hashlib.sha256(f"docker network {id}".encode()).hexdigest()


def _first(prefix: str) -> str:
    """Fill in as dockerd does: 0.0.0.0 for any subnet, else nothing, and HNS takes .1."""
    return "0.0.0.0" if prefix == "0.0.0.0/0" else ""  # noqa: S104 - an address in a request
