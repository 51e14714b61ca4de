"""A redirect made by hand: found by what it serves, adopted when asked, repaired where it is half, kept by teardown."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest

from hnskit import policies
from hnskit.applying.api import apply, destroy
from hnskit.diagnosis.doctor import diagnose
from hnskit.emulator.host import EmulatedHost
from hnskit.errors import PreflightError
from hnskit.model import hns_json
from hnskit.params.desired import NEW, Desired
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action
from tests import hand_made, sample_facts, strategies
from tests.hand_made import HandMade
from tests.in_process_host import QUICK, HereSession, MemoryJournal, host_here
from tests.invariants import stranded

CLIENT = "hnskit-client1"


def refused(host: EmulatedHost, desired: Desired) -> dict[str, str]:
    """Object -> why it is refused."""
    return {step.name: step.reason for step in plan(desired, host.snapshot()).refused}


def taking(desired: Desired, id: str) -> Desired:
    """The parameters with a choice for the first client."""
    first = replace(desired.clients[0], endpoint=replace(desired.clients[0].endpoint, endpoint_id=id))
    return replace(desired, clients=(first, *desired.clients[1:]))


def test_an_exact_match_is_adopted_without_a_change_and_known_afterwards() -> None:
    """The journal has it as found; the next plan has nothing to ask."""
    host, desired, journal = host_here(), sample_facts.desired(), MemoryJournal()
    ids = hand_made.make(host, desired)
    before = host.snapshot()
    asked = {(step.kind, step.name): step.object_id for step in plan(desired, before).adopted}
    assert {name: asked["endpoint", name] for name in ids} == ids
    assert apply(HereSession(host), desired, adopt=True, journal=journal, pace=QUICK).changed == 0
    assert host.snapshot() == before
    assert {(kind, name) for kind, name, _ in journal.made.adopted} == set(asked)
    later = plan(desired, before, made=journal.made)
    assert (later.adopted, later.pending, later.refused) == ((), (), ())


def test_a_misspelt_policy_made_by_hand_is_all_that_is_changed() -> None:
    """The smallest repair: the policy, and neither container nor endpoint."""
    host, desired = host_here(), sample_facts.desired()
    hand_made.make(host, desired, HandMade(policy="misspelt"))
    outcome = apply(HereSession(host), desired, adopt=True, pace=QUICK)
    assert {(result.step.action, result.step.kind) for result in outcome.done} == {(Action.UPDATE, "policy")}


@pytest.mark.parametrize(
    ("address", "port"), [("169.254.170.2", "80"), ("169.254.169.254", "8080"), ("168.63.129.16", "80")]
)
@pytest.mark.parametrize("beside", [True, False])
def test_a_redirect_of_which_the_parameters_say_nothing_is_named_and_kept(
    address: str, port: str, beside: bool
) -> None:
    """It leads to the proxy, too; hnskit did not put it there, so hnskit does not take it away."""
    host, desired = host_here(), sample_facts.desired()
    ids = hand_made.make(host, desired)
    proxy = strategies.hns(host, "GET", f"/endpoints/{ids[desired.proxy.name]}")["IPAddress"]
    right = hand_made.policies_of("right", desired.clients[0], proxy) if beside else []
    hand_made.set_policy(host, ids[CLIENT], [*right, hns_json.proxy_policy(f"{proxy}:80", address, port, True)])
    before = host.snapshot()

    assert f"{address}:{port}" in refused(host, desired)[CLIENT]
    with pytest.raises(PreflightError):
        apply(HereSession(host), desired, adopt=True, pace=QUICK)
    destroy(HereSession(host), desired, pace=QUICK)
    assert host.snapshot() == before


def test_an_adopted_container_is_found_again_after_a_restart() -> None:
    """By the id in the journal: its compartment is another one, and its endpoint's name says nothing."""
    host, desired, journal = host_here(), sample_facts.desired(), MemoryJournal()
    ids = hand_made.make(host, desired)
    apply(HereSession(host), desired, adopt=True, journal=journal, pace=QUICK)
    strategies.docker(host, "stop", CLIENT)
    strategies.docker(host, "start", CLIENT)
    pending = plan(desired, host.snapshot(), made=journal.made).pending
    assert {step.object_id for step in pending if step.name == CLIENT} == {ids[CLIENT]}


