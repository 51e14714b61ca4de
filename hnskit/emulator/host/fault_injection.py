"""Faults that change the host during a request."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from hnskit.emulator.host import refusals
from hnskit.emulator.host.faults import Faults
from hnskit.emulator.powershell.command import Cut

_READ_LAST = "policylists"
"""The list of HNS that a snapshot reads last: what happens after it, happens between facts and apply."""
_REBOOT_SECONDS = 3.0


class FaultInjection:
    """Watches the calls of HNS, whatever engine they come through."""

    def __init__(
        self,
        faults: Faults,
        *,
        restart_hns: Callable[[], None],
        reboot: Callable[[], None],
        second_user: Callable[[str], bool],
    ) -> None:
        """`second_user` is asked to do what the fault of this name says, and tells whether it could."""
        self._faults = faults
        self._restart_hns = restart_hns
        self._reboot = reboot
        self._second_user = second_user
        self._deleted_at = float("-inf")
        self._asleep = False

    @contextlib.contextmanager
    def asleep(self) -> Iterator[None]:
        """Suspend the faults while the host itself, or another user, acts."""
        before, self._asleep = self._asleep, True
        try:
            yield
        finally:
            self._asleep = before

    def before(self, method: str, kind: str, rest: list[str], body: dict[str, Any]) -> None:
        """A call of HNS begins.

        Raises:
            Refusal: it does not come to its end, or is refused.
        """
        if method == "GET" or self._asleep:
            return
        faults = self._faults
        if faults.due("hns_restart"):
            self._restart_hns()
            raise refusals.rpc_failed()
        if faults.due("reboot"):
            self._reboot()
            raise refusals.rpc_failed()  # nobody hears it: the host is gone
        if method != "POST" or rest or kind not in ("networks", "endpoints"):
            return
        if faults.take_unspecified_error():
            raise refusals.unspecified()
        if faults.now() < self._deleted_at + faults.refuse_after_delete:
            raise refusals.name_in_use()
        hidden = faults.hidden_network.lower()
        if kind == "networks" and hidden and str(body.get("Name")).lower() == hidden:
            raise refusals.network_exists()

    def after(self, method: str, kind: str, rest: list[str]) -> None:
        """A call of HNS came to its end."""
        if self._asleep:
            return
        faults = self._faults
        if method == "DELETE":
            self._deleted_at = faults.now()
        if method == "GET" and kind == _READ_LAST and not rest and faults.second_user:
            with self.asleep():
                if self._second_user(faults.second_user):
                    faults.second_user = ""


def reboot_cut(cut: Cut | None) -> Cut:
    """The absence of a host that starts again: no shell is left."""
    return Cut(cut.seconds if cut is not None else _REBOOT_SECONDS, "forget")
