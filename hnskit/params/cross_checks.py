"""Find contradictions between the keys of a parameter file, each with its path."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from hnskit.errors import Mistake
from hnskit.model.objects import METADATA_ADDRESS
from hnskit.params.runtime_rules import has_own_proxy
from hnskit.params.yaml_places import at, path_text


def contradictions(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find contradictions between keys in the readable part of a file, so that all mistakes are named at once."""
    yield from _address_mistakes(data)
    yield from _name_mistakes(data)
    yield from _proof_mistakes(data)
    transport, auth = at(data, "connection", "transport"), at(data, "connection", "auth")
    winrm = str(at(data, "target")).startswith("winrm://") and auth != "certificate"
    if winrm and at(data, "connection", "credential") and not at(data, "connection", "username"):
        yield Mistake("connection.username", "is needed with connection.credential: the account of that password")
    if auth == "basic" and transport == "http":
        yield Mistake("connection.auth", "basic would send the password in the clear over http; use https", "'basic'")
    if auth == "certificate":
        for key in ("certificate", "certificate_key"):
            if not at(data, "connection", key):
                yield Mistake(f"connection.{key}", "is needed for auth certificate")


def _workloads(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if has_own_proxy(data):
        yield ("proxy",), at(data, "proxy")
    clients = at(data, "clients")
    for number, client in enumerate(clients if isinstance(clients, list) else []):
        yield ("clients", number), client


def _address_mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    try:
        subnet = ipaddress.IPv4Network(str(at(data, "network", "subnet")))
    except ValueError:
        return
    if subnet.prefixlen > 29:
        yield Mistake("network.subnet", "has no room for a gateway, a proxy and a client", repr(str(subnet)))
        return
    reserved = subnet[1]
    taken: dict[ipaddress.IPv4Address, str] = {}
    wanted = [("network.gateway", at(data, "network", "gateway"), True)]
    wanted += [("gateway_endpoint.address", at(data, "gateway_endpoint", "address"), False)]
    wanted += [(path_text((*place, "address")), at(item, "address"), False) for place, item in _workloads(data)]
    for path, value, is_gateway in wanted:
        if not isinstance(value, str) or not value:
            continue
        try:
            address = ipaddress.IPv4Address(value)
        except ValueError:
            continue
        if address not in subnet:
            yield Mistake(path, f"lies outside network.subnet {subnet}", repr(value))
        elif address in (subnet.network_address, subnet.broadcast_address):
            yield Mistake(path, f"is the network or broadcast address of {subnet}", repr(value))
        elif address == reserved and not is_gateway:
            yield Mistake(path, f"{address} is reserved by HNS as the subnet's gateway (HNS fact 70)", repr(value))
        elif address in taken:
            yield Mistake(path, f"is taken by {taken[address]}", repr(value))
        taken.setdefault(address, path)
    # HNS keeps .1 and the gateway; what is left must hold the gateway endpoint, the proxy and every client.
    kept = {reserved, *(address for address, path in taken.items() if path == "network.gateway")}
    room, needed = subnet.num_addresses - 2 - len(kept), 1 + len(list(_workloads(data)))
    if needed > room:
        yield Mistake("network.subnet", f"has room for {room} endpoints, {needed} are wanted", repr(str(subnet)))
    yield from _redirect_mistakes(data, subnet)


def _redirects(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every redirect with its place: the top-level one, then those of the clients."""
    yield ("redirect",), at(data, "redirect")
    for place, client in _workloads(data):
        own = at(client, "redirects")
        for number, redirect in enumerate(own if isinstance(own, list) else []):
            yield (*place, "redirects", number), redirect


def _redirect_mistakes(data: Mapping[str, Any], subnet: ipaddress.IPv4Network) -> Iterator[Mistake]:
    claimed: dict[tuple[Any, ...], str] = {}
    for place, redirect in _redirects(data):
        address, port = at(redirect, "address"), at(redirect, "port")
        key = (*place[:2], address or METADATA_ADDRESS, 80 if port is None else port)
        if isinstance(redirect, dict) and len(place) > 1:
            if key in claimed:
                yield Mistake(path_text(place), f"redirects what {claimed[key]} redirects already")
            claimed.setdefault(key, path_text(place))
        try:
            if isinstance(address, str) and ipaddress.IPv4Address(address) in subnet:
                yield Mistake(path_text((*place, "address")), f"lies inside network.subnet {subnet}", repr(address))
        except ValueError:
            continue


def _name_mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    taken: dict[str, str] = {}
    places = [("gateway_endpoint.name", at(data, "gateway_endpoint", "name"))]
    places += [(path_text((*place, "name")), at(item, "name")) for place, item in _workloads(data)]
    for path, name in places:
        if not isinstance(name, str):
            continue
        if name.lower() in taken:  # Docker compares names by case, Windows does not
            yield Mistake(path, f"is the name of {taken[name.lower()]} too", repr(name))
        taken.setdefault(name.lower(), path)


def _proof_mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    proof = at(data, "verify", "proof")
    if isinstance(proof, dict) and not any(proof.get(key) for key in ("header", "body", "log")):
        yield Mistake(
            "verify.proof", "needs at least one of header, body and log: without it nothing shows who answered"
        )
    if isinstance(at(proof, "log"), str) and at(proof, "log") and "{probe}" not in at(proof, "log"):
        yield Mistake(
            "verify.proof.log", "needs {probe}, this request's own token: an old line of the log proves nothing"
        )
    log, path, headers = at(proof, "log"), at(data, "verify", "path"), at(data, "verify", "headers")
    texts = [path, *(headers.values() if isinstance(headers, dict) else ())]
    if (
        isinstance(log, str)
        and "{probe}" in log
        and not any("{probe}" in text for text in texts if isinstance(text, str))
    ):
        yield Mistake("verify.proof.log", "waits for {probe}, but neither verify.path nor verify.headers sends it")
    control, ports = at(data, "verify", "control", "port"), list[Any]()  # a value of any kind: not all have a hash
    for place, redirect in _redirects(data):
        if isinstance(redirect, dict) or len(place) == 1:
            port = at(redirect, "port")
            ports.append(80 if port is None else port)
    if (8080 if control is None else control) in ports:
        said = "" if control is None else repr(control)
        yield Mistake("verify.control.port", "is a redirected port: the control must be another one", said)
