"""Pods (sandboxes) and containers of containerd, each with the HNS namespace that it is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hnskit.emulator.host.containers import DockerContainer

PODS = "k8s.io"
"""containerd's namespace of pods (containerd fact 33)."""

PROCESS, HYPERVISOR = "runhcs-wcow-process", "runhcs-wcow-hypervisor"


@dataclass(slots=True)
class Sandbox:
    """A pod: the pause container and its network."""

    id: str
    name: str
    namespace: str
    uid: str
    created: float
    labels: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 0
    ready: bool = True
    handler: str = PROCESS
    host_process: bool = False
    """It is on the host's own network, and has no namespace and no endpoint (containerd fact 43)."""
    network_namespace: str = ""
    endpoint_id: str = ""
    address: str = ""


@dataclass(slots=True)
class ContainerdContainer(DockerContainer):
    """A container. `name` is the one in its pod, or ctr's id."""

    runtime_namespace: str = PODS
    pod: Sandbox | None = None
    network_namespace: str = ""
    """As its OCI spec has it: "" where runhcs made the namespace by itself (containerd fact 33)."""
    of_nerdctl: bool = False
    connected: bool = True
    """False of `nerdctl run --network none`: it has no namespace (containerd fact 46)."""
    attempt: int = 0
