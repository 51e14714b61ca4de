"""The faults of an emulated host, each after a report of a real one: docs/faults.md names the reports."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass, field, fields
from typing import Any, get_args

from hnskit.emulator.host.windows_network import Nic
from hnskit.emulator.powershell.command import Cut, CutMode
from hnskit.errors.nearest import did_you_mean
from hnskit.model.objects import METADATA_ADDRESS

_SECOND_USER = re.compile(r"(network|endpoint|policy) \S+")
NOW = True
"""The value of an event that is to happen at once."""


@dataclass(slots=True)
class Faults:
    """Switches of one host. Counted ones are used up; an event is 0 where none is due."""

    cut: Cut | None = field(default_factory=lambda: Cut(3.0, "refuse"))
    """The host's network goes away when the first L2Bridge appears and when the last goes; 2-20 s on real hosts
    (HNS facts 63, 64, 78). None: it does not."""
    answers_not_kept: bool = False
    """Answers that the client did not get are gone: that a service keeps them is a SHOULD (MS-WSMV 3.1.4.1.39)."""
    management_ip_late: float = 0.0
    """Seconds until a new network shows its ManagementIP (HNS fact 19)."""
    metadata_route_lost: bool = False
    """The host's own route to 169.254.169.254 does not survive the move (HNS fact 67)."""
    static_address_lost: bool = False
    """The adapter's address is a static one, and does not survive the move (HNS fact 67)."""
    unspecified_errors: int = 0
    """Number of creations of a network or an endpoint that fail first (HNS fact 69)."""
    refuse_after_delete: float = 0.0
    """Seconds after a DELETE during which what is created is refused (Juniper's HNS_error_bestiary.md)."""
    hidden_network: str = ""
    """Name of a network that HNS says exists, and does not list (hcsshim#850)."""
    hns_restart: int = 0
    """The HNS service restarts during the Nth change: endpoints are gone (HNS fact 77)."""
    reboot: int = 0
    """The host starts again during the Nth change: NAT networks are gone, containers ended (HNS fact 76)."""
    reboot_loses_bridges: bool = False
    """A reboot takes L2Bridges too, and leaves their endpoints; which of the two Windows does is UNCONFIRMED."""
    docker_seconds: float = 0.0
    """Seconds that each docker.exe takes longer (moby#40699)."""
    disk_full: bool = False
    """docker import finds no room."""
    docker_stopped: bool = False
    """The Docker daemon does not run."""
    docker_missing: bool = False
    """docker.exe is not on PATH."""
    crictl_missing: bool = False
    """crictl.exe is nowhere; pods are read by ctr then."""
    ctr_missing: bool = False
    """ctr.exe is nowhere."""
    nerdctl_missing: bool = False
    """nerdctl.exe is nowhere."""
    containerd_stopped: bool = False
    """containerd does not run."""
    namespace_leaks: int = 0
    """Number of removed pods that leave their HNS namespace behind, a dead container in it (containerd fact 27)."""
    hns_missing: bool = False
    """The Containers feature is not installed: there is no vmcompute.dll."""
    wifi: bool = False
    """The adapter is a Wi-Fi one (hcsshim#1477)."""
    hostile: bool = False
    """Its texts carry markers for HTML, terminals, spreadsheets and odd Unicode (`hostile`), until `reset`."""
    second_user: str = ""
    """`network NAME`, `endpoint NAME` or `policy NAME`: what somebody else makes, or gives a policy, right after
    a snapshot was read."""

    def set(self, name: str, value: Any) -> None:
        """Change one switch. `cut` takes a Cut, None, or a dict with seconds and mode; `cut_mode` its mode alone;
        `random` a seed, from which some of the faults are drawn that hnskit survives.

        Raises:
            ValueError: there is no such switch, or the value is of another kind.
        """
        if name == "random":
            for drawn, what in drawn_from(value).items():
                self.set(drawn, what)
            return
        if name == "cut_mode":
            name, value = "cut", {"seconds": self.cut.seconds if self.cut else 3.0, "mode": value}
        current = {item.name: getattr(self, item.name) for item in fields(self)}
        if name not in current:
            near = did_you_mean(name, fault_names())
            known = near or f"there are: {', '.join(fault_names())}"
            raise ValueError(f"{name} is not a fault; {known}")
        setattr(self, name, _cut(value) if name == "cut" else _checked(name, value, current[name]))

    def to_json(self) -> dict[str, Any]:
        """The switches that are on; a cut as an object of its seconds and mode."""
        quiet = Faults(cut=None)
        on = {item.name: getattr(self, item.name) for item in fields(self)}
        shown = {name: value for name, value in on.items() if value != getattr(quiet, name)}
        if self.cut is not None:
            shown["cut"] = {"seconds": self.cut.seconds, "mode": self.cut.mode}
        return shown

    def take_unspecified_error(self) -> bool:
        """Tell whether this creation is to fail."""
        if self.unspecified_errors < 1:
            return False
        self.unspecified_errors -= 1
        return True

    def take_namespace_leak(self) -> bool:
        """Tell whether this pod leaves its namespace behind."""
        if self.namespace_leaks < 1:
            return False
        self.namespace_leaks -= 1
        return True

    def due(self, event: str) -> bool:
        """Count one change, and tell whether the event happens with it."""
        left = getattr(self, event)
        if left < 1:
            return False
        setattr(self, event, left - 1)
        return bool(left == 1)

    def lose_in_move(self, vnic: Nic) -> None:
        """Apply the losses of a NIC's move to its vNIC."""
        if self.metadata_route_lost:
            vnic.routes = [route for route in vnic.routes if route.prefix != f"{METADATA_ADDRESS}/32"]
        if self.static_address_lost:
            vnic.addresses = [item for item in vnic.addresses if item.origin != "Manual"]

    @staticmethod
    def now() -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()


