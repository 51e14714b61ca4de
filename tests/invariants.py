"""The fault matrix and the kill matrix: one full set-up or teardown that is disturbed at one place, and its end."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from hnskit.applying.api import apply, destroy
from hnskit.applying.journal import Journal, made_on
from hnskit.errors import HnskitError
from hnskit.facts.host_facts import Facts, gather_facts
from hnskit.params.desired import LABEL, Desired
from hnskit.planning.bindings import seen_by
from hnskit.planning.chosen_pods import ChosenPods
from hnskit.planning.redirect import policies_without_redirects
from hnskit.planning.setup import plan
from hnskit.planning.teardown import plan_destroy
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.psrp import PsrpSession
from tests import sample_facts
from tests.fault_proxy import MODES, MOMENTS, Fault, FaultProxy, Mode, Moment
from tests.in_process_host import QUICK, TARGET, Lab
from tests.waiting import LONG

Job = Literal["set-up", "teardown"]
JOBS: tuple[Job, ...] = ("set-up", "teardown")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one disturbed run ended."""

    job: Job
    place: str
    runs: int
    """1: it finished by itself; 2: run again, it finished."""
    wrong: tuple[str, ...]
    """What is not as it must be; nothing, if all is well."""
    said: str = ""
    """The error of the first run."""
    met: bool = True
    """Whether it was disturbed at all: on a real engine the number of requests is not always the same."""


def journal_file(runs: Path, run: int) -> Path:
    """Where one run of a case keeps its journal."""
    return runs / f"2026010{run}-000000-lab" / "journal.jsonl"


def work(job: Job, settings: ConnectionSettings, journal: Journal, runs: Path, way: str = "docker") -> None:
    """One full run: connect, facts, set up or take away, close."""
    wanted = sample_facts.desired_by(way)
    with PsrpSession(settings) as session:
        facts = gather_facts(session)
        made = made_on(TARGET, runs=runs)
        if job == "set-up":
            apply(session, wanted, facts=facts, made=made, journal=journal, pace=QUICK)
        else:
            destroy(session, wanted, made=made, facts=facts, journal=journal, pace=QUICK)


def prepare(lab: Lab, job: Job, runs: Path) -> Facts:
    """The host before a case: fresh, or for a teardown set up with its journal. The facts are the fresh ones."""
    fresh = lab.fresh()
    if job == "teardown":
        journal = Journal(journal_file(runs, 0), TARGET)
        lab.here(lambda session: apply(session, sample_facts.desired_by(lab.way), journal=journal, pace=QUICK))
    return fresh


def requests_of(lab: Lab, job: Job, runs: Path) -> int:
    """How many requests an undisturbed run sends."""
    prepare(lab, job, runs)
    with FaultProxy(lab.port) as proxy:
        work(job, lab.settings(proxy.port), Journal(journal_file(runs, 1), TARGET), runs, lab.way)
        return proxy.requests


def lose(lab: Lab, job: Job, fault: Fault, runs: Path) -> Verdict:
    """Lose one request of a run; run again if it does not finish by itself."""
    place = f"request {fault.number} {fault.moment} {fault.mode}"
    fresh = prepare(lab, job, runs)
    said, attempts = "", 1
    with FaultProxy(lab.port, fault) as proxy:
        try:
            work(job, lab.settings(proxy.port), Journal(journal_file(runs, 1), TARGET), runs, lab.way)
        except HnskitError as error:
            said, attempts = f"{type(error).__name__}: {error.message}", 2
    if not proxy.hit:
        return Verdict(job, place, attempts, ("it ended without a loss",) if said else (), said, met=False)
    if attempts == 2:
        try:
            work(job, lab.settings(), Journal(journal_file(runs, 2), TARGET), runs, lab.way)
        except HnskitError as error:
            return Verdict(job, place, attempts, (f"the second run failed: {error.message}",), said)
    return Verdict(job, place, attempts, tuple(wrong(lab, job, fresh, runs)), said)


def lose_one(lab: Lab, job: Job, fault: Fault, runs: Path) -> Verdict:
    """The same, of an earlier request where a run has fewer: their number depends on which answers come together."""
    for number in range(fault.number, max(fault.number - 8, 0), -1):
        verdict = lose(lab, job, Fault(number, fault.moment, fault.mode), runs / str(number))
        if verdict.met:
            break
    return verdict


def faults(requests: int, every: int = 1, offset: int = 0) -> Iterator[tuple[int, Moment, Mode]]:
    """Every combination of request, moment and mode; or one of so many of them, spread over all."""
    combinations = [(n, moment, mode) for n in range(1, requests + 1) for moment in MOMENTS for mode in MODES]
    yield from combinations[offset::every]


class _Killer(Journal):
    """Kills this process right before or right after the n-th line is written."""

    def __init__(self, path: Path, line: int, moment: Moment) -> None:
        super().__init__(path, TARGET)
        self._left, self._moment = line, moment

    def write(self, event: str, **fields: Any) -> None:
        self._left -= 1
        if self._left == 0 and self._moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        super().write(event, **fields)
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _killed_work(  # noqa: PLR0917
    job: Job, settings: ConnectionSettings, runs: Path, line: int, moment: Moment, way: str
) -> None:
    work(job, settings, _Killer(journal_file(runs, 1), line, moment), runs, way)


