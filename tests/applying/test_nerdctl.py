"""The redirect of containers that nerdctl runs: on nat, with a second endpoint in their HNS namespaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.applying.verification import verify
from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.errors import ParamsError, PreflightError, StepError
from hnskit.params.desired import Desired, desired_from
from hnskit.params.loading import load_params
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action
from tests.emulator.engines import needs_engine
from tests.in_process_host import QUICK, HereSession, Lab, MemoryJournal

PARAMS = Path(__file__).parents[2] / "params" / "containerd.example.yaml"
IMAGE = "mcr.microsoft.com/windows/nanoserver:ltsc2022"


def wanted(*overrides: str) -> Desired:
    return desired_from(load_params(PARAMS, overrides=("clients[0].runner=nerdctl", *overrides)))


@pytest.fixture
def host() -> EmulatedHost:
    return create_host("lab", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1, "pods": 2})


def nerdctl(host: EmulatedHost, *words: str) -> Any:
    assert host.containerd is not None
    return host.containerd.run("nerdctl", ["--namespace", "default", *words])


def run_by_hand(host: EmulatedHost) -> str:
    """As an operator runs a container, on nat."""
    ran = nerdctl(host, "run", "--detach", "--name", "hnskit-client1", IMAGE, "ping.exe", "-t", "localhost")
    assert ran.exit_code == 0, ran.stderr
    return str(ran.stdout.strip())


def test_a_client_on_nat_is_redirected_by_a_second_endpoint_and_a_route(host: EmulatedHost) -> None:
    apply(HereSession(host), wanted(), pace=QUICK)
    facts = host.snapshot()
    client = facts.container_named("hnskit-client1", "containerd")
    assert client is not None
    policies = {item.network_name: len(item.proxies) for item in facts.endpoints_of(client)}
    assert policies == {"nat": 0, "hnskit-l2bridge": 1}
    assert verify(HereSession(host), wanted()).ok


def test_destroy_gives_the_host_before(host: EmulatedHost) -> None:
    run_by_hand(host)
    nerdctl(host, "rm", "--force", "hnskit-client1")  # nat is there now, as nerdctl leaves it
    before, journal = host.snapshot(), MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    assert plan(wanted(), host.snapshot(), made=journal.made).pending == ()
    outcome = destroy(HereSession(host), wanted(), made=journal.made, journal=journal, pace=QUICK)
    assert outcome.nothing_left
    assert host.snapshot() == before


def test_a_container_that_nerdctl_ran_by_hand_is_adopted_and_given_back(host: EmulatedHost) -> None:
    """Its endpoint on nat is its own; what hnskit puts beside it goes again, the route inside it too."""
    id = run_by_hand(host)
    before, journal = host.snapshot(), MemoryJournal()
    assert [(step.kind, step.name) for step in plan(wanted(), before).adopted] == [("container", "hnskit-client1")]
    apply(HereSession(host), wanted(), journal=journal, adopt=True, pace=QUICK)
    assert verify(HereSession(host), wanted()).ok
    destroy(HereSession(host), wanted(), made=journal.made, journal=journal, pace=QUICK)
    assert host.snapshot() == before
    assert host.snapshot().containers_called(id)


@pytest.mark.parametrize("engine", ["python", pytest.param("pwsh", marks=needs_engine)])
def test_the_same_through_the_door_of_each_engine(engine: str, tmp_path: Path) -> None:
    with Lab(tmp_path, profile="ws2022", engine=engine, runtime="containerd", pods=1) as lab:
        journal = MemoryJournal()
        with lab.session() as session:
            apply(session, wanted(), journal=journal, pace=QUICK)
            assert verify(session, wanted()).ok
            destroy(session, wanted(), made=journal.made, journal=journal, pace=QUICK)
        facts = lab.facts()
    assert [item.name for item in facts.endpoints if "hnskit" in item.name] == []
    assert facts.containers_called("hnskit-client1") == ()


def test_a_client_that_has_ended_is_started_and_redirected_again(host: EmulatedHost) -> None:
    journal = MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    nerdctl(host, "stop", "hnskit-client1")
    outcome = apply(HereSession(host), wanted(), made=journal.made, journal=journal, pace=QUICK)
    assert (Action.START, "container") in {(result.step.action, result.step.kind) for result in outcome.done}
    assert verify(HereSession(host), wanted()).ok


def test_a_host_without_nerdctl_is_refused_before_any_change(host: EmulatedHost) -> None:
    host.set_fault("nerdctl_missing", True)
    before = host.snapshot()
    with pytest.raises(PreflightError, match=r"nerdctl\.exe was not found"):
        apply(HereSession(host), wanted(), pace=QUICK)
    assert host.snapshot() == before


def test_a_container_of_ctrs_in_place_of_nerdctls_is_refused_with_the_command(host: EmulatedHost) -> None:
    assert host.containerd is not None
    host.containerd.run("ctr", ["run", "--detach", IMAGE, "hnskit-client1", "ping.exe", "-t", "localhost"])
    (step,) = plan(wanted(), host.snapshot()).refused
    assert "run by ctr, not by nerdctl" in step.reason


def test_nerdctl_on_docker_is_a_mistake_of_the_parameters() -> None:
    emulator = PARAMS.parent / "emulator.yaml"
    with pytest.raises(ParamsError, match="runner"):
        load_params(emulator, overrides=("clients[0].runner=nerdctl",))


def test_going_back_takes_the_second_endpoint_and_the_container_away(host: EmulatedHost) -> None:
    run_by_hand(host)
    nerdctl(host, "rm", "--force", "hnskit-client1")
    before, session = host.snapshot(), HereSession(host)

    def end_it(call: Any) -> None:
        if call["id"].startswith("step: create route 169.254.169.254 in hnskit-client1"):
            nerdctl(host, "stop", "hnskit-client1")

    session.before_call = end_it
    with pytest.raises(StepError, match="undone"):
        apply(session, wanted(), rollback=True, pace=QUICK)
    assert host.snapshot() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "-d", "--network", "bridge1", IMAGE], "no such network"),
        (["run", "-d", "--ip", "10.0.0.9", IMAGE], "not supported on Windows: map[--ip-address:10.0.0.9]"),
        (["run", "-d", "no:1"], 'image "no:1": not found'),
        (["rm", "nobody"], "no such container nobody"),
        (["network", "create", "x"], "nerdctl network create is not emulated"),
    ],
)
def test_what_nerdctl_refuses_is_told_in_its_words(host: EmulatedHost, words: list[str], said: str) -> None:
    ran = nerdctl(host, *words)
    assert ran.exit_code == 1
    assert said in ran.stderr


def test_nerdctl_without_a_network_has_no_namespace(host: EmulatedHost) -> None:
    before = host.snapshot().namespaces
    assert nerdctl(host, "run", "-d", "--network", "none", "--name", "bare", IMAGE, "ping.exe", "-t", "localhost")
    assert host.snapshot().namespaces == before
    (shown,) = json.loads(nerdctl(host, "inspect", "--mode=native", "bare").stdout)
    assert "network" not in shown["Spec"]["windows"]
