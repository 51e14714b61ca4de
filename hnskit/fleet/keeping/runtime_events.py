"""The events of a host's runtime: one long pipeline that ends when a container has started or ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from hnskit.errors import RemoteCommandError
from hnskit.remote.session import Session

_LIFE = {"start": "start", "die": "end", "destroy": "end", "/tasks/start": "start", "/tasks/exit": "end"}


@dataclass(frozen=True, slots=True)
class ContainerEvent:
    """A container has started or ended."""

    life: str
    """`start` or `end`."""
    container: str
    """Its id."""
    name: str = ""
    """Docker's; "" of containerd."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The end of a wait."""

    events: tuple[ContainerEvent, ...] = ()
    unavailable: str = ""
    """The reason why there are no events on this host, in a sentence; "" where there are."""
    ended: bool = False
    """True if there were some until now: the runtime has stopped."""

    @property
    def only_ends(self) -> bool:
        """Tell whether the last event of each container is its end: what restarts is about to start."""
        last = {event.container: event.life for event in self.events}
        return bool(last) and "start" not in last.values()


def watch(session: Session, runtime: str, *, seconds: float, since: str = "") -> Watched:
    """Wait until something happens to a container, or the time is over.

    Args:
        session: nobody else uses it.
        runtime: docker or containerd.
        seconds: at most so long.
        since: Unix time of the host's clock, `seconds.fraction`, from which Docker tells events again; "": new ones
            only. ctr has only these.

    Raises:
        ConnectError, OutcomeUnknownError: the host is gone.
    """
    parameters = {
        "Runtime": runtime, "Since": since, "Seconds": max(1, min(86_400, round(seconds)))
    }  # fmt: skip
    try:
        return Watched(tuple(_events(session.invoke("Watch-HnskitEvent", parameters))))
    except RemoteCommandError as error:
        return Watched(unavailable=error.message, ended=error.error_id.startswith("Hnskit.EventsEnded"))


def _events(lines: Iterable[str]) -> Iterable[ContainerEvent]:
    for line in lines:
        event = _of_docker(line) if line.startswith("{") else _of_containerd(line)
        if event is not None:
            yield event


def _of_docker(line: str) -> ContainerEvent | None:
    """A line of `docker events --format {{json .}}`; None for one that cannot be read."""
    try:
        row = json.loads(line)
        actor = row["Actor"]
        name = str((actor.get("Attributes") or {}).get("name", ""))
        return ContainerEvent(_LIFE[row["Action"]], str(actor["ID"]), name)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _of_containerd(line: str) -> ContainerEvent | None:
    """A line of `ctr events`: time, namespace, topic, JSON; the end of a program that was run inside is none."""
    head, brace, rest = line.partition("{")
    words = head.split()
    try:
        row = json.loads(brace + rest)
        if row.get("id", row["container_id"]) != row["container_id"]:
            return None
        return ContainerEvent(_LIFE[words[-1]], str(row["container_id"]))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None
