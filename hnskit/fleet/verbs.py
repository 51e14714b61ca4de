"""The verbs of a fleet: what the commands of the same names do on one host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hnskit.errors import ConfirmationError, PreflightError, StoppedError
from hnskit.fleet.host_task import HostTask, Tell, Verb, VerbOutcome
from hnskit.model.wording import counted

if TYPE_CHECKING:
    from hnskit.applying.outcomes import Event, Outcome
    from hnskit.facts.host_facts import Facts
    from hnskit.planning.provenance import Provenance
    from hnskit.planning.steps import Plan
    from hnskit.remote.session import Session


def facts(task: HostTask, tell: Tell) -> VerbOutcome:
    """Read the host."""
    from hnskit.facts.description import host_line

    found = _read(task, tell)
    return VerbOutcome("ok", host_line(found) + "".join(f"; not readable: {one}" for one in found.problems), {}, found)


def show(task: HostTask, tell: Tell) -> VerbOutcome:
    """Read one table of the host; option `table`."""
    from hnskit.views import frames

    found = _read(task, tell)
    table = frames.TABLES[task.options["table"]](found)
    rows = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    return VerbOutcome("ok", counted(len(rows), f"{task.options['table']}"), {"rows": rows}, found)


def doctor(task: HostTask, tell: Tell) -> VerbOutcome:
    """Look for what is wrong on the host; options `only`, names of checks, and `strict`: warnings count, too."""
    from hnskit.diagnosis.doctor import diagnose
    from hnskit.params.desired import desired_from

    found = _read(task, tell)
    only = tuple(task.options.get("only") or ())
    findings = [
        item
        for item in diagnose(found, desired=desired_from(task.params), made=_made(task))
        if item.severity != "note" and (not only or item.check in only)
    ]
    bad = any(item.severity == "error" or task.options.get("strict") for item in findings)
    worst = f": {findings[0].object}: {findings[0].message}" if findings else ""
    said = f"{counted(len(findings), 'findings')}{worst}" if findings else "nothing is wrong"
    return VerbOutcome("differs" if bad else "ok", said, {"findings": [item.to_json() for item in findings]}, found)


def plan(task: HostTask, tell: Tell) -> VerbOutcome:
    """Plan the set-up, or with option `destroy` the teardown; nothing is changed.

    Raises:
        PreflightError: the plan refuses a step.
    """
    now = _read(task, tell)
    found = _plan_of(task, now)
    if found.refused:
        raise PreflightError("; ".join(f"{step.id}: {step.reason}" for step in found.refused), host=now.target)
    return VerbOutcome("differs" if found.pending or found.adopted else "ok", found.summary, found.to_json(), now)


def drift(task: HostTask, tell: Tell) -> VerbOutcome:
    """Compare the host with the parameters."""
    from hnskit.params.desired import desired_from
    from hnskit.planning.drift import drift as drift_of

    now = _read(task, tell)
    found = drift_of(desired_from(task.params), now, made=_made(task))
    count = len(found.differences)
    said = counted(count, "differences") if count else "; ".join(found.problems) or "as the parameters say"
    return VerbOutcome("ok" if found.ok else "differs", said, found.to_json(), now)


def verify(task: HostTask, tell: Tell) -> VerbOutcome:
    """Prove the redirect by requests from inside each client."""
    from hnskit.facts.host_facts import gather_facts

    with _session(task, tell) as session:
        return _proved(task, session, gather_facts(session), tell)


def apply(task: HostTask, tell: Tell) -> VerbOutcome:
    """Make the host as the parameters say, and prove it; options `agreed`, `adopt`, `rollback`."""
    from hnskit.applying.api import apply as apply_on
    from hnskit.facts.host_facts import gather_facts
    from hnskit.params.desired import desired_from

    with _session(task, tell) as session:
        now, made = gather_facts(session), _made(task)
        _require_agreed(task, _plan_of(task, now))
        with _journal(task) as journal:
            outcome = apply_on(
                session, desired_from(task.params), facts=now, made=made, journal=journal,
                on_event=_listener(tell), adopt=bool(task.options.get("adopt")),
                rollback=bool(task.options.get("rollback")),
            )  # fmt: skip
        try:
            proved = _proved(task, session, outcome.after, tell)
        except KeyboardInterrupt as cause:
            raise StoppedError(host=task.params.target).but(outcome=outcome) from cause
    said = f"{counted(outcome.changed, 'changes')}, {proved.verdict}" if outcome.changed else proved.verdict
    return VerbOutcome(proved.state, said, {**outcome.to_json(), **proved.data}, outcome.after, outcome.changed)


def destroy(task: HostTask, tell: Tell) -> VerbOutcome:
    """Take away what hnskit made; options `agreed`, `keep_network`, `by_name`."""
    from hnskit.applying.api import destroy as destroy_on
    from hnskit.facts.host_facts import gather_facts
    from hnskit.params.desired import desired_from

    keep_network, by_name = _teardown(task)
    with _session(task, tell) as session:
        now = gather_facts(session)
        _require_agreed(task, _plan_of(task, now, destroy=True))
        with _journal(task) as journal:
            outcome = destroy_on(
                session, desired_from(task.params), made=_made(task), facts=now, journal=journal,
                on_event=_listener(tell), keep_network=keep_network, by_name=by_name,
            )  # fmt: skip
    return VerbOutcome("ok", _left(outcome), outcome.to_json(), outcome.after, outcome.changed)


def run(task: HostTask, tell: Tell) -> VerbOutcome:
    """Run the notebooks, as `hnskit run` does: a run folder with their report; option `agreed`."""
    from hnskit.running.runner import run as run_notebooks

    tell("notebooks")
    summary = run_notebooks(
        task.host.params_file,
        overrides=task.host.overrides,
        runs=Path(task.runs),
        confirmed=bool(task.options.get("agreed")),
    )
    data = {"run_dir": str(summary.run_dir)}
    if summary.ok:
        return VerbOutcome("ok", summary.verdict, data, changed=summary.changed)
    place = f"stopped at {summary.stopped_at}" if summary.stopped_at else "it did not start"
    said = ": ".join(filter(None, (place, str((summary.error or {}).get("message", "")))))
    return VerbOutcome("failed", said, data, changed=summary.changed)


VERBS: Mapping[str, Verb] = {
    "facts": facts, "show": show, "doctor": doctor, "plan": plan, "drift": drift, "verify": verify, "apply": apply,
    "destroy": destroy, "run": run,
}  # fmt: skip
"""Name -> verb."""
CHANGING = ("apply", "destroy", "run")
"""Verbs that change a host."""


def _read(task: HostTask, tell: Tell) -> Facts:
    from hnskit.facts.host_facts import unread_parts
    from hnskit.facts.source import open_host

    tell("connect")
    host = open_host(task.params, on_start=tell)
    try:
        tell("facts")
        found = host.facts()
    finally:
        host.close()
    if unread := unread_parts(found):
        raise PreflightError(f"the host cannot be read: {unread}", host=found.target)
    return found


@contextmanager
def _session(task: HostTask, tell: Tell) -> Iterator[Session]:
    """A session to a host on which nobody else is at work."""
    from hnskit.applying import host_lock
    from hnskit.facts.source import connect

    host_lock.require_nobody(task.params.target)
    tell("connect")
    with connect(task.params, on_start=tell) as session:
        tell("facts")
        yield session


@contextmanager
def _journal(task: HostTask) -> Iterator[Any]:
    from hnskit.running.lazy_journal import journalled

    with journalled(task.params.target, runs=Path(task.runs)) as journal:
        yield journal


def _made(task: HostTask) -> Provenance:
    from hnskit.applying.journal import made_on

    return made_on(task.params.target, runs=Path(task.runs))


def _plan_of(task: HostTask, now: Facts, *, destroy: bool = False) -> Plan:
    from hnskit.params.desired import desired_from
    from hnskit.planning.setup import plan as plan_for
    from hnskit.planning.teardown import plan_destroy

    desired, made = desired_from(task.params), _made(task)
    if destroy or task.options.get("destroy"):
        keep_network, by_name = _teardown(task)
        return plan_destroy(desired, now, made=made, keep_network=keep_network, by_name=by_name)
    return plan_for(desired, now, made=made)


def _teardown(task: HostTask) -> tuple[bool, bool]:
    return bool(task.options.get("keep_network")), bool(task.options.get("by_name"))


def _require_agreed(task: HostTask, found: Plan) -> None:
    """Refuse what removes something where nobody has agreed to it."""
    from hnskit.planning.removed_objects import removal_question

    question = "" if found.refused else removal_question(found)
    if question and not task.options.get("agreed"):
        raise ConfirmationError(f"{question} Nobody has agreed to it: nothing was changed", host=found.target)


def _proved(task: HostTask, session: Session, now: Facts, tell: Tell) -> VerbOutcome:
    from hnskit.applying.verification import verify as verify_on
    from hnskit.params.desired import desired_from

    tell("verify")
    found = verify_on(session, desired_from(task.params), on_event=_listener(tell))
    proved = sum(client.ok for client in found.clients)
    said = f"{proved} of {counted(len(found.clients), 'clients')} proved"
    return VerbOutcome("ok" if found.ok else "unproved", said, {"verification": found.to_json()}, now)


def _left(outcome: Outcome) -> str:
    said = counted(outcome.changed, "changes") if outcome.changed else "nothing to do"
    kept = [asdict(item) for item in outcome.left or ()]
    return f"{said}, {counted(len(kept), 'objects')} kept" if kept else f"{said}, nothing of hnskit's is left"


def _listener(tell: Tell) -> Any:
    def listen(event: Event) -> None:
        # Only where a step begins: to be stopped while results are written down would lose some of them.
        if event.kind == "start":
            tell(event.step.id if event.step else event.text)

    return listen
