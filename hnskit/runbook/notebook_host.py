"""The host of one notebook: reached when it is first needed, let go of between cells, closed for good at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hnskit.applying.outage import add_outage_hint, wait_until_reachable
from hnskit.errors import HnskitError
from hnskit.facts.host_facts import Facts
from hnskit.facts.source import Host, open_host
from hnskit.params.loading import Params
from hnskit.runbook.screen import say

if TYPE_CHECKING:
    from hnskit.remote.session import Session


class NotebookHost:
    """A connection that is made again after it was let go of."""

    def __init__(self, part: str, params: Params, runs: Callable[[], Path], settle: Callable[[], None]) -> None:
        """`part` is named where the notebook was closed; `runs` has the journals that may explain an outage.

        `settle` waits for work that a button has begun: a session is used by one at a time.
        """
        self._settle = settle
        self._part = part
        self._params = params
        self._runs = runs
        self._host: Host | None = None
        self._ended = False

    def facts(self) -> Facts:
        """Read the host as it is now; a snapshot, as it was.

        Raises:
            ConnectError: it cannot be reached, or refuses the login.
        """
        with add_outage_hint(self._params.target, self._runs()):
            return self._opened().facts()

    def session(self) -> Session:
        """Give a session that may change the host.

        Raises:
            ConnectError: it cannot be reached, or refuses the login.
            ReadOnlyTargetError: it is a snapshot.
        """
        with add_outage_hint(self._params.target, self._runs()):
            return self._opened().session()

    def require_open(self) -> None:
        """Stop what a cell of a closed notebook would do.

        Raises:
            HnskitError: another notebook was opened in this kernel since.
        """
        self._settle()
        if self._ended:
            raise HnskitError(
                "this notebook's session was closed when another was opened",
                object=self._part,
                next_step="Run the cell that opens the session again, and those below it.",
            )

    def close(self) -> None:
        """Let go of the host; the next use reaches it again."""
        self._settle()
        if self._host is not None:
            self._host.close()
            self._host = None

    def end(self) -> None:
        """Let go of the host for good."""
        self._settle()
        self._ended = True
        self.close()

    def _opened(self) -> Host:
        self.require_open()
        if self._host is None:
            target, patience = self._params.target, self._params.connection.recovery_timeout
            self._host = wait_until_reachable(
                lambda: open_host(self._params, on_start=say), target, self._runs(), patience, say
            )
        return self._host
