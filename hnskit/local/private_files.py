"""Files that only their owner can read."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from hnskit.local.locks import try_lock, unlock
from hnskit.local.ownership import require_ours


def private_directory(path: Path) -> None:
    """Make a directory that only its owner can enter (on Windows, the profile's own rights do that).

    Raises:
        FileError: another user has prepared it, or a link.
    """
    require_ours(path, follow=False)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file at once, readable by its owner only from the first byte."""
    write_private_bytes(path, text.encode())


def write_private_bytes(path: Path, data: bytes) -> None:
    """The same, of bytes."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor
            stream.write(data)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def private_opener(path: str, flags: int) -> int:
    """For `open`: a new file is its owner's only; a link is not followed, since what it leads to is not hnskit's."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


@contextlib.contextmanager
def locked(path: Path, *, seconds: float) -> Iterator[None]:
    """Hold a lock that ends with the process, whatever happens to it.

    Raises:
        TimeoutError: somebody else holds it for longer.
    """
    deadline = time.monotonic() + seconds
    with path.open("a+b") as stream:
        while not try_lock(stream.fileno()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} is locked by another process")
            time.sleep(0.05)
        try:
            yield
        finally:
            unlock(stream.fileno())
