"""Whether WinRM keeps an answer for a client that did not get it (MS-WSMV 3.1.4.1.39), asked of a host.

hnskit works with both. That Windows from Server 2012 on says so in its answers is from recordings of others; that it
then gives the answer again is UNCONFIRMED: a failure here is news. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from hnskit.facts.source import connect
from hnskit.params.loading import load_params
from hnskit.remote.psrp import PsrpSession
from hnskit.remote.session import Call, Session, invoke_calls
from tests.contract.conftest import TARGET
from tests.in_process_host import Lab


@pytest.fixture
def session(tmp_path: Path) -> Iterator[PsrpSession]:
    with ExitStack() as stack:
        made: Session = connect(load_params(TARGET)) if TARGET else stack.enter_context(Lab(tmp_path)).session()
        stack.callback(made.close)
        if not isinstance(made, PsrpSession):
            pytest.skip("the host is not reached over WinRM")
        list(invoke_calls(made, [Call("warm", "Get-HnskitSystem", reads=True)]))
        yield made


def test_the_service_says_that_it_keeps_its_answers(session: PsrpSession) -> None:
    """By the OperationID of the request in its answer."""
    assert session.keeps_answers


def test_a_lost_answer_is_given_again(session: PsrpSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the same request on another connection, marked as a retransmission; the command is sent once."""
    assert session._connection is not None
    delivery = session._connection.delivery
    transmit = delivery.line.transmit
    commands: list[bytes] = []
    lost: list[bytes] = []

    def losing(message: bytes, timeout: float | None) -> bytes:
        answer = transmit(message, timeout)
        if b"shell/Command<" in message:
            commands.append(message)
        if b"shell/Receive<" in message and not lost:
            lost.append(answer)
            raise requests.exceptions.ConnectionError("lost by a test")
        return answer

    monkeypatch.setattr(delivery.line, "transmit", losing)
    (result,) = invoke_calls(session, [Call("s", "Get-HnskitSystem", reads=True)])
    assert result.error is None
    assert (len(lost), delivery.repeats, len(commands)) == (1, 1, 1)
