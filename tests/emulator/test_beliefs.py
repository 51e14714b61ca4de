"""The host's data plane and explain, over one table of scenarios: docs/beliefs.md shows it."""

from __future__ import annotations

import functools

import pytest

from benchmarks import beliefs
from benchmarks.beliefs import Belief
from hnskit.emulator.host.dataplane.port_rules import compile_rules
from hnskit.emulator.host.dataplane.vfp_port import VfpPort
from hnskit.emulator.host.dataplane.wire_packet import Packet, PacketLostError
from tests.emulator.belief_scenarios import BeliefScenario
from tests.emulator.belief_table import SCENARIOS

METADATA = "169.254.169.254"
BLOCK = {"Type": "ACL", "Action": "Block", "Direction": "Out", "Priority": 1}
PROXY = {"Type": "PROXY", "IP": METADATA, "Port": "80", "Destination": "10.0.1.9:80", "OutboundNat": True}


BY_ID = {f"{case.group}: {case.name}": case for case in SCENARIOS}


@functools.cache
def belief(id: str) -> Belief:
    """Of one scenario: its host is made once."""
    return beliefs.ask(BY_ID[id])


def _id(case: BeliefScenario) -> str:
    return f"{case.group}: {case.name}"


def test_there_are_many_scenarios_each_with_a_name_of_its_own() -> None:
    assert len(BY_ID) == len(SCENARIOS) >= 60


@pytest.mark.parametrize("case", SCENARIOS, ids=_id)
def test_the_data_plane_takes_the_connection_where_the_facts_say(case: BeliefScenario) -> None:
    assert belief(_id(case)).plane == case.expected


@pytest.mark.parametrize("case", SCENARIOS, ids=_id)
def test_explain_says_the_same_or_a_question_says_why_not(case: BeliefScenario) -> None:
    said = belief(_id(case))
    assert said.settled, (said.plane, said.explain)


def test_the_table_in_the_docs_is_the_one_that_is_generated() -> None:
    """`python -m benchmarks.beliefs --write` was run after the last change."""
    assert beliefs.DOCUMENT.read_text(encoding="utf-8") == beliefs.document([belief(id) for id in BY_ID])


def _asked(number: int) -> Packet:
    return Packet("tcp", "10.0.1.20", 49152 + number, METADATA, 80)


def test_many_flows_live_on_while_policies_change() -> None:
    """Answers of what was let out come back as who asked expects them, whatever the policies are by now."""
    port = VfpPort("E", "client", "10.0.1.20", compile_rules([PROXY]))
    sent = [port.outbound(_asked(number)) for number in range(200)]
    assert {(item.destination, item.port) for item in sent} == {("10.0.1.9", 80)}
    for rules in ([], [BLOCK], [{**PROXY, "Destination": "10.0.1.60:80"}]):
        port.rules = compile_rules(rules)
        assert [port.inbound(item.answer()) for item in sent] == [_asked(number).answer() for number in range(200)]


def test_a_new_flow_meets_the_policies_of_now() -> None:
    port = VfpPort("E", "client", "10.0.1.20", compile_rules([PROXY]))
    port.outbound(_asked(0))
    port.rules = compile_rules([BLOCK, PROXY])
    with pytest.raises(PacketLostError, match="Priority 1"):
        port.outbound(_asked(1))
