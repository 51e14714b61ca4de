"""An explanation: its segments, its sentence, what it does not know, and its forms."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from hnskit.diagnosis.diagnosis_frames import explanation_frame, matrix_frame
from hnskit.diagnosis.explaining import Explainer, explain, parse_destination
from hnskit.errors import SelectionError
from hnskit.facts.anything import load_facts
from hnskit.facts.completeness import Problem
from hnskit.facts.host_facts import Facts
from hnskit.model.objects import Policy
from tests import sample_facts
from tests.facts.test_dumps import SAMPLES

METADATA = "169.254.169.254"


def client_with(*policies: Policy) -> Facts:
    return sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=policies)


def test_a_redirect_has_three_segments() -> None:
    """To the proxy, on from it, and back; the source as the target sees it."""
    said = explain(sample_facts.complete(), "hnskit-client1", METADATA)
    assert [segment.name for segment in said.segments] == ["forward", "upstream", "return"]
    assert (said.verdict.kind, said.verdict.source_address, said.answered) == ("reached", "10.0.1.20", True)
    assert said.upstream is not None
    assert (said.upstream.code, said.upstream.source_address) == ("left", "10.0.0.5")
    assert said.sentence() == (
        "hnskit-client1 to 169.254.169.254:80 is redirected by the PROXY policy to hnskit-proxy at 10.0.1.136:80, with "
        "10.0.1.20 as its source. From there 169.254.169.254:80 is reached."
    )


def test_what_nobody_has_seen_says_so_at_its_hop() -> None:
    """And the whole says that it is not confirmed."""
    said = explain(sample_facts.complete(), "hnskit-client1", METADATA)
    unconfirmed = [hop.sentence for segment in said.segments for hop in segment.hops if not hop.confirmed]
    assert any("rewritten before" in sentence for sentence in unconfirmed)
    assert any("whether OutboundNat changes it is not known" in sentence for sentence in unconfirmed)
    assert any("put back" in sentence for sentence in unconfirmed)
    assert not said.confirmed
    assert "UNCONFIRMED" in said.to_text()
    plain = explain(sample_facts.complete(), "hnskit-proxy", METADATA)
    assert plain.confirmed
    assert "UNCONFIRMED" not in plain.to_text()


def test_the_misspelt_key_is_named_and_the_trap_is_where_it_ends() -> None:
    """The story of the README."""
    said = explain(client_with(*sample_facts.MADE_WITH, sample_facts.misspelt_policy()), "hnskit-client1", METADATA)
    assert (said.verdict.code, said.answered) == ("on-link", False)
    assert "OutbountNat (was OutboundNat meant?)" in said.to_text()
    assert "does not arrive" in said.sentence()


def test_a_proxy_without_a_way_on_is_reached_and_does_not_answer() -> None:
    """Two verdicts, not one."""
    facts = sample_facts.complete()
    routes = tuple(route for route in facts.routes if route.prefix != f"{METADATA}/32")
    said = explain(replace(facts, routes=routes), "hnskit-client1", METADATA)
    assert (said.verdict.kind, said.answered) == ("reached", False)
    assert "From there 169.254.169.254:80 is not reached" in said.sentence()


WFP = {"OutboundProxyPort": "15001", "InboundProxyPort": "15003", "UserSID": "S-1-5-18"}
MAY = "L4WFPPROXY may take it to port"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({}, f"{MAY} 15001"),
        ({"FilterTuple": {"RemoteAddresses": "169.254.0.0/16", "RemotePorts": "80-90"}}, f"{MAY} 15001"),
        ({"OutboundExceptions": {"IpAddressExceptions": [METADATA]}}, "is an outbound exception"),
        ({"OutboundExceptions": {"PortExceptions": ["80"]}}, "is an outbound exception"),
        ({"FilterTuple": {"RemoteAddresses": "10.0.0.0/8"}}, "filter is not for 169.254.169.254:80"),
        ({"FilterTuple": {"RemotePorts": "443"}}, "filter is not for 169.254.169.254:80"),
        ({"OutboundProxyPort": ""}, "has no port for outbound connections"),
    ],
)
def test_an_l4wfpproxy_is_named_and_what_comes_of_it_is_not_known(more: dict[str, object], sentence: str) -> None:
    """Nobody has seen one at work (HNS fact 54): whether an answer comes is not known, and nothing else changes."""
    wfp = Policy("L4WFPPROXY", {**WFP, **more})
    said = explain(
        client_with(*sample_facts.MADE_WITH, sample_facts.redirect_policy(), wfp), "hnskit-client1", METADATA
    )
    (hop,) = [hop for hop in said.segments[0].hops if "L4WFPPROXY" in hop.sentence]
    assert sentence in hop.sentence
    assert hop.fact == "HNS fact 54"
    may = sentence.startswith(MAY)
    assert said.answered is (None if may else True)
    assert ("unless an L4WFPPROXY takes it elsewhere, which is not known" in said.sentence()) is may
    assert said.to_json()["untraced"] is may
    assert (said.verdict.kind, said.verdict.source_address) == ("reached", "10.0.1.20")


def test_an_inbound_l4wfpproxy_is_named_where_it_takes_in_and_not_for_answers() -> None:
    """On the proxy's endpoint: of the client's connection, and not of the answer to it."""
    wfp = Policy("L4WFPPROXY", {"InboundProxyPort": "15003", "OutboundProxyPort": "15001"})
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-proxy", policies=(*sample_facts.MADE_WITH, wfp))
    said = explain(facts, "hnskit-client1", METADATA)
    named = {segment.name: [hop.sentence for hop in segment.hops if MAY in hop.sentence] for segment in said.segments}
    assert ["port 15003" in sentence for sentence in named["forward"]] == [True]
    assert ["port 15001" in sentence for sentence in named["upstream"]] == [True]
    assert named["return"] == []
    assert said.answered is None


def test_an_l4wfpproxy_leaves_udp_alone() -> None:
    """TCP only."""
    said = explain(
        client_with(*sample_facts.MADE_WITH, Policy("L4WFPPROXY", WFP)),
        "hnskit-client1",
        "8.8.8.8",
        port=53,
        protocol="udp",
    )
    assert "the L4WFPPROXY is for TCP only" in said.to_text()
    assert said.answered is True


def test_a_block_is_a_refusal() -> None:
    """refused by Z"""
    block = Policy("ACL", {"Action": "Block", "Direction": "Out", "RemoteAddresses": METADATA, "Priority": 1})
    said = explain(
        client_with(*sample_facts.MADE_WITH, sample_facts.redirect_policy(), block), "hnskit-client1", METADATA
    )
    assert said.verdict.kind == "refused"
    assert "is refused: endpoint hnskit-client1" in said.sentence()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(sample_facts.complete(), routes=()), "no-routes"),
        (replace(sample_facts.complete(), compartments=(), problems=(Problem("compartments", "x"),)), "no-compartment"),
    ],
)
def test_what_the_snapshot_does_not_have_is_not_known(facts: Facts, code: str) -> None:
    """unknown because W"""
    said = explain(facts, "hnskit-client1", "8.8.8.8", port=443)
    assert (said.verdict.kind, said.verdict.code, said.answered) == ("unknown", code, None)
    assert "is not known" in said.sentence()


def test_a_dump_of_hns_alone_claims_nothing_about_compartments() -> None:
    """Format-List loses the port of an endpoint: who is behind it is not known, and not gone."""
    facts = load_facts(SAMPLES / "textual/scenario-proxy-policy-l2bridge-rs4.txt")
    said = explain(facts, "10.0.1.248", METADATA)
    assert (said.verdict.kind, said.verdict.code) == ("unknown", "endpoints-not-known")
    assert said.verdict.rewritten_by is not None  # the endpoint says of which type its network is
    network = replace(sample_facts.complete().networks[0], id=facts.endpoints[0].network_id)
    gateway = replace(facts.endpoints[0], id="E-G", address="10.0.1.2", state=2)
    whole = replace(facts, networks=(network,), endpoints=(*facts.endpoints, gateway))
    verdict = explain(whole, "10.0.1.248", METADATA).verdict
    assert (verdict.kind, verdict.code) == ("unknown", "container-not-known")
    assert verdict.rewritten_by is not None


def test_v2_has_no_state_and_none_is_claimed() -> None:
    """An endpoint whose state was not printed may be attached."""
    facts = sample_facts.complete()
    raw = {"ID": "x", "HostComputeNetwork": "y"}
    proxy = replace(facts.endpoints[1], state=0, compartment_id=None, raw=raw)
    client = replace(facts.endpoints[2], state=0, raw=raw)
    unknown = replace(facts, endpoints=(facts.endpoints[0], proxy, client))
    said = explain(unknown, "10.0.1.20", METADATA)
    assert (said.verdict.kind, said.verdict.code) == ("unknown", "state-not-known")
    assert "does not say whether it is attached" in said.to_text()


@pytest.mark.parametrize(
    "source", ["hnskit-client1", "cid-hnskit-client1", "10.0.1.20", "ID-hnskit-client1", "id-HNSKIT-client1"]
)
def test_a_source_has_many_names(source: str) -> None:
    """A container by name or id, an endpoint by name, id or address."""
    assert explain(sample_facts.complete(), source, METADATA).verdict.rewritten_by is not None


def test_a_source_that_is_not_there_names_those_that_are() -> None:
    """And one that may be several is not guessed."""
    with pytest.raises(SelectionError, match="its containers are: hnskit-client1, hnskit-client2, hnskit-proxy"):
        explain(sample_facts.complete(), "nobody", METADATA)
    facts = sample_facts.complete()
    twins = tuple(replace(item, name="Ethernet") for item in facts.endpoints)
    with pytest.raises(SelectionError, match="may be any of"):
        explain(replace(facts, endpoints=twins), "Ethernet", METADATA)


def test_all_is_every_container_against_every_destination() -> None:
    """In the order of names; a row each."""
    found = Explainer(sample_facts.complete()).all([(METADATA, 80), ("8.8.8.8", 443)])
    frame = matrix_frame(found)
    assert list(frame["source"]) == [
        name for name in ("hnskit-client1", "hnskit-client2", "hnskit-proxy") for _ in "ab"
    ]
    assert list(frame["redirected_by"]) == ["PROXY", "", "PROXY", "", "", ""]
    assert list(matrix_frame([]).columns) == list(frame.columns)


def test_all_of_a_dump_takes_its_endpoints() -> None:
    """There are no containers in it."""
    facts = replace(sample_facts.complete(), containers=())
    assert {item.source for item in Explainer(facts).all([(METADATA, 80)])} == {
        item.address for item in facts.endpoints
    }


def test_every_form_says_the_same() -> None:
    """Text, JSON, DataFrame, and what a notebook shows."""
    said = explain(sample_facts.complete(), "hnskit-client1", METADATA)
    data = json.loads(json.dumps(said.to_json()))
    hops = [hop for segment in data["segments"] for hop in segment["hops"]]
    frame = explanation_frame(said)
    assert [hop["sentence"] for hop in hops] == list(frame["what"])
    assert str(frame["confirmed"].dtype) == "boolean"
    assert all(hop["sentence"] in said.to_text() for hop in hops)
    assert data["verdict"]["rewritten_by"]["Type"] == "PROXY"
    shown = said._repr_mimebundle_()
    assert said.sentence() in shown["text/plain"]
    assert "<table" in shown["text/html"]


def test_the_drawing_has_a_mark_for_each_hop_and_the_sentence() -> None:
    """A ring where a hop is not confirmed; valid SVG."""
    facts = sample_facts.complete()
    said = explain(facts, "hnskit-client1", METADATA)
    svg = said.picture(facts).svg()
    root = ElementTree.fromstring(svg)
    circles = [item for item in root.iter("{http://www.w3.org/2000/svg}circle") if item.get("r") == "9"]
    hops = [hop for segment in said.segments for hop in segment.hops]
    assert len(circles) == len(hops)
    assert sum("fill:#ffffff" in str(item.get("style")) for item in circles) == sum(not hop.confirmed for hop in hops)
    assert "is redirected by the PROXY policy" in svg


def test_of_a_large_host_only_what_the_walk_touches_is_drawn() -> None:
    """Ten thousand endpoints are not a picture."""
    facts = sample_facts.complete()
    many = tuple(replace(facts.endpoints[2], id=f"E{n}", name=f"e{n}", address=f"10.9.{n // 250}.{n % 250}", state=1)
                 for n in range(500))  # fmt: skip
    facts = replace(facts, endpoints=(*facts.endpoints, *many))
    picture = explain(facts, "hnskit-client1", METADATA).picture(facts)
    assert picture.height < 1200
    assert "e499" not in picture.svg()


@pytest.mark.parametrize(("words", "wanted"), [("1.2.3.4", ("1.2.3.4", 80)), ("1.2.3.4:443", ("1.2.3.4", 443))])
def test_a_destination_is_read(words: str, wanted: tuple[str, int]) -> None:
    """Port 80 where none is given."""
    assert parse_destination(words) == wanted


@pytest.mark.parametrize("words", ["example.org", "1.2.3.4:0", "1.2.3.4:70000", "1.2.3.4:x", "::1", "", "1.2.3.4:"])
def test_what_is_no_destination_is_refused(words: str) -> None:
    """Names are not looked up here, and IPv6 is not HNS v1's."""
    with pytest.raises(ValueError, match=r"not a port|IPv4"):
        parse_destination(words)


@pytest.mark.parametrize("target", ["10.0.0.9:80", "10.137.198.118:8080", "10.0.0.5:8080"])
def test_a_proxy_that_is_no_container_here_is_not_said_to_answer(target: str) -> None:
    """Another host's, or a listener of this one: how far it is traced is said, and the rest is not known."""
    policies = (*sample_facts.MADE_WITH, sample_facts.redirect_policy(target))
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=policies)
    said = explain(facts, "hnskit-client1", METADATA)
    assert (said.verdict.kind, said.answered, said.confirmed) == ("reached", None, False)
    assert said.upstream is not None
    assert said.upstream.code == "elsewhere"
    assert "nothing that this host shows tells whether anything listens there" in said.sentence()
