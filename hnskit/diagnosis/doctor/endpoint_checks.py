"""Endpoints that nobody uses, that hold what others need, or that are bound to something that is gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hnskit.diagnosis.doctor.examination import DoctorCheck, Examination, remove_endpoint
from hnskit.facts.finding import Finding
from hnskit.model.objects import HOST_COMPARTMENT, Endpoint, EndpointState
from hnskit.model.wording import remove_command, state_word
from hnskit.params.desired import Part

_EACH_IN_USE = (
    "None of them is known to be unused: see which container has which (`hnskit show endpoints`), and make all but one "
    "of them again, with another address."
)
_NAMED = 3  # endpoints that a finding names; the rest is counted
_NO_ADDRESS = ("", "0.0.0.0")  # noqa: S104 - how HNS says that it gave none


class StaleEndpoint(DoctorCheck):
    """An endpoint whose network or whose container is gone, and which still holds its address."""

    name = "endpoint-stale"
    severity = "warning"
    reference = "HNS facts 76, 77"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Docker never removes what was made outside of it; after a reboot they may still be there."""
        for endpoint in exam.facts.endpoints:
            gone = bool(endpoint.network_id) and exam.index.network_of(endpoint) is None
            if gone and exam.facts.knows("networks"):
                yield self._stale(exam, endpoint, "its network is gone", f"VirtualNetwork {endpoint.network_id}")
            elif exam.facts.knows("containers") and endpoint.containers and _is_orphan(exam, endpoint):
                there = ", ".join(endpoint.containers)
                yield self._stale(exam, endpoint, "its container is gone", f"SharedContainers {there}")

    def _stale(self, exam: Examination, endpoint: Endpoint, why: str, evidence: str) -> Finding:
        holds = f", and it still holds {endpoint.address}" if endpoint.address else ""
        return self.of_endpoint(
            endpoint,
            f"{why}{holds}",
            evidence,
            exam.repair(exam.part_of(endpoint), endpoint.name, remove_endpoint(endpoint)),
        )


class DegradedEndpoint(DoctorCheck):
    """An endpoint one of whose policies HNS could not carry out."""

    name = "endpoint-degraded"
    severity = "error"
    reference = "HNS fact 40"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """State 5."""
        for endpoint in exam.facts.endpoints:
            if endpoint.state == EndpointState.DEGRADED:
                yield self.of_endpoint(
                    endpoint,
                    "HNS accepted it, and could not carry out one of its policies; it cannot be attached (0x803B0017)",
                    "State 5 (degraded)",
                    exam.repair(
                        exam.part_of(endpoint),
                        endpoint.name,
                        f"Look for a placeholder in its policies. {remove_endpoint(endpoint)}",
                    ),
                )


class AddressTwice(DoctorCheck):
    """Two endpoints of one network with the same address."""

    name = "address-twice"
    severity = "error"
    reference = "HNS fact 73; Azure/AKS#5653"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """HNS refuses a second one at creation; what survived a reboot it does not look at."""
        held: dict[tuple[str, str], list[Endpoint]] = defaultdict(list)
        for endpoint in exam.facts.endpoints:
            if endpoint.address not in _NO_ADDRESS and endpoint.network_id and not endpoint.remote:
                held[endpoint.network_id.upper(), endpoint.address].append(endpoint)
        for (_, address), endpoints in held.items():
            if len(endpoints) > 1:
                idle = next((item for item in endpoints if _is_idle(exam, item)), None)
                yield self.finding(
                    f"address {address}",
                    f"it is a duplicate: {len(endpoints)} endpoints of one network hold it",
                    ", ".join(f"{item.name or 'no name'} {item.id} (state {item.state})" for item in endpoints),
                    f"Remove the one that is not in use. {remove_endpoint(idle)}" if idle else _EACH_IN_USE,
                    name=(idle or endpoints[-1]).name,
                )


def _is_idle(exam: Examination, endpoint: Endpoint) -> bool:
    """Tell whether nothing uses an endpoint: it is not attached, or what it is attached to has ended."""
    return endpoint.state_known and (not endpoint.attached or exam.index.owners.is_dead(endpoint))