def kill(lab: Lab, job: Job, line: int, moment: Moment, runs: Path) -> Verdict:
    """`kill -9` a whole process at one line of its journal; then run again."""
    place = f"line {line} {moment}"
    fresh = prepare(lab, job, runs)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.invariants"])
    child = context.Process(target=_killed_work, args=(job, lab.settings(), runs, line, moment, lab.way))
    child.start()
    child.join(LONG)
    if child.exitcode != -signal.SIGKILL:
        return Verdict(job, place, 1, (f"the process ended with {child.exitcode}, it was not killed",))
    try:
        work(job, lab.settings(), Journal(journal_file(runs, 2), TARGET), runs, lab.way)
    except HnskitError as error:
        return Verdict(job, place, 2, (f"the second run failed: {error.message}",))
    return Verdict(job, place, 2, tuple(wrong(lab, job, fresh, runs)))


def lines_of(lab: Lab, job: Job, runs: Path) -> int:
    """How many lines the journal of an undisturbed run has."""
    prepare(lab, job, runs)
    path = journal_file(runs, 1)
    work(job, lab.settings(), Journal(path, TARGET), runs, lab.way)
    return len(path.read_text().splitlines())


def wrong(lab: Lab, job: Job, fresh: Facts, runs: Path) -> Iterator[str]:
    """What of the host's state after a run is not as it must be; at the end the teardown must leave it fresh."""
    wanted = sample_facts.desired_by(lab.way)
    if job == "set-up":
        yield from (not_complete if wanted.has_network else not_redirected)(wanted, lab.facts())
        made = made_on(TARGET, runs=runs)
        lab.here(lambda session: destroy(session, wanted, made=made, pace=QUICK))
    made, after = made_on(TARGET, runs=runs), lab.facts()
    if left := plan_destroy(wanted, after, made=made).pending:
        yield f"left: {', '.join(step.id for step in left)}"
    yield from differences(fresh, after)


def not_complete(wanted: Desired, facts: Facts) -> Iterator[str]:
    """Exactly one network, one endpoint a container, one policy a client, no orphan, nothing left to do."""
    current = plan(wanted, facts)
    yield from (f"still to do: {step.id}" for step in current.pending)
    yield from (f"refused: {step.kind} {step.name}: {step.reason}" for step in current.refused)
    networks = facts.networks_named(wanted.network.name)
    if len(networks) != 1:
        yield f"{len(networks)} networks"
    on_it = Counter(
        item.name for item in facts.endpoints if networks and item.network_id.lower() == networks[0].id.lower()
    )
    if on_it != Counter(endpoint.name for endpoint in wanted.endpoints):
        yield f"endpoints: {dict(on_it)}"
    ours = Counter(item.name for item in facts.containers if item.labels.get(LABEL) == wanted.network.name)
    if ours != Counter(container.name for container in wanted.containers):
        yield f"containers: {dict(ours)}"
    for endpoint in (
        item for item in facts.endpoints if networks and item.network_id.lower() == networks[0].id.lower()
    ):
        client = next((item for item in wanted.clients if item.endpoint.name == endpoint.name), None)
        if len(endpoint.proxies) != (len(client.redirects) if client else 0):
            yield f"{endpoint.name} has {len(endpoint.proxies)} proxy policies"


def not_redirected(wanted: Desired, facts: Facts) -> Iterator[str]:
    """Each chosen pod has one policy for each redirect, nobody else has any, and nothing is left to do."""
    current = plan(wanted, facts)
    yield from (f"still to do: {step.id}" for step in current.pending)
    yield from (f"refused: {step.kind} {step.name}: {step.reason}" for step in current.refused)
    chosen = {pod.endpoint.id: pod for pod in ChosenPods(wanted, facts).clients if pod.endpoint is not None}
    for endpoint in facts.endpoints:
        pod = chosen.get(endpoint.id)
        if len(endpoint.proxies) != (len(pod.redirects) if pod else 0):
            yield f"{endpoint.name} has {len(endpoint.proxies)} proxy policies"


def differences(before: Facts, after: Facts) -> Iterator[str]:
    """The parts of two snapshots that differ."""
    for part in Facts.__dataclass_fields__:
        if part != "taken_at" and getattr(before, part) != getattr(after, part):
            yield f"{part} differ: {getattr(before, part)} -> {getattr(after, part)}"


def stranded(facts: Facts) -> Iterator[str]:
    """Endpoints without what they need: a compartment that is there, a gateway that somebody holds."""
    compartments = {item.id for item in facts.compartments}
    held = {(item.network_id, item.address) for item in facts.endpoints}
    for item in facts.endpoints:
        if item.attached and item.compartment_id is not None and item.compartment_id not in compartments:
            yield f"{item.id} is attached to compartment {item.compartment_id}, which is gone"
        own = {subnet.gateway for network in facts.networks if network.id == item.network_id
               for subnet in network.subnets}  # fmt: skip
        if item.gateway not in {"", "0.0.0.0", *own} and (item.network_id, item.gateway) not in held:
            yield f"{item.id} has the gateway {item.gateway}, which nobody holds"


def without_redirects(facts: Facts, desired: Desired) -> Facts:
    """The host without any proxy policy that hnskit would take for its business.

    Of an endpoint without its container it has the id alone: hnskit gives it a container, and cannot take it back to
    a compartment that is gone.
    """
    compartments = {item.id for item in facts.compartments}
    seen = seen_by(desired, facts)
    endpoints = [
        replace(there, policies=policies_without_redirects(item, desired, seen))
        for there, item in zip(facts.endpoints, seen.endpoints, strict=True)
    ]
    alone = [item.compartment_id not in compartments for item in endpoints]
    kept = (
        replace(item, state=0, compartment_id=None) if lost else item
        for item, lost in zip(endpoints, alone, strict=True)
    )
    return replace(facts, endpoints=tuple(kept))
