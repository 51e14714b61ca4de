"""The result of one verb on one host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hnskit.errors import HnskitError

State = Literal[
    "ok", "differs", "refused", "failed", "unproved", "busy", "unreachable", "login", "unknown", "stopped", "not begun"
]
TROUBLE: Mapping[State, int] = {
    "unknown": 0, "failed": 1, "unproved": 2, "login": 3, "unreachable": 4, "refused": 5, "stopped": 6, "busy": 7,
    "differs": 8, "not begun": 9, "ok": 10,
}  # fmt: skip
"""State -> place in a list that is sorted by trouble, worst first."""


@dataclass(frozen=True, slots=True)
class HostResult:
    """The outcome of a verb on one host. It can be pickled, and holds no session and no snapshot."""

    name: str
    target: str
    verb: str
    state: State
    """`differs`: the host was read, and is not as the parameters say (plan, drift) or has findings (doctor)."""
    verdict: str
    """A sentence: the host's state for the verb, or the error's paragraph."""
    seconds: float = 0.0
    changed: int = 0
    """Steps that changed something on the host."""
    groups: tuple[str, ...] = ()
    traits: Mapping[str, str] = field(default_factory=dict)
    """Values by which hosts are compared: windows, build, hns, docker, containerd, networks, redirects."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Address -> the object that has it, of what others on the host's physical networks can see."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """JSON of the verb: findings, steps, differences, checks."""
    error: HnskitError | None = None
    wave: int = 0
    """The wave that it belonged to, from 1; 0 without waves."""
    run_dir: str = ""
    """The host's folder in the fleet's run; "" without one."""

    @property
    def ok(self) -> bool:
        """Tell whether the verb came to its end there, and found nothing wrong; a plan may have changes."""
        return self.state == "ok" or (self.state == "differs" and self.verb == "plan")

    @property
    def failed(self) -> bool:
        """Tell whether it counts as a failure: a host that was not begun or only differs does not."""
        return self.state not in ("ok", "differs", "not begun")

    def to_json(self) -> dict[str, Any]:
        """As `--json` and fleet.json have it."""
        return {
            "name": self.name, "target": self.target, "verb": self.verb, "ok": self.ok, "state": self.state,
            "verdict": self.verdict, "seconds": round(self.seconds, 3), "changed": self.changed,
            "groups": list(self.groups), "traits": dict(self.traits), "addresses": dict(self.addresses),
            "wave": self.wave, "run_dir": self.run_dir,
            "error": self.error.to_json() if self.error else None, "data": dict(self.data),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HostResult:
        """Read what `to_json` made, of a host without an error.

        Raises:
            KeyError, TypeError: it is not of that form.
        """
        names = (
            "name",
            "target",
            "verb",
            "state",
            "verdict",
            "seconds",
            "changed",
            "traits",
            "addresses",
            "data",
            "wave",
        )
        return cls(**{name: data[name] for name in names}, groups=tuple(data["groups"]), run_dir=data["run_dir"])
