"""Judge from a snapshot whether a host can have a policy, and whether it would do harm there."""

from __future__ import annotations

from dataclasses import dataclass

from hnskit.errors import HostAnswerError
from hnskit.facts.capabilities import can, lacks
from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.facts.host_facts import Facts
from hnskit.model.hns_features import Feature
from hnskit.model.objects import VFP_NETWORKS, Endpoint, Network, Policy
from hnskit.model.policies import v1_v2
from hnskit.model.policies.kinds import PROXIES, Kind
from hnskit.model.policies.other_policies import Acl, OutboundNat, RouteVia
from hnskit.model.policies.proxies import ProxyRule, WfpProxy
from hnskit.model.policies.specs import Spec
from hnskit.remote.hcn import On

PolicyTarget = Endpoint | Network

_FEATURES = {
    ("endpoint", Kind.PROXY): Feature.PROXY,
    ("endpoint", Kind.L4PROXY): Feature.V2_API,
    ("network", Kind.L4PROXY): Feature.L4_PROXY_NETWORK,
    ("endpoint", Kind.L4WFPPROXY): Feature.L4_WFP_PROXY,
}
_PROTOCOL_252 = "252"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement on a policy for an object."""

    refusal: str = ""
    """Reason why it must not be set; "" if it may."""
    notes: tuple[str, ...] = ()
    """Warnings for the operator."""


def on_of(owner: PolicyTarget) -> On:
    """`endpoint` or `network`."""
    return "network" if isinstance(owner, Network) else "endpoint"


def choose_kind(facts: Facts, on: str) -> Kind:
    """The kind of a redirect to `ip:port`, by what the host's HNS can do (HNS fact 60).

    On an endpoint it is PROXY wherever there is one: the only kind that was seen at work on a host (HNS facts 44, 45),
    and it works from RS4 to today; L4Proxy is v2's word for the same. On a network there is L4Proxy only. What the host
    has not is refused when the policy is judged.

    Args:
        facts: from `gather_facts`.
        on: `endpoint` or `network`.

    Returns:
        PROXY or L4Proxy.
    """
    if on == "network":
        return Kind.L4PROXY
    return Kind.L4PROXY if not can(facts, Feature.PROXY) and can(facts, Feature.V2_API) else Kind.PROXY


def judge(facts: Facts, owner: PolicyTarget, spec: Spec, others: tuple[Policy, ...]) -> Judgement:
    """Tell whether a policy may be put on an object that has these others."""
    where = on_of(owner)
    if where == "network" and spec.kind is not Kind.L4PROXY:
        return Judgement(f"{spec.kind} is a policy of an endpoint: on a network there is L4Proxy only")
    feature = _FEATURES.get((where, spec.kind))
    if feature is not None and (missing := lacks(facts, feature)):
        return Judgement(missing)
    if isinstance(owner, Endpoint) and owner.remote:
        return Judgement("it is a remote endpoint: its traffic does not pass this host's port")
    if isinstance(spec, ProxyRule):
        return _judge_redirect(facts, owner, spec, others)
    if isinstance(spec, WfpProxy):
        return _judge_wfp(facts, owner, others)
    if isinstance(spec, Acl):
        return _judge_acl(facts, spec)
    return _judge_single(spec, others)


def _judge_redirect(facts: Facts, owner: PolicyTarget, spec: ProxyRule, others: tuple[Policy, ...]) -> Judgement:
    network = _network_of(facts, owner)
    if network is not None and not network.is_type(*VFP_NETWORKS):
        return Judgement(
            f"{network.name} is a {network.type} network: a proxy policy works where VFP is the engine, on L2Bridge, "
            "L2Tunnel and Overlay (HNS fact 49)"
        )
    if clash := _claimed(spec, others):
        return Judgement(clash)
    if loop := _loop(facts, owner, spec):
        return Judgement(loop)
    notes = []
    if network is None:
        notes.append("its network is not in the snapshot, so whether VFP is its engine is not known")
    elif network.vfp_enabled is False:
        notes.append(f"VFP is off on {network.name}: the policy does nothing until it is on")
    holders = facts.endpoints_at(spec.target)
    if not holders:
        notes.append(f"no endpoint of this host holds {spec.target}")
    if isinstance(owner, Endpoint) and not owner.attached and owner.state_known:
        notes.append("the endpoint is not attached: the policy acts when it is")
    if isinstance(owner, Endpoint) and _hyperv(facts, owner):
        notes.append("its container is isolated by Hyper-V, where no proxy policy was ever seen at work: UNCONFIRMED")
    if spec.kind is Kind.L4PROXY:
        notes.append("no print of a host with L4Proxy is known: how it works is UNCONFIRMED (HNS fact 51)")
    if not spec.outbound_nat:
        notes.append("without OutboundNat nothing was redirected in the one run that is known (HNS fact 47)")
    return Judgement(notes=tuple(notes))


def _claimed(spec: ProxyRule, others: tuple[Policy, ...]) -> str:
    """Tell whether another policy claims the same traffic already."""
    for policy in others:
        if v1_v2.kind_of(policy) != "PROXY":
            continue
        try:
            there = ProxyRule.read(policy)
        except HostAnswerError:
            continue
        if _bare(there.ip) == _bare(spec.ip) and there.port == spec.port and there.protocol == spec.protocol:
            what = f"{there.ip or 'any address'}:{there.port or '*'}"
            return f"{what} is redirected to {there.destination or 'nowhere'} already: change that policy, or remove it"
    return ""


def _bare(prefix: str) -> str:
    return prefix.removesuffix("/32")


def _loop(facts: Facts, owner: PolicyTarget, spec: ProxyRule) -> str:
    """Tell whether the proxy's own traffic would be redirected to itself (HNS fact 54b)."""
    holders = facts.endpoints_at(spec.target)
    if isinstance(owner, Network):
        inside = [item for item in holders if item.network_id.lower() == owner.id.lower()]
        if inside and spec.target not in spec.exceptions:
            return (
                f"the proxy {inside[0].name} is on {owner.name} itself, so what it sends would be redirected to it "
                f"again; put the policy on each client's endpoint, or make {spec.target} an exception (what an "
                "exception stands for is UNCONFIRMED)"
            )
        return ""
    if owner.address and owner.address == spec.target:
        return f"the endpoint is the proxy's own ({spec.target}): what it sends would be redirected to it again"
    same = [
        item
        for item in holders
        if owner.attached and item.attached and owner.compartment_id and item.compartment_id == owner.compartment_id
    ]
    if same:
        return (
            f"the proxy {same[0].name} is in the same compartment ({owner.compartment_id}), so it would be redirected "
            "to itself (UNCONFIRMED, HNS fact 54b); for a proxy inside the client there is L4WFPPROXY"
        )
    return ""


