"""Policies of others' hosts and files are listed, shown and compared, whatever they are."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hnskit.errors import HostAnswerError
from hnskit.facts.anything import load_facts
from hnskit.model.objects import Endpoint, Network, Policy
from hnskit.model.policies import v1_v2, values
from hnskit.model.wording import describe_policy
from hnskit.policy_editing import editing as policies
from hnskit.policy_editing.editing import OutboundNat, RouteVia
from tests import sample_facts
from tests.policy_editing.policy_hosts import RULE, WFP

SAMPLES = Path(__file__).parents[1] / "samples" / "hns"


def test_every_policy_of_the_public_samples_is_listed() -> None:
    """Each with words, and those that can be set are read as what they say."""
    facts = load_facts(SAMPLES)
    found = policies.list_policies(facts)
    owners: tuple[Endpoint | Network, ...] = (*facts.endpoints, *facts.networks)
    assert len(found) == sum(len(item.policies) for item in owners) >= 30
    assert all(item.description.startswith(item.policy.type) for item in found)
    for item in found:
        spec = policies.read_spec(item.policy)
        kept = spec is None or v1_v2.kind_of(spec.policy()) == v1_v2.kind_of(item.policy)
        assert kept, item


TYPES = [
    "PROXY", "L4Proxy", "L4WFPPROXY", "OutBoundNAT", "ROUTE", "SDNRoute", "ACL", "NAT", "PortMapping", "QOS", "PA", "",
]  # fmt: skip


KEYS = [
    "IP", "Port", "Destination", "OutboundNat", "ExceptionList", "Protocol", "Protocols", "FilterTuple",
    "UserSID", "OutboundProxyPort", "InboundExceptions", "DestinationPrefix", "NeedEncap", "Priority", "Action",
    "RemotePorts", "PA", "VIP",
]  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["10.0.0.0/8", "1.2.3.4:80"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)


ANY_POLICY = st.builds(
    Policy, st.sampled_from(TYPES), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5), st.sampled_from([1, 2])
)


@settings(max_examples=300, deadline=None)
@given(ANY_POLICY, ANY_POLICY)
def test_whatever_a_host_prints_is_shown_compared_and_judged(one: Policy, other: Policy) -> None:
    """Nothing raises but what says that a key has another type; comparing is an equivalence over both forms."""
    assert describe_policy(one).startswith(one.type or "(no type)")
    assert v1_v2.same(one, one)
    assert v1_v2.same(one, other) == v1_v2.same(other, one)
    assert v1_v2.same(v1_v2.flat(one), one)
    assert v1_v2.same(v1_v2.settings_form(one), one)
    owner = replace(sample_facts.endpoint("web", "10.0.1.20", None), policies=(one, other))
    facts = replace(sample_facts.complete(), endpoints=(owner,), hns_version=(13, 3))
    assert len(policies.list_policies(facts, owners=[owner])) == 2
    for spec in (RULE, WFP, OutboundNat(), RouteVia("10.0.0.0/8")):
        assert len(policies.plan(facts, [policies.add(owner, spec)]).steps) == 1
    try:
        read = policies.read_spec(one)
    except HostAnswerError:
        return
    if read is not None:
        read.mistakes()
    left = policies.remove(owner, one).applied(owner.policies)
    assert len(left) == 1


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=24) | st.from_regex(r"[0-9.:/\[\]S-]{1,24}", fullmatch=True))
def test_what_is_accepted_as_a_value_is_one(text: str) -> None:
    """Each check against an independent reading; nothing raises on any text."""
    if not values.port_problem(text):
        assert 0 < int(text) < 65536
    if not values.target_problem(text):
        address, port = text.split(":")
        assert ipaddress.IPv4Address(address).packed
        assert 0 < int(port) < 65536
    if not values.prefix_problem(text):
        ipaddress.IPv4Network(text)
    if not values.sid_problem(text):
        assert re.fullmatch(r"S-1-[0-9]+(-[0-9]+)+", text)
    if not values.ports_problem(text):
        assert all(part.split("-")[0].strip().isdigit() for part in text.split(","))
    values.protocols_problem(text)
    values.prefixes_problem(text.split(","))
