"""A coverage-guided fuzzer on everything that reads what others wrote.

    python -m tests.fuzz [SECONDS] [READER…]     needs the extra `fuzz` (atheris); `make fuzz`

Readers: dump, snapshot, journal, answer, params (tests/fuzz_readers.py). What broke one is written to the working
directory (crash-…). hnskit's own code alone is instrumented: with pandas and pydantic each start takes half a minute.
"""

from __future__ import annotations

import importlib.util
import sys

SECONDS = 60
READERS = ("dump", "snapshot", "journal", "answer", "params")


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
    names = [name for name in arguments if name in READERS] or READERS
    for name in names:
        share = max(5, seconds // len(names))
        print(f"{name}: {share} s", flush=True)  # noqa: T201 - its user waits
        subprocess.run([sys.executable, "-m", "tests.fuzz", "--one", name, str(share)], check=True)
    print(f"{len(names)} readers: nothing but errors of hnskit's own")  # noqa: T201 - the result


def _fuzz(name: str, seconds: int) -> None:
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

    with atheris.instrument_imports(include=["hnskit"]):
        from tests import fuzz_readers
    seeds = str(fuzz_readers.seeds(name))
    options = [f"-max_total_time={seconds}", f"-max_len={fuzz_readers.LONGEST}", "-verbosity=0", seeds]
    atheris.Setup([sys.argv[0], *options], lambda data: fuzz_readers.read(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
