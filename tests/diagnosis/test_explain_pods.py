"""explain, of pods: by the pod's own endpoint, and by the host's network where it has none."""

from __future__ import annotations

import json

import pytest

from hnskit.diagnosis.explaining import Explainer
from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.errors import SelectionError

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


def test_a_host_process_pod_asks_as_the_host_does_and_that_is_not_certain(node: EmulatedHost) -> None:
    explainer = Explainer(node.snapshot())
    trace = explainer.explain(explainer.source("kube-proxy"), METADATA, port=80).trace
    assert trace.verdict.kind == "reached"
    assert not trace.verdict.confirmed
    assert "HostProcess" in trace.hops[0].sentence


def test_an_unknown_name_is_told_with_the_containers_that_are_there(node: EmulatedHost) -> None:
    with pytest.raises(SelectionError, match="kube-system/kube-proxy"):
        Explainer(node.snapshot()).source("nobody")
