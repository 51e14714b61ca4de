"""The emulated node: its pods live in HNS namespaces, and its tools tell of them on both engines alike."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hnskit.emulator import registry
from hnskit.emulator.emulator_commands import emulator
from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.facts.host_facts import Facts, gather_facts
from tests.emulator.engines import Served, needs_engine, say
from tests.in_process_host import HereSession
from tests.waiting import wait_for


@pytest.fixture
def node() -> EmulatedHost:
    return create_host("node", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1})


def container(facts: Facts, name: str) -> Any:
    (found,) = facts.containers_called(name)
    return found


def test_a_pod_has_a_namespace_a_compartment_and_an_endpoint_of_its_cni(node: EmulatedHost) -> None:
    facts = node.snapshot()
    web = container(facts, "web")
    namespace, compartment = facts.namespace_of(web), facts.compartment_of(web)
    assert namespace is not None
    assert compartment is not None
    assert namespace.compartment_id == compartment.id
    (endpoint,) = facts.endpoints_of(web)
    assert endpoint.name == f"{web.pod_id}_cbr0"
    assert web.pod_id in namespace.containers
    assert web.id in namespace.containers


def test_a_host_process_pod_has_no_namespace_and_no_endpoint(node: EmulatedHost) -> None:
    facts = node.snapshot()
    proxy = container(facts, "kube-proxy")
    assert facts.namespace_of(proxy) is None
    assert facts.endpoints_of(proxy) == ()


def test_a_node_without_docker_has_nothing_to_complain_of(node: EmulatedHost) -> None:
    facts = node.snapshot()
    assert facts.problems == ()
    assert facts.docker is None
    assert facts.containerd is not None


def test_a_missing_docker_is_known_by_the_id_of_its_error_and_not_by_its_words(node: EmulatedHost) -> None:
    def in_other_words(answer: dict[str, Any]) -> str:
        return json.dumps(answer).replace("docker.exe was not found on PATH.", "docker.exe fehlt.")

    session = HereSession(node)
    session.answered = in_other_words
    assert gather_facts(session).problems == ()


def test_a_pod_that_is_replaced_leaves_no_namespace_endpoint_or_compartment_behind(node: EmulatedHost) -> None:
    before = node.snapshot()
    containerd = node._containerd
    sandbox = next(item for item in containerd.sandboxes if item.labels["app"] == "web")
    containerd.end_pod(sandbox)
    after = node.snapshot()
    for name in ("namespaces", "endpoints", "compartments", "pods", "containers"):
        assert len(getattr(after, name)) == len(getattr(before, name)) - 1, name


def test_pods_come_and_go_in_turn(node: EmulatedHost) -> None:
    before = {pod.name: pod for pod in node.snapshot().pods}
    gone = node.churn()
    assert {pod.full_name for pod in before.values()} - {pod.full_name for pod in node.snapshot().pods} == {gone}
    come = node.churn()
    facts = node.snapshot()
    (new,) = [pod for pod in facts.pods if pod.name not in before]
    assert (new.full_name, len(facts.pods)) == (come, len(before))
    assert new.labels["app"] == before[gone.partition("/")[2]].labels["app"]


def has_pods(entry: registry.RegistryEntry, count: int) -> bool:
    return bool(entry.ask({"do": "status"})["host"]["pods"] == count)


def test_a_host_whose_pods_come_and_go_does_so_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path))
    words = ["start", "node", "--runtime", "containerd", "--profile", "ws2022", "--churn", "0.3"]
    assert CliRunner().invoke(emulator, words).exit_code == 0
    entry = registry.get("node")
    try:
        for count in (4, 3, 4):
            wait_for(functools.partial(has_pods, entry, count), f"never {count} pods")
    finally:
        registry.stop("node")


def test_pods_that_come_and_go_are_refused_on_a_host_without_any() -> None:
    done = CliRunner().invoke(emulator, ["start", "node", "--churn", "5"])
    assert done.exit_code == 2
    assert "--runtime containerd" in done.output


def test_a_namespace_that_leaks_stays_with_a_dead_container_and_is_never_deleted(node: EmulatedHost) -> None:
    web = container(node.snapshot(), "web")
    node.set_fault("namespace_leaks", 1)
    node._containerd.end_pod(next(item for item in node._containerd.sandboxes if item.id == web.pod_id))
    facts = node.snapshot()
    (leaked,) = [item for item in facts.namespaces if item.state == 4]
    assert web.pod_id in leaked.containers
    assert leaked.endpoints == ()
    _, answer = node.hns.call("DELETE", f"/namespaces/{leaked.id}", "")
    assert json.loads(answer)["ErrorCode"] == 0x803B0015
    assert node.faults.namespace_leaks == 0


def run(node: EmulatedHost, *words: str) -> Any:
    assert node.containerd is not None
    return node.containerd.run("ctr", words)


def test_ctr_run_gets_a_namespace_without_an_endpoint(node: EmulatedHost) -> None:
    image = "mcr.microsoft.com/windows/nanoserver:ltsc2022"
    done = run(node, "run", "--detach", "--label", "a=b", image, "client", "ping.exe", "-t", "localhost")
    assert done.exit_code == 0
    facts = node.snapshot()
    client = container(facts, "client")
    assert (client.labels, client.network_namespace) == ({"a": "b"}, "")
    assert facts.compartment_of(client) is not None
    assert facts.endpoints_of(client) == ()


def test_ctr_kill_and_delete_take_the_container_and_its_namespace_away(node: EmulatedHost) -> None:
    before = node.snapshot()
    image = "mcr.microsoft.com/windows/nanoserver:ltsc2022"
    run(node, "run", "-d", image, "client", "ping.exe", "-t", "localhost")
    assert run(node, "containers", "delete", "client").exit_code == 1
    assert run(node, "tasks", "kill", "-s", "SIGKILL", "client").exit_code == 0
    assert run(node, "containers", "delete", "client").exit_code == 0
    assert node.snapshot() == before


@pytest.mark.parametrize(
    ("tool", "words", "said"),
    [
        ("ctr", ["containers", "info", "none"], 'container "none" in namespace "default": not found'),
        ("ctr", ["run", "--net-host", "a", "b"], "cannot use host mode networking with Windows containers"),
        ("ctr", ["run", "-d", "no:1", "b"], 'image "no:1": not found'),
        ("crictl", ["inspectp", "f" * 64], "not found"),
        ("crictl", ["rmp", "x"], "hnskit emulator: crictl rmp x is not emulated"),
        ("ctr", ["snapshots", "ls"], "hnskit emulator: ctr snapshots ls is not emulated"),
    ],
)
def test_what_a_tool_refuses_is_told_in_its_words(node: EmulatedHost, tool: str, words: list[str], said: str) -> None:
    assert node.containerd is not None
    done = node.containerd.run(tool, words)
    assert done.exit_code == 1
    assert said in done.stderr


def test_crictl_exec_has_the_exit_status_of_the_program_in_its_words_alone(node: EmulatedHost) -> None:
    assert node.containerd is not None
    web = container(node.snapshot(), "web")
    done = node.containerd.run("crictl", ["exec", "--sync", web.id, "curl.exe", "-sS", "http://169.254.169.254/"])
    assert done.exit_code == 1
    assert "exited with " in done.stderr


def test_containerd_needs_a_windows_with_namespaces() -> None:
    with pytest.raises(ValueError, match="namespaces"):
        create_host("old", "rs4", {"runtime": "containerd"})


ROW = tuple[str, str, str, int]


def listed(engine: str, folder: Path, faults: dict[str, bool]) -> list[ROW]:
    """The runs of Get-HnskitContainerd: tool, list, containerd's namespace, exit status."""
    with Served(engine, folder, profile="ws2022", runtime="containerd", seed=7, faults=faults) as served:
        with served.pool() as pool:
            request = json.dumps({"id": "c", "command": "Get-HnskitContainerd", "parameters": {}})
            said = say(pool, ("Invoke-HnskitCall", {"Call": [request]}))
        text = next(value for message in said.messages for value in message.fields.values() if '"id":"c"' in value)
        return [(row["Tool"], row["List"], row["Namespace"], row["ExitCode"]) for row in json.loads(text[2:])["output"]]


