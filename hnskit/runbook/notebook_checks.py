"""Checks of a notebook that change nothing: preflight's findings, and the proof from inside each client."""

from __future__ import annotations

from dataclasses import dataclass

from hnskit.applying.verification import Verification, require_proof, verify
from hnskit.errors import HnskitError
from hnskit.facts.finding import Finding
from hnskit.facts.host_facts import Facts
from hnskit.facts.source import is_snapshot
from hnskit.facts.tarballs import missing_tarballs
from hnskit.params.desired import Desired
from hnskit.planning.preflight import preflight, require_fit
from hnskit.planning.provenance import Provenance
from hnskit.runbook.notebook_host import NotebookHost
from hnskit.runbook.screen import Sentence
from hnskit.views.progress import display_progress
from hnskit.views.table import View


@dataclass(slots=True)
class CheckResults:
    """The last results of a notebook's checks."""

    findings: tuple[Finding, ...] = ()
    verification: Verification | None = None


@dataclass(frozen=True, slots=True)
class NotebookChecks:
    """The checks of one notebook."""

    host: NotebookHost
    desired: Desired
    results: CheckResults

    def find(self, facts: Facts, made: Provenance) -> View:
        """Run preflight on a snapshot, and on a live host look for the tarballs; the result is a table."""
        from hnskit.views.change_frames import findings_frame

        self._preflight(facts, made)
        return View(
            findings_frame(self.results.findings), "preflight", hidden=("evidence", "reference", "confirmed", "check")
        )

    def require_fit(self, facts: Facts, made: Provenance) -> Sentence:
        """Run preflight, and raise PreflightError if it finds an error."""
        self._preflight(facts, made)
        require_fit(self.results.findings, host=facts.target)
        warnings = sum(finding.severity == "warning" for finding in self.results.findings)
        return Sentence(f"{facts.target} is fit for the redirect; warnings: {warnings}.")

    def verify(self) -> Verification:
        """Ask the metadata service from inside each client, with progress."""
        progress = display_progress("Verification")
        try:
            verification = self.results.verification = verify(
                self.host.session(), self.desired, on_event=lambda event: progress.say(event.text)
            )
        except HnskitError as error:
            progress.finish(False, error.paragraph())
            raise
        # That the requests were made is the end of this work; whether they prove anything, the table says.
        progress.finish(True, verification.to_text().splitlines()[0])
        return verification

    def require_proof(self) -> Sentence:
        """Raise VerificationError unless each check of the last verification holds; verify first where none was."""
        verification = self.results.verification or self.verify()
        require_proof(verification)
        return Sentence(verification.to_text().splitlines()[0])

    def _preflight(self, facts: Facts, made: Provenance) -> None:
        live = not is_snapshot(facts.target)
        missing = missing_tarballs(self.host.session(), self.desired, facts) if live else ()
        self.results.findings = preflight(self.desired, facts, missing=missing, made=made)
