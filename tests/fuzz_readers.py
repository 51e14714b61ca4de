"""Everything that reads what others wrote: nothing but an HnskitError may come of it.

A coverage-guided fuzzer: `tests/fuzz.py`; a little of the same with hypothesis: `tests/facts/test_readers_fuzz.py`.
"""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hnskit.applying.journal_checks import believed_records
from hnskit.diagnosis.doctor import diagnose, findings_text
from hnskit.errors import HnskitError
from hnskit.errors.codes_in_text import find_in_text
from hnskit.facts.anything import load_facts, read_anything
from hnskit.facts.host_facts import fact_calls, facts_from_results
from hnskit.facts.snapshot import dump_facts
from hnskit.params.loading import load_params
from hnskit.planning.provenance import provenance_from
from hnskit.remote.session import invoke_calls
from tests import sample_facts

LONGEST = 16_384
"""Bytes of an input."""
_PLACE = Path(tempfile.mkdtemp(prefix="hnskit-fuzz-"))


class _Said:
    """A session that says one record."""

    target = "winrm://host"
    seconds_lost = 0.0
    resumes = False

    def __init__(self, record: str) -> None:
        self._record = record

    def invoke(
        self, command: str, parameters: Mapping[str, Any] | None = None, inputs: Sequence[str] = ()
    ) -> Iterator[str]:
        yield self._record

    def close(self) -> None:
        """There is nothing to close."""


def dump(data: bytes) -> None:
    """Whatever a person pasted: bytes of any encoding, what the doctor says of them, and codes in them."""
    find_in_text(data.decode("utf-8", "replace"))
    findings_text(diagnose(read_anything(data, "paste").facts), "paste")


def snapshot(data: bytes) -> None:
    """A file that stands for a host."""
    path = _PLACE / "snapshot.json"
    path.write_bytes(data)
    load_facts(path)


def journal(data: bytes) -> None:
    """A journal, and what follows from it."""
    path = _PLACE / "journal.jsonl"
    path.write_bytes(data)
    provenance_from(believed_records(path))


def answer(data: bytes) -> None:
    """What a host put out."""
    calls = fact_calls()
    facts_from_results("winrm://host", invoke_calls(_Said(data.decode("utf-8", "surrogatepass")), calls))  # type: ignore[arg-type]


def params(data: bytes) -> None:
    """A parameter file."""
    path = _PLACE / "params.yaml"
    path.write_bytes(data)
    load_params(path)


READERS: dict[str, Callable[[bytes], None]] = {
    "dump": dump, "snapshot": snapshot, "journal": journal, "answer": answer, "params": params,
}  # fmt: skip


def read(reader: str, data: bytes) -> None:
    """Read it; anything but an HnskitError gets out."""
    with warnings.catch_warnings(), contextlib.suppress(HnskitError, UnicodeDecodeError):
        warnings.simplefilter("ignore")
        READERS[reader](data)


def seeds(name: str) -> Path:
    """A folder with what the reader is meant for: the fuzzer changes it from there."""
    root = Path(__file__).parents[1]
    corpus = Path(tempfile.mkdtemp(prefix=f"hnskit-fuzz-{name}-"))
    if name == "dump":
        for number, path in enumerate(sorted((root / "tests" / "samples").rglob("*.*"))):
            (corpus / str(number)).write_bytes(path.read_bytes()[:LONGEST])
    elif name == "params":
        (corpus / "1").write_bytes((root / "params" / "emulator.yaml").read_bytes())
    elif name == "journal":
        (corpus / "1").write_text(
            '{"event":"start","target":"winrm://host"}\n{"event":"done","id":"create network x"}\n'
        )
    elif name == "snapshot":
        (corpus / "1").write_text(dump_facts(sample_facts.complete()))
    else:
        (corpus / "1").write_text('{"id":"networks","ok":true,"output":[{"ID":"1","Name":"nat","Type":"nat"}],"ms":1}')
    return corpus
