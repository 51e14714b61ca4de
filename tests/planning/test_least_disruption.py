"""Which steps of a plan are withheld, and why."""

from __future__ import annotations

from hnskit.params.desired import Part
from hnskit.planning.least_disruption import least
from hnskit.planning.steps import Action, Plan, Step


def step(action: Action, kind: str, name: str, *needs: Step, disruptive: bool = False) -> Step:
    return Step(
        Part.CLIENTS, action, kind, name, "for a test", disruptive=disruptive, needs=tuple(one.key for one in needs)
    )


def held(*steps: Step, allow: bool = False) -> dict[str, str]:
    return {item.step.id: item.reason for item in least(Plan("x", steps), allow_disruptive=allow).withheld}


def done(*steps: Step) -> list[str]:
    return [one.id for one in least(Plan("x", steps)).plan.pending]


def test_an_endpoint_goes_back_into_a_restarted_container() -> None:
    off = step(Action.DETACH, "attachment", "web")
    on = step(Action.ATTACH, "attachment", "web", off)
    assert held(off, on) == {}
    assert done(off, on) == [off.id, on.id]


def test_an_endpoint_that_would_stay_detached_is_left() -> None:
    assert list(held(step(Action.DETACH, "attachment", "web"))) == ["detach endpoint web"]


def test_a_container_that_would_be_replaced_keeps_its_endpoint() -> None:
    """The endpoint is detached before the old container goes, and attached to the new one."""
    off = step(Action.DETACH, "attachment", "web")
    gone = step(Action.DELETE, "container", "web", off)
    run = step(Action.RUN, "container", "web", gone)
    on = step(Action.ATTACH, "attachment", "web", off, run)
    assert done(off, gone, run, on) == []
    assert len(held(off, gone, run, on)) == 4


def test_what_cuts_the_host_is_withheld_and_all_that_waits_for_it() -> None:
    bridge = step(Action.CREATE, "network", "bridge", disruptive=True)
    endpoint = step(Action.CREATE, "endpoint", "web", bridge)
    attach = step(Action.ATTACH, "attachment", "web", endpoint)
    other = step(Action.START, "container", "db")
    assert held(bridge, endpoint, attach, other) == {
        "create network bridge": "the host's own network would go away for seconds",
        "create endpoint web": "it waits for: create network bridge",
        "attach endpoint web": "it waits for: create endpoint web",
    }
    assert done(bridge, endpoint, attach, other) == ["start container db"]


def test_a_bridge_that_cuts_nothing_is_made() -> None:
    assert held(step(Action.CREATE, "network", "bridge")) == {}


def test_nothing_is_removed_and_no_container_is_ended() -> None:
    takes = [step(Action.DELETE, kind, "x") for kind in ("network", "endpoint", "container", "image")]
    assert len(held(*takes, step(Action.STOP, "container", "y"))) == 5


def test_a_replaced_endpoint_is_withheld_whole() -> None:
    gone = step(Action.DELETE, "endpoint", "web")
    made = step(Action.CREATE, "endpoint", "web", gone)
    assert done(gone, made) == []


def test_all_is_done_where_it_is_allowed() -> None:
    steps = [step(Action.DELETE, "container", "x"), step(Action.CREATE, "network", "n", disruptive=True)]
    assert held(*steps, allow=True) == {}


def test_a_refused_step_stays_in_the_plan() -> None:
    assert least(Plan("x", (step(Action.REFUSE, "endpoint", "web"),))).plan.refused
