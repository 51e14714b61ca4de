"""Wait for things that Windows does late."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hnskit.applying.operations import wanted_compartment
from hnskit.errors import StepError
from hnskit.facts.host_facts import Facts, unread_parts
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.params.desired import Desired
from hnskit.planning.steps import Action, Step

_SHOWS_MANAGEMENT_IP = (9, 0)
"""HNS 5.1 did not show ManagementIP, 9.2 does (HNS fact 19); between them nothing is known."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Patience of a run with Windows, and its pauses."""

    attempts: int = 3
    """Of one step, where trying again is safe: each is planned anew from what the host shows."""
    patience: float = 30.0
    """Seconds for what Windows does late: an adapter, ManagementIP, a compartment (HNS facts 19, 64)."""
    pause: float = 0.25
    """Seconds before the host is read again, doubled each time up to `longest_pause`."""
    longest_pause: float = 2.0


class Poller:
    """Reads a host again until it shows what is waited for."""

    def __init__(self, pace: RetryPolicy, read: Callable[[], Facts], tell: Callable[[str, Step | None], None]) -> None:
        self._policy = pace
        self._read = read
        self._tell = tell

    def for_what_is_needed(self, steps: Sequence[Step], desired: Desired, now: Facts) -> Facts:
        """Wait for the vNICs and compartments that these steps are about.

        Raises:
            StepError: one has not appeared when patience ends.
        """
        now, missing = self._until(
            now, lambda facts: _late(steps, desired, facts), "what it needs has not appeared yet"
        )
        if missing:
            raise self.too_late(missing[0], "what it needs has not appeared", now)
        return now

    def for_what_was_done(
        self, now: Facts, not_shown: Callable[[Facts], Sequence[Step]]
    ) -> tuple[Facts, Sequence[Step]]:
        """Wait until the host shows what it has accepted; the second is what it does not show when patience ends."""
        return self._until(now, not_shown, "the host does not show it yet")

    def for_reading(self, now: Facts) -> Facts:
        """Wait until the host can be read.

        Raises:
            StepError: something that a plan needs cannot be read when patience ends; it is quoted.
        """
        deadline, pause = time.monotonic() + self._policy.patience, self._policy.pause
        while unread := unread_parts(now):
            if time.monotonic() > deadline:
                raise StepError(f"the host cannot be read {self._after}: {unread}", host=now.target)
            self._tell(unread, None)
            now, pause = self._again(pause)
        return now

    def for_management_ip(self, steps: Sequence[Step], desired: Desired, now: Facts) -> tuple[Facts, str]:
        """Wait for the address that moved to show on the network, which is often late (HNS fact 19).

        Nothing depends on it: where it does not come that is a note, the second of what this gives.
        """
        made = [step for step in steps if step.kind == "network" and step.action is Action.CREATE]
        if not made or (now.hns_version or (0, 0)) < _SHOWS_MANAGEMENT_IP or not _has_address(desired, now):
            return now, ""

        def missing(facts: Facts) -> list[Step]:
            return [step for step in made if any(not one.management_ip for one in facts.networks_named(step.name))]

        now, left = self._until(now, missing, "its ManagementIP is not there yet")
        return now, f"the network shows no ManagementIP {self._after}" if left else ""

    def _until(
        self, now: Facts, missing: Callable[[Facts], Sequence[Step]], words: str
    ) -> tuple[Facts, Sequence[Step]]:
        deadline, pause = time.monotonic() + self._policy.patience, self._policy.pause
        while absent := missing(now):
            if time.monotonic() > deadline:
                return now, absent
            self._tell(words, absent[0])
            now, pause = self._again(pause)
        return now, ()

    def _again(self, pause: float) -> tuple[Facts, float]:
        time.sleep(pause)
        return self._read(), min(2 * pause, self._policy.longest_pause)

    @property
    def _after(self) -> str:
        return f"after {self._policy.patience:.0f} s"

    def too_late(self, step: Step, what: str, now: Facts) -> StepError:
        """The error of a step for which patience has ended."""
        return StepError(
            f"{what} {self._after}",
            host=now.target,
            object=f"{step.noun} {step.title}",
            step=step.id,
            next_step="Look at `hnskit show`; run the same command again to go on.",
        )


def _late(steps: Sequence[Step], desired: Desired, now: Facts) -> list[Step]:
    """The steps that cannot be sent yet: Windows has not shown the vNIC or the compartment that they are about."""

    def ready(step: Step) -> bool:
        if step.kind == "forwarding":
            endpoint = next((item for item in now.endpoints if item.id == step.object_id), None)
            return endpoint is None or SnapshotIndex(now).interface_of(endpoint) is not None
        if step.action is Action.ATTACH:
            return wanted_compartment(step, desired, now) is not None
        return True

    return [step for step in steps if not ready(step)]


def _has_address(desired: Desired, now: Facts) -> bool:
    """Tell whether the adapter of the bridge has an address that could show as ManagementIP."""
    wanted = desired.network.adapter
    macs = {item.mac for item in now.adapters if item.physical and (not wanted or item.is_named(wanted))}
    indexes = {item.index for item in now.adapters if item.mac in macs}
    return any(item.interface_index in indexes for item in now.addresses)
