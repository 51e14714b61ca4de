"""The input of a command that only reads: a paste, a file, a folder, a zip, a host, or parameters."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hnskit.commands.reaching import names_target, opened, opened_target
from hnskit.errors import FileError
from hnskit.errors.nearest import near_file
from hnskit.foreign_text.terminal import is_terminal, say
from hnskit.local.project import find_params, is_there
from hnskit.remote.targets import SNAPSHOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnskit.facts.anything import Reading
    from hnskit.facts.dumps.byte_sources import Source
    from hnskit.facts.host_facts import Facts
    from hnskit.params.loading import Params

STDIN = "-"
_STDIN_NAME = "standard input"
_PARAMS_KEY = re.compile(r"^target\s*:", re.MULTILINE)
_PARAMS_ENDS = (".yaml", ".yml")
_NOT_THERE = "there is no such file, folder or target"
_NAME_ONE = (
    "Name a file, folder or zip of what a host printed, - for a paste, a target (emulator://NAME, winrm://HOST), or a "
    "parameter file."
)
_HEAD = 64 * 1024  # bytes of a file without a suffix that tell whether it is a parameter file


@dataclass(frozen=True, slots=True)
class HostInput:
    """A host's facts, and where they are from."""

    facts: Facts
    params: Params | None
    """None where the input has none: a file, a paste, a bare target."""
    taken_for: str
    """Kind of the input, in a phrase: `3 endpoints (Format-List)`, `a parameter file`."""

    def announce(self) -> None:
        """Tell it on stderr."""
        say(f"{self.facts.target}: taken for {self.taken_for}", err=True)


def read_input(words: str, overrides: tuple[str, ...] = ()) -> HostInput:
    """Read whatever was named.

    Args:
        words: a parameter file; a file, folder or zip that says something of a host, with `snapshot:` before it or
            not; `-`, standard input; or a target, `emulator://NAME` or `winrm://HOST`.
        overrides: `key.path=value`, for a parameter file or a target.

    Raises:
        ParamsError: what was named is nothing, or its parameters are wrong.
        ConnectError: the host cannot be reached, or nothing of a host is in the file (SnapshotError).
    """
    from hnskit.errors import ArgumentError
    from hnskit.facts.anything import read_anything

    if not words.strip():
        raise ArgumentError(
            "an empty text names no input", next_step="Name a file, a folder, a target, or - for a paste."
        )
    if words == STDIN:
        return _of_reading(read_anything(_standard_input(), _STDIN_NAME))
    if names_target(words):
        with opened_target(words, overrides) as host:
            return HostInput(host.facts(), None, "a host that answers")
    if words.startswith(SNAPSHOT) or _is_dump(words):
        return _of_reading(read_anything(Path(words.removeprefix(SNAPSHOT))))
    if Path(words).suffix.lower() not in _PARAMS_ENDS and not is_there(find_params(words)):
        raise FileError(_not_there(words), object=words, next_step=_NAME_ONE)
    with opened(words, overrides) as (params, host):
        return HostInput(host.facts(), params, f"the target of the parameter file {words}")


def read_host(words: str, overrides: tuple[str, ...]) -> tuple[Params | None, Facts]:
    """Read the facts of whatever was named, see `read_input`; the parameters where it has some."""
    found = read_input(words, overrides)
    return found.params, found.facts


def is_host_input(words: str) -> bool:
    """Tell whether this names an input, and is not text itself."""

    if words == STDIN or names_target(words) or words.startswith(SNAPSHOT):
        return True
    return bool(words.strip()) and is_there(Path(words).expanduser())


def text_sources(words: str) -> Iterator[Source] | None:
    """The files of an input that is text; None where a host has to be asked.

    Raises:
        SnapshotError: there is nothing at the path.
    """
    from hnskit.errors import SnapshotError
    from hnskit.facts.dumps.byte_sources import read_sources, sources_of

    if words == STDIN:
        return sources_of(_STDIN_NAME, _standard_input())
    place = Path(words.removeprefix(SNAPSHOT)).expanduser()
    if names_target(words) or (place.is_file() and is_params(place)):
        return None
    if not place.exists():
        raise SnapshotError(str(place), "there is no such file or folder")
    return read_sources(place)


def is_params(path: Path) -> bool:
    """Tell whether a file is one of parameters: by its suffix, or by a key `target` at the beginning of a line."""
    if path.suffix.lower() in _PARAMS_ENDS:
        return True
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return b"\0" not in head and _PARAMS_KEY.search(head.decode("utf-8", "replace")) is not None


def _is_dump(words: str) -> bool:
    """Tell whether a path leads to another file than parameters; a missing one is left to `load_params`."""
    place = Path(words).expanduser()
    if not is_there(place):
        return False
    return not (place.is_file() and is_params(place))


def _of_reading(reading: Reading) -> HostInput:
    return HostInput(reading.facts, None, ", ".join(reading.what) or "something of a host")


def _not_there(words: str) -> str:
    near = near_file(Path(words))
    return f"{_NOT_THERE}; {near}" if near else _NOT_THERE


def _standard_input() -> bytes:
    from hnskit.facts.dumps.byte_sources import MAX_BYTES

    if sys.stdin is None:
        return b""
    if is_terminal(sys.stdin):
        end = "Ctrl-Z and Enter" if sys.platform == "win32" else "Ctrl-D"
        say(f"Paste what the host printed, then end it with {end} on a line of its own.", err=True)
    return sys.stdin.buffer.read(MAX_BYTES + 1)
