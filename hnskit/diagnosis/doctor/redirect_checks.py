"""A redirect that was set up and does not hold any more: containers without endpoint, policies that are gone, drift.

With parameters the plan tells what differs. Without them hnskit's label on a container tells that it belongs to a
redirect; of other containers only those are looked at that Docker itself gave a network.
"""

from __future__ import annotations

from collections.abc import Iterator

from hnskit.diagnosis.doctor.examination import DoctorCheck, Examination
from hnskit.facts.finding import Finding, Severity
from hnskit.facts.host_facts import unread_parts
from hnskit.model.objects import Container, NetworkType
from hnskit.model.wording import counted
from hnskit.params.desired import LABEL, Part
from hnskit.planning.steps import Action, Step

_NO_NETWORK = ("", "none", "host")
_HOLDS = frozenset({Action.CREATE, Action.RUN, Action.START, Action.ATTACH, Action.REFUSE})
"""Actions of steps where an object of the redirect is missing; any other action changes one that is there."""
_CARRIED = frozenset({"policy", "route", "forwarding"})
"""Kinds without which nothing is redirected, whatever has to be done to them."""


class EndpointMissing(DoctorCheck):
    """A running container that should have an endpoint and has none."""

    name = "endpoint-missing"
    severity = "error"
    reference = "HNS facts 77, 80"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """One that hnskit labelled, or to which Docker gave a network."""
        facts = exam.facts
        if not all(map(facts.knows, ("endpoints", "containers", "compartments"))):
            return
        for container in facts.containers:
            network = _network_of(container)
            number = exam.index.owners.compartment_of(container)
            if not network or number is None or exam.index.endpoints_of(container, number):
                continue
            part = Part.PROXY if exam.desired and exam.desired.proxy.name == container.name else Part.CLIENTS
            yield self.finding(
                f"container {container.name}",
                f"it runs without an endpoint, and belongs on {network}: it reaches nothing, and nothing reaches it"
                + _restarted(exam),
                f"no endpoint is attached to its compartment {number}",
                exam.repair(part, container.name, f"{_again(container)}{_restart_hint(exam)}"),
                name=container.name,
            )


class RedirectHalf(DoctorCheck):
    """Containers of a redirect of which nothing, or not everything, is redirected; where no parameters tell."""

    name = "redirect-half"
    severity = "error"
    reference = "HNS facts 45, 48"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """By hnskit's label: the proxy is whom policies lead to, every other container is a client."""
        facts = exam.facts
        if exam.desired is not None or not all(map(facts.knows, ("endpoints", "containers", "compartments"))):
            return
        redirected = {rule.endpoint.id for rule in exam.rules} | {rule.endpoint.id for rule in exam.wfp_rules}
        targets = {rule.target[0] for rule in exam.rules if rule.target}
        for network, containers in _labelled(exam).items():
            if any(item.policies for item in facts.networks_named(network)):
                continue  # a network's own policy may be what redirects
            held = [(one, exam.index.endpoints_of(one, exam.index.owners.compartment_of(one)))
                    for one in containers]  # fmt: skip
            attached = [(one, endpoints) for one, endpoints in held if endpoints]
            lacking = [
                (one, endpoints[0])
                for one, endpoints in attached
                if not any(item.id in redirected or item.address in targets for item in endpoints)
                and all(item.knows("policies") for item in endpoints)
            ]
            if len(attached) > 1 and len(lacking) == len(attached):
                yield self.finding(
                    f"network {network}",
                    f"nothing on it is redirected: none of the endpoints of {len(attached)} containers that hnskit "
                    "made for it has a proxy policy",
                    ", ".join(one.name for one, _ in attached),
                    f"{exam.command('apply', '--part', 'policy')} with the parameters that it was made with.",
                    name=network,
                )
                continue
            for container, endpoint in lacking:
                yield self.of_endpoint(
                    endpoint,
                    f"it has no proxy policy, and others of {network} have: what {container.name} asks is not "
                    "redirected",
                    f"policies: {', '.join(policy.type for policy in endpoint.policies) or 'none'}",
                    f"{exam.command('apply', '--part', 'policy')} with the parameters that it was made with.",
                )


