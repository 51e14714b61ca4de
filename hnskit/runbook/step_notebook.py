"""The session of a step notebook: one part of the redirect on one host, looked at, changed, and written down.

Headless (papermill, nbclient) `apply_button` applies at once; at the screen it shows a button that chooses *when*.
Either way the next cell's `result` says what came of it, and raises what went wrong: a failed step fails the run there.

With a run folder, each notebook leaves `results/<part>.json` and pictures of the host in it, also when it fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from hnskit.applying import host_lock
from hnskit.applying.api import Outcome
from hnskit.applying.outcomes import outcome_of
from hnskit.errors import ArgumentError, HnskitError, PreflightError, StoppedError
from hnskit.facts.description import describe_host
from hnskit.facts.host_facts import Facts
from hnskit.local import project
from hnskit.params.desired import desired_from
from hnskit.params.selection import Selection
from hnskit.planning.provenance import Provenance
from hnskit.planning.steps import Plan
from hnskit.runbook.agreement import Agreement
from hnskit.runbook.button_work import ButtonWork
from hnskit.runbook.captured_packets import show_packets
from hnskit.runbook.diagnosis_notebook import HostDiagnosis
from hnskit.runbook.notebook_checks import CheckResults, NotebookChecks
from hnskit.runbook.notebook_host import NotebookHost
from hnskit.runbook.notebook_record import NotebookRecord
from hnskit.runbook.outcome_words import closing_words, empty_plan, outcome_view
from hnskit.runbook.part_work import PARTS, PartWork, notebooks_to_run_first
from hnskit.runbook.screen import Reader, Sentence, sentence_mimebundle
from hnskit.views.progress import Progress, display_progress
from hnskit.views.table import View
from hnskit.views.topology import Topology, draw


class StepNotebook:
    """One part of the redirect on one host: its state, its plan, the change and the result.

    Attributes:
        params, desired: what is wanted.
        facts: the last snapshot of the host.
    """

    def __init__(
        self, part: str, selection: Selection, run_dir: Path | None = None, *, reader: Reader = Reader.ABSENT,
        keep_network: bool = False, by_name: bool = False, confirmed: bool = False, adopt: bool = False,
    ) -> None:  # fmt: skip
        """Connect, and look at the host.

        Args:
            part: one of `PARTS`.
            selection: the parameters.
            run_dir: the run's folder; None: one is made below `runs` once there is something to keep (`LazyJournal`).
            reader: whether a button is to wait for somebody.
            keep_network: the teardown leaves the network.
            by_name: the teardown takes what bears these names, too, where no journal knows of it.
            confirmed: whether what would be removed is agreed to; a button asks for that.
            adopt: whether what was made by hand is to be taken over; a button asks for that.

        Raises:
            ParamsError: the parameters are wrong; no host was contacted.
            ConnectError: the host cannot be reached, or refuses the login.
        """
        if part not in PARTS:
            raise ArgumentError(f"{part!r} is none of {', '.join(PARTS)}")
        self.part = part
        self._params_file = selection.params_file
        file = str(project.from_root(selection.params_file)) if selection.data is None else ""
        self._asked = (file, tuple(selection.overrides))
        self._agreement = Agreement(reader, confirmed, adopt)
        self._interactive = self._agreement.by_button
        self._kept = NotebookRecord(part, run_dir)
        self._plan: Plan | None = None
        self._outcome: Outcome | None = None
        self._failure: HnskitError | None = None
        self._checked = CheckResults()
        self._waits = False  # a button is shown and was not pressed
        self._first: Facts | None = None
        try:
            self.params = selection.load()
            self.desired = desired_from(self.params)
        except HnskitError as error:
            self._record(error)
            raise
        self._button = ButtonWork(self._carry_out)
        self._host = NotebookHost(part, self.params, self._kept.runs, self._button.wait)
        self._checks = NotebookChecks(self._host, self.desired, self._checked)
        self._work = PartWork(part, self.desired, keep_network, by_name)
        with self._recorded():
            self.facts = self._first = self._host.facts()
        self._keep("before")

    @property
    def diagnosis(self) -> HostDiagnosis:
        """Explanations, findings and differences of the host as it was last seen."""
        return HostDiagnosis(self.facts, self.desired, self._known(), *self._asked)

    def show(self, table: str) -> View:
        """Show a table of the host as it was last seen.

        Args:
            table: networks, endpoints, policies, containers, compartments, adapters, images, pods or namespaces.

        Returns:
            The table; once something was changed here, with what is not as it was before.

        Raises:
            ArgumentError: there is no such table.
        """
        from hnskit.views.frames import TABLES

        if table not in TABLES:
            raise ArgumentError(f"{table!r} is none of {', '.join(TABLES)}")
        self._host.require_open()
        before = TABLES[table](self._first) if self._moved and self._first else None
        caption = f"{table}: as before, the button was not pressed yet" if self._waits else table
        return View(TABLES[table](self.facts), caption, before=before)

    def picture(self) -> Topology:
        """Draw the host as it was last seen; once something was changed here, with what is not as it was before.

        Returns:
            The picture.
        """
        self._button.wait()
        return draw(self.facts, desired=self.desired, before=self._first if self._moved else None)

    @property
    def packets(self) -> View | Sentence:
        """Packets on the containers' wires, a row a frame, where the host is emulated with real ones; they are kept."""
        return show_packets(self.params.target, self._kept)

    @property
    def _moved(self) -> bool:
        return bool(self._outcome and self._outcome.changed)

    def findings(self) -> View:
        """Look whether this host is fit for the redirect.

        Returns:
            A table of preflight's findings.

        Raises:
            ConnectError: the host cannot be reached any more.
        """
        with self._recorded():
            return self._checks.find(self.facts, self._known())

    def require_fit(self) -> Sentence:
        """Stop unless preflight finds no error.

        Returns:
            A sentence with the number of warnings.

        Raises:
            PreflightError: naming every finding of severity error.
        """
        with self._recorded():
            return self._checks.require_fit(self.facts, self._known())

    def plan(self) -> View | Sentence:
        """Plan the changes, each with its reason; nothing is changed by asking.

        Returns:
            A table, a row a step; a sentence where the parameters have nothing of this part.

        Raises:
            ConnectError: the host cannot be reached any more.
        """
        from hnskit.views.change_frames import plan_frame

        if self._interactive:  # the host may have moved on since the session was opened
            with self._recorded():
                self.facts = self._host.facts()
        self._plan = self._work.plan(self.facts, self._known())
        count, refused = len(self._plan.pending), len(self._plan.refused)
        adopted = len(self._plan.adopted)
        if not self._plan.steps:
            return empty_plan(self.part)
        said = [f"{count} to do" if count else "", f"{adopted} made by hand to be taken over" if adopted else ""]
        said.append(f"{refused} refused" if refused else "")
        caption = f"plan: {', '.join(filter(None, said)) or 'nothing to do'}"
        return View(plan_frame(self._plan), caption, ("wave", "part", "id"))

    def apply_button(self, label: str) -> Any:
        """Carry out the plan: at once when headless, when the button is pressed at the screen.

        It raises nothing: `result`, in the next cell, does. What would be removed, or was made by hand and would be
        taken over, is asked about at the screen; headless, `confirmed` and `adopt` have to be given.

        Args:
            label: on the button.

        Returns:
            The button; headless None, after the work is done.
        """
        self._host.require_open()
        self._outcome, self._failure, self._waits = None, None, False
        current = self._plan or self._work.plan(self.facts, self._known())
        if self._interactive and (current.pending or current.adopted) and not current.refused:
            from hnskit.runbook.widgets import action_button

            self._waits = True
            warning = "The host's own network goes away for seconds meanwhile." if current.disruptive else ""
            return action_button(label, warning, self._button, self._agreement.question(current))
        if (refusal := self._agreement.refusal(current)) is not None:
            self._failure = refusal
            return None
        progress = display_progress(label)
        try:
            self._carry_out(progress)
        except HnskitError as error:
            progress.finish(False, error.paragraph())
        return None

    def result(self) -> View | Sentence:
        """Show the result of the button.

        Returns:
            A table of the steps that were done, or the sentence why nothing was to do.

        Raises:
            PreflightError, StepError, ConnectError: what went wrong.
            ConfirmationError: a removal was not confirmed.
        """
        with self._recorded():
            if self._failure is not None:
                raise self._failure
        if self._outcome is None:
            return Sentence("The button above has not been pressed yet: once it is, the result stands here.")
        return outcome_view(self._outcome, self.part)

    def verify(self) -> View:
        """Ask the metadata service from inside each client: the proof, whether it holds or not.

        Returns:
            A table, a row a check.

        Raises:
            ConnectError, OutcomeUnknownError: the host is gone.
        """
        from hnskit.views.change_frames import verification_frame

        with self._recorded():
            verification = self._checks.verify()
        return View(verification_frame(verification), "proof, client by client")

    def require_proof(self) -> Sentence:
        """Stop unless the redirect is proved for every client.

        Returns:
            The verdict in a sentence.

        Raises:
            VerificationError: naming each check that does not hold.
        """
        with self._recorded():
            return self._checks.require_proof()

    def finish(self) -> Sentence:
        """Write down the result of this notebook, and let go of the host.

        Returns:
            Sentences: how many steps changed something, the seconds of that, what stayed, and where the run is kept.
        """
        self._button.wait()
        plan = self._plan
        waiting = self._interactive and plan and (plan.pending or plan.adopted) and self._outcome is None
        self._record(None)
        self._host.close()
        if waiting:
            failed = "It did not come to its end: what went wrong stands under the button."
            return Sentence(failed if self._failure else "Nothing was changed: the button was not pressed.")
        kept = f" The run is kept in {self._kept.run_dir}." if self._kept.run_dir else ""
        return Sentence(f"{closing_words(self._outcome)}{kept}")

    def end(self) -> None:
        """Let go of the host for good: what is shown stays, and its button and cells do nothing more."""
        self._host.end()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return sentence_mimebundle(str(self))

    def __str__(self) -> str:
        return describe_host(self.facts)

    def _carry_out(self, progress: Progress) -> None:
        """Apply the plan; keep what came of it, or what went wrong, for `result`."""
        self._waits = False
        current = self._plan or self._work.plan(self.facts, self._known())
        progress.expect(current.pending)
        works = bool((current.pending or current.adopted) and not current.refused)
        # Headless the snapshot is a moment old; at the screen minutes may have passed before the button was pressed.
        facts = None if self._interactive else self.facts
        try:
            self._host.session()
            place = (self.params.target, self._kept.run_dir, host_lock.NOTEBOOK)
            with host_lock.claim(*place) if works else nullcontext() as held:
                outcome = self._work.change(
                    self._host.session(),
                    facts,
                    made=self._known(),
                    journal=None if current.refused else self._kept.journal(self.params.target, held),
                    on_event=progress.on_event,
                    adopt=self._interactive or self._agreement.adopt,  # at the screen the button has asked
                )
        except (HnskitError, KeyboardInterrupt) as cause:
            error = cause if isinstance(cause, HnskitError) else StoppedError(host=self.params.target)
            if isinstance(error, PreflightError):
                error = error.but(next_step=error.next_step or notebooks_to_run_first(current, self._params_file))
            self._failure = error
            if (stopped := outcome_of(error)) is not None:
                self._outcome, self.facts = stopped, stopped.after
            if isinstance(error, StoppedError):
                self._record(error)  # the next cell, which else does this, may not come any more
            raise error from (cause if error is not cause else cause.__cause__)
        self._failure, self._outcome, self.facts = None, outcome, outcome.after
        counts = ((outcome.changed, "changed"), (len(outcome.plan.adopted), "taken over"))
        progress.finish(True, ", ".join(f"{count} {what}" for count, what in counts if count) or "nothing to do")

    def _known(self) -> Provenance:
        return self._kept.known(self.params.target)

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """Write down a failure before it leaves the cell."""
        self._host.require_open()
        try:
            yield
        except (HnskitError, KeyboardInterrupt) as cause:
            error = cause if isinstance(cause, HnskitError) else StoppedError(host=self.params.target)
            self._record(error)
            if not self._interactive:
                self._host.close()
            raise error from (cause if error is not cause else cause.__cause__)

    def _record(self, error: HnskitError | None) -> None:
        self._keep("after")
        self._kept.write(self._outcome, self._checked, error)

    def _keep(self, moment: str) -> None:
        if self._first is not None and self._kept.run_dir is not None:
            self._kept.keep(moment, self.facts, self.picture())
