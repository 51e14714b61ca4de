"""Blockers: facts that make a host unfit for the redirect for certain; preflight and every plan use them. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from hnskit.facts.host_facts import Facts
from hnskit.model.hns_features import Feature, requirement, supports
from hnskit.model.objects import Adapter
from hnskit.params.desired import Desired

WIFI = 9
"""NdisPhysicalMediumNative802_11."""


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that no repair of hnskit's takes away."""

    id: str
    """`build`, `docker`, `containerd`, `adapter` or `subnet`."""
    object: str
    message: str
    next_step: str = ""

    @property
    def reason(self) -> str:
        """As a step that is refused says it."""
        said = self.message if self.id in ("build", "docker", "containerd") else f"{self.object} {self.message}"
        return f"{said.rstrip('.')}. {self.next_step}".removesuffix(".") if self.next_step else said


def blockers(desired: Desired, facts: Facts) -> Iterator[Blocker]:
    """All of them."""
    yield from filter(None, (build_blocker(facts), runtime_blocker(desired, facts)))
    yield from network_blockers(desired, facts)


def build_blocker(facts: Facts) -> Blocker | None:
    """A Windows that has no proxy policies; None where its build is not known."""
    system = facts.system
    if system is None or supports(facts.hns_version, system.build, Feature.PROXY):
        return None
    named = f"{system.product} ({system.build}.{system.revision})"
    return Blocker("build", "Windows", f"{named} has no proxy policies", requirement(Feature.PROXY))


def runtime_blocker(desired: Desired, facts: Facts) -> Blocker | None:
    """The runtime of the parameters is not there, or does not serve."""
    if desired.runtime == "docker":
        return docker_blocker(facts)
    node, title = facts.containerd, "containerd"
    if node is None and not facts.knows("containerd"):
        said = "; ".join(problem.message for problem in facts.unread if problem.part == "containerd")
        return Blocker("containerd", title, f"could not be read: {said}")
    if node is None:
        return Blocker(
            "containerd",
            title,
            "is not on this host: neither crictl.exe nor ctr.exe was found",
            "Install one of them, on PATH or beside containerd.exe, or set runtime: docker.",
        )
    if node.error:
        return Blocker(
            "containerd",
            title,
            f"does not answer as it should: {node.error}",
            "Try `ctr version` on the host; a stopped service starts with Start-Service containerd.",
        )
    return None


def docker_blocker(facts: Facts) -> Blocker | None:
    """Find that Docker is missing beside containerd, or does not run Windows containers.

    One that does not answer is a part that cannot be read.
    """
    docker = facts.docker
    if docker is None and facts.containerd is not None:
        return Blocker(
            "docker",
            "Docker",
            "is not on this host, whose containers containerd runs",
            "Set runtime: containerd in the parameters: docs/kubernetes.md says how.",
        )
    if docker is None or docker.error or docker.os in ("", "windows"):
        return None
    return Blocker("docker", "Docker", f"runs {docker.os} containers", "Switch Docker to Windows containers.")


def network_blockers(desired: Desired, facts: Facts) -> Iterator[Blocker]:
    """Return the blockers of the bridge's creation; none if it is there."""
    if not desired.has_network or facts.networks_named(desired.network.name):
        return
    if adapter := _adapter_blocker(desired, facts):
        yield adapter
    yield from _subnet_blockers(desired, facts)


def uplinks(desired: Desired, facts: Facts) -> tuple[Adapter, ...]:
    """The adapters that the bridge may be made on: the named one, else every physical one that is up."""
    wanted = desired.network.adapter
    if wanted:
        return tuple(item for item in facts.adapters if item.is_named(wanted))
    return facts.physical_adapters


def is_wifi(adapter: Adapter) -> bool:
    """Tell whether L2Bridge does not work on it, because it is a wireless one (HNS fact 26)."""
    return adapter.medium == WIFI


def _adapter_blocker(desired: Desired, facts: Facts) -> Blocker | None:
    if not facts.knows("adapters"):
        return None
    wanted, there = desired.network.adapter, uplinks(desired, facts)
    if wanted and not there:
        names = ", ".join(adapter.name for adapter in facts.physical_adapters) or "none"
        return Blocker("adapter", f"adapter {wanted}", "is not there", f"Physical adapters that are up: {names}.")
    if not there:
        return Blocker("adapter", "adapter", "of the host: no physical one is up for the bridge")
    name = f"adapter {there[0].name}"
    if not there[0].physical:
        return Blocker("adapter", name, "is not a physical adapter; HNS refuses it (HNS fact 25)")
    if all(map(is_wifi, there)):
        said = "is Wi-Fi, where L2Bridge does not work (HNS fact 26)"
        return Blocker("adapter", name, said, "Use a wired adapter, and name it in network.adapter.")
    return None


def _subnet_blockers(desired: Desired, facts: Facts) -> Iterator[Blocker]:
    """The host's own subnets: a bridge with the same one would have two ways to each of its addresses."""
    wanted = ipaddress.IPv4Network(desired.network.prefix)
    of_hns = {item.address for item in facts.endpoints} | {
        subnet.gateway for network in facts.networks for subnet in network.subnets
    }
    gateway = f"vEthernet ({desired.gateway.name})"  # it may outlive its endpoint for a while (HNS fact 41)
    for item in facts.addresses:
        if item.address in of_hns or item.address.startswith(("127.", "169.254.")):
            continue
        own = ipaddress.IPv4Network(f"{item.address}/{item.prefix_length}", strict=False)
        if own.overlaps(wanted) and not item.interface_alias.startswith(gateway):
            yield Blocker(
                "subnet",
                f"subnet {wanted}",
                f"overlaps {own}, in which the host itself is ({item.address} on {item.interface_alias})",
                "Choose another network.subnet, with a gateway and a gateway endpoint in it.",
            )
