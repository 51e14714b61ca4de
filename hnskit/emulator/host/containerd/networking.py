"""The network of a pod, as its CNI makes it: a namespace, an endpoint in it, a compartment at the first start.

The order is that of containerd's CRI (containerd facts 1-4, 8): namespace, endpoint, container; and back.
"""

from __future__ import annotations

import json
from typing import Any

from hnskit.emulator.host.hns_service import HnsService
from hnskit.emulator.host.windows_network import Windows

CNI_NETWORK = "cbr0"
"""win-bridge demands an L2Bridge network of its list's name (containerd fact 51)."""

_NETWORK = {
    "Type": "L2Bridge", "Name": CNI_NETWORK,
    "Subnets": [{"AddressPrefix": "10.240.1.0/24", "GatewayAddress": "10.240.1.1"}],
}  # fmt: skip
NAT_NETWORK = "nat"
_NAT = {
    "Type": "nat", "Name": NAT_NETWORK,
    "Subnets": [{"AddressPrefix": "172.30.0.0/20", "GatewayAddress": "172.30.0.1"}],
}  # fmt: skip
_GATEWAY = {"Name": "cbr0_ep", "IPAddress": "10.240.1.2", "GatewayAddress": "0.0.0.0"}  # noqa: S104 - none
_EXCEPTIONS = ("10.240.0.0/16", "10.96.0.0/12")


class PodNetworking:
    """CNI ADD and DEL, as win-bridge does them."""

    def __init__(self, hns: HnsService, windows: Windows) -> None:
        self._hns = hns
        self._windows = windows

    def lay(self) -> str:
        """Make the node's network and its gateway endpoint, as the node's set-up does; the network's id."""
        network = self._call("POST", "/networks", _NETWORK)
        gateway = self._call("POST", "/endpoints", {"VirtualNetwork": network["ID"], **_GATEWAY})
        self._call("POST", f"/endpoints/{gateway['ID']}/attach", {"SystemType": "Host", "CompartmentId": 1})
        nic = self._windows.nic_of(gateway["ID"])
        if nic is not None:
            nic.forwarding = True
        return str(network["ID"])

    def nat(self) -> str:
        """The nat network, which the plug-in makes where there is none (containerd fact 51); its id."""
        found = next((item.id for item in self._hns.networks if item.json.get("Name") == NAT_NETWORK), None)
        return found or str(self._call("POST", "/networks", _NAT)["ID"])

    def create_namespace(self) -> str:
        """HcnCreateNamespace as containerd calls it: the id in lower case, without braces."""
        made = self._hns.namespaces.create(schema_version={"Major": 0, "Minor": 0})
        return made.id.lower()

    def add(self, namespace: str, owner: str, network: str) -> dict[str, Any]:
        """CNI ADD: an endpoint named `<id>_<network>`, put into the namespace (containerd fact 31)."""
        shown = self._call("GET", f"/networks/{network}", None)
        body: dict[str, Any] = {"Name": f"{owner}_{shown['Name']}", "VirtualNetwork": network}
        if shown["Name"] != NAT_NETWORK:
            body["Policies"] = [{"Type": "OutBoundNAT", "ExceptionList": list(_EXCEPTIONS)}]
            body["GatewayAddress"] = _GATEWAY["IPAddress"]
        made = self._call("POST", "/endpoints", body)
        resource = {"Type": "Endpoint", "Data": {"Id": made["ID"]}}
        self._call("POST", f"/namespaces/{namespace}/addresource", resource)
        return made

    def start(self, namespace: str, container_id: str) -> None:
        """A container starts in a namespace: its first one brings the compartment (containerd facts 25, 26, 39).

        That containerd's compartments are described as Docker's are is UNCONFIRMED (containerd fact 40).
        """
        namespaces = self._hns.namespaces
        found = namespaces.get(namespace)
        first = not found.containers
        namespaces.add_container(found, container_id)
        if first:
            namespaces.add_container(found, container_id)  # the pause container is listed twice (containerd fact 26)

    def stop(self, namespace: str, container_id: str) -> None:
        """A container of a namespace has ended; the last one takes the compartment with it."""
        namespaces = self._hns.namespaces
        found = namespaces.get(namespace)
        while container_id in found.containers:
            namespaces.remove_container(found, container_id)

    def leak(self, namespace: str, endpoint: str) -> None:
        """CNI DEL, and HcnDeleteNamespace that HNS refuses for ever: a dead container is in it (containerd fact 27)."""
        self.remove("", endpoint)
        self._hns.namespaces.leak(self._hns.namespaces.get(namespace))

    def remove(self, namespace: str, endpoint: str) -> None:
        """CNI DEL, then HcnDeleteNamespace; what is gone already is not a failure (containerd fact 8)."""
        if endpoint and any(item.id.upper() == endpoint.upper() for item in self._hns.endpoints):
            self._call("DELETE", f"/endpoints/{endpoint}", None)
        if namespace:
            self._hns.call("DELETE", f"/namespaces/{namespace}", "")

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        _, response = self._hns.call(method, path, "" if body is None else json.dumps(body))
        answer = json.loads(response)
        if not answer.get("Success"):
            raise RuntimeError(f"{method} {path}: {answer.get('Error')}")
        return dict(answer.get("Output") or {})
