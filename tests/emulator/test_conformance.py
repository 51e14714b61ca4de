"""The emulated host's objects against what real hosts printed: docs/conformance.md has the table."""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from benchmarks import conformance
from benchmarks.reasons import NOT_COMPARED, NOT_IN_ORDER, REASONS
from hnskit.emulator.host import PROFILES, create_host, refusals
from hnskit.emulator.host.refusals import HostRefusal
from hnskit.model import hns_json
from hnskit.views import frames
from tests import sample_facts
from tests.emulator.host_scenario import Scenario, make_network, output

SAMPLES = conformance.SAMPLES
RESULTS = conformance.compare_all()
FULL = [item for item in RESULTS if not item.lossy and item.profile in ("ws2019", "ws2022")]
_WITH_ARGUMENTS = {"not_emulated", "unknown_field"}
ERRORS = json.loads((SAMPLES / "errors.json").read_text(encoding="utf-8"))


def quiet(profile: str) -> Any:
    return create_host("lab", profile, {"cut_seconds": 0, "seed": 3})


def test_the_table_in_the_docs_is_the_one_that_is_generated() -> None:
    """`python -m benchmarks.conformance --write` was run after the last change."""
    assert conformance.DOCUMENT.read_text(encoding="utf-8") == conformance.document(RESULTS)


@pytest.mark.parametrize("result", FULL, ids=lambda item: item.name)
def test_a_whole_object_of_server_2019_or_2022_has_the_same_members_types_and_order(result: Any) -> None:
    """Every member of the real object, and none besides but for a reason that the docs give."""
    assert result.matching == result.keys
    assert [item for item in result.differences if not item.reason] == []


@pytest.mark.parametrize("result", RESULTS, ids=lambda item: item.name)
def test_every_difference_has_a_reason(result: Any) -> None:
    """Of lossy samples and of the other versions too."""
    assert [(item.path, item.what) for item in result.differences if not item.reason] == []


def test_no_reason_is_left_over() -> None:
    """Each reason explains a difference that there is, and each sample that is not compared exists."""
    used = {item.reason for result in RESULTS for item in result.differences}
    assert {why for _, _, why in REASONS} == used
    names = {path.name for path in SAMPLES.glob("*/*.json")}
    assert set(NOT_COMPARED) | NOT_IN_ORDER <= names
    assert all(any(fnmatchcase(name, file) for name in names) for file, _, _ in REASONS)


def test_every_sample_is_compared_or_named() -> None:
    """Nothing is left out in silence."""
    assert {item.name for item in RESULTS} | set(NOT_COMPARED) == {path.name for path in SAMPLES.glob("*/*.json")}


def test_a_member_that_is_missing_is_noticed(tmp_path: Path) -> None:
    """The comparison can fail: by name, by type and by place."""
    name = "networks/l2bridge-ws2019-9.2-gce-create.response.json"
    real = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
    real["Output"] = {"Version": 38654705666, "Novelty": 1, **real["Output"], "Flags": "0"}
    (tmp_path / "networks").mkdir()
    (tmp_path / name).write_text(json.dumps(real), encoding="utf-8")
    (result,) = conformance.compare_all(tmp_path)
    said = {item.path: item.what for item in result.differences}
    assert said[".Output.Novelty"] == "missing"
    assert said[".Output.Flags"] == "number, not text"
    assert said[".Output.Version"] == "in another place"


@pytest.mark.parametrize("allocator", [0, 1], ids=["remote endpoint", "attached endpoint"])
def test_allocators_of_an_l2bridge_on_server_2019(allocator: int) -> None:
    """L2Driver of a remote endpoint, and OutBoundNAT with an exception, as a real node had them."""
    sample = json.loads((SAMPLES / "endpoints/l2bridge-ws2019-aks1367-allocators.partial.json").read_text())
    real = sample["Resources"]["Allocators"][allocator]
    host = quiet("ws2019")
    body = {"VirtualNetwork": make_network(host)["ID"]}
    if allocator == 0:
        body |= {"IsRemoteEndpoint": True, "IPAddress": "10.9.0.11", "MacAddress": "02-11-0a-f0-00-0b"}
    else:
        body |= {"Policies": [{"Type": "OutBoundNAT", "ExceptionList": ["10.240.0.0/16"]}]}
    made = output(host, "POST", "/endpoints", body)
    if allocator == 1:
        output(host, "POST", f"/endpoints/{made['ID']}/attach", {"SystemType": "Host", "CompartmentId": 1})
        made = output(host, "GET", f"/endpoints/{made['ID']}")
    ours = next(item for item in made["Resources"]["Allocators"] if item["Tag"] == real["Tag"])
    assert [key for key in ours if key in real] == list(real)
    assert ours["AllocationOrder"] == real["AllocationOrder"]