def test_two_endpoints_of_the_network_in_one_compartment_are_refused_by_id() -> None:
    """Which of them the requests take is not known."""
    host, desired = host_here(), sample_facts.desired()
    ids = hand_made.make(host, desired)
    hand_made.double_a_client(host, desired)
    assert ids[CLIENT] in refused(host, desired)[CLIENT]
    assert "Remove-HnsEndpoint" in refused(host, taking(desired, ids[CLIENT]))[CLIENT]


def test_a_second_adapter_is_never_put_into_a_container() -> None:
    """The container has an endpoint of Docker's nat network: hnskit's is not attached beside it."""
    host, desired = host_here(), sample_facts.desired()
    hand_made.make(host, desired, HandMade(clients=0))
    strategies.docker(host, "run", "--detach", "--name", CLIENT, strategies.IMAGE, "ping.exe", "-t", "localhost")
    nat = host.snapshot().networks_named("nat")[0]
    made = strategies.hns(host, "POST", "/endpoints", {"VirtualNetwork": nat.id, "Name": "Ethernet", "Policies": []})
    hand_made.attach(host, made["ID"], hand_made.compartment_of(host, CLIENT))
    assert "of the network nat already" in refused(host, desired)[CLIENT]


def test_a_free_endpoint_is_asked_about_and_taken_by_its_id_or_left() -> None:
    """The operator chooses: `endpoint_id` is its id, or `new`."""
    host, desired = host_here(), sample_facts.desired()
    ids = hand_made.make(host, desired, HandMade(attached=False))
    assert f"endpoint_id={NEW}" in refused(host, desired)[CLIENT]
    assert CLIENT not in refused(host, taking(desired, NEW))
    asked = plan(taking(desired, ids[CLIENT]), host.snapshot()).adopted
    assert ids[CLIENT] in {step.object_id for step in asked}


def test_a_choice_that_is_not_there_or_on_another_network_is_named() -> None:
    """By the key of the parameters."""
    host, desired = host_here(), sample_facts.desired()
    hand_made.make(host, desired)
    nat = host.snapshot().networks_named("nat")[0]
    made = strategies.hns(host, "POST", "/endpoints", {"VirtualNetwork": nat.id, "Name": "Ethernet", "Policies": []})
    assert "clients[0].endpoint_id" in refused(host, taking(desired, sample_facts.NETWORK_ID))[CLIENT]
    assert "on the network nat" in refused(host, taking(desired, made["ID"]))[CLIENT]


def test_a_label_that_lies_protects_nothing_and_takes_nothing() -> None:
    """It is named in the plan; a teardown without a journal leaves the container and its endpoint."""
    host, desired = host_here(), sample_facts.desired()
    hand_made.make(host, desired, HandMade(label="hnskit-l2bridge"))
    before = host.snapshot()
    said = [step.reason for step in plan(desired, before).adopted if step.kind == "container"]
    assert said
    assert all("whatever its label says" in reason for reason in said)
    destroy(HereSession(host), desired, pace=QUICK)
    assert host.snapshot() == before


@pytest.mark.parametrize("adopted", [False, True])
def test_the_policy_alone_is_not_put_on_what_was_not_adopted(adopted: bool) -> None:
    """A part of the redirect asks for the endpoints that it changes."""
    host, desired = host_here(), sample_facts.desired()
    hand_made.make(host, desired, HandMade(policy="none"))
    if adopted:
        assert apply(HereSession(host), desired, parts=["policy"], adopt=True, pace=QUICK).changed == 2
        return
    with pytest.raises(PreflightError, match="made by hand"):
        apply(HereSession(host), desired, parts=["policy"], pace=QUICK)


def test_a_gateway_stays_while_endpoints_of_others_go_through_it() -> None:
    """Also by name (the network stays because of them)."""
    host, desired, journal = host_here(), sample_facts.desired(), MemoryJournal()
    apply(HereSession(host), desired, journal=journal, pace=QUICK)
    network = host.snapshot().networks_named(desired.network.name)[0]
    theirs = hand_made.endpoint(host, network.id, HandMade(names="theirs"), desired,
                                replace(desired.clients[0].endpoint, name="theirs"))  # fmt: skip
    outcome = destroy(HereSession(host), desired, made=journal.made, by_name=True, pace=QUICK)
    left = host.snapshot()
    assert {item.name for item in left.endpoints if item.network_id == network.id} == {"theirs", "hnskit-gateway"}
    assert list(stranded(left)) == []
    assert outcome.nothing_left
    strategies.hns(host, "DELETE", f"/endpoints/{theirs}")
    assert destroy(HereSession(host), desired, made=journal.made, pace=QUICK).left == ()


