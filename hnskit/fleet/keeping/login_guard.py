"""Logins of many hosts: an account that some of them refused is left alone for a while, lest it be locked out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hnskit.errors import HnskitError, HostUnreachableError, LoginRefusedError
from hnskit.fleet.accounts import Accounts
from hnskit.fleet.host_result import HostResult, State
from hnskit.fleet.inventory import FleetHost
from hnskit.fleet.keeping.pauses import LOGIN_SECONDS


class LoginGuard:
    """Lets few hosts try an account that has worked nowhere yet; after refusals nobody for a quarter of an hour."""

    def __init__(
        self, is_over: Callable[[], bool] = lambda: False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`is_over` tells whether nobody waits any more."""
        self._accounts = Accounts()
        self._began = clock()
        self._changed = threading.Condition()
        self._is_over, self._clock = is_over, clock

    @contextmanager
    def attempt(self, host: FleetHost) -> Iterator[None]:
        """Log in, inside; wait for those who try the same account first.

        Raises:
            LoginRefusedError: so many hosts have refused the account that it is not tried now.
        """
        with self._changed:
            while not self._accounts.may_begin(host):
                if self._clock() - self._began >= LOGIN_SECONDS:
                    self._accounts, self._began = Accounts(), self._clock()
                    continue
                if self._accounts.is_locked(host) or self._is_over():
                    raise LoginRefusedError(self._accounts.sentence(host), host=host.target)
                self._changed.wait(0.5)
            accounts = self._accounts
            accounts.begin(host)
        state: State = "failed"
        try:
            yield
            state = "ok"
        except LoginRefusedError:
            state = "login"
            raise
        except (HostUnreachableError, HnskitError):
            state = "unreachable"  # it says nothing of the account
            raise
        finally:
            with self._changed:
                accounts.note(host, HostResult(host.name, host.target, "keep", state, ""))
                self._changed.notify_all()
