"""What hnskit relies on: HNS, Docker, Windows and PowerShell Remoting, on an emulated host or a real one.

Every test reads only, but for the last, which needs --change-host on a real host.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.applying.journal import Journal
from hnskit.applying.verification import verify
from hnskit.errors import HnsError
from hnskit.facts.host_facts import gather_facts
from hnskit.facts.source import connect
from hnskit.model import hns_json
from hnskit.model.objects import EndpointState
from hnskit.params.desired import desired_from
from hnskit.params.loading import load_params
from hnskit.remote import hns
from hnskit.remote.session import Call, CallResult, invoke_calls
from tests import sample_facts
from tests.contract.conftest import TARGET
from tests.host_process import emulated_host

NOWHERE = "00000000-0000-0000-0000-00000000dead"
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def ask(host: Any, *calls: Call) -> list[CallResult]:
    return list(invoke_calls(host, calls))


def docker(host: Any, *words: str) -> dict[str, Any]:
    return ask(host, Call("d", "Invoke-HnskitDocker", {"ArgumentList": list(words), "TimeoutSeconds": 60}))[0].value()


def rows(host: Any, command: str) -> list[dict[str, Any]]:
    return ask(host, Call("r", command))[0].values()


def listed(host: Any, kind: str) -> list[dict[str, Any]]:
    output = hns.output(ask(host, hns.request("l", "GET", f"/{kind}/"))[0])
    return list(output or [])


# HNS


def test_hns_says_its_version(host: Any) -> None:
    """Two whole numbers; 7.2 is the first with proxy policies (HNS facts 8, 59)."""
    output = hns.output(ask(host, hns.request("v", "GET", "/globals/version"))[0])
    assert hns_json.parse_version(output) >= (7, 2)


def test_an_answer_is_an_envelope(host: Any) -> None:
    """Success, and Output where there is one (HNS fact 11); the HRESULT is 0."""
    answer = ask(host, hns.request("n", "GET", "/networks/"))[0].value()
    envelope = json.loads(answer["Response"])
    assert answer["HResult"] == 0
    assert envelope["Success"] is True
    assert set(envelope) <= {"Success", "Output"}


def test_an_id_that_is_not_there_is_not_found(host: Any) -> None:
    """ "Element not found" with its code from 1809 on (HNS facts 13, 74)."""
    with pytest.raises(HnsError) as caught:
        hns.output(ask(host, hns.request("x", "GET", f"/endpoints/{NOWHERE}"))[0])
    version = hns_json.parse_version(hns.output(ask(host, hns.request("v", "GET", "/globals/version"))[0]))
    assert version < (9, 0) or (caught.value.code or 0) & 0xFFFF == 0x490


def test_a_list_is_the_same_with_and_without_a_slash(host: Any) -> None:
    """hcsshim writes it with one (HNS fact 6)."""
    first, second = ask(host, hns.request("a", "GET", "/networks"), hns.request("b", "GET", "/networks/"))
    assert [item["ID"] for item in hns.output(first)] == [item["ID"] for item in hns.output(second)]


def test_ids_are_taken_in_any_letter_case(host: Any) -> None:
    """As clients send them (HNS fact 10)."""
    for network in listed(host, "networks"):
        for id in (network["ID"].lower(), network["ID"].upper()):
            assert hns.output(ask(host, hns.request("n", "GET", f"/networks/{id}"))[0])["Name"] == network["Name"]


@pytest.mark.parametrize("kind", ["networks", "endpoints", "policylists"])
def test_objects_have_what_the_codec_reads(host: Any, kind: str) -> None:
    """An ID, a Version of a major and a minor number, and members of the types that are read."""
    parse = {"networks": hns_json.parse_network, "endpoints": hns_json.parse_endpoint,
             "policylists": hns_json.parse_policy_list}[kind]  # fmt: skip
    for item in listed(host, kind):
        assert _GUID.fullmatch(item["ID"])
        assert 1 <= item["Version"] >> 32 < 100
        assert parse(item).id == item["ID"]  # type: ignore[attr-defined]


def test_networks_have_a_type_that_is_known(host: Any) -> None:
    """In whatever letter case (HNS fact 17)."""
    known = "ICS Internal Transparent NAT Overlay L2Bridge L2Tunnel Layered Private Infiniband".lower().split()
    assert {item["Type"].lower() for item in listed(host, "networks")} <= set(known)


def test_endpoints_are_of_networks_that_are_there(host: Any) -> None:
    """Compared without letter case: from 13.x on the two are printed differently (HNS facts 10, 62)."""
    networks = {item["ID"].lower() for item in listed(host, "networks")}
    assert {item["VirtualNetwork"].lower() for item in listed(host, "endpoints")} <= networks


def test_attached_endpoints_say_their_compartment(host: Any) -> None:
    """In the allocator Endpoint Port, spelt CompartmendId (HNS fact 33): hnskit's only way to know it."""
    for item in listed(host, "endpoints"):
        if item["State"] == EndpointState.ATTACHED:
            assert hns_json.parse_endpoint(item).compartment_id is not None


# Docker


def test_docker_prints_its_version_as_json(host: Any) -> None:
    """Client and Server, and windows/amd64."""
    answer = docker(host, "version", "--format", "{{json .}}")
    version = json.loads(answer["StdOut"])
    assert answer["ExitCode"] == 0
    assert {version["Client"]["Os"], version["Server"]["Os"]} == {"windows"}


def test_docker_lists_images_one_json_object_a_line(host: Any) -> None:
    """With Repository, Tag and ID."""
    answer = docker(host, "image", "ls", "--no-trunc", "--format", "{{json .}}")
    images = [json.loads(line) for line in answer["StdOut"].splitlines()]
    assert all({"Repository", "Tag", "ID"} <= set(image) for image in images)


