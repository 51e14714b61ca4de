"""Clients of a verification, and the way to run a program there: containers of hnskit's own, and pods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hnskit.errors import HnskitError
from hnskit.facts.host_facts import Facts
from hnskit.model.objects import Container
from hnskit.params.desired import Desired, DesiredRedirect
from hnskit.planning.blockers import runtime_blocker
from hnskit.planning.chosen_pods import ChosenPods
from hnskit.planning.routes import proxy_container
from hnskit.remote import containerd, docker
from hnskit.remote.session import Call, CallResult

_TAIL = 1000  # lines of the proxy's log
_GONE = ("code = NotFound", "no running task found")  # of gRPC, as crictl prints it; of containerd's client in ctr

Execute = Callable[[str, Sequence[str], int], Call]
"""From a call's id, a program with its arguments and seconds, to the call that runs it."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A client of the redirect."""

    name: str
    redirects: tuple[DesiredRedirect, ...]
    execute: Execute | None
    """None where nothing can be run in it."""
    problem: str = ""
    """The reason, in words."""


def askers(desired: Desired, facts: Facts | None) -> list[Asker]:
    """The clients, then the chosen pods, then the choices that no pod fits.

    Args:
        desired: from `desired_from`.
        facts: the host now; needed of containerd only, whose tools know containers by their ids.
    """
    if desired.runtime == "docker" or facts is None:
        return [Asker(client.name, client.redirects, _by_docker(client.name)) for client in desired.clients]
    tools = facts.containerd.tools if facts.containerd else ()
    found = []
    for client in desired.clients:
        container = facts.container_named(client.name, desired.runtime)
        found.append(_asker(client.name, client.redirects, container, tools))
    chosen = ChosenPods(desired, facts)
    for pod in chosen.clients:
        found.append(_asker(pod.pod.full_name, pod.redirects, pod.container, tools, pod.refusal))
    blocker = runtime_blocker(desired, facts)
    nobody = blocker.reason if blocker is not None else "no ready pod of this host is one of these"
    found += [Asker(f"pods {choice}", choice.redirects, None, nobody) for choice in chosen.unmatched]
    return found


def log_call(id: str, desired: Desired, facts: Facts | None) -> Call | None:
    """The call that reads the proxy's log; None where nothing keeps one: of ctr's containers, and of an address."""
    if desired.runtime == "docker" or facts is None:
        return docker.logs(id, desired.proxy.name, tail=_TAIL)
    container = proxy_container(desired, facts)
    if container is None or not container.pod_id or not desired.verify.proof.log:
        return None
    return containerd.logs(id, container, tail=_TAIL)


@dataclass(frozen=True, slots=True)
class ProxyLog:
    """The end of the proxy's log."""

    text: str
    lack: str = "no such line"
    """Where a line that is looked for is not in it: the reason."""


def proxy_log(desired: Desired, result: CallResult | None) -> ProxyLog:
    """The log that `log_call` asked for; no result where nothing could be asked."""
    if result is None:
        return ProxyLog("", "no ready pod of this host is the proxy" if desired.proxy_pod else "nothing keeps its log")
    try:
        code, stdout, stderr = finished(desired, result)
    except HnskitError as error:
        return ProxyLog("", f"it could not be read: {error.message}")
    text = stdout + stderr  # containers log to either
    return ProxyLog(text, f"it could not be read: {stderr.strip()}") if code else ProxyLog(text)


def went_meanwhile(desired: Desired, said: str) -> bool:
    """Tell whether a tool of containerd says that the container in which a program was to run is gone."""
    return desired.runtime != "docker" and any(words in said for words in _GONE)


def finished(desired: Desired, result: CallResult) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a program that was run in a client."""
    return docker.finished(result) if desired.runtime == "docker" else containerd.executed(result)


def _by_docker(name: str) -> Execute:
    return lambda id, words, timeout: docker.execute(id, name, words, timeout=timeout, reads=True)


def _asker(
    name: str, redirects: tuple[DesiredRedirect, ...], container: Container | None, tools: Sequence[str], why: str = ""
) -> Asker:
    if why or container is None or not container.running:
        return Asker(name, redirects, None, why or "none of its containers runs")

    def execute(id: str, words: Sequence[str], timeout: int) -> Call:
        return containerd.execute(id, container, words, timeout=timeout, reads=True, tools=tools)

    return Asker(name, redirects, execute)
