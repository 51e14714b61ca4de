"""Clients of other code bases, each in an environment of its own, and what they see of a door.

An environment is made once, under the user's cache directory (HNSKIT_TEST_CACHE in its place), from a lock file with
hashes in tests/clients; where it cannot be made, because no index can be reached, the tests are skipped and say so.
With HNSKIT_NEEDS_CLIENT set, as CI does, they fail. The lock files come from `make lock`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs
import pytest

from hnskit.local.private_files import locked
from tests.emulator.engines import PASSWORD, USER

CLIENTS = Path(__file__).parent.parent / "clients"


def environment_of(client: str) -> Path:
    """The Python that has a client, by the name of its lock file; the tests end here if it cannot be had."""
    try:
        return make_environment(client)
    except (OSError, subprocess.SubprocessError, TimeoutError) as problem:
        lack = f"{client} cannot be installed here: {problem}"
        if os.environ.get("HNSKIT_NEEDS_CLIENT"):
            pytest.fail(lack)
        pytest.skip(lack)


@functools.cache
def make_environment(client: str) -> Path:
    """The Python that has a client.

    Raises:
        OSError: pip did not install it; the message is its last line.
    """
    lock = CLIENTS / f"{client}.lock"
    root = Path(os.environ.get("HNSKIT_TEST_CACHE") or platformdirs.user_cache_dir("hnskit-tests", appauthor=False))
    digest = hashlib.sha256(f"{sys.version}{lock.read_text()}".encode()).hexdigest()[:16]
    place = root / f"{client}-{digest}"
    root.mkdir(parents=True, exist_ok=True)
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    with locked(root / "lock", seconds=300):
        if not (place / "ready").exists():
            venv.create(place, with_pip=True, clear=True)
            command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r"]
            ran = subprocess.run([*command, str(lock)], capture_output=True, text=True, check=False, timeout=300)
            if ran.returncode:
                raise OSError((ran.stderr.strip().splitlines() or ["pip failed"])[-1])
            (place / "ready").touch()
    return python


def seen_by(program: str, python: Path, door: Any, **more: Any) -> dict[str, Any]:
    """What a program of tests/clients saw of a door."""
    where = {
        "http": urlsplit(door.http).port,
        "https": urlsplit(door.https).port,
        "username": USER,
        "password": PASSWORD,
        "ca": str(door.ca),
        "client": str(door.ca.with_name("client.pem")),
        **more,
    }
    ran = subprocess.run(
        [str(python), str(CLIENTS / program)],
        input=json.dumps(where),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))
