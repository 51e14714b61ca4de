"""What is sent again after a loss, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from pypsrp.exceptions import WinRMTransportError

from hnskit.errors import HostUnreachableError
from hnskit.remote.delivery import AnswerLostError, Delivery
from hnskit.remote.robust_requests import WSMV, add_operation, answer_to, is_kept, retransmission

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
NOT_SENT = "nothing of it went out"
KEPT = b"<s:Envelope><p:OperationID>x</p:OperationID>answer</s:Envelope>"
NOT_KEPT = b"<s:Envelope>answer</s:Envelope>"


def message(action: str) -> bytes:
    """A request as pypsrp makes it."""
    header = ElementTree.Element(f"{{{SOAP}}}Header")
    ElementTree.SubElement(header, f"{{{SOAP}}}Action").text = action
    add_operation(header)
    return ElementTree.tostring(header)


COMMAND, SEND, RECEIVE = (message(f"{SHELL}/{name}") for name in ("Command", "Send", "Receive"))
CREATE, DELETE = message(f"{TRANSFER}/Create"), message(f"{TRANSFER}/Delete")
SIGNAL = message(f"{SHELL}/Signal")
STARTS = pytest.mark.parametrize("request_", [COMMAND, SEND, CREATE], ids=["Command", "Send", "Create"])


class Line:
    """Answers, fails as it is told to, and notes what was sent."""

    def __init__(self, *outcomes: Any, answers: bytes = NOT_KEPT) -> None:
        self.handed_over = False
        self.sent: list[bytes] = []
        self.rebuilt = 0
        self.asked = 0
        self.away = 0
        """How many questions whether it is there are not answered."""
        self._outcomes = list(outcomes)
        self._answers = answers

    def transmit(self, message: bytes, timeout: float | None) -> bytes:
        del timeout
        outcome = self._outcomes.pop(0) if self._outcomes else None
        self.handed_over = outcome != NOT_SENT
        if outcome == NOT_SENT:
            raise requests.exceptions.ConnectTimeout
        self.sent.append(message)
        if isinstance(outcome, Exception):
            raise outcome
        return self._answers

    def rebuild(self) -> None:
        self.rebuilt += 1

    def ask(self) -> None:
        self.asked += 1
        if self.away:
            self.away -= 1
            raise requests.exceptions.ConnectionError("still away")

    def is_stale(self, cause: Exception) -> bool:
        return isinstance(cause, WinRMTransportError)


LOSS = requests.exceptions.ReadTimeout("no answer")
STALE = WinRMTransportError("http", 400, "")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses take no time, and pass."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("hnskit.remote.delivery.time.sleep", sleep)
    monkeypatch.setattr("hnskit.remote.delivery.time.monotonic", lambda: now[0])


def met(line: Line, *, keeps: bool = False) -> Delivery:
    """A delivery that has reached its host before."""
    delivery = Delivery(line, "winrm://host", 90)
    delivery.reached, delivery.keeps = True, keeps
    return delivery


@STARTS
@pytest.mark.parametrize("keeps", [True, False], ids=["kept", "not kept"])
def test_what_starts_something_is_never_sent_twice(request_: bytes, keeps: bool) -> None:
    """Whatever the service promises."""
    line = Line(LOSS)
    with pytest.raises(AnswerLostError):
        met(line, keeps=keeps).send(request_)
    assert line.sent == [request_]
    assert line.asked == 1


@STARTS
def test_what_never_went_out_is_sent_when_the_host_is_there_again(request_: bytes) -> None:
    """Not a byte of it had gone."""
    line = Line(NOT_SENT, NOT_SENT, NOT_SENT)
    assert met(line).send(request_) == NOT_KEPT
    assert line.sent == [request_]


def test_a_receive_is_repeated_where_the_service_keeps_its_answers() -> None:
    """Marked as a retransmission, until it is answered."""
    line = Line(LOSS, NOT_SENT, LOSS, answers=KEPT)
    delivery = met(line, keeps=True)
    assert delivery.send(RECEIVE) == KEPT
    assert line.sent == [RECEIVE, retransmission(RECEIVE), retransmission(RECEIVE)]
    assert delivery.seconds_lost > 0


def test_a_receive_is_not_repeated_where_it_does_not() -> None:
    """Another Receive would take what comes next: the caller must know that something is missing."""
    line = Line(LOSS)
    with pytest.raises(AnswerLostError):
        met(line).send(RECEIVE)
    assert line.sent == [RECEIVE]


@pytest.mark.parametrize("request_", [DELETE, SIGNAL], ids=["Delete", "Signal"])
def test_what_may_be_done_twice_is_sent_again(request_: bytes) -> None:
    """To end what is over changes nothing."""
    line = Line(LOSS, LOSS)
    met(line).send(request_)
    assert line.sent == [request_] * 3


def test_what_the_host_could_not_decrypt_is_sent_once_more() -> None:
    """It was for a connection that is gone; a second refusal is one."""
    line = Line(STALE)
    met(line).send(COMMAND)
    assert (line.sent, line.rebuilt) == ([COMMAND, COMMAND], 1)
    with pytest.raises(WinRMTransportError):
        met(Line(STALE, STALE)).send(COMMAND)


def test_a_host_that_was_never_reached_has_lost_nothing() -> None:
    """The first failure is the caller's."""
    line = Line(LOSS)
    with pytest.raises(requests.exceptions.ReadTimeout):
        Delivery(line, "winrm://host", 90).send(CREATE)
    assert line.sent == [CREATE]


