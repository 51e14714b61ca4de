"""Pods that are there already, as clients and as the proxy: which are meant, and the endpoint that each has. Pure.

The endpoint is the CNI's: hnskit adds a policy and takes that away, and nothing else (containerd fact 69). A pod that
no policy can redirect is named with the reason (the verdicts of docs/facts-containerd.md, section 10).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.model.objects import VFP_NETWORKS, Container, Endpoint, Namespace
from hnskit.model.runtime_objects import Pod
from hnskit.params.desired import Desired, DesiredPods, DesiredRedirect

_SHORTEST_ID = 8
_HYPERV = (
    "it is isolated by Hyper-V: its network adapter is inside a utility VM, where no policy made by hand was ever seen "
    "at work (containerd fact 42); run it in process isolation"
)
_HOST_PROCESS = (
    "it is on the host's own network, as a HostProcess pod is: no HNS namespace lists it, it has no endpoint, and no "
    "policy can redirect it (containerd fact 43); leave it out of the choice"
)
_NOT_VFP = (
    "where VFP is not the engine and no proxy policy works (HNS fact 49). Such a pod needs a second endpoint on an "
    "L2Bridge network in its namespace, and a route to the redirected address over it inside the pod (containerd facts "
    "16, 60); hnskit does not make that for pods of others: leave it out of the choice, or choose another CNI"
)


@dataclass(frozen=True, slots=True)
class ChosenPod:
    """A pod that the parameters choose, with its place on the host."""

    pod: Pod
    redirects: tuple[DesiredRedirect, ...] = ()
    """Wanted for it; () of the proxy."""
    container: Container | None = None
    """One of its containers that runs, to run programs in."""
    endpoint: Endpoint | None = None
    """The endpoint through which its requests leave; None where there is a refusal."""
    refusal: str = ""
    """Reason that its requests cannot be redirected, or that it cannot be the proxy; "" where there is none."""


class ChosenPods:
    """Of one desired state on one host.

    Attributes:
        clients: in the order of their names; pods that are not ready have no network any more and are left out.
        proxy: the pod that is the proxy; None where none is meant, or not one only.
        proxy_problem: why there is no proxy pod, or none that can be; "" where there is nothing to say.
        unmatched: choices that no pod fits.
    """

    def __init__(self, desired: Desired, facts: Facts, index: SnapshotIndex | None = None) -> None:
        self._facts = facts
        self._index = index or SnapshotIndex(facts)
        self._listed = {id: item for item in facts.namespaces for id in item.containers}
        self._known = {item.id for item in facts.containers} | {item.id for item in facts.pods}
        self._by_guid = {item.id.upper(): item for item in facts.namespaces}
        self._endpoints = {item.id.upper(): item for item in facts.endpoints}
        running = (item for item in facts.containers if item.pod_id and item.running)
        self._inside: dict[str, Container] = {}
        for item in running:
            self._inside.setdefault(item.pod_id, item)
        ready = sorted((pod for pod in facts.pods if pod.ready), key=lambda pod: pod.full_name)
        self.proxy_problem = ""
        self.proxy = self._proxy(desired.proxy_pod, ready, desired.redirected_addresses[0])
        proxies = {pod.id for pod in ready if desired.proxy_pod is not None and desired.proxy_pod.takes(pod)}
        self.clients: list[ChosenPod] = []
        fitting: set[int] = set()
        for pod in ready:
            taken = [number for number, choice in enumerate(desired.pods) if choice.takes(pod)]
            fitting.update(taken)
            if taken and pod.id not in proxies:
                redirects = desired.pods[taken[0]].redirects
                self.clients.append(self._placed(pod, redirects, redirects[0].address))
        self.unmatched = [choice for number, choice in enumerate(desired.pods) if number not in fitting]

    def _proxy(self, wanted: DesiredPods | None, ready: list[Pod], address: str) -> ChosenPod | None:
        if wanted is None:
            return None
        found = [pod for pod in ready if wanted.takes(pod)]
        if len(found) != 1:
            names = ", ".join(pod.full_name for pod in found[:4])
            said = (
                f"{len(found)} ready pods of this host are {wanted}, and the proxy must be one alone: {names}"
                if found
                else f"no ready pod of this host is {wanted}"
            )
            self.proxy_problem = f"{said}; `hnskit show pods` lists them, with their labels"
            return None
        placed = self._placed(found[0], (), address)
        self.proxy_problem = placed.refusal
        if not placed.refusal:
            self.proxy_problem = self._doubt_about_address(placed.endpoint)
        return placed

    def _doubt_about_address(self, endpoint: Endpoint | None) -> str:
        """Say why nothing is redirected to the address of the proxy's endpoint; "" where there is no reason."""
        if endpoint is None or not endpoint.address:
            return "its endpoint has no address"
        held = self._index.endpoints_at(endpoint.address, self._index.network_of(endpoint))
        return shared_address(endpoint.address, [item for item in held if not item.remote])

    def _placed(self, pod: Pod, redirects: tuple[DesiredRedirect, ...], address: str) -> ChosenPod:
        container = self._inside.get(pod.id)
        if "hypervisor" in pod.runtime_handler or (container is not None and container.isolation == "hyperv"):
            return ChosenPod(pod, redirects, container, refusal=_HYPERV)
        namespace, refusal = self._namespace_of(pod, container)
        if refusal:
            return ChosenPod(pod, redirects, container, refusal=refusal)
        if namespace is None:
            known = self._facts.knows("namespaces")
            said = _HOST_PROCESS if known else "HNS did not tell its namespaces, so its endpoint is not known"
            return ChosenPod(pod, redirects, container, refusal=said)
        endpoint, refusal = self._endpoint_in(namespace, address)
        return ChosenPod(pod, redirects, container, endpoint, refusal)

    def _namespace_of(self, pod: Pod, container: Container | None) -> tuple[Namespace | None, str]:
        """The pod's namespace, None where none lists it; or why it is not known which one is its own."""
        guid = container.network_namespace.upper() if container else ""
        if guid in self._by_guid:
            return self._by_guid[guid], ""
        if pod.id in self._listed:
            return self._listed[pod.id], ""
        begun = [(id, item) for item in self._facts.namespaces for id in item.containers if self._is_begun(id, pod.id)]
        if not begun:
            return None, ""
        words = begun[0][0]
        others = {item.full_name for item in self._facts.pods if item.id != pod.id and item.id.startswith(words)}
        spaces = {item.id for _, item in begun}
        if others or len(spaces) > 1:
            named = f", and so does that of {', '.join(sorted(others))}" if others else f" in {len(spaces)} namespaces"
            return None, (
                f"HNS lists {words} alone, with which its id begins{named}: which namespace is its own is not known "
                f"(containerd fact 26). `crictl inspectp {pod.id}` has it as networkNamespace; put the policy there by "
                "hand: `hnskit policy add --endpoint`"
            )
        return begun[0][1], ""

    def _is_begun(self, listed: str, id: str) -> bool:
        """Tell whether HNS lists the beginning of an id, which is not the whole id of something else."""
        return len(listed) >= _SHORTEST_ID and listed not in self._known and id.startswith(listed)

    def _endpoint_in(self, namespace: Namespace, address: str) -> tuple[Endpoint | None, str]:
        """The endpoint of a namespace through which a request to an address leaves, or why none can be taken."""
        inside = [self._endpoints[id.upper()] for id in namespace.endpoints if id.upper() in self._endpoints]
        held = self._index.endpoints_in(namespace.compartment_id) if namespace.compartment_id else []
        inside += [item for item in held if item not in inside]
        if not inside:
            return (
                None,
                f"its namespace {namespace.id} has no endpoint: its CNI has made none, or the pod goes just now",
            )
        if len(inside) == 1:
            return self._on_vfp(inside[0])
        compartment = namespace.compartment_id or 0
        route = self._index.best_route(compartment, address) if self._index.knows_routes(compartment) else None
        if route is not None:
            return self._on_vfp(self._index.endpoint_of_route(route, inside))
        named = ", ".join(f"{item.name} ({item.address or 'no address'})" for item in inside)
        return None, (
            f"its namespace has {len(inside)} endpoints, {named}, and this host does not show the pod's routes: which "
            f"of them a request to {address} leaves by is not known. Put the policy on one by hand: `hnskit policy add "
            "--endpoint`"
        )

    def _on_vfp(self, endpoint: Endpoint) -> tuple[Endpoint | None, str]:
        network = self._index.network_of(endpoint)
        if network is not None and not network.is_type(*VFP_NETWORKS):
            return None, f"its endpoint is on {network.name}, a network of type {network.type}, {_NOT_VFP}"
        return endpoint, ""


def shared_address(address: str, holders: Sequence[Endpoint]) -> str:
    """Say that more than one endpoint holds the proxy's address; "" where it has one holder or none."""
    if len(holders) < 2:
        return ""
    named = ", ".join(item.name or item.id for item in holders)
    return (
        f"{len(holders)} endpoints hold its address {address}, {named}, and which of them answers is not known "
        "(containerd fact 37): what is redirected could reach the wrong one. `hnskit doctor` tells which of them is "
        "not in use (address-twice)"
    )


def recorded_pods(created: frozenset[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """The pods whose endpoint has a policy of hnskit's, as journals say: endpoint's id in lower case, pod's name."""
    for kind, name, id in created:
        if kind == "policy" and is_pod_name(name):
            yield id, name


def is_pod_name(name: str) -> bool:
    """Tell a pod's name, `namespace/name`, from that of an endpoint or container of hnskit's, which has no slash."""
    return "/" in name
