"""Emulated hosts by name: start, find, list, stop. Each is a process of its own.

A host's directory (`emulators/NAME` in the user's state directory, or in HNSKIT_STATE_DIR) has `host.json`,
the `password`, the authority `ca.pem` that signed its certificate, and its `log`. An entry counts only if
the process that wrote it answers for itself; a process id alone may be somebody else's by now.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hnskit.emulator.control_client import ControlError, ControlUnreachableError, EmulatorUsageError, ask
from hnskit.emulator.engines.pwsh.locate import find_engine
from hnskit.emulator.host_environment import environment_of_host
from hnskit.emulator.process_end import wait_for_end
from hnskit.errors import ConnectError, HostUnreachableError
from hnskit.local.private_files import locked, private_directory
from hnskit.local.state_dir import STATE_VARIABLE, state_directory

ENGINES = ("python", "pwsh")
DEFAULT_PROFILE = "ws2019"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_START_SECONDS = 30.0
_START_SECONDS_EACH = 0.1
"""Seconds more for each host of a process of many."""
_MOST_HOSTS = 1000
_STOP_SECONDS = 30.0
_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """A running host, as its `host.json` describes it."""

    name: str
    pid: int
    http: str
    https: str
    ca: str
    username: str
    password_file: str
    engine: str
    restricted: bool
    """Every shell has hnskit's commands and nothing else."""
    profile: str
    instance: str
    control: int
    network: str = "model"  # as it was asked for
    runtime: str = "docker"
    module: str = ""
    """Digest of the PowerShell module that it answers for."""
    shared: bool = False
    """Other hosts are in the same process."""

    def to_json(self) -> dict[str, Any]:
        """Return the host as the command line prints it."""
        fields = asdict(self)
        del fields["instance"], fields["control"]
        return fields

    def ask(self, request: Mapping[str, Any], *, timeout: float = 10.0) -> dict[str, Any]:
        """Ask the host through its control channel.

        Raises:
            HostUnreachableError: it is gone.
            ConnectError: it refused.
        """
        try:
            return ask(self.control, _token(self.name), request, timeout=timeout)
        except ControlUnreachableError as problem:
            raise _not_running(self.name) from problem
        except ControlError as problem:
            raise EmulatorUsageError(str(problem), host=f"emulator://{self.name}") from problem


def directory(name: str) -> Path:
    """Return the directory of a host's files.

    Raises:
        ConnectError: the name is none that a directory can have everywhere.
    """
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise EmulatorUsageError(
            f"{name!r} is not a name for an emulated host",
            next_step="Use letters, digits, '_', '-' and '.', at most 63, with a letter or digit first.",
        )
    return _root() / name


def find(name: str) -> RegistryEntry | None:
    """The running host of this name."""
    try:
        entry = RegistryEntry(**json.loads((directory(name) / "host.json").read_text(encoding="utf-8")))
        answer = ask(entry.control, _token(name), {"do": "ping"}, timeout=5.0)
    except (OSError, ValueError, TypeError, ControlUnreachableError, ControlError):
        return None
    return entry if answer.get("instance") == entry.instance else None


def get(name: str, next_step: str = "") -> RegistryEntry:
    """The running host of this name; `next_step`: what to do where there is none, in place of starting it.

    Raises:
        HostUnreachableError: there is none.
    """
    entry = find(name)
    if entry is None:
        raise _not_running(name, next_step)
    return entry


def running() -> list[RegistryEntry]:
    """All running hosts of this user, by name."""
    root = _root()
    names = sorted(path.parent.name for path in root.glob("*/host.json")) if root.is_dir() else []
    return [entry for entry in map(find, names) if entry is not None]


