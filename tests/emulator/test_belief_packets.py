"""The belief table on real packets: Linux as the judge of routes, ACLs, rewrites, NAT and answers (docs/beliefs.md)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks import beliefs
from tests.emulator.belief_packets import PacketJudge
from tests.emulator.belief_scenarios import BeliefScenario, acl, policies, redirect
from tests.emulator.belief_table import SCENARIOS
from tests.emulator.host_scenario import output
from tests.emulator.packets_here import require_packets

QUICK = {
    "redirect: the whole policy",
    "redirect: UDP",
    "redirect: two policies, the first for another port",
    "keys: the address in a prefix of ExceptionList",
    "ACLs: two of one Priority, Block first",
    "ACLs: Out at the proxy, the client: answers",
    "the way: forwarding off",
    "the way: the proxy without OutBoundNAT",
    "the way: the host, at its own address",
    "the way: from Docker's nat network, outside",
    "life: the proxy started again: another compartment",
}


@pytest.fixture(scope="module")
def judge() -> Iterator[PacketJudge]:
    """One helper process for all scenarios."""
    require_packets()
    made = PacketJudge()
    yield made
    made.close()


def _id(case: BeliefScenario) -> str:
    return f"{case.group}: {case.name}"


CASES = [pytest.param(case, id=_id(case), marks=() if _id(case) in QUICK else pytest.mark.slow) for case in SCENARIOS]


@pytest.mark.parametrize("case", CASES)
def test_real_packets_go_where_the_data_plane_says(judge: PacketJudge, case: BeliefScenario) -> None:
    """A scenario at which Linux shows something else needs a fact, or a question for a real host."""
    assert beliefs.ask(case, judge).packets == case.expected


def test_the_quick_ones_are_of_the_table() -> None:
    assert {_id(case) for case in SCENARIOS} >= QUICK


def test_many_real_connections_live_on_while_policies_change(judge: PacketJudge) -> None:
    """Both ways of each are open after the redirect was taken away, an ACL came, and another target."""
    case = next(item for item in SCENARIOS if item.name == "the whole policy")
    scenario = case.build()
    changes = (
        lambda: output(scenario.host, "POST", f"/endpoints/{scenario.client['ID']}",
                       {"ID": scenario.client["ID"], "Policies": []}),
        lambda: acl("client", "Out")(scenario),
        lambda: policies("proxy", {"Type": "ACL", "Action": "Block", "Direction": "In", "Priority": 1})(scenario),
        lambda: redirect("10.0.1.60:80")(scenario),
    )  # fmt: skip
    with judge.flows(scenario, case, 60) as flows:
        for change in changes:
            change()
            judge.bring_to(scenario)
            for number, (asking, taken) in enumerate(flows):
                asking.sendall(b"%03d" % number)
                assert taken.recv(3) == b"%03d" % number
                taken.sendall(b"answer")
                assert asking.recv(6) == b"answer"
