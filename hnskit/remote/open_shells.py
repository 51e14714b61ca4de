"""The shells that this user has open on hosts, each with a lock that ends with its process.

A process that is killed leaves its shell on the host until the shell's idle timeout, and a user may have 30 (the
default of WinRM's MaxShellsPerUser). So who finds no room can end what dead processes of this user left behind, and
nothing else: shells of other machines, and of other programs, are not listed here.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from hnskit.errors import HnskitError
from hnskit.local.locks import try_lock, unlock
from hnskit.local.state_dir import state_directory
from hnskit.remote.targets import canonical

_DAY = 86400.0
"""Seconds after which a note is no use: the host has ended the shell long since."""


class OpenShell:
    """The note of one open shell."""

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self._path = path
        self._stream = stream

    def close(self) -> None:
        """It is not open any more."""
        with contextlib.suppress(OSError):
            unlock(self._stream.fileno())
        self._stream.close()
        _forget(self._path)


def note(target: str, shell: str) -> OpenShell | None:
    """Write down a shell; None where nothing can be written: it is only a convenience."""
    try:
        folder = _folder(target)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in folder.iterdir():
            if time.time() - path.stat().st_mtime > _DAY:
                _forget(path)
        path = folder / shell
        stream = path.open("a+b")
    except (OSError, HnskitError):
        return None
    if not try_lock(stream.fileno()):
        stream.close()
        return None
    return OpenShell(path, stream)


def left_behind(target: str) -> Iterator[str]:
    """The ids of shells whose processes are dead; each is forgotten when the next is asked for."""
    try:
        notes = sorted(_folder(target).iterdir())
    except (OSError, HnskitError):
        return
    for path in notes:
        if _is_free(path):
            yield path.name
            _forget(path)


def _is_free(path: Path) -> bool:
    try:
        with path.open("r+b") as stream:
            if not try_lock(stream.fileno()):
                return False
            unlock(stream.fileno())
    except OSError:
        return False
    return True


def _forget(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _folder(target: str) -> Path:
    return state_directory() / "shells" / hashlib.sha256(canonical(target).encode()).hexdigest()[:16]
