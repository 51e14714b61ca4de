"""The redirect as a CNI network configuration list, for where a container runtime calls a CNI plug-in.

The plug-in then puts the proxy policy on the endpoint of every pod (Kubernetes) or container (Mesos' unified
containerizer). The proxy, its network and the gateway endpoint are made as ever, by `hnskit apply`.

| plug-in | policies | form |
|---|---|---|
| `sdnbridge` | `AdditionalArgs` | v2: handed to HCN as they are |
| `win-bridge` | `policies` | v2 with `apiVersion` 2, else v1 |
| `azure` (azure-vnet) | `AdditionalArgs` | v1 |

Sources of the key names are in views/cni_conflist.schema.json.
"""

from __future__ import annotations

import functools
import ipaddress
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from hnskit.errors import CniError
from hnskit.foreign_text.escaping import json_text
from hnskit.model import hns_json
from hnskit.model.objects import Policy
from hnskit.params.desired import Desired, DesiredRedirect
from hnskit.views.cni_plugins import pod_addresses

PLUGINS = ("sdnbridge", "win-bridge", "azure")
CNI_VERSION = "0.3.0"
"""The oldest that has lists; Azure's own list has it, and newer plug-ins still read it."""
SINGLE_VERSION = "0.2.0"
"""Of a configuration of one plug-in: Mesos reads results of this version only (its spec.proto: ip4, ip6)."""


@dataclass(frozen=True, slots=True)
class Conflist:
    """A configuration list, and what is to be known of it."""

    plugin: str
    data: dict[str, Any]
    notes: tuple[str, ...]
    """Sentences for the operator; what is UNCONFIRMED says so."""

    def to_json(self) -> str:
        """The text of the `.conflist` file."""
        return json_text(self.data, indent=2) + "\n"


def export_conflist(desired: Desired, proxy_address: str, plugin: str, *, api_version: int = 2) -> Conflist:
    """Make the configuration list that gives pods the same redirect.

    Args:
        desired: what is redirected.
        proxy_address: where the proxy is reached from a pod.
        plugin: one of `PLUGINS`.
        api_version: of HNS, for win-bridge: 1 with Docker, 2 with containerd.

    Raises:
        CniError: there is no such plug-in, no IPv4 address of the proxy, or the list breaks CNI's rules.
    """
    if plugin not in PLUGINS:
        raise CniError(f"{plugin!r} is none of {', '.join(PLUGINS)}")
    if api_version not in (1, 2):
        raise CniError(f"HNS has the API versions 1 and 2, not {api_version}")
    if not proxy_address:
        raise CniError(
            "the proxy has no address yet",
            object=f"proxy {desired.proxy.name}",
            next_step="Set `proxy.address`, or run `hnskit apply --part network --part proxy` first.",
        )
    try:
        ipaddress.IPv4Address(proxy_address)
    except ValueError as cause:
        raise CniError(f"the proxy's address {proxy_address!r} is not an IPv4 address") from cause
    made = _PLUGINS[plugin](desired, proxy_address, api_version)
    validate_conflist(made.data)
    _check_addresses(made, desired, proxy_address)
    return made


def _check_addresses(made: Conflist, desired: Desired, proxy_address: str) -> None:
    """Hold the list against what its plug-in makes of it.

    Raises:
        CniError: a pod could get an address that somebody has, or a gateway that nobody is.
    """
    addresses = pod_addresses(made.data)
    if addresses is None:
        return
    gateway = desired.gateway.address or _address(desired, 2)
    taken = [ipaddress.IPv4Address(item) for item in (gateway, proxy_address, _address(desired, 1)) if item]
    if clash := next((item for item in taken if addresses.may_give(item)), None):
        raise CniError(f"a pod could be given {clash}, which is taken: {made.plugin} drops what the list says of it")
    if str(addresses.gateway) != gateway:
        fixed = f": {made.plugin} takes the subnet's .2, whatever is written" if made.plugin == "win-bridge" else ""
        raise CniError(
            f"pods would have the gateway {addresses.gateway}, and the gateway endpoint is {gateway}{fixed}",
            next_step=f"Set `gateway_endpoint.address={addresses.gateway}`, or take another plug-in.",
        )


