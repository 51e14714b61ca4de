"""Containers that nerdctl runs: on nat, the one network that it has on Windows (containerd fact 47).

Listing them and running programs in them is ctr's work, by their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hnskit.remote import containerd
from hnskit.remote.session import Call


def run_container(id: str, name: str, image: str, arguments: Sequence[str], *, labels: Mapping[str, str]) -> Call:
    """Start a container on nat; an image that is not there is not pulled for it, the plan sees to that."""
    marks = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    words = ["run", "--detach", "--name", name, "--network", "nat", *marks, image, *arguments]
    return containerd.command(id, "nerdctl", *words, namespace=containerd.OWN)


def start(id: str, container_id: str) -> Call:
    """Start a container that has ended."""
    return containerd.command(id, "nerdctl", "start", container_id, namespace=containerd.OWN)


def stop(id: str, container_id: str) -> Call:
    """End what runs in a container."""
    return containerd.command(id, "nerdctl", "stop", container_id, namespace=containerd.OWN)


def remove(id: str, container_id: str) -> Call:
    """Remove a container, whatever runs in it; nerdctl takes its namespace and its endpoint on nat away."""
    return containerd.command(id, "nerdctl", "rm", "--force", container_id, namespace=containerd.OWN)
