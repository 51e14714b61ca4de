"""explain, of pods: by the pod's own endpoint, and by the host's network where it has none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hnskit.diagnosis.explaining import Explainer
from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.errors import SelectionError
from hnskit.model.objects import Policy
from hnskit.policy_editing.selecting import find_endpoints

METADATA = "169.254.169.254"


@pytest.fixture
def node() -> EmulatedHost:
    return create_host("node", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1})


def test_a_pod_asks_by_its_own_endpoint(node: EmulatedHost) -> None:
    facts = node.snapshot()
    explainer = Explainer(facts)
    explanation = explainer.explain(explainer.source("web"), METADATA, port=80)
    assert explanation.trace.verdict.code == "on-link"


def test_a_policy_on_the_endpoint_of_a_pod_redirects_it(node: EmulatedHost) -> None:
    facts = node.snapshot()
    (endpoint,) = facts.endpoints_of(facts.containers_called("web")[0])
    (proxy,) = facts.endpoints_of(facts.containers_called("metadata-proxy")[0])
    policy = {"Type": "PROXY", "IP": METADATA, "Port": "80", "Destination": f"{proxy.address}:80", "OutboundNat": True}
    node.hns.call("POST", f"/endpoints/{endpoint.id}", json.dumps({**endpoint.raw, "Policies": [policy]}))
    explainer = Explainer(node.snapshot())
    verdict = explainer.explain(explainer.source("web"), METADATA, port=80).trace.verdict
    assert verdict.rewritten_by is not None
    assert verdict.kind == "reached"


def with_loopback_dsr(node: EmulatedHost) -> Explainer:
    """AKS with outbound NAT off: the endpoint of the pod web has an OutBoundNAT for the metadata service alone."""
    facts = node.snapshot()
    (endpoint,) = facts.endpoints_of(facts.containers_called("web")[0])
    policies = (Policy("OutBoundNAT", {"Destinations": [METADATA]}),)
    changed = (replace(item, policies=policies) if item == endpoint else item for item in facts.endpoints)
    return Explainer(replace(facts, endpoints=tuple(changed)))


def test_a_loopback_dsr_is_named_for_what_it_does(node: EmulatedHost) -> None:
    explainer = with_loopback_dsr(node)
    verdict = explainer.explain(explainer.source("web"), METADATA, port=80).trace.verdict
    assert "LoopbackDSR" in verdict.reason
    assert "node's address" in verdict.reason


def test_what_a_loopback_dsr_is_not_for_finds_no_way_back(node: EmulatedHost) -> None:
    explainer = with_loopback_dsr(node)
    verdict = explainer.explain(explainer.source("web"), "93.184.216.34", port=80).trace.verdict
    assert (verdict.code, verdict.confirmed) == ("no-way-back", False)


def test_a_host_process_pod_asks_as_the_host_does_and_that_is_not_certain(node: EmulatedHost) -> None:
    explainer = Explainer(node.snapshot())
    trace = explainer.explain(explainer.source("kube-proxy"), METADATA, port=80).trace
    assert trace.verdict.kind == "reached"
    assert not trace.verdict.confirmed
    assert "HostProcess" in trace.hops[0].sentence


def test_an_unknown_name_is_told_with_the_containers_that_are_there(node: EmulatedHost) -> None:
    with pytest.raises(SelectionError, match="kube-system/kube-proxy"):
        Explainer(node.snapshot()).source("nobody")


@pytest.mark.parametrize("digits", [8, 12, 64])
def test_without_any_tool_a_container_is_found_by_the_namespace_that_lists_it(node: EmulatedHost, digits: int) -> None:
    """Get-HnsNamespace has the ids; crictl and ctr are not there."""
    web = node.snapshot().containers_called("web")[0]
    node.set_fault("crictl_missing", True)
    node.set_fault("ctr_missing", True)
    facts = node.snapshot()
    assert (facts.containers, facts.pods) == ((), ())
    (endpoint,) = find_endpoints(facts, web.id[:digits])
    assert endpoint.name == f"{web.pod_id}_cbr0"
    explainer = Explainer(facts)
    trace = explainer.explain(explainer.source(web.id[:digits]), METADATA, port=80).trace
    assert trace.verdict.code == "on-link"
    assert endpoint.id in {hop.endpoint for hop in trace.hops}


def test_without_any_tool_the_reason_is_told_where_containers_are_missing(node: EmulatedHost) -> None:
    node.set_fault("crictl_missing", True)
    node.set_fault("ctr_missing", True)
    said = {problem.part: problem.message for problem in node.snapshot().problems}
    assert "neither were crictl.exe and ctr.exe" in said["containers"]


def test_the_beginning_of_two_ids_that_hns_alone_lists_is_asked_about(node: EmulatedHost) -> None:
    facts = node.snapshot()
    spaces = tuple(
        replace(item, containers=("abcdef01" + "0" * 56 if number else "abcdef01" + "1" * 56,))
        for number, item in enumerate(facts.namespaces[1:3])
    )
    bare = replace(facts, containers=(), pods=(), namespaces=spaces)
    with pytest.raises(SelectionError, match="may be any of"):
        Explainer(bare).source("abcdef01")
