"""What a run tells when it does not come to its end: what was done, what failed, and what was under way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from hnskit.applying.api import Event, apply, destroy
from hnskit.applying.outcomes import outcome_of
from hnskit.applying.polling import RetryPolicy
from hnskit.emulator.host import create_host
from hnskit.emulator.host.host import EmulatedHost
from hnskit.errors import HnskitError, HostAnswerError, OutcomeUnknownError, StepError, StoppedError
from tests import sample_facts, strategies
from tests.in_process_host import QUICK, HereSession, MemoryJournal, host_here
from tests.invariants import differences, not_complete
from tests.present import present

HASTY = RetryPolicy(patience=0.05, pause=0.01)


class LostSession(HereSession):
    """Loses its connection for good right after the host has carried out a call."""

    def __init__(self, host: EmulatedHost, after: str) -> None:
        super().__init__(host)
        self.after, self.lost = after, False

    def invoke(
        self, command: str, parameters: Mapping[str, Any] | None = None, inputs: Sequence[str] = ()
    ) -> Iterator[str]:
        if self.lost:
            raise OutcomeUnknownError("the connection was lost and did not come back within 10 s", host=self.target)
        for record in super().invoke(command, parameters, inputs):
            if json.loads(record)["id"] == self.after:
                self.lost = True
                raise OutcomeUnknownError("the connection was lost", host=self.target)
            yield record


def refusal(answer: dict[str, Any]) -> str:
    """An answer of HNS that is a failure nobody knows."""
    return json.dumps({**answer, "output": [{"HResult": -1, "Response": '{"Success":false,"Error":"no"}'}]})


def test_a_connection_lost_for_good_names_what_was_under_way() -> None:
    """The network was made: the error says which step was sent, and the journal has its failure and its beginning."""
    events: list[Event] = []
    host, journal = host_here(), MemoryJournal()
    session = LostSession(host, "step: create network hnskit-l2bridge")
    with pytest.raises(OutcomeUnknownError, match="create network hnskit-l2bridge") as caught:
        apply(session, sample_facts.desired(), pace=QUICK, journal=journal, on_event=events.append)
    outcome = outcome_of(caught.value)
    assert outcome is not None
    assert outcome.changed == 0
    assert [present(event.step).id for event in events if event.kind == "failed"] == ["create network hnskit-l2bridge"]
    assert [record["kind"] for record in journal.records if record["event"] == "failed"] == ["network"]
    network = host.snapshot().networks_named("hnskit-l2bridge")[0]
    assert outcome.made.was_created("network", network.name, network.id)
    destroy(HereSession(host), sample_facts.desired(), made=outcome.made, pace=QUICK)
    assert not host.snapshot().networks_named("hnskit-l2bridge")


def test_what_was_answered_before_the_connection_was_lost_is_done() -> None:
    """Answers that came count, though the snapshot after them never came."""
    session = LostSession(host_here(), "step: run container hnskit-client1")
    with pytest.raises(OutcomeUnknownError) as caught:
        apply(session, sample_facts.desired(), pace=QUICK)
    done = [result.step.id for result in present(outcome_of(caught.value)).done]
    assert "run container hnskit-client1" not in done
    assert "create network hnskit-l2bridge" in done


def test_nonsense_in_an_answer_keeps_what_was_done_and_can_be_rolled_back() -> None:
    """A line that is not an answer ends the run; the way back is gone all the same."""
    host = host_here()
    broken: list[Any] = []
    before, session = host.snapshot(), HereSession(host)

    def answered(answer: dict[str, Any]) -> str | None:
        if answer["id"] == "step: create endpoint hnskit-client2" and not broken:
            broken.append(answer)
            return "WARNING: what now?"
        return None

    session.answered = answered
    with pytest.raises(HostAnswerError, match=r"what now.*was undone") as caught:
        apply(session, sample_facts.desired(), pace=QUICK, rollback=True)
    assert present(outcome_of(caught.value)).changed > 0
    assert list(differences(before, host.snapshot())) == []


def test_an_interrupt_says_what_was_under_way() -> None:
    """Ctrl-C during the network's step: it may have been made, and that is said."""
    session = HereSession(host_here())

    def interrupt(call: Mapping[str, Any]) -> None:
        if call["id"] == "step: create network hnskit-l2bridge":
            raise KeyboardInterrupt

    session.before_call = interrupt
    with pytest.raises(StoppedError, match="create network hnskit-l2bridge") as caught:
        apply(session, sample_facts.desired(), pace=QUICK)
    assert outcome_of(caught.value) is not None


