"""Logins of a fleet: an account that hosts refuse is not tried on a thousand of them, since it would be locked out."""

from __future__ import annotations

from hnskit.fleet.host_result import HostResult
from hnskit.fleet.inventory import FleetHost

MOST_REFUSED_LOGINS = 3
"""Refused logins of one account after which no other host is asked with it: accounts get locked out."""


class Accounts:
    """Logins by account: how often one was refused, and whether it has worked anywhere."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, ...], int] = {}
        self._trying: dict[tuple[str, ...], int] = {}
        self._works: set[tuple[str, ...]] = set()

    def may_begin(self, host: FleetHost) -> bool:
        """Tell whether a host may be asked now: an account that has worked nowhere yet is tried on few at once."""
        account = _account(host)
        if account in self._works:
            return True
        return self._refused.get(account, 0) + self._trying.get(account, 0) < MOST_REFUSED_LOGINS

    def is_locked(self, host: FleetHost) -> bool:
        """Tell whether no other host is to be asked with this account."""
        account = _account(host)
        return account not in self._works and self._refused.get(account, 0) >= MOST_REFUSED_LOGINS

    def begin(self, host: FleetHost) -> None:
        """A host is asked."""
        account = _account(host)
        self._trying[account] = self._trying.get(account, 0) + 1

    def note(self, host: FleetHost, result: HostResult) -> None:
        """A host has answered."""
        account = _account(host)
        self._trying[account] -= 1
        if result.state == "login":
            self._refused[account] = self._refused.get(account, 0) + 1
        elif result.state not in ("unreachable", "busy", "stopped", "unknown"):
            self._works.add(account)

    def sentence(self, host: FleetHost) -> str:
        """Say why a host was not asked."""
        name = host.params.connection.username or "this user"
        return f"{MOST_REFUSED_LOGINS} hosts refused the login of {name}, and accounts get locked out"


def _account(host: FleetHost) -> tuple[str, ...]:
    """An emulated host has an account of its own."""
    connection = host.params.connection
    if host.target.startswith("emulator://"):
        return (host.target,)
    return (connection.auth, connection.username, connection.credential)
