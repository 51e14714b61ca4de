"""DataFrames of a snapshot, a plan and an outcome: fixed columns and dtypes, there when empty, sorted by name.

A frame holds the data whole: `id` is the full id, which is what commands and `--json` take. How a person sees it is
`view.View`: short ids (the full one in the cell's tooltip), words in colour. Text columns are `str`, numbers that may
be absent `Int64`, yes or no that may be absent `boolean`.

`frames` also has the tables of `change_frames`, under one name for scripts: `hnskit.frames`.

This module imports pandas; others import this module where it is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pandas as pd

from hnskit.errors import HostAnswerError
from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.facts.host_facts import Facts, plain_mac
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.model.hns_json import proxy_settings
from hnskit.model.objects import Compartment, Endpoint, Policy
from hnskit.model.wording import describe_policies, state_word
from hnskit.params.desired import LABEL
from hnskit.views.change_frames import (
    differences_frame,
    findings_frame,
    outcome_frame,
    plan_frame,
    verification_frame,
)
from hnskit.views.columns import columns_of, make_frame
from hnskit.views.pod_frames import namespaces, pods
from hnskit.views.vfp_frames import sdn_routes, vfp_rules

__all__ = [
    "TABLES",
    "adapters",
    "columns_of",
    "compartments",
    "containers",
    "differences_frame",
    "endpoints",
    "findings_frame",
    "images",
    "make_frame",
    "namespaces",
    "networks",
    "outcome_frame",
    "plan_frame",
    "pods",
    "policies",
    "routes",
    "verification_frame",
]


def networks(facts: Facts) -> pd.DataFrame:
    """HNS networks, a row each.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns name, type, subnet (`10.0.1.0/24`), gateway, management_ip (the host's address that
        moved to the network's management adapter, HNS fact 19), adapter (only where it was named at creation): str;
        endpoints (how many now; NA where it was not printed): Int64; vfp (whether the Azure VFP extension is on;
        without it no proxy policy works): boolean; policies, id: str.
    """
    columns = columns_of("name type subnet gateway management_ip adapter endpoints:Int64 vfp:boolean policies id")
    rows = (
        (
            item.name,
            item.type,
            ", ".join(subnet.prefix for subnet in item.subnets),
            ", ".join(subnet.gateway for subnet in item.subnets if subnet.gateway),
            item.management_ip,
            item.adapter_name,
            None if "endpoint_count" in item.unread else item.endpoint_count,
            item.vfp_enabled,
            describe_policies(item.policies),
            item.id,
        )
        for item in facts.networks
    )
    return make_frame(columns, rows, "name", "id")


def endpoints(facts: Facts) -> pd.DataFrame:
    """HNS endpoints, a row each.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns name, network, address, state (created, attached, attached, shared, detached,
        degraded, …): str; compartment: Int64; container (its name; of a pod with several the pod's; `the host` in
        compartment 1), gateway, mac, policies (in words), id: str.
    """
    columns = columns_of("name network address state compartment:Int64 container gateway mac policies id")
    names = {item.id.lower(): item.name for item in facts.networks}
    owners, places = CompartmentOwners(facts), {item.id: item for item in facts.compartments}
    rows = (
        (
            item.name,
            item.network_name or names.get(item.network_id.lower(), ""),
            item.address,
            state_word(item.state) if item.state_known else "",
            item.compartment_id,
            _whose(owners, item, places),
            item.gateway,
            item.mac,
            describe_policies(item.policies),
            item.id,
        )
        for item in facts.endpoints
    )
    return make_frame(columns, rows, "name", "address", "id")


def _whose(owners: CompartmentOwners, endpoint: Endpoint, places: Mapping[int, Compartment]) -> str:
    """Return the owner of an endpoint: a container, the host, or ""."""
    container = owners.of_endpoint(endpoint)
    if container is not None:
        return owners.name_of(container)
    here = places.get(endpoint.compartment_id or 0) if endpoint.attached else None
    return owners.describe(here) if here else ""


def policies(facts: Facts) -> pd.DataFrame:
    """Policies of endpoints and networks, a row each, in HNS's order within an object.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns on (`endpoint` or `network`), name (of that object), address, container (whose
        endpoint it is, as in `endpoints`), type, match (`ip:port` that a proxy policy is for), destination (`ip:port`
        that it sends to): str; outbound_nat: boolean; settings (every key, as JSON), id (of the object): str.
    """
    columns = columns_of("on name address container type match destination outbound_nat:boolean settings id")
    owners, places = CompartmentOwners(facts), {item.id: item for item in facts.compartments}
    of_endpoints = (
        ("endpoint", item.name, item.address, _whose(owners, item, places), item.id, policy)
        for item in facts.endpoints
        for policy in item.policies
    )
    of_networks = (
        ("network", item.name, "", "", item.id, policy) for item in facts.networks for policy in item.policies
    )
    rows = (
        (
            on,
            name,
            address,
            container,
            policy.type,
            *_proxy_columns(policy),
            json.dumps(dict(policy.settings), default=str),
            identity,
        )
        for on, name, address, container, identity, policy in (*of_endpoints, *of_networks)
    )
    return make_frame(columns, rows, "on", "name", "id")


def _proxy_columns(policy: Policy) -> tuple[str, str, bool | None]:
    if not policy.is_proxy and policy.type != "L4Proxy":
        return "", "", None
    try:
        said = proxy_settings(policy)
    except HostAnswerError:
        return "", "", None
    return f"{said.ip or '*'}:{said.port or '*'}", said.destination, said.outbound_nat


def containers(facts: Facts) -> pd.DataFrame:
    """Containers of Docker and containerd, a row each.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns name, image, status, isolation, network_mode (`none` where HNS gives the endpoint),
        endpoint, address: str; compartment (only while it runs, HNS fact 80): Int64; made_for (the network whose
        redirect hnskit made it for; empty for any other container), runtime (`docker`, `containerd`), id: str.
    """
    columns = columns_of(
        "name image status isolation network_mode endpoint address compartment:Int64 made_for runtime id"
    )
    rows, index = [], SnapshotIndex(facts)
    for item in facts.containers:
        compartment = index.owners.compartment_of(item)
        used = index.endpoints_of(item, compartment)
        rows.append(
            (
                item.name,
                item.image,
                item.status,
                item.isolation,
                item.network_mode,
                ", ".join(endpoint.name for endpoint in used),
                ", ".join(endpoint.address for endpoint in used),
                compartment,
                item.labels.get(LABEL, ""),
                item.runtime,
                item.id,
            )
        )
    return make_frame(columns, rows, "name")


def compartments(facts: Facts) -> pd.DataFrame:
    """Network compartments, a row each, sorted by number.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns compartment: Int64; whose (`the host`, or the container's name), endpoints,
        addresses: str; description (Windows' own, `\\\\Container_<id>`), guid: str.
    """
    columns = columns_of("compartment:Int64 whose endpoints addresses description guid")
    rows, index = [], SnapshotIndex(facts)
    for item in facts.compartments:
        inside = index.endpoints_in(item.id)
        rows.append(
            (
                item.id,
                index.owners.describe(item),
                ", ".join(endpoint.name for endpoint in inside),
                ", ".join(endpoint.address for endpoint in inside),
                item.description,
                item.guid,
            )
        )
    return make_frame(columns, rows, "compartment")


def adapters(facts: Facts) -> pd.DataFrame:
    """Network adapters that the host lists, containers' included (HNS fact 82), a row each.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns name, status, address (its IPv4 addresses, in the host's compartment only): str;
        forwarding: boolean; mtu: Int64; endpoint (of HNS, found by its MAC), mac, description: str; physical:
        boolean; index: Int64.
    """
    columns = columns_of(
        "name status address forwarding:boolean mtu:Int64 endpoint mac description physical:boolean index:Int64"
    )
    rows = []
    for item in facts.adapters:
        interface = next((one for one in facts.interfaces if one.index == item.index), None)
        served = [one.name for one in facts.endpoints if one.mac and plain_mac(one.mac) == plain_mac(item.mac)]
        rows.append(
            (
                item.name,
                item.status,
                ", ".join(one.address for one in facts.addresses if one.interface_index == item.index),
                interface.forwarding if interface else None,
                interface.mtu if interface else None,
                ", ".join(served),
                item.mac,
                item.description,
                item.physical,
                item.index,
            )
        )
    return make_frame(columns, rows, "name", "index")


def routes(facts: Facts) -> pd.DataFrame:
    """Active IPv4 routes of all compartments that were read, a row each.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns destination (`10.0.1.0/24`), next_hop (`0.0.0.0`: on the link), interface (its
        name, or that of its adapter; empty where neither is listed): str; compartment, metric, index (of the
        interface): Int64.
    """
    columns = columns_of("destination next_hop interface compartment:Int64 metric:Int64 index:Int64")
    names = {item.index: item.name for item in facts.adapters}
    rows = (
        (item.prefix, item.next_hop, names.get(item.interface_index, ""), item.compartment_id, item.metric,
         item.interface_index)
        for item in facts.routes
    )  # fmt: skip
    return make_frame(columns, rows, "compartment", "destination", "metric")


def images(facts: Facts) -> pd.DataFrame:
    """Images of Docker and containerd under each of their names.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns name (`repository:tag`), size, id: str.
    """
    rows = ((item.name, item.size, item.id) for item in facts.images)
    return make_frame(columns_of("name size id"), rows, "name")


TABLES: dict[str, Callable[[Facts], pd.DataFrame]] = {
    "networks": networks,
    "endpoints": endpoints,
    "policies": policies,
    "containers": containers,
    "pods": pods,
    "namespaces": namespaces,
    "compartments": compartments,
    "adapters": adapters,
    "routes": routes,
    "images": images,
    "sdn_routes": sdn_routes,
    "vfp_rules": vfp_rules,
}
"""The tables of a snapshot, by the name that `hnskit show` and `StepNotebook.show` take."""
