"""Checks of runtimes and refusals: Docker that is silent, two runtimes on one host, requests that HNS refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hnskit.diagnosis.doctor.examination import DoctorCheck, Examination
from hnskit.diagnosis.doctor.hns_checks import says_silent
from hnskit.errors.codes_in_text import find_in_text
from hnskit.errors.hns_codes import explain_code
from hnskit.facts.finding import Finding
from hnskit.model.objects import HOST_COMPARTMENT, Endpoint

_POD = re.compile(r"^(?:[0-9a-f]{64}_\S+|[0-9a-f]{8}-eth0|k8s\.io-\S+|\S+_Calico)$")
"""Names that CNI plug-ins under containerd give to endpoints: win-bridge, azure-vnet, ctr, calico."""
_START = (
    "On the host: `Start-Service docker`; if it does not start, `Get-EventLog Application -Source docker -Newest 20` "
    "says why."
)
_DOCKER_PARTS = ("docker", "images", "containers")


class DockerSilent(DoctorCheck):
    """Docker does not answer, or is not there: nothing is known of containers."""

    name = "docker-silent"
    severity = "error"
    reference = "this snapshot"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """A daemon that is stopped is an error; a host without docker.exe may have another runtime."""
        docker = exam.facts.docker
        if docker is not None and docker.error:
            denied = "denied" in docker.error.lower()
            yield self.finding(
                "Docker",
                ("it does not let this account ask" if denied else "its daemon does not answer")
                + ": what containers run is not known, and none can be made or mended",
                docker.error,
                "Run docker in a console of an administrator, or as a member of docker-users." if denied else _START,
                severity="warning" if exam.facts.containers else "error",
            )
            return
        yield from self._stopped(exam)
        said = next((str(problem) for problem in exam.facts.problems if problem.part == "docker"), "")
        if docker is None and said:
            wanted = exam.desired is not None
            yield self.finding(
                "Docker",
                "it is not there, and the parameters need it"
                if wanted
                else "it is not there: what runs under another runtime is not listed here",
                said,
                "Install Docker on the host, or correct its PATH."
                if wanted
                else "Nothing, if containerd runs the containers here.",
                severity="error" if wanted else "note",
            )

    def _stopped(self, exam: Examination) -> Iterator[Finding]:
        """A list of services has it as stopped: so it should be on a node whose containers containerd runs."""
        for service in exam.facts.services:
            if service.name == "docker" and service.status == "Stopped":
                yield self.finding(
                    "Docker",
                    "its service does not run: containers that it made do not either",
                    f"docker: {service.status} {service.start}".rstrip(),
                    f"Nothing, if containerd runs the containers here. {_START}",
                    severity="note",
                )


class TwoRuntimes(DoctorCheck):
    """Docker runs on a host whose endpoints containerd made."""

    name = "two-runtimes"
    severity = "warning"
    reference = "moby/moby#45462"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """dockerd removes, when it starts, the endpoints that it did not make."""
        docker = exam.facts.docker
        if docker is None or docker.error or not docker.version:
            return
        pods = [item for item in exam.facts.endpoints if not item.remote and _POD.match(item.name)]
        pods = [item for item in pods if not _is_dockers(exam, item)]
        if pods or exam.facts.pods:
            seen = f"endpoint {pods[0].name}" if pods else f"pod {exam.facts.pods[0].full_name}"
            told = exam.facts.knows("containers")
            yield self.finding(
                "Docker",
                f"it runs beside containerd, whose pods have {len(pods)} of the endpoints: dockerd removes endpoints "
                "that it did not make when it starts, and their pods lose the network",
                f"Docker {docker.version}; {seen}",
                "Leave one of them: on a node of Kubernetes stop the service docker, and set it to Disabled.",
                severity=self.severity if told else "note",
                confirmed=told,
            )


def _is_dockers(exam: Examination, endpoint: Endpoint) -> bool:
    """Tell whether Docker runs the container: dockershim gave pods the names that CNI plug-ins give them."""
    owner = exam.index.owners.of_endpoint(endpoint)
    if owner is not None:
        return owner.runtime == "docker"
    ids = {item.id for item in exam.facts.containers if item.runtime == "docker"}
    return endpoint.name[:64] in ids or any(one in ids for one in endpoint.containers)


class NamespaceLeaked(DoctorCheck):
    """A namespace that cannot be deleted, since it still lists a container."""

    name = "namespace-leaked"
    severity = "warning"
    reference = "microsoft/Windows-Containers#485"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """State 4, no endpoint any more, and a container that is dead; what State 4 is called is not known."""
        for namespace in exam.facts.namespaces:
            if namespace.state != _LEAKED or namespace.endpoints or namespace.compartment_id == HOST_COMPARTMENT:
                continue
            listed = ", ".join(namespace.containers) or "none"
            yield self.finding(
                f"namespace {namespace.id}",
                "its removal hangs, and with it the pod's (0x803B0015): it has no endpoint any more, and still lists "
                "a container"
                if namespace.containers
                else "its removal hangs: it is in State 4, without endpoint and container",
                f"State 4; containers: {listed}; compartment {namespace.compartment_id}",
                "Look whether the container still runs (`crictl ps -a`, `hcsdiag list`) and end it; for a dead one no "
                "cure is public but a restart of the node. `hnskit errors 0x803b0015` has what is known.",
            )


class HnsRefused(DoctorCheck):
    """Requests that HNS refused, as a log tells them."""

    name = "refused"
    severity = "warning"
    reference = "this log"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Each code once; what it means is in `hnskit errors`."""
        for refusal in exam.facts.refusals:
            if says_silent(refusal):
                continue  # a finding of its own
            line = f"{refusal.call} {refusal.message}"
            by_text = next((item.known for item in find_in_text(refusal.message)), explain_code(0))
            known = (explain_code(refusal.code) if refusal.code else by_text).seen_in(line)
            said = refusal.message.strip().rstrip(".") or known.meaning.rstrip(".") or "without a word"
            times = f", {refusal.times} times" if refusal.times > 1 else ""
            code = f"0x{refusal.code or known.code:08X}"
            named = ", ".join(dict.fromkeys((known.name, code)))
            label = named if refusal.code else f"no code; by its text {named}" if known.code else "no code"
            asked = f"HNS refused {refusal.call}" if refusal.call else "HNS refused a request"
            likely = f" Most likely: {known.causes[0]}" if known.causes else ""
            yield self.finding(
                "log",
                f"{asked}: {said} ({label}){times}.{likely}",
                f"{refusal.place}: {said}" if refusal.place else said,
                f"`hnskit errors {code}` says what it means and what to do."
                if refusal.code or known.code
                else f'`hnskit errors "{said}"` says what it may mean.',
                reference=known.source or self.reference,
            )


def docker_explains(exam: Examination, part: str) -> bool:
    """Tell whether a part could not be read because Docker is silent, which is a finding of its own."""
    docker = exam.facts.docker
    silent = (docker is not None and bool(docker.error)) or (
        docker is None and any(problem.part == "docker" for problem in exam.facts.problems)
    )
    return silent and part in _DOCKER_PARTS


_LEAKED = 4
