"""`emulator://NAME`: from the name of an emulated host to the settings with which it is reached."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hnskit.emulator import registry
from hnskit.emulator.constants import LIMITED, RESTRICTED
from hnskit.errors import ConnectError, Mistake, ParamsError
from hnskit.remote.connection import Auth, ConnectionSettings
from hnskit.remote.module_source import module_digest

_PASSED_ON = ("configuration", "connect_timeout", "recovery_timeout")
_FOR_START = ("engine", "cut_seconds", "runtime", "pods", "network")
_NO_FAULT = (None, False, 0, "", "refuse")


def resolve(url: str, options: Mapping[str, Any], on_start: Callable[[str], None] | None = None) -> ConnectionSettings:
    """Find the host, or start it.

    Args:
        url: `emulator://NAME`. A restricted host is reached by its one session configuration.
        options: `transport` (http or https), `configuration` and the timeouts as for any host; `start`
            (default True), `profile`, `engine`, `cut_seconds`, `runtime`, `pods`, `network` for one to be started;
            `faults`, which are switched on once, on a host that runs too; `username` User for the account without
            administrator rights, and `auth` certificate over https. How to log in is else the host's own affair;
            other keys are ignored.
        on_start: called with one sentence before a host is started.

    Raises:
        ParamsError: there is no such profile.
        HostUnreachableError: it does not run, and must not be started.
        ConnectError: it did not start.
    """
    name = url.partition("://")[2]
    registry.directory(name)
    entry = registry.find(name)
    if entry is None or entry.profile != options.get("profile"):
        _require_profile(str(options.get("profile") or ""))
    if entry is None and options.get("start", True) and on_start is not None:
        on_start(f"Starting the emulated host {name}.")
    if options.get("start", True):
        chosen = {key: options[key] for key in _FOR_START if options.get(key) is not None}
        entry, _ = registry.start(name, options.get("profile"), chosen, found=entry)
    else:
        entry = registry.get(name)
    _require_same_module(entry)
    wanted = {key: value for key, value in (options.get("faults") or {}).items() if value not in _NO_FAULT}
    entry.ask({"do": "faults", "wanted": wanted})
    ssl = options.get("transport", "http") == "https"
    auth: Auth = "negotiate" if not ssl else "certificate" if options.get("auth") == "certificate" else "basic"
    limited = options.get("username") == LIMITED
    client = str(Path(entry.ca).with_name("client.pem"))
    passed_on = {key: options[key] for key in _PASSED_ON if options.get(key) is not None}
    if entry.restricted and not passed_on.get("configuration"):
        passed_on["configuration"] = RESTRICTED
    return ConnectionSettings(
        target=url,
        server="127.0.0.1",
        port=urlsplit(entry.https if ssl else entry.http).port or 0,
        ssl=ssl,
        auth=auth,
        username=LIMITED if limited else entry.username,
        credential=f"file:{entry.password_file}{'-user' if limited else ''}",
        ca=entry.ca,
        certificate=client if auth == "certificate" else "",
        certificate_key=client if auth == "certificate" else "",
        **passed_on,
    )


def captures(url: str) -> dict[str, bytes]:
    """The packets on its containers' wires, as pcap files by container; none where the model carries them.

    Raises:
        HostUnreachableError: it does not run.
    """
    answer = registry.get(url.partition("://")[2]).ask({"do": "captures"}, timeout=60.0)
    return {name: base64.b64decode(text) for name, text in answer["captures"].items()}


def _require_profile(profile: str) -> None:
    from hnskit.emulator.host.profiles import PROFILES  # it brings the whole host with it

    if profile and profile not in PROFILES:
        known = ", ".join(sorted(PROFILES))
        raise ParamsError(
            "the parameters",
            (Mistake("emulator.profile", f"there is no such Windows; there are: {known}", repr(profile)),),
        )


def _require_same_module(entry: registry.RegistryEntry) -> None:
    """Stop where an hnskit with other commands started the host: it would not know those that it is sent."""
    if entry.engine == registry.ENGINES[0] and entry.module != module_digest():
        raise ConnectError(
            "another version of hnskit started it",
            host=f"emulator://{entry.name}",
            next_step=f"Stop it, and lose what is on it: hnskit emulator stop {entry.name}",
        )