def start(
    name: str, profile: str | None = None, options: Mapping[str, Any] | None = None, *,
    found: RegistryEntry | None = None,
) -> tuple[RegistryEntry, bool]:  # fmt: skip
    """Find the host of this name, or start it. Of two calls at once, one starts it and both get it.

    Args:
        name: of the host.
        profile: the Windows that it is; None: whatever runs, or Windows Server 2019.
        options: for a host that is started now: `engine`, `restricted`, `winrm` (its `ServiceSettings`), `cut_seconds`
            and what `create_host` takes.
        found: the host of this name, where it was just found.

    Returns:
        The host, and whether it was started by this call.

    Raises:
        ConnectError: it did not start; there is no such engine here; or one of this name runs with another profile or
            engine.
    """
    wanted = dict(options or {})
    engine, runtime = str(wanted.pop("engine", "") or ""), str(wanted.get("runtime") or "")
    asked = {"profile": profile, "engine": engine, "network": wanted.get("network"), "runtime": runtime}
    if engine and engine not in ENGINES:
        raise ConnectError(f"there is no engine {engine!r}; there are: {', '.join(ENGINES)}", host=f"emulator://{name}")
    place = directory(name)
    if (entry := found or find(name)) is not None and entry.profile == profile:  # then there is such a profile
        _check_same(entry, asked)
        return entry, False
    _require_profile(name, profile, runtime)
    _own_directories(_root(), place)
    try:
        with locked(place / "lock", seconds=_START_SECONDS):
            entry = find(name)
            if entry is not None:
                _check_same(entry, asked)
                return entry, False
            if engine == "pwsh":
                find_engine()
            wanted["engine"] = engine or ENGINES[0]
            return _spawn(name, place, profile or DEFAULT_PROFILE, wanted), True
    except TimeoutError as problem:
        raise ConnectError("another start of it does not come to an end", host=f"emulator://{name}") from problem


def start_many(
    name: str, count: int, profile: str | None = None, options: Mapping[str, Any] | None = None
) -> list[RegistryEntry]:
    """Start NAME-001, NAME-002, … in one process; those that run already with all the others are left as they are.

    Raises:
        ConnectError: they did not start, or some of these names run and some do not.
    """
    if not 1 <= count <= _MOST_HOSTS:
        raise ConnectError(f"1 to {_MOST_HOSTS} hosts in one process, not {count}", object=f"emulated hosts {name}")
    names = names_of(name, count)
    places = [directory(each) for each in names]
    _require_profile(name, profile)
    _own_directories(_root(), *places)
    wanted = {"engine": ENGINES[0], **{key: value for key, value in (options or {}).items() if value is not None}}
    try:
        with locked(places[0] / "lock", seconds=_START_SECONDS):
            there = [entry for entry in map(find, names) if entry is not None]
            if there and len(there) != count:
                raise ConnectError(
                    f"{len(there)} of these {count} run already",
                    object=f"emulated hosts {name}",
                    next_step=f"Stop them first: hnskit emulator stop {there[0].name}",
                )
            if there:
                return there
            _spawn(names[0], places[0], profile or DEFAULT_PROFILE, wanted, count)
            started = [get(each) for each in names]
    except TimeoutError as problem:
        raise ConnectError("another start does not come to an end", object=f"emulated hosts {name}") from problem
    return started


def names_of(name: str, count: int) -> list[str]:
    """The names of many hosts."""
    return [f"{name}-{number:03d}" for number in range(1, count + 1)]


def stop(name: str, *, together: bool = False) -> RegistryEntry:
    """End the host of this name, and no other process; `together`: and all others that are in its process.

    Raises:
        HostUnreachableError: there is none.
    """
    entry = get(name, "There is nothing to stop; `hnskit emulator list` names the hosts that run.")
    with contextlib.suppress(HostUnreachableError):
        entry.ask({"do": "stop", "all": together})
    deadline = time.monotonic() + _STOP_SECONDS
    while find(name) is not None:
        if time.monotonic() > deadline:
            if entry.shared:
                raise ConnectError("it does not stop", host=f"emulator://{name}")
            os.kill(entry.pid, signal.SIGTERM)  # it has just answered for itself
            break
        time.sleep(0.05)
    others = entry.shared and any(other.pid == entry.pid for other in running())
    if not others and all(child.pid != entry.pid for child in _children):
        wait_for_end(entry.pid, _STOP_SECONDS)
    for child in tuple(_children):
        if child.pid == entry.pid and not others:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_STOP_SECONDS)
            _children.remove(child)
    return entry