class RedirectDrift(DoctorCheck):
    """Find differences from the parameters: the same as `hnskit drift`."""

    name = "redirect-drift"
    severity = "error"
    reference = "the parameters"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """A step of the plan is a difference. A host on which nothing was ever set up is a note."""
        desired = exam.desired
        if desired is None or unread_parts(exam.facts):
            return
        differs = [step for step in exam.plan.steps if step.pending or step in exam.plan.refused]
        if differs and _nothing_is_there(exam):
            made = exam.was_set_up
            yield self.finding(
                f"redirect {desired.network.name}",
                "nothing of it is on the host" + (", and a journal says that hnskit set it up" if made else " (yet)"),
                f"no network, endpoint or container of the parameters; {counted(len(differs), 'steps')} to do",
                f"{exam.command('plan')} shows what would be done, {exam.command('apply')} does it.",
                severity="error" if made else "note",
                name=desired.network.name,
            )
            return
        objects: dict[str, list[Step]] = {}
        for step in differs:
            objects.setdefault(step.container or step.name, []).append(step)
        for name, steps in objects.items():
            yield self._of_object(exam, name, steps)

    def _of_object(self, exam: Examination, name: str, steps: list[Step]) -> Finding:
        """All that differs of one object; what is refused comes first."""
        refused = [step for step in steps if step in exam.plan.refused]
        first = (refused or steps)[0]
        changes = [change.describe() for step in steps for change in step.changes]
        return self.finding(
            f"{first.kind} {first.title}",
            f"it is not as the parameters want it: {first.reason}",
            "; ".join([f"to do: {', '.join(step.id for step in steps)}", *changes]),
            f"{exam.command('plan')} says what stands in the way."
            if refused
            else f"{exam.command('drift')} lists all differences; {exam.apply(first.part)} takes them away.",
            severity="error" if any(_severity(step) == "error" for step in steps) else "warning",
            name=name,
        )


class HnsRestarted(DoctorCheck):
    """Every endpoint is gone, and containers that had one still run."""

    name = "hns-restarted"
    severity = "error"
    reference = "HNS fact 77"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """A restart of the HNS service removes endpoints; networks stay, and count what they once had."""
        if not _lost_all(exam):
            return
        counted = [(item.name, item.raw.get("TotalEndpoints")) for item in exam.facts.networks]
        had = [f"{name} had {total}" for name, total in counted if isinstance(total, int) and total > 0]
        yield self.finding(
            "HNS",
            "it lists no endpoint at all, and containers that belong on a network run: so after a restart of its "
            "service, which removes endpoints",
            f"no endpoints; {', '.join(had) or 'networks do not count theirs'}",
            f"{exam.command('apply')} makes the endpoints again; restart containers that Docker gave a network."
            if exam.desired
            else "Make the endpoints again (`hnskit apply` with the parameters); restart containers that Docker gave "
            "a network.",
        )


def _network_of(container: Container) -> str:
    """The network that a running container belongs on; "" where it belongs on none, or that is not known."""
    if not container.running:
        return ""
    label = container.labels.get(LABEL, "")
    own = container.network_mode not in _NO_NETWORK and not container.network_mode.startswith("container:")
    return label or (container.network_mode if own and container.isolation.lower() != "hyperv" else "")


def _again(container: Container) -> str:
    return (
        "`hnskit apply` with the parameters that it was made with makes it again."
        if container.labels.get(LABEL)
        else f"On the host: `docker restart {container.name}`."
    )


def _lost_all(exam: Examination) -> bool:
    facts = exam.facts
    if facts.endpoints or not all(map(facts.knows, ("endpoints", "containers", "networks", "compartments"))):
        return False
    return bool(facts.networks) and any(
        _network_of(item) and exam.index.owners.compartment_of(item) is not None for item in facts.containers
    )


def _restarted(exam: Examination) -> str:
    return ", as after a restart of HNS" if _lost_all(exam) else ""


def _restart_hint(exam: Examination) -> str:
    return "" if _lost_all(exam) else " If many have none, look whether HNS was restarted."


def _labelled(exam: Examination) -> dict[str, list[Container]]:
    """Running containers that hnskit made, by the network that they are for; of bridges that are there."""
    there = {item.name for item in exam.facts.networks if item.is_type(NetworkType.L2BRIDGE)}
    found: dict[str, list[Container]] = {}
    for container in exam.facts.containers:
        network = container.labels.get(LABEL, "")
        if container.running and network in there:
            found.setdefault(network, []).append(container)
    return found


def _nothing_is_there(exam: Examination) -> bool:
    desired = exam.desired
    if desired is None:
        return False
    names = {item.name for item in desired.endpoints} | {item.name for item in desired.containers}
    facts = exam.facts
    there = {item.name for item in facts.endpoints} | {item.name for item in facts.containers}
    return not there & names and not facts.networks_named(desired.network.name)


def _severity(step: Step) -> Severity:
    return "error" if step.action in _HOLDS or step.kind in _CARRIED else "warning"
