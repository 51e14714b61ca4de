"""Owners of files that are obeyed: this user and root, without links. Another user of this machine means harm.

A folder above mine with another user's notebooks would run as me, as a repository of another owner would for git; a
file in a state directory that somebody else prepared could be a link to one of mine. On Windows the profile's rights do
this.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from hnskit.errors import FileError

TRUSTED_VARIABLE = "HNSKIT_TRUSTED_DIRECTORIES"
"""Folders that are obeyed whoever owns them, as `PATH` has its folders; `*`: all."""


def why_not_ours(path: Path, *, follow: bool = True) -> str:
    """Return the reason why a file or folder is not obeyed; "" if it is, or is not there.

    Args:
        path: looked at by its owner and its mode.
        follow: whether a link counts as what it leads to; else a link is a reason.
    """
    if os.name != "posix":
        return ""
    try:
        found = path.stat() if follow else path.lstat()
    except OSError:
        return ""
    if stat.S_ISLNK(found.st_mode):
        return "it is a link"
    if found.st_uid not in _our_ids():
        return f"it belongs to {_name_of(found.st_uid)}"
    if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        return "everybody can write to it"
    return ""


def require_ours(path: Path, *, follow: bool = True) -> None:
    """Stop before a file or folder of another user is obeyed.

    Raises:
        FileError: it is one, and not named in HNSKIT_TRUSTED_DIRECTORIES.
    """
    reason = why_not_ours(path, follow=follow)
    if reason and not _is_trusted(path):
        raise FileError(
            f"it is not obeyed: {reason}",
            object=str(path),
            next_step=f"Work in a folder of your own; or, if you trust its owner, set {TRUSTED_VARIABLE}={path}.",
        )


def require_private_place(path: Path) -> None:
    """Stop before something is kept in a directory that another user prepared or can write to.

    Raises:
        FileError: it is one, or a link.
    """
    require_ours(path, follow=False)
    if os.name == "posix" and path.is_dir() and stat.S_IMODE(path.stat().st_mode) & stat.S_IWGRP:
        path.chmod(0o700)


def _our_ids() -> set[int]:
    ids = {os.geteuid(), 0}
    sudo = os.environ.get("SUDO_UID", "")
    if os.geteuid() == 0 and sudo.isascii() and sudo.isdigit():
        ids.add(int(sudo))
    return ids


def _name_of(uid: int) -> str:
    import pwd

    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user {uid}"


def _is_trusted(path: Path) -> bool:
    named = [item for item in os.environ.get(TRUSTED_VARIABLE, "").split(os.pathsep) if item]
    place = Path(os.path.realpath(path))
    return "*" in named or any(place.is_relative_to(os.path.realpath(item)) for item in named if item != "*")
