"""One step, ready to be sent: its calls, and the reader of what the host answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hnskit.model.objects import Endpoint
from hnskit.planning.steps import Step
from hnskit.remote import hns
from hnskit.remote.session import Call, CallResult


@dataclass(frozen=True, slots=True)
class Probe:
    """A call that only looks whether a step is done."""

    call: Call
    shows: Callable[[CallResult], bool]


@dataclass(frozen=True, slots=True)
class Operation:
    """One step, ready to be sent."""

    step: Step
    call: Call
    read: Callable[[CallResult], str]
    """Raises what a failed call has to say; gives the id of what was made, or ""."""
    first: Call | None = None
    """A call that is sent right before, whatever comes of it."""
    look: Probe | None = None
    """Request of the call, where a failure may only mean that its object was there already."""

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls, in the order in which they are sent."""
        return tuple(filter(None, (self.first, self.call, self.look.call if self.look else None)))


def call_id(step: Step) -> str:
    """The id of the call that carries a step out."""
    return f"step: {step.id}"


def made_by_hns(result: CallResult) -> str:
    """A reader that gives the id of what HNS made."""
    made = hns.output(result)
    return str(made.get("ID", "")) if isinstance(made, dict) else ""


def nothing_made(read: Callable[[CallResult], object]) -> Callable[[CallResult], str]:
    """A reader that gives "", for what makes nothing."""

    def reader(result: CallResult) -> str:
        read(result)
        return ""

    return reader


def switched(read: Callable[[CallResult], object], endpoint: Endpoint) -> Callable[[CallResult], str]:
    """A reader that gives the endpoint's id, for what is a state of it."""

    def reader(result: CallResult) -> str:
        read(result)
        return endpoint.id

    return reader


HNS_DONE = nothing_made(hns.output)
