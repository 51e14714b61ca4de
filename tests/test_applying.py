"""The engine on an emulated host: drift of every kind, waits, refusals, two operators, rollback, nonsense."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hnskit.applying.writer import apply, destroy
from hnskit.errors import HnskitError, PreflightError, StepError
from hnskit.journal import Journal
from hnskit.model import Policy
from hnskit.planning.setup import plan
from tests import hosts, worlds
from tests.lab import QUICK, HereSession, MemoryJournal, host_here
from tests.matrix import differences, not_complete

ONE_CLIENT = replace(hosts.desired(), clients=hosts.desired().clients[:1])


@pytest.fixture
def host():
    """A host on which the redirect is set up."""
    ready = host_here()
    ready.made = apply(HereSession(ready), hosts.desired(), pace=QUICK).made
    return ready


def done(host, desired=None, **options):
    """The ids of the steps that apply did, after which the host is complete."""
    wanted = desired or hosts.desired()
    outcome = apply(HereSession(host), wanted, pace=QUICK, **options)
    assert list(not_complete(wanted, host.snapshot())) == []
    return [result.step.id for result in outcome.done]


def on(name, act):
    return lambda host: act(host, worlds.endpoint(host, name))


def policies(*wrong):
    return lambda host, found: worlds.set_policies(host, found, *wrong)


def restart(host):
    worlds.docker(host, "stop", "hnskit-client1")
    worlds.docker(host, "start", "hnskit-client1")


MOVED = ("detach endpoint hnskit-client1", "attach endpoint hnskit-client1")
ELSEWHERE = hosts.redirect_policy("10.0.1.99:80")


@pytest.mark.parametrize(
    ("drift", "repair"),
    [
        (on("hnskit-client1", policies()), ["update policy hnskit-client1"]),
        (on("hnskit-client1", policies(hosts.misspelt_policy())), ["update policy hnskit-client1"]),
        (on("hnskit-client1", policies(ELSEWHERE, ELSEWHERE)), ["update policy hnskit-client1"]),
        (on("hnskit-proxy", policies(ELSEWHERE)), ["update policy hnskit-proxy"]),
        (on("hnskit-gateway", policies(ELSEWHERE)), ["update policy hnskit-gateway"]),
        (on("hnskit-client1", worlds._detach), ["attach endpoint hnskit-client1"]),
        (restart, ["detach endpoint hnskit-client1", "attach endpoint hnskit-client1"]),
        (worlds._stop("hnskit-client1"), ["start container hnskit-client1", *MOVED]),
        (worlds._remove("hnskit-client1"), ["run container hnskit-client1", *MOVED]),
        (worlds._forwarding_off, ["update forwarding hnskit-gateway"]),
        (
            on("hnskit-client1", worlds._delete),
            ["create endpoint hnskit-client1", "attach endpoint hnskit-client1", "update policy hnskit-client1"],
        ),
    ],
    ids=[
        "no policy", "misspelt", "doubled", "on the proxy", "on the gateway", "detached", "restarted", "stopped",
        "container gone", "forwarding off", "endpoint gone",
    ],
)  # fmt: skip
def test_drift_is_repaired_with_the_least_disruption(host, drift, repair):
    """What differs is put right, and nothing else is touched: an endpoint is attached again, not made again."""
    drift(host)
    assert done(host) == repair


def test_a_wrong_gateway_makes_the_endpoint_again(host):
    """HNS cannot change a gateway: delete, create, attach, and the policy that went with it."""
    wanted = hosts.desired("gateway_endpoint.address=10.0.1.3")
    ids = done(host, wanted)
    assert ids.index("delete endpoint hnskit-client1") < ids.index("create endpoint hnskit-client1")
    assert not [id for id in ids if "network" in id or "container" in id]


def test_the_order_of_two_wanted_addresses_may_be_swapped(host):
    """Two clients that swap addresses are both made again; neither stands in the other's way."""
    first = hosts.desired("clients[0].address=10.0.1.20", "clients[1].address=10.0.1.21")
    done(host, first)
    swapped = hosts.desired("clients[0].address=10.0.1.21", "clients[1].address=10.0.1.20")
    done(host, swapped)
    assert worlds.endpoint(host, "hnskit-client1").address == "10.0.1.21"


