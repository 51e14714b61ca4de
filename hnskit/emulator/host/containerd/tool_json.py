"""The JSON that crictl and ctr print: members and order as their sources have them (containerd facts 32-34).

Whole prints of Windows hosts are not public (containerd fact 36): members that no source names for Windows are left
out, and that a host prints no others is UNCONFIRMED.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from hnskit.emulator.host.containerd.sandboxes import HYPERVISOR, ContainerdContainer, Sandbox

_POD = "io.kubernetes.pod"


def _nanoseconds(seconds: float) -> str:
    return str(int(seconds * 1e9))  # protobuf's JSON has 64-bit numbers as text


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def pod_labels(sandbox: Sandbox) -> dict[str, str]:
    """A pod's labels: its own, and those that the kubelet adds."""
    return {
        **sandbox.labels,
        f"{_POD}.name": sandbox.name,
        f"{_POD}.namespace": sandbox.namespace,
        f"{_POD}.uid": sandbox.uid,
    }


def pod_row(sandbox: Sandbox) -> dict[str, Any]:
    """A pod of `crictl pods -o json`."""
    return {
        "id": sandbox.id,
        "metadata": _metadata(sandbox),
        "state": "SANDBOX_READY" if sandbox.ready else "SANDBOX_NOTREADY",
        "createdAt": _nanoseconds(sandbox.created),
        "labels": pod_labels(sandbox),
        "annotations": {},
        "runtimeHandler": sandbox.handler,
    }


def _metadata(sandbox: Sandbox) -> dict[str, Any]:
    return {"name": sandbox.name, "uid": sandbox.uid, "namespace": sandbox.namespace, "attempt": sandbox.attempt}


def container_row(container: ContainerdContainer) -> dict[str, Any]:
    """A container of `crictl ps -o json`."""
    sandbox = container.pod
    labels = {} if sandbox is None else {
        "io.kubernetes.container.name": container.name,
        **{key: value for key, value in pod_labels(sandbox).items() if key.startswith(_POD)},
    }  # fmt: skip
    return {
        "id": container.id,
        "podSandboxId": sandbox.id if sandbox else "",
        "metadata": {"name": container.name, "attempt": container.attempt},
        "image": {
            "image": f"sha256:{container.image_id}",
            "annotations": {},
            "userSpecifiedImage": container.image_name,
        },
        "imageRef": f"sha256:{container.image_id}",
        "state": "CONTAINER_RUNNING" if container.running else "CONTAINER_EXITED",
        "createdAt": _nanoseconds(container.created),
        "labels": labels,
        "annotations": {"io.kubernetes.container.restartCount": str(container.attempt)},
    }


def inspected_pod(sandbox: Sandbox) -> dict[str, Any]:
    """`crictl inspectp`."""
    status = {
        "id": sandbox.id,
        "metadata": _metadata(sandbox),
        "state": "SANDBOX_READY" if sandbox.ready else "SANDBOX_NOTREADY",
        "createdAt": _stamp(sandbox.created),
        "network": {"additionalIps": [], "ip": sandbox.address},
        "labels": pod_labels(sandbox),
        "annotations": {},
        "runtimeHandler": sandbox.handler,
    }
    info: dict[str, Any] = {
        "pid": 0,
        "processStatus": "running" if sandbox.ready else "stopped",
        "netNamespaceClosed": False,
        "sandboxID": sandbox.id,
        "runtimeSpec": _pod_spec(sandbox),
        "sandboxMetadata": {
            "Version": "v1",
            "Metadata": {"ID": sandbox.id, "NetNSPath": sandbox.network_namespace, "IP": sandbox.address},
        },
    }
    return {"info": info, "status": status}


def _pod_spec(sandbox: Sandbox) -> dict[str, Any]:
    annotations = {
        "io.kubernetes.cri.container-type": "sandbox",
        "io.kubernetes.cri.sandbox-id": sandbox.id,
        "io.kubernetes.cri.sandbox-name": sandbox.name,
        "io.kubernetes.cri.sandbox-namespace": sandbox.namespace,
    }
    if sandbox.host_process:
        annotations["microsoft.com/hostprocess-container"] = "true"
    windows: dict[str, Any] = {"layerFolders": None}
    if sandbox.handler == HYPERVISOR:
        windows["hyperv"] = {}
    if sandbox.network_namespace:
        windows["network"] = {"networkNamespace": sandbox.network_namespace}
    return {"ociVersion": "1.1.0", "hostname": sandbox.name, "annotations": annotations, "windows": windows}


def container_info(container: ContainerdContainer) -> dict[str, Any]:
    """`ctr containers info`: the container's record, with its spec unpacked."""
    windows: dict[str, Any] = {"layerFolders": None, "ignoreFlushesDuringBoot": True,
                               "network": {"allowUnqualifiedDNSQuery": True}}  # fmt: skip
    if container.network_namespace:
        windows["network"] = {"networkNamespace": container.network_namespace}
    if not container.connected:
        del windows["network"]
    annotations = {"io.kubernetes.cri.sandbox-id": container.pod.id} if container.pod else {}
    return {
        "ID": container.id,
        "Labels": _ctr_labels(container),
        "Image": container.image_name,
        "Runtime": _runtime(container.pod),
        "SnapshotKey": container.id,
        "Snapshotter": "windows",
        "CreatedAt": _stamp(container.created),
        "UpdatedAt": _stamp(container.created),
        "Extensions": {},
        "SandboxID": "",
        "Spec": {
            "ociVersion": "1.1.0",
            "process": {"user": {"username": container.user}, "args": list(container.command), "cwd": "C:\\"},
            "root": {"path": ""},
            "hostname": container.hostname,
            "annotations": annotations,
            "windows": windows,
        },
    }


def sandbox_info(sandbox: Sandbox) -> dict[str, Any]:
    """`ctr containers info` of a pause container."""
    return {
        "ID": sandbox.id,
        "Labels": {**pod_labels(sandbox), "io.cri-containerd.kind": "sandbox"},
        "Image": "registry.k8s.io/pause:3.10",
        "Runtime": _runtime(sandbox),
        "SnapshotKey": sandbox.id,
        "Snapshotter": "windows",
        "CreatedAt": _stamp(sandbox.created),
        "UpdatedAt": _stamp(sandbox.created),
        "Extensions": {},
        "SandboxID": "",
        "Spec": _pod_spec(sandbox),
    }


def _runtime(sandbox: Sandbox | None) -> dict[str, Any]:
    """The shim, with its options as the message of hcsshim's runhcs.proto: SandboxIsolation is its field 6."""
    if sandbox is None or sandbox.handler != HYPERVISOR:
        return {"Name": "io.containerd.runhcs.v1", "Options": None}
    isolated = base64.b64encode(b"\x2a\x0dwindows/amd64\x30\x01").decode()
    options = {"type_url": "containerd.runhcs.v1.Options", "value": isolated}
    return {"Name": "io.containerd.runhcs.v1", "Options": options}


def _ctr_labels(container: ContainerdContainer) -> dict[str, str]:
    if container.pod is None:
        return dict(container.labels)
    return {
        "io.cri-containerd.kind": "container",
        "io.kubernetes.container.name": container.name,
        **{key: value for key, value in pod_labels(container.pod).items() if key.startswith(_POD)},
    }