def test_a_failure_and_what_was_done_are_written_before_a_wait_gives_up() -> None:
    """One step is accepted and never shown, another fails: both are told, and the others of the round are done."""
    host, journal = host_here(), MemoryJournal()
    session = HereSession(host)
    hidden = "step: run container hnskit-client1"

    def answered(answer: dict[str, Any]) -> str | None:
        if answer["id"] == "containers" and answer["ok"]:
            rows = json.loads(answer["output"][0]["StdOut"])
            rows = [row for row in rows if row["Name"] != "/hnskit-client1"]
            return json.dumps({**answer, "output": [{**answer["output"][0], "StdOut": json.dumps(rows)}]})
        if answer["id"] == "step: import image metadata-proxy:1.0":
            return json.dumps({**answer, "output": [{"ExitCode": 1, "StdOut": "", "StdErr": "no such file"}]})
        return None

    session.answered = answered
    with pytest.raises(StepError, match="failed") as caught:
        apply(session, sample_facts.desired(), pace=HASTY, journal=journal)
    failed = {record["step"] for record in journal.records if record["event"] == "failed"}
    assert failed == {"import image metadata-proxy:1.0", hidden.removeprefix("step: ")}
    done = [result.step.id for result in present(outcome_of(caught.value)).done]
    assert "run container hnskit-client2" in done
    assert "run container hnskit-client2" in {record["step"] for record in journal.records if record["event"] == "done"}


def test_the_facts_after_a_failed_round_are_those_after_it() -> None:
    """`outcome.after` shows what the failed round has made."""
    session = HereSession(host_here())
    session.answered = lambda a: refusal(a) if a["id"] == "step: attach endpoint hnskit-client1" else None
    with pytest.raises(StepError) as caught:
        apply(session, sample_facts.desired(), pace=QUICK)
    after = present(outcome_of(caught.value)).after
    assert after.endpoints_named("hnskit-client2")[0].attached


def test_a_step_that_docker_refused_is_not_told_as_done() -> None:
    """Never `+` and `x` for the same step."""
    events: list[Event] = []
    session = HereSession(host_here())
    session.answered = lambda a: (
        json.dumps({**a, "output": [{"ExitCode": 1, "StdOut": "", "StdErr": "no route"}]})
        if a["id"].startswith(("step: create route", "look: create route"))
        else None
    )
    with pytest.raises(StepError, match="no route"):
        apply(session, sample_facts.desired(), pace=QUICK, on_event=events.append)
    kinds = [event.kind for event in events if event.step and event.step.kind == "route"]
    assert kinds == ["start", "failed"]


def test_an_endpoint_is_not_attached_elsewhere_where_its_detachment_failed() -> None:
    """Detach and attach are two rounds: somebody else's change in between is seen."""
    host = host_here()
    apply(HereSession(host), sample_facts.desired(), pace=QUICK)
    strategies.docker(host, "stop", "hnskit-client1")
    strategies.docker(host, "start", "hnskit-client1")
    session = HereSession(host)
    session.answered = lambda a: refusal(a) if a["id"] == "step: detach endpoint hnskit-client1" else None
    with pytest.raises(StepError, match="detach endpoint hnskit-client1 failed"):
        apply(session, sample_facts.desired(), pace=QUICK)
    assert not [id for ids in session.pipelines for id in ids if id == "step: attach endpoint hnskit-client1"]


