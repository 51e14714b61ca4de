"""Read bytes from a file, a pipe, a folder or a zip, each within bounds.

Nothing is ever unpacked to the disk. What is left out, for its size or its path, is named.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath, PureWindowsPath

MAX_BYTES = 512 * 1024 * 1024
"""Of one file; larger ones are left out, and named."""

MAX_TOTAL = 1024 * 1024 * 1024
"""Of all files of a folder or a zip together, unpacked."""

MAX_FILES = 5_000
"""Of a folder or a zip."""

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_HEAD = 4


@dataclass(frozen=True, slots=True)
class Source:
    """One file's bytes."""

    name: str
    data: bytes = b""
    folder: str = ""
    """Name of the folder that it stands in."""
    left_out: str = ""
    """Reason why it was not read; "" where it was."""


def read_sources(place: Path) -> Iterator[Source]:
    """Every file at a path: of a folder and of a zip, each file in it.

    Raises:
        OSError: the path itself cannot be read.
    """
    if place.is_dir():
        yield from _folder(place)
        return
    if stat.S_ISFIFO(place.stat().st_mode):  # `hnskit doctor <(ssh host …)`
        with place.open("rb") as pipe:
            yield from sources_of(place.name, pipe.read(MAX_BYTES + 1))
        return
    yield from _file(place, place.name, place.resolve().parent.name)


def sources_of(name: str, data: bytes, folder: str = "") -> Iterator[Source]:
    """Yield the bytes themselves, or the files of a zip."""
    if len(data) > MAX_BYTES:
        yield Source(name, left_out=f"it is larger than {_megabytes(MAX_BYTES)}")
    elif is_zip(data):
        yield from _zip(name, data)
    else:
        yield Source(name, data, folder)


def is_zip(data: bytes) -> bool:
    """Tell whether bytes are a zip archive, by how they begin."""
    return data[:_HEAD] in (_ZIP, _EMPTY_ZIP)


def _folder(place: Path) -> Iterator[Source]:
    left = MAX_TOTAL
    for number, file in enumerate(_files(place)):
        name = str(file.relative_to(place))
        if number >= MAX_FILES:
            yield Source(place.name, left_out=f"it has more than {MAX_FILES} files; the others were not read")
            return
        for source in _file(file, name, file.parent.name):
            left -= len(source.data)
            yield source
        if left <= 0:
            yield Source(
                place.name, left_out=f"its files are more than {_megabytes(MAX_TOTAL)}; the others were not read"
            )
            return


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, by name; what is gone meanwhile, or may not be looked into, is passed over."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(folder / entry.name)
        elif entry.is_file() and not entry.name.startswith("."):
            yield folder / entry.name


def _file(file: Path, name: str, folder: str) -> Iterator[Source]:
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            yield Source(name, left_out=f"it is larger than {_megabytes(MAX_BYTES)}, and left out")
            return
        data = file.read_bytes()
    except OSError as cause:
        yield Source(name, left_out=cause.strerror or str(cause))
        return
    yield from sources_of(name, data, folder)


def _zip(name: str, data: bytes) -> Iterator[Source]:
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError) as cause:
        yield Source(name, left_out=f"it is a zip that cannot be read ({cause})")
        return
    left = MAX_TOTAL
    with archive:
        members = [item for item in archive.infolist() if not item.is_dir()]
        for item in members[:MAX_FILES]:
            inside = f"{name}/{item.filename}"
            if _leads_out(item.filename):
                yield Source(inside, left_out="its path leads out of the zip, and it is left out")
                continue
            source = _member(archive, item, inside, min(left, MAX_BYTES))
            left -= len(source.data) or (
                item.file_size if item.file_size <= left else 0
            )  # a broken one was unpacked, too
            yield source
            if left <= 0:
                yield Source(name, left_out=f"it unpacks to more than {_megabytes(MAX_TOTAL)}; the rest was not read")
                return
        if len(members) > MAX_FILES:
            yield Source(name, left_out=f"it has more than {MAX_FILES} files; the others were not read")


def _member(archive: zipfile.ZipFile, item: zipfile.ZipInfo, inside: str, most: int) -> Source:
    """One file of a zip; its size is counted as it is unpacked, since its header may lie."""
    if item.file_size > most:  # zipfile never gives more than the header says: what lies is cut off there
        return Source(inside, left_out=f"it unpacks to more than {_megabytes(most)}, and is left out")
    try:
        with archive.open(item) as stream:
            data = stream.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as cause:
        return Source(inside, left_out=f"it cannot be unpacked ({cause})")
    if len(data) > most:
        return Source(inside, left_out=f"it unpacks to more than {_megabytes(most)}, and is left out")
    if is_zip(data):
        return Source(inside, left_out="it is a zip in a zip, and is left out: give it by itself")
    return Source(inside, data, PurePosixPath(item.filename).parent.name)


def _leads_out(name: str) -> bool:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    return posix.is_absolute() or bool(windows.anchor) or ".." in posix.parts or ".." in windows.parts


def _megabytes(count: int) -> str:
    return f"{count // 1024 // 1024} MB"
