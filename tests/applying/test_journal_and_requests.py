"""What an apply announces and writes down, and how much it asks the host."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.api import Event, apply
from hnskit.applying.journal import Journal
from hnskit.applying.run_recorder import RunRecorder
from hnskit.emulator.host.host import EmulatedHost
from hnskit.errors import HnskitError
from hnskit.facts.host_facts import Facts
from hnskit.model.objects import Policy
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from tests import sample_facts, strategies
from tests.applying.state import done
from tests.in_process_host import QUICK, HereSession, MemoryJournal, host_here


@pytest.mark.parametrize("line", [1, 2, 5, 12])
def test_a_full_disk_stops_before_the_next_change(line: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the journal cannot be written nothing more is sent, and the next run goes on."""

    class Full(Journal):
        left = line

        def write(self, event: str, **fields: Any) -> None:
            self.left -= 1
            if self.left <= 0:
                sent.append(len(session.pipelines))
                monkeypatch.setattr(os, "fsync", full)
            super().write(event, **fields)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    sent: list[int] = []
    host = host_here()
    session = HereSession(host)
    with pytest.raises(HnskitError, match="No space left"):
        apply(session, sample_facts.desired(), pace=QUICK, journal=Full(tmp_path / "1" / "journal.jsonl", "t"))
    assert set(sent) == {len(session.pipelines)}
    done(host)


def test_the_number_of_pipelines_does_not_grow_with_the_clients() -> None:
    """Eight clients take as many pipelines as one."""
    counts = []
    for number in (1, 8):
        wanted = sample_facts.desired()
        clients = tuple(
            replace(wanted.clients[0], name=f"c{n}x", endpoint=replace(wanted.clients[0].endpoint, name=f"c{n}x"))
            for n in range(number)
        )
        session = HereSession(host_here())
        apply(session, replace(wanted, clients=clients), pace=QUICK)
        counts.append(len(session.pipelines))
    assert counts[0] == counts[1]


def with_a_stale_namesake(facts: Facts) -> Facts:
    """Somebody's endpoint of our client's name, which a lost network left, listed before the real one."""
    stale = replace(sample_facts.endpoint("hnskit-client1", "10.9.0.9", None), id="STALE", network_id="GONE")
    return replace(facts, endpoints=(stale, *facts.endpoints))


def found_on(facts: Facts) -> Provenance:
    """What is known after a run has begun on this host."""
    ledger = RunRecorder("t", None, None, None)
    ledger.found(plan(sample_facts.desired(), facts), facts)
    return ledger.made


def test_what_is_found_is_the_object_that_the_plan_keeps() -> None:
    """Not the first of its name."""
    found = found_on(with_a_stale_namesake(sample_facts.complete())).found
    assert ("endpoint", "hnskit-client1", "id-hnskit-client1") in found


def test_whose_a_stale_namesake_is_was_judged_at_the_runs_start() -> None:
    """The label of the container that the run itself makes does not make it hnskit's."""
    later = with_a_stale_namesake(sample_facts.complete())
    first = replace(later, containers=tuple(item for item in later.containers if item.name != "hnskit-client1"))
    assert plan(sample_facts.desired(), later, made=found_on(first)).pending == ()


def test_the_cut_is_announced_with_its_risks_and_what_may_be_lost_is_journalled() -> None:
    """Before the bridge appears: what may happen; in the journal: what there was; afterwards: what was lost."""
    host = host_here(static_address=True)
    host.set_fault("metadata_route_lost", True)
    events: list[Event] = []
    journal = MemoryJournal()
    outcome = apply(HereSession(host), sample_facts.desired(), pace=QUICK, journal=journal, on_event=events.append)
    (cut,) = [event for event in events if event.kind == "cut"]
    assert all(words in cut.text for words in ("is the only one", "is static", "169.254.169.254/32"))
    (record,) = [record for record in journal.records if record["event"] == "cut"]
    assert any("169.254.169.254/32" in route for route in record["routes"])
    assert record["addresses"]
    assert [note for note in outcome.notes if "169.254.169.254/32" in note]


def test_no_secret_and_no_policy_of_others_is_in_the_journal(host: EmulatedHost) -> None:
    """The journal has names, kinds, ids and reasons."""
    journal = MemoryJournal()
    strategies.set_policies(
        host, strategies.endpoint(host, "hnskit-client1"), Policy("PROXY", {"Destination": "s3cret:1"})
    )
    apply(HereSession(host), sample_facts.desired(), pace=QUICK, journal=journal)
    assert "s3cret" not in json.dumps(journal.records)
