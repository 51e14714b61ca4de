"""What happens to a host while it is asked things: faults that are more than an answer."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hnskit.emulator.host import refusals
from hnskit.emulator.interface import Cut

if TYPE_CHECKING:
    from hnskit.emulator.host.host import Host

_READ_LAST = "policylists"
"""The list of HNS that a snapshot reads last: what happens after it, happens between facts and apply."""
_REBOOT_SECONDS = 3.0


class Mishaps:
    """Watches the calls of HNS, whatever engine they come through."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._deleted_at = float("-inf")
        self._asleep = False

    @contextlib.contextmanager
    def asleep(self) -> Iterator[None]:
        """What the host itself, or somebody else, does meanwhile meets none of them."""
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
        faults = self._host.faults
        if faults.due("hns_restart"):
            self._host.restart_hns()
            raise refusals.rpc_failed()
        if faults.due("reboot"):
            self._host.reboot()
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
        if method == "DELETE":
            self._deleted_at = self._host.faults.now()
        if method == "GET" and kind == _READ_LAST and not rest and self._host.faults.second_user:
            self._second_user()

    def _second_user(self) -> None:
        """Somebody else at the same host; once, and as soon as they can."""
        faults, hns = self._host.faults, self._host.hns
        what, _, name = faults.second_user.partition(" ")
        endpoint = next((item for item in hns.endpoints if item.json["Name"] == name), None)
        bridge = next((item for item in hns.networks if item.switch is not None), None)
        path: str
        body: dict[str, Any]
        if what == "policy" and endpoint is not None:
            rule = {"Type": "ACL", "Action": "Block", "Direction": "Out", "Priority": 4000, "Protocols": "17"}
            path, body = f"/endpoints/{endpoint.id}", {"Policies": [*endpoint.json["Policies"], rule]}
        elif what == "endpoint" and endpoint is None and bridge is not None:
            path, body = "/endpoints", {"Name": name, "VirtualNetwork": bridge.id}
        elif what == "network" and all(item.json["Name"] != name for item in hns.networks):
            path, body = "/networks", {"Name": name, "Type": "L2Bridge", "Subnets": [{"AddressPrefix": "10.77.0.0/24"}]}
        else:
            return
        faults.second_user = ""
        with self.asleep():
            hns.call("POST", path, json.dumps(body))


def reboot_cut(cut: Cut | None) -> Cut:
    """The absence of a host that starts again: no shell is left."""
    return Cut(cut.seconds if cut is not None else _REBOOT_SECONDS, "forget")
