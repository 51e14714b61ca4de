"""The desired state of a host: `Params` without the file, in the words of the model."""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from hnskit.errors import Mistake, ParamsError
from hnskit.model.objects import METADATA_ADDRESS
from hnskit.model.runtime_objects import Pod
from hnskit.params.pod_schema import PodChoice
from hnskit.params.schema import Client as ClientParams
from hnskit.params.schema import Params, Pods, Proxy, Redirect, Verify

LABEL = "hnskit.network"
"""The label on every container that hnskit runs; its value is the network's name."""


NEW = "new"
"""In place of an endpoint's id: another one is made, whatever was made by hand."""


class Part(StrEnum):
    """The parts of the redirect, in the order in which they are set up; each has a notebook."""

    NETWORK = "network"
    PROXY = "proxy"
    CLIENTS = "clients"
    POLICY = "policy"


ALL_PARTS = tuple(Part)


def parts_of(parts: Iterable[Part | str]) -> tuple[Part, ...]:
    """Check a choice of parts, before anything is done with it.

    Args:
        parts: members of `Part`, or their values; not one text, whose letters would be taken for parts.

    Raises:
        ParamsError: an item is not a part; all parts are named.
    """
    known = f"The parts are {', '.join(ALL_PARTS)}, given as a list: parts=[{str(ALL_PARTS[0])!r}]."
    if isinstance(parts, str):
        raise ParamsError("parts", (Mistake("parts", "is one text, not a list of parts", parts),), next_step=known)
    chosen = tuple(parts)
    mistakes = [
        Mistake(f"parts[{place}]", "is not a part of the redirect", str(item))
        for place, item in enumerate(chosen)
        if item not in ALL_PARTS
    ]
    if mistakes:
        raise ParamsError("parts", tuple(mistakes), next_step=known)
    return tuple(map(Part, chosen))


@dataclass(frozen=True, slots=True)
class DesiredNetwork:
    """An L2Bridge network."""

    name: str
    prefix: str
    gateway: str
    adapter: str = ""
    dns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DesiredEndpoint:
    """An endpoint on the network."""

    name: str
    address: str = ""
    """"" lets HNS choose."""
    gateway: str = ""
    outbound_nat: bool = True
    endpoint_id: str = ""
    """HNS's id of one made by hand that is to be taken, or `NEW`; "" where it is found by what it serves."""


@dataclass(frozen=True, slots=True)
class DesiredRedirect:
    """A redirect of `address`:`port` to the proxy's `proxy_port`."""

    address: str = METADATA_ADDRESS
    port: int = 80
    proxy_port: int = 80
    outbound_nat: bool = True

    @property
    def what(self) -> str:
        """The redirected traffic, as a person writes it."""
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class DesiredContainer:
    """A container without a network of Docker's, and the endpoint that it gets instead."""

    name: str
    image: str
    endpoint: DesiredEndpoint
    import_path: str = ""
    command: tuple[str, ...] = ()
    isolation: str = ""
    route_user: str = ""
    """Account that adds the routes to the redirected addresses inside it; "" for no routes."""
    redirects: tuple[DesiredRedirect, ...] = ()
    """Redirects of this container; the proxy has none."""
    on_nat: bool = False
    """nerdctl runs it, on nat: its endpoint here is a second one, and needs a route (containerd facts 16, 47)."""


@dataclass(frozen=True, slots=True)
class DesiredPods:
    """Pods that are there already, by what crictl has of them; all that is given must hold."""

    namespace: str = ""
    """Of Kubernetes; it and `name` may have * and ?."""
    name: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    redirects: tuple[DesiredRedirect, ...] = ()

    def takes(self, pod: Pod) -> bool:
        """Tell whether a pod is one of them."""
        labels = all(pod.labels.get(key) == value for key, value in self.labels)
        return labels and self.takes_name(pod.full_name)

    def takes_name(self, full_name: str) -> bool:
        """Tell whether a pod of this `namespace/name` can be one of them, whatever its labels."""
        namespace, _, name = full_name.partition("/")
        return fnmatch.fnmatchcase(namespace, self.namespace or "*") and fnmatch.fnmatchcase(name, self.name or "*")

    def __str__(self) -> str:
        labels = ",".join(f"{key}={value}" for key, value in self.labels)
        return f"{self.namespace or '*'}/{self.name or '*'}" + (f" with {labels}" if labels else "")


