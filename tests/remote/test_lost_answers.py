"""Answers that are lost between two who are both there, on both engines, kept by the host and not."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from hnskit.errors import OutcomeUnknownError
from hnskit.remote import windows
from hnskit.remote.psrp import PsrpSession
from hnskit.remote.session import Call, invoke_calls
from tests.emulator.engines import needs_engine
from tests.fault_proxy import Fault, FaultProxy
from tests.in_process_host import Lab

ENGINES = ["python", pytest.param("pwsh", marks=needs_engine)]
KEPT = pytest.mark.parametrize("kept", [True, False], ids=["kept", "not kept"])
NIC = 6


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lab(engine: str, kept: bool, tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path, engine=engine, kept=kept) as made:
        yield made


@pytest.fixture
def session(lab: Lab) -> Iterator[PsrpSession]:
    patient: dict[str, Any] = {
        "operation_timeout": 1,
        "read_timeout": 30.0,
        "create_timeout": 60.0,
        "connect_timeout": 30.0,
    }
    with lab.session(tls=True, **patient) as made:
        list(invoke_calls(made, [windows.test_path("warm", "C:\\x")]))
        yield made


class Loses:
    """Loses answers to requests of one kind, after the host has acted."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, action: bytes, when: Callable[[bytes], bool], most: int = 1
    ) -> None:
        self.lost = 0
        self.sent: list[bytes] = []
        send = requests.adapters.HTTPAdapter.send

        def losing(adapter: Any, request: Any, **options: Any) -> Any:
            response = send(adapter, request, **options)
            body = bytes(request.body or b"")
            if action in body:
                self.sent.append(body)
                if self.lost < most and when(response.content):
                    self.lost += 1
                    raise requests.exceptions.ConnectionError("reset by a test")
            return response

        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", losing)


def has_end(answer: bytes) -> bool:
    return b"CommandState/Done" in answer


def is_silence(answer: bytes) -> bool:
    return b"2150858793" in answer


def brings_output(answer: bytes) -> bool:
    return b"rsp:Stream" in answer and b"CommandState/Running" in answer


def switch(id: str, on: bool) -> Call:
    return windows.set_forwarding(id, NIC, on)


@KEPT
def test_reads_have_all_answers_though_the_last_was_lost(
    session: PsrpSession, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """A host that keeps it says it again; one that does not is asked once more for what is missing."""
    loss = Loses(monkeypatch, b"shell/Receive<", has_end)
    calls = [windows.test_path(str(number), "C:\\x") for number in range(5)]
    results = [result.id for result in invoke_calls(session, calls)]
    assert (loss.lost, sorted(results)) == (1, sorted(call.id for call in calls))
    marked = [body for body in loss.sent if re.search(rb'OperationID [^>]*mustUnderstand="true"', body)]
    assert len(marked) == int(kept)


@KEPT
def test_a_change_whose_answer_was_lost_is_not_made_again(
    lab: Lab, session: PsrpSession, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """A host that keeps it says it again; of one that does not, nothing is known, and what came before is here."""
    Loses(monkeypatch, b"shell/Receive<", lambda answer: has_end(answer) or brings_output(answer))
    commands = Loses(monkeypatch, b"shell/Command<", lambda _: False)
    answered: list[str] = []
    try:
        answered.extend(result.id for result in invoke_calls(session, [switch("on", True), switch("off", False)]))
    except OutcomeUnknownError:
        assert not kept
    else:
        assert answered == ["on", "off"]
    assert len(commands.sent) == 1
    (row,) = [item for item in lab.facts().interfaces if item.index == NIC]
    assert not row.forwarding


@KEPT
def test_silence_that_is_lost_is_no_gap(lab: Lab, session: PsrpSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer that nothing was put out within the timeout: repeated after an Acknowledge, or nothing was in it."""
    lab.do(lambda host: host.set_fault("docker_seconds", 2.5))
    loss = Loses(monkeypatch, b"shell/Receive<", is_silence)
    (result,) = invoke_calls(session, [Call("slow", "Invoke-HnskitDocker", {"ArgumentList": ["version"]})])
    assert loss.lost == 1
    assert result.value()["ExitCode"] == 0


@KEPT
def test_a_lost_answer_to_the_command_runs_nothing_twice(session: PsrpSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its output is asked for by the id that the client chose."""
    loss = Loses(monkeypatch, b"shell/Command<", lambda _: True)
    (result,) = invoke_calls(session, [switch("on", True)])
    assert result.value() == {"InterfaceIndex": NIC, "Forwarding": "Enabled"}
    assert (loss.lost, len(loss.sent)) == (1, 1)


@KEPT
def test_a_record_of_which_a_part_was_lost_takes_no_other_with_it(
    session: PsrpSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record of many fragments, also compressed, comes in several answers; reads are made again."""
    path = "C:\\" + "".join(random.Random(1).choices(string.ascii_letters, k=900_000))
    loss = Loses(monkeypatch, b"shell/Receive<", lambda answer: len(answer) > 40_000)
    calls = [
        windows.test_path("before", "C:\\x"),
        Call("large", "Test-HnskitPath", {"Path": path}, reads=True),
        windows.test_path("after", "C:\\x"),
    ]
    results = {result.id: result for result in invoke_calls(session, calls)}
    assert set(results) == {"before", "large", "after"}
    assert results["large"].value()["Path"] == path
    assert loss.lost == 1


@KEPT
def test_the_session_goes_on_after_what_was_lost(session: PsrpSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next call is as good as the first."""
    Loses(monkeypatch, b"shell/Receive<", has_end)
    for _ in range(3):
        (result,) = invoke_calls(session, [windows.test_path("p", "C:\\x")])
        assert result.value()["Exists"] is False


def test_a_receive_that_comes_late_takes_nothing_with_it(tmp_path: Path, engine: str) -> None:
    """It was given up; the host gives it what was for the Receive that followed, and tells that one (fault 995)."""
    with Lab(tmp_path, engine=engine, kept=False) as lab:
        patient: dict[str, Any] = {"operation_timeout": 1, "read_timeout": 1.5, "create_timeout": 60.0}
        with FaultProxy(lab.port) as proxy, lab.session(proxy.port, connect_timeout=30.0, **patient) as session:
            list(invoke_calls(session, [windows.test_path("warm", "C:\\x")]))
            lab.do(lambda host: host.set_fault("docker_seconds", 3.0))
            proxy.fault = Fault(proxy.requests + 2, "before", "stall", 2.0)
            (result,) = invoke_calls(
                session, [Call("slow", "Invoke-HnskitDocker", {"ArgumentList": ["version"]}, True)]
            )
            assert proxy.hit
            assert result.value()["ExitCode"] == 0
