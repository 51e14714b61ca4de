"""A file that is written whole or not at all: whoever reads it meanwhile, or after a crash, never meets half of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hnskit.errors import FileError

_OURS, _EVERYBODYS = 0o600, 0o666  # the second less what the umask takes away, as for any new file


def atomic_write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file, as UTF-8, in one moment.

    A link stays a link, and its target is written; an existing file keeps its mode. A place that is not a file, such as
    /dev/stdout, is written to as it is. A `private` one only its owner can read, whatever it was.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    place = Path(os.path.realpath(path))
    there = place.exists()
    if there and not place.is_file():
        place.write_text(text, encoding="utf-8")
        return
    half = place.with_name(f".{place.name}.part")
    try:
        half.unlink(missing_ok=True)
        # At no moment readable for more people than the file itself.
        half.touch(_OURS if there or private else _EVERYBODYS)
        half.write_text(text, encoding="utf-8")
        if there and not private:
            shutil.copymode(place, half)
        half.replace(place)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def write_output(path: str | Path, text: str, *, private: bool = False) -> Path:
    """The same for a file that a person has named.

    Raises:
        FileError: it cannot be written; what was there is as it was.
    """
    place = Path(path)
    try:
        atomic_write_text(place, text, private=private)
    except OSError as cause:
        raise FileError(f"it cannot be written: {cause.strerror or cause}", object=str(place)) from cause
    return place
