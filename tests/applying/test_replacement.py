"""A container of hnskit's own with another image or command is replaced, and its endpoint stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hnskit.applying.api import Outcome, RetryPolicy, apply
from hnskit.applying.outcomes import outcome_of
from hnskit.commands.plan_lines import say_plan
from hnskit.emulator.host.host import EmulatedHost
from hnskit.errors import VerificationError
from hnskit.facts.host_facts import Facts, gather_facts
from hnskit.params.desired import LABEL
from hnskit.planning.provenance import Provenance
from hnskit.planning.removed_objects import removal_question
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action, Step
from hnskit.planning.told_steps import plan_counts
from tests import sample_facts
from tests.host_process import emulated_host
from tests.in_process_host import HereSession
from tests.terminal import hnskit, sets

PARAMS = str(sample_facts.PARAMS)


def outdated() -> Facts:
    """The redirect with last month's images."""
    host = sample_facts.complete()
    return replace(host, containers=tuple(replace(item, image="last:month") for item in host.containers))


def steps_of(facts: Facts, made: Provenance | None = None) -> dict[str, Step]:
    found = plan(sample_facts.desired(), facts, made=made or sample_facts.made())
    assert not found.refused
    return {step.id: step for step in found.pending}


def test_the_proxy_and_each_client_are_replaced_one_after_another() -> None:
    found = plan(sample_facts.desired(), outdated(), made=sample_facts.made())
    levels = {step.id: found.level(step) for step in found.pending}
    order = [name for name in sorted(levels, key=levels.__getitem__) if name.split()[0] in ("delete", "run")]
    assert order == [
        f"{word} container {name}"
        for name in ("hnskit-proxy", "hnskit-client1", "hnskit-client2")
        for word in ("delete", "run")
    ]
    assert levels["detach endpoint hnskit-client1"] > levels["create route 169.254.169.254 in hnskit-proxy"]
    assert levels["detach endpoint hnskit-client2"] > levels["attach endpoint hnskit-client1"]


def test_no_endpoint_and_no_policy_is_made_again() -> None:
    steps = steps_of(outdated()).values()
    assert not [step for step in steps if step.kind in ("endpoint", "policy", "network")]


def test_an_endpoint_leaves_the_old_container_before_that_goes() -> None:
    gone = steps_of(outdated())["delete container hnskit-client1"]
    assert "detach endpoint hnskit-client1" in map(str, gone.needs)


def test_a_container_without_our_label_or_made_by_hand_is_not_replaced() -> None:
    host = outdated()
    foreign = replace(host, containers=tuple(replace(item, labels={}) for item in host.containers))
    refused = plan(sample_facts.desired(), foreign).refused
    assert {step.name for step in refused if step.kind == "container"} >= {"hnskit-client1"}
    assert all(LABEL not in item.labels for item in foreign.containers)


def test_the_new_image_that_is_not_there_is_refused_before_the_old_container_goes() -> None:
    wanted = sample_facts.desired("clients[0].image=new:1")
    (refused,) = plan(wanted, sample_facts.complete(), made=sample_facts.made()).refused
    assert (refused.kind, refused.name) == ("image", "new:1")
    assert "`docker pull new:1`" in refused.reason


def test_the_new_image_is_pulled_before_the_old_container_stops() -> None:
    wanted = sample_facts.desired("clients[0].image=new:1", "image.pull=true")
    found = plan(wanted, sample_facts.complete(), made=sample_facts.made())
    levels = {step.id: found.level(step) for step in found.pending}
    assert levels["pull image new:1"] < levels["detach endpoint hnskit-client1"]


def test_the_plan_marks_a_replacement_counts_both_and_asks(capsys: pytest.CaptureFixture[str]) -> None:
    found = plan(sample_facts.desired(), outdated(), made=sample_facts.made())
    say_plan(found)
    text = capsys.readouterr().out
    assert "-/+ replace container hnskit-client1: it runs last:month" in text
    assert "    image: last:month -> mcr.microsoft.com/windows/nanoserver:1809" in text
    assert "run container" not in text
    assert "3 to remove" in plan_counts(found)
    assert "3 containers" in removal_question(found)