def drawn_from(seed: Any) -> dict[str, Any]:
    """Faults that hnskit survives, one to three of them, drawn at random.

    Raises:
        ValueError: the seed is not a whole number.
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"random takes a whole number as seed, not {seed!r}")  # noqa: TRY004 - as every other one
    dice = random.Random(seed)  # noqa: S311 - the same faults for the same seed are what is wanted
    values = {
        "cut": {"seconds": dice.choice((0.2, 0.5, 1.0)), "mode": dice.choice(get_args(CutMode))},
        "management_ip_late": dice.choice((0.5, 1.5)),
        "unspecified_errors": 1,
        "refuse_after_delete": 0.5,
        "hns_restart": 1,
        "second_user": "endpoint hnskit-client1",
        "docker_seconds": dice.choice((0.05, 0.2)),
    }
    return {name: values[name] for name in dice.sample(sorted(values), dice.randrange(1, 4))}


def _checked(name: str, value: Any, current: Any) -> Any:
    kind = type(current)
    event = name in ("hns_restart", "reboot")
    if event and value is NOW:
        return value
    fits = isinstance(value, int | float if kind is float else kind) and isinstance(value, bool) == (kind is bool)
    if not fits:
        wanted = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}.get(kind, "a value")
        raise ValueError(f"{name} is {wanted}, not {value!r}")
    if kind in (int, float) and value < 0:
        raise ValueError(f"{name} is not negative")
    if name == "second_user" and value and not _SECOND_USER.fullmatch(value):
        raise ValueError(f"second_user is network NAME, endpoint NAME or policy NAME, not {value!r}")
    return value


def _cut(value: Any) -> Cut | None:
    if isinstance(value, dict):
        if unknown := set(value) - {"seconds", "mode"}:
            raise ValueError(f"a cut has seconds and mode, not {', '.join(sorted(unknown))}")
        try:
            value = Cut(float(value.get("seconds", 3.0)), value.get("mode", "refuse"))
        except TypeError as problem:
            raise ValueError(f"seconds of a cut: {problem}") from problem
    if value is not None and (not isinstance(value, Cut) or value.mode not in get_args(CutMode)):
        raise ValueError(f"cut takes seconds and a mode of {', '.join(get_args(CutMode))}, not {value!r}")
    return value


def fault_names() -> tuple[str, ...]:
    """Every name that a fault has."""
    return (*(item.name for item in fields(Faults)), "cut_mode", "random")