@pytest.mark.parametrize(
    "lose", [lambda line: setattr(line, "away", 10_000), lambda line: line._outcomes.extend([NOT_SENT] * 10_000)]
)
def test_a_host_that_does_not_come_back_is_given_up(lose: Callable[[Line], None]) -> None:
    """After its patience, with what to do."""
    line = Line(LOSS)
    lose(line)
    with pytest.raises(HostUnreachableError, match=r"did not come back within (90|\d\d) s"):
        met(line).send(COMMAND if line.away else DELETE)


def test_whether_a_service_keeps_its_answers_is_in_each_of_them() -> None:
    """Windows before Server 2012 says nothing of it (MS-WSMV, note 99)."""
    delivery = Delivery(Line(answers=KEPT), "winrm://host", 90)
    delivery.send(CREATE)
    assert delivery.keeps
    delivery = Delivery(Line(), "winrm://host", 90)
    delivery.send(CREATE)
    assert not delivery.keeps


# What goes over the wire.


def test_a_request_has_an_operation_and_its_retransmission_the_same_one() -> None:
    """Only the mark differs (MS-WSMV 3.2.5.3)."""
    first, again = (ElementTree.fromstring(text) for text in (RECEIVE, retransmission(RECEIVE)))
    mark = f"{{{SOAP}}}mustUnderstand"

    def operation(header: ElementTree.Element) -> tuple[str | None, str | None]:
        found = header.find(f"{{{WSMV}}}OperationID")
        assert found is not None
        return found.text, found.get(mark)

    assert operation(first)[0] == operation(again)[0]
    assert (operation(first)[1], operation(again)[1]) == ("false", "true")
    assert again.findtext(f"{{{WSMV}}}SequenceId") == "1"


def test_a_message_without_an_operation_is_left_as_it_is() -> None:
    assert retransmission(b"<x/>") == b"<x/>"
    assert not is_kept(b"<x/>")


def test_of_several_envelopes_the_one_that_answers_is_taken() -> None:
    """An Acknowledge or a Keepalive may come before it, in one body."""
    asked = b"<a:MessageID>uuid:AB</a:MessageID>"
    other = b"<s:Envelope><a:RelatesTo></a:RelatesTo></s:Envelope>"
    mine = b"<s:Envelope><a:RelatesTo>uuid:ab</a:RelatesTo>x</s:Envelope>"
    assert answer_to(asked, other + mine) == mine
    assert answer_to(asked, other + mine + other) == mine
    assert answer_to(asked, mine) == mine
    assert answer_to(asked, b"not even XML") == b"not even XML"