def _spawn(name: str, place: Path, profile: str, options: Mapping[str, Any], count: int = 1) -> RegistryEntry:
    """Start a process; it has the host of this name, or so many of which this is the first."""
    (place / "host.json").unlink(missing_ok=True)
    log = place / "log"
    command = [
        sys.executable,
        "-P",
        "-m",
        "hnskit.emulator",
        name,
        "--profile",
        profile,
        "--options",
        json.dumps(options),
    ]
    command += ["--hosts", str(count)] if count > 1 else []
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    environment = {**environment_of_host(), "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
    with log.open("ab") as stream:
        child = subprocess.Popen(  # noqa: S603 - our own module, arguments as a list
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, cwd=place, env=environment, **detached
        )
    _children.append(child)
    deadline = time.monotonic() + _START_SECONDS + count * _START_SECONDS_EACH
    while time.monotonic() < deadline and child.poll() is None:
        entry = find(name) if (place / "host.json").exists() else None
        if entry is not None and entry.pid == child.pid:
            return entry
        time.sleep(0.02)
    if child.poll() is None:
        child.kill()
        child.wait()
    _children.remove(child)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    raise ConnectError(
        f"it did not start: {lines[-1] if lines else 'it said nothing'}",
        host=f"emulator://{name}",
        next_step=f"Its log is {log}.",
    )


def _require_profile(name: str, profile: str | None, runtime: str = "") -> None:
    from hnskit.emulator.host.profiles import PROFILES, runtime_refusal

    if profile and profile not in PROFILES:
        raise EmulatorUsageError(
            f"there is no Windows profile {profile!r}; there are: {', '.join(sorted(PROFILES))}",
            host=f"emulator://{name}",
            next_step="Name one of these: emulator.profile in the parameters, --profile on the command line.",
        )
    if refusal := runtime_refusal(PROFILES[profile or DEFAULT_PROFILE], runtime):
        raise EmulatorUsageError(refusal, host=f"emulator://{name}", next_step="Take ws2019 or later.")


def _own_directories(*places: Path) -> None:
    """Make them, for nobody else to enter.

    Raises:
        ConnectError: that cannot be done; it names where the place comes from.
    """
    for place in places:
        try:
            private_directory(place)
        except OSError as cause:
            chosen = os.environ.get(STATE_VARIABLE)
            where = f"{STATE_VARIABLE} names it" if chosen else f"{STATE_VARIABLE} can name another place"
            raise ConnectError(
                f"the directory of emulated hosts cannot be made: {cause.strerror or cause} ({where})",
                object=str(place),
                next_step=f"Set {STATE_VARIABLE} to a directory that you can write to"
                + (", or unset it." if chosen else "."),
            ) from cause


def _check_same(entry: RegistryEntry, asked: Mapping[str, str | None]) -> None:
    for what, wanted in asked.items():
        has = getattr(entry, what)
        if wanted and wanted != has:
            raise ConnectError(
                f"it runs already, with {what} {has} and not {wanted}",
                host=f"emulator://{entry.name}",
                next_step=f"Name what it has: `--set emulator.{what}={has}`. Or stop it, and lose what is on it: "
                f"hnskit emulator stop {entry.name}",
            )


def _not_running(name: str, next_step: str = "") -> HostUnreachableError:
    start = next_step or f"Start it: hnskit emulator start {name}"
    return HostUnreachableError("it does not run", host=f"emulator://{name}", next_step=start)


def _token(name: str) -> str:
    return (directory(name) / "control-token").read_text(encoding="utf-8")


def _root() -> Path:
    return state_directory() / "emulators"
