"""The proxy policies of an endpoint: which of them are hnskit's redirects, and what the list should be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hnskit.errors import HostAnswerError
from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.objects import Endpoint, Policy
from hnskit.model.policies.matching import Flow, match_proxy
from hnskit.model.policies.values import inside
from hnskit.params.desired import Desired, DesiredRedirect
from hnskit.planning.chosen_pods import ChosenPods

REDIRECTS = "redirects"
"""The field of a change of all of an endpoint's redirects: to nothing, it takes them away."""


def proxy_address(desired: Desired, facts: Facts) -> str:
    """The proxy's address, looked up on the host; "" while it has no endpoint on the network.

    `facts` are those of `PlanningContext` (or `seen_by`): they have a proxy's endpoint made by hand by its wanted name.
    """
    if desired.proxy_pod is not None:
        proxy = ChosenPods(desired, facts).proxy
        return proxy.endpoint.address if proxy is not None and proxy.endpoint is not None else ""
    if not desired.has_own_proxy:
        return desired.proxy.endpoint.address
    networks = {network.id.lower() for network in facts.networks_named(desired.network.name)}
    named = facts.endpoints_named(desired.proxy.endpoint.name)
    return next((item.address for item in named if item.network_id.lower() in networks), "")


def redirects_of(desired: Desired, name: str) -> tuple[DesiredRedirect, ...]:
    """Return the redirects of the endpoint of this name: none for the proxy's and the gateway's."""
    client = next((item for item in desired.clients if item.endpoint.name == name), None)
    return client.redirects if client else ()


def is_redirected(endpoint: Endpoint, desired: Desired, facts: Facts, address: str) -> bool:
    """Tell whether the endpoint has each wanted policy to this address once, and no other for the same traffic."""
    there = list(managed_policies(endpoint, desired, facts))
    for redirect in redirects_of(desired, endpoint.name):
        wanted = redirect_policy(redirect, address)
        same = next((policy for policy in there if is_same(policy, wanted)), None)
        if same is None:
            return False
        there.remove(same)
    return not there


def managed_policies(endpoint: Endpoint, desired: Desired, facts: Facts) -> tuple[Policy, ...]:
    """The endpoint's proxy policies that are hnskit's business, right or wrong.

    Those that claim redirected traffic, and those of a redirect that is no longer wanted: they lead to the proxy, or
    take a redirected address to where the proxy once was. On the proxy's own endpoint and the gateway's every
    redirect of any client counts: it sends the proxy's requests to itself.
    """
    redirects = redirects_of(desired, endpoint.name) or desired.redirects
    return tuple(
        policy
        for policy in endpoint.proxies
        if any(claiming(policy, redirect) for redirect in redirects) or _was_ours(policy, desired, facts)
    )


def pod_policies(endpoint: Endpoint, redirects: Iterable[DesiredRedirect]) -> tuple[Policy, ...]:
    """Proxy policies of a CNI's endpoint for exactly what is redirected; whoever put them there."""
    asked = {(one.address, str(one.port)) for one in redirects}
    return tuple(policy for policy in endpoint.proxies if _claimed(policy) in asked)


def _claimed(policy: Policy) -> tuple[str, str] | None:
    """The address and port of a policy; None of one that cannot be read."""
    try:
        proxy = hns_json.proxy_settings(policy)
    except HostAnswerError:
        return None
    return proxy.ip.removesuffix("/32"), proxy.port


def pod_policies_with(endpoint: Endpoint, redirects: Iterable[DesiredRedirect], address: str) -> tuple[Policy, ...]:
    """A CNI's endpoint's whole list with these redirects last; every other policy stays as and where it is."""
    redirects = tuple(redirects)
    ours = pod_policies(endpoint, redirects)
    kept = (policy for policy in endpoint.policies if policy not in ours)
    return (*kept, *(redirect_policy(redirect, address) for redirect in redirects))


def wider_policies(
    endpoint: Endpoint, desired: Desired, facts: Facts, own: Sequence[DesiredRedirect] = ()
) -> tuple[Policy, ...]:
    """Proxy policies for more than a redirect, and for that too: which of the two acts is UNCONFIRMED (HNS fact 45).

    They are somebody else's: hnskit makes none for a whole prefix. `own` are the redirects of a pod, else those of the
    endpoint's name count.
    """
    network = next((item for item in facts.networks if item.id.lower() == endpoint.network_id.lower()), None)
    redirects = own or redirects_of(desired, endpoint.name) or desired.redirects
    asked = [Flow(redirect.address, redirect.port) for redirect in redirects]
    managed = pod_policies(endpoint, own) if own else managed_policies(endpoint, desired, facts)
    return tuple(
        policy
        for policy in endpoint.proxies
        if policy not in managed and any(match_proxy(policy, one, network).matched for one in asked)
    )


def policies_with_redirects(endpoint: Endpoint, desired: Desired, facts: Facts) -> tuple[Policy, ...]:
    """The endpoint's whole list as it should be: what others put there stays, the redirects come last."""
    address = proxy_address(desired, facts)
    wanted = (redirect_policy(redirect, address) for redirect in redirects_of(desired, endpoint.name))
    return (*policies_without_redirects(endpoint, desired, facts), *wanted)


def policies_without_redirects(endpoint: Endpoint, desired: Desired, facts: Facts) -> tuple[Policy, ...]:
    """The endpoint's list without any policy that is hnskit's."""
    managed = managed_policies(endpoint, desired, facts)
    return tuple(policy for policy in endpoint.policies if policy not in managed)


def redirect_policy(redirect: DesiredRedirect, address: str) -> Policy:
    """The policy that sends what is redirected to the proxy at an address."""
    target = f"{address}:{redirect.proxy_port}"
    return hns_json.proxy_policy(target, redirect.address, redirect.port, redirect.outbound_nat)


def claiming(policy: Policy, redirect: DesiredRedirect) -> bool:
    """Tell whether a proxy policy is for the traffic of a redirect, however it is spelt."""
    try:
        proxy = hns_json.proxy_settings(policy)
    except HostAnswerError:
        return True  # it cannot be told from a redirect that went wrong
    same_address = proxy.ip in ("", redirect.address, f"{redirect.address}/32")
    return same_address and proxy.port in ("", str(redirect.port))


def _was_ours(policy: Policy, desired: Desired, facts: Facts) -> bool:
    """Tell whether a policy leads to the proxy, or a redirected address to a free place on the network."""
    try:
        proxy = hns_json.proxy_settings(policy)
    except HostAnswerError:
        return False
    if proxy.target is None:
        return False
    address = proxy.target[0]
    if not desired.has_network:
        return False
    if address == proxy_address(desired, facts):
        return True
    if proxy.ip.removesuffix("/32") not in desired.redirected_addresses:
        return False
    if not inside(address, [desired.network.prefix]):
        return False
    names = {endpoint.name for endpoint in desired.endpoints}
    return all(holder.name in names for holder in facts.endpoints_at(address))


def is_same(one: Policy, other: Policy) -> bool:
    """Tell whether two proxy policies say the same, however they are spelt."""
    try:
        return hns_json.proxy_settings(one) == hns_json.proxy_settings(other)
    except HostAnswerError:
        return False