def test_a_container_stays_while_an_endpoint_that_is_not_hnskits_is_in_it() -> None:
    """It would be left on a dead compartment."""
    host, desired, journal = host_here(), sample_facts.desired(), MemoryJournal()
    apply(HereSession(host), desired, journal=journal, pace=QUICK)
    hand_made.double_a_client(host, desired)
    destroy(HereSession(host), desired, made=journal.made, pace=QUICK)
    assert host.snapshot().container_named(CLIENT) is not None
    assert list(stranded(host.snapshot())) == []


def test_a_refusal_beside_adoptions_names_what_stands_in_the_way_alone() -> None:
    """What would be adopted is no reason that an `apply --adopt` fails for."""
    host, desired = host_here(), sample_facts.desired()
    hand_made.make(host, desired, HandMade(attached=False))
    with pytest.raises(PreflightError) as refusal:
        apply(HereSession(host), desired, adopt=True, pace=QUICK)
    assert f"endpoint_id={NEW}" in refusal.value.message
    assert "container" not in refusal.value.message.replace("containers", "")


def test_a_teardown_names_the_containers_that_it_leaves_as_adopted() -> None:
    """They have no label: Docker cannot give one to a container that is there."""
    host, desired, journal = host_here(), sample_facts.desired(), MemoryJournal()
    hand_made.make(host, desired)
    apply(HereSession(host), desired, adopt=True, journal=journal, pace=QUICK)
    outcome = destroy(HereSession(host), desired, made=journal.made, pace=QUICK)
    left = {item.name: item.reason for item in outcome.left or () if item.kind == "container"}
    assert set(left) == {item.name for item in desired.containers}
    assert all("adopted" in reason for reason in left.values())
    endpoints = [item.reason for item in outcome.left or () if item.kind == "endpoint"]
    assert endpoints
    assert all("made by hand and adopted, as a journal says" in reason for reason in endpoints)


def test_the_command_that_the_doctor_gives_mends_a_misspelt_policy_made_by_hand() -> None:
    """By the endpoint's id, since HNS names them all alike, and the number of the policy."""
    host, desired = host_here(), sample_facts.desired()
    ids = hand_made.make(host, desired, HandMade(policy="misspelt"))
    (said,) = {
        finding.next_step for finding in diagnose(host.snapshot(), params_file="P")
        if finding.check == "policy-key" and ids[CLIENT] in finding.next_step
    }  # fmt: skip
    words = shlex.split(re.findall(r"`hnskit ([^`]+)`", said)[0])
    assert words == ["policy", "change", "P", "--endpoint", ids[CLIENT], "--number", words[6], "--outbound-nat"]
    now = host.snapshot()
    owner = next(item for item in now.endpoints if item.id == ids[CLIENT])
    entry = policies.select(now, owner, number=int(words[6]))
    edit = policies.change(owner, entry.policy, outbound_nat=True)
    policies.apply(HereSession(host), desired, [edit], pace=QUICK)
    left = [item for item in diagnose(host.snapshot()) if item.check == "policy-key"]
    assert [ids[CLIENT] in item.next_step for item in left] == [False]


def test_the_doctor_s_commands_adopt_where_something_was_made_by_hand() -> None:
    """A command without it would be refused."""
    host, desired = host_here(), sample_facts.desired()
    hand_made.make(host, desired, HandMade(forwarding=False))
    steps = [item.next_step for item in diagnose(host.snapshot(), desired=desired) if item.check == "redirect-drift"]
    assert steps
    assert all("--adopt" in step for step in steps)


def test_two_endpoints_in_one_compartment_are_a_finding_that_names_both() -> None:
    """Whoever keeps one has the command that removes the other."""
    host, desired = host_here(), sample_facts.desired()
    ids = hand_made.make(host, desired)
    hand_made.double_a_client(host, desired)
    (found,) = [item for item in diagnose(host.snapshot()) if item.check == "endpoint-doubled"]
    assert CLIENT in found.object
    assert ids[CLIENT] in found.next_step
    assert found.next_step.count("Remove-HnsEndpoint") == 2


def test_an_adoption_costs_the_request_of_an_apply_that_finds_all_in_place() -> None:
    """One pipeline, the snapshot; nothing else is sent."""
    host, desired = host_here(), sample_facts.desired()
    hand_made.make(host, desired)
    session = HereSession(host)
    apply(session, desired, adopt=True, pace=QUICK)
    assert len(session.pipelines) == 1