@needs_engine
@pytest.mark.parametrize(
    ("faults", "there", "absent"),
    [
        ([], ("crictl", "pods", "", 0), ("ctr", "info", "k8s.io", 0)),
        (["crictl_missing"], ("ctr", "info", "k8s.io", 0), ("crictl", "version", "", 0)),
        (["ctr_missing"], ("crictl", "pods", "", 0), ("ctr", "namespaces", "", 0)),
        (["containerd_stopped"], ("crictl", "version", "", 1), ("crictl", "pods", "", 0)),
    ],
)
def test_both_engines_list_a_node_by_the_tools_that_it_has(
    tmp_path: Path, faults: list[str], there: ROW, absent: ROW
) -> None:
    """Get-HnskitContainerd runs on a real PowerShell engine as its double does."""
    rows = [listed(engine, tmp_path / engine, dict.fromkeys(faults, True)) for engine in ("python", "pwsh")]
    assert rows[0] == rows[1]
    assert there in rows[0]
    assert absent not in rows[0]


@needs_engine
def test_both_engines_list_nothing_where_no_tool_is(tmp_path: Path) -> None:
    faults = dict.fromkeys(("crictl_missing", "ctr_missing", "nerdctl_missing"), True)
    assert [listed(engine, tmp_path / engine, faults) for engine in ("python", "pwsh")] == [[], []]
