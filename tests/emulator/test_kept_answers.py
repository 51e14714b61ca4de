"""Answers that are kept for a client that did not get them, and the host that keeps none (MS-WSMV 3.1.4.1.39)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from hnskit.emulator.winrm import soap
from hnskit.emulator.winrm.kept_answers import RETENTION, KeptAnswers, Settle
from hnskit.emulator.winrm.wsman_faults import Fault
from hnskit.emulator.winrm.wsman_operations import Answer


class Line:
    """A connection."""


@dataclass
class Host:
    """Counts what it does."""

    keeps: bool = True
    now: float = 0.0
    done: int = 0
    settled: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kept = KeptAnswers(lambda: self.keeps, clock=lambda: self.now)

    def ask(
        self, operation: str = "", *, again: bool = False, line: object = None, sequence: str = "1", message: str = "m"
    ) -> tuple[Answer, Settle]:
        request = soap.Message(
            "Receive", message, "", {}, 1.0, 9999, operation, sequence, again,
            to="http://host/wsman", locales=("en-US", "en-US"), body=None,
        )  # fmt: skip

        async def perform() -> Answer:
            self.done += 1
            return Answer(soap.respond("ReceiveResponse", "m", f"<n>{self.done}</n>"), settle=self.settled.append)

        return asyncio.run(self.kept.answer(request, line or Line(), perform))


def text(answer: Answer) -> str:
    return answer.envelope.decode()


def test_an_answer_carries_the_operation_of_its_request() -> None:
    """So a client knows that this service keeps it."""
    answer, _ = Host().ask("op1")
    assert ">uuid:op1</p:OperationID><p:SequenceId>1</p:SequenceId></s:Header>" in text(answer)


def test_a_retransmission_gets_the_answer_that_was_kept() -> None:
    """After an Acknowledge, and nothing is done a second time."""
    host = Host()
    first, _ = host.ask("op1")
    again, _ = host.ask("op1", again=True)
    acknowledged, _, repeated = text(again).partition("</s:Envelope>")
    assert "wsman/1/wsman/Acknowledge</a:Action>" in acknowledged
    assert repeated == text(first)
    assert host.done == 1


def test_a_retransmission_of_what_never_came_is_done() -> None:
    """Then it is the first."""
    host = Host()
    answer, _ = host.ask("op1", again=True)
    assert (host.done, "<n>1</n>" in text(answer)) == (1, True)


def test_what_comes_late_after_its_retransmission_is_refused() -> None:
    """A stalled original must not act once more."""
    host = Host()
    host.ask("op1", again=True)
    with pytest.raises(Fault) as caught:
        host.ask("op1")
    assert (caught.value.code, caught.value.subcode) == (2150858767, "a:InvalidMessageInformationHeader")
    assert host.done == 1


def test_a_new_message_has_the_sequence_one() -> None:
    with pytest.raises(Fault, match="SequenceId 2"):
        Host().ask("op1", sequence="2")


def test_the_next_request_of_a_connection_ends_what_was_kept_for_it() -> None:
    """Who asks for the next thing has got the last."""
    host, line = Host(), Line()
    host.ask("op1", line=line)
    host.ask("op2", line=line)
    host.ask("op1", again=True)
    assert host.done == 3


def test_an_answer_is_kept_for_three_minutes_and_a_quarter() -> None:
    host = Host()
    host.ask("op1")
    host.now = RETENTION - 1
    host.ask("op1", again=True)
    assert host.done == 1
    host.now = RETENTION + 1
    host.ask("op1", again=True)
    assert host.done == 2


def test_without_an_operation_what_was_not_delivered_waits_again() -> None:
    host = Host()
    _, settle = host.ask()
    settle(False)
    assert host.settled == [False]


@pytest.mark.parametrize("operation", ["", "op1"])
def test_a_host_that_keeps_nothing_has_lost_what_did_not_arrive(operation: str) -> None:
    """It says nothing of an operation, does a repeated request again, and puts no output back."""
    host = Host(keeps=False)
    answer, settle = host.ask(operation)
    settle(False)
    assert "OperationID" not in text(answer)
    assert host.settled == [True]
    host.ask(operation, again=True)
    assert host.done == 2
