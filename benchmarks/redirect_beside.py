"""Seconds of the whole redirect by this tree beside another one, on a real engine, round by round in turn.

    python -m benchmarks.redirect_beside FOLDER [ROUNDS]

FOLDER is a checkout with a `.venv` (or this one's libraries are used). Each tree works on an emulated host of its own,
and both on this tree's host, which shows what of the difference is the client's. A host runs before anything is
counted; a shell of it, with the engine's start, is counted. Processor time is the host's with its engines, and the
client's; on a machine with other work it says more than the clock. Linux only: it is read from /proc.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parent.parent
PHASES = ("connect", "facts", "apply", "verify", "close")
_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_START = "print(json.dumps(registry.start('beside', None, json.loads('{options}'))[0].to_json()))"
_CLIENT = """
import json, sys, time
from pathlib import Path
import hnskit
params = hnskit.load_params(Path("params/emulator.yaml"), overrides=json.loads(sys.argv[1]))
wanted = hnskit.desired_from(params)
for line in sys.stdin:
    at, used = [time.perf_counter()], time.process_time()
    session = hnskit.connect(params); at.append(time.perf_counter())
    facts = hnskit.gather_facts(session); at.append(time.perf_counter())
    hnskit.apply(session, wanted, facts=facts); at.append(time.perf_counter())
    assert hnskit.verify(session, wanted).ok; at.append(time.perf_counter())
    session.close(); at.append(time.perf_counter())
    print(json.dumps([*(after - before for before, after in zip(at, at[1:])), time.process_time() - used]), flush=True)
    with hnskit.connect(params) as session:
        hnskit.destroy(session, wanted)
    print("{}", flush=True)
"""


class Tree:
    """A checkout, with an emulated host of its own."""

    def __init__(self, folder: Path, state: Path) -> None:
        self.folder = folder
        python = folder / ".venv" / "bin" / "python"
        self._python = str(python if python.exists() else sys.executable)
        self._environment = {**os.environ, "PYTHONPATH": str(folder), "HNSKIT_STATE_DIR": str(state)}

    def __enter__(self) -> Self:
        options = json.dumps({"engine": "pwsh", "cut_seconds": 0})
        script = f"import json; from hnskit.emulator import registry; {_START.format(options=options)}"
        self.host: Mapping[str, object] = json.loads(self._run("-c", script))
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(subprocess.CalledProcessError):
            self._run("-m", "hnskit", "emulator", "stop", "beside")

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [self._python, *words],
            cwd=self.folder,
            env=self._environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    @contextmanager
    def client(self, host: Mapping[str, object]) -> Iterator[subprocess.Popen[str]]:
        """A process of this tree that sets the redirect up, proves it and takes it away for each line that it gets."""
        target = str(host["http"]).removeprefix("http://").removesuffix("/wsman")
        overrides = [
            f"target=winrm://{target}", f"connection.username={host['username']}", "connection.transport=http",
            f"connection.credential=file:{host['password_file']}", "connection.auth=negotiate",
        ]  # fmt: skip
        command = [self._python, "-c", _CLIENT, json.dumps(overrides)]
        with subprocess.Popen(
            command, cwd=self.folder, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                assert process.stdin is not None
                process.stdin.close()


def processor(root: int) -> float:
    """Seconds of the processor that a process and all of its children have had, those that ended included."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(fields[1])
            used[int(folder.name)] = sum(map(int, fields[11:15])) / _TICK
    family = {root}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(used.get(member, 0.0) for member in family)


def once(client: subprocess.Popen[str], host: Mapping[str, object]) -> list[float]:
    """Seconds of each phase, of the client's processor and of the host's."""
    assert client.stdin is not None
    assert client.stdout is not None
    before = processor(int(str(host["pid"])))
    client.stdin.write("\n")
    client.stdin.flush()
    taken: list[float] = json.loads(client.stdout.readline())
    taken.append(processor(int(str(host["pid"]))) - before)
    client.stdout.readline()  # it was taken away again
    return taken


def compare(title: str, pairs: Sequence[tuple[Tree, Mapping[str, object]]], rounds: int) -> None:
    """Print the medians of two trees, and the second as a part of the first."""
    (one, at_one), (other, at_other) = pairs
    with one.client(at_one) as first, other.client(at_other) as second:
        once(first, at_one), once(second, at_other)  # what is read from disk and built is there afterwards
        measured = [(once(first, at_one), once(second, at_other)) for _ in range(rounds)]
    print(f"\n{title}, {rounds} rounds, medians in seconds:\n")
    print(f"| | {one.folder} | this tree | part of it |\n|---|--:|--:|--:|")
    whole = ("**the whole redirect**", range(len(PHASES)))
    used = ("processor: client, host, engines", range(len(PHASES), len(PHASES) + 2))
    for name, columns in (*((name, range(at, at + 1)) for at, name in enumerate(PHASES)), whole, used):
        sums = [[sum(pair[tree][at] for at in columns) for pair in measured] for tree in (0, 1)]
        before, now = (statistics.median(values) for values in sums)
        print(f"| {name} | {before:.2f} | {now:.2f} | {now / before:.2f} |")


def main() -> None:
    """Print both tables."""
    folder = Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with Tree(folder, place / "old") as old, Tree(ROOT, place / "new") as new:
            compare("Each with its own emulated host", [(old, old.host), (new, new.host)], rounds)
            compare("Both on this tree's emulated host", [(old, new.host), (new, new.host)], rounds)


if __name__ == "__main__":
    main()
