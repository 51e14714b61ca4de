"""Two hosts alike, one on each engine: the same commands in the same order, and the comparison of their answers.

Compared are every output record with its types, the errors' ids, categories, targets and exception types, the
sequence of messages (and so the streams), and the state of the host afterwards. The texts of errors are not: the
double has those of Windows PowerShell 5.1, the engine its own version's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pypsrp.powershell import RunspacePool

from tests.emulator.engines import Command, Message, Served, StreamRecord, say, steady


class Pair(NamedTuple):
    """Two hosts, alike, and a pool on each."""

    python: Served
    pwsh: Served
    pools: tuple[RunspacePool, RunspacePool]

    def say(self, *commands: Command | str) -> tuple[StreamRecord, StreamRecord]:
        """The same on both."""
        python, pwsh = (say(pool, *commands) for pool in self.pools)
        return python, pwsh

    def states(self) -> tuple[str, str]:
        """All that hnskit can know of each host."""
        python, pwsh = (
            steady(json.dumps(served.call(served.host.snapshot).to_json(), indent=1, default=str))
            for served in (self.python, self.pwsh)
        )
        return python, pwsh

    def check(self, *commands: Command) -> StreamRecord:
        """Run it on both; whatever differs is a failure."""
        python, pwsh = self.say(*commands)
        assert seen(python) == seen(pwsh)
        states = self.states()
        assert states[0] == states[1]
        return python


@contextmanager
def alike(place: Path, **settings: Any) -> Iterator[Pair]:
    """Two hosts with the same settings, one on each engine."""
    with (
        Served("python", place / "python", **settings) as python,
        Served("pwsh", place / "pwsh", **settings) as pwsh,
        python.pool() as one,
        pwsh.pool() as other,
    ):
        yield Pair(python, pwsh, (one, other))


def seen(said: StreamRecord) -> list[Any]:
    """Of what a pipeline said, all that must be the same."""
    return [(message.type, _record(message)) for message in said.messages]


def _record(message: Message) -> dict[str, str]:
    if message.type in {"PIPELINE_STATE", "ERROR_RECORD"}:
        record = {key.rpartition("Record/")[2]: value for key, value in message.fields.items() if _ERROR.search(key)}
        if record.get("FullyQualifiedErrorId", "").endswith("ConvertFromJsonCommand"):
            # Its class and its category belong to whoever wrote the module: Windows' is Microsoft's own.
            record["FullyQualifiedErrorId"] = "ConvertFromJsonCommand"
            record["ErrorCategory_Category"] = ""
        return record
    return {key: _value(key, value) for key, value in message.fields.items()}


_ERROR = re.compile(
    r"PipelineState$|(FullyQualifiedErrorId|ErrorCategory_(Category|Activity|Reason|TargetName|TargetType)|TargetObject)$"
    r"|/Exception/type$"
)


def _value(key: str, text: str) -> str:
    if key == "/PSVersion":
        return "<the engine's own version>"
    text = steady(text)
    if text.startswith('S:{"id":'):
        answer = json.loads(re.sub(r'"ms":<ms>', '"ms":0', unescaped(text[2:])))
        if "error" in answer:
            answer["error"].pop("message")
            if answer["error"]["id"].endswith("ConvertFromJsonCommand"):
                answer["error"] |= {"id": "ConvertFromJsonCommand", "category": ""}
        for row in answer.get("output", ()):
            if isinstance(row, dict):
                row.pop("PSVersion", None)
        return json.dumps(answer, sort_keys=True)
    return text


def unescaped(text: str) -> str:
    """A CLIXML string, read; a JSON text means the same with and without \\u escapes."""
    raw = re.sub(r"_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), text)
    return raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
