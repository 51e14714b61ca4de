"""Two runtimes are told by who runs a container, not by its endpoint's name alone; a loop only where something acts."""

from __future__ import annotations

from dataclasses import replace

from hnskit.diagnosis.doctor import diagnose
from hnskit.facts.completeness import ABSENT, Completeness
from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.objects import Container, Endpoint
from tests import sample_facts

ID = "a" * 64
POD = Endpoint(f"E-{ID}", f"{ID}_bridge", "ID-none", address="10.0.1.99", state=1)


def found(facts: Facts, check: str) -> list[tuple[str, bool]]:
    """Severity and certainty of a check's findings."""
    return [(item.severity, item.confirmed) for item in diagnose(facts) if item.check == check]


def test_a_pod_of_dockershim_is_dockers_own() -> None:
    """Its sandbox is a container of Docker, which the endpoint's name begins with."""
    facts = sample_facts.complete()
    facts = replace(facts, endpoints=(*facts.endpoints, POD))
    assert found(facts, "two-runtimes") == [("warning", True)]
    sandbox = Container(ID, "k8s_POD_web", "pause", "", "running")
    assert found(replace(facts, containers=(*facts.containers, sandbox)), "two-runtimes") == []


def test_where_containers_are_not_known_it_is_a_note() -> None:
    """Whose the endpoint is cannot be told."""
    facts = sample_facts.complete()
    facts = replace(
        facts, endpoints=(*facts.endpoints, POD), containers=(), completeness=Completeness({"containers": ABSENT})
    )
    assert found(facts, "two-runtimes") == [("note", False)]


def test_where_vfp_is_off_nothing_is_redirected_in_a_loop() -> None:
    """The extension that is off is the finding."""
    there = next(item for item in sample_facts.complete().endpoints if item.name == "hnskit-client1")
    own = hns_json.proxy_policy(f"{there.address}:8080", "169.254.169.254", 80)
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=(own,))
    assert found(facts, "policy-loop") == [("error", False)]
    off = tuple(replace(item, vfp_enabled=False) for item in facts.networks)
    assert found(replace(facts, networks=off), "policy-loop") == []
    assert found(replace(facts, networks=off), "vfp-off")
