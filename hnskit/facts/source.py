"""From a target and its settings to a host: one that can be asked and changed, or a snapshot's file.

Who only reads takes `open_host`, which serves every kind of target. Who changes something takes `connect`, or the
host's `session`: on a snapshot both refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any, Protocol

from hnskit.errors import Mistake, ParamsError, ReadOnlyTargetError
from hnskit.errors.nearest import did_you_mean
from hnskit.facts.anything import Reading, read_anything
from hnskit.facts.host_facts import Facts, gather_facts
from hnskit.params.schema import TargetParams
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.targets import LOCAL, SNAPSHOT, SSH, WINRM, WINRM_PORTS

if TYPE_CHECKING:
    from hnskit.remote.session import ConnectedSession
    from hnskit.remote.stdio_settings import StdioSettings

__all__ = [
    "SNAPSHOT", "Host", "LiveHost", "Reading", "SnapshotHost", "captures_of", "connect", "connection_settings",
    "is_snapshot", "open_host", "read_anything",
]  # fmt: skip


class Host(Protocol):
    """A source of facts: a host that can be reached, or a file."""

    target: str
    """As the parameters name it."""

    def facts(self, *, on_progress: Callable[[str], None] | None = None) -> Facts:
        """The host as it is now; of a snapshot, as it was.

        Raises:
            ConnectError, OutcomeUnknownError: the host cannot be reached (any more).
        """

    def session(self) -> ConnectedSession:
        """The way to change it.

        Raises:
            ReadOnlyTargetError: it is a snapshot.
        """

    def close(self) -> None:
        """Let go of it. Never raises."""


class LiveHost:
    """A host that answers."""

    def __init__(self, session: ConnectedSession) -> None:
        self.target = session.target
        self._session = session

    def facts(self, *, on_progress: Callable[[str], None] | None = None) -> Facts:
        """Read the host in one pipeline."""
        return gather_facts(self._session, on_progress=on_progress)

    def session(self) -> ConnectedSession:
        """The open session."""
        return self._session

    def close(self) -> None:
        """Give the host its resources back."""
        self._session.close()


class SnapshotHost:
    """The facts of a file, which is read once."""

    def __init__(self, target: str) -> None:
        from hnskit.facts.anything import load_facts

        self.target = target
        self._facts = load_facts(target.removeprefix(SNAPSHOT))

    def facts(self, *, on_progress: Callable[[str], None] | None = None) -> Facts:  # noqa: ARG002 - there is none to tell
        """Return the facts of the file."""
        return self._facts

    def session(self) -> ConnectedSession:
        """Refuse."""
        raise _read_only(self.target)

    def close(self) -> None:
        """There is nothing to let go of."""


def open_host(params: TargetParams, *, on_start: Callable[[str], None] | None = None) -> Host:
    """The host that the parameters name, connected, or the snapshot that they name, read.

    Args:
        params: from `load_params`.
        on_start: called with one sentence if an emulated host has to be started first.

    Returns:
        A host whose `facts` can be read; close it when done.

    Raises:
        ConnectError: the host cannot be reached, or refuses the login; or the file cannot be read (SnapshotError).
    """
    if is_snapshot(params.target):
        return SnapshotHost(params.target)
    return LiveHost(connect(params, on_start=on_start))


def is_snapshot(target: str) -> bool:
    """Tell whether a target is a file or a folder, which can be read and never changed."""
    return target.startswith(SNAPSHOT)


def _read_only(target: str) -> ReadOnlyTargetError:
    return ReadOnlyTargetError("a snapshot can be looked at, and never changed", host=target)


def connect(
    params: TargetParams, *, on_start: Callable[[str], None] | None = None, poll_seconds: float = 0.0
) -> ConnectedSession:
    """Open a session to the host that the parameters name.

    Args:
        params: from `load_params`.
        on_start: called with one sentence if an emulated host has to be started first.
        poll_seconds: seconds that one long poll of WinRM may last, for who waits long: a poll costs less the longer it
            is, and a host that vanished without a word is noticed as much later; 0: the connection's own.

    Returns:
        A session; it is connected, so that a refused login is known now. Close it when done, or use it with `with`.

    Raises:
        ConnectError: the host cannot be reached, or refuses the login.
        ReadOnlyTargetError: the target is a snapshot.
    """
    if is_snapshot(params.target):
        raise _read_only(params.target)
    session = _session(params, on_start, poll_seconds)
    session.open()
    return session


def _session(params: TargetParams, on_start: Callable[[str], None] | None, poll_seconds: float) -> ConnectedSession:
    scheme, _, _ = params.target.partition("://")
    if params.target == LOCAL or scheme == SSH:
        from hnskit.remote.stdio import StdioSession

        return StdioSession(_stdio_settings(params))
    from hnskit.remote.psrp import PsrpSession

    settings = connection_settings(params, on_start=on_start)
    return PsrpSession(replace(settings, operation_timeout=poll_seconds) if poll_seconds else settings)


def _stdio_settings(params: TargetParams) -> StdioSettings:
    from hnskit.remote.stdio_commands import local_settings, ssh_settings

    wanted = params.connection
    if params.target == LOCAL:
        return local_settings(recovery_timeout=wanted.recovery_timeout)
    return ssh_settings(
        params.target,
        username=wanted.username,
        configuration=wanted.configuration,
        connect_timeout=wanted.connect_timeout,
        recovery_timeout=wanted.recovery_timeout,
    )


def connection_settings(params: TargetParams, *, on_start: Callable[[str], None] | None = None) -> ConnectionSettings:
    """Return the settings for `params.target` by WinRM: built in for `winrm:`, by entry point for any other scheme."""
    scheme, _, place = params.target.partition("://")
    if scheme == WINRM:
        return _winrm(params, place)
    resolve = _scheme(scheme, params)
    emulator = params.emulator.model_dump()
    for name in {"profile", "runtime"} - params.emulator.model_fields_set:
        emulator[name] = None  # a host that runs is taken as it is
    return resolve(params.target, {**params.connection.model_dump(), **emulator}, on_start)


def captures_of(target: str) -> dict[str, bytes]:
    """Packet captures of containers' wires: only an emulated host with real packets has them (docs/packets.md).

    Args:
        target: as the parameters name it.

    Returns:
        The name of each container -> a pcap file; nothing for any other target.

    Raises:
        HostUnreachableError: the emulated host is gone.
    """
    entry = _schemes().get(target.partition("://")[0])
    found = getattr(import_module(entry.module), "captures", None) if entry is not None else None
    return dict(found(target)) if found is not None else {}


def _winrm(params: TargetParams, place: str) -> ConnectionSettings:
    host, _, port = place.partition(":")
    wanted = params.connection
    return ConnectionSettings(
        target=params.target,
        server=host,
        port=int(port) if port else WINRM_PORTS[wanted.transport],
        ssl=wanted.transport == "https",
        auth=wanted.auth,
        username=wanted.username,
        credential=wanted.credential,
        ca=wanted.ca,
        certificate=wanted.certificate,
        certificate_key=wanted.certificate_key,
        service=wanted.service,
        hostname_override=wanted.hostname_override,
        delegate=wanted.delegate,
        proxy=wanted.proxy,
        configuration=wanted.configuration,
        connect_timeout=wanted.connect_timeout,
        recovery_timeout=wanted.recovery_timeout,
    )


_Resolve = Callable[[str, dict[str, Any], Callable[[str], None] | None], ConnectionSettings]


def _scheme(scheme: str, params: TargetParams) -> _Resolve:
    found = _schemes()
    if scheme not in found:
        schemes = sorted([WINRM, SSH, LOCAL.rstrip(":"), SNAPSHOT.rstrip(":"), *found])
        near = did_you_mean(scheme, schemes)
        known = f"{', '.join(schemes)}; {near}" if near else ", ".join(schemes)
        raise ParamsError(
            f"{params.source}, or what replaces its values",
            (Mistake("target", f"no such kind of target; there are: {known}", repr(params.target)),),
            next_step="Correct the target where it was given, on the command line, by `--set` or in the file; no host "
            "was contacted.",
        )
    resolve: _Resolve = found[scheme].load()
    return resolve


@cache
def _schemes() -> dict[str, metadata.EntryPoint]:
    """Found once: every installed distribution is looked through for them."""
    return {entry.name: entry for entry in metadata.entry_points(group="hnskit.targets")}
