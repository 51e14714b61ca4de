"""The host itself: its Windows, its adapters, and what of it could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hnskit.diagnosis.doctor.examination import DoctorCheck, Examination
from hnskit.diagnosis.doctor.hns_checks import hns_explains
from hnskit.diagnosis.doctor.runtime_checks import docker_explains
from hnskit.facts.finding import Finding, Severity
from hnskit.model.hns_features import Feature, requirement, supports
from hnskit.model.objects import Adapter, NetworkType
from hnskit.planning.blockers import WIFI, is_wifi

_TEAM = "Multiplexor"  # of "Microsoft Network Adapter Multiplexor Driver", which a team's adapter has as description


@dataclass(frozen=True, slots=True)
class Report:
    """A public report about a Windows version that has no answer."""

    said: str
    next_step: str
    reference: str
    severity: Severity = "note"
    only_with_static_address: bool = False
    since: int = 0
    """First revision that has it."""
    until: int = 0
    """First revision that has it no more; 0: none is known."""
    confirmed: bool = False

    def is_of(self, revision: int) -> bool:
        """Tell whether a build's revision has it."""
        return revision >= self.since and (not self.until or revision < self.until)


_STATIC = (
    "loses a static address when the bridge appears",
    "Have a console at hand, and check the address afterwards.",
    "HNS fact 67 (microsoft/SDN#498)",
)
KNOWN_BAD: dict[int, tuple[Report, ...]] = {
    19041: (Report(f"Windows 2004 {_STATIC[0]}", *_STATIC[1:], "warning", only_with_static_address=True),),
    19042: (Report(f"Windows 20H2 {_STATIC[0]}", *_STATIC[1:], "warning", only_with_static_address=True),),
    20348: (
        Report(
            "the update of July 2024 (KB5040437) broke the network of containers on Server 2022; that of October 2024 "
            "(KB5044281, 20348.2762) mends it",
            "Install the current update of Windows.",
            "microsoft/Windows-Containers#516; projectcalico/calico#9019",
            "warning",
            since=2582,
            until=2762,
            confirmed=True,
        ),
    ),
}
"""Builds of which something was reported."""


class NotReadable(DoctorCheck):
    """Something of the host could not be read: what follows from it is not known."""

    name = "not-readable"
    severity = "warning"
    reference = "this snapshot"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Each problem by itself; as a note where another tool made the dump, which loses things as it likes."""
        absent, save = exam.facts.completeness.gaps, exam.command("facts", "--save", "FILE")
        own = bool(exam.facts.taken_at)
        aside = [str(problem) for problem in exam.facts.problems if problem.is_aside]
        again = "" if own else ", or dump it with `ConvertTo-Json -Depth 20`"
        for problem in exam.facts.problems:
            if problem.is_aside or docker_explains(exam, problem.part) or hns_explains(exam, problem.part):
                continue
            yield self.finding(
                "snapshot",
                "something could not be read; what is said of the host leaves it out",
                str(problem),
                f"Read the host again ({save}){again}.",
                severity=self.severity if own else "note",
            )
        if absent:
            yield self.finding(
                "snapshot",
                "not all of the host is in it: what is missing there proves nothing",
                "; ".join([*exam.facts.completeness.caveats(), *aside]),
                f"{save} takes everything.",
                severity="note",
            )


class HnsTooOld(DoctorCheck):
    """A proxy policy on a host that is too old for it."""

    name = "hns-old"
    severity = "error"
    reference = "HNS facts 49, 60"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """The build decides; the HNS version only where the build is not known."""
        facts = exam.facts
        build = facts.system.build if facts.system else None
        wanted = exam.desired is not None or any(rule.policy.is_proxy for rule in exam.rules)
        if not wanted or (build is None and facts.hns_version is None):
            return
        if not supports(facts.hns_version, build, Feature.PROXY):
            version = ".".join(map(str, facts.hns_version)) if facts.hns_version else "not told"
            yield self.finding(
                "host",
                "it is too old for proxy policies",
                f"build {build or 'not known'}, HNS {version}",
                requirement(Feature.PROXY),
            )


class KnownBadWindows(DoctorCheck):
    """A Windows build of which something was reported."""

    name = "windows-reported"
    severity = "note"
    reference = "docs/facts.md"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Return reports of faults of this revision."""
        system = exam.facts.system
        if system is None:
            return
        static = any(item.origin == "Manual" for item in exam.facts.addresses)
        for report in KNOWN_BAD.get(system.build, ()):
            harmless = report.only_with_static_address and exam.facts.knows("addresses") and not static
            if harmless or not report.is_of(system.revision):
                continue
            yield self.finding(
                "Windows",
                report.said,
                f"{system.product}, build {system.build}.{system.revision}",
                report.next_step,
                severity=report.severity,
                reference=report.reference,
                confirmed=report.confirmed,
            )


class WifiUplink(DoctorCheck):
    """The only uplink is Wi-Fi."""

    name = "uplink-wifi"
    severity = "warning"
    reference = "HNS fact 26"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """An L2Bridge network cannot be made on it."""
        uplinks = _uplinks(exam)
        if uplinks and exam.facts.knows("adapters") and all(map(is_wifi, uplinks)):
            yield self.finding(
                f"adapter {uplinks[0].name}",
                "it is Wi-Fi, and no other adapter is up: an L2Bridge network does not work on it",
                f"{uplinks[0].description}; NdisPhysicalMedium {WIFI}",
                "Use a wired adapter, and name it in `network.adapter`.",
            )


class TeamedUplink(DoctorCheck):
    """An uplink is a team of adapters."""

    name = "uplink-teamed"
    severity = "warning"
    reference = "HNS fact 25"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """HNS has refused such ones with 0x803B0006."""
        for adapter in exam.facts.adapters:
            if _TEAM in adapter.description and adapter.status == "Up":
                yield self.finding(
                    f"adapter {adapter.name}",
                    "it is a team of adapters; HNS was seen to refuse those: An adapter was not found (0x803B0006)",
                    adapter.description,
                    "Name a physical adapter that is in no team in `network.adapter`.",
                )


class StaticAddress(DoctorCheck):
    """A static address on the adapter that the bridge will take."""

    name = "static-address"
    severity = "warning"
    reference = "HNS fact 67"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Only before there is a bridge: it has been moved once there is one."""
        facts = exam.facts
        if not facts.knows("networks") or any(item.is_type(NetworkType.L2BRIDGE) for item in facts.networks):
            return
        wanted = exam.desired.network.adapter if exam.desired else ""
        indexes = {item.index for item in _uplinks(exam) if not wanted or item.is_named(wanted)}
        for address in facts.addresses:
            if address.interface_index in indexes and address.origin == "Manual":
                yield self.finding(
                    f"address {address.address}",
                    "it is static, and moves to another adapter when a bridge appears; some builds lose it then",
                    f"{address.interface_alias}: PrefixOrigin Manual",
                    "Have a console at hand, or name a second adapter in `network.adapter`.",
                )


def _uplinks(exam: Examination) -> list[Adapter]:
    return [item for item in exam.facts.adapters if item.physical and item.status == "Up"]
