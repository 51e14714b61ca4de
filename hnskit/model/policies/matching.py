"""Match a connection against the policies of an endpoint.

Pure: a policy and a connection in, a `Match` with its sentence out. What is taken from a guess says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from hnskit.errors import HostAnswerError
from hnskit.model import hns_json
from hnskit.model.objects import VFP_NETWORKS, Network, Policy
from hnskit.model.policies.protocols import ANY, NUMBERS
from hnskit.model.policies.proxies import WfpProxy
from hnskit.model.policies.values import address_problem, inside

_FIRST_CHOSEN_PORT = 49152  # Windows chooses the asker's port from here on
_ANY = ("", "0", ANY)  # how an ACL says any protocol


@dataclass(frozen=True, slots=True)
class Flow:
    """A connection that a program asks for."""

    destination: str
    port: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{self.destination}:{self.port}"


@dataclass(frozen=True, slots=True)
class Match:
    """The effect of a policy on a connection."""

    matched: bool
    sentence: str
    fact: str
    confirmed: bool = True
    target: tuple[str, int] | None = None
    """Address and port that a proxy policy redirects to."""


def without_vfp(network: Network | None, policy: str = "the proxy policy") -> Match | None:
    """Say why no policy of VFP is carried out on a network where VFP is the engine: its switch extension is off.

    None where it is on, or where the host did not say. What Windows does with it off is UNCONFIRMED.
    """
    if network is None or not network.is_type(*VFP_NETWORKS) or network.vfp_enabled is not False:
        return None
    words = f"{policy} does nothing: the Azure VFP switch extension of {network.name} is off"
    return Match(False, words, "HNS facts 20, 49", confirmed=False)


def match_proxy(policy: Policy, connection: Flow, network: Network | None) -> Match:
    """A v1 PROXY policy (HNS facts 44-49, 54b)."""
    if network is not None and not network.is_type(*VFP_NETWORKS):
        return Match(
            False,
            f"the proxy policy does nothing: {network.name} is a {network.type} network, where VFP is not the engine",
            "HNS fact 49",
        )
    try:
        settings = hns_json.proxy_settings(policy)
    except HostAnswerError as problem:
        return Match(False, f"the proxy policy cannot be read: {problem.message}", "HNS fact 44", confirmed=False)
    if settings.unknown:
        # Seen with OutboundNat misspelt; that any other unknown key has the same effect is a guess.
        seen = any(hns_json.likely_proxy_key(key) == "OutboundNat" for key in settings.unknown)
        return Match(False, _unknown_keys(settings.unknown), "HNS fact 47", confirmed=seen)
    if network is None:
        return Match(False, "the proxy policy's network is not in the snapshot", "HNS fact 49", confirmed=False)
    if settings.protocol and settings.protocol != NUMBERS.get(connection.protocol):
        said = f"the proxy policy is for protocol {settings.protocol}, not {connection.protocol}"
        return Match(False, said, "HNS fact 51", confirmed=False)
    if connection.protocol != "tcp" and not settings.protocol:
        return Match(False, "a v1 proxy policy names no protocol; only TCP was ever seen", "HNS fact 54b", False)
    if settings.target is None or address_problem(settings.target[0]):
        said = repr(settings.destination) if settings.destination else "missing"
        return Match(False, f"the proxy policy's Destination is {said}, not ip:port", "HNS fact 49", confirmed=False)
    if settings.ip and not inside(connection.destination, [settings.ip]):
        return Match(False, f"the proxy policy is for {settings.ip}, not {connection.destination}", "HNS fact 48")
    if settings.port and settings.port != str(connection.port):
        return Match(False, f"the proxy policy is for port {settings.port}, not {connection.port}", "HNS fact 48")
    if inside(connection.destination, settings.exceptions):
        return Match(
            False, f"{connection.destination} is in the proxy policy's ExceptionList", "HNS fact 44", confirmed=False
        )
    if not settings.outbound_nat:
        # One run is all there is: with OutboundNat misspelt, so without it, it did not redirect.
        words = "the proxy policy has no OutboundNat; in the one captured run without it nothing was redirected"
        return Match(False, words, "HNS fact 47", confirmed=False)
    address, port = settings.target
    whole = bool(settings.ip and settings.port)  # all but Type may be left out, what it then means is a guess
    return Match(
        True,
        f"the proxy policy redirects {connection} to {address}:{port}",
        "HNS fact 48",
        confirmed=whole,
        target=(address, port),
    )


def match_wfp(policy: Policy, connection: Flow, way: Literal["outbound", "inbound"]) -> Match:
    """An L4WFPPROXY, another kind of redirect: to a port of the container itself (HNS fact 54).

    Its fields and limits are documented, and no host was seen with one. So a match says that it may act, and has no
    target. Whom its UserSID leaves alone a snapshot does not tell; whose addresses the inbound exceptions are,
    the caller's or the container's, is UNCONFIRMED, and they are left aside.
    """
    said, outbound, fact = WfpProxy.read(policy), way == "outbound", "HNS fact 54"
    port = said.outbound_port if outbound else said.inbound_port
    if connection.protocol != "tcp":
        return Match(False, "the L4WFPPROXY is for TCP only", fact)
    if not port:
        return Match(False, f"the L4WFPPROXY has no port for {way} connections", fact)
    ports = said.outbound_ports if outbound else said.inbound_ports
    if str(connection.port) in ports or (outbound and inside(connection.destination, said.outbound_addresses)):
        return Match(False, f"{connection} is an {way} exception of the L4WFPPROXY", fact, confirmed=False)
    # What is asked for is the remote side of an outbound connection, and the local one of an inbound connection.
    hosts = _values(said.remote_addresses if outbound else said.local_addresses)
    numbers = _values(said.remote_ports if outbound else said.local_ports)
    here = not hosts or inside(connection.destination, hosts)
    if not here or (numbers and not any(_port_inside(connection.port, item) for item in numbers)):
        return Match(False, f"the L4WFPPROXY's filter is not for {connection}", fact, confirmed=False)
    words = f"an L4WFPPROXY may take it to port {port} of the container itself: that is not traced"
    return Match(True, words, fact, confirmed=False)


def is_acl(policy: Policy) -> bool:
    """Tell whether it is an ACL."""
    return policy.type.upper() == "ACL"


def blocking_acl(
    policies: Iterable[Policy],
    direction: str,
    connection: Flow,
    remote: str,
    *,
    local: str = "",
    default_deny: bool = False,
) -> tuple[Policy, Match] | None:
    """The ACL that stops a connection, or None: of those that match, the one with the lowest Priority decides.

    Args:
        policies: an endpoint's, in order.
        direction: `Out` at the source, `In` at the target.
        connection: as it passes that port.
        remote: the other side's address.
        local: the endpoint's own; "" where it is not known, and then rules by local address match.
        default_deny: whether what goes out and matches no ACL is blocked as soon as there is any
            (`hns_features.denies_by_default`).

    Order between ACLs of the same priority, and between ACL and PROXY, is UNCONFIRMED.
    """
    acls = [item for item in policies if is_acl(item)]
    rules = [item for item in acls if str(item.settings.get("Direction", "")).lower() == direction.lower()]
    for rule in sorted(rules, key=_priority):
        if _acl_matches(rule, direction, connection, remote, local):
            if str(rule.settings.get("Action", "")).lower() != "block":
                return None
            words = f"an ACL (Priority {rule.settings.get('Priority', 'none')}) blocks {direction.lower()} {connection}"
            return rule, Match(True, words, "HNS fact 43", confirmed=False)
    if acls and default_deny and direction == "Out":
        words = f"no ACL allows out {connection}, and on Server 2025 an endpoint with any ACL denies what none allows"
        return acls[0], Match(True, words, "microsoft/Windows-Containers#616")
    return None


def outbound_nat_covers(policies: Iterable[Policy], destination: str, network: Network | None = None) -> Match:
    """Tell whether OutBoundNAT gives what goes to `destination` the host's address (HNS facts 43, 86)."""
    rules = [policy for policy in policies if policy.type.upper() in ("OUTBOUNDNAT", "LOOPBACKDSR")]
    if not rules:
        return Match(False, "the endpoint has no OutBoundNAT policy: replies find no way back", "HNS fact 86")
    if off := without_vfp(network, "OutBoundNAT"):
        return replace(off, sentence=f"{off.sentence}, and replies find no way back")
    about = [rule for rule in rules if not (only := nat_destinations(rule)) or inside(destination, only)]
    if not about:
        named = ", ".join(place for rule in rules for place in nat_destinations(rule))
        said = f"the endpoint's OutBoundNAT is for {named} alone: replies find no way back"
        return Match(False, said, "containerd fact 57", confirmed=False)
    if nat_destinations(about[0]):
        said = f"OutBoundNAT for {destination} (a LoopbackDSR of the CNI's) gives it the node's address as source"
        return Match(True, said, "containerd fact 57", confirmed=False)
    exceptions = _values(about[0].settings.get("ExceptionList"))
    if inside(destination, exceptions):
        return Match(False, f"{destination} is in OutBoundNAT's ExceptionList: replies find no way back", "HNS fact 43")
    return Match(True, "OutBoundNAT gives it the host's address as source", "HNS fact 86")


