"""What a host answered, call by call: written while the contract tests run against it, and played back as a host."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hnskit.remote.compressed_records import lines_of
from hnskit.remote.session import Session
from tests.contract.scrub import Scrubber

_TEXT = ("Response", "StdOut")
"""Members whose text may be JSON itself, on one line or on several."""


def key_of(call: Mapping[str, Any]) -> str:
    """What is asked, without the id."""
    return json.dumps([call["command"], call["parameters"]], sort_keys=True)


class Recorder:
    """A session that remembers what was answered; the first answer to a question is kept."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.target = session.target
        self.answers: dict[str, dict[str, Any]] = {}

    survives_cuts = True

    @property
    def seconds_lost(self) -> float:
        return self._session.seconds_lost

    def invoke(
        self, command: str, parameters: Mapping[str, Any] | None = None, inputs: Sequence[str] = ()
    ) -> Iterator[str]:
        calls = {call["id"]: call for call in map(json.loads, (parameters or {}).get("Call", []))}
        for record in self._session.invoke(command, parameters, inputs):
            for answer in map(json.loads, lines_of(record)):
                self.answers.setdefault(key_of(calls[answer["id"]]), answer)
            yield record

    def close(self) -> None:
        self._session.close()

    def write(self, path: Path, scrubber: Scrubber, about: str) -> None:
        """Write the transcript, scrubbed."""
        answers = [
            {"call": json.loads(key), "answer": scrub_answer(scrubber, answer)} for key, answer in self.answers.items()
        ]
        path.write_text(json.dumps({"about": about, "answers": answers}, indent=1) + "\n", encoding="utf-8")


def scrub_answer(scrubber: Scrubber, answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without what says whose host it is; JSON inside texts is scrubbed as such."""
    scrubbed = dict(answer)
    if answer["ok"]:
        scrubbed["output"] = [_record(scrubber, row) for row in answer["output"]]
    else:
        scrubbed["error"] = scrubber.scrub(answer["error"])
    return scrubbed


def _record(scrubber: Scrubber, row: Mapping[str, Any]) -> dict[str, Any]:
    done = scrubber.scrub({name: value for name, value in row.items() if name not in _TEXT})
    for name in _TEXT:
        if name in row:
            done[name] = _inner(scrubber, row[name])
    return {name: done[name] for name in row}


def _inner(scrubber: Scrubber, text: str) -> str:
    try:
        return json.dumps(scrubber.scrub(json.loads(text)), separators=(",", ":"))
    except ValueError:
        pass
    lines = []
    for line in text.splitlines():
        try:
            lines.append(json.dumps(scrubber.scrub(json.loads(line)), separators=(",", ":")))
        except ValueError:
            lines.append(scrubber.text(line))
    return "\n".join(lines) + ("\n" if text.endswith("\n") else "")


class Replay:
    """A session that answers from a transcript."""

    seconds_lost = 0.0
    survives_cuts = True

    def __init__(self, path: Path) -> None:
        self.target = f"transcript:{path.name}"
        content = json.loads(path.read_text(encoding="utf-8"))
        self._answers = {json.dumps(item["call"], sort_keys=True): item["answer"] for item in content["answers"]}

    def invoke(
        self, command: str, parameters: Mapping[str, Any] | None = None, inputs: Sequence[str] = ()
    ) -> Iterator[str]:
        for text in (parameters or {})["Call"]:
            call = json.loads(text)
            answer = self._answers.get(key_of(call))
            if answer is None:
                raise LookupError(f"the transcript has no answer to {key_of(call)}")
            yield json.dumps({**answer, "id": call["id"]})

    def close(self) -> None:
        """There is nothing to close."""
