"""Plan and work of one part's notebook: its part of the redirect, or the teardown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hnskit.applying.api import Event, Outcome, apply, destroy
from hnskit.applying.journal import Records
from hnskit.facts.host_facts import Facts
from hnskit.local import project
from hnskit.params.desired import Desired, Part
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.steps import Plan
from hnskit.planning.teardown import plan_destroy
from hnskit.running.run_folder import notebook_of

if TYPE_CHECKING:
    from hnskit.remote.session import Session

TEARDOWN = "teardown"
DIAGNOSES = ("explain", "doctor", "host", "stale", "compare")
"""Books that only look, also at a snapshot; they belong to no run."""
PARTS = ("preflight", *(part.value for part in Part), "verify", *DIAGNOSES, TEARDOWN)
"""Parts that a session can be opened for; each has a notebook."""


@dataclass(frozen=True, slots=True)
class PartWork:
    """The planner and the writer of one part."""

    part: str
    desired: Desired
    keep_network: bool = False
    """Of the teardown: whether it leaves the network."""
    by_name: bool = False
    """Of the teardown: whether names alone are enough where no journal knows of an object."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The part of the redirect; none for a notebook that changes nothing."""
        return tuple(part for part in Part if part == self.part)

    def plan(self, facts: Facts, made: Provenance) -> Plan:
        """Plan it."""
        if self.part == TEARDOWN:
            return plan_destroy(self.desired, facts, made=made, keep_network=self.keep_network, by_name=self.by_name)
        return plan(self.desired, facts, parts=self.parts, made=made)

    def change(
        self,
        session: Session,
        facts: Facts | None,
        *,
        made: Provenance,
        journal: Records | None,
        on_event: Callable[[Event], None],
        adopt: bool = False,
    ) -> Outcome:
        """Carry it out; errors are those of `apply` and `destroy`."""
        if self.part == TEARDOWN:
            return destroy(
                session, self.desired, made=made, keep_network=self.keep_network, by_name=self.by_name, facts=facts,
                journal=journal, on_event=on_event,
            )  # fmt: skip
        return apply(
            session, self.desired, parts=self.parts, facts=facts, made=made, journal=journal, on_event=on_event,
            adopt=adopt,
        )  # fmt: skip


def notebooks_to_run_first(current: Plan, params_file: Path) -> str:
    """Say what to run first where the work of other parts is missing; "" where none is, or no notebook is known."""
    folder = project.find_notebooks(params_file)
    names = [name for part in current.lacking if (name := notebook_of(part, folder))]
    return f"Run {' and '.join(names)} first." if names else ""
