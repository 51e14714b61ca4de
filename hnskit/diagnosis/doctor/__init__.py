"""Find what is wrong or suspicious in a snapshot, and say what to do about it.

    for finding in hnskit.diagnose(facts, desired=desired):
        print(finding.to_text())

Each check is a small class in one of the modules beside this one, with its test data in tests/diagnosis/doctor/cases.
It says nothing about what the snapshot does not have. `repair.py` plans the repair through the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hnskit.diagnosis.doctor.acl_checks import DefaultDeny, MetadataAsNode, MetadataBlocked
from hnskit.diagnosis.doctor.endpoint_checks import (
    AddressTwice,
    DeadCompartment,
    DegradedEndpoint,
    EndpointDoubled,
    StaleEndpoint,
    StaleRemote,
    UnpluggedEndpoint,
)
from hnskit.diagnosis.doctor.examination import DoctorCheck, Examination
from hnskit.diagnosis.doctor.hns_checks import HnsSilent
from hnskit.diagnosis.doctor.host_checks import (
    HnsTooOld,
    KnownBadWindows,
    NotReadable,
    StaticAddress,
    TeamedUplink,
    WifiUplink,
)
from hnskit.diagnosis.doctor.network_checks import (
    DeadReference,
    ForwardingOff,
    MetadataRoute,
    NoGatewayEndpoint,
    VfpOff,
)
from hnskit.diagnosis.doctor.other_proxies import NetworkProxy, WfpBesideProxy, WfpLoop, WfpUnanswered
from hnskit.diagnosis.doctor.policy_checks import (
    DoubledPolicy,
    IncompletePolicy,
    PolicyOnNat,
    PolicyUnattached,
    TargetHost,
    TargetNobody,
    TargetRedirected,
)
from hnskit.diagnosis.doctor.redirect_checks import EndpointMissing, HnsRestarted, RedirectDrift, RedirectHalf
from hnskit.diagnosis.doctor.runtime_checks import DockerSilent, HnsRefused, NamespaceLeaked, TwoRuntimes
from hnskit.diagnosis.doctor.spelling import MisspeltKey, SuspiciousKey, UnknownPolicyType
from hnskit.diagnosis.doctor.vfp_checks import PolicyNotInVfp
from hnskit.facts.finding import Finding, Severity
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import without_collector
from hnskit.foreign_text.escaping import join_lines
from hnskit.params.desired import Desired
from hnskit.planning.provenance import Provenance

CHECKS: tuple[DoctorCheck, ...] = (
    HnsSilent(),
    NotReadable(),
    DockerSilent(),
    HnsRestarted(),
    HnsRefused(),
    HnsTooOld(),
    KnownBadWindows(),
    WifiUplink(),
    TeamedUplink(),
    StaticAddress(),
    VfpOff(),
    NoGatewayEndpoint(),
    ForwardingOff(),
    MetadataRoute(),
    StaleEndpoint(),
    DegradedEndpoint(),
    AddressTwice(),
    EndpointDoubled(),
    StaleRemote(),
    NamespaceLeaked(),
    TwoRuntimes(),
    EndpointMissing(),
    DeadCompartment(),
    UnpluggedEndpoint(),
    MisspeltKey(),
    SuspiciousKey(),
    UnknownPolicyType(),
    IncompletePolicy(),
    PolicyOnNat(),
    PolicyNotInVfp(),
    PolicyUnattached(),
    TargetNobody(),
    TargetHost(),
    TargetRedirected(),
    DoubledPolicy(),
    WfpBesideProxy(),
    WfpUnanswered(),
    WfpLoop(),
    NetworkProxy(),
    DeadReference(),
    MetadataBlocked(),
    MetadataAsNode(),
    DefaultDeny(),
    RedirectHalf(),
    RedirectDrift(),
)
"""Every check, in the order in which a person looks."""

_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2, "ok": 3}

__all__ = ["CHECKS", "DoctorCheck", "Examination", "Finding", "Severity", "diagnose", "findings_text", "summary_of"]


def diagnose(
    facts: Facts,
    *,
    desired: Desired | None = None,
    params_file: str = "",
    overrides: Sequence[str] = (),
    made: Provenance | None = None,
) -> tuple[Finding, ...]:
    """Run every check.

    Args:
        facts: the host, live or from a file.
        desired: what is wanted of it, where that is known: commands then name its parts.
        params_file: named in those commands.
        overrides: `key.path=value`, what was given in place of the file's values: named in them, too.
        made: from `made_on`: what the journals know, so that a redirect that is gone is told from one that never was.

    Returns:
        The findings, the worst first; within a severity in the order of `CHECKS`. What differs from the parameters is
        left out where another check says why.
    """
    with without_collector():
        exam = Examination(facts, desired, params_file, overrides, made)
        found = [finding for check in CHECKS for finding in check.find(exam)]
    explained = {item.name for item in found if item.check != RedirectDrift.name and item.severity == "error"}
    found = [item for item in found if item.check != RedirectDrift.name or item.name not in explained]
    return tuple(sorted(found, key=lambda finding: _ORDER[finding.severity]))


def findings_text(findings: Iterable[Finding], host: str) -> str:
    """For a terminal."""
    listed = tuple(findings)
    texts = [text for finding in listed for text in ("", finding.to_text())]
    return join_lines([f"{host}: {summary_of(listed)}.", *texts])


def summary_of(findings: Iterable[Finding]) -> str:
    """Count the findings of each severity, the worst first."""
    listed = tuple(findings)
    counts = [
        f"{count} {severity}{'s' if count != 1 else ''}"
        for severity in _ORDER
        if (count := sum(finding.severity == severity for finding in listed))
    ]
    return ", ".join(counts) or "nothing is wrong, as far as it was looked at"
