"""Somebody else changes the host at the same time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from hnskit.applying.api import apply
from hnskit.applying.outcomes import outcome_of
from hnskit.emulator.host.host import EmulatedHost
from hnskit.errors import StepError
from hnskit.planning.provenance import Provenance
from tests import sample_facts, strategies
from tests.applying.state import ONE_CLIENT, on, policies
from tests.in_process_host import QUICK, HereSession, MemoryJournal, host_here
from tests.present import present


def other_operator(host: EmulatedHost, before_step: str, act: Callable[..., Any]) -> HereSession:
    """A session during which somebody else acts right before one step is sent."""
    acted: list[bool] = []
    session = HereSession(host)

    def before_call(call: Mapping[str, Any]) -> None:
        if call["id"] == f"step: {before_step}" and not acted:
            acted.append(True)
            act(host)

    session.before_call = before_call
    return session


def test_a_policy_that_somebody_adds_meanwhile_is_not_lost() -> None:
    """The list is read again right before it is written."""
    host = host_here()
    session = other_operator(
        host, "update policy hnskit-client1", on("hnskit-client1", policies(strategies.FOREIGN_POLICY))
    )
    outcome = apply(session, sample_facts.desired(), pace=QUICK)
    proxies = strategies.endpoint(host, "hnskit-client1").proxies
    assert strategies.FOREIGN_POLICY in proxies
    assert len(proxies) == 2
    assert [note for note in outcome.notes if "another user" in note]


def test_a_network_that_somebody_makes_meanwhile_is_not_doubled() -> None:
    """The other's network of the same name and subnet is used; there is one."""
    host = host_here()
    subnets = [{"AddressPrefix": "10.0.1.0/24", "GatewayAddress": "10.0.1.1"}]
    body = {"Type": "L2Bridge", "Name": "hnskit-l2bridge", "Subnets": subnets}
    journal = MemoryJournal()
    session = other_operator(
        host, "create network hnskit-l2bridge", lambda host: strategies.hns(host, "POST", "/networks", body)
    )
    apply(session, sample_facts.desired(), pace=QUICK, journal=journal)
    (network,) = host.snapshot().networks_named("hnskit-l2bridge")
    assert not journal.made.was_created("network", network.name, network.id)


def test_an_endpoint_that_somebody_attaches_meanwhile_is_not_deleted(host: EmulatedHost, made: Provenance) -> None:
    """It was planned to go as it was: detached. It is read again, detached, and only then deleted."""
    strategies._detach(host, strategies.endpoint(host, "hnskit-client2"))
    facts = host.snapshot()
    mine = strategies.endpoint(host, "hnskit-client2")
    number = present(facts.compartment_of(present(facts.container_named("hnskit-client2")))).id
    body = {"SystemType": "Host", "CompartmentId": number}
    session = other_operator(
        host,
        "delete endpoint hnskit-client2",
        lambda host: strategies.hns(host, "POST", f"/endpoints/{mine.id}/attach", body),
    )
    outcome = apply(session, ONE_CLIENT, pace=QUICK, made=made)
    assert "detach endpoint hnskit-client2" in [result.step.id for result in outcome.done]


def forwarding_fails(category: str) -> Callable[[dict[str, Any]], str | None]:
    """An answer of Set-NetIPInterface in place of its own."""
    error = {"id": "X,Set-NetIPInterface", "category": category, "target": "", "message": "It did not work."}

    def answered(answer: dict[str, Any]) -> str | None:
        if answer["id"] != "step: update forwarding hnskit-gateway":
            return None
        return json.dumps({"id": answer["id"], "ok": False, "ms": 1, "error": error})

    return answered


def test_forwarding_that_is_denied_is_not_somebody_elses_change() -> None:
    """It fails at once, by what Windows said, and no note makes up a cause."""
    session = HereSession(host_here())
    session.answered = forwarding_fails("PermissionDenied")
    with pytest.raises(StepError, match="It did not work") as caught:
        apply(session, sample_facts.desired(), pace=QUICK)
    assert present(outcome_of(caught.value)).notes == ()


def test_an_adapter_that_is_gone_when_forwarding_is_switched_is_somebody_elses_change() -> None:
    """Then the host is read again, as often as a step is tried; the last time nothing is read again."""
    host = host_here()
    session, fails = HereSession(host), forwarding_fails("ObjectNotFound")

    def answered(answer: dict[str, Any]) -> str | None:
        instead = fails(answer)
        if instead:
            strategies._forwarding_off(host)
        return instead

    session.answered = answered
    with pytest.raises(StepError, match="It did not work") as caught:
        apply(session, sample_facts.desired(), pace=QUICK)
    said = "forwarding hnskit-gateway was changed by another user meanwhile"
    assert present(outcome_of(caught.value)).notes == (*[f"{said}; it is read again"] * (QUICK.attempts - 1), said)


def test_a_container_that_somebody_replaced_meanwhile_is_not_removed(host: EmulatedHost) -> None:
    """A container is removed by its id: the new one of the same name is somebody else's."""

    def replace_container(host: Any) -> None:
        strategies.docker(host, "rm", "--force", "hnskit-client2")
        strategies.docker(
            host, "run", "--detach", "--name", "hnskit-client2", strategies.IMAGE, "ping.exe", "-t", "localhost"
        )

    session = other_operator(host, "delete container hnskit-client2", replace_container)
    apply(session, ONE_CLIENT, pace=QUICK)
    assert present(host.snapshot().container_named("hnskit-client2")).running
