"""Windows is late, or fails for a while: what is waited for, what is tried again, and when patience ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hnskit.applying.api import apply
from hnskit.emulator.host.host import EmulatedHost
from hnskit.emulator.host.network_addresses import SubnetAddresses
from hnskit.errors import StepError
from tests import sample_facts, strategies
from tests.applying.state import done
from tests.in_process_host import QUICK, HereSession, host_here
from tests.invariants import not_complete
from tests.present import present


def late(host: EmulatedHost, hide: Callable[..., Any], times: int) -> tuple[HereSession, list[int]]:
    """A session whose answers lack something for the first so many snapshots."""
    session, left = HereSession(host), [times]

    def answered(answer: dict[str, Any]) -> str | None:
        instead = hide(answer)
        if instead is None or not left[0]:
            return None
        left[0] -= 1
        return json.dumps(instead)

    session.answered = answered
    return session, left


def without(answer: dict[str, Any], id: str, keep: Callable[..., Any]) -> dict[str, Any] | None:
    """The answer of one call with some of its rows left out."""
    if answer["id"] != id or all(map(keep, answer["output"])):
        return None
    return {**answer, "output": [row for row in answer["output"] if keep(row)]}


def test_the_adapter_of_the_gateway_is_waited_for() -> None:
    """Forwarding needs an interface, which Windows shows late."""
    host = host_here()
    session, left = late(host, lambda a: without(a, "addresses", lambda row: "hnskit" not in row["Alias"]), 4)
    waits = []
    hide_macs = present(session.answered)
    session.answered = lambda a: hide_macs(a) or (
        json.dumps(without(a, "adapters", lambda row: "hnskit" not in row["Name"])) if left[0] and without(
            a, "adapters", lambda row: "hnskit" not in row["Name"]) else None
    )  # fmt: skip
    apply(session, sample_facts.desired(), pace=QUICK, on_event=lambda event: waits.append(event.kind))
    assert list(not_complete(sample_facts.desired(), host.snapshot())) == []
    assert "wait" in waits


def test_the_compartment_of_a_container_is_waited_for() -> None:
    """An endpoint is attached only when the container's compartment has appeared."""
    host = host_here()
    session, left = late(
        host, lambda a: without(a, "compartments", lambda row: "Container" not in row["Description"]), 4
    )
    apply(session, sample_facts.desired(), pace=QUICK)
    assert left == [0]
    assert list(not_complete(sample_facts.desired(), host.snapshot())) == []


def test_the_management_ip_is_waited_for() -> None:
    """After the bridge appeared its ManagementIP may come late; the outcome has it."""
    host = host_here()
    host.set_fault("management_ip_late", 0.3)
    outcome = apply(HereSession(host), sample_facts.desired(), pace=QUICK)
    assert outcome.after.networks_named("hnskit-l2bridge")[0].management_ip
    assert not [note for note in outcome.notes if "ManagementIP" in note]


@pytest.mark.parametrize("adapter", ["", "ethernet"])
def test_a_management_ip_that_never_comes_is_a_note(adapter: str) -> None:
    """Nothing depends on it, so the run goes on; the adapter is found by its name in any letter case."""
    host = host_here()
    host.set_fault("management_ip_late", 1000.0)
    wanted = sample_facts.desired(f"network.adapter={adapter}")
    outcome = apply(HereSession(host), wanted, pace=replace(QUICK, patience=0.2))
    assert [note for note in outcome.notes if "no ManagementIP" in note]


def test_waiting_ends_with_its_patience() -> None:
    """What never appears is an error that names the step, and the run can be gone on with."""
    host = host_here()
    session, _ = late(
        host, lambda a: without(a, "compartments", lambda row: "Container" not in row["Description"]), 10**6
    )
    with pytest.raises(StepError, match="has not appeared"):
        apply(session, sample_facts.desired(), pace=replace(QUICK, patience=0.2))
    done(host)


def test_an_unspecified_error_is_tried_again() -> None:
    """Overlapping creations fail for a moment (HNS fact 69)."""
    host = host_here()
    host.set_fault("unspecified_errors", 2)
    assert len(done(host)) == 17


def test_an_error_that_stays_is_given_up_after_some_attempts() -> None:
    """Retries end; what HNS said is in the error."""
    host = host_here()
    host.set_fault("unspecified_errors", 10)
    with pytest.raises(StepError, match="Unspecified error"):
        apply(HereSession(host), sample_facts.desired(), pace=QUICK)


def test_an_address_that_hns_draws_and_another_endpoint_wants_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy is made while the old gateway goes, and gets the new gateway's address: it is made again."""
    wanted = sample_facts.desired()
    host = host_here()
    done(host, replace(wanted, gateway=replace(wanted.gateway, address="10.0.1.3")))
    strategies.hns(host, "DELETE", f"/endpoints/{strategies.endpoint(host, 'hnskit-proxy').id}")

    def lowest(addresses: SubnetAddresses, _below: object, taken: Callable[[str], bool]) -> str:
        free = (f"10.0.1.{number}" for number in range(2, 255))
        address = next(item for item in free if item not in addresses and not taken(item))
        addresses.hold(address)
        return address

    monkeypatch.setattr(SubnetAddresses, "draw", lowest)  # 10.0.1.2, in place of one by chance
    steps = done(host, wanted)
    assert steps.count("create endpoint hnskit-proxy") == 2
    assert strategies.endpoint(host, "hnskit-gateway").address == "10.0.1.2"
