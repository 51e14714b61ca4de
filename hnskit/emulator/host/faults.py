"""What can go wrong on purpose, each from a report of a real host."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields
from typing import Any, get_args

from hnskit.emulator.host.windows import Nic
from hnskit.emulator.interface import Cut, CutMode
from hnskit.model import METADATA_ADDRESS


@dataclass(slots=True)
class Faults:
    """Switches of one host."""

    cut: Cut | None = field(default_factory=lambda: Cut(3.0, "refuse"))
    """The host's network goes away when the first L2Bridge appears and when the last goes; 2-20 s on real hosts
    (HNS facts 63, 64, 78). None: it does not."""
    management_ip_late: float = 0.0
    """Seconds until a new network shows its ManagementIP (HNS fact 19)."""
    metadata_route_lost: bool = False
    """The host's own route to 169.254.169.254 does not survive the move (HNS fact 67)."""
    static_address_lost: bool = False
    """A static address does not survive the move (HNS fact 67)."""
    unspecified_errors: int = 0
    """So many creations of a network fail first (HNS fact 69)."""
    disk_full: bool = False
    """docker import finds no room."""
    docker_stopped: bool = False
    """The Docker daemon does not run."""
    docker_missing: bool = False
    """docker.exe is not on PATH."""
    hns_missing: bool = False
    """The Containers feature is not installed: there is no vmcompute.dll."""

    def set(self, name: str, value: Any) -> None:
        """Change one switch. `cut` takes a Cut, None, or a dict with seconds and mode.

        Raises:
            ValueError: there is no such switch, or the value is of another kind.
        """
        current = {item.name: getattr(self, item.name) for item in fields(self)}
        if name not in current:
            raise ValueError(f"{name} is no fault; there are: {', '.join(current)}")
        if name == "cut":
            value = _cut(value)
        elif isinstance(current[name], bool) != isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name} takes a {type(current[name]).__name__}, not {value!r}")
        setattr(self, name, value)

    def take_unspecified_error(self) -> bool:
        """Whether this creation is to fail."""
        if self.unspecified_errors < 1:
            return False
        self.unspecified_errors -= 1
        return True

    def lose_in_move(self, vnic: Nic) -> None:
        """What a NIC's move to its vNIC costs."""
        if self.metadata_route_lost:
            vnic.routes = [route for route in vnic.routes if route.prefix != f"{METADATA_ADDRESS}/32"]
        if self.static_address_lost:
            vnic.addresses = [item for item in vnic.addresses if item.origin != "Manual"]

    @staticmethod
    def now() -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()


def _cut(value: Any) -> Cut | None:
    if isinstance(value, dict):
        value = Cut(float(value.get("seconds", 3.0)), value.get("mode", "refuse"))
    if value is not None and (not isinstance(value, Cut) or value.mode not in get_args(CutMode)):
        raise ValueError(f"cut takes seconds and a mode of {', '.join(get_args(CutMode))}, not {value!r}")
    return value
