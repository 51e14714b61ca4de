"""DataFrames of a snapshot, a plan and an outcome: fixed columns and dtypes, there when empty, sorted by name.

A frame holds the data whole: `id` is the full id, which is what commands and `--json` take. How a person sees it is
`view.View`: short ids (the full one in the cell's tooltip), words in colour. Text columns are `str`, numbers that may
be absent `Int64`, yes or no that may be absent `boolean`.

This module imports pandas; everybody else imports this module where it is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from hnskit.errors import HostAnswerError
from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.facts.host_facts import Facts, plain_mac
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.model.hns_json import proxy_settings
from hnskit.model.objects import Compartment, Endpoint, Policy
from hnskit.model.wording import describe_policies, state_word
from hnskit.params.desired import LABEL
from hnskit.planning.steps import Change, Plan

if TYPE_CHECKING:
    from hnskit.applying.api import Outcome
    from hnskit.applying.verification import Verification
    from hnskit.facts.differences import Difference
    from hnskit.facts.finding import Finding


def columns_of(text: str) -> dict[str, str]:
    """Names and dtypes of columns, written as `name` (of dtype str) or `name:dtype` with blanks between them."""
    pairs = (column.partition(":") for column in text.split())
    return {name: kind or "str" for name, _, kind in pairs}


def make_frame(columns: Mapping[str, str], rows: Iterable[Sequence[Any]], *sort: str) -> pd.DataFrame:
    """Rows under fixed columns; the columns and their dtypes are there without a row, too."""
    listed = list(rows)
    data = {
        name: pd.Series([row[place] for row in listed], dtype=kind)
        for place, (name, kind) in enumerate(columns.items())
    }
    frame = pd.DataFrame(data, columns=list(columns))
    return frame.sort_values(list(sort), kind="stable", ignore_index=True) if sort else frame


def networks(facts: Facts) -> pd.DataFrame:
    """HNS networks, a row each.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns name, type, subnet (`10.0.1.0/24`), gateway, management_ip (the host's address that
        moved to the network's management adapter, HNS fact 19), adapter (only where it was named at creation): str;
        endpoints (how many now): Int64; vfp (whether the Azure VFP extension is on; without it no proxy policy
        works): boolean; policies, id: str.
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
            item.endpoint_count,
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
        degraded, …): str; compartment: Int64; container (its name; `the host` in compartment 1), gateway, mac,
        policies (in words), id: str.
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
    """Whom an endpoint serves: a container, the host, or nobody."""
    container = owners.of_endpoint(endpoint)
    if container is not None:
        return container.name
    here = places.get(endpoint.compartment_id or 0) if endpoint.attached else None
    return owners.describe(here) if here else ""


def policies(facts: Facts) -> pd.DataFrame:
    """Policies of endpoints and networks, a row each, in HNS's order within an object.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns on (`endpoint` or `network`), name (of that object), address, type, match
        (`ip:port` that a proxy policy is for), destination (`ip:port` that it sends to): str; outbound_nat:
        boolean; settings (every key, as JSON), id (of the object): str.
    """
    columns = columns_of("on name address type match destination outbound_nat:boolean settings id")
    of_endpoints = (
        ("endpoint", item.name, item.address, item.id, policy) for item in facts.endpoints for policy in item.policies
    )
    of_networks = (("network", item.name, "", item.id, policy) for item in facts.networks for policy in item.policies)
    rows = (
        (
            on,
            name,
            address,
            policy.type,
            *_proxy_columns(policy),
            json.dumps(dict(policy.settings), default=str),
            identity,
        )
        for on, name, address, identity, policy in (*of_endpoints, *of_networks)
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
    """Docker's containers, a row each.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns name, image, status, isolation, network_mode (`none` where HNS gives the endpoint),
        endpoint, address: str; compartment (only while it runs, HNS fact 80): Int64; made_for (the network whose
        redirect hnskit made it for; empty for any other container), id: str.
    """
    columns = columns_of("name image status isolation network_mode endpoint address compartment:Int64 made_for id")
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


def images(facts: Facts) -> pd.DataFrame:
    """Docker's images under each of their names.

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
    "compartments": compartments,
    "adapters": adapters,
    "images": images,
}
"""The tables of a snapshot, by the name that `hnskit show` and `StepNotebook.show` take."""


def plan_frame(plan: Plan) -> pd.DataFrame:
    """A plan, a row a step, in the plan's order.

    Args:
        plan: from `plan` or `plan_destroy`.

    Returns:
        A DataFrame with the columns action (create, …; `keep` or `not there` where nothing is to do), object (`network
        hnskit-l2bridge`), change (a line `field: before -> after` each, `field: from … to …` where a value has an
        arrow itself), reason: str; cuts (whether the host's own network goes away meanwhile): boolean; wave (1 is
        done first; 0: nothing to do): Int64; part, id: str.
    """
    columns = columns_of("action object change reason cuts:boolean wave:Int64 part id")
    rows = (
        (
            step.word,
            f"{step.noun} {step.title}",
            "\n".join(one.describe() for one in step.changes),
            step.reason,
            step.disruptive,
            plan.level(step),
            str(step.part),
            step.id,
        )
        for step in plan.steps
    )
    return make_frame(columns, rows)


def differences_frame(found: Iterable[Difference]) -> pd.DataFrame:
    """Tabulate the differences between two snapshots, a row an object.

    Args:
        found: from `differences`.

    Returns:
        A DataFrame with the columns what (new, gone, changed), object, change: str.
    """
    rows = (
        (
            one.what,
            f"{one.kind} {one.name}",
            "\n".join(
                Change(name, before, after).describe() if one.what == "changed" else f"{name}: {after or before}"
                for name, before, after in one.changes
            ),
        )
        for one in found
    )  # fmt: skip
    return make_frame(columns_of("what object change"), rows)


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings of preflight or of the doctor, a row each, in their order.

    Args:
        findings: from `preflight` or `diagnose`.

    Returns:
        A DataFrame with the columns severity (error, warning, note, ok), object, message, evidence, next_step,
        reference: str; confirmed: boolean; check: str.
    """
    columns = columns_of("severity object message evidence next_step reference confirmed:boolean check")
    rows = (
        (one.severity, one.object, one.message, one.evidence, one.next_step, one.reference, one.confirmed, one.check)
        for one in findings
    )
    return make_frame(columns, rows)


def verification_frame(verification: Verification) -> pd.DataFrame:
    """Tabulate the checks from inside each client, a row a check.

    Args:
        verification: from `verify`.

    Returns:
        A DataFrame with the columns client, check: str; ok: boolean; wanted, seen: str.
    """
    columns = columns_of("client check ok:boolean wanted seen")
    rows = (
        (proof.client, check.name, check.ok, check.wanted, check.seen)
        for proof in verification.clients
        for check in proof.checks
    )
    return make_frame(columns, rows)


def outcome_frame(outcome: Outcome) -> pd.DataFrame:
    """Tabulate the steps that were done, in their order.

    Args:
        outcome: from `apply` or `destroy`.

    Returns:
        A DataFrame with the columns action, object, reason: str; seconds (as the host measured it): float64; id (of
        what was made): str.
    """
    columns = columns_of("action object reason seconds:float64 id")
    rows = (
        (
            result.step.word,
            f"{result.step.noun} {result.step.title}",
            result.step.reason,
            result.seconds,
            result.id,
        )
        for result in outcome.done
    )
    return make_frame(columns, rows)
