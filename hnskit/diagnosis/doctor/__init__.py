"""What is wrong or suspicious in a snapshot, and what to do about it.

    for finding in hnskit.diagnose(facts, desired):
        print(finding.to_text())

Each check is a small class in one of the modules beside this one, with its test data in tests/diagnosis/doctor/cases.
It says nothing about what the snapshot does not have. `repair.py` plans the repair through the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hnskit.diagnosis.doctor.endpoint_checks import (
    AddressTwice,
    DeadCompartment,
    DegradedEndpoint,
    StaleEndpoint,
    UnpluggedEndpoint,
)
from hnskit.diagnosis.doctor.finding import DoctorCheck, Examination, Finding, Severity
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
    TargetNobody,
    TargetRedirected,
)
from hnskit.diagnosis.doctor.spelling import MisspeltKey, SuspiciousKey, UnknownPolicyType
from hnskit.facts.host_facts import Facts
from hnskit.foreign_text.escaping import join_lines
from hnskit.params.desired import Desired

CHECKS: tuple[DoctorCheck, ...] = (
    NotReadable(),
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
    DeadCompartment(),
    UnpluggedEndpoint(),
    MisspeltKey(),
    SuspiciousKey(),
    UnknownPolicyType(),
    IncompletePolicy(),
    PolicyOnNat(),
    PolicyUnattached(),
    TargetNobody(),
    TargetRedirected(),
    DoubledPolicy(),
    WfpBesideProxy(),
    WfpUnanswered(),
    WfpLoop(),
    NetworkProxy(),
    DeadReference(),
)
"""Every check, in the order in which a person looks."""

_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}

__all__ = ["CHECKS", "Check", "Examination", "Finding", "Severity", "diagnose", "findings_text", "summary_of"]


def diagnose(
    facts: Facts, desired: Desired | None = None, params_file: str = "", overrides: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Run every check.

    Args:
        facts: the host, live or from a file.
        desired: what is wanted of it, where that is known: commands then name its parts.
        params_file: named in those commands.
        overrides: `key.path=value`, what was given in place of the file's values: named in them, too.

    Returns:
        The findings, the worst first; within a severity in the order of `CHECKS`.
    """
    patient = Examination(facts, desired, params_file, overrides)
    found = [finding for check in CHECKS for finding in check.find(patient)]
    return tuple(sorted(found, key=lambda finding: _ORDER[finding.severity]))


def findings_text(findings: Iterable[Finding], host: str) -> str:
    """For a terminal."""
    listed = tuple(findings)
    texts = [text for finding in listed for text in ("", finding.to_text())]
    return join_lines([f"{host}: {summary_of(listed)}.", *texts])


def summary_of(findings: Iterable[Finding]) -> str:
    """How many of each severity, the worst first."""
    listed = tuple(findings)
    counts = [
        f"{count} {severity}{'s' if count != 1 else ''}"
        for severity in _ORDER
        if (count := sum(finding.severity == severity for finding in listed))
    ]
    return ", ".join(counts) or "nothing is wrong, as far as it was looked at"
