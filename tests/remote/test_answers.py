"""How the answers of a batch come: those of reads together, that of a change before the next call begins."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hnskit.emulator.host import commands, create_host
from hnskit.emulator.powershell.binder import bind
from hnskit.emulator.powershell.command import Cut
from hnskit.errors import HostAnswerError, OutcomeUnknownError
from hnskit.facts.host_facts import fact_calls, gather_facts
from hnskit.model import hns_requests
from hnskit.remote import docker, hcn, hns, windows
from hnskit.remote.compressed_records import lines_of
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.psrp import PsrpSession
from hnskit.remote.session import Call, CallResult, invoke_calls
from tests.emulator.engines import PASSWORD, USER, Served, needs_engine

NIC = 6


def answer(id: str, **changes: Any) -> str:
    return json.dumps({"id": id, "ok": True, "ms": 0, "output": [], **changes}, ensure_ascii=False)


class StreamRecord:
    """A session that says these records to whatever it is asked."""

    target = "host"
    seconds_lost = 0.0
    survives_cuts = True

    def __init__(self, *records: str) -> None:
        self._records = records

    def invoke(
        self, command: str, parameters: Mapping[str, Any] | None = None, inputs: Sequence[str] = ()
    ) -> Iterator[str]:
        yield from self._records

    def close(self) -> None:
        """There is nothing to close."""


def asked(*records: str, ids: str = "abc") -> Iterator[CallResult]:
    return invoke_calls(StreamRecord(*records), [Call(id, "Get-HnskitSystem") for id in ids])


# What the client makes of a record.


def test_each_line_of_a_record_is_an_answer() -> None:
    """And only a line feed ends a line: JSON may have other separators in a text."""
    text = "one\u2028two\x85three"
    first, second, third = asked("\n".join((answer("a", output=[{"Text": text}]), answer("b"))), answer("c"))
    assert [first.value()["Text"], second.id, third.id] == [text, "b", "c"]


def test_an_error_in_a_group_is_that_of_its_call() -> None:
    """The calls before and after it are as they were."""
    error = {"id": "Hnskit.X", "category": "NotSpecified", "target": "t", "message": "no"}
    first, second, third = asked("\n".join((answer("a"), answer("b", ok=False, error=error), answer("c"))))
    assert (first.error, third.error) == (None, None)
    assert second.error is not None
    assert (second.error.error_id, second.error.command) == ("Hnskit.X", "Get-HnskitSystem")


WHOLE = answer("a")


@pytest.mark.parametrize(
    "rest",
    [
        WHOLE[:-5], "", "WARNING: what now?", answer("a"), answer("nobody"), f"{answer('b')}{answer('c')}", "[1]",
        "null", answer("b", output=[None]), answer("b", output=["x"]),
    ],
    ids=[
        "cut short", "cut at a line", "no JSON", "twice", "of no call", "two in a line", "a list", "nothing",
        "no object put out", "a text put out",
    ],
)  # fmt: skip
def test_what_is_no_answer_is_an_error_that_quotes_it_and_keeps_what_came_before(rest: str) -> None:
    """The answer before it is handed on first."""
    results = asked(f"{WHOLE}\n{rest}")
    assert next(results).id == "a"
    with pytest.raises(HostAnswerError) as caught:
        list(results)
    assert caught.value.got == rest


def test_a_call_without_an_answer_is_an_error_that_names_it() -> None:
    """A pipeline that ends well and says too little is not taken for a success."""
    with pytest.raises(HostAnswerError, match=r"unanswered.*\[\"a\", \"c\"\]"):
        list(asked(answer("b")))


def test_the_kit_s_reads_say_that_they_are_and_its_changes_do_not() -> None:
    """The host believes it."""
    reads = [*fact_calls(), windows.test_path("p", "C:\\x"), docker.logs("l", "c"), hcn.query("q", "endpoint", "0")]
    changes = [
        windows.set_forwarding("f", NIC, True),
        docker.execute("e", "c", ["route.exe"]),
        docker.remove_container("r", "c"),
        hns.create_network("n", {"Name": "n"}),
        hcn.modify_policies("m", "endpoint", "0", "Add", []),
    ]
    assert [call.id for call in reads if not call.reads] == []
    assert [call.id for call in changes if call.reads] == []


# What the double puts out, step by step.


def path(id: str) -> Call:
    return windows.test_path(id, "C:\\nothing")


def switch(id: str, on: bool) -> Call:
    return windows.set_forwarding(id, NIC, on)


def ids(record: Any) -> list[str]:
    return [json.loads(line)["id"] for line in str(record).split("\n")]


def records_of(*calls: Call) -> list[list[str]]:
    """The ids of the answers in each record."""
    command, host = commands.COMMANDS["Invoke-HnskitCall"], create_host("lab")

    async def collect() -> list[list[str]]:
        bound = bind(command, [("Call", [call.to_json() for call in calls])])
        return [ids(record) async for record in command.run(host, bound)]

    return asyncio.run(collect())


def test_reads_are_answered_together_up_to_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """And each change by itself."""
    monkeypatch.setattr(commands, "_LONGEST_SILENCE", 60.0)
    calls = [path("a"), path("b"), switch("c", True), switch("d", False), path("e"), path("f")]
    assert records_of(*calls) == [["a", "b"], ["c"], ["d"], ["e", "f"]]


def test_reads_that_take_long_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress stays live."""
    monkeypatch.setattr(commands, "_LONGEST_SILENCE", 0.0)
    assert records_of(path("a"), path("b")) == [["a"], ["b"]]


