"""Containers of ctr that hnskit runs: without --cni, each in a namespace of its own that has no endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hnskit.errors import ContainerdError
from hnskit.remote import containerd
from hnskit.remote.session import Call


def run_container(id: str, name: str, image: str, arguments: Sequence[str], *, labels: Mapping[str, str]) -> Call:
    """Start a container of ctr without --cni: runhcs makes it a namespace without an endpoint (containerd fact 45)."""
    marks = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    return containerd.command(id, "ctr", "run", "--detach", *marks, image, name, *arguments, namespace=containerd.OWN)


def pull_image(id: str, image: str) -> Call:
    """Pull an image from its registry, for the containers of ctr; takes minutes for a real base image."""
    return containerd.command(id, "ctr", "images", "pull", image, namespace=containerd.OWN, timeout=3600)


def start_task(id: str, name: str) -> Call:
    """Start a container of ctr that is there and has no task; it gets a new namespace."""
    return containerd.command(id, "ctr", "tasks", "start", "--detach", name, namespace=containerd.OWN)


def delete_task(id: str, name: str) -> Call:
    """End what runs in a container of ctr; the namespace that runhcs made goes with it (containerd fact 8)."""
    return containerd.command(id, "ctr", "tasks", "delete", "--force", name, namespace=containerd.OWN)


def delete_container(id: str, name: str) -> Call:
    """Forget a container of ctr whose task has ended."""
    return containerd.command(id, "ctr", "containers", "delete", name, namespace=containerd.OWN)


def is_name_conflict(error: ContainerdError) -> bool:
    """Tell whether `ctr run` found its id taken: somebody has made that container since the host was read."""
    return "already exists" in error.stderr