@dataclass(frozen=True, slots=True, repr=False)
class Desired:
    """The whole redirect."""

    network: DesiredNetwork
    gateway: DesiredEndpoint
    proxy: DesiredContainer
    clients: tuple[DesiredContainer, ...]
    redirect: DesiredRedirect
    """Redirect of a client without one of its own."""
    verify: Verify
    runtime: str = "docker"
    """Of the containers that hnskit runs: docker or containerd."""
    pods: tuple[DesiredPods, ...] = ()
    """Pods that are there already and are redirected, with the endpoints of their CNI."""
    proxy_pod: DesiredPods | None = None
    """The pod that is the proxy; `proxy` has its description and nothing else then."""
    pulls_images: bool = False
    """True if the host is to pull an image that it does not have, and that is not to be imported."""

    @property
    def has_network(self) -> bool:
        """Tell whether hnskit makes anything on a network of its own, or of these parameters."""
        return bool(self.network.name)

    @property
    def has_own_proxy(self) -> bool:
        """Tell whether hnskit runs the proxy; else it is a pod, or an address by itself."""
        return bool(self.proxy.image)

    @property
    def containers(self) -> tuple[DesiredContainer, ...]:
        """Containers that hnskit runs: the proxy, then the clients."""
        return (self.proxy, *self.clients) if self.has_own_proxy else self.clients

    @property
    def endpoints(self) -> tuple[DesiredEndpoint, ...]:
        """Endpoints that hnskit makes: the gateway's, the proxy's, then the clients'."""
        own = tuple(container.endpoint for container in self.containers)
        return (self.gateway, *own) if self.has_network else own

    @property
    def redirects(self) -> tuple[DesiredRedirect, ...]:
        """Every redirect of any client or pod, once."""
        lists = [*(client.redirects for client in self.clients), *(choice.redirects for choice in self.pods)]
        return tuple(dict.fromkeys(redirect for redirects in lists for redirect in redirects))

    @property
    def redirected_addresses(self) -> tuple[str, ...]:
        """The addresses that are redirected, once each."""
        return tuple(dict.fromkeys(redirect.address for redirect in self.redirects)) or (self.redirect.address,)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that mark a container as made by hnskit."""
        return {LABEL: self.network.name}

    def __repr__(self) -> str:
        where = f"network {self.network.name}" if self.has_network else f"{len(self.pods)} choices of pods"
        return f"<Desired: {where}, proxy {self.proxy.name}, {len(self.clients)} clients>"


def desired_from(params: Params) -> Desired:
    """The redirect that these parameters describe.

    Args:
        params: from `load_params` or `params_from`.

    Returns:
        The desired state: network, gateway endpoint, proxy, clients, redirects and what counts as proof.
    """
    everybody = _redirect(params.redirect, params.proxy.port)
    gateway = params.gateway_endpoint
    return Desired(
        network=_network(params),
        # "0.0.0.0": the host keeps its own default gateway (HNS fact 29).
        gateway=DesiredEndpoint(
            gateway.name,
            gateway.address,
            gateway="0.0.0.0",  # noqa: S104
            outbound_nat=False,
            endpoint_id=gateway.endpoint_id,
        ),
        proxy=_proxy(params),
        clients=tuple(
            replace(
                _container(client, gateway.address),
                redirects=tuple(_redirect(own, params.proxy.port) for own in client.redirects)
                if client.redirects
                else (everybody,),
                route_user=params.proxy.user if client.runner == "nerdctl" else "",
                on_nat=params.runtime == "containerd" and client.runner == "nerdctl",
            )
            for client in params.clients
        ),
        redirect=everybody,
        verify=params.verify,
        runtime=params.runtime,
        pods=tuple(
            _pods(choice, [_redirect(own, params.proxy.port) for own in choice.redirects or ()] or [everybody])
            for choice in params.pods
        ),
        proxy_pod=_pods(params.proxy.pod, ()) if params.proxy.pod is not None else None,
        pulls_images=params.image.pull,
    )


def _network(params: Params) -> DesiredNetwork:
    network = params.network
    if not network.name:
        return DesiredNetwork("", "", "")
    subnet = ipaddress.IPv4Network(network.subnet)
    return DesiredNetwork(
        name=network.name,
        prefix=str(subnet),
        gateway=network.gateway or str(subnet[1]),
        adapter=network.adapter,
        dns=tuple(network.dns),
    )


def _proxy(params: Params) -> DesiredContainer:
    """The proxy that hnskit runs, or the description of one that is there already."""
    proxy, user = params.proxy, params.proxy.user if params.proxy.route else ""
    if proxy.image:
        return _container(proxy, params.gateway_endpoint.address, user)
    name = f"the pod {_pods(proxy.pod, ())}" if proxy.pod is not None else proxy.address
    # A route is added only inside a pod: of an address by itself nobody knows the container.
    return DesiredContainer(name, "", DesiredEndpoint(name, proxy.address), route_user=user if proxy.pod else "")


def _pods(choice: Pods | PodChoice, redirects: Iterable[DesiredRedirect]) -> DesiredPods:
    return DesiredPods(choice.namespace, choice.name, tuple(sorted(choice.labels.items())), tuple(redirects))


def _redirect(redirect: Redirect, proxy_port: int) -> DesiredRedirect:
    return DesiredRedirect(redirect.address, redirect.port, proxy_port, redirect.outbound_nat)


def _container(workload: Proxy | ClientParams, gateway: str, route_user: str = "") -> DesiredContainer:
    return DesiredContainer(
        name=workload.name,
        image=workload.image,
        endpoint=DesiredEndpoint(workload.name, workload.address, gateway, endpoint_id=workload.endpoint_id),
        import_path=workload.import_,
        command=tuple(workload.command),
        isolation=workload.isolation,
        route_user=route_user,
    )