def network_configuration(made: Conflist) -> dict[str, Any]:
    """The one plug-in of a list by itself, as runtimes of before lists read it (Mesos)."""
    (plugin,) = made.data["plugins"]
    return {"cniVersion": SINGLE_VERSION, "name": made.data["name"], **plugin}


def validate_conflist(data: Mapping[str, Any]) -> None:
    """Hold a list against CNI's rules and those of its plug-in.

    Raises:
        CniError: naming every rule that is broken, with its place.
    """
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(_schema()).iter_errors(data), key=lambda error: error.json_path)
    if errors:
        said = "; ".join(f"{error.json_path}: {error.message}" for error in errors)
        raise CniError(f"not a CNI network configuration list: {said}", object=f"conflist {data.get('name', '')}")


@functools.cache
def _schema() -> dict[str, Any]:
    text = resources.files("hnskit.views").joinpath("cni_conflist.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _sdnbridge(desired: Desired, proxy_address: str, _: int) -> Conflist:
    policies = [_outbound_nat_v2(), *(_l4_proxy(one, proxy_address) for one in desired.redirects)]
    plugin = {
        "type": "sdnbridge",
        "capabilities": {"portMappings": True, "dns": True},
        # Without it, sdnbridge drops the range and the gateway, and gives pods addresses that are taken; with it, it
        # hands on what is written, and does not make the network (with the cut that this is).
        "optionalFlags": {"enableDualStack": True},
        "ipam": _ipam(desired, proxy_address),
        "dns": {"nameservers": list(desired.network.dns)},
        "AdditionalArgs": [{"Name": "EndpointPolicy", "Value": hns_json.policy_json(policy)} for policy in policies],
    }
    notes = (_DUAL_STACK_NOTE, *_V2_NOTES, *_common_notes(desired))
    return Conflist("sdnbridge", _list(desired.network.name, plugin), notes)


def _win_bridge(desired: Desired, proxy_address: str, api_version: int) -> Conflist:
    if api_version == 2:
        policies = [_outbound_nat_v2(), *(_l4_proxy(one, proxy_address) for one in desired.redirects)]
        notes: tuple[str, ...] = (*_V2_NOTES, *_common_notes(desired))
    else:
        policies = [hns_json.outbound_nat_policy(), *(_proxy(one, proxy_address) for one in desired.redirects)]
        notes = _common_notes(desired)
    plugin = {
        "type": "win-bridge",
        "apiVersion": api_version,
        "capabilities": {"portMappings": True, "dns": True},
        "ipam": _ipam(desired, proxy_address),
        "dns": {"nameservers": list(desired.network.dns)},
        "policies": [{"name": "EndpointPolicy", "value": hns_json.policy_json(policy)} for policy in policies],
    }
    return Conflist("win-bridge", _list(desired.network.name, plugin), notes)


def _azure(desired: Desired, proxy_address: str, _: int) -> Conflist:
    # An OutBoundNAT without an exception is refused by this plug-in ("OutBoundNAT policy not set").
    nat = hns_json.outbound_nat_policy([desired.network.prefix])
    policies = [nat, *(_proxy(one, proxy_address) for one in desired.redirects)]
    plugin = {
        "type": "azure-vnet",
        "mode": "bridge",
        "bridge": "azure0",
        "capabilities": {"portMappings": True, "dns": True},
        "ipam": {"type": "azure-vnet-ipam"},
        "dns": {"nameservers": list(desired.network.dns)},
        "AdditionalArgs": [{"Name": "EndpointPolicy", "Value": hns_json.policy_json(policy)} for policy in policies],
    }
    notes = (
        "azure-vnet hands a PROXY policy on only where it uses HNS v1 (Docker); with containerd it uses v2 and refuses "
        "every policy that it does not know (network/policy/policy_windows.go), PROXY among them.",
        "Azure's own list blocks 169.254.169.254 by an ACL: leave that out, or give this redirect no effect. Which of "
        "an ACL and a PROXY policy acts first is UNCONFIRMED.",
        "Pods get addresses of the Azure network, not of this bridge: the proxy must be reachable from there.",
    )
    return Conflist("azure", _list("azure", plugin), notes)


_PLUGINS: dict[str, Callable[[Desired, str, int], Conflist]] = {
    "sdnbridge": _sdnbridge,
    "win-bridge": _win_bridge,
    "azure": _azure,
}

_DUAL_STACK_NOTE = (
    "enableDualStack is there for the addresses: only with it sdnbridge gives host-local the range and the gateway as "
    "written. It makes no IPv6, and no network that is missing."
)
_V2_NOTES = (
    "L4Proxy on an endpoint was never seen on a host: that it redirects like the v1 PROXY policy is UNCONFIRMED.",
    "Its keys are spelt as in Microsoft's schema and hns.v2.psm1 (OutboundNat); hcsshim says OutboundNAT, and v2 "
    "refuses a key that it does not know with 0x803B001B (HNS fact 51): UNCONFIRMED which builds want which.",
)


def _common_notes(desired: Desired) -> tuple[str, ...]:
    return (
        f"The network {desired.network.name}, its gateway endpoint and the proxy must be there: "
        "`hnskit apply --part network --part proxy`.",
        "The addresses of the list leave out the gateway endpoint's and the proxy's; HNS itself keeps the subnet's .1.",
    )


def _list(name: str, plugin: dict[str, Any]) -> dict[str, Any]:
    plugin = {key: value for key, value in plugin.items() if value != {"nameservers": []}}
    return {"cniVersion": CNI_VERSION, "name": name, "plugins": [plugin]}


def _ipam(desired: Desired, proxy_address: str) -> dict[str, Any]:
    """host-local's own keys (containernetworking plugins, ipam/host-local); sdnbridge reads subnet and routes, too.

    The range is the longest that has no address which is taken: host-local knows nothing of HNS's endpoints.
    """
    subnet = ipaddress.IPv4Network(desired.network.prefix)
    gateway = desired.gateway.address or _address(desired, 2)
    taken = {int(subnet[0]), int(subnet[1]), int(subnet[-1])}
    taken |= {int(ipaddress.IPv4Address(item)) for item in (gateway, proxy_address, desired.network.gateway) if item}
    edges = sorted(number for number in taken if ipaddress.IPv4Address(number) in subnet)
    first, last = max(
        ((low + 1, high - 1) for low, high in itertools.pairwise(edges)), key=lambda pair: pair[1] - pair[0]
    )
    return {
        "type": "host-local",
        "subnet": str(subnet),
        "rangeStart": str(ipaddress.IPv4Address(first)),
        "rangeEnd": str(ipaddress.IPv4Address(last)),
        "gateway": gateway,
        "routes": [{"dst": "0.0.0.0/0", "gw": gateway}],
    }


def _address(desired: Desired, number: int) -> str:
    return str(ipaddress.IPv4Network(desired.network.prefix)[number])


def _proxy(redirect: DesiredRedirect, address: str) -> Policy:
    return hns_json.proxy_policy(
        f"{address}:{redirect.proxy_port}", redirect.address, redirect.port, redirect.outbound_nat
    )


def _l4_proxy(redirect: DesiredRedirect, address: str) -> Policy:
    v1 = _proxy(redirect, address)
    return Policy("L4Proxy", {**v1.settings, "Protocol": _TCP}, schema=2)


def _outbound_nat_v2() -> Policy:
    return Policy("OutBoundNAT", {}, schema=2)


_TCP = 6  # ProtocolType of hcsshim hcn/hcnpolicy.go
