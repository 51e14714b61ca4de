"""A host that does not show the routes of containers: UNCONFIRMED whether a real one does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hnskit.applying.api import apply
from hnskit.emulator.host.host import EmulatedHost
from hnskit.errors import StepError
from hnskit.facts.host_facts import Facts
from hnskit.planning.drift import drift
from tests import sample_facts, strategies
from tests.applying.state import without_container_routes
from tests.in_process_host import QUICK, HereSession, MemoryJournal, host_here

ROUTE = "create route 169.254.169.254 in hnskit-proxy"
EXEC = ("exec", "--user", "ContainerAdministrator", "hnskit-proxy", "route.exe")


def hiding(host: EmulatedHost) -> HereSession:
    session = HereSession(host)
    session.answered = without_container_routes
    return session


def seen(host: EmulatedHost) -> Facts:
    facts = host.snapshot()
    return replace(facts, routes=tuple(item for item in facts.routes if item.compartment_id == 1))


def test_the_second_apply_and_drift_are_clean_by_the_journal() -> None:
    """What the first one did counts as done: the host is never called different for what it does not show."""
    host, journal, wanted = host_here(), MemoryJournal(), sample_facts.desired()
    first = apply(hiding(host), wanted, pace=QUICK, journal=journal)
    assert ROUTE in [result.step.id for result in first.done]
    assert drift(wanted, seen(host), made=journal.made).ok
    assert apply(hiding(host), wanted, pace=QUICK, journal=journal, made=journal.made).changed == 0


def test_without_a_journal_a_route_that_is_there_is_found_to_be_there() -> None:
    """`route.exe` refuses a second one, and prints the first: that is not a failure, and there is one afterwards."""
    host, wanted = host_here(), sample_facts.desired()
    apply(hiding(host), wanted, pace=QUICK)
    before = host.snapshot().routes
    events = []
    outcome = apply(hiding(host), wanted, pace=QUICK, on_event=lambda event: events.append(event.kind))
    assert events == ["plan", "start", "note", "done"]
    assert [result.step.id for result in outcome.done] == [ROUTE]
    assert "route 169.254.169.254 in hnskit-proxy was there already" in outcome.notes
    assert host.snapshot().routes == before


def test_a_proxy_that_was_restarted_gets_its_route_again_whatever_the_journal_says() -> None:
    """The route went with the container's compartment."""
    host, journal, wanted = host_here(), MemoryJournal(), sample_facts.desired()
    apply(hiding(host), wanted, pace=QUICK, journal=journal)
    strategies._restart("hnskit-proxy")(host)
    apply(hiding(host), wanted, pace=QUICK, journal=journal, made=journal.made)
    assert "169.254.169.254/32" in [item.prefix for item in host.snapshot().routes if item.compartment_id != 1]


def test_a_route_that_cannot_be_added_and_is_not_printed_is_a_failure() -> None:
    """One through another gateway does not count for it."""
    host, wanted = host_here(), sample_facts.desired()
    apply(hiding(host), wanted, pace=QUICK)
    strategies.docker(host, *EXEC, "delete", "169.254.169.254")
    strategies.docker(host, *EXEC, "add", "169.254.169.254", "mask", "255.255.255.255", "10.0.1.77")
    powerless = replace(wanted, proxy=replace(wanted.proxy, route_user="ContainerUser"))
    with pytest.raises(StepError, match="requires elevation"):
        apply(hiding(host), powerless, pace=QUICK)
