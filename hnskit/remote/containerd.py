"""containerd, through its own tools on the host: crictl for pods, ctr for the rest.

The members that are read are those of the tools' sources (containerd facts 32-34); whole prints of Windows hosts are
not public, so a member that is not there is "", never a failure.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hnskit.errors import ContainerdError, HostAnswerError
from hnskit.foreign_text.escaping import flat
from hnskit.model.json_reader import JsonReader
from hnskit.model.objects import Container, Image
from hnskit.model.runtime_objects import ContainerdVersion, Pod
from hnskit.model.wording import decimal_size
from hnskit.remote.runhcs_options import isolation_in
from hnskit.remote.session import Call, CallResult

OWN = "default"
"""containerd's namespace of the containers that hnskit runs: what ctr takes where none is named."""
PODS = "k8s.io"
"""containerd's namespace of pods (containerd fact 33)."""

_FOUND = "found"
"""In place of a list: a tool that is there, and was not asked."""
NERDCTL_NAME = "nerdctl/name"
"""Label of nerdctl's containers with the name that was given to them (containerd fact 34)."""

_STATES = {
    "CONTAINER_CREATED": "created", "CONTAINER_RUNNING": "running", "CONTAINER_EXITED": "exited",
    "CREATED": "created", "RUNNING": "running", "STOPPED": "exited", "PAUSED": "paused",
}  # fmt: skip
"""crictl's and ctr's words -> Docker's."""
_EXITED = re.compile(r"\bexited with (?:code )?(\d{1,9})\b")
"""As crictl and ctr say that a program ended with another status than 0."""
_RUNTIME_VERSION = re.compile(r"^RuntimeVersion:\s*v?(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ContainerdAnswer:
    """All that the tools of one host told."""

    version: ContainerdVersion | None = None
    """None where there is neither crictl nor ctr."""
    pods: tuple[Pod, ...] = ()
    containers: tuple[Container, ...] = ()
    images: tuple[Image, ...] = ()
    refusals: tuple[str, ...] = field(default=())
    """One sentence for each run that failed."""


def fact_calls() -> list[Call]:
    """Return the call that a snapshot makes to containerd."""
    return [Call("containerd", "Get-HnskitContainerd", reads=True)]


def command(id: str, tool: str, *arguments: str, namespace: str = "", timeout: int = 600, reads: bool = False) -> Call:
    """One run of crictl, ctr or nerdctl; `namespace` is containerd's, `timeout` in seconds, `reads` as in `Call`."""
    parameters = {"Tool": tool, "ArgumentList": list(arguments), "TimeoutSeconds": timeout}
    if namespace:
        parameters["Namespace"] = namespace
    return Call(id, "Invoke-HnskitContainerTool", parameters, reads)


def execute(id: str, container: Container, arguments: Sequence[str], *, user: str = "", timeout: int = 120,
            reads: bool = False, tools: Sequence[str] = ("crictl", "ctr")) -> Call:  # fmt: skip
    """Run a program inside a container: by crictl in a pod, where a user cannot be chosen, else by ctr.

    `tools` are those that the host has: where crictl is not one, ctr runs it in a pod, too.
    """
    if container.runtime_namespace == PODS and not user and "crictl" in tools:
        return command(id, "crictl", "exec", "--sync", container.id, *arguments, timeout=timeout, reads=reads)
    # Each process of a task has an id of its own; a second one of the same id is refused.
    marked = ("exec", "--exec-id", f"hnskit-{secrets.token_hex(8)}")
    words = [*marked, *(["--user", user] if user else []), container.id, *arguments]
    namespace = container.runtime_namespace or "default"
    return command(id, "ctr", "tasks", *words, namespace=namespace, timeout=timeout, reads=reads)


def read_node(result: CallResult) -> ContainerdAnswer:
    """Read what `Get-HnskitContainerd` put out.

    Raises:
        RemoteCommandError: it could not be run at all.
        ContainerdError: containerd refused every list.
        HostAnswerError: what came is not what the tools print.
    """
    every = [_Run.of(answer) for answer in result.values()]
    runs, there = [run for run in every if run.listed != _FOUND], [run.tool for run in every if run.listed == _FOUND]
    if not runs:
        return ContainerdAnswer()
    refusals = tuple(f"{run.tool} {run.listed}: {run.reason}" for run in runs if run.exit_code)
    heard = [run for run in runs if not run.exit_code]
    tools = tuple(dict.fromkeys(run.tool for run in runs))
    if not heard:
        version = ContainerdVersion("", tools, error=runs[0].reason)
        return ContainerdAnswer(version=version, refusals=refusals)
    pods = tuple(_pod(item) for run in _of(heard, "crictl", "pods") for item in run.objects("items"))
    sandboxes, own = _of_ctr(heard)
    pods += tuple(pod for pod in sandboxes if pod.id not in {item.id for item in pods})
    named = {pod.id: pod for pod in pods}
    listed = [item for run in _of(heard, "crictl", "containers") for item in run.objects("containers")]
    containers = [_pod_container(item, named) for item in listed]
    found = _RUNTIME_VERSION.search("\n".join(run.stdout for run in _of(heard, "crictl", "version")))
    return ContainerdAnswer(
        version=ContainerdVersion(found[1] if found else "", (*dict.fromkeys(run.tool for run in heard), *there)),
        pods=pods,
        containers=(*containers, *_named_apart(_in_pods(own, named))),
        images=tuple(_images(heard)),
        refusals=refusals,
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of a tool."""

    tool: str
    listed: str
    namespace: str
    exit_code: int
    stdout: str
    stderr: str

    @staticmethod
    def of(answer: Mapping[str, Any]) -> _Run:
        reader = JsonReader(answer, "Get-HnskitContainerd")
        code = answer.get("ExitCode")
        if isinstance(code, bool) or not isinstance(code, int):
            raise HostAnswerError("this is not what a run of containerd's tools answers", got=answer)
        return _Run(
            reader.text("Tool"), reader.text("List"), reader.text("Namespace"), code, reader.text("StdOut"),
            reader.text("StdErr"),
        )  # fmt: skip

    @property
    def reason(self) -> str:
        """The words of the tool, in one line."""
        return flat(self.stderr) or flat(self.stdout) or f"it ended with status {self.exit_code} and gave no reason"

    def json(self) -> Any:
        try:
            return json.loads(self.stdout)
        except (ValueError, RecursionError) as cause:
            raise HostAnswerError(f"what {self.tool} lists as {self.listed} is not JSON", got=self.stdout) from cause

    def objects(self, key: str) -> list[JsonReader]:
        """The objects of a list of crictl."""
        return JsonReader(self.json(), f"{self.tool} {self.listed}").objects(key)


def _of(runs: Iterable[_Run], tool: str, listed: str) -> list[_Run]:
    return [run for run in runs if (run.tool, run.listed) == (tool, listed)]


def _pod(item: JsonReader) -> Pod:
    metadata = item.nested("metadata")
    return Pod(
        id=_needed(item, "id"),
        name=_needed(metadata, "name"),
        namespace=metadata.text("namespace"),
        uid=metadata.text("uid"),
        ready=item.text("state") == "SANDBOX_READY",
        labels=_texts(item.nested("labels")),
        created_at=_moment(item.number("createdAt")),
        runtime_handler=item.text("runtimeHandler"),
    )


def _pod_container(item: JsonReader, pods: Mapping[str, Pod]) -> Container:
    pod_id, labels = item.text("podSandboxId"), _texts(item.nested("labels"))
    name = item.nested("metadata").text("name")
    return Container(
        id=_needed(item, "id"),
        name=f"{_pod_name(pods.get(pod_id), labels)}/{name}",
        image=item.nested("image").text("userSpecifiedImage") or item.nested("image").text("image"),
        image_id=item.text("imageRef"),
        status=_STATES.get(item.text("state"), "unknown"),
        labels=labels,
        isolation=_isolation(pods[pod_id].runtime_handler) if pod_id in pods else "",
        started_at=_moment(item.number("createdAt")),
        runtime="containerd",
        runtime_namespace=PODS,
        pod_id=pod_id,
    )


def _pod_name(pod: Pod | None, labels: Mapping[str, str]) -> str:
    if pod is not None:
        return pod.full_name
    return f"{labels.get('io.kubernetes.pod.namespace', '')}/{labels.get('io.kubernetes.pod.name', '')}"


def _of_ctr(runs: Sequence[_Run]) -> tuple[list[Pod], list[Container]]:
    """Sandboxes and containers, from `ctr containers info` and `ctr tasks list`."""
    states = {
        (run.namespace, words[0]): _STATES.get(words[-1], "unknown")
        for run in _of(runs, "ctr", "tasks")
        for words in (line.split() for line in run.stdout.splitlines()[1:])
        if len(words) >= 3
    }
    pods, containers, isolated = list[Pod](), list[Container](), set[str]()
    for run in _of(runs, "ctr", "info"):
        item = JsonReader(run.json(), "ctr containers info")
        labels = _texts(item.nested("Labels"))
        status = states.get((run.namespace, _needed(item, "ID")), "created")
        if labels.get("io.cri-containerd.kind") == "sandbox":
            pods.append(_sandbox(item, labels, status))
            isolated.update({pods[-1].id} if isolation_in(item) == "hyperv" else ())
        else:
            containers.append(_ctr_container(item, labels, status, run.namespace))
    return pods, [replace(item, isolation="hyperv") if item.pod_id in isolated else item for item in containers]


def _sandbox(item: JsonReader, labels: Mapping[str, str], status: str) -> Pod:
    return Pod(
        id=item.text("ID"),
        name=labels.get("io.kubernetes.pod.name", ""),
        namespace=labels.get("io.kubernetes.pod.namespace", ""),
        uid=labels.get("io.kubernetes.pod.uid", ""),
        ready=status == "running",
        labels=labels,
        created_at=item.text("CreatedAt"),
        runtime_handler=item.nested("Runtime").text("Name"),
    )


def _ctr_container(item: JsonReader, labels: Mapping[str, str], status: str, namespace: str) -> Container:
    spec = item.nested("Spec")
    windows, process = spec.nested("windows"), spec.nested("process")
    guid = windows.nested("network").text("networkNamespace") or labels.get("nerdctl/network-namespace", "")
    return Container(
        id=item.text("ID"),
        name=labels.get(NERDCTL_NAME) or item.text("ID"),
        image=item.text("Image"),
        image_id="",
        status=status,
        command=tuple(word for word in process.items("args") if isinstance(word, str)),
        labels=labels,
        isolation=isolation_in(item),
        started_at=item.text("CreatedAt"),
        runtime="containerd",
        runtime_namespace=namespace,
        pod_id=item.text("SandboxID") or spec.nested("annotations").text("io.kubernetes.cri.sandbox-id"),
        network_namespace=guid.lower(),
    )


def _in_pods(containers: Iterable[Container], pods: Mapping[str, Pod]) -> Iterable[Container]:
    """Containers that ctr listed, those of pods under the name that crictl would give them."""
    for item in containers:
        if item.runtime_namespace != PODS:
            yield item
            continue
        name = item.labels.get("io.kubernetes.container.name", item.id)
        yield replace(item, name=f"{_pod_name(pods.get(item.pod_id), item.labels)}/{name}")


def _named_apart(containers: Iterable[Container]) -> Iterable[Container]:
    """Containers with their namespace before a name that two namespaces have."""
    found = list(containers)
    names = [item.name for item in found]
    for item in found:
        twice = names.count(item.name) > 1
        yield replace(item, name=f"{item.runtime_namespace}:{item.name}") if twice else item


def _images(runs: Sequence[_Run]) -> Iterable[Image]:
    for run in _of(runs, "crictl", "images"):
        for item in run.objects("images"):
            for name in item.texts("repoTags"):
                yield Image(item.text("id"), name, decimal_size(item.number("size") or 0), "containerd", PODS)
    for run in _of(runs, "ctr", "images"):
        for name in run.stdout.split():
            if not name.startswith("sha256:") and "@sha256:" not in name:
                yield Image("", name, "", "containerd", run.namespace)


def _isolation(handler: str) -> str:
    return "hyperv" if "hypervisor" in handler else "process"


def _texts(item: JsonReader) -> dict[str, str]:
    return {key: item.text(key) for key in item.json}


def _needed(item: JsonReader, key: str) -> str:
    text = item.text(key)
    if not text:
        raise HostAnswerError(f"{item.where} has no {key}", got=item.json)
    return text


def _moment(nanoseconds: int | None) -> str:
    if not nanoseconds:
        return ""
    return datetime.fromtimestamp(min(nanoseconds // 10**9, 253402300799), UTC).isoformat(timespec="seconds")


def output(result: CallResult) -> str:
    """Return what a tool printed.

    Raises:
        ContainerdError: it ended with another status than 0.
        RemoteCommandError: it could not be run at all.
    """
    code, stdout, stderr = finished(result)
    if code != 0:
        said = flat(stderr) or flat(stdout) or "it gave no reason"
        raise ContainerdError(
            f"containerd's tool ended with status {code}: {said}", exit_code=code, stderr=stderr, object=result.id
        )
    return stdout


def logs(id: str, container: Container, *, tail: int = 200) -> Call:
    """The last lines that a pod's container printed; ctr keeps no log of its own containers."""
    return command(id, "crictl", "logs", "--tail", str(tail), container.id, reads=True)


def executed(result: CallResult) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a program that `execute` ran: crictl tells its status in words (fact 72)."""
    code, stdout, stderr = finished(result)
    said = _EXITED.search(stderr)
    if not code or said is None:
        return code, stdout, stderr
    return int(said[1]), stdout, stderr[said.end() :].lstrip(" :") or stderr


def finished(result: CallResult) -> tuple[int, str, str]:
    """Exit status, stdout and stderr, whatever the status."""
    answer = result.value()
    try:
        return int(answer["ExitCode"]), str(answer["StdOut"]), str(answer["StdErr"])
    except (KeyError, TypeError, ValueError, OverflowError) as cause:
        raise HostAnswerError("this is not what a run of containerd's tools answers", got=answer) from cause


READERS: dict[str, Callable[[CallResult], ContainerdAnswer]] = {"containerd": read_node}
"""Call id of `fact_calls` -> the function that reads its result."""
