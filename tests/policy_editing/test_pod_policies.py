"""A policy on the endpoint that a CNI made for a pod: added and taken away, the endpoint is left alone."""

from __future__ import annotations

import pytest

from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.errors import SelectionError
from hnskit.policy_editing.selecting import find_endpoint, find_endpoints


@pytest.fixture
def node() -> EmulatedHost:
    return create_host("node", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1})


def test_the_endpoint_of_a_pod_is_found_by_its_container_and_by_its_pod(node: EmulatedHost) -> None:
    facts = node.snapshot()
    web = facts.containers_called("web")[0]
    pod = web.name.rpartition("/")[0]
    found = {find_endpoint(facts, text).id for text in ("web", web.name, pod, web.id[:12], web.pod_id)}
    assert found == {facts.endpoints_of(web)[0].id}


def test_a_host_process_pod_has_no_endpoint_to_choose(node: EmulatedHost) -> None:
    facts = node.snapshot()
    assert find_endpoints(facts, "kube-proxy") == ()
    with pytest.raises(SelectionError):
        find_endpoint(facts, "kube-proxy")