def nat_destinations(policy: Policy) -> list[str]:
    """The places that an OutBoundNAT is for; [] of one for everywhere, and of any other policy.

    Azure's CNI makes such a one of `LoopbackDSR` (containerd fact 57); that HNS may print that type, too, is taken into
    account.
    """
    if policy.type.upper() == "LOOPBACKDSR":
        return _values(policy.settings.get("IPAddress"))
    return _values(policy.settings.get("Destinations")) if policy.type.upper() == "OUTBOUNDNAT" else []


def _unknown_keys(keys: tuple[str, ...]) -> str:
    words = []
    for key in keys:
        near = hns_json.likely_proxy_key(key)
        words.append(f"{key} (was {near} meant?)" if near else key)
    return f"the proxy policy has a key that HNS stored and does not know: {', '.join(words)}"


def _priority(policy: Policy) -> int:
    value = policy.settings.get("Priority")
    return value if isinstance(value, int) else 65_500


def _acl_matches(policy: Policy, direction: str, connection: Flow, remote: str, local: str) -> bool:
    settings = policy.settings
    protocol = _values(settings.get("Protocols", settings.get("Protocol")))
    if protocol and not set(protocol) & {NUMBERS.get(connection.protocol, "?"), *_ANY}:
        return False
    addresses = _values(settings.get("RemoteAddresses", settings.get("RemoteAddress")))
    if addresses and not inside(remote, addresses):
        return False
    own = _values(settings.get("LocalAddresses", settings.get("LocalAddress")))
    if own and local and not inside(local, own):
        return False
    asked, chosen = ("Remote", "Local") if direction == "Out" else ("Local", "Remote")
    ports = _values(settings.get(f"{asked}Ports", settings.get(f"{asked}Port")))
    theirs = _values(settings.get(f"{chosen}Ports", settings.get(f"{chosen}Port")))
    # The asker's own port is chosen by its system: a rule for another one is never about it.
    if theirs and not any(_range(item)[1] >= _FIRST_CHOSEN_PORT for item in theirs):
        return False
    return not ports or any(_port_inside(connection.port, item) for item in ports)


def _values(value: Any) -> list[str]:
    # Text with commas, a list, or one number (HNS fact 43).
    if value is None or value == "":
        return []
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
    return [str(item).strip() for item in items if str(item).strip()]


def _port_inside(port: int, item: str) -> bool:
    low, high = _range(item)
    return low <= port <= high


def _range(item: str) -> tuple[int, int]:
    """First and last port; none at all for text that is not a port."""
    first, _, last = item.partition("-")
    return (int(first), int(last if last.isdigit() else first)) if first.isdigit() else (1, 0)
