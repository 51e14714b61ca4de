"""nerdctl.exe of the emulated host, as far as a redirect needs it: containers on nat, in containerd's namespace.

Networks and their refusals follow nerdctl's sources (containerd facts 34, 46, 47); other words are from memory:
UNCONFIRMED. So is the order in which a stopped container gives its endpoint back and takes another one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from hnskit.emulator.host import programs
from hnskit.emulator.host.containerd import tool_json
from hnskit.emulator.host.containerd.containerd_engine import Containerd, ContainerdRefusedError
from hnskit.emulator.host.containerd.sandboxes import ContainerdContainer
from hnskit.emulator.host.containers import Ran, Surroundings

_RUN_SECONDS = 3.0
_NOT_ON_WINDOWS = {"--add-host": "--add-host", "--dns": "--dns-servers", "--dns-search": "--dns-search",
                   "--ip": "--ip-address", "--mac-address": "--mac-address"}  # fmt: skip
"""Option -> its name in nerdctl's refusal (containerd fact 47)."""
_VALUED = ("--name", "--label", "-l", "--network", "--net", *_NOT_ON_WINDOWS)


class NerdctlTool:
    """The command line over one containerd."""

    def __init__(self, around: Surroundings, containerd: Containerd) -> None:
        self._around = around
        self._containerd = containerd
        self._verbs: Mapping[str, Callable[[str, list[str]], Ran]] = {
            "exec": self._exec, "inspect": self._inspect, "rm": self._remove, "run": self._run, "start": self._start,
            "stop": self._stop, "version": self._version,
        }  # fmt: skip

    def run(self, namespace: str, words: list[str]) -> Ran:
        """One run; what it refuses is in its words."""
        verb = self._verbs.get(words[0]) if words else None
        if verb is None:
            return _not_emulated(*words[:2])
        try:
            return verb(namespace, words[1:])
        except ContainerdRefusedError as refusal:
            return Ran(1, "", f"FATA[0000] {refusal}\n")

    def _version(self, _namespace: str, rest: list[str]) -> Ran:
        return (
            _not_emulated("version", *rest)
            if rest
            else Ran(stdout="Client:\n Version:\tv2.0.3\n OS/Arch:\twindows/amd64\n")
        )

    def _run(self, namespace: str, rest: list[str]) -> Ran:
        words, options = list(rest), dict[str, list[str]]()
        while words and words[0].startswith("-"):
            name, _, value = words.pop(0).partition("=")
            if name in _VALUED:
                options.setdefault(name, []).append(value or (words.pop(0) if words else ""))
            elif name in ("--detach", "-d"):
                options["--detach"] = []
            else:
                return _not_emulated("run", name)
        refused = {shown: options[name] for name, shown in _NOT_ON_WINDOWS.items() if name in options}
        networks = [*options.get("--network", []), *options.get("--net", [])] or ["nat"]
        if unknown := [item for item in networks if item not in ("nat", "none")]:
            raise ContainerdRefusedError(f"no such network: {unknown[0]!r}")
        if refused:
            shown = " ".join(f"{key}:{' '.join(value)}" for key, value in refused.items())
            raise ContainerdRefusedError(
                f"the following networking arguments are not supported on Windows: map[{shown}]"
            )
        if not words:
            raise ContainerdRefusedError("requires at least 1 arg(s), only received 0")
        if "--detach" not in options:
            return _not_emulated("run", "without --detach")
        name = options.get("--name", [""])[-1]
        marks = dict(text.partition("=")[::2] for text in [*options.get("--label", []), *options.get("-l", [])])
        made = self._containerd.run_on_nat(
            namespace, words[0], name, tuple(words[1:]), marks, connected=networks != ["none"]
        )
        return Ran(stdout=f"{made.id}\n", seconds=_RUN_SECONDS)

    def _start(self, namespace: str, rest: list[str]) -> Ran:
        for name in rest:
            container = self._find(namespace, name)
            if not container.running:
                self._containerd.start_again(container)
        return Ran(stdout="".join(f"{name}\n" for name in rest), seconds=_RUN_SECONDS)

    def _stop(self, namespace: str, rest: list[str]) -> Ran:
        for name in rest:
            container = self._find(namespace, name)
            if container.running:
                self._containerd.kill(container)
        return Ran(stdout="".join(f"{name}\n" for name in rest))

    def _remove(self, namespace: str, rest: list[str]) -> Ran:
        names = [word for word in rest if word not in ("--force", "-f")]
        for name in names:
            container = self._find(namespace, name)
            if container.running and len(names) == len(rest):
                raise ContainerdRefusedError(f"container {container.id} is in running status: stop it, or use --force")
            if container.running:
                self._containerd.kill(container)
            self._containerd.delete(container)
        return Ran(stdout="".join(f"{name}\n" for name in names))

    def _inspect(self, namespace: str, rest: list[str]) -> Ran:
        if "--mode=native" not in rest:
            return _not_emulated("inspect", "without --mode=native")
        found = [self._find(namespace, word) for word in rest if not word.startswith("-")]
        shown = [tool_json.container_info(item) for item in found]
        return Ran(stdout=json.dumps(shown, indent=4, ensure_ascii=False) + "\n")

    def _exec(self, namespace: str, rest: list[str]) -> Ran:
        words, user = list(rest), ""
        while words and words[0].startswith("-"):
            name, _, value = words.pop(0).partition("=")
            if name not in ("--user", "-u"):
                return _not_emulated("exec", name)
            user = value or (words.pop(0) if words else "")
        container = self._find(namespace, words[0] if words else "")
        if not container.running:
            raise ContainerdRefusedError("cannot exec in a stopped container")
        ran = programs.run(self._around, container, words[1:], user) if len(words) > 1 else None
        if ran is None:
            raise ContainerdRefusedError(f"failed to start exec in {container.id}: {' '.join(words[1:])}")
        return ran

    def _find(self, namespace: str, name: str) -> ContainerdContainer:
        """By its name, its id, or the beginning of one."""
        here = [
            item for item in self._containerd.containers if item.runtime_namespace == namespace and item.pod is None
        ]
        found = [item for item in here if name in (item.name, item.id)] or [
            item for item in here if name and item.id.startswith(name)
        ]
        if len(found) != 1:
            raise ContainerdRefusedError(
                f"multiple IDs found with provided prefix: {name}" if found else f"no such container {name}"
            )
        return found[0]


def _not_emulated(*words: str) -> Ran:
    return Ran(1, "", f"hnskit emulator: nerdctl {' '.join(words)} is not emulated\n")