# Through the door, on both engines.


@pytest.fixture(scope="module", params=["python", pytest.param("pwsh", marks=needs_engine)])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(request.param, tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture
def session(served: Served, tmp_path: Path) -> Iterator[PsrpSession]:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    settings = ConnectionSettings(
        target="emulator://lab",
        server="127.0.0.1",
        port=int(served.door.http.rsplit(":", 1)[1].partition("/")[0]),
        ssl=False,
        username=USER,
        credential=f"file:{secret}",
        recovery_timeout=10,
    )
    with PsrpSession(settings) as session:
        yield session


def test_an_engine_groups_reads_and_leaves_changes_alone(session: PsrpSession) -> None:
    """In the order of the calls; a slow machine may have more groups."""
    calls = [*(path(f"a{n}") for n in range(10)), switch("change", False), *(path(f"b{n}") for n in range(10))]
    records = [
        ids(record) for record in session.invoke("Invoke-HnskitCall", {"Call": [call.to_json() for call in calls]})
    ]
    assert [id for record in records for id in record] == [call.id for call in calls]
    assert ["change"] in records
    assert len(records) < len(calls)


def test_an_engine_names_the_call_that_failed_in_a_group(session: PsrpSession) -> None:
    """Its neighbours have their output."""
    bad = Call("bad", "Invoke-HnskitHns", {"Method": "PUT", "Path": "/networks"}, reads=True)
    first, second, third = invoke_calls(session, [path("a"), bad, path("b")])
    assert (first.id, first.value()["Exists"], third.id, third.value()["Exists"]) == ("a", False, "b", False)
    assert second.error is not None
    assert second.error.error_id == "ParameterArgumentValidationError,Invoke-HnskitHns"


def test_a_change_is_answered_before_the_next_call_begins(served: Served, session: PsrpSession) -> None:
    """While that one waits, the answer is here; a host that is lost then, shell and all, takes nothing away."""
    list(invoke_calls(session, [path("warm")]))
    served.call(lambda: served.host.set_fault("docker_seconds", 20))
    try:
        results = invoke_calls(session, [switch("change", True), docker.command("slow", "version")])
        assert next(results).value() == {"InterfaceIndex": NIC, "Forwarding": "Enabled"}
        served.call(lambda: served.door.cut(Cut(0.3, "forget")))
        with pytest.raises(OutcomeUnknownError):
            next(results)
    finally:
        served.call(lambda: served.host.set_fault("docker_seconds", 0))


@pytest.mark.parametrize("asked_for", [True, False])
def test_an_engine_compresses_a_long_record_where_that_is_asked_for(session: PsrpSession, asked_for: bool) -> None:
    """A client of before, which could not read it, gets it as it was."""
    call = json.loads(path("a").to_json())
    call["parameters"]["Path"] = long = "C:\\" + 4_000 * "a\u00e9\u65e5\U0001f600 \\u"
    if not asked_for:
        del call["gzip"]
    (record,) = session.invoke("Invoke-HnskitCall", {"Call": [json.dumps(call)]})
    assert record.startswith("gzip 1 ") == asked_for
    (line,) = lines_of(record)
    assert json.loads(line)["output"] == [{"Path": long, "Exists": False}]


HELD = {
    "a surrogate alone": "a\ud800b",
    "the other half": "\udfff",
    "noncharacters": "a\ufffe\uffffb",
    "a pair": "\U0001f44d",
    "controls": "\x00\x1b\x7f\x9b\u202e\u2028",
    "ends of lines": '\r\n\t"\\',
}


@pytest.mark.parametrize("name", HELD.values(), ids=HELD)
def test_whatever_text_windows_can_hold_comes_in_as_it_is(served: Served, session: PsrpSession, name: str) -> None:
    """One object with such a name does not make the whole host unreadable."""
    body = json.dumps(hns_requests.network_request(name, "L2Bridge", "10.0.9.0/24", "10.0.9.1"))
    _, made = served.call(lambda: served.host.hns.call("POST", "/networks", body))
    try:
        facts = gather_facts(session)
        assert facts.problems == ()
        assert [network.name for network in facts.networks if network.type == "L2Bridge"] == [name]
    finally:
        path = f"/networks/{json.loads(made)['Output']['ID']}"
        served.call(lambda: served.host.hns.call("DELETE", path, ""))