class EndpointDoubled(DoctorCheck):
    """Two endpoints of one network in one compartment."""

    name = "endpoint-doubled"
    severity = "warning"
    reference = "HNS facts 31, 48"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """A container then has two adapters of one subnet, and a policy is on one of them."""
        held: dict[tuple[str, int], list[Endpoint]] = defaultdict(list)
        for item in exam.facts.endpoints:
            number = item.compartment_id
            if item.attached and number is not None and item.network_id and not exam.index.is_unplugged(item):
                held[item.network_id.upper(), number].append(item)
        for (_, number), there in held.items():
            if len(there) < 2 or any(item.remote for item in there):
                continue
            owner = exam.index.owners.of_compartment(number)
            whose = "the host's compartment" if number == HOST_COMPARTMENT else (
                f"the compartment of {owner.name}" if owner else f"compartment {number}"
            )  # fmt: skip
            where = there[0].network_name or there[0].network_id
            commands = " or ".join(remove_command("Endpoint", item.id) for item in there)
            yield self.finding(
                whose,
                f"it has {len(there)} endpoints of the network {where}: which of them a request takes, and so whose "
                "policies it meets, is not known",
                ", ".join(f"{item.name or 'no name'} {item.id} ({item.address or 'no address'})" for item in there),
                f"Keep one. On the host: {commands}.",
                name=there[-1].name,
            )


class StaleRemote(DoctorCheck):
    """An endpoint that stands for a pod on another host, and for none any more."""

    name = "stale-remote"
    severity = "warning"
    reference = "microsoft/Windows-Containers#631"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """One with a local endpoint's address is stale for certain; one that no load balancer uses may be."""
        remotes = [item for item in exam.facts.endpoints if item.remote and item.address]
        lists = exam.facts.policy_lists
        used = {reference.rpartition("/")[2].upper() for item in lists for reference in item.references}
        unused = []
        for remote in remotes:
            local = _local_twin(exam, remote)
            if local is not None:
                yield self.of_endpoint(
                    remote,
                    f"it stands for another host's endpoint with the address that {local.name or local.id} holds "
                    "here: what a service sends to that address may go to the other host",
                    f"IsRemoteEndpoint; {local.id} holds {remote.address} too, attached",
                    remove_endpoint(remote),
                )
            elif remote.id.upper() not in used:
                unused.append(remote)
        if unused and exam.facts.knows("policy_lists") and len(unused) < len(remotes):
            named = ", ".join(f"{item.id} ({item.address})" for item in unused[:_NAMED])
            more = f" and {len(unused) - _NAMED} more" if len(unused) > _NAMED else ""
            yield self.finding(
                "endpoints",
                f"{len(unused)} of {len(remotes)} remote ones are used by no load balancer: their pods may be gone",
                f"{named}{more}",
                "Compare the addresses with `kubectl get pods -A -o wide`; remove those that no pod has.",
                severity="note",
                confirmed=False,
            )


class DeadCompartment(DoctorCheck):
    """An endpoint that is attached to a compartment which is not there any more."""

    name = "compartment-dead"
    severity = "error"
    reference = "HNS fact 81"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """A container's compartment has a new number after each start; the endpoint stays bound to the old one."""
        if not exam.facts.knows("compartments"):
            return
        there = {item.id for item in exam.facts.compartments}
        for endpoint in exam.facts.endpoints:
            number = endpoint.compartment_id
            if endpoint.attached and number is not None and number not in there:
                yield self.of_endpoint(
                    endpoint,
                    f"it is attached to compartment {number}, which is gone: its container was stopped or restarted",
                    f"CompartmendId {number}; compartments: {', '.join(map(str, sorted(there))) or 'none'}",
                    exam.repair(
                        exam.part_of(endpoint), endpoint.name, "Detach it, and attach it to the new compartment."
                    ),
                )


class UnpluggedEndpoint(DoctorCheck):
    """An endpoint that HNS calls attached, and of which the host has no adapter."""

    name = "endpoint-unplugged"
    severity = "error"
    reference = "HNS facts 76, 82"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Find endpoints whose adapter is gone, as after a reboot; their state does not show it."""
        for endpoint in exam.facts.endpoints:
            if exam.index.is_unplugged(endpoint):
                number = endpoint.compartment_id
                part = Part.NETWORK if number == HOST_COMPARTMENT else exam.part_of(endpoint)
                yield self.of_endpoint(
                    endpoint,
                    f"it is attached to compartment {number}, and the host has no adapter of it, as after a reboot: "
                    "nothing goes through it",
                    f"State {endpoint.state} ({state_word(endpoint.state)}); no adapter has the MAC {endpoint.mac}",
                    exam.repair(part, endpoint.name, "Detach it, and attach it again."),
                )


def _local_twin(exam: Examination, remote: Endpoint) -> Endpoint | None:
    """The attached endpoint of this host with a remote one's address, on the same network."""
    network = remote.network_id.upper()
    there = exam.index.endpoints_at(remote.address)
    return next(
        (item for item in there if not item.remote and item.attached and item.network_id.upper() == network), None
    )


def _is_orphan(exam: Examination, endpoint: Endpoint) -> bool:
    return all(exam.index.container_by_id(item) is None for item in endpoint.containers)
