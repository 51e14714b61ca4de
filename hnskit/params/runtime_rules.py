"""Rules between the keys of a parameter file that depend on what is made, and on what is there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hnskit.errors import Mistake
from hnskit.params.yaml_places import at

_MISSING = "is missing"
_OF_NETWORK = ("network", "gateway_endpoint")
_OF_OWN = ("image", "import", "command", "isolation", "endpoint_id")
"""Keys of the proxy that say how hnskit's own is run."""


def has_own_proxy(data: Mapping[str, Any]) -> bool:
    """Tell whether the proxy is a container of hnskit's own: neither a pod, nor an address by itself."""
    proxy = at(data, "proxy")
    if not isinstance(proxy, dict):
        return True
    return proxy.get("pod") is None and not (proxy.get("address") and "image" not in proxy and "name" not in proxy)


def without_placeholders(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what stands for nothing where parameters were written down from their model: empty names."""
    if data.get("runtime") != "containerd":
        return data
    kept = {key: value for key, value in data.items() if key not in _OF_NETWORK or at(data, key, "name") != ""}
    proxy = data.get("proxy")
    if isinstance(proxy, dict):
        kept["proxy"] = {key: value for key, value in proxy.items() if key not in ("name", "image") or value != ""}
    return kept


def runtime_mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find keys that are missing, or are for another runtime, or are about what hnskit does not make."""
    containerd = at(data, "runtime") == "containerd"
    clients, pods, proxy = at(data, "clients"), at(data, "pods"), at(data, "proxy")
    own = has_own_proxy(data)
    if not containerd:
        for key, there in (("pods", pods), ("proxy.pod", at(data, "proxy", "pod") is not None)):
            if there:
                yield Mistake(key, "pods are of containerd: set runtime: containerd")
        own = True
        if not clients and isinstance(clients, list | None):
            yield Mistake("clients", _MISSING if clients is None else "must not be empty")
    elif not clients and not pods:
        yield Mistake("clients", "is missing, and so is pods: nothing is redirected")
    yield from _runner_mistakes(clients) if not containerd else ()
    makes = own or bool(clients)
    for key in _OF_NETWORK:
        if makes and key not in data:
            yield Mistake(key, _MISSING)
        elif not makes and key in data:
            yield Mistake(key, "is not needed: the pods have the network of their CNI, and hnskit makes none")
    if isinstance(proxy, dict):
        yield from _proxy_mistakes(data, proxy, own)
    yield from _import_mistakes(data) if containerd else ()
    for place, choice in _choices(data):
        if isinstance(choice, dict) and not any(choice.get(key) for key in ("namespace", "name", "labels")):
            yield Mistake(place, "needs at least one of namespace, name and labels")


def _proxy_mistakes(data: Mapping[str, Any], proxy: Mapping[str, Any], own: bool) -> Iterator[Mistake]:
    for key in ("name", "image") if own else ():
        if key not in proxy:
            yield Mistake(f"proxy.{key}", _MISSING)
    for key in () if own else _OF_OWN:
        if proxy.get(key):
            yield Mistake(f"proxy.{key}", "is of a container that hnskit runs, and this proxy is there already")
    pod = at(proxy, "pod") is not None
    if pod and not own and (proxy.get("name") or proxy.get("address")):
        yield Mistake("proxy.pod", "is the proxy: name and address are of another one, leave them out")
    if at(data, "verify", "proof", "log") and at(data, "runtime") == "containerd" and not pod:
        said = "cannot be read: ctr keeps no log of a container, and of an address there is none"
        yield Mistake("verify.proof.log", f"{said}; use header or body")


def _runner_mistakes(clients: Any) -> Iterator[Mistake]:
    for key, one in _clients(clients):
        if isinstance(one, dict) and one.get("runner") == "nerdctl":
            yield Mistake(f"{key}.runner", "is of containerd: set runtime: containerd, or leave it out")


def _import_mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    said = "is Docker's: ctr imports no bare file system. Import an image with `ctr images import`, and name it"
    for key, one in [("proxy", at(data, "proxy")), *_clients(at(data, "clients"))]:
        if isinstance(one, dict) and one.get("import") and (key != "proxy" or has_own_proxy(data)):
            yield Mistake(f"{key}.import", said)


def _clients(clients: Any) -> Iterator[tuple[str, Any]]:
    for number, one in enumerate(clients if isinstance(clients, list) else []):
        yield f"clients[{number}]", one


def _choices(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "proxy.pod", at(data, "proxy", "pod")
    pods = at(data, "pods")
    for number, choice in enumerate(pods if isinstance(pods, list) else []):
        yield f"pods[{number}]", choice