def test_an_id_that_an_answer_does_not_tell_is_taken_from_the_host() -> None:
    """HNS may answer without an Output (HNS fact 2); the journal has the id all the same."""
    host, journal = host_here(), MemoryJournal()
    session = HereSession(host)
    session.answered = lambda a: (
        json.dumps({**a, "output": [{"HResult": 0, "Response": '{"Success":true}'}]})
        if a["id"] == "step: create network hnskit-l2bridge"
        else None
    )
    apply(session, sample_facts.desired(), pace=QUICK, journal=journal)
    network = host.snapshot().networks_named("hnskit-l2bridge")[0]
    assert ("network", network.name, network.id.lower()) in journal.made.created


def test_a_container_that_another_run_has_made_meanwhile_counts_as_done() -> None:
    """`docker run` finds its name taken by the same container of another run of hnskit: it is there, and ours."""
    host = host_here()
    other: list[Any] = []
    session = HereSession(host)

    def before_call(call: Mapping[str, Any]) -> None:
        if call["id"] == "step: run container hnskit-client1" and not other:
            other.append(call)
            docker = call["parameters"]["ArgumentList"]
            strategies.docker(host, *docker)

    session.before_call = before_call
    outcome = apply(session, sample_facts.desired(), pace=QUICK)
    assert list(not_complete(sample_facts.desired(), host.snapshot())) == []
    container = present(host.snapshot().container_named("hnskit-client1"))
    assert not outcome.made.was_created("container", container.name, container.id)


@pytest.mark.parametrize("address", ["10.0.1.77", "10.0.1.2"])  # 10.0.1.2 was the gateway endpoint's
@pytest.mark.parametrize("profile", ["ws2019", "ws2022"])
def test_a_network_with_somebody_s_new_endpoint_is_not_deleted(profile: str, address: str) -> None:
    """It came after the plan; that HNS prints the network's id in two letter cases hides it from no guard."""
    host = create_host("lab", profile, {"cut_seconds": 0})
    made = apply(HereSession(host), sample_facts.desired(), pace=QUICK).made
    session = HereSession(host)

    def before_call(call: Mapping[str, Any]) -> None:
        if call["id"] == "step: delete network hnskit-l2bridge":
            network = host.snapshot().networks_named("hnskit-l2bridge")[0]
            if not host.snapshot().endpoints_named("theirs"):
                body = {"VirtualNetwork": network.id, "Name": "theirs", "IPAddress": address}
                strategies.hns(host, "POST", "/endpoints", body)

    session.before_call = before_call
    outcome = destroy(session, sample_facts.desired(), made=made, pace=QUICK)
    assert host.snapshot().endpoints_named("theirs")
    assert "theirs" in next(item.reason for item in present(outcome.left) if item.kind == "network")


def test_an_image_that_somebody_imports_after_a_failed_import_stays() -> None:
    """`docker import` ended with an error: nothing was made, and what is there next is not hnskit's."""
    host, journal = host_here(), MemoryJournal()
    session = HereSession(host)
    session.answered = lambda a: (
        json.dumps({**a, "output": [{"ExitCode": 1, "StdOut": "", "StdErr": "no space"}]})
        if a["id"].startswith("step: import image")
        else None
    )
    with pytest.raises(HnskitError, match="no space"):
        apply(session, sample_facts.desired(), pace=QUICK, journal=journal)
    strategies.docker(host, "import", r"C:\images\metadata-proxy.tar.gz", "metadata-proxy:1.0")
    apply(HereSession(host), sample_facts.desired(), pace=QUICK, journal=journal, made=journal.made)
    destroy(HereSession(host), sample_facts.desired(), made=journal.made, pace=QUICK)
    assert host.snapshot().image_named("metadata-proxy:1.0") is not None


def test_what_apply_gives_is_enough_to_take_it_all_away() -> None:
    """`Outcome.made` stands for the journals, so that a script needs none."""
    host = host_here()
    before = host.snapshot()
    outcome = apply(HereSession(host), sample_facts.desired(), pace=QUICK)
    again = apply(HereSession(host), sample_facts.desired(), made=outcome.made, pace=QUICK)
    assert destroy(HereSession(host), sample_facts.desired(), made=again.made, pace=QUICK).left == ()
    assert list(differences(before, host.snapshot())) == []