def test_our_own_endpoint_that_holds_a_wanted_address_makes_room(host):
    """HNS chose the address for client2 that client1 now wants: client2 gets another one."""
    held = worlds.endpoint(host, "hnskit-client2").address
    done(host, hosts.desired(f"clients[0].address={held}"))
    assert worlds.endpoint(host, "hnskit-client1").address == held
    assert worlds.endpoint(host, "hnskit-client2").address != held


def test_a_client_that_left_the_parameters_is_removed_and_said_so(host):
    """Its endpoint is detached and deleted, its container removed, if a journal says it was made; else it stays."""
    current = plan(ONE_CLIENT, host.snapshot(), made=host.made)
    assert {step.reason for step in current.pending if step.action == "delete"} == {"it is no longer in the parameters"}
    assert not plan(ONE_CLIENT, host.snapshot()).pending
    ids = done(host, ONE_CLIENT, made=host.made)
    assert ids == [
        "detach endpoint hnskit-client2",
        "delete endpoint hnskit-client2",
        "delete container hnskit-client2",
    ]


def test_clients_with_redirects_of_their_own():
    """A client's list stands in place of the top-level redirect; what is no longer in it goes."""
    host = host_here()
    own = "clients[0].redirects=[{address: 169.254.169.254, port: 81}, {address: 169.254.169.253, port: 80}]"
    wanted = hosts.desired(own)
    done(host, wanted)
    first, second = (worlds.endpoint(host, name).proxies for name in ("hnskit-client1", "hnskit-client2"))
    assert [(one.settings["IP"], one.settings["Port"]) for one in first] == [
        ("169.254.169.254", "81"),
        ("169.254.169.253", "80"),
    ]
    assert [one.settings["Port"] for one in second] == ["80"]
    assert done(host) == ["update policy hnskit-client1"]


def stale(name, address, network="8F3C3F28-0000-0000-0000-000000000000"):
    """An endpoint whose network is gone (HNS fact 76)."""
    return replace(hosts.endpoint(name, address, None), id=f"STALE-{name}", network_id=network)


def test_a_stale_endpoint_of_our_own_that_holds_an_address_is_removed():
    """After a reboot the network is gone and the endpoint is not: it is deleted before it is made again."""
    facts = replace(hosts.fresh(), endpoints=(stale("hnskit-gateway", "10.0.1.2"),))
    current = plan(hosts.desired(), facts)
    (delete,) = [step for step in current.pending if step.action == "delete"]
    create = next(step for step in current.pending if step.id == "create endpoint hnskit-gateway")
    assert delete.object_id == "STALE-hnskit-gateway"
    assert delete.id in create.needs
    assert not current.refused


def test_a_stale_endpoint_of_our_own_by_another_name_is_known_by_the_journal():
    """A client of an earlier run holds the address: the journal says that it is hnskit's."""
    journal = MemoryJournal()
    facts = replace(hosts.complete(), endpoints=(*hosts.complete().endpoints, stale("hnskit-old", "10.0.1.77")))
    old = stale("hnskit-old", "10.0.1.77")
    journal.write("done", action="create", kind="network", name="hnskit-l2bridge", id=old.network_id)
    journal.write("done", action="create", kind="endpoint", name="hnskit-old", id=old.id)
    wanted = hosts.desired("clients[0].address=10.0.1.77")
    assert not plan(wanted, facts, made=journal.made).refused
    (refused,) = plan(wanted, facts).refused
    assert "Get-HnsEndpoint | Where-Object ID -EQ 'STALE-hnskit-old' | Remove-HnsEndpoint" in refused.reason


def test_a_foreign_endpoint_that_holds_a_wanted_address_is_refused_with_the_command(host):
    """Nothing of somebody else's is removed; the operator gets the line that would."""
    network = host.snapshot().networks_named("hnskit-l2bridge")[0]
    body = {"VirtualNetwork": network.id, "Name": "theirs", "IPAddress": "10.0.1.99", "Policies": []}
    theirs = worlds.hns(host, "POST", "/endpoints", body)
    before = host.snapshot()
    with pytest.raises(PreflightError, match=f"Where-Object ID -EQ '{theirs['ID']}'"):
        apply(HereSession(host), hosts.desired("clients[0].address=10.0.1.99"), pace=QUICK)
    assert host.snapshot() == before


