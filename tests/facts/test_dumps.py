"""What people already have of a host: read whole or in part; what could not be read is named with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies._internal.core import DataObject

from hnskit.errors import SnapshotError
from hnskit.facts.anything import load_facts
from hnskit.facts.dumps import read_text
from hnskit.facts.dumps.format_list import read_value
from hnskit.facts.host_facts import Facts
from hnskit.local.text_encoding import decode
from hnskit.model.objects import Policy

SAMPLES = Path(__file__).parents[1] / "samples" / "hns"
CLIENT = json.loads((SAMPLES / "endpoints/l2bridge-rs4-17076-5.1-client-attached-PROXY.fl.json").read_text())
SWARM = json.loads((SAMPLES / "endpoints/overlay-ws2019-9.3-swarm-attached-10.0.0.4-5bccb19.json").read_text())
NETWORK = json.loads((SAMPLES / "networks/l2bridge-ws2019-9.2-gce-endpoints0.fl.json").read_text())


def said(facts: Facts) -> list[str]:
    """Problems that name a place."""
    return [str(problem) for problem in facts.problems if "this dump" not in problem.message]


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    ],
    ids=["utf-8", "utf-8-bom", "utf-16-bom", "utf-16-le", "utf-16-be-bom", "utf-16-crlf"],
)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda objects: objects,
        lambda objects: {"Success": True, "Output": objects},
        lambda objects: {"value": objects, "Count": len(objects)},
        lambda objects: {"Networks": objects[:1], "Endpoints": objects[1:]},
    ],
    ids=["list", "envelope", "remoting", "script"],
)
def test_every_encoding_and_every_wrapping(
    encode: Callable[..., Any], wrap: Callable[..., Any], tmp_path: Path
) -> None:
    """PowerShell's `>` writes UTF-16 with a mark; editors write what they like."""
    path = tmp_path / "dump.txt"
    path.write_bytes(encode(json.dumps(wrap([NETWORK, CLIENT, SWARM]), indent=4)))
    facts = load_facts(path)
    assert [item.id for item in facts.endpoints] == [CLIENT["ID"], SWARM["ID"]]
    assert facts.networks[0].name == "External"
    assert facts.endpoints[1].raw == SWARM
    assert said(facts) == []
    assert facts.knows("endpoints")
    assert not facts.knows("routes")


def test_single_objects_prove_nothing_about_others() -> None:
    """`Get-HnsEndpoint | Select -First 1 | ConvertTo-Json` prints an object, not a list."""
    facts = read_text(json.dumps(CLIENT))
    assert not facts.knows("endpoints")
    assert facts.endpoints[0].id == CLIENT["ID"]


