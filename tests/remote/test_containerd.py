"""containerd's tools are read member by member; what they do not print is empty, what they refuse is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hnskit.errors import ContainerdError, HostAnswerError
from hnskit.model.objects import Container
from hnskit.remote import containerd
from hnskit.remote.session import CallResult

POD = {
    "id": "a" * 64, "metadata": {"name": "web-1", "uid": "u", "namespace": "default", "attempt": 0},
    "state": "SANDBOX_READY", "createdAt": "1764000000000000000", "labels": {"app": "web"}, "annotations": {},
    "runtimeHandler": "runhcs-wcow-process",
}  # fmt: skip
WEB = {
    "id": "b" * 64, "podSandboxId": "a" * 64, "metadata": {"name": "web", "attempt": 2},
    "image": {"image": "sha256:1", "userSpecifiedImage": "web:1"}, "imageRef": "sha256:1", "state": "CONTAINER_RUNNING",
    "createdAt": "1764000000000000000", "labels": {}, "annotations": {},
}  # fmt: skip
INFO = {
    "ID": "client", "Labels": {"hnskit.network": "n"}, "Image": "nano:1", "CreatedAt": "2026-01-01T00:00:00Z",
    "Spec": {"process": {"args": ["ping.exe", "-t", "a, b"]}, "windows": {"network": {"networkNamespace": "ABC-1"}}},
}  # fmt: skip


def row(tool: str, listed: str, out: Any, *, namespace: str = "", code: int = 0, error: str = "") -> dict[str, Any]:
    text = out if isinstance(out, str) else json.dumps(out)
    return {"Tool": tool, "List": listed, "Namespace": namespace, "ExitCode": code, "StdOut": text, "StdErr": error}


def read(*rows: dict[str, Any]) -> containerd.ContainerdAnswer:
    return containerd.read_node(CallResult("containerd", list(rows), 0))


def test_a_host_without_the_tools_has_no_containerd() -> None:
    assert read() == containerd.ContainerdAnswer()


def test_a_pod_and_its_container_are_read_from_crictl() -> None:
    node = read(
        row("crictl", "version", "Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v1.7.2\n"),
        row("crictl", "pods", {"items": [POD]}),
        row("crictl", "containers", {"containers": [WEB]}),
    )
    assert node.version is not None
    assert (node.version.version, node.version.tools) == ("1.7.2", ("crictl",))
    assert [(pod.full_name, pod.ready, pod.created_at) for pod in node.pods] == [
        ("default/web-1", True, "2025-11-24T16:00:00+00:00")
    ]
    (web,) = node.containers
    assert (web.name, web.image, web.status, web.pod_id) == ("default/web-1/web", "web:1", "running", "a" * 64)
    assert (web.runtime, web.runtime_namespace, web.isolation) == ("containerd", "k8s.io", "process")


def test_a_container_of_ctr_has_the_namespace_of_its_spec_and_the_state_of_its_task() -> None:
    node = read(
        row("ctr", "namespaces", "default\n"),
        row("ctr", "tasks", "TASK      PID     STATUS\nclient    1234    STOPPED\n", namespace="default"),
        row("ctr", "info", INFO, namespace="default"),
    )
    (client,) = node.containers
    assert (client.name, client.status, client.network_namespace) == ("client", "exited", "abc-1")
    assert client.command == ("ping.exe", "-t", "a, b")


def test_a_container_without_a_task_is_created() -> None:
    (client,) = read(row("ctr", "info", INFO, namespace="default")).containers
    assert client.status == "created"


def test_where_there_is_no_crictl_pods_are_read_from_ctr() -> None:
    labels = {"io.kubernetes.pod.name": "web-1", "io.kubernetes.pod.namespace": "default"}
    spec = {"annotations": {"io.kubernetes.cri.sandbox-id": "a" * 64}}
    pause = {"ID": "a" * 64, "Labels": {**labels, "io.cri-containerd.kind": "sandbox"}, "Spec": {}}
    web = {"ID": "b" * 64, "Labels": {**labels, "io.kubernetes.container.name": "web"}, "Image": "web:1", "Spec": spec}
    node = read(
        row("ctr", "namespaces", "k8s.io\n"),
        row("ctr", "tasks", f"TASK PID STATUS\n{'a' * 64} 1 RUNNING\n{'b' * 64} 2 RUNNING\n", namespace="k8s.io"),
        row("ctr", "info", pause, namespace="k8s.io"),
        row("ctr", "info", web, namespace="k8s.io"),
    )
    assert [(pod.full_name, pod.ready) for pod in node.pods] == [("default/web-1", True)]
    assert [(item.name, item.pod_id) for item in node.containers] == [("default/web-1/web", "a" * 64)]


@pytest.mark.parametrize(
    ("options", "isolation"),
    [
        ({"type_url": "containerd.runhcs.v1.Options", "value": "Kg13aW5kb3dzL2FtZDY0MAE="}, "hyperv"),
        ({"type_url": "type.googleapis.com/containerd.runhcs.v1.Options", "value": "MAE="}, "hyperv"),
        ({"type_url": "containerd.runhcs.v1.Options", "value": "Kg13aW5kb3dzL2FtZDY0"}, "process"),
        ({"type_url": "containerd.runhcs.v1.Options", "value": "Kg13"}, "process"),
        ({"type_url": "containerd.runhcs.v1.Options", "value": "Kv////////////8BMAE="}, "process"),
        ({"type_url": "containerd.runhcs.v1.Options", "value": "not base64"}, "process"),
        ({"type_url": "containerd.runc.v1.Options", "value": "MAE="}, "process"),
        (None, "process"),
    ],
)
def test_the_isolation_of_a_container_of_ctr_is_in_the_options_of_its_shim(options: Any, isolation: str) -> None:
    """Field 6 of hcsshim's runhcs.proto; a message that is cut, or another shim's, says nothing."""
    info = {**INFO, "Runtime": {"Name": "io.containerd.runhcs.v1", "Options": options}}
    (client,) = read(row("ctr", "info", info, namespace="default")).containers
    assert client.isolation == isolation


def test_one_name_in_two_namespaces_is_told_apart() -> None:
    node = read(row("ctr", "info", INFO, namespace="default"), row("ctr", "info", INFO, namespace="jobs"))
    assert [item.name for item in node.containers] == ["default:client", "jobs:client"]


def test_a_list_that_is_refused_is_a_sentence_and_the_others_are_read() -> None:
    node = read(
        row("crictl", "pods", "", code=1, error="FATA[0000] denied\n"),
        row("crictl", "containers", {"containers": [WEB]}),
    )
    assert node.refusals == ("crictl pods: FATA[0000] denied",)
    assert len(node.containers) == 1


def test_containerd_that_does_not_answer_is_told_with_its_tools() -> None:
    node = read(row("crictl", "version", "", code=1, error="no pipe"), row("ctr", "namespaces", "", code=1, error="x"))
    assert node.version is not None
    assert (node.version.error, node.version.tools) == ("no pipe", ("crictl", "ctr"))


@pytest.mark.parametrize("text", ['{"items": [{"id": "', "[]", '{"items": [{"metadata": {"name": "x"}}]}'])
def test_json_that_is_cut_or_of_another_form_is_an_answer_that_makes_no_sense(text: str) -> None:
    with pytest.raises(HostAnswerError):
        read(row("crictl", "pods", text))


def test_a_refused_run_of_a_tool_carries_its_status_and_words() -> None:
    answer = {"ExitCode": 1, "StdOut": "", "StdErr": "ctr: not found\n"}
    with pytest.raises(ContainerdError) as caught:
        containerd.output(CallResult("kill", [answer], 0))
    assert (caught.value.exit_code, caught.value.stderr) == (1, "ctr: not found\n")


def test_a_program_in_a_pod_is_run_by_crictl_and_any_other_by_ctr() -> None:
    pod = Container("b" * 64, "default/web-1/web", "", "", "running", runtime="containerd", runtime_namespace="k8s.io")
    own = Container("client", "client", "", "", "running", runtime="containerd", runtime_namespace="default")
    words = [
        (call.parameters["Tool"], call.parameters["ArgumentList"][0])
        for call in (
            containerd.execute("x", pod, ["hostname.exe"]),
            containerd.execute("x", pod, ["route.exe"], user="ContainerAdministrator"),
            containerd.execute("x", own, ["hostname.exe"]),
        )
    ]
    assert words == [("crictl", "exec"), ("ctr", "tasks"), ("ctr", "tasks")]


def test_the_size_of_an_image_is_told_as_docker_tells_it() -> None:
    """crictl prints a number of 64 bits as text, as JSON of protobuf has it."""
    image = {"id": "sha256:1", "repoTags": ["web:1"], "size": "103424512"}
    (web,) = read(row("crictl", "images", {"images": [image]})).images
    assert (web.name, web.size) == ("web:1", "103MB")
