"""HNS itself: a service that is stopped, missing or silent, so that nothing of its lists is known."""

from __future__ import annotations

from collections.abc import Iterator

from hnskit.diagnosis.doctor.examination import DoctorCheck, Examination
from hnskit.errors.codes_in_text import find_in_text
from hnskit.facts.finding import Finding
from hnskit.model.objects import Refusal
from hnskit.model.windows_service import Service

_PARTS = ("hns_version", "networks", "endpoints", "policy_lists")
_NEEDED = ("networks", "endpoints")
"""Parts without which nothing can be said of a host's containers."""
_UNAVAILABLE = frozenset({0x426, 0x6BA})
"""Win32 codes that say that nobody answers a call: ERROR_SERVICE_NOT_ACTIVE, RPC_S_SERVER_UNAVAILABLE."""
_NOT_FOUND = "was not found"
_START = (
    "On the host: `Start-Service hns`; if it does not start, `Get-WinEvent -LogName System -MaxEvents 50` says why. "
    "Endpoints do not come back with it (HNS fact 77): look again afterwards."
)
_INSTALL = (
    "On the host: `Install-WindowsFeature Containers`, and a restart of it; on Windows 10 and 11 "
    "`Enable-WindowsOptionalFeature -Online -FeatureName Containers`."
)


class HnsSilent(DoctorCheck):
    """HNS does not answer, or its service does not run."""

    name = "hns-silent"
    severity = "error"
    reference = "this snapshot"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """The host's own answer, a list of services, or a refusal that says that nobody listens."""
        stopped = [item for item in exam.facts.services if is_stopped(item)]
        said = silence_of(exam)
        refused = [item for item in exam.facts.refusals if says_silent(item)]
        if stopped:
            start = " and its start type is Disabled" if stopped[0].start == "Disabled" else ""
            yield self._found(f"its service does not run{start}", f"hns: {stopped[0].status}", _START)
        elif said:
            yield self._found("it does not answer", said, _INSTALL if _NOT_FOUND in said else _START)
        elif refused:
            answered = any(exam.facts.networks) or any(exam.facts.endpoints)
            first = refused[0]
            yield self._found(
                "it did not answer when this was printed",
                f"{first.place}: {first.message or f'0x{first.code:08X}'}",
                f"`Get-Service hns` says whether it runs now. {_START}",
                severity="warning" if answered else "error",
                confirmed=False,
                reference="winerror.h",
            )

    def _found(self, why: str, evidence: str, next_step: str, **fields: object) -> Finding:
        said = f"{why}: which networks, endpoints and policies there are is not known, and none can be made or mended"
        return self.finding("HNS", said, evidence, next_step, **fields)


def is_stopped(service: Service) -> bool:
    """Tell whether it is the HNS service, and does not serve."""
    return service.name == "hns" and service.status in ("Stopped", "StopPending", "Paused", "PausePending")


def says_silent(refusal: Refusal) -> bool:
    """Tell whether a refusal came from nobody: by its code, or by its words where no code was printed."""
    if refusal.code:
        return refusal.code & 0xFFFF0000 in (0, 0x80070000) and refusal.code & 0xFFFF in _UNAVAILABLE
    return any(item.known.code in _UNAVAILABLE for item in find_in_text(refusal.message))


def silence_of(exam: Examination) -> str:
    """Return the words of a live host that gave no lists; "" where it gave them, and for a dump."""
    facts = exam.facts
    problems = [item for item in facts.problems if facts.taken_at and item.part in _NEEDED]
    return next((item.message for item in problems if not getattr(facts, item.part)), "")


def hns_explains(exam: Examination, part: str) -> bool:
    """Tell whether a part could not be read because HNS is silent, which is a finding of its own."""
    return part in _PARTS and bool(silence_of(exam))