def test_a_folder_is_one_host(tmp_path: Path) -> None:
    """Objects that stand in two files are one; foreign files are named."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "networks.json").write_text(json.dumps([NETWORK]))
    (tmp_path / "sub" / "endpoints.txt").write_bytes(json.dumps([CLIENT, SWARM]).encode("utf-16"))
    (tmp_path / "again.json").write_text(json.dumps(CLIENT))
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "picture.bin").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    facts = load_facts(tmp_path)
    assert (len(facts.networks), len(facts.endpoints)) == (1, 2)
    assert said(facts) == ["picture.bin: it is not text", "nothing of HNS is in notes.txt"]


def test_format_list_of_an_endpoint_is_what_the_collector_made_of_it_by_hand() -> None:
    """Key by key, type by type."""
    facts = load_facts(SAMPLES / "textual/get-hnsendpoint-formatlist-ws2019.txt")
    wanted = json.loads((SAMPLES / "endpoints/transparent-ws2019-9.3-antrea.fl.json").read_text())
    assert facts.endpoints[0].raw == wanted
    assert not facts.knows("endpoints")  # the command asks for all; the paste may have been cut behind its first object
    assert "(Resources)" in said(facts)[0]


def test_the_captured_run_of_the_scenario() -> None:
    """Wrapped `@{…}` lists, one object printed twice as it changed: the later one counts."""
    facts = load_facts(SAMPLES / "textual/scenario-proxy-policy-l2bridge-rs4.txt")
    proxy, client = facts.endpoints
    assert (proxy.address, proxy.state, client.address, client.state) == ("10.0.1.136", 1, "10.0.1.248", 2)
    assert client.raw == CLIENT
    assert client.policies[-1] == Policy("PROXY", {key: CLIENT["Policies"][2][key] for key in (
        "Destination", "IP", "OutboundNat", "Port")})  # fmt: skip


def test_networks_through_a_runspace() -> None:
    """Two objects, with what remoting adds."""
    facts = load_facts(SAMPLES / "textual/get-hnsnetwork-through-runspace-ws2019.txt")
    assert [item.name for item in facts.networks][1] == "nat"
    assert [item.subnets[0].prefix for item in facts.networks] == ["172.22.16.0/20", "172.30.208.0/20"]
    assert facts.networks[0].raw["RunspaceId"] == "45ebf9de-33fc-4e9e-b1d1-18fb1f646b1f"
    assert facts.networks[0].vfp_enabled is False


def test_json_that_a_console_has_wrapped_in_the_middle_of_words() -> None:
    """`-Verbose` prints the answer so; the request before it is not a network."""
    facts = load_facts(SAMPLES / "textual/new-hnsnetwork-verbose-l2bridge.txt")
    (network,) = facts.networks
    assert (network.name, network.management_ip, network.vfp_enabled) == ("External", "10.138.0.5", True)


LOG = (
    'time="2023-02-20T00:59:59+11:00" level=debug msg="[GET]=>[/endpoints/] Request : "\n'
    'time="2023-02-20T01:00:00+11:00" level=debug msg="Network Response : {answer}"\n'
    'time="2023-02-20T01:00:01+11:00" level=debug msg="[POST]=>[/endpoints/] Request : {request}"\n'
)


def log(objects: list[Any], request: str = '{"Name":"asked"}', tail: str = "") -> str:
    quoted = {name: json.dumps(json.dumps(value))[1:-1] for name, value in (("answer", objects), ("request", request))}
    return LOG.format(answer=quoted["answer"], request=request.replace('"', '\\"')) + tail


def test_a_log_of_hcsshim_is_read() -> None:
    """Answers are quoted; what is asked for is not what the host has."""
    facts = read_text(log([CLIENT, SWARM]), "docker.log")
    assert [item.id for item in facts.endpoints] == [CLIENT["ID"], SWARM["ID"]]
    assert facts.knows("endpoints")


def test_what_a_log_deletes_later_is_left_out_and_said() -> None:
    """The object was there, and is not any more."""
    tail = f'time="x" level=debug msg="[DELETE]=>[/endpoints/{CLIENT["ID"].upper()}] Request : "\n'
    facts = read_text(log([CLIENT, SWARM], tail=tail))
    assert [item.id for item in facts.endpoints] == [SWARM["ID"]]
    assert "was deleted afterwards" in said(facts)[0]


def test_a_log_line_that_is_cut_off() -> None:
    """dockerd cuts long lines: the objects before the cut are whole, the last is what there is of it."""
    text = log([CLIENT, SWARM])
    facts = read_text(text[: text.index("Allocators") + 40])
    assert facts.endpoints[0].id == CLIENT["ID"]
    assert facts.endpoints[1].address == "10.0.0.4"
    assert "line 2" in said(facts)[0]
    assert not facts.knows("endpoints")


def test_a_truncated_list_names_line_and_offset() -> None:
    """Whole objects are read; of the last, the members before the cut."""
    text = json.dumps([CLIENT, SWARM], indent=2)
    cut = text.index('"SharedContainers"', text.index(SWARM["ID"]))
    facts = read_text(text[:cut], "endpoints.json")
    assert len(facts.endpoints) == 2
    assert facts.endpoints[1].compartment_id == 7
    line = text[:cut].count("\n")
    assert f"endpoints: endpoints.json line {line}" in said(facts)[0] or f"line {line + 1}" in said(facts)[0]
    assert not facts.knows("endpoints")


def test_garbled_text_between_two_objects() -> None:
    """Reading is taken up again at the next object of a host."""
    text = json.dumps([CLIENT, SWARM])
    middle = text.index(SWARM["ActivityId"]) - 20
    facts = read_text(f"{text[:middle]}##\x00GARBLED##{text[middle:]}")
    assert {item.id for item in facts.endpoints} >= {CLIENT["ID"]}
    assert said(facts)


def test_a_member_of_a_wrong_type_is_left_out_and_named() -> None:
    """Everything else of the object is read."""
    facts = read_text(json.dumps([{**CLIENT, "State": "many", "PrefixLength": [1]}]))
    assert facts.endpoints[0].address == "10.0.1.248"
    assert len(said(facts)) == 2
    assert "endpoint.PrefixLength" in " ".join(said(facts))


def test_objects_that_powershell_printed_as_text() -> None:
    """The default depth of ConvertTo-Json is 2."""
    cut = "@{ExceptionList=System.Object[]; Type=OutBoundNAT}"
    facts = read_text(json.dumps({**CLIENT, "Policies": [cut, "@{Type=L2Driver}"]}))
    assert [policy.type for policy in facts.endpoints[0].policies] == ["OutBoundNAT", "L2Driver"]
    assert not facts.endpoints[0].knows("policies")
    assert "-Depth 20" in said(facts)[0]


def test_a_refusal_in_a_dump_is_named_with_its_code() -> None:
    """`HcnCreateNamespace -- HRESULT: …. Result: {…}`"""
    facts = load_facts(SAMPLES / "textual/hcn-error-powershell-v2.txt")
    assert [(item.code, item.call) for item in facts.refusals] == [(0x803B001B, "HcnCreateNamespace")]
    assert said(facts) == []


def test_v2_does_not_replace_v1() -> None:
    """It has no state and no port."""
    v2 = {"ID": CLIENT["ID"], "HostComputeNetwork": "N", "SchemaVersion": {"Major": 2, "Minor": 0}}
    assert read_text(json.dumps([CLIENT, v2])).endpoints[0].state == 2
    assert read_text(json.dumps([v2, CLIENT])).endpoints[0].state == 2


def test_a_state_that_was_not_printed_is_not_known() -> None:
    """v2 and hcsshim leave it out: 0 would be a claim."""
    (endpoint,) = load_facts(SAMPLES / "endpoints/l2bridge-1803-sdn227-remote.hcsshim.json").endpoints
    assert not endpoint.state_known
    assert read_text(json.dumps(CLIENT)).endpoints[0].state_known


def test_the_output_of_docker_inspect_is_read() -> None:
    """Containers, as Docker prints them."""
    row = {"Id": "c1", "Name": "/web", "Image": "sha256:1", "Config": {"Image": "web:1"},
           "State": {"Status": "running"}, "HostConfig": {"NetworkMode": "none"}}  # fmt: skip
    facts = read_text(json.dumps([row]))
    assert facts.containers[0].name == "web"
    assert not facts.knows("containers")


@pytest.mark.parametrize("text", ["", "hello", "[]", "{}", "null", "[1, 2]", '{"a": 1}', "\x00\x01"])
def test_a_foreign_text_is_one_sentence(text: str) -> None:
    """Not an empty host."""
    with pytest.raises(SnapshotError, match="nothing of HNS"):
        read_text(text)


def test_values_of_format_list_are_read() -> None:
    """Nested, empty, cut and lost ones."""
    assert read_value("Policies", "{}") == ([], True)
    assert read_value("State", "2") == (2, True)
    assert read_value("Port", "80") == ("80", True)
    assert read_value("IPv6", "False") == (False, True)
    assert read_value("Subnets", "System.Object[]") == (None, False)
    assert read_value("X", "{@{A=1; B=@{C=x}}, @{A=2...}") == ([{"A": "1", "B": {"C": "x"}}, {"A": "2..."}], False)
    assert read_value("Extensions", "{@{Id=1}, @{Id=2}...}") == ([{"Id": "1"}, {"Id": "2"}], False)


def test_bytes_that_are_no_utf_8_say_where() -> None:
    """Letters beyond ASCII are then a guess, and said to be."""
    text, note = decode(b'{"Name":\n"caf\xe9"}')
    assert text.endswith('"café"}')
    assert note.startswith("line 2, offset 13")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_damage_raises_anything_else_than_one_sentence(data: DataObject) -> None:
    """Cut, garbled, doubled: what is read is read, and the rest is a SnapshotError at most."""
    text = data.draw(st.sampled_from([json.dumps([NETWORK, CLIENT], indent=1), log([CLIENT]),
        (SAMPLES / "textual/get-hnsnetwork-nat-15.0.txt").read_text()]))  # fmt: skip
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    damage = data.draw(st.text(max_size=8))
    try:
        facts = read_text(text[:start] + damage + text[end:])
    except SnapshotError:
        return
    assert facts.networks or facts.endpoints or facts.problems
