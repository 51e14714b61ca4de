"""The redirect set up on an emulated host, and what tests do to it and ask of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hnskit.applying.api import apply
from hnskit.emulator.host.host import EmulatedHost
from hnskit.model.objects import Policy
from hnskit.params.desired import Desired
from tests import sample_facts, strategies
from tests.in_process_host import QUICK, HereSession
from tests.invariants import not_complete

ONE_CLIENT = replace(sample_facts.desired(), clients=sample_facts.desired().clients[:1])


def done(host: EmulatedHost, desired: Desired | None = None, **options: Any) -> list[str]:
    """The ids of the steps that apply did, after which the host is complete."""
    wanted = desired or sample_facts.desired()
    outcome = apply(HereSession(host), wanted, pace=QUICK, **options)
    assert list(not_complete(wanted, host.snapshot())) == []
    return [result.step.id for result in outcome.done]


def without_container_routes(answer: dict[str, Any]) -> str | None:
    """The answer of a host that shows only its own routes, in place of another's; None for any other call's."""
    if answer["id"] != "routes":
        return None
    return json.dumps({**answer, "output": [row for row in answer["output"] if row["CompartmentId"] == 1]})


def on(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    """A change of the endpoint of this name."""
    return lambda host: act(host, strategies.endpoint(host, name))


def policies(*wrong: Policy) -> Callable[..., Any]:
    """An endpoint gets these proxy policies, and no others."""
    return lambda host, found: strategies.set_policies(host, found, *wrong)
