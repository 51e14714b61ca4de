"""From a target and its settings to an open session."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import TYPE_CHECKING, Any

from hnskit.errors import Mistake, ParamsError
from hnskit.params import Params
from hnskit.remote.connection import ConnectionSettings

if TYPE_CHECKING:
    from hnskit.remote.psrp import PsrpSession

WINRM_PORTS = {"http": 5985, "https": 5986}


def connect(params: Params, on_start: Callable[[str], None] | None = None) -> PsrpSession:
    """Open a session to the host that the parameters name.

    Args:
        params: from `load_params`.
        on_start: called with one sentence if an emulated host has to be started first.

    Returns:
        A session; it is connected, so that a refused login is known now. Close it when done, or use it with `with`.

    Raises:
        ConnectError: the host cannot be reached, or refuses the login.
    """
    from hnskit.remote.psrp import PsrpSession

    session = PsrpSession(connection_settings(params, on_start))
    session.open()
    return session


def connection_settings(params: Params, on_start: Callable[[str], None] | None = None) -> ConnectionSettings:
    """What is needed to reach `params.target`: built in for `winrm:`, by entry point for any other scheme."""
    scheme, _, place = params.target.partition("://")
    if scheme == "winrm":
        return _winrm(params, place)
    resolve = _scheme(scheme, params)
    return resolve(params.target, {**params.connection.model_dump(), **params.emulator.model_dump()}, on_start)


def _winrm(params: Params, place: str) -> ConnectionSettings:
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
        configuration=wanted.configuration,
        connect_timeout=wanted.connect_timeout,
        recovery_timeout=wanted.recovery_timeout,
    )


def _scheme(
    scheme: str, params: Params
) -> Callable[[str, dict[str, Any], Callable[[str], None] | None], ConnectionSettings]:
    found = {entry.name: entry for entry in metadata.entry_points(group="hnskit.targets")}
    if scheme not in found:
        known = ", ".join(sorted(["winrm", *found]))
        raise ParamsError(
            params.source, (Mistake("target", f"no such kind of target; there are: {known}", repr(params.target)),)
        )
    resolve: Callable[[str, dict[str, Any], Callable[[str], None] | None], ConnectionSettings] = found[scheme].load()
    return resolve