def test_a_replacement_that_was_cut_off_goes_on_where_it_was() -> None:
    """The old container is gone, its endpoint free: what is left is to run the new one and to attach."""
    host = sample_facts.with_endpoint(outdated(), "hnskit-proxy", state=1, compartment_id=None)
    host = replace(host, containers=tuple(item for item in host.containers if item.name != "hnskit-proxy"))
    steps = steps_of(host)
    assert "run container hnskit-proxy" in steps
    assert "delete container hnskit-proxy" not in steps
    assert "attach endpoint hnskit-proxy" in map(str, steps["detach endpoint hnskit-client1"].needs)
    assert all(step.action is not Action.CREATE or step.kind != "endpoint" for step in steps.values())


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path / "state") as overrides:
        yield [PARAMS, *sets(overrides)]


def test_another_command_replaces_a_client_and_the_redirect_holds(
    lab: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    runs = ("--runs", str(tmp_path / "runs"))
    assert hnskit(capsys, "apply", *lab, *runs).status == 0
    before = hnskit(capsys, "facts", *lab, "--json").json()
    newer = (*lab, "--set", "clients[0].command=[ping, -t, 127.0.0.1]")
    refused = hnskit(capsys, "apply", *newer, *runs)
    assert (refused.status, "Remove 1 object from" in refused.err) == (2, True)
    done = hnskit(capsys, "apply", *newer, *runs, "--yes")
    assert done.status == 0, done.err
    after = hnskit(capsys, "facts", *lab, "--json").json()
    assert sorted(item["id"] for item in after["endpoints"]) == sorted(item["id"] for item in before["endpoints"])
    ids = [{item["name"]: item["id"] for item in host["containers"]} for host in (before, after)]
    assert {name for name in ids[0] if ids[0][name] != ids[1][name]} == {"hnskit-client1"}
    assert hnskit(capsys, "verify", *newer).status == 0
    assert "Nothing to do." in hnskit(capsys, "apply", *newer, *runs).out
    assert "Nothing of hnskit's is left." in hnskit(capsys, "destroy", *newer, *runs, "--yes").out


def events_of(err: str) -> list[str]:
    """Deletions and proofs, in their order."""
    lines = (line.strip() for line in err.splitlines())
    return [line for line in lines if line.startswith(("ok delete", "proved after"))]


def test_the_redirect_is_proved_after_each_replaced_container(
    lab: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    runs = ("--runs", str(tmp_path / "runs"))
    assert hnskit(capsys, "apply", *lab, *runs).status == 0
    newer = [f"clients[{number}].command=[ping, -t, 127.0.0.1]" for number in (0, 1)]
    newer.append("proxy.command=[metadata-proxy.exe, --verbose]")
    done = hnskit(capsys, "apply", *lab, *(word for one in newer for word in ("--set", one)), *runs, "--yes", "--json")
    assert done.status == 0, done.err
    assert [line.split(" (")[0] for line in events_of(done.err)] == [
        "ok delete container hnskit-proxy",
        "proved after hnskit-proxy was replaced: 2 of 2 clients",
        "ok delete container hnskit-client1",
        "proved after hnskit-client1 was replaced: 1 of 1 client",
        "ok delete container hnskit-client2",
        "proved after hnskit-client2 was replaced: 1 of 1 client",
    ]
    assert sum("proved after" in note for note in done.json()["notes"]) == 3


BROKEN_PROXY = ("proxy.command=[ping, -t, localhost]", "clients[0].command=[ping, localhost]")


def test_no_client_is_replaced_behind_a_proxy_that_does_not_answer(set_up: tuple[EmulatedHost, Outcome]) -> None:
    host, first = set_up
    session = HereSession(host)
    with pytest.raises(VerificationError, match=r"not proved after hnskit-proxy was replaced.* 1 container to be") as e:
        apply(session, sample_facts.desired(*BROKEN_PROXY), made=first.made, pace=RetryPolicy(patience=0.0))
    now = gather_facts(session)
    old = {item.name: item.id for item in first.after.containers}
    assert {item.name for item in now.containers if item.id != old[item.name]} == {"hnskit-proxy"}
    stopped = outcome_of(e.value)
    assert stopped is not None
    assert "delete container hnskit-proxy" in [result.step.id for result in stopped.done]


def test_a_rollback_keeps_the_new_container_where_the_old_one_is_gone(set_up: tuple[EmulatedHost, Outcome]) -> None:
    host, first = set_up
    session, wanted = HereSession(host), sample_facts.desired(*BROKEN_PROXY)
    with pytest.raises(VerificationError):
        apply(session, wanted, made=first.made, rollback=True, pace=RetryPolicy(patience=0.0))
    proxy = gather_facts(session).container_named("hnskit-proxy", "docker")
    assert proxy is not None
    assert proxy.command[-3:] == ("ping", "-t", "localhost")
