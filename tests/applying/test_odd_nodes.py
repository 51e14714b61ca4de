"""Nodes of containerd that are not as they should be, and large ones: a sentence, and no request too many."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.applying.verification import verify
from hnskit.emulator.host import create_host
from hnskit.emulator.host.containers import Ran
from hnskit.errors import PreflightError
from hnskit.facts.host_facts import gather_facts
from hnskit.planning.setup import plan
from tests import sample_facts
from tests.fault_proxy import FaultProxy
from tests.in_process_host import QUICK, HereSession, Lab, MemoryJournal


def test_json_that_is_cut_is_a_sentence_and_changes_nothing() -> None:
    host = create_host("lab", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1})
    before, session = host.snapshot(), HereSession(host)

    def cut(answer: dict[str, Any]) -> str | None:
        if answer["id"] != "containerd":
            return None
        rows = [{**row, "StdOut": row["StdOut"][:200]} if row["List"] == "pods" else row for row in answer["output"]]
        return json.dumps({**answer, "output": rows})

    session.answered = cut
    with pytest.raises(PreflightError, match="what crictl lists as pods is not JSON"):
        apply(session, sample_facts.desired_by("pods"), pace=QUICK)
    assert host.snapshot() == before


def test_a_crictl_that_does_not_understand_an_old_containerd_leaves_the_pods_to_ctr() -> None:
    """crictl speaks CRI v1 alone; the request inside a pod goes by ctr then, and the host is given back."""
    host = create_host("lab", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1})
    tools = host.containerd
    assert tools is not None
    run = tools.run

    def old(tool: str, words: Sequence[str]) -> Ran:
        said = "rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService\n"
        return Ran(1, "", said) if tool == "crictl" else run(tool, words)

    tools.run = old  # type: ignore[method-assign]
    before, journal = host.snapshot(), MemoryJournal()
    assert before.pods
    assert "unknown service" in "".join(problem.message for problem in before.problems)
    wanted = sample_facts.desired_by("pods", "verify.proof={header: {name: Via}}")
    apply(HereSession(host), wanted, journal=journal, pace=QUICK)
    assert verify(HereSession(host), wanted).ok
    destroy(HereSession(host), wanted, made=journal.made, journal=journal, pace=QUICK)
    assert host.snapshot() == before


def test_a_node_without_ctr_is_refused_the_proxys_route_and_changes_nothing() -> None:
    """crictl runs nothing as another user; the operator may add the route, and say so."""
    host = create_host("lab", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1})
    host.set_fault("ctr_missing", True)
    before = host.snapshot()
    with pytest.raises(PreflightError, match=r"proxy\.route: false"):
        apply(HereSession(host), sample_facts.desired_by("pods"), pace=QUICK)
    assert host.snapshot() == before
    assert not plan(sample_facts.desired_by("pods", "proxy.route=false"), before).refused


def test_a_node_with_neither_tool_is_told_what_to_install() -> None:
    host = create_host("lab", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1})
    host.set_fault("ctr_missing", True)
    host.set_fault("crictl_missing", True)
    with pytest.raises(PreflightError, match=r"nothing was changed: .* install Docker, or one of these"):
        apply(HereSession(host), sample_facts.desired_by("pods"), pace=QUICK)


def test_a_node_whose_containerd_is_stopped_is_not_proved_for_that_reason() -> None:
    host = create_host("lab", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1})
    host.set_fault("containerd_stopped", True)
    proof = verify(HereSession(host), sample_facts.desired_by("pods"))
    assert not proof.ok
    assert "Start-Service containerd" in proof.to_text()


def test_facts_of_110_pods_take_at_most_two_requests_more_than_those_of_two_containers(tmp_path: Path) -> None:
    counts = []
    for way in ("docker", "pods"):
        folder = tmp_path / way
        folder.mkdir()
        with Lab(folder, way=way, pods=110) as lab:
            if way == "docker":
                lab.here(lambda session: apply(session, sample_facts.desired(), pace=QUICK))
            with FaultProxy(lab.port) as proxy:
                with lab.session(proxy.port, operation_timeout=20, read_timeout=30) as session:
                    facts = gather_facts(session)
                counts.append(proxy.requests)
        assert len(facts.containers) == (3 if way == "docker" else 110)
    assert counts[1] <= counts[0] + 2, counts
