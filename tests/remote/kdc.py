"""A real KDC of MIT Kerberos on loopback, of a test's own: all of it in a folder, no service of the system."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import pytest

from tests.ports import free_port, is_answered
from tests.waiting import LONG, wait_for

REALM = "HNSKIT.TEST"
PASSWORD = "correct-horse-battery"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
REQUIRED = bool(os.environ.get("HNSKIT_NEEDS_KDC"))
"""Where it is set a missing KDC is a failure, no skip."""
_LACKS = [name for name in _PROGRAMS if shutil.which(name, path=_PATH) is None]
_LACKS += [name for name in ("gssapi", "krb5") if importlib.util.find_spec(name) is None]
needs_kdc = pytest.mark.skipif(
    bool(_LACKS) and not REQUIRED,
    reason=f"no Kerberos here: {', '.join(_LACKS)} (Debian: krb5-kdc, krb5-admin-server, krb5-user, libkrb5-dev; "
    "pip install pypsrp[kerberos])",
)
needs_faketime = pytest.mark.skipif(
    not REQUIRED and not list(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")),
    reason="no libfaketime here (Debian: libfaketime)",
)


class Kdc:
    """It answers as long as the context lasts; `environment` leads Kerberos to it.

    Args:
        place: the folder for its files.
        clock: shift of its clock, as faketime takes it: `-1h`. Its clients then take their own clock for right.
    """

    def __init__(self, place: Path, clock: str = "") -> None:
        self._clock = clock
        place.mkdir(parents=True, exist_ok=True)
        self.place = place
        self.keytab = place / "host.keytab"
        self.port = free_port()
        (place / "krb5.conf").write_text(
            f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
            " rdns = false\n"
            " dns_canonicalize_hostname = false\n udp_preference_limit = 1\n forwardable = true\n"
            f" kdc_timesync = {0 if clock else 1}\n"
            f"[realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{self.port}\n }}\n"
            f"[domain_realm]\n localhost = {REALM}\n 127.0.0.1 = {REALM}\n"
        )
        modules = next(iter(Path("/usr/lib").glob("*/krb5/plugins/kdb")), Path("/usr/lib/krb5/plugins/kdb"))
        (place / "kdc.conf").write_text(
            f"[kdcdefaults]\n kdc_listen = 127.0.0.1:{self.port}\n kdc_tcp_listen = 127.0.0.1:{self.port}\n"
            f"[realms]\n {REALM} = {{\n  database_name = {place}/principal\n  key_stash_file = {place}/stash\n"
            f"  acl_file = {place}/acl\n  max_life = 1h\n }}\n[dbmodules]\n db_module_dir = {modules}\n"
        )
        self.environment = {
            "KRB5_CONFIG": str(place / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(place / "kdc.conf"),
            "KRB5CCNAME": f"FILE:{place / 'cache'}",
        }

    def __enter__(self) -> Self:
        self._run("kdb5_util", "create", "-s", "-P", "master")
        self.admin(f"addprinc -pw {PASSWORD} alice")
        for service in ("HTTP", "WSMAN", "host"):
            self.admin(f"addprinc -randkey {service}/localhost")
            self.admin(f"ktadd -k {self.keytab} {service}/localhost")
        self._process = subprocess.Popen(
            [str(shutil.which("krb5kdc", path=_PATH)), "-n", "-P", str(self.place / "pid")],
            env={**os.environ, **self.environment, **self._shift()},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(lambda: is_answered(self.port), "the KDC does not answer")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(LONG)

    def _shift(self) -> dict[str, str]:
        if not self._clock:
            return {}
        library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        return {"LD_PRELOAD": str(library), "FAKETIME": self._clock}

    def admin(self, query: str) -> None:
        """Ask kadmin."""
        self._run("kadmin.local", "-q", query)

    def ticket(self, *options: str) -> None:
        """Log alice in: a ticket in the cache."""
        self._run("kinit", *options, f"alice@{REALM}", said=f"{PASSWORD}\n")

    def no_ticket(self) -> None:
        """Empty the cache."""
        (self.place / "cache").unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str, said: str = "", more: Mapping[str, str] | None = None) -> None:
        subprocess.run(
            [str(shutil.which(program, path=_PATH)), *arguments], input=said, text=True, check=True, timeout=LONG,
            capture_output=True, env={**os.environ, **self.environment, **(more or {})},
        )  # fmt: skip
