"""The redirect of containers that hnskit runs with ctr: endpoints put into the HNS namespaces of runhcs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.applying.verification import verify
from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.errors import PreflightError, StepError
from hnskit.facts.host_facts import gather_facts
from hnskit.model.objects import Container, Namespace
from hnskit.params.desired import Desired, desired_from
from hnskit.params.loading import load_params
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action
from hnskit.remote.containerd import OWN
from tests import sample_facts
from tests.emulator.engines import needs_engine
from tests.in_process_host import QUICK, HereSession, Lab, MemoryJournal

PARAMS = Path(__file__).parents[2] / "params" / "containerd.example.yaml"


def wanted(*overrides: str) -> Desired:
    return desired_from(load_params(PARAMS, overrides=overrides))


@pytest.fixture
def host() -> EmulatedHost:
    return create_host("lab", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1, "pods": 2})


def test_the_redirect_is_set_up_proved_and_taken_away(host: EmulatedHost) -> None:
    before, journal = host.snapshot(), MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    assert verify(HereSession(host), wanted()).ok
    assert plan(wanted(), host.snapshot(), made=journal.made).pending == ()
    outcome = destroy(HereSession(host), wanted(), made=journal.made, journal=journal, pace=QUICK)
    assert outcome.nothing_left
    assert host.snapshot() == before


def test_another_command_replaces_a_container_of_ctr_and_keeps_its_endpoint(host: EmulatedHost) -> None:
    before, journal = host.snapshot(), MemoryJournal()
    first = apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    newer = wanted("clients[0].command=[ping.exe, -t, 127.0.0.1]")
    done = apply(HereSession(host), newer, made=journal.made, journal=journal, pace=QUICK)
    assert [result.step.id for result in done.done] == [
        f"{word} hnskit-client1" for word in ("detach endpoint", "delete container", "run container", "attach endpoint")
    ]
    assert [item.id for item in done.after.endpoints] == [item.id for item in first.after.endpoints]
    assert any("proved after hnskit-client1 was replaced" in note for note in done.notes)
    assert verify(HereSession(host), newer).ok
    assert destroy(HereSession(host), newer, made=journal.made, journal=journal, pace=QUICK).nothing_left
    assert host.snapshot() == before


def test_an_image_that_ctr_lacks_is_pulled_where_the_parameters_say_so(host: EmulatedHost) -> None:
    image = "mcr.microsoft.com/windows/servercore:ltsc2022"
    desired = wanted("image.pull=true", f"clients[0].image={image}")
    done = apply(HereSession(host), desired, pace=QUICK)
    assert f"pull image {image}" in [result.step.id for result in done.done]
    assert verify(HereSession(host), desired).ok


@pytest.mark.parametrize("engine", ["python", pytest.param("pwsh", marks=needs_engine)])
def test_the_same_through_the_door_of_each_engine(engine: str, tmp_path: Path) -> None:
    with Lab(tmp_path, profile="ws2022", engine=engine, runtime="containerd", pods=1) as lab:
        journal = MemoryJournal()
        with lab.session() as session:
            before = gather_facts(session)
            apply(session, wanted(), journal=journal, pace=QUICK)
            assert verify(session, wanted()).ok
            destroy(session, wanted(), made=journal.made, journal=journal, pace=QUICK)
            assert gather_facts(session) == before


def test_an_endpoint_is_put_into_the_namespace_of_its_container(host: EmulatedHost) -> None:
    apply(HereSession(host), wanted(), pace=QUICK)
    facts = host.snapshot()
    for name in ("hnskit-proxy", "hnskit-client1", "hnskit-client2"):
        (endpoint,) = facts.endpoints_named(name)
        (holder,) = [item for item in facts.namespaces if endpoint.id.lower() in map(str.lower, item.endpoints)]
        assert holder.containers == (name,)


def test_a_proxy_of_hnskits_own_serves_pods_that_are_there(host: EmulatedHost) -> None:
    """On a bridge of its own, beside the CNI's, whose endpoints are given back as they were."""
    pods = "pods=[{namespace: identity}]"
    before, journal = host.snapshot(), MemoryJournal()
    chosen = wanted("clients=[]", pods)
    apply(HereSession(host), chosen, journal=journal, pace=QUICK)
    proof = verify(HereSession(host), chosen)
    assert proof.ok
    assert [client.client.partition("-")[0] for client in proof.clients] == ["identity/metadata"]
    assert plan(chosen, host.snapshot(), made=journal.made).pending == ()
    outcome = destroy(HereSession(host), chosen, made=journal.made, journal=journal, pace=QUICK)
    assert outcome.nothing_left
    assert host.snapshot() == before


