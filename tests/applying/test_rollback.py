"""An apply that fails goes back to the facts before."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hnskit.applying.api import apply
from hnskit.applying.outcomes import undone_of
from hnskit.applying.rollback import Rollback
from hnskit.emulator.host.host import EmulatedHost
from hnskit.errors import StepError
from hnskit.model import hns_requests
from hnskit.model.objects import Policy
from hnskit.params.desired import DesiredContainer, Part
from hnskit.planning.provenance import Provenance
from hnskit.planning.steps import Action, Step
from tests import sample_facts, strategies
from tests.applying.state import ONE_CLIENT, without_container_routes
from tests.in_process_host import QUICK, HereSession, MemoryJournal, host_here
from tests.invariants import differences
from tests.present import present


@pytest.mark.parametrize("failing", [3, 6, 9, 12, 15])
def test_a_failed_apply_goes_back_to_the_facts_before(failing: int) -> None:
    """Wherever it fails, `rollback` undoes what this run made."""
    host = host_here()
    strategies.foreign_nat_endpoint(host)
    before, session, calls = host.snapshot(), HereSession(host), []
    refusal = {"HResult": 0, "Response": '{"Success":false,"Error":"No. ","ErrorCode":2147942487}'}

    def answered(answer: dict[str, Any]) -> str | None:
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
        apply(session, sample_facts.desired(), pace=QUICK, rollback=True, journal=journal)
    assert present(undone_of(caught.value)).changed > 0
    assert "stays done" not in caught.value.paragraph()
    assert list(differences(before, host.snapshot())) == []


def test_rollback_gives_back_what_was_changed_and_not_what_was_there(host: EmulatedHost) -> None:
    """Policies, attachments and forwarding return to what they were; what was made before stays."""
    strategies._forwarding_off(host)
    strategies._detach(host, strategies.endpoint(host, "hnskit-client2"))
    strategies.set_policies(
        host, strategies.endpoint(host, "hnskit-client1"), sample_facts.misspelt_policy(), strategies.FOREIGN_POLICY
    )
    before = host.snapshot()
    session = HereSession(host)
    session.answered = lambda a: (
        json.dumps({**a, "ok": False, "error": {"id": "X", "category": "", "target": "", "message": "no"}})
        if a["id"] == "step: run container hnskit-client3"
        else None
    )
    three = sample_facts.desired()
    third = replace(
        three.clients[0], name="hnskit-client3", endpoint=replace(three.clients[0].endpoint, name="hnskit-client3")
    )
    with pytest.raises(StepError, match="was undone") as caught:
        apply(session, replace(three, clients=(*three.clients, third)), pace=QUICK, rollback=True)
    assert caught.value.args == (caught.value.message,)  # what was added on its way out is in all of the error
    after = host.snapshot()
    assert [item.proxies for item in after.endpoints] == [item.proxies for item in before.endpoints]
    assert [item.attached for item in after.endpoints] == [item.attached for item in before.endpoints]
    assert after.interfaces == before.interfaces
    assert after.container_named("hnskit-client3") is None


def refuse_once(step: str) -> Callable[[dict[str, Any]], str | None]:
    """Has one step fail, once, with what the host never did."""
    failed: list[str] = []

    def answered(answer: dict[str, Any]) -> str | None:
        if answer["id"] != f"step: {step}" or failed:
            return None
        failed.append(step)
        error = {"id": "X", "category": "", "target": "", "message": "no"}
        return json.dumps({**answer, "ok": False, "error": error})

    return answered


def test_rollback_leaves_what_somebody_adds_to_a_list_meanwhile(host: EmulatedHost) -> None:
    """An ACL and a proxy policy of others, which came after this run had written its redirect."""
    for name in ("hnskit-client1", "hnskit-client2"):
        strategies.set_policies(host, strategies.endpoint(host, name))
    acl = Policy("ACL", {"Action": "Block", "Direction": "Out", "Protocols": "6", "RemotePorts": "25"})
    theirs = [acl, strategies.FOREIGN_POLICY]
    session, refuse = HereSession(host), refuse_once("update policy hnskit-client2")

    def answered(answer: dict[str, Any]) -> str | None:
        instead = refuse(answer)
        if instead:
            found = strategies.endpoint(host, "hnskit-client1")
            assert len(found.proxies) == 1, "the redirect of the first client was to be written before"
            body = hns_requests.policies_request(found.id, [*found.policies, *theirs])
            strategies.hns(host, "POST", f"/endpoints/{found.id}", body)
        return instead

    session.answered = answered
    with pytest.raises(StepError, match="was undone"):
        apply(session, sample_facts.desired(), pace=QUICK, rollback=True)
    assert [item for item in strategies.endpoint(host, "hnskit-client1").policies if item in theirs] == theirs
    assert strategies.endpoint(host, "hnskit-client1").proxies == (strategies.FOREIGN_POLICY,)


def test_rollback_says_of_a_route_that_the_host_does_not_show_that_it_stays(host: EmulatedHost) -> None:
    """It may have been there before this run."""
    session, refuse = HereSession(host), refuse_once("attach endpoint hnskit-client3")
    session.answered = lambda answer: refuse(answer) or without_container_routes(answer)
    wanted = replace(sample_facts.desired(), clients=(*sample_facts.desired().clients, client("hnskit-client3")))
    with pytest.raises(StepError, match=r"the route 169\.254\.169\.254 in hnskit-proxy stays"):
        apply(session, wanted, pace=QUICK, rollback=True)


def client(name: str) -> DesiredContainer:
    """One more client."""
    first = sample_facts.desired().clients[0]
    return replace(first, name=name, endpoint=replace(first.endpoint, name=name))


def test_rollback_names_what_cannot_be_brought_back(host: EmulatedHost, made: Provenance) -> None:
    """A client that was removed is gone; the error says so."""
    session = HereSession(host)
    session.answered = refuse_once("update policy hnskit-client3")
    wanted = replace(ONE_CLIENT, clients=(*ONE_CLIENT.clients, client("hnskit-client3")))
    with pytest.raises(StepError, match="hnskit-client2 was removed and cannot be brought back") as caught:
        apply(session, wanted, pace=QUICK, rollback=True, made=made)
    assert caught.value.next_step == "Mend the cause, then run the same command again."
    assert host.snapshot().container_named("hnskit-client3") is None


def test_rollback_takes_a_route_away_again(host: EmulatedHost) -> None:
    """The proxy was there before without a route, and is so again."""
    strategies.docker(
        host, "exec", "--user", "ContainerAdministrator", "hnskit-proxy", "route.exe", "delete", "169.254.169.254"
    )
    before, session = host.snapshot(), HereSession(host)
    session.answered = refuse_once("attach endpoint hnskit-client3")
    wanted = replace(sample_facts.desired(), clients=(*sample_facts.desired().clients, client("hnskit-client3")))
    with pytest.raises(StepError, match="was undone"):
        apply(session, wanted, pace=QUICK, rollback=True)
    assert host.snapshot().routes == before.routes


def test_rollback_attaches_again_what_was_detached(host: EmulatedHost) -> None:
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


def test_a_container_that_goes_back_waits_for_its_endpoint() -> None:
    """An endpoint is detached before its container is removed; the image goes after both."""
    before = sample_facts.fresh()
    sent = [
        Step(Part.PROXY, Action.IMPORT, "image", "metadata-proxy:1.0", ""),
        Step(Part.PROXY, Action.RUN, "container", "hnskit-proxy", ""),
        Step(Part.PROXY, Action.CREATE, "endpoint", "hnskit-proxy", ""),
    ]
    back = Rollback(sample_facts.desired(), replace(before, images=()), sent).plan(sample_facts.complete())
    needs = {step.id: [str(key) for key in step.needs] for step in back.pending}
    assert needs["delete container hnskit-proxy"] == ["detach endpoint hnskit-proxy"]
    assert needs["delete endpoint hnskit-proxy"] == ["detach endpoint hnskit-proxy"]
    assert needs["delete image metadata-proxy:1.0"] == ["delete container hnskit-proxy"]
