"""What holds for every node: random pods that come and go, with policies of others on their endpoints."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnskit.applying.api import apply, destroy
from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.emulator.host.containerd.containerd_engine import WantedPod
from hnskit.errors import PreflightError, StepError
from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.objects import Endpoint, Policy
from hnskit.params.desired import Desired, desired_from
from hnskit.params.loading import load_params
from hnskit.planning.setup import plan
from hnskit.remote import hns
from hnskit.remote.session import invoke_calls
from tests.in_process_host import QUICK, HereSession, MemoryJournal
from tests.invariants import differences, not_redirected

PARAMS = Path(__file__).parents[2] / "params" / "pods.example.yaml"
SOME = settings(deadline=None, max_examples=int(os.environ.get("HNSKIT_EXAMPLES", "6")))
APPS = ("web", "worker", "billing")
CHOICES = st.lists(
    st.sampled_from(
        [
            {"namespace": "default", "labels": {"app": "web"}},
            {"name": "worker-*"},
            {"namespace": "default"},
            {"namespace": "d*", "labels": {"app": "billing"}},
            {"namespace": "*"},  # kube-proxy is a HostProcess pod: refused
        ]
    ),
    min_size=1,
    max_size=3,
)
OTHERS = st.sampled_from(
    [
        hns_json.proxy_policy("10.240.1.99:8080", "10.1.2.3", 443),
        hns_json.proxy_policy("10.240.1.99:8080", "169.254.169.254", 8080),
        hns_json.proxy_policy("10.240.1.99:80", "169.254.169.254", 80),  # the same as ours: refused where chosen
        Policy("ACL", {"Action": "Allow", "Direction": "Out", "Protocols": "6", "Priority": 300}),
        Policy("ACL", {"Action": "Block", "Direction": "Out", "RemoteAddresses": "168.63.129.16/32", "Priority": 200}),
    ]
)


class Node:
    """A node with pods, and policies of others on some of their endpoints."""

    def __init__(self, pods: list[str], others: list[tuple[int, Policy]], choices: list[dict[str, Any]]) -> None:
        self.host = create_host("lab", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1, "pods": 2})
        for app in pods:
            self.come(app)
        for number, policy in others:
            there = [item for item in self.host.snapshot().endpoints if item.name.endswith("_cbr0")]
            put(self.host, there[number % len(there)], policy)
        self.journal = MemoryJournal()
        self.choices = choices
        self.desired = self.wanted(choices)
        self.before = self.host.snapshot()

    @staticmethod
    def wanted(choices: list[dict[str, Any]]) -> Desired:
        return desired_from(load_params(PARAMS, overrides=[f"pods={choices!r}"]))

    def come(self, app: str) -> None:
        image = next(name for name in self.host._containerd.images["k8s.io"] if "nanoserver" in name)
        self.host._containerd.run_pod(WantedPod("default", app, app, image, ("ping.exe", "-t", "localhost")))

    def go(self, number: int) -> None:
        """A pod of an application goes, if there is any."""
        there = [item for item in self.host._containerd.sandboxes if item.namespace == "default"]
        if there:
            self.host._containerd.end_pod(there[number % len(there)])

    def apply(self, session: HereSession | None = None) -> int:
        outcome = apply(session or HereSession(self.host), self.desired, made=self.journal.made,
                        journal=self.journal, pace=QUICK)  # fmt: skip
        return outcome.changed

    def destroy(self) -> None:
        destroy(HereSession(self.host), self.desired, made=self.journal.made, journal=self.journal, pace=QUICK)


def put(host: EmulatedHost, endpoint: Endpoint, policy: Policy) -> None:
    list(invoke_calls(HereSession(host), [hns.set_policies("put", endpoint, (*endpoint.policies, policy))]))


def theirs(facts: Facts, desired: Desired, ids: set[str]) -> list[Endpoint]:
    """These endpoints without hnskit's redirects: all that is not its own, in its order."""
    return [
        replace(item, policies=tuple(one for one in item.policies if not _is_ours(one, facts, desired)))
        for item in facts.endpoints
        if item.id in ids
    ]


def _is_ours(policy: Policy, facts: Facts, desired: Desired) -> bool:
    proxy = next(pod for pod in facts.pods if desired.proxy_pod is not None and desired.proxy_pod.takes(pod))
    inside = next(item for item in facts.containers if item.pod_id == proxy.id)
    address = facts.endpoints_of(inside)[0].address
    return policy == hns_json.proxy_policy(f"{address}:80", "169.254.169.254", 80)