def test_a_container_whose_task_has_ended_is_started_in_a_new_namespace(host: EmulatedHost) -> None:
    journal = MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    engine = host._containerd
    engine.kill(engine.find("default", "hnskit-client1"))
    outcome = apply(HereSession(host), wanted(), made=journal.made, journal=journal, pace=QUICK)
    assert (Action.START, "container") in {(result.step.action, result.step.kind) for result in outcome.done}
    assert verify(HereSession(host), wanted()).ok


def test_a_container_of_dockers_with_the_same_name_is_left() -> None:
    host = create_host("lab", "ws2022", {"runtime": "both", "cut_seconds": 0, "seed": 1, "pods": 0})
    host.docker.run(["run", "--detach", "--name", "hnskit-client1", "mcr.microsoft.com/windows/nanoserver:ltsc2022",
                     "ping.exe", "-t", "localhost"])  # fmt: skip
    before, journal = host.snapshot(), MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    destroy(HereSession(host), wanted(), made=journal.made, journal=journal, pace=QUICK)
    assert host.snapshot() == before


def test_hyperv_isolation_is_refused(host: EmulatedHost) -> None:
    with pytest.raises(PreflightError, match="utility VM"):
        apply(HereSession(host), wanted("clients[0].isolation=hyperv"), pace=QUICK)


def test_an_image_that_ctr_does_not_have_is_refused_with_the_command(host: EmulatedHost) -> None:
    (step,) = plan(wanted("proxy.image=docker.io/library/other:1"), host.snapshot()).refused
    assert "ctr images pull docker.io/library/other:1" in step.reason


def test_a_containerd_that_does_not_answer_is_a_sentence(host: EmulatedHost) -> None:
    host.set_fault("containerd_stopped", True)
    with pytest.raises(PreflightError, match="containerd"):
        apply(HereSession(host), wanted(), pace=QUICK)


def test_going_back_removes_what_ctr_was_made_to_run(host: EmulatedHost) -> None:
    before, session, engine = host.snapshot(), HereSession(host), host._containerd

    def end_it(call: Mapping[str, Any]) -> None:
        if (
            call["id"] == "step: create route 169.254.169.254 in hnskit-proxy"
            and engine.find(OWN, "hnskit-proxy").running
        ):
            engine.kill(engine.find(OWN, "hnskit-proxy"))

    session.before_call = end_it
    with pytest.raises(StepError, match="undone"):
        apply(session, wanted(), rollback=True, pace=QUICK)
    assert host.snapshot() == before


def test_the_whole_id_of_one_container_is_not_the_beginning_of_another() -> None:
    """Two names of ctr of which one begins the other: each has the namespace that lists it whole."""
    one, other = (Container(name, name, "i", "", "running", runtime="containerd", runtime_namespace="default")
                  for name in ("hnskit-client1", "hnskit-client10"))  # fmt: skip
    spaces = tuple(
        Namespace(f"N{number}", 2 + number, containers=(item.id,)) for number, item in enumerate((one, other))
    )
    facts = replace(sample_facts.fresh(), containers=(one, other), namespaces=spaces)
    assert [facts.namespace_of(item) for item in (one, other)] == list(spaces)
    short = replace(facts, namespaces=tuple(replace(item, containers=("hnskit-clien",)) for item in spaces))
    assert short.namespace_of(one) is None
