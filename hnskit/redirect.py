"""The proxy policies of a client's endpoint: which of them are the redirect, and what the list should be."""

from __future__ import annotations

from collections.abc import Iterable

from hnskit import codec
from hnskit.desired import Desired
from hnskit.errors import HostAnswerError
from hnskit.facts import Facts
from hnskit.model import Endpoint, Policy


def proxy_target(desired: Desired, facts: Facts) -> str:
    """`ip:port` of the proxy, its address looked up on the host; "" while it has no endpoint."""
    there = next(iter(facts.endpoints_named(desired.proxy.endpoint.name)), None)
    return f"{there.address}:{desired.redirect.proxy_port}" if there and there.address else ""


def wanted_policy(desired: Desired, target: str) -> Policy:
    """The proxy policy of every client."""
    redirect = desired.redirect
    return codec.proxy_policy(target, redirect.address, redirect.port, redirect.outbound_nat)


def is_redirected(endpoint: Endpoint, desired: Desired, target: str) -> bool:
    """Whether the endpoint has the wanted policy, once, and no other that claims the same traffic."""
    there = redirecting_policies(endpoint, desired)
    return len(there) == 1 and _same(there[0], wanted_policy(desired, target))


def redirecting_policies(endpoint: Endpoint, desired: Desired) -> tuple[Policy, ...]:
    """The endpoint's proxy policies that claim the redirected traffic, right or wrong."""
    return tuple(policy for policy in endpoint.proxies if _claims(policy, desired))


def policies_with_redirect(endpoint: Endpoint, desired: Desired, target: str) -> tuple[Policy, ...]:
    """The endpoint's whole list with the redirect in it: what others put there stays, the redirect comes last."""
    return (*policies_without_redirect(endpoint, desired), wanted_policy(desired, target))


def policies_without_redirect(endpoint: Endpoint, desired: Desired) -> tuple[Policy, ...]:
    """The endpoint's list without any policy that claims the redirected traffic."""
    return tuple(policy for policy in endpoint.policies if not (policy.is_proxy and _claims(policy, desired)))


def describe(policies: Iterable[Policy]) -> str:
    """Policies as words; keys that mean nothing to HNS are named, since HNS stores them in silence (HNS fact 47)."""
    return "; ".join(_words(policy) for policy in policies)


def _words(policy: Policy) -> str:
    if not policy.is_proxy:
        return policy.type
    try:
        proxy = codec.proxy_settings(policy)
    except HostAnswerError:
        return "PROXY (unreadable)"
    unknown = f" (unknown key {', '.join(proxy.unknown)})" if proxy.unknown else ""
    nat = " NAT" if proxy.outbound_nat else ""
    return f"PROXY {proxy.ip or 'any'}:{proxy.port or 'any'} -> {proxy.destination or 'nowhere'}{nat}{unknown}"


def _claims(policy: Policy, desired: Desired) -> bool:
    """Whether a proxy policy is for the traffic that hnskit redirects, however it is spelt."""
    try:
        proxy = codec.proxy_settings(policy)
    except HostAnswerError:
        return True
    redirect = desired.redirect
    return proxy.ip in ("", redirect.address, f"{redirect.address}/32") and proxy.port in ("", str(redirect.port))


def _same(one: Policy, other: Policy) -> bool:
    try:
        return codec.proxy_settings(one) == codec.proxy_settings(other)
    except HostAnswerError:
        return False
