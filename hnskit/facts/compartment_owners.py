"""The owners of compartments: which container has one, and which container an endpoint serves. Pure.

For many endpoints make one `CompartmentOwners`, since a host may have thousands; `Facts.compartment_of` and
`Facts.endpoints_of` answer the same about one container.
"""

from __future__ import annotations

from collections import Counter

from hnskit.facts.host_facts import Facts
from hnskit.model.objects import HOST_COMPARTMENT, Compartment, Container, Endpoint


class CompartmentOwners:
    """Of one snapshot."""

    def __init__(self, facts: Facts) -> None:
        self._containers = {item.id: item for item in facts.containers}
        self._of_pods = Counter(item.pod_id for item in facts.containers if item.pod_id)
        self._number = {item.container_id: item.id for item in facts.compartments if item.container_id}
        self._there = {item.id for item in facts.compartments}
        self._number |= _by_namespace(facts)
        inside = [(number, self._containers.get(id)) for id, number in self._number.items()]
        # Of a pod's compartment any of its containers: its pause container is none of the list.
        self._inside = {number: owner for number, owner in inside if owner is not None}

    def of_compartment(self, number: int | None) -> Container | None:
        """The container whose network compartment this is, by the compartment's description (HNS fact 79)."""
        return None if number is None else self._inside.get(number)

    def name_of(self, container: Container) -> str:
        """Name an owner: the container, or its pod where that has several, which share compartment and endpoint."""
        return container.pod_name if self._of_pods[container.pod_id] > 1 else container.name

    def of_endpoint(self, endpoint: Endpoint) -> Container | None:
        """The container that an endpoint serves: by its compartment while it is attached, else by SharedContainers."""
        owner = self.of_compartment(endpoint.compartment_id) if endpoint.attached else None
        return owner or next((self._containers[id] for id in endpoint.containers if id in self._containers), None)

    def is_dead(self, endpoint: Endpoint) -> bool:
        """Tell whether nothing uses an endpoint: it is not attached, or to a compartment or container that has ended.

        HNS goes on printing Attached after the compartment went. What a dump does not say of it makes none dead.
        """
        if endpoint.state_known and not endpoint.attached:
            return True
        if self._there and endpoint.compartment_id is not None:
            return endpoint.compartment_id not in self._there
        owner = self.of_endpoint(endpoint)
        return owner is not None and not owner.running

    def compartment_of(self, container: Container) -> int | None:
        """The number of a container's compartment; None while it does not run (HNS fact 80)."""
        return self._number.get(container.id)

    def describe(self, compartment: Compartment) -> str:
        """Name the owner of a compartment: `the host`, a container's name, or Windows' own description."""
        if compartment.id == HOST_COMPARTMENT:
            return "the host"
        owner = self.of_compartment(compartment.id)
        return self.name_of(owner) if owner else compartment.description or "unknown"


def _by_namespace(facts: Facts) -> dict[str, int]:
    """Container of containerd -> the compartment of its namespace (containerd facts 32-35)."""
    if not facts.namespaces:
        return {}
    by_id = {item.id.upper(): item for item in facts.namespaces}
    listed = {id: item for item in facts.namespaces for id in item.containers}
    known = {item.id for item in facts.containers}
    # What HNS alone lists, where no tool of the host tells of it (containerd fact 35).
    found = {id: item.compartment_id for id, item in listed.items() if item.compartment_id and id not in known}
    for container in facts.containers:
        if container.runtime != "containerd" or not container.running:
            continue
        namespace = (
            by_id.get(container.network_namespace.upper())
            or listed.get(container.id)
            or listed.get(container.pod_id)
            or facts.namespace_of(container)
        )
        if namespace is not None and namespace.compartment_id:
            found[container.id] = namespace.compartment_id
    return found
