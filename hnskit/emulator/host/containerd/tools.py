"""crictl.exe and ctr.exe of the emulated host: arguments in; exit code, stdout and stderr out; and the way to nerdctl.

The words are those of the tools' sources, written from memory: byte for byte they are UNCONFIRMED. What is not
emulated is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hnskit.emulator.host import programs
from hnskit.emulator.host.containerd import tool_json
from hnskit.emulator.host.containerd.containerd_engine import VERSION, Containerd, ContainerdRefusedError
from hnskit.emulator.host.containerd.nerdctl_tool import NerdctlTool
from hnskit.emulator.host.containerd.sandboxes import PODS, ContainerdContainer
from hnskit.emulator.host.containers import Ran, Surroundings
from hnskit.emulator.host.docker_events import EventQuery, ctr_query

_PIPE = "npipe:////./pipe/containerd-containerd"
_PULL_SECONDS = 30.0
_RUN_SECONDS = 2.0


class ContainerdTools:
    """The command lines over one containerd."""

    def __init__(self, around: Surroundings, containerd: Containerd) -> None:
        self._around = around
        self._containerd = containerd
        self._nerdctl = NerdctlTool(around, containerd)
        self._crictl: Mapping[str, Callable[[list[str]], Ran]] = {
            "exec": self._crictl_exec, "images": self._crictl_images, "inspectp": self._crictl_inspectp,
            "logs": self._crictl_logs,
            "pods": self._crictl_pods, "ps": self._crictl_ps, "version": self._crictl_version,
        }  # fmt: skip
        self._ctr: Mapping[tuple[str, str], Callable[[str, list[str]], Ran]] = {
            ("containers", "info"): self._ctr_info, ("containers", "list"): self._ctr_containers,
            ("containers", "delete"): self._ctr_delete, ("images", "list"): self._ctr_images,
            ("images", "pull"): self._ctr_pull,
            ("namespaces", "list"): self._ctr_namespaces, ("tasks", "list"): self._ctr_tasks,
            ("tasks", "exec"): self._ctr_exec, ("tasks", "kill"): self._ctr_kill,
            ("tasks", "delete"): self._ctr_task_delete, ("tasks", "start"): self._ctr_task_start,
        }  # fmt: skip

    def run(self, tool: str, words: Sequence[str]) -> Ran:
        """One run of a tool."""
        words, namespace = _without_namespace(list(words))
        if self._containerd.stopped:
            return Ran(1, "", self._silent(tool))
        if tool == "nerdctl":
            return self._nerdctl.run(namespace, words)
        try:
            if tool == "crictl" and words and words[0] in self._crictl:
                return self._crictl[words[0]](words[1:])
            if tool == "ctr" and words and words[0] == "run":
                return self._ctr_run(namespace, words[1:])
            known = (_LONG.get(words[0], words[0]), _LONG.get(words[1], words[1])) if len(words) > 1 else ("", "")
            if tool == "ctr" and known in self._ctr:
                return self._ctr[known](namespace, words[2:])
        except ContainerdRefusedError as refusal:
            said = f"ctr: {refusal}" if tool == "ctr" else f"FATA[0000] rpc error: code = NotFound desc = {refusal}"
            return Ran(1, "", f"{said}\n")
        return Ran(1, "", f"hnskit emulator: {tool} {' '.join(words[:2])} is not emulated\n")

    def follow(self, words: list[str]) -> EventQuery | Ran:
        """One run of `ctr events`, which goes on; a Ran where there is no containerd."""
        if self._containerd.stopped:
            return Ran(1, "", self._silent("ctr"))
        return ctr_query(self._containerd.events, words[1:], lambda: "EOF" if self._containerd.stopped else "")

    @staticmethod
    def _silent(tool: str) -> str:
        """The tool's words where no containerd listens."""
        said = "open //./pipe/containerd-containerd: The system cannot find the file specified."
        if tool == "ctr":
            return f'ctr: failed to dial "//./pipe/containerd-containerd": {said}\n'
        place = f'validate CRI v1 runtime API for endpoint "{_PIPE}"'
        return f"FATA[0000] validate service connection: {place}: {said}\n"

    def _crictl_version(self, rest: list[str]) -> Ran:
        _none(rest, "crictl version")
        return Ran(stdout="Version:  0.1.0\nRuntimeName:  containerd\n"
                   f"RuntimeVersion:  v{VERSION}\nRuntimeApiVersion:  v1\n")  # fmt: skip

    def _crictl_pods(self, rest: list[str]) -> Ran:
        _json_output(rest, "crictl pods")
        newest = sorted(self._containerd.sandboxes, key=lambda item: -item.created)
        return _print({"items": [tool_json.pod_row(item) for item in newest]})

    def _crictl_ps(self, rest: list[str]) -> Ran:
        every = [word for word in rest if word not in ("--all", "-a")]
        _json_output(every, "crictl ps")
        shown = [item for item in self._containerd.containers if item.pod and (item.running or every != rest)]
        return _print({"containers": [tool_json.container_row(item) for item in shown]})

    def _crictl_images(self, rest: list[str]) -> Ran:
        _json_output(rest, "crictl images")
        images = [
            {"id": f"sha256:{abs(hash(name)):064x}"[:71], "repoTags": [name], "repoDigests": [],
             "size": str(content.bytes), "username": "", "pinned": False}
            for name, content in self._containerd.images[PODS].items()
        ]  # fmt: skip
        return _print({"images": images})

    def _crictl_inspectp(self, rest: list[str]) -> Ran:
        ids = [word for word in rest if not word.startswith("-") and word != "json"]
        found = [item for id in ids for item in self._containerd.sandboxes if item.id.startswith(id)]
        if not found:
            raise ContainerdRefusedError(
                f'an error occurred when try to find sandbox: sandbox "{" ".join(ids)}": not found'
            )
        shown = [tool_json.inspected_pod(item) for item in found]
        return _print(shown[0] if len(shown) == 1 else shown)

    def _crictl_exec(self, rest: list[str]) -> Ran:
        words = list(rest)
        if not words or words.pop(0) not in ("--sync", "-s"):
            return Ran(1, "", "hnskit emulator: crictl exec without --sync is not emulated\n")
        container = self._containerd.find(PODS, words[0])
        ran = self._in(container, words[1:], "")
        if ran.exit_code:
            # The exit status of the program is in the words alone.
            said = f"command '{' '.join(words[1:])}' exited with {ran.exit_code}: {ran.stderr}"
            return Ran(1, "", f"FATA[0000] execing command in container {container.id}: {said}\n", ran.seconds)
        return Ran(0, f"{ran.stdout}\n{ran.stderr}\n", "", ran.seconds)

    def _crictl_logs(self, rest: list[str]) -> Ran:
        if len(rest) != 3 or rest[0] != "--tail" or not rest[1].isdecimal():
            return Ran(1, "", "hnskit emulator: crictl logs without --tail is not emulated\n")
        lines = self._containerd.find(PODS, rest[2]).logs[-int(rest[1]) :]
        return Ran(stdout="".join(text for _, text in lines))

    def _ctr_namespaces(self, _namespace: str, rest: list[str]) -> Ran:
        _quiet(rest, "ctr namespaces list")
        return Ran(stdout="".join(f"{name}\n" for name in sorted(self._containerd.images)))

    def _ctr_containers(self, namespace: str, rest: list[str]) -> Ran:
        _quiet(rest, "ctr containers list")
        ids = [item.id for item in self._containerd.containers if item.runtime_namespace == namespace]
        if namespace == PODS:
            ids += [item.id for item in self._containerd.sandboxes]
        return Ran(stdout="".join(f"{id}\n" for id in sorted(ids)))

    def _ctr_info(self, namespace: str, rest: list[str]) -> Ran:
        sandbox = next((item for item in self._containerd.sandboxes if namespace == PODS and item.id in rest), None)
        if sandbox is not None:
            return _print(tool_json.sandbox_info(sandbox), indent=4)
        return _print(tool_json.container_info(self._exact(namespace, rest[0] if rest else "")), indent=4)

    def _ctr_tasks(self, namespace: str, rest: list[str]) -> Ran:
        _none(rest, "ctr tasks list")
        here = [item for item in self._containerd.containers if item.runtime_namespace == namespace]
        rows = [(item.id, str(item.pid), "RUNNING" if item.running else "STOPPED") for item in here]
        if namespace == PODS:
            rows += [(item.id, "0", "RUNNING" if item.ready else "STOPPED") for item in self._containerd.sandboxes]
        width = max([4, *(len(row[0]) for row in rows)]) + 4
        lines = [("TASK", "PID", "STATUS"), *rows]
        return Ran(stdout="".join(f"{a.ljust(width)}{b.ljust(8)}{c}\n" for a, b, c in lines))

    def _ctr_images(self, namespace: str, rest: list[str]) -> Ran:
        _quiet(rest, "ctr images list")
        return Ran(stdout="".join(f"{name}\n" for name in self._containerd.images.get(namespace, {})))

    def _ctr_pull(self, namespace: str, rest: list[str]) -> Ran:
        if len(rest) != 1 or rest[0].startswith("-"):
            raise ContainerdRefusedError(f"hnskit emulator: ctr images pull {' '.join(rest)} is not emulated")
        self._containerd.pull(namespace, rest[0])
        return Ran(stdout=f"{rest[0]}: resolved\ndone\n", seconds=_PULL_SECONDS)

    def _ctr_run(self, namespace: str, rest: list[str]) -> Ran:
        words, labels, detached = list(rest), {}, False
        while words and words[0].startswith("-"):
            word = words.pop(0)
            if word in ("--detach", "-d"):
                detached = True
            elif word == "--label" and words:
                key, _, value = words.pop(0).partition("=")
                labels[key] = value
            elif word == "--net-host":
                raise ContainerdRefusedError("cannot use host mode networking with Windows containers")
            else:
                return Ran(1, "", f"hnskit emulator: ctr run {word} is not emulated\n")
        if len(words) < 2:
            raise ContainerdRefusedError("image ref must be provided" if not words else "container id must be provided")
        ran = self._containerd.run(namespace, words[0], words[1], tuple(words[2:]), labels)
        return Ran(seconds=_RUN_SECONDS) if detached else ran

    def _ctr_exec(self, namespace: str, rest: list[str]) -> Ran:
        words, values = list(rest), {}
        while words and words[0].startswith("-") and len(words) > 1:
            flag = words.pop(0)
            values[flag] = words.pop(0)
        if "--exec-id" not in values:
            raise ContainerdRefusedError("exec-id is required")
        container = self._exact(namespace, words[0] if words else "")
        return self._in(container, words[1:], values.get("--user", ""))

    def _ctr_kill(self, namespace: str, rest: list[str]) -> Ran:
        words = [word for word in rest if not word.startswith("-") and word not in ("SIGKILL", "SIGTERM", "9")]
        self._containerd.kill(self._exact(namespace, words[0] if words else ""))
        return Ran()

    def _ctr_task_delete(self, namespace: str, rest: list[str]) -> Ran:
        container = self._exact(namespace, next((word for word in rest if not word.startswith("-")), ""))
        if container.running and not {"--force", "-f"} & set(rest):
            raise ContainerdRefusedError("task must be stopped before deletion: running: failed precondition")
        if container.running:
            self._containerd.kill(container)
        return Ran()

    def _ctr_task_start(self, namespace: str, rest: list[str]) -> Ran:
        if rest[:1] not in (["--detach"], ["-d"]) or len(rest) != 2:
            return Ran(1, "", "hnskit emulator: ctr tasks start without --detach is not emulated\n")
        self._containerd.start_again(self._exact(namespace, rest[1]))
        return Ran(seconds=_RUN_SECONDS)

    def _ctr_delete(self, namespace: str, rest: list[str]) -> Ran:
        for id in rest:
            self._containerd.delete(self._exact(namespace, id))
        return Ran()

    def _exact(self, namespace: str, id: str) -> ContainerdContainer:
        found = self._containerd.find(namespace, id)
        if found.id != id:
            raise ContainerdRefusedError(f'container "{id}" in namespace "{namespace}": not found')
        return found

    def _in(self, container: ContainerdContainer, command: list[str], user: str) -> Ran:
        if not container.running:
            raise ContainerdRefusedError("container is in CONTAINER_EXITED state")
        ran = programs.run(self._around, container, command, user) if command else None
        if ran is None:
            raise ContainerdRefusedError(
                "failed to exec in container: failed to start exec: hcs::System::CreateProcess "
                f"{container.id}: The system cannot find the file specified.: unknown"
            )
        return ran