def test_an_endpoint_in_the_compartment_of_somebody_elses_container_is_refused(host):
    """To take it away would cut off a container that is not hnskit's."""
    ping = ("ping.exe", "-t", "localhost")
    worlds.docker(host, "run", "--detach", "--name", "web", "--network", "none", worlds.IMAGE, *ping)
    facts = host.snapshot()
    web, ours = facts.compartment_of(facts.container_named("web")), worlds.endpoint(host, "hnskit-client1")
    worlds._detach(host, ours)
    worlds.hns(host, "POST", f"/endpoints/{ours.id}/attach", {"SystemType": "Host", "CompartmentId": web.id})
    (refused,) = plan(hosts.desired(), host.snapshot()).refused
    assert "docker stop web" in refused.reason


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["network.adapter=Ethernet 9"], "there is no adapter Ethernet 9"),
        (["network.subnet=10.0.0.0/24", "network.gateway=", "gateway_endpoint.address=10.0.0.5"], "host's own address"),
        (["proxy.image=nobody:1", "proxy.import="], "name no tarball"),
        (["network.subnet=172.24.0.0/16", "network.gateway=", "gateway_endpoint.address=172.24.0.2"], "overlaps"),
    ],
    ids=["adapter", "address", "image", "subnet"],
)
def test_what_cannot_be_satisfied_is_refused_before_any_change(overrides, words):
    """The facts before are the facts after."""
    host = host_here()
    host.windows.nics[0].name = "Ethernet"
    before, session = host.snapshot(), HereSession(host)
    own = next(item.address for item in before.addresses if item.origin == "Dhcp")
    texts = [text.replace("10.0.0.5", own) for text in overrides]
    with pytest.raises(PreflightError, match=words):
        apply(session, hosts.desired(*texts), pace=QUICK)
    assert host.snapshot() == before


def test_more_endpoints_than_addresses_are_refused(host):
    """Others on the bridge have addresses, too."""
    host = host_here()
    small = ("network.subnet=10.0.1.0/29", "clients[0].address=")
    apply(HereSession(host), hosts.desired(*small), pace=QUICK)
    network = host.snapshot().networks_named("hnskit-l2bridge")[0]
    worlds.hns(host, "POST", "/endpoints", {"VirtualNetwork": network.id, "Name": "theirs", "Policies": []})
    wanted = hosts.desired(*small)
    more = replace(wanted, clients=(*wanted.clients, replace(wanted.clients[0], name="x", endpoint=replace(
        wanted.clients[0].endpoint, name="x"))))  # fmt: skip
    assert "has room for 4 endpoints, and 5 are wanted" in plan(more, host.snapshot()).refused[0].reason


# Windows is late.


def late(host, hide, times):
    """A session whose answers lack something for the first so many snapshots."""
    session, left = HereSession(host), [times]

    def answered(answer):
        instead = hide(answer)
        if instead is None or not left[0]:
            return None
        left[0] -= 1
        return json.dumps(instead)

    session.answered = answered
    return session, left


def without(answer, id, keep):
    """The answer of one call with some of its rows left out."""
    if answer["id"] != id or all(map(keep, answer["output"])):
        return None
    return {**answer, "output": [row for row in answer["output"] if keep(row)]}


def test_the_adapter_of_the_gateway_is_waited_for():
    """Forwarding needs an interface, which Windows shows late."""
    host = host_here()
    session, left = late(host, lambda a: without(a, "addresses", lambda row: "hnskit" not in row["Alias"]), 4)
    waits = []
    hide_macs = session.answered
    session.answered = lambda a: hide_macs(a) or (
        json.dumps(without(a, "adapters", lambda row: "hnskit" not in row["Name"])) if left[0] and without(
            a, "adapters", lambda row: "hnskit" not in row["Name"]) else None
    )  # fmt: skip
    apply(session, hosts.desired(), pace=QUICK, on_event=lambda event: waits.append(event.kind))
    assert list(not_complete(hosts.desired(), host.snapshot())) == []
    assert "wait" in waits


def test_the_compartment_of_a_container_is_waited_for():
    """An endpoint is attached only when the container's compartment has appeared."""
    host = host_here()
    session, left = late(
        host, lambda a: without(a, "compartments", lambda row: "Container" not in row["Description"]), 4
    )
    apply(session, hosts.desired(), pace=QUICK)
    assert left == [0]
    assert list(not_complete(hosts.desired(), host.snapshot())) == []