@pytest.mark.parametrize("profile", PROFILES)
def test_envelopes_have_the_order_of_their_windows(profile: str) -> None:
    """Output first up to 9.x, Success first from 13.x (HNS fact 11)."""
    text = quiet(profile).hns.call("GET", "/globals/version", "")[1]
    first = "Output" if profile in ("rs4", "ws2019") else "Success"
    assert next(iter(json.loads(text))) == first


@pytest.mark.parametrize("profile", ["ws2019", "ws2022", "ws2025"])
def test_a_failure_is_byte_for_byte_the_one_that_was_seen(profile: str) -> None:
    """A name that is taken (Siemens-Healthineers/K2s#1468)."""
    seen = next(item["json"] for item in ERRORS["failure_envelopes_seen"] if item["source"] == "K2s#1468")
    host = quiet(profile)
    make_network(host)
    body = {"Type": "L2Bridge", "Name": "hnskit-l2bridge", "Subnets": [{"AddressPrefix": "10.8.0.0/24"}]}
    assert host.hns.call("POST", "/networks", json.dumps(body))[1] == json.dumps(seen, separators=(",", ":"))


def test_before_1809_a_failure_has_no_code() -> None:
    """The members that Windows Server 2016 printed (microsoft/SDN#177), by our rs4: UNCONFIRMED for 1803."""
    answer = json.loads(quiet("rs4").hns.call("GET", "/networks/x", "")[1])
    assert set(answer) == {"Error", "Success"}


def test_every_refusal_has_the_words_that_were_seen_with_its_code() -> None:
    """Where a host's text for a code is known, it is the emulated host's text."""
    known = {int(item["code"], 16): item["message"] for item in ERRORS["codes"] if item["message"]}
    known |= {0x80070000 | code: text for code, text in known.items() if code <= 0xFFFF}
    made = [value() for name, value in vars(refusals).items() if name in set(refusals.__all__) - _WITH_ARGUMENTS]
    seen = [item for item in made if item.code in known]
    assert all(isinstance(item, HostRefusal) for item in made)
    assert len(seen) >= 9
    for item in seen:
        assert known[item.code].rstrip(". ").startswith(item.text)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*.json")), ids=lambda path: path.name)
def test_every_sample_goes_through_codec_model_and_frames(path: Path) -> None:
    """And what the model does not know is still there at the end."""
    obj = json.loads(path.read_text(encoding="utf-8"))
    obj = obj["Output"] if path.name.endswith(".response.json") else obj
    obj["Unknown"] = {"Member": [1, {"a": None}]}
    kind = {"policylists": "policy_lists"}.get(path.parent.name, path.parent.name)
    parse = {
        "networks": hns_json.parse_network,
        "endpoints": hns_json.parse_endpoint,
        "policylists": hns_json.parse_policy_list,
        "namespaces": hns_json.parse_namespace,
    }[path.parent.name]
    read: Any = parse(obj)
    given: dict[str, Any] = {kind: (read,)}
    facts = replace(sample_facts.fresh(), **given)
    tables = {table: getattr(frames, table)(facts) for table in ("networks", "endpoints", "policies", "compartments")}
    assert kind not in tables or len(tables[kind]) == 1
    assert len(tables["policies"]) == len(getattr(read, "policies", ())) * (kind in ("networks", "endpoints"))
    assert json.loads(json.dumps(read.raw)) == obj


def test_a_redirected_client_of_server_2022_prints_as_little_as_one_of_13_3() -> None:
    """ID, Name, Version first, its ids in lower case, and no ActivityId, Type, Health or times (HNS fact 15)."""
    scenario = Scenario("ws2022")
    scenario.redirect()
    ours = scenario.endpoint(scenario.client["ID"])
    assert list(ours) == [
        "ID", "Name", "Version", "AdditionalParams", "Resources", "State", "VirtualNetwork", "VirtualNetworkName",
        "Policies", "MacAddress", "IPAddress", "PrefixLength", "GatewayAddress", "IPSubnetId", "EncapOverhead",
        "SharedContainers",
    ]  # fmt: skip
    assert ours["ID"] == ours["ID"].lower()
    assert ours["VirtualNetwork"] == scenario.network["ID"].lower()
    assert hns_json.parse_endpoint(ours).compartment_id is not None
