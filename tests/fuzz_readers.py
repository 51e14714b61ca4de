"""A coverage-guided fuzzer on everything that reads what others wrote: nothing but an HnskitError may come of it.

    python -m tests.fuzz_readers [SECONDS] [READER…]     needs the extra `fuzz` (atheris); `make fuzz`

Readers: dump, snapshot, journal, answer, params. What broke one is written to the working directory (crash-…).
`tests/facts/test_readers_fuzz.py` does a little of the same with hypothesis.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
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

SECONDS = 60
_LONGEST = 16_384
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


def main(arguments: list[str]) -> None:
    """Fuzz each reader for its share of the time, each in a process of its own: libFuzzer ends its process."""
    import subprocess

    if importlib.util.find_spec("atheris") is None:
        print("there is no fuzzer for this platform or this Python: atheris has wheels for CPython on Linux")  # noqa: T201
        return
    if arguments[:1] == ["--one"]:
        _fuzz(arguments[1], int(arguments[2]))
        return
    seconds = int(arguments[0]) if arguments[:1] and arguments[0].isdigit() else SECONDS
    names = [name for name in arguments if name in READERS] or list(READERS)
    for name in names:
        share = max(5, seconds // len(names))
        print(f"{name}: {share} s", flush=True)  # noqa: T201 - its user waits
        subprocess.run([sys.executable, "-m", "tests.fuzz_readers", "--one", name, str(share)], check=True)
    print(f"{len(names)} readers: nothing but errors of hnskit's own")  # noqa: T201 - the result


def _seeds(name: str) -> Path:
    """A folder with what the reader is meant for: the fuzzer changes it from there."""
    root = Path(__file__).parents[1]
    corpus = Path(tempfile.mkdtemp(prefix=f"hnskit-fuzz-{name}-"))
    if name == "dump":
        for number, path in enumerate(sorted((root / "tests" / "samples").rglob("*.*"))):
            (corpus / str(number)).write_bytes(path.read_bytes()[:_LONGEST])
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


def _fuzz(name: str, seconds: int) -> None:
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

    atheris.instrument_all()
    options = [f"-max_total_time={seconds}", f"-max_len={_LONGEST}", "-verbosity=0", str(_seeds(name))]
    atheris.Setup([sys.argv[0], *options], lambda data: read(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
