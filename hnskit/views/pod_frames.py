"""DataFrames of pods and of HNS namespaces."""

from __future__ import annotations

import pandas as pd

from hnskit.facts.host_facts import Facts, lists_container
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.model.objects import Container, Namespace
from hnskit.model.runtime_objects import Pod
from hnskit.views.columns import columns_of, make_frame


def pods(facts: Facts) -> pd.DataFrame:
    """Pods of Kubernetes, a row each.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns pod (`namespace/name`): str; ready: boolean; address, endpoint (of HNS), containers
        (their names in the pod): str; compartment: Int64; network_namespace (GUID of the HNS namespace; empty for a pod
        on the host's own network), handler, id: str.
    """
    columns = columns_of(
        "pod ready:boolean address endpoint containers labels compartment:Int64 network_namespace handler id"
    )
    index, rows = SnapshotIndex(facts), []
    inside: dict[str, list[Container]] = {}
    for container in facts.containers:
        inside.setdefault(container.pod_id, []).append(container)
    for pod in facts.pods:
        members = inside.get(pod.id, [])
        namespace = _namespace_of(facts, pod, members)
        compartment = namespace.compartment_id if namespace else None
        used = index.endpoints_in(compartment) if compartment else []
        rows.append(
            (
                pod.full_name,
                pod.ready,
                ", ".join(endpoint.address for endpoint in used),
                ", ".join(endpoint.name for endpoint in used),
                ", ".join(sorted(item.name.rpartition("/")[2] for item in members)),
                "\n".join(f"{name}={value}" for name, value in sorted(pod.labels.items()) if not _of_cri(name)),
                compartment or None,
                namespace.id.lower() if namespace else "",
                pod.runtime_handler,
                pod.id,
            )
        )
    return make_frame(columns, rows, "pod", "id")


def _of_cri(label: str) -> bool:
    """Tell whether a label only says again what the pod is called, as the kubelet does in those that it adds."""
    return label.startswith("io.kubernetes.")


def _namespace_of(facts: Facts, pod: Pod, members: list[Container]) -> Namespace | None:
    pause = Container(pod.id, pod.full_name, "", "", "running", runtime="containerd", pod_id=pod.id)
    found = next((item for member in members if (item := facts.namespace_of(member)) is not None), None)
    return found or next((item for item in facts.namespaces if lists_container(item, pause)), None)


def namespaces(facts: Facts) -> pd.DataFrame:
    """HNS namespaces, a row each: what containers share one network compartment.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns namespace (its GUID): str; compartment (0 until its first container starts): Int64;
        type, pods, containers (names; an id that no runtime lists stands as it is), endpoints, addresses: str; state:
        Int64 (1 is usual, 4 was seen of those that cannot be deleted: microsoft/Windows-Containers#485); guid (of the
        compartment): str.
    """
    columns = columns_of("namespace compartment:Int64 type pods containers endpoints addresses state:Int64 guid")
    by_id = {item.id.upper(): item for item in facts.endpoints}
    index, rows = SnapshotIndex(facts), []
    for item in facts.namespaces:
        used = [by_id[id.upper()] for id in item.endpoints if id.upper() in by_id]
        used += [one for one in index.endpoints_in(item.compartment_id or None) if one not in used]
        members = [one for one in facts.containers if facts.namespace_of(one) is item]
        of_pods = [
            pod for pod in facts.pods if any(one.pod_id == pod.id for one in members) or pod.id in item.containers
        ]
        known = {one.id for one in members} | {pod.id for pod in of_pods}
        unknown = [id for id in item.containers if not any(one.startswith(id) for one in known)]
        rows.append(
            (
                item.id.lower(),
                item.compartment_id,
                item.type,
                ", ".join(pod.full_name for pod in of_pods),
                ", ".join([*(one.name for one in members), *unknown]),
                ", ".join(endpoint.name for endpoint in used),
                ", ".join(endpoint.address for endpoint in used),
                item.state or None,
                item.guid,
            )
        )
    return make_frame(columns, rows, "compartment", "namespace")