nodes = st.builds(
    Node,
    st.lists(st.sampled_from(APPS), max_size=5),
    st.lists(st.tuples(st.integers(0, 9), OTHERS), max_size=4),
    CHOICES,
)


@SOME
@given(node=nodes)
def test_apply_redirects_the_chosen_pods_once_and_destroy_gives_the_host_before(node: Node) -> None:
    """Nothing foreign is touched on the way; what is refused changes nothing."""
    if plan(node.desired, node.before).refused:
        with pytest.raises(PreflightError):
            node.apply()
        assert node.host.snapshot() == node.before
        return
    node.apply()
    after = node.host.snapshot()
    ids = {item.id for item in node.before.endpoints}
    assert list(plan(node.desired, after, made=node.journal.made).pending) == []
    assert theirs(after, node.desired, ids) == theirs(node.before, node.desired, ids)
    assert node.apply() == 0
    assert node.host.snapshot() == after
    node.destroy()
    assert list(differences(node.before, node.host.snapshot())) == []


@SOME
@given(
    node=nodes, moves=st.lists(st.tuples(st.sampled_from(["come", "go"]), st.integers(0, 9)), min_size=1, max_size=4)
)
def test_pods_may_come_and_go_between_runs(node: Node, moves: list[tuple[str, int]]) -> None:
    """The next apply redirects what is there then; destroy leaves no redirect, and the rest as it is."""
    if plan(node.desired, node.before).refused:
        return
    node.apply()
    for move, number in moves:
        if move == "come":
            node.come(APPS[number % len(APPS)])
        else:
            node.go(number)
    now = node.host.snapshot()
    ids = {item.id for item in now.endpoints}
    if not plan(node.desired, now, made=node.journal.made).refused:
        node.apply()
        assert not plan(node.desired, node.host.snapshot(), made=node.journal.made).pending
    node.destroy()
    after = node.host.snapshot()
    assert after.endpoints == tuple(theirs(now, node.desired, ids))
    assert (after.networks, after.pods, after.containers) == (now.networks, now.pods, now.containers)


@SOME
@given(node=nodes, call=st.integers(0, 12), number=st.integers(0, 9))
def test_a_pod_may_go_at_any_call_of_an_apply(node: Node, call: int, number: int) -> None:
    """It ends, or says which choice nothing is left of; a second run ends the work, and destroy gives the rest back."""
    if plan(node.desired, node.before).refused:
        return
    session, seen = HereSession(node.host), [0]

    def at(_: Mapping[str, Any]) -> None:
        seen[0] += 1
        if seen[0] == call + 15:  # after the first snapshot
            node.go(number)

    session.before_call = at
    said = ""
    try:
        node.apply(session)
    except (PreflightError, StepError) as error:
        said = error.message
    if said:
        assert "no ready pod of this host" in said
        node.destroy()
        assert not any(_is_ours(one, node.before, node.desired) for item in node.host.snapshot().endpoints
                       for one in item.policies)  # fmt: skip
        return
    node.apply()
    left = node.host.snapshot()
    assert list(not_more(node.desired, left, node.before)) == []
    node.destroy()
    ids = {item.id for item in left.endpoints}
    assert node.host.snapshot().endpoints == tuple(theirs(node.before, node.desired, ids))


def not_more(desired: Desired, facts: Facts, before: Facts) -> list[str]:
    """What is not as it should be, but for the policies of others, which were there before."""
    bare = {item.id: item.policies for item in before.endpoints}
    own = replace(
        facts,
        endpoints=tuple(
            replace(item, policies=tuple(one for one in item.policies if one not in bare.get(item.id, ())))
            for item in facts.endpoints
        ),
    )
    return list(not_redirected(desired, own))


@SOME
@given(node=nodes)
def test_the_order_of_the_choices_and_of_the_pods_makes_no_difference(node: Node) -> None:
    """The same steps, whatever crictl and HNS list first."""
    turned = replace(
        node.before, pods=node.before.pods[::-1], endpoints=node.before.endpoints[::-1],
        namespaces=node.before.namespaces[::-1], containers=node.before.containers[::-1],
    )  # fmt: skip
    one, other = plan(node.desired, node.before), plan(node.wanted(node.choices[::-1]), turned)
    assert {step.key for step in one.pending} == {step.key for step in other.pending}
    assert {step.title for step in one.refused} == {step.title for step in other.refused}
