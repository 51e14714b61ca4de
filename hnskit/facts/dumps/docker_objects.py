"""Networks and containers of docker's output, as the model's objects.

It knows HNS's id of a network (`hnsid`, in its options), and none of an endpoint: what is known of one is an address, a
MAC address and a container. HNS's own print of the endpoint with this MAC address takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hnskit.facts.dumps.windows_objects import number, text
from hnskit.model.objects import Container, Endpoint, Network, Subnet

_HNSID = "com.docker.network.windowsshim.hnsid"
_TYPES = {"nat", "l2bridge", "l2tunnel", "transparent", "overlay", "ics", "internal", "private"}
_UNREAD = (
    "network_id", "prefix_length", "gateway", "state", "policies", "compartment_id", "remote",
)  # fmt: skip


def read_network(row: Mapping[str, Any]) -> Network | None:
    """One object of `docker network inspect`; None of one that HNS has no part in (`none`)."""
    driver = text(row, "Driver")
    if driver.lower() not in _TYPES:
        return None
    ipam = row.get("IPAM")
    configured = ipam.get("Config") if isinstance(ipam, Mapping) else None
    subnets = tuple(
        Subnet(text(item, "Subnet"), text(item, "Gateway"))
        for item in configured or ()
        if isinstance(item, Mapping) and text(item, "Subnet")
    )
    options = row.get("Options")
    id = text(options, _HNSID) if isinstance(options, Mapping) else ""
    return Network(id, text(row, "Name"), driver, subnets, unread=("policies", "state", "endpoint_count"))


def endpoints_of_network(row: Mapping[str, Any]) -> Iterator[Endpoint]:
    """The endpoints that `docker network inspect` lists under Containers."""
    containers = row.get("Containers")
    for id, item in containers.items() if isinstance(containers, Mapping) else ():
        if isinstance(item, Mapping):
            address = text(item, "IPv4Address").partition("/")[0]
            yield _endpoint(text(item, "Name"), text(row, "Name"), address, text(item, "MacAddress"), str(id))


def endpoints_of_container(row: Mapping[str, Any], container: str = "", name: str = "") -> Iterator[Endpoint]:
    """The endpoints of `NetworkSettings.Networks`, or of such an object by itself: settings by network's name."""
    settings = row.get("NetworkSettings", row)
    networks = settings.get("Networks", settings) if isinstance(settings, Mapping) else {}
    for network, item in networks.items() if isinstance(networks, Mapping) else ():
        if isinstance(item, Mapping) and text(item, "EndpointID") and network != "none":
            yield _endpoint(name, str(network), text(item, "IPAddress"), text(item, "MacAddress"), container,
                            text(item, "Gateway"), number(item, "IPPrefixLen"))  # fmt: skip


def _endpoint(  # noqa: PLR0917 - an endpoint's own fields
    name: str, network: str, address: str, mac: str, container: str, gateway: str = "", length: int | None = None
) -> Endpoint:
    known = [part for part, there in (("gateway", gateway), ("prefix_length", length)) if there]
    unread = tuple(part for part in _UNREAD if part not in known)
    return Endpoint(
        id="", name=name, network_id="", network_name=network, address=address, prefix_length=length or 0,
        gateway=gateway, mac=mac.replace(":", "-").upper(), containers=(container,) if container else (),
        unread=unread if address else (*unread, "address"),
    )  # fmt: skip


def is_settings(row: Mapping[str, Any]) -> bool:
    """Tell whether an object holds docker's settings of endpoints by the name of their network."""
    return bool(row) and all(isinstance(item, Mapping) and "EndpointID" in item for item in row.values())


def read_container(row: Mapping[str, Any]) -> Container | None:
    """One object of `docker inspect`, as far as it goes."""
    config, state, host = (_object(row, name) for name in ("Config", "State", "HostConfig"))
    id, name = text(row, "Id"), text(row, "Name").lstrip("/")
    if not id and not name:
        return None
    running = state.get("Running")
    status = text(state, "Status") or ("" if running is None else "running" if running else "exited")
    words = [*_words(config, "Entrypoint"), *_words(config, "Cmd")]
    if not words and text(row, "Path"):
        words = [text(row, "Path"), *_words(row, "Args")]
    labels = {str(key): value for key, value in _object(config, "Labels").items() if isinstance(value, str)}
    return Container(
        id=id, name=name, image=text(config, "Image") or text(row, "Image"), image_id=text(row, "Image"),
        status=status, command=tuple(words), labels=labels, network_mode=text(host, "NetworkMode"),
        isolation=text(host, "Isolation"), started_at=text(state, "StartedAt"),
    )  # fmt: skip


def _object(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def _words(row: Mapping[str, Any], name: str) -> list[str]:
    value = row.get(name)
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
