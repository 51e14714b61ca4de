"""The container runtimes of a host, and the pods that containerd has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ContainerdVersion:
    """containerd, as its tools tell."""

    version: str
    """Without the v; "" where no tool told it."""
    tools: tuple[str, ...] = ()
    """Those that were found and understand this containerd: `crictl`, `ctr`; all that were found where none does."""
    error: str = ""
    """Reason why it does not answer; "" where it does."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of Kubernetes on a containerd host: the sandbox that its containers share (containerd facts 1-7)."""

    id: str
    """Of the sandbox, 64 hexadecimal digits; the pause container has the same."""
    name: str
    namespace: str = "default"
    """Of Kubernetes, not of the network."""
    uid: str = ""
    ready: bool = False
    """SANDBOX_READY; one that is not has no network any more."""
    labels: Mapping[str, str] = field(default_factory=dict)
    created_at: str = ""
    """ISO 8601, UTC."""
    runtime_handler: str = ""
    """`runhcs-wcow-process`, `runhcs-wcow-hypervisor`, or "" for the default."""

    @property
    def full_name(self) -> str:
        """`namespace/name`, as kubectl writes it."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class DockerVersion:
    """The Docker daemon."""

    version: str
    api_version: str = ""
    os: str = ""
    error: str = ""
    """Reason why it does not answer; "" where it does."""