def test_the_management_ip_is_waited_for():
    """After the bridge appeared its ManagementIP may come late; the outcome has it."""
    host = host_here()
    host.set_fault("management_ip_late", 0.3)
    outcome = apply(HereSession(host), hosts.desired(), pace=QUICK)
    assert outcome.after.networks_named("hnskit-l2bridge")[0].management_ip
    assert not [note for note in outcome.notes if "ManagementIP" in note]


def test_a_management_ip_that_never_comes_is_a_note():
    """Nothing depends on it, so the run goes on."""
    host = host_here()
    host.set_fault("management_ip_late", 1000.0)
    outcome = apply(HereSession(host), hosts.desired(), pace=replace(QUICK, patience=0.2))
    assert [note for note in outcome.notes if "no ManagementIP" in note]


def test_patience_ends():
    """What never appears is an error that names the step, and the run can be gone on with."""
    host = host_here()
    session, _ = late(
        host, lambda a: without(a, "compartments", lambda row: "Container" not in row["Description"]), 10**6
    )
    with pytest.raises(StepError, match="has not appeared"):
        apply(session, hosts.desired(), pace=replace(QUICK, patience=0.2))
    done(host)


def test_an_unspecified_error_is_tried_again():
    """Overlapping creations fail for a moment (HNS fact 69)."""
    host = host_here()
    host.set_fault("unspecified_errors", 2)
    assert len(done(host)) == 17


def test_an_error_that_stays_is_given_up_after_some_attempts():
    """Retries end; what HNS said is in the error."""
    host = host_here()
    host.set_fault("unspecified_errors", 10)
    with pytest.raises(StepError, match="Unspecified error"):
        apply(HereSession(host), hosts.desired(), pace=QUICK)


# Two operators at once.


def other_operator(host, before_step, act):
    """A session during which somebody else acts right before one step is sent."""
    session, acted = HereSession(host), []

    def before_call(call):
        if call["id"] == f"step: {before_step}" and not acted:
            acted.append(True)
            act(host)

    session.before_call = before_call
    return session


def test_a_policy_that_somebody_adds_meanwhile_is_not_lost():
    """The list is read again right before it is written."""
    host = host_here()
    session = other_operator(
        host, "update policy hnskit-client1", on("hnskit-client1", policies(worlds.FOREIGN_POLICY))
    )
    outcome = apply(session, hosts.desired(), pace=QUICK)
    proxies = worlds.endpoint(host, "hnskit-client1").proxies
    assert worlds.FOREIGN_POLICY in proxies
    assert len(proxies) == 2
    assert [note for note in outcome.notes if "somebody else" in note]


def test_a_network_that_somebody_makes_meanwhile_is_not_doubled():
    """The other's network of the same name and subnet is used; there is one."""
    host = host_here()
    subnets = [{"AddressPrefix": "10.0.1.0/24", "GatewayAddress": "10.0.1.1"}]
    body = {"Type": "L2Bridge", "Name": "hnskit-l2bridge", "Subnets": subnets}
    journal = MemoryJournal()
    session = other_operator(
        host, "create network hnskit-l2bridge", lambda host: worlds.hns(host, "POST", "/networks", body)
    )
    apply(session, hosts.desired(), pace=QUICK, journal=journal)
    (network,) = host.snapshot().networks_named("hnskit-l2bridge")
    assert not journal.made.was_made("network", network.name, network.id)


def test_an_endpoint_that_somebody_attaches_meanwhile_is_not_deleted(host):
    """It was planned to go as it was: detached. It is read again, detached, and only then deleted."""
    worlds._detach(host, worlds.endpoint(host, "hnskit-client2"))
    facts = host.snapshot()
    mine = worlds.endpoint(host, "hnskit-client2")
    number = facts.compartment_of(facts.container_named("hnskit-client2")).id
    body = {"SystemType": "Host", "CompartmentId": number}
    session = other_operator(
        host,
        "delete endpoint hnskit-client2",
        lambda host: worlds.hns(host, "POST", f"/endpoints/{mine.id}/attach", body),
    )
    outcome = apply(session, ONE_CLIENT, pace=QUICK, made=host.made)
    assert "detach endpoint hnskit-client2" in [result.step.id for result in outcome.done]


