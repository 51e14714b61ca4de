"""Where a check begins and ends: versions, revisions, names, and the parts that a snapshot does not have."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hnskit.diagnosis.doctor import diagnose
from hnskit.facts.anything import load_facts
from hnskit.facts.completeness import ABSENT, Completeness
from hnskit.facts.host_facts import Facts
from hnskit.model.objects import Policy, System
from tests import sample_facts
from tests.diagnosis.doctor.doctor_cases import WFP, case, host


def test_a_static_address_is_found_on_the_wanted_adapter_in_any_letter_case() -> None:
    """As Windows compares names of adapters."""
    facts = sample_facts.fresh()
    facts = replace(facts, addresses=tuple(replace(item, origin="Manual") for item in facts.addresses))
    found = diagnose(facts, desired=sample_facts.desired("network.adapter=ethernet"))
    assert "static-address" in [item.check for item in found]


def said_of(facts: Facts) -> dict[str, str]:
    """Message of each check, of all that is found of the first client."""
    return {item.check: item.message for item in diagnose(facts) if item.name == "hnskit-client1"}


def test_an_l4wfpproxy_on_an_hns_that_has_none_is_not_answered() -> None:
    """By the version of the host's HNS; where that is not known nothing is said."""
    facts = sample_facts.with_endpoint(
        sample_facts.complete(), "hnskit-client1", policies=(*sample_facts.MADE_WITH, WFP)
    )
    assert "HNS 9.3 has no such policy" in said_of(facts)["wfp-unanswered"]
    assert said_of(replace(facts, hns_version=None)) == {}
    assert said_of(replace(facts, hns_version=(13, 2))) == {}


def test_two_l4wfpproxy_policies_are_doubled_and_one_that_nobody_uses_is_said() -> None:
    """There is one proxy for a container or pod (HNS fact 54)."""
    other = Policy("L4WFPPROXY", {**WFP.settings, "OutboundProxyPort": "15009"})
    facts = replace(sample_facts.complete(), hns_version=(15, 0))
    facts = sample_facts.with_endpoint(facts, "hnskit-client1", policies=(*sample_facts.MADE_WITH, WFP, other), state=1)
    said = said_of(facts)
    assert said.pop("endpoint-missing").startswith("it runs without an endpoint")
    assert said == {
        "policy-doubled": "it has 2 L4WFPPROXY policies, and there is one proxy for a container or pod",
        "policy-unattached": "it has a proxy policy and is not attached: there is no traffic to redirect",
    }


def test_what_is_not_in_a_snapshot_is_no_finding() -> None:
    """An endpoint by itself proves nothing about networks, compartments and other endpoints."""
    sick = host(case("compartment-dead")["sick"])
    unread = Completeness({"compartments": ABSENT})
    assert diagnose(replace(sick, compartments=(), completeness=unread))[0].severity == "note"
    stale = host(case("endpoint-stale")["sick"])
    unknown = replace(stale, networks=(), completeness=Completeness({"networks": ABSENT}))
    assert "endpoint-stale" not in {item.check for item in diagnose(unknown)}


@pytest.mark.parametrize(("revision", "said"), [(2527, 0), (2582, 1), (2761, 1), (2762, 0), (4000, 0)])
def test_a_fault_of_windows_is_told_by_the_revision(revision: int, said: int) -> None:
    """Server 2022 from KB5040437 up to KB5044281."""
    system = System("LAB", "Windows Server 2022", 20348, revision, "5.1", "en-US", True, "2026-01-01")
    found = diagnose(replace(sample_facts.complete(), system=system, hns_version=(13, 3)))
    assert len([item for item in found if item.check == "windows-reported"]) == said


def test_a_pod_s_endpoint_beside_docker_is_known_by_each_plug_in_s_name() -> None:
    """And an endpoint of Docker's own is none."""
    for name, pods in (("f" * 64 + "_cbr0", 1), ("0a1b2c3d-eth0", 1), ("k8s.io-x_nat", 1), ("web", 0), ("Ethernet", 0)):
        there = sample_facts.complete().endpoints[1]
        other = replace(there, id="E-9", name=name, address="10.0.1.99", compartment_id=99)
        facts = replace(sample_facts.complete(), endpoints=(*sample_facts.complete().endpoints, other))
        assert len([item for item in diagnose(facts) if item.check == "two-runtimes"]) == pods, name


def test_server_2025_denies_by_default_and_older_ones_do_not() -> None:
    """An ACL that allows inbound alone is enough for it; 15.4 alone proves nothing."""
    inbound = Policy("ACL", {"Action": "Allow", "Direction": "In", "Priority": 200, "RuleType": "Switch"})
    facts = sample_facts.with_endpoint(
        sample_facts.complete(), "hnskit-client1", policies=(*sample_facts.complete().endpoints[2].policies, inbound)
    )
    for build, version, denied in ((17763, (9, 3), 0), (26100, (16, 0), 1), (26100, None, 1), (None, (15, 4), 0)):
        system = replace(facts.system, build=build) if build and facts.system else None
        found = diagnose(replace(facts, system=system, hns_version=version))
        assert len([item for item in found if item.check == "acl-default-deny"]) == denied, (build, version)


def test_a_dump_of_one_endpoint_draws_no_warning_of_what_may_be_outside_of_it(tmp_path: Path) -> None:
    """The policy's target is not in it, which proves nothing: a note, that advises no change."""
    endpoint = {
        "ID": "b2a1a8c2-0000-4000-8000-000000000001", "Name": "Ethernet", "IPAddress": "10.0.1.137", "State": 2,
        "VirtualNetwork": "b2a1a8c2-0000-4000-8000-0000000000aa", "Type": "L2Bridge", "PrefixLength": 24,
        "Policies": [{"Type": "PROXY", "IP": "169.254.169.254", "Port": "80", "OutboundNat": True,
                      "Destination": "10.0.1.136:80"}],
    }  # fmt: skip
    file = tmp_path / "one.json"
    file.write_text(json.dumps(endpoint), encoding="utf-8")
    found = diagnose(load_facts(file))
    assert {item.severity for item in found} == {"note"}
    (target,) = [item for item in found if item.check == "policy-target"]
    assert target.next_step.startswith("Look for it on the host")
    endpoint["Policies"] = [{"Type": "PROXY", "OutboundNat": True, "Destination": "10.137.198.118:8080"}]
    file.write_text(json.dumps(endpoint), encoding="utf-8")
    found = diagnose(load_facts(file))
    assert {item.severity for item in found} == {"note"}
    (target,) = [item for item in found if item.check == "policy-target"]
    assert "on no network in this dump: nothing that it shows tells whether anything listens there" in target.message
