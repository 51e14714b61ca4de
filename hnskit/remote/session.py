"""The seam: a session invokes a named command on a host and yields its records.

Everything hnskit knows of a host comes through `Session.invoke`, and everything it changes goes through
it. `remote.psrp` has the session over PowerShell Remoting, `remote.stdio` those over ssh and on this machine; a
test needs no more than a class with these methods.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from hnskit.errors import HostAnswerError, OutcomeUnknownError, RemoteCommandError
from hnskit.remote.compressed_records import lines_of

_READINGS = 3
"""Number of tries of calls that only read, where their answers are lost."""

_OLDER = (
    "The host's session configuration has an older hnskit than this machine: copy its module files there again "
    "(docs/jea.md)."
)


class Session(Protocol):
    """A way to run hnskit's commands on one host."""

    target: str
    """The host, as the parameters name it: `emulator://lab`, `winrm://10.0.0.4`."""

    @property
    def seconds_lost(self) -> float:
        """Seconds, in all, during which the connection was lost before it was found again."""

    @property
    def survives_cuts(self) -> bool:
        """Tell whether a command outlives a cut of the host's network: it is resumed, or no network is between."""

    def invoke(
        self, command: str, parameters: Mapping[str, Any] | None = None, inputs: Sequence[str] = ()
    ) -> Iterator[str]:
        """Run one command of `scripts/hnskit.psm1`; yield each output record as it arrives.

        Parameters are bound by PowerShell's own binder (str, int, bool, list of str); `inputs` are piped in.

        Raises:
            RemoteCommandError: the command ended with an error record.
            ConnectError: the host could not be reached, or refused the login; or its sessions run no commands of hnskit
                (a restricted endpoint, ConstrainedLanguage).
            OutcomeUnknownError: the connection was lost while the command ran, and perhaps some of its records or all
                that would have followed: those that were yielded hold; read the host's state.
        """

    def close(self) -> None:
        """Give the host its resources back. Never raises for a host that is gone."""


class ConnectedSession(Session, Protocol):
    """A session that was opened, for `with`: at the end of the block it is closed."""

    def open(self) -> None:
        """Connect and log in. `invoke` does it by itself; call this to know at once."""

    def interrupt(self) -> None:
        """End what runs on the host, called by another thread: whoever waits for it gets OutcomeUnknownError.

        Never raises for a host that is gone; what the host was changing is not undone.
        """

    def __enter__(self) -> Self:
        """The session."""

    def __exit__(self, *_: object) -> None:
        """Close it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One command among many that share a pipeline."""

    id: str
    command: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    reads: bool = False
    """It changes nothing on the host, so that its answer may wait there for others and come together with them; the
    answer of any other call is sent before the next call begins."""
    cuts: bool = False
    """It may take the host's own network away, and with it a session that does not survive that: such a session has
    the host make it in a process of its own (HNS fact 65)."""

    def to_json(self, *, detached: bool = False) -> str:
        """As `Invoke-HnskitCall` reads it."""
        content = {"id": self.id, "command": self.command, "parameters": dict(self.parameters), "reads": self.reads}
        # Asked for, so that a client of before, which cannot read it, gets none from a host with today's module.
        content |= {"gzip": True} if self.reads else {}
        return json.dumps({**content, "detached": True} if detached else content)


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of one call of a batch."""

    id: str
    output: list[dict[str, Any]]
    milliseconds: int
    error: RemoteCommandError | None = None

    def value(self) -> dict[str, Any]:
        """The only object that the call put out; raises its error if it failed."""
        if self.error is not None:
            raise self.error
        if len(self.output) != 1:
            raise HostAnswerError(f"one object was expected from call {self.id!r}", got=self.output)
        return self.output[0]

    def values(self) -> list[dict[str, Any]]:
        """All objects that the call put out; raises its error if it failed."""
        if self.error is not None:
            raise self.error
        return self.output


def invoke_calls(session: Session, calls: Iterable[Call]) -> Iterator[CallResult]:
    """Make many calls in one pipeline, and yield each result as the host sends it.

    One pipeline costs one WinRM request, and one more for each group of answers that the host sends (see
    docs/benchmarks.md): see `Call.reads`. A call that fails does not stop the others. Where answers are lost with the
    connection, and only calls that read are without one, those are made again.

    Raises:
        HostAnswerError: what came is not an answer, or not the answer to a call that still waits for one; or the
            pipeline ended and calls still wait.
        OutcomeUnknownError: the connection was lost, and calls that change something have no answer. What was yielded
            until then holds; of the others nothing is known.
    """
    batch = list(calls)
    waiting = {call.id: call.command for call in batch}
    if len(waiting) != len(batch):
        raise ValueError("each call of a batch needs an id of its own")
    for left in reversed(range(_READINGS)):
        if not waiting:
            return
        asked = [call for call in batch if call.id in waiting]
        try:
            yield from _answers(session, asked, waiting)
        except OutcomeUnknownError:
            if waiting and not (left and all(call.reads for call in batch if call.id in waiting)):
                raise
        else:
            if waiting:
                raise HostAnswerError("the host left calls unanswered", got=list(waiting), host=session.target)


def _answers(session: Session, calls: Iterable[Call], waiting: dict[str, str]) -> Iterator[CallResult]:
    texts = [call.to_json(detached=call.cuts and not session.survives_cuts) for call in calls]
    for record in session.invoke("Invoke-HnskitCall", {"Call": texts}):
        for line in lines_of(record):
            yield _result(line, waiting, session.target)


def _object(row: Any) -> dict[str, Any]:
    """One output record of a command: all of hnskit put out objects."""
    if not isinstance(row, dict):
        raise TypeError(row)
    return row


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _result(line: str, waiting: dict[str, str], host: str) -> CallResult:
    """Read one answer, and take its call off those that wait."""
    try:
        answer = json.loads(line)
        identity, command = answer["id"], waiting.pop(answer["id"])
        if answer["ok"]:
            return CallResult(identity, [_object(row) for row in answer["output"]], int(answer["ms"]))
        error = answer["error"]
        message, error_id, category, target = (_text(error[key]) for key in ("message", "id", "category", "target"))
        problem = RemoteCommandError(
            message,
            error_id=error_id,
            category=category,
            error_target=target,
            command=command,
            host=host,
            next_step=_OLDER if error_id.startswith("Hnskit.UnknownCommand") else "",
        )
        return CallResult(identity, [], int(answer["ms"]), problem)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as cause:
        raise HostAnswerError("the host answered a call with something else than a result", got=line) from cause