def test_a_container_that_somebody_replaced_meanwhile_is_not_removed(host):
    """A container is removed by its id: the new one of the same name is somebody else's."""

    def replace_container(host):
        worlds.docker(host, "rm", "--force", "hnskit-client2")
        worlds.docker(host, "run", "--detach", "--name", "hnskit-client2", worlds.IMAGE, "ping.exe", "-t", "localhost")

    session = other_operator(host, "delete container hnskit-client2", replace_container)
    apply(session, ONE_CLIENT, pace=QUICK)
    assert host.snapshot().container_named("hnskit-client2").running


# A host that answers nonsense.


def cut_json(answer):
    row = answer["output"][0]
    return {**answer, "output": [{**row, "Response": row["Response"][: len(row["Response"]) // 2]}]}


@pytest.mark.parametrize(
    ("id", "nonsense", "words"),
    [
        ("endpoints", cut_json, "endpoints"),
        ("networks", lambda a: {**a, "output": [{"HResult": 0, "Response": '{"Output":[]}'}]}, '{"Output":[]}'),
        ("networks", lambda a: {**a, "output": [{"HResult": "0", "Response": 7}]}, "Response"),
        ("containers", lambda a: {**a, "output": [{"ExitCode": 0, "StdOut": "[{", "StdErr": ""}]}, "[{"),
        ("compartments", lambda a: {**a, "output": [{"Id": 1}]}, '"Id": 1'),
    ],
    ids=["cut JSON", "no Success", "wrong types", "docker", "windows"],
)
def test_a_snapshot_of_nonsense_is_refused_with_a_quotation(id, nonsense, words):
    """From half a host nothing is concluded; what came is quoted."""
    host = host_here()
    before, session = host.snapshot(), HereSession(host)
    session.answered = lambda answer: json.dumps(nonsense(answer)) if answer["id"] == id else None
    with pytest.raises(PreflightError) as caught:
        apply(session, hosts.desired(), pace=QUICK)
    assert words in caught.value.message
    assert host.snapshot() == before


def test_a_change_that_is_answered_with_nonsense_is_an_error_that_quotes_it():
    """An envelope without Success is no success; the next run goes on."""
    host = host_here()
    session = HereSession(host)
    odd = {"HResult": 0, "Response": '{"odd":1}'}
    session.answered = lambda a: (
        json.dumps({**a, "output": [odd]}) if a["id"] == "step: create endpoint hnskit-proxy" else None
    )
    with pytest.raises(StepError, match='"odd":1'):
        apply(session, hosts.desired(), pace=QUICK)
    done(host)


def test_a_line_that_is_no_answer_is_an_error_that_quotes_it():
    """The kit's own commands answer with JSON lines."""
    session = HereSession(host_here())
    session.answered = lambda answer: "WARNING: what now?" if answer["id"] == "adapters" else None
    with pytest.raises(HnskitError, match="what now"):
        apply(session, hosts.desired(), pace=QUICK)


# The journal's disk is full.


@pytest.mark.parametrize("line", [1, 2, 5, 12])
def test_a_full_disk_stops_before_the_next_change(line, tmp_path):
    """When the journal cannot be written nothing more is sent, and the next run goes on."""

    class Full(Journal):
        left = line

        def write(self, event, **fields):
            self.left -= 1
            if self.left <= 0:
                sent.append(len(session.pipelines))
                self.path = full
            super().write(event, **fields)

    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    sent: list[int] = []
    host = host_here()
    session = HereSession(host)
    with pytest.raises(HnskitError, match="No space left"):
        apply(session, hosts.desired(), pace=QUICK, journal=Full(tmp_path / "1" / "journal.jsonl", "t"))
    assert set(sent) == {len(session.pipelines)}
    done(host)


# Rollback.


@pytest.mark.parametrize("failing", [3, 6, 9, 12, 15])
def test_a_failed_apply_goes_back_to_the_facts_before(failing):
    """Wherever it fails, `rollback` undoes what this run made."""
    host = host_here()
    worlds.foreign_nat_endpoint(host)
    before, session, calls = host.snapshot(), HereSession(host), []
    refusal = {"HResult": 0, "Response": '{"Success":false,"Error":"No. ","ErrorCode":2147942487}'}

    def answered(answer):
        if answer["id"].startswith("step: "):
            calls.append(answer["id"])
        is_hns = answer["ok"] and answer["output"] and "Response" in answer["output"][0]
        if answer["id"].startswith("step: ") and len(calls) >= failing and is_hns and not failed:
            failed.append(answer["id"])
            return json.dumps({**answer, "output": [refusal]})
        return None

    failed: list[str] = []
    session.answered = answered
    journal = MemoryJournal()
    with pytest.raises(StepError, match="was undone") as caught:
        apply(session, hosts.desired(), pace=QUICK, rollback=True, journal=journal)
    assert caught.value.undone.changed > 0
    assert list(differences(before, host.snapshot())) == []


def test_rollback_gives_back_what_was_changed_and_not_what_was_there(host):
    """Policies, attachments and forwarding return to what they were; what was made before stays."""
    worlds._forwarding_off(host)
    worlds._detach(host, worlds.endpoint(host, "hnskit-client2"))
    worlds.set_policies(host, worlds.endpoint(host, "hnskit-client1"), hosts.misspelt_policy(), worlds.FOREIGN_POLICY)
    before = host.snapshot()
    session = HereSession(host)
    session.answered = lambda a: (
        json.dumps({**a, "ok": False, "error": {"id": "X", "category": "", "target": "", "message": "no"}})
        if a["id"] == "step: run container hnskit-client3"
        else None
    )
    three = hosts.desired()
    third = replace(
        three.clients[0], name="hnskit-client3", endpoint=replace(three.clients[0].endpoint, name="hnskit-client3")
    )
    with pytest.raises(StepError, match="was undone"):
        apply(session, replace(three, clients=(*three.clients, third)), pace=QUICK, rollback=True)
    after = host.snapshot()
    assert [item.proxies for item in after.endpoints] == [item.proxies for item in before.endpoints]
    assert [item.attached for item in after.endpoints] == [item.attached for item in before.endpoints]
    assert after.interfaces == before.interfaces
    assert after.container_named("hnskit-client3") is None


def refuse_once(step):
    """Has one step fail, once, with what the host never did."""
    failed = []

    def answered(answer):
        if answer["id"] != f"step: {step}" or failed:
            return None
        failed.append(step)
        error = {"id": "X", "category": "", "target": "", "message": "no"}
        return json.dumps({**answer, "ok": False, "error": error})

    return answered


def client(name):
    """One more client."""
    first = hosts.desired().clients[0]
    return replace(first, name=name, endpoint=replace(first.endpoint, name=name))


def test_rollback_names_what_cannot_be_brought_back(host):
    """A client that was removed is gone; the error says so."""
    session = HereSession(host)
    session.answered = refuse_once("update policy hnskit-client3")
    wanted = replace(ONE_CLIENT, clients=(*ONE_CLIENT.clients, client("hnskit-client3")))
    with pytest.raises(StepError, match="hnskit-client2 was removed and cannot be brought back"):
        apply(session, wanted, pace=QUICK, rollback=True, made=host.made)
    assert host.snapshot().container_named("hnskit-client3") is None


def test_rollback_takes_a_route_away_again(host):
    """The proxy was there before without a route, and is so again."""
    worlds.docker(
        host, "exec", "--user", "ContainerAdministrator", "hnskit-proxy", "route.exe", "delete", "169.254.169.254"
    )
    before, session = host.snapshot(), HereSession(host)
    session.answered = refuse_once("attach endpoint hnskit-client3")
    wanted = replace(hosts.desired(), clients=(*hosts.desired().clients, client("hnskit-client3")))
    with pytest.raises(StepError, match="was undone"):
        apply(session, wanted, pace=QUICK, rollback=True)
    assert host.snapshot().routes == before.routes


def test_rollback_attaches_again_what_was_detached(host):
    """A client that was about to be removed is attached as before."""
    before, session = host.snapshot(), HereSession(host)
    session.answered = refuse_once("run container hnskit-client3")
    wanted = replace(ONE_CLIENT, clients=(*ONE_CLIENT.clients, client("hnskit-client3")))
    with pytest.raises(StepError, match="was undone"):
        apply(session, wanted, pace=QUICK, rollback=True)
    after = host.snapshot()
    assert [(item.name, item.compartment_id) for item in after.endpoints] == [
        (item.name, item.compartment_id) for item in before.endpoints
    ]


# Undo.


def test_forwarding_and_policy_on_what_was_found_go_back_to_as_found():
    """Endpoints that were there before hnskit stay, without what hnskit switched on them."""
    host = host_here()
    apply(HereSession(host), hosts.desired(), pace=QUICK)
    worlds._forwarding_off(host)
    worlds.set_policies(host, worlds.endpoint(host, "hnskit-client1"), worlds.FOREIGN_POLICY)
    before, journal = host.snapshot(), MemoryJournal()
    apply(HereSession(host), hosts.desired(), pace=QUICK, journal=journal)
    outcome = destroy(HereSession(host), hosts.desired(), journal.made, journal=journal, pace=QUICK)
    after = host.snapshot()
    assert after.networks == before.networks
    assert [item.proxies for item in after.endpoints] == [item.proxies for item in before.endpoints]
    assert not [item for item in after.interfaces if "hnskit" in item.alias and item.forwarding]
    assert outcome.nothing_left
    assert {item.kind for item in outcome.left} == {"network", "endpoint", "policy"}


def test_destroy_proves_that_nothing_is_left(host):
    """The outcome carries the proof, as JSON too."""
    outcome = destroy(HereSession(host), hosts.desired(), host.made, pace=QUICK)
    assert outcome.left == ()
    assert outcome.to_json()["nothing_left"] is True


def test_keep_network_says_what_is_kept(host):
    """The bridge and its gateway endpoint are left with their reason."""
    outcome = destroy(HereSession(host), hosts.desired(), keep_network=True, pace=QUICK)
    assert {(item.kind, item.reason) for item in outcome.left} == {
        ("network", "it is to be kept"), ("endpoint", "it is to be kept"), ("forwarding", "it is to be kept"),
    }  # fmt: skip
    assert done(host)


@pytest.mark.parametrize("failing", [2, 5, 9])
def test_a_failed_apply_can_be_destroyed(failing):
    """What a failed run left is taken away by destroy, with its journal."""
    host = host_here()
    before, session, journal, calls = host.snapshot(), HereSession(host), MemoryJournal(), []

    def before_call(call):
        if call["id"].startswith("step: "):
            calls.append(call["id"])
            if len(calls) == failing:
                raise HnskitError("the operator's machine went away")

    session.before_call = before_call
    with pytest.raises(HnskitError):
        apply(session, hosts.desired(), pace=QUICK, journal=journal)
    destroy(HereSession(host), hosts.desired(), journal.made, pace=QUICK)
    assert list(differences(before, host.snapshot())) == []


# Figures.


def test_the_number_of_pipelines_does_not_grow_with_the_clients():
    """Eight clients take as many pipelines as one."""
    counts = []
    for number in (1, 8):
        wanted = hosts.desired()
        clients = tuple(
            replace(wanted.clients[0], name=f"c{n}x", endpoint=replace(wanted.clients[0].endpoint, name=f"c{n}x"))
            for n in range(number)
        )
        session = HereSession(host_here())
        apply(session, replace(wanted, clients=clients), pace=QUICK)
        counts.append(len(session.pipelines))
    assert counts[0] == counts[1]


def test_the_cut_is_announced_with_its_risks_and_what_may_be_lost_is_journalled():
    """Before the bridge appears: what may happen; in the journal: what there was; afterwards: what was lost."""
    host = host_here(static_address=True)
    host.set_fault("metadata_route_lost", True)
    events, journal = [], MemoryJournal()
    outcome = apply(HereSession(host), hosts.desired(), pace=QUICK, journal=journal, on_event=events.append)
    (cut,) = [event for event in events if event.kind == "cut"]
    assert all(words in cut.text for words in ("is the only one", "is static", "169.254.169.254/32"))
    (record,) = [record for record in journal.records if record["event"] == "cut"]
    assert any("169.254.169.254/32" in route for route in record["routes"])
    assert record["addresses"]
    assert [note for note in outcome.notes if "169.254.169.254/32" in note]


def test_no_secret_and_no_policy_of_others_is_in_the_journal(host):
    """The journal has names, kinds, ids and reasons."""
    journal = MemoryJournal()
    worlds.set_policies(host, worlds.endpoint(host, "hnskit-client1"), Policy("PROXY", {"Destination": "s3cret:1"}))
    apply(HereSession(host), hosts.desired(), pace=QUICK, journal=journal)
    assert "s3cret" not in json.dumps(journal.records)
