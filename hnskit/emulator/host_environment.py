"""The environment of an emulated host's process: what it needs of the one that starts it, and no secret of it."""

from __future__ import annotations

import os

from hnskit.local.state_dir import STATE_VARIABLE

_NEEDED = (
    "PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMP", "TEMP", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
    "PROGRAMDATA", "SSL_CERT_FILE",
)  # fmt: skip
_NEEDED_KINDS = ("LC_", "XDG_", "PYTHON", "COVERAGE", "COV_CORE", "DOTNET_", "POWERSHELL_", "OPENSSL_", "KRB5", "NIX_")


def environment_of_host() -> dict[str, str]:
    """Return the environment of a host's process, which outlives this one: no password of this one's."""
    ours = (STATE_VARIABLE, "HNSKIT_PWSH", "HNSKIT_CACHE_DIR")
    return {
        name: value
        for name, value in os.environ.items()
        if name in ours or name.upper() in _NEEDED or name.upper().startswith(_NEEDED_KINDS)
    }