def _judge_wfp(facts: Facts, owner: PolicyTarget, others: tuple[Policy, ...]) -> Judgement:
    if any(v1_v2.kind_of(policy) == "L4WFPPROXY" for policy in others):
        return Judgement("it has an L4WFPPROXY already, and there is one proxy for a container or pod: change that one")
    if isinstance(owner, Endpoint) and _hyperv(facts, owner):
        return Judgement("its container is isolated by Hyper-V, and L4WFPPROXY works in process isolation only")
    return Judgement(notes=("no print of a host with L4WFPPROXY is known: how it works is UNCONFIRMED (HNS fact 54)",))


def _judge_acl(facts: Facts, spec: Acl) -> Judgement:
    lists = (spec.protocols, spec.local_addresses, spec.remote_addresses, spec.local_ports, spec.remote_ports)
    if any("," in text or "-" in text for text in lists) and (missing := lacks(facts, Feature.ACL_LISTS)):
        return Judgement(missing)
    if _PROTOCOL_252 in spec.protocols.split(",") and (missing := lacks(facts, Feature.ACL_PROTOCOL_252)):
        return Judgement(missing)
    return Judgement()


def _judge_single(spec: OutboundNat | RouteVia, others: tuple[Policy, ...]) -> Judgement:
    if isinstance(spec, OutboundNat):
        if any(v1_v2.kind_of(policy) == "OUTBOUNDNAT" for policy in others):
            return Judgement("it has an OutBoundNAT already: change that one")
        return Judgement()
    for policy in others:
        if v1_v2.kind_of(policy) == "ROUTE" and RouteVia.read(policy).prefix == spec.prefix:
            return Judgement(f"it has a ROUTE for {spec.prefix} already: change that one")
    return Judgement()


def is_proxy(policy: Policy) -> bool:
    """Tell whether this is a proxy policy of any kind: PROXY, L4Proxy, L4WFPPROXY."""
    return v1_v2.kind_of(policy) in PROXIES


def _network_of(facts: Facts, owner: PolicyTarget) -> Network | None:
    if isinstance(owner, Network):
        return owner
    return next((item for item in facts.networks if item.id.lower() == owner.network_id.lower()), None)


def _hyperv(facts: Facts, endpoint: Endpoint) -> bool:
    container = CompartmentOwners(facts).of_endpoint(endpoint)
    return container is not None and container.isolation.lower() == "hyperv"
