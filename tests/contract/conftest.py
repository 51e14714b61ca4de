"""The hosts that the contract tests run against.

The emulated ones; every transcript under transcripts/; and, where HNSKIT_TEST_TARGET names a parameter file, the real
host that it names: read-only, unless --change-host is given.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.api import apply
from hnskit.facts.source import connect
from hnskit.params.loading import load_params
from tests import sample_facts
from tests.contract.scrub import Scrubber, whole_word
from tests.contract.transcript import Recorder, Replay
from tests.in_process_host import QUICK, Lab

TARGET = os.environ.get("HNSKIT_TEST_TARGET", "")
TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.json"))
PROFILES = ("ws2019", "ws2022", "ws2025", "rs4")


class Seen:
    """Answers to the open questions, by the names of the questions."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}

    def note(self, name: str, answer: str) -> None:
        """Keep one."""
        self.answers[name] = answer


@pytest.fixture(scope="session")
def seen(pytestconfig: pytest.Config) -> Iterator[Seen]:
    """What `--seen FILE` writes: codes, names of members and words, nothing that says whose host it is."""
    found = Seen()
    yield found
    if file := pytestconfig.getoption("--seen"):
        Path(file).write_text(json.dumps(found.answers, indent=1) + "\n", encoding="utf-8")


def _hosts() -> list[str]:
    if TARGET:
        return ["real"]
    return [f"emulated {profile}" for profile in PROFILES] + [f"transcript {path.stem}" for path in TRANSCRIPTS]


@pytest.fixture(scope="session", params=_hosts())
def host(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Any]:
    """A session to a host."""
    kind, _, name = str(request.param).partition(" ")
    with ExitStack() as stack:
        session: Any
        if kind == "transcript":
            session = Replay(next(path for path in TRANSCRIPTS if path.stem == name))
        elif kind == "real":
            session = connect(load_params(TARGET))
            stack.callback(session.close)
        else:
            lab = stack.enter_context(Lab(tmp_path_factory.mktemp(name), profile=name))
            session = stack.enter_context(lab.session())
            apply(session, sample_facts.desired(), pace=QUICK)  # so that its lists are not empty
        record = pytestconfig.getoption("--record")
        recorder = Recorder(session)
        yield recorder
        if record and recorder.answers and kind != "transcript":
            path = Path(record)
            secrets = _names(recorder)
            recorder.write(path, Scrubber(*secrets), f"{kind} host, {name or 'of HNSKIT_TEST_TARGET'}")
            left = [secret for secret in secrets if whole_word(secret).search(path.read_text(encoding="utf-8"))]
            assert not left, "something was not scrubbed; the file must not be given away"


def _names(recorder: Recorder) -> list[str]:
    """The host's own name and the account's, which a transcript must not have."""
    rows = [row for answer in recorder.answers.values() for row in answer.get("output", []) if "ComputerName" in row]
    account = load_params(TARGET).connection.username.rpartition("\\")[2].partition("@")[0] if TARGET else ""
    named = (
        len(account) > 2 and account.lower() != "administrator"
    )  # which every Windows has, and a member is called so
    return [*{str(row["ComputerName"]) for row in rows}, *([account] if named else [])]
