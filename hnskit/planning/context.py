"""Ownership of a host's objects, by parameters, label and journal, for every planner. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.model.objects import HOST_COMPARTMENT, Container, Endpoint, Network, NetworkType
from hnskit.params.desired import LABEL, Desired
from hnskit.planning.bindings import Bindings
from hnskit.planning.chosen_pods import ChosenPods
from hnskit.planning.provenance import Provenance
from hnskit.planning.steps import Action, Step, StepKey


class PlanningContext:
    """A host at one moment, seen by one desired state.

    Attributes:
        facts: the host, with each endpoint that stands for a wanted one under the wanted name.
        bindings: which those are.
    """

    def __init__(self, desired: Desired, facts: Facts, made: Provenance | None = None) -> None:
        self.desired = desired
        self.known = (made or Provenance()).on_computer(facts.system.name if facts.system else "")
        self.bindings = Bindings(desired, facts, self.known)
        self.facts = facts = self.bindings.facts
        self.networks = facts.networks_named(desired.network.name) if desired.has_network else ()
        self._network_ids = {network.id.lower() for network in facts.networks}
        self._own_network_ids = {network.id.lower() for network in self.networks}

    @property
    def network(self) -> Network | None:
        """The network, if there is one."""
        return self.networks[0] if self.networks else None

    def on_network(self, endpoint: Endpoint) -> bool:
        """Tell whether it is on the network."""
        return endpoint.network_id.lower() in self._own_network_ids

    def is_on_nat(self, endpoint: Endpoint) -> bool:
        """Tell whether it is on a NAT network, as the one is that nerdctl gives a container."""
        network = self.index.network_of(endpoint)
        return network is not None and network.is_type(NetworkType.NAT)

    def is_stale(self, endpoint: Endpoint) -> bool:
        """Tell whether it was left by a network that is gone; such a one still holds its address (HNS fact 76).

        UNCONFIRMED: whether an L2Bridge survives a reboot. See `SnapshotIndex.is_unplugged`.
        """
        return endpoint.network_id.lower() not in self._network_ids

    def current(self, name: str) -> tuple[Endpoint, ...]:
        """Endpoints of this name on the network."""
        return tuple(item for item in self.facts.endpoints_named(name) if self.on_network(item))

    def stale(self, name: str) -> tuple[Endpoint, ...]:
        """Endpoints of this name that were left by a deleted network."""
        return tuple(item for item in self.facts.endpoints_named(name) if self.is_stale(item))

    def on_other_networks(self, name: str) -> tuple[Endpoint, ...]:
        """Endpoints of this name on a network of another user."""
        there = self.facts.endpoints_named(name)
        return tuple(item for item in there if not self.on_network(item) and not self.is_stale(item))

    def has_our_label(self, container: Container) -> bool:
        """Tell whether hnskit ran it, for this network."""
        return container.labels.get(LABEL) == self.desired.network.name

    def made_by_us(self, endpoint: Endpoint) -> bool:
        """Tell whether hnskit made it: a journal says so, or a container with hnskit's label has its name.

        An orphaned endpoint is ours if its deleted network was ours. One that was found in a container that hnskit
        labelled, and that was found too, is ours: the journal that says so is lost.
        """
        if self.is_recorded(endpoint):
            return True
        if self.known.only_found("endpoint", endpoint.name, endpoint.id):
            container = self.facts.container_named(endpoint.name, self.desired.runtime)
            lost = container and self.known.only_found("container", container.name, container.id)
            return bool(lost) and self.on_network(endpoint) and self._is_labelled(endpoint)
        return self._is_labelled(endpoint) or (self.is_stale(endpoint) and self._was_our_network(endpoint.network_id))

    def is_recorded(self, endpoint: Endpoint) -> bool:
        """Tell whether a journal says that hnskit made an endpoint, and the host shows one that it could have made.

        hnskit binds an endpoint to a compartment by its number (HNS fact 38), never to a container of Docker's own, of
        which HNS keeps the id in SharedContainers (HNS fact 35); and only the gateway serves the host. A line of a
        journal can be anybody's.
        """
        if not self.known.was_created("endpoint", endpoint.name, endpoint.id):
            return False
        owner = self.index.owners.of_endpoint(endpoint)
        if endpoint.containers or (owner is not None and LABEL not in owner.labels and not self._is_adopted(owner)):
            return False
        serves_host = endpoint.attached and endpoint.compartment_id == HOST_COMPARTMENT
        return not serves_host or endpoint.name == self.desired.gateway.name

    def _is_adopted(self, container: Container) -> bool:
        return self.known.was_adopted("container", container.name, container.id)

    def _is_labelled(self, endpoint: Endpoint) -> bool:
        binding = self.bindings.found.get(endpoint.name)
        if binding is not None and binding.endpoint.id == endpoint.id:
            return False  # hnskit names an endpoint after its container
        container = self.facts.container_named(endpoint.name, self.desired.runtime)
        return container is not None and self.has_our_label(container) and not self.is_hand_made(container)

    def is_hand_made(self, container: Container) -> bool:
        """Tell whether a container of a wanted name is not hnskit's: it has no label, or the label lies.

        A label can be set by anybody. hnskit names an endpoint after its container: where one of another name is in
        its compartment, and no journal says that hnskit ran the container, it did not.
        """
        if self.known.was_created("container", container.name, container.id):
            return False
        if not self.has_our_label(container) or self._is_adopted(container):
            return True
        binding = self.bindings.found.get(container.name)
        return binding is not None and not self.is_recorded(replace(binding.endpoint, name=container.name))

    def is_hand_made_endpoint(self, endpoint: Endpoint) -> bool:
        """Tell whether the endpoint that stands for a wanted one was made by hand, as far as anything shows it."""
        if self.is_recorded(endpoint):
            return False
        binding = self.bindings.found.get(endpoint.name)
        if binding is not None and binding.endpoint.id == endpoint.id:
            return True
        container = self.facts.container_named(endpoint.name, self.desired.runtime)
        return container is not None and self.is_hand_made(container)

    def name_on_host(self, endpoint: Endpoint) -> str:
        """Return the name that the host has for an endpoint that may stand for a wanted one; its id if it has none."""
        binding = self.bindings.found.get(endpoint.name)
        there = binding.endpoint if binding is not None and binding.endpoint.id == endpoint.id else endpoint
        return there.name or there.id

    def is_taken_over(self, kind: str, name: str, id: str) -> bool:
        """Tell whether a journal has it as found, or adopted, or made: nobody has to be asked any more."""
        return self.known.only_found(kind, name, id) or self.known.was_created(kind, name, id)

    def _was_our_network(self, id: str) -> bool:
        """Tell whether a network that is gone was hnskit's: by a journal, or by an endpoint of a labelled container."""
        if self.known.was_created("network", self.desired.network.name, id):
            return True
        return any(item.network_id.lower() == id.lower() and self._is_labelled(item) for item in self.facts.endpoints)

    @property
    def unlisted_containers(self) -> tuple[Container, ...]:
        """Containers with hnskit's label for this network that the parameters do not name."""
        wanted = {container.name for container in self.desired.containers}
        return tuple(
            item
            for item in self.facts.containers_of(self.desired.runtime)
            if self.has_our_label(item) and item.name not in wanted
        )

    @property
    def removed_clients(self) -> tuple[str, ...]:
        """Names of what is no longer in the parameters, and was made for this network as a journal says.

        The label alone is not enough: another parameter file may have clients on the same network.
        """
        wanted = {endpoint.name for endpoint in self.desired.endpoints}
        names = [
            item.name for item in self.unlisted_containers if self.known.was_created("container", item.name, item.id)
        ]
        names += [item.name for item in self.facts.endpoints if self._was_on_network(item) and self.is_recorded(item)]
        return tuple(sorted({name for name in names if name not in wanted}))

    def _was_on_network(self, endpoint: Endpoint) -> bool:
        """Tell whether it is on the network, or was left by one of this name that hnskit had made."""
        name, id = self.desired.network.name, endpoint.network_id
        return self.on_network(endpoint) or (self.is_stale(endpoint) and self.known.was_created("network", name, id))

    @cached_property
    def index(self) -> SnapshotIndex:
        """The host, looked up quickly: whose the compartments are, and what has no adapter."""
        return SnapshotIndex(self.facts)

    @cached_property
    def chosen_pods(self) -> ChosenPods:
        """The pods that the parameters choose, with their places on the host."""
        return ChosenPods(self.desired, self.facts, self.index)

    def holder(self, address: str, name: str) -> Endpoint | None:
        """The endpoint that holds an address on the network, other than the one of this name."""
        mine = self.current(name)
        return next(
            (
                item
                for item in self.facts.endpoints_at(address)
                if item not in mine and (self.on_network(item) or self.is_stale(item))
            ),
            None,
        )

    def is_host_address(self, address: str, name: str) -> bool:
        """Tell whether the host has the address itself, and not on the vNIC of the endpoint of this name."""
        own = f"vEthernet ({name})"  # it may outlive its endpoint for a while (HNS fact 41)
        return not self.facts.endpoints_at(address) and any(
            item.address == address and not item.interface_alias.startswith(own) for item in self.facts.addresses
        )


def pending_keys(steps: Iterable[Step], *objects: tuple[str, str]) -> tuple[StepKey, ...]:
    """Keys of the steps that still change one of these (kind, name), leaving aside those left by a deleted network."""
    return tuple(
        step.key for step in steps if step.pending and not step.ambiguous and (step.kind, step.name) in objects
    )


def pending_deletions(steps: Iterable[Step], endpoints: Iterable[Endpoint]) -> tuple[StepKey, ...]:
    """Keys of the steps that delete these endpoints, whatever their names."""
    ids = {endpoint.id for endpoint in endpoints}
    return tuple(
        step.key for step in steps if step.kind == "endpoint" and step.action is Action.DELETE and step.object_id in ids
    )
