"""Preflight: the causes, a line each, and nothing that only follows from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hnskit.errors import PreflightError
from hnskit.facts.completeness import Problem
from hnskit.facts.finding import Finding
from hnskit.facts.host_facts import Facts
from hnskit.facts.tarballs import missing_tarballs
from hnskit.model.runtime_objects import DockerVersion
from hnskit.planning.preflight import preflight, require_fit
from tests import sample_facts
from tests.in_process_host import HereSession, host_here
from tests.present import present


def errors(facts: Facts, *overrides: str) -> list[Finding]:
    return [finding for finding in preflight(sample_facts.desired(*overrides), facts) if finding.severity == "error"]


def test_a_host_that_is_fit_has_no_error() -> None:
    """What emulator.yaml asks for fits on the host that it is for."""
    assert errors(sample_facts.fresh()) == []
    assert errors(sample_facts.complete()) == []


def test_the_host_s_own_subnet_is_an_error() -> None:
    """A bridge with the subnet of the host's own adapter would take its way home."""
    subnet = ("network.subnet=10.0.0.0/24", "network.gateway=10.0.0.1", "gateway_endpoint.address=10.0.0.2")
    (error,) = errors(sample_facts.fresh(), *subnet)
    assert (error.check, error.object) == ("subnet", "subnet 10.0.0.0/24")
    assert "10.0.0.5 on Ethernet" in error.message


def test_docker_that_does_not_run_is_one_error() -> None:
    """That images and containers cannot be read follows from it, and no image is said to be missing."""
    said = "error during connect: the docker daemon is not running"
    facts = replace(
        sample_facts.fresh(),
        docker=DockerVersion("", "", "", said),
        images=(),
        problems=(Problem("images", said), Problem("containers", said)),
    )
    (error,) = errors(facts)
    assert error.object == "Docker"


def test_an_adapter_that_is_not_there_is_one_error() -> None:
    """What needs the network is not refused again for want of it."""
    (error,) = errors(sample_facts.fresh(), "network.adapter=Foo")
    assert (error.object, error.message) == ("adapter Foo", "is not there")


def test_the_name_of_an_adapter_is_compared_as_the_plan_does() -> None:
    """Names are case-insensitive on Windows."""
    assert errors(sample_facts.fresh(), "network.adapter=ethernet") == []


def test_a_stale_namesake_of_somebody_elses_is_an_error_before_anything_is_changed() -> None:
    """The endpoint of that name cannot be made while it is there."""
    stale = replace(sample_facts.endpoint("hnskit-client1", "10.9.0.9", None), id="STALE", network_id="GONE")
    (error,) = errors(replace(sample_facts.fresh(), endpoints=(stale,)))
    assert error.object == "endpoint hnskit-client1"


def test_a_network_that_cannot_be_does_not_hide_an_image_that_is_missing() -> None:
    """Two causes are two errors; what follows from either is none."""
    found = errors(replace(sample_facts.fresh(), images=()), "network.adapter=Foo")
    assert [error.object for error in found] == [
        "adapter Foo",
        "image mcr.microsoft.com/windows/nanoserver:1809",
    ]


def test_the_errors_stand_on_a_line_each() -> None:
    """Each with what to do."""
    found = preflight(sample_facts.desired("network.adapter=Foo"), replace(sample_facts.fresh(), images=()))
    with pytest.raises(PreflightError) as caught:
        require_fit(found, host="emulator://lab")
    lines = caught.value.paragraph().splitlines()
    assert len(lines) == 3
    assert lines[1] == "  adapter Foo: is not there. Physical adapters that are up: Ethernet."


def test_a_build_without_proxy_policies_is_named_with_what_has_them() -> None:
    """What the table of features says, preflight says."""
    facts = sample_facts.fresh()
    old = replace(facts, system=replace(present(facts.system), build=16299), hns_version=None)
    (error,) = errors(old)
    assert (error.object, "17134" in error.next_step) == ("Windows", True)


def test_what_the_plan_refuses_for_the_same_cause_is_said_once() -> None:
    """Wi-Fi and Docker for Linux are findings of their own, with what to do."""
    (adapter,) = sample_facts.fresh().adapters
    facts = replace(
        sample_facts.fresh(), adapters=(replace(adapter, medium=9),), docker=DockerVersion("20.10", "1.41", "linux")
    )
    assert [(error.check, bool(error.next_step)) for error in errors(facts)] == [("docker", True), ("adapter", True)]


def test_a_named_adapter_that_is_not_up_is_a_warning() -> None:
    """It is not said to be up."""
    (adapter,) = sample_facts.fresh().adapters
    facts = replace(sample_facts.fresh(), adapters=(replace(adapter, status="Disconnected"),))
    found = preflight(sample_facts.desired("network.adapter=Ethernet"), facts)
    assert [(one.severity, one.message) for one in found if one.check == "adapter"] == [
        ("warning", "is physical, and not up (Disconnected)")
    ]


def test_a_tarball_that_is_not_on_the_host_is_an_error() -> None:
    """Found before the host is cut; one that is there, or whose image is, is none."""
    session = HereSession(host_here())
    facts = session.host.snapshot()
    assert missing_tarballs(session, sample_facts.desired(), facts) == ()
    wanted = sample_facts.desired("proxy.import=C:\\nothing.tar.gz")
    missing = missing_tarballs(session, wanted, facts)
    assert missing == (r"C:\nothing.tar.gz",)
    (error,) = [one for one in preflight(wanted, facts, missing=missing) if one.severity == "error"]
    assert error.object == "image metadata-proxy:1.0"
    session.pipelines.clear()
    assert missing_tarballs(session, wanted, sample_facts.complete()) == ()
    assert session.pipelines == []


def test_a_wired_adapter_beside_a_wireless_one_is_enough() -> None:
    """Only a host with nothing but Wi-Fi is refused: the bridge may be made on the wired one (HNS fact 26)."""
    (wired,) = sample_facts.fresh().adapters
    wifi = replace(wired, name="Wi-Fi", index=99, medium=9)
    both = replace(sample_facts.fresh(), adapters=(wired, wifi))
    assert [error.check for error in errors(both)] == []
    named = sample_facts.desired("network.adapter=Wi-Fi")
    assert [one.check for one in preflight(named, both) if one.severity == "error"] == ["adapter"]


@pytest.mark.parametrize(
    ("target", "named"),
    [("10.0.0.9:80", True), ("10.0.1.136:80", False), ("10.0.1.77:80", False), ("10.0.0.5:80", False)],
)
def test_a_redirect_to_another_host_is_a_warning_that_says_what_cannot_be_known(target: str, named: bool) -> None:
    """An address of this host, or of its bridge, is not another host's."""
    policies = (*sample_facts.MADE_WITH, sample_facts.redirect_policy(target))
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=policies)
    found = [one for one in preflight(sample_facts.desired(), facts) if one.check == "target"]
    assert [(one.severity, one.object) for one in found] == [("warning", "endpoint hnskit-client1")] * named
    assert all("cannot be known from here" in one.message for one in found)