_LONG = {"c": "containers", "container": "containers", "t": "tasks", "task": "tasks", "i": "images", "image": "images",
         "ns": "namespaces", "namespace": "namespaces", "ls": "list", "rm": "delete", "del": "delete",
         "remove": "delete"}  # fmt: skip


def _without_namespace(words: list[str]) -> tuple[list[str], str]:
    for flag in ("--namespace", "-n"):
        if flag in words[:1]:
            return words[2:], words[1] if len(words) > 1 else ""
    return words, "default"


def _print(content: Any, indent: int = 2) -> Ran:
    return Ran(stdout=json.dumps(content, indent=indent, ensure_ascii=False) + "\n")


def _none(rest: list[str], what: str) -> None:
    if rest:
        raise ContainerdRefusedError(f"hnskit emulator: {what} {' '.join(rest)} is not emulated")


def _quiet(rest: list[str], what: str) -> None:
    if rest not in (["--quiet"], ["-q"]):
        raise ContainerdRefusedError(f"hnskit emulator: {what} without --quiet is not emulated")


def _json_output(rest: list[str], what: str) -> None:
    if rest not in (["--output", "json"], ["-o", "json"], ["--output=json"]):
        raise ContainerdRefusedError(f"hnskit emulator: {what} without --output json is not emulated")