def test_docker_says_that_a_container_is_not_there(host: Any) -> None:
    """Exit status 1, and its words on stderr."""
    answer = docker(host, "inspect", "--type", "container", "hnskit-no-such-container")
    assert answer["ExitCode"] == 1
    assert "No such container" in answer["StdErr"]


def test_docker_inspect_is_an_array_of_containers(host: Any) -> None:
    """With Id, Name, State and the isolation."""
    answer = rows(host, "Get-HnskitContainer")[0]
    for container in json.loads(answer["StdOut"]):
        assert re.fullmatch(r"[0-9a-f]{64}", container["Id"])
        assert container["Name"].startswith("/")
        assert container["State"]["Status"] in ("created", "running", "paused", "restarting", "exited", "dead")
        assert container["HostConfig"]["Isolation"] in ("process", "hyperv", "default")


# Windows


def test_the_host_is_a_windows_that_has_proxy_policies(host: Any) -> None:
    """RS4 (17134) or later, PowerShell 5.1, and an administrator's session."""
    (system,) = rows(host, "Get-HnskitSystem")
    assert system["Build"] >= 17134
    assert system["PSVersion"].startswith("5.1.")
    assert system["Administrator"] is True


def test_the_hosts_compartment_is_1(host: Any) -> None:
    """With the guid that it has everywhere (HNS fact 79)."""
    default = next(row for row in rows(host, "Get-HnskitCompartment") if row["Id"] == 1)
    assert default["Guid"].strip("{}").lower() == "b1062982-2b18-4b4f-b3d5-a78ddb9cdd49"


def test_each_running_container_has_a_compartment(host: Any) -> None:
    r"""Described as \Container_ and its id, with process isolation (HNS facts 79, 80)."""
    described = {row["Description"] for row in rows(host, "Get-HnskitCompartment")}
    for container in json.loads(rows(host, "Get-HnskitContainer")[0]["StdOut"]):
        if container["State"]["Status"] == "running" and container["HostConfig"]["Isolation"] == "process":
            assert f"\\Container_{container['Id']}" in described


def test_the_host_has_an_address_and_a_way_out(host: Any) -> None:
    """An IPv4 address on an interface that is listed, and a default route."""
    interfaces = {row["Index"] for row in rows(host, "Get-HnskitInterface")}
    addresses = [row for row in rows(host, "Get-HnskitAddress") if not row["IPAddress"].startswith("127.")]
    assert addresses
    assert {row["Index"] for row in addresses} <= interfaces
    assert any(row["DestinationPrefix"] == "0.0.0.0/0" for row in rows(host, "Get-HnskitRoute"))


def test_the_host_does_not_see_addresses_of_containers(host: Any) -> None:
    """Its vNICs it lists, their addresses it does not (HNS fact 82)."""
    seen = {row["IPAddress"] for row in rows(host, "Get-HnskitAddress")}
    for item in map(hns_json.parse_endpoint, listed(host, "endpoints")):
        if item.compartment_id not in (None, 0, 1):
            assert item.address not in seen


def test_forwarding_is_told_of_each_interface(host: Any) -> None:
    """Enabled or Disabled, and an MTU."""
    for row in rows(host, "Get-HnskitInterface"):
        assert row["Forwarding"] in ("Enabled", "Disabled")
        assert row["Mtu"] > 0


# PowerShell Remoting


def test_answers_come_in_the_order_of_the_calls(host: Any) -> None:
    """And each has its own id."""
    calls = [Call(f"c{number}", "Get-HnskitSystem") for number in range(3)]
    assert [result.id for result in ask(host, *calls)] == ["c0", "c1", "c2"]


def test_a_call_that_fails_does_not_end_the_batch(host: Any) -> None:
    """Its error has an id that does not depend on the host's language (HNS fact 90)."""
    first, second, third = ask(
        host,
        Call("a", "Invoke-HnskitDocker", {"ArgumentList": ["swarm", "leave"]}),
        Call("b", "Invoke-HnskitNothing"),
        Call("c", "Get-HnskitSystem"),
    )
    assert first.error is not None
    assert first.error.error_id == "Hnskit.DockerCommandNotAllowed,Invoke-HnskitDocker"
    assert second.error is not None
    assert second.error.error_id == "Hnskit.UnknownCommand"
    assert third.error is None


def test_a_parameter_of_a_wrong_value_is_refused_by_powershell(host: Any) -> None:
    """By its own binder, before anything runs."""
    (result,) = ask(host, Call("x", "Invoke-HnskitHns", {"Method": "PATCH", "Path": "/networks"}))
    assert result.error is not None
    assert result.error.error_id.startswith("ParameterArgumentValidationError")


def test_a_whole_snapshot_is_one_pipeline(host: Any) -> None:
    """And nothing of it is refused."""
    facts = gather_facts(host)
    assert facts.problems == ()
    assert facts.system is not None


# The only one that changes the host


def test_the_redirect_is_set_up_proved_and_taken_away(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    """On a real host only with --change-host: the creation of the bridge cuts its network for seconds."""
    if TARGET and not pytestconfig.getoption("--change-host"):
        pytest.skip("it changes the host of HNSKIT_TEST_TARGET: give --change-host")
    with ExitStack() as stack:
        emulated = () if TARGET else stack.enter_context(emulated_host(tmp_path / "state"))
        params = load_params(TARGET or sample_facts.PARAMS, overrides=emulated)
        wanted, journal = desired_from(params), Journal(tmp_path / "journal.jsonl", params.target)
        session = stack.enter_context(connect(params))
        outcome = apply(session, wanted, journal=journal)
        proof = verify(session, wanted)
        destroy(session, wanted, made=outcome.made)
    assert proof.ok, proof.to_text()
