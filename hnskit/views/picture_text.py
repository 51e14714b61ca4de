"""Words and signs for an endpoint and its policies in a picture."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hnskit.errors import HostAnswerError
from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.facts.differences import SIGNS
from hnskit.facts.host_facts import Facts
from hnskit.model.hns_json import ProxySettings, proxy_settings
from hnskit.model.objects import Container, Endpoint, Network, Policy
from hnskit.model.policies.v1_v2 import kind_of
from hnskit.model.wording import describe_policy, state_word


def readable_proxies(endpoint: Endpoint) -> list[ProxySettings]:
    """Read an endpoint's PROXY policies, leaving aside those that are not readable."""
    found = []
    for policy in endpoint.proxies:
        try:
            found.append(proxy_settings(policy))
        except HostAnswerError:
            continue
    return found


def state_text(endpoint: Endpoint) -> str:
    """Name the state, where the snapshot has one."""
    return state_word(endpoint.state) if endpoint.state_known else ""


def other_redirects(policies: Iterable[Policy], *, of_network: bool = False) -> list[Policy]:
    """Redirects of another kind than an endpoint's PROXY: L4WFPPROXY, and L4Proxy, which a network may have, too.

    Where they lead is not drawn: that they redirect, and how, was not seen on any host (HNS facts 51, 54).
    """
    return [
        policy
        for policy in policies
        if kind_of(policy) == "L4WFPPROXY" or (kind_of(policy) == "PROXY" and (of_network or not policy.is_proxy))
    ]


def describe_network(facts: Facts, network: Network, members: int) -> str:
    """Describe a network in a line: name, type, subnets, and how many endpoints it has as far as that is known."""
    subnets = ", ".join(subnet.prefix for subnet in network.subnets)
    about = " ".join(part for part in (network.type, subnets) if part)
    count = f"{members} endpoints"
    if not facts.knows("endpoints"):
        printed = "endpoint_count" not in network.unread
        count = f"{network.endpoint_count} endpoints" if printed else f"{count} in this dump" if members else ""
    name = network.name or network.id or "(no name)"
    return f"network {name}" + (f" ({about})" if about else "") + (f": {count}" if count else "")


def describe_stray(facts: Facts) -> tuple[str, str]:
    """Return the heading of endpoints whose network is not listed, and its style: a warning where that is known."""
    if facts.knows("networks"):
        return "endpoints of a network that is gone", "w"
    return "endpoints of a network that was not read", "q"


def lonely_containers(facts: Facts, owners: CompartmentOwners) -> list[Container]:
    """List the containers that no endpoint serves, by name; the containers of a pod share its endpoint."""
    served = {item.pod_id or item.id for endpoint in facts.endpoints if (item := owners.of_endpoint(endpoint))}
    found = (item for item in facts.containers if (item.pod_id or item.id) not in served)
    return sorted(found, key=lambda item: item.name)


def describe_lonely(facts: Facts) -> str:
    """Return what is said of a container with no endpoint in the list; "" where the list need not be whole."""
    return "without an HNS endpoint" if facts.knows("endpoints") else ""


def describe_proxy(facts: Facts, known: ProxySettings | None, first: ProxySettings) -> tuple[str, str]:
    """Describe a redirect, or warn of one to an address that no listed endpoint has."""
    if known is not None:
        return f"PROXY {known.ip}:{known.port}", ""
    if facts.knows("endpoints") or not first.target:
        return "", "redirected nowhere"
    return "", f"redirected to {first.target[0]}, not in this dump"


def describe_others(policies: Iterable[Policy]) -> str:
    """Describe redirects that are not drawn, for the end of a line."""
    return "".join(f", {describe_policy(policy)} (another kind of redirect, UNCONFIRMED)" for policy in policies)


def has_redirects(facts: Facts, network: Network) -> bool:
    """Tell whether an endpoint of the network has a PROXY policy."""
    return any(item.proxies for item in facts.endpoints if item.network_id.lower() == network.id.lower())


def natural_key(name: str) -> list[tuple[int, str]]:
    """A key that sorts `client2` before `client10`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def signed(text: str, mark: str) -> str:
    """A mark is a sign, too: colour alone is not seen by everybody, nor in print."""
    return f"{SIGNS[mark]} {text}" if mark in SIGNS else text  # type: ignore[index]


def arrow_tip(x: int, y: int, way: int) -> str:
    """An arrow's head whose point is at (x, y); `way` 1 to the right, -1 to the left."""
    return f'<path class="tip" d="M{x} {y}l{-9 * way} -5v10z"/>'
