"""docker events: what the daemon tells, and what the command line prints of it.

Members, their order and the actions are those of Docker's API documentation (EventMessage, and `docker system events`);
that a Windows daemon tells of a container's `stop` and `kill` in this order is UNCONFIRMED.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hnskit.emulator.host import docker_template
from hnskit.emulator.host.containers import DockerContainer
from hnskit.emulator.host.docker_args import Arguments
from hnskit.emulator.host.docker_errors import DaemonError
from hnskit.emulator.host.docker_text import stamp
from hnskit.emulator.host.event_log import EventLog

_FILTERS = ("container", "event", "label", "type")


def container_event(container: DockerContainer, action: str, moment: float, **more: str) -> Mapping[str, Any]:
    """An event of a container; `more` are attributes of the action."""
    attributes = {"image": container.image_name, "name": container.name, **container.labels, **more}
    return {
        "status": action, "id": container.id, "from": container.image_name, "Type": "container", "Action": action,
        "Actor": {"ID": container.id, "Attributes": dict(sorted(attributes.items()))}, "scope": "local",
        "time": int(moment), "timeNano": int(moment * 1_000_000_000),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventQuery:
    """One run of `docker events` or `ctr events`, as it was asked for."""

    log: EventLog
    passes: Callable[[Mapping[str, Any]], bool]
    line: Callable[[Mapping[str, Any]], str]
    begin: int
    """Number of the last event that is not told any more."""
    ends: Callable[[], str]
    """The tool's last words where its service is gone meanwhile; "" while it is there."""

    def lines_after(self, number: int) -> tuple[int, list[str]]:
        """The newest number, and the lines of the events after the given one."""
        found = self.log.after(number)
        return self.log.last, [self.line(event) for _, event in found if self.passes(event)]


def docker_query(
    log: EventLog, arguments: Arguments, moment_of: Callable[[str], float], ends: Callable[[], str]
) -> EventQuery:
    """Follow the events of a daemon.

    Raises:
        DaemonError: a filter is none.
    """
    wanted: dict[str, list[str]] = {}
    for text in arguments.all("filter"):
        key, _, value = text.partition("=")
        if key not in _FILTERS:
            raise DaemonError(f"invalid filter '{key}'")
        wanted.setdefault(key, []).append(value)
    since = moment_of(arguments.value("since")) if arguments.value("since") else None
    begin = log.last if since is None else min(
        (number - 1 for number, event in log.after(0) if event["timeNano"] >= since * 1_000_000_000), default=log.last
    )  # fmt: skip
    template = arguments.value("format")

    def line(event: Mapping[str, Any]) -> str:
        if template:
            return docker_template.render("{{json .}}" if template == "json" else template, [event]).removesuffix("\n")
        told = ", ".join(f"{key}={value}" for key, value in event["Actor"]["Attributes"].items())
        return f"{stamp(event['timeNano'] / 1e9)} {event['Type']} {event['Action']} {event['id']} ({told})"

    return EventQuery(log, lambda event: _passes(event, wanted), line, begin, ends)


def _passes(event: Mapping[str, Any], wanted: Mapping[str, list[str]]) -> bool:
    """Filters of one key are alternatives, those of different keys hold together."""
    attributes = event["Actor"]["Attributes"]
    labels = {*attributes, *(f"{key}={value}" for key, value in attributes.items())}
    has: dict[str, set[str]] = {
        "type": {event["Type"]}, "event": {event["Action"].partition(":")[0]},
        "container": {event["id"], event["id"][:12], attributes["name"]}, "label": labels,
    }  # fmt: skip
    return all(has[key].intersection(values) for key, values in wanted.items())


def ctr_query(log: EventLog, filters: list[str], ends: Callable[[], str]) -> EventQuery:
    """Follow the events of containerd; a filter is `topic=="/tasks/start"`, and several are alternatives."""
    topics = {text.removeprefix("topic==").strip('"') for text in filters}

    def line(event: Mapping[str, Any]) -> str:
        content = json.dumps(event["event"], separators=(",", ":"))
        return f"{event['time']} {event['namespace']} {event['topic']} {content}"

    return EventQuery(log, lambda event: not topics or event["topic"] in topics, line, log.last, ends)
