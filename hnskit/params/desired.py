"""The desired state of a host: `Params` without the file, in the words of the model."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from hnskit.errors import Mistake, ParamsError
from hnskit.model.objects import METADATA_ADDRESS
from hnskit.params.schema import Client as ClientParams
from hnskit.params.schema import Params, Proxy, Redirect, Verify

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

    @property
    def containers(self) -> tuple[DesiredContainer, ...]:
        """The proxy, then the clients."""
        return (self.proxy, *self.clients)

    @property
    def endpoints(self) -> tuple[DesiredEndpoint, ...]:
        """The gateway's, the proxy's, then the clients'."""
        return (self.gateway, *(container.endpoint for container in self.containers))

    @property
    def redirects(self) -> tuple[DesiredRedirect, ...]:
        """Every redirect of any client, once."""
        return tuple(dict.fromkeys(redirect for client in self.clients for redirect in client.redirects))

    @property
    def redirected_addresses(self) -> tuple[str, ...]:
        """The addresses that are redirected, once each."""
        return tuple(dict.fromkeys(redirect.address for redirect in self.redirects)) or (self.redirect.address,)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that mark a container as made by hnskit."""
        return {LABEL: self.network.name}

    def __repr__(self) -> str:
        return f"<Desired: network {self.network.name}, proxy {self.proxy.name}, {len(self.clients)} clients>"


def desired_from(params: Params) -> Desired:
    """The redirect that these parameters describe.

    Args:
        params: from `load_params` or `params_from`.

    Returns:
        The desired state: network, gateway endpoint, proxy, clients, redirects and what counts as proof.
    """
    network = params.network
    everybody = _redirect(params.redirect, params.proxy.port)
    subnet = ipaddress.IPv4Network(network.subnet)
    gateway = params.gateway_endpoint
    return Desired(
        network=DesiredNetwork(
            name=network.name,
            prefix=str(subnet),
            gateway=network.gateway or str(subnet[1]),
            adapter=network.adapter,
            dns=tuple(network.dns),
        ),
        # "0.0.0.0": the host keeps its own default gateway (HNS fact 29).
        gateway=DesiredEndpoint(
            gateway.name,
            gateway.address,
            gateway="0.0.0.0",  # noqa: S104
            outbound_nat=False,
            endpoint_id=gateway.endpoint_id,
        ),
        proxy=_container(params.proxy, gateway.address, params.proxy.user if params.proxy.route else ""),
        clients=tuple(
            replace(
                _container(client, gateway.address),
                redirects=tuple(_redirect(own, params.proxy.port) for own in client.redirects)
                if client.redirects
                else (everybody,),
            )
            for client in params.clients
        ),
        redirect=everybody,
        verify=params.verify,
    )


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
