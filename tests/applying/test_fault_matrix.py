"""A full set-up and a full teardown of which one request is lost, or the whole process killed at a journal line.

A sample runs with every other test; the matrix is marked slow: whole on the engine python, on a real engine one place
of each eight (HNSKIT_EVERY=1: whole, an hour and more). CONTRIBUTING says how to read it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.applying.journal import Journal
from hnskit.applying.verification import verify
from hnskit.facts.host_facts import gather_facts
from tests import sample_facts
from tests.emulator.engines import needs_engine
from tests.fault_proxy import MODES, MOMENTS, Fault, FaultProxy, Mode, Moment
from tests.in_process_host import QUICK, TARGET, Lab
from tests.invariants import JOBS, Job, differences, kill, lines_of, lose, lose_one, not_complete, requests_of

Labs = Callable[..., Lab]
"""The host of an engine, that keeps answers or does not."""
JOB = pytest.mark.parametrize("job", JOBS)
MOMENT = pytest.mark.parametrize("moment", MOMENTS)
MODE = pytest.mark.parametrize("mode", MODES)
EXAMPLES = len(JOBS) * len(MOMENTS) * len(MODES)


ENGINE = pytest.mark.parametrize("engine", ["python", pytest.param("pwsh", marks=needs_engine)])
CONTAINERD = pytest.mark.parametrize("way", ["pods", "ctr", "nerdctl"])
KEPT = pytest.mark.parametrize("kept", [True, False], ids=["kept", "not kept"])
EVERY = int(os.environ.get("HNSKIT_EVERY", "8"))
"""On a real engine, one place of so many; another one in each row of the matrix, so that rows together meet most."""
_SPARE = 4
"""Requests that a run on a real engine may send more than another one."""


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labs]:
    with contextlib.ExitStack() as stack:
        made: dict[tuple[str, bool, str], Lab] = {}

        def lab(engine: str = "python", kept: bool = True, way: str = "docker") -> Lab:
            if (engine, kept, way) not in made:
                folder = tmp_path_factory.mktemp("lab")
                made[engine, kept, way] = stack.enter_context(Lab(folder, engine=engine, kept=kept, way=way))
            return made[engine, kept, way]

        yield lab


@pytest.fixture
def lab(labs: Labs) -> Lab:
    return labs()


def spread(job: Job, moment: Moment, mode: Mode, most: int) -> int:
    """Another request for each combination, so that a sample meets requests of every kind."""
    place = (JOBS.index(job) * len(MOMENTS) + MOMENTS.index(moment)) * len(MODES) + MODES.index(mode)
    return 1 + place * 7 % most


def places(engine: str, most: int, row: int, way: str = "") -> range:
    """The requests or lines that a row of the matrix disturbs; nerdctl differs from ctr in how a container is run."""
    every = EVERY if engine == "pwsh" or way == "nerdctl" else 1
    return range(1 + row * 3 % every, most + 1, every)


@JOB
@MOMENT
@MODE
@KEPT
def test_a_lost_request_loses_nothing(  # noqa: PLR0917
    labs: Labs, job: Job, moment: Moment, mode: Mode, kept: bool, tmp_path: Path
) -> None:
    """The run finishes by itself: nothing is doubled, orphaned or left."""
    lab = labs(kept=kept)
    number = spread(job, moment, mode, requests_of(lab, job, tmp_path / "count"))
    verdict = lose_one(lab, job, Fault(number, moment, mode), tmp_path / "case")
    assert (verdict.wrong, verdict.runs, verdict.met) == ((), 1, True), verdict


@needs_engine
@KEPT
@pytest.mark.parametrize(
    ("job", "number", "moment", "mode"), [("set-up", 23, "after", "reset"), ("teardown", 17, "after", "blackhole")]
)
def test_a_lost_request_loses_nothing_on_a_real_engine(  # noqa: PLR0917
    labs: Labs, job: Job, number: int, moment: Moment, mode: Mode, kept: bool, tmp_path: Path
) -> None:
    """Where each record is an answer of its own."""
    verdict = lose_one(labs("pwsh", kept), job, Fault(number, moment, mode), tmp_path / "case")
    assert (verdict.wrong, verdict.runs, verdict.met) == ((), 1, True), verdict


@pytest.mark.slow
@ENGINE
@KEPT
@JOB
@MOMENT
@MODE
def test_no_lost_request_loses_anything(  # noqa: PLR0917
    labs: Labs, engine: str, kept: bool, job: Job, moment: Moment, mode: Mode, tmp_path: Path
) -> None:
    """The fault matrix."""
    lab = labs(engine, kept)
    requests = requests_of(lab, job, tmp_path / "count") + (_SPARE if engine == "pwsh" else 0)
    for number in places(engine, requests, MODES.index(mode) + len(MODES) * (MOMENTS.index(moment) + 2 * kept)):
        verdict = lose(lab, job, Fault(number, moment, mode), tmp_path / f"case{number}")
        assert (verdict.wrong, verdict.runs) == ((), 1), verdict


@JOB
@MOMENT
@pytest.mark.parametrize("part", [1, 2, 3, 4])
def test_a_killed_process_is_finished_by_running_again(
    lab: Lab, job: Job, moment: Moment, part: int, tmp_path: Path
) -> None:
    """`kill -9` at a journal line, then once more: the same final state, and nothing doubled."""
    lines = lines_of(lab, job, tmp_path / "count")
    verdict = kill(lab, job, max(1, lines * part // 4 - MOMENTS.index(moment)), moment, tmp_path / "case")
    assert verdict.wrong == (), verdict


@pytest.mark.slow
@ENGINE
@JOB
@MOMENT
def test_a_process_may_be_killed_at_any_line(labs: Labs, engine: str, job: Job, moment: Moment, tmp_path: Path) -> None:
    """The kill matrix."""
    lab = labs(engine)
    lines = lines_of(lab, job, tmp_path / "count")
    for line in places(engine, lines, MOMENTS.index(moment) + 2 * JOBS.index(job)):
        verdict = kill(lab, job, line, moment, tmp_path / f"case{line}")
        assert verdict.wrong == (), verdict


@CONTAINERD
@JOB
@pytest.mark.parametrize(("moment", "mode"), [("after", "reset"), ("before", "stall")])
def test_a_lost_request_loses_nothing_of_containerd(  # noqa: PLR0917
    labs: Labs, way: str, job: Job, moment: Moment, mode: Mode, tmp_path: Path
) -> None:
    """Policies on the endpoints of pods, containers of ctr, and second endpoints of nerdctl's."""
    lab = labs(kept=False, way=way)
    number = requests_of(lab, job, tmp_path / "count") - 3 * (1 + MODES.index(mode))
    verdict = lose_one(lab, job, Fault(max(1, number), moment, mode), tmp_path / "case")
    assert (verdict.wrong, verdict.runs, verdict.met) == ((), 1, True), verdict


@CONTAINERD
@JOB
@MOMENT
def test_a_killed_process_is_finished_on_containerd(
    labs: Labs, way: str, job: Job, moment: Moment, tmp_path: Path
) -> None:
    lab = labs(way=way)
    lines = lines_of(lab, job, tmp_path / "count")
    verdict = kill(lab, job, max(1, lines // 2), moment, tmp_path / "case")
    assert verdict.wrong == (), verdict


@needs_engine
@pytest.mark.parametrize(
    ("way", "job", "number", "moment", "mode"),
    [
        ("pods", "set-up", 12, "after", "reset"),
        ("ctr", "teardown", 20, "before", "refuse"),
        ("nerdctl", "set-up", 20, "after", "stall"),
    ],
)
def test_a_lost_request_loses_nothing_of_containerd_on_a_real_engine(  # noqa: PLR0917
    labs: Labs, way: str, job: Job, number: int, moment: Moment, mode: Mode, tmp_path: Path
) -> None:
    verdict = lose_one(labs("pwsh", False, way), job, Fault(number, moment, mode), tmp_path / "case")
    assert (verdict.wrong, verdict.runs, verdict.met) == ((), 1, True), verdict


@pytest.mark.slow
@ENGINE
@CONTAINERD
@JOB
def test_nothing_is_lost_of_containerd(labs: Labs, engine: str, way: str, job: Job, tmp_path: Path) -> None:
    """Both matrices, with a service that keeps no answers: whole on the engine python, of nerdctl a sample."""
    lab = labs(engine, kept=False, way=way)
    requests, lines = requests_of(lab, job, tmp_path / "requests"), lines_of(lab, job, tmp_path / "lines")
    for moment in MOMENTS:
        for mode in MODES:
            for number in places(engine, requests, MODES.index(mode) + len(MODES) * MOMENTS.index(moment), way):
                verdict = lose(lab, job, Fault(number, moment, mode), tmp_path / f"{moment}{mode}{number}")
                assert (verdict.wrong, verdict.runs) == ((), 1), verdict
        for line in places(engine, lines, MOMENTS.index(moment), way):
            verdict = kill(lab, job, line, moment, tmp_path / f"{moment}{line}")
            assert verdict.wrong == (), verdict


def test_the_matrix_can_fail(lab: Lab, tmp_path: Path) -> None:
    """What is doubled, left or missing is seen."""
    fresh = lab.fresh()
    lab.here(lambda session: apply(session, sample_facts.desired(), pace=QUICK))
    complete = lab.facts()
    assert list(not_complete(sample_facts.desired(), complete)) == []
    assert list(differences(fresh, complete))
    assert list(not_complete(sample_facts.desired(), fresh))
    assert list(not_complete(sample_facts.desired(), sample_facts.without_endpoint(complete, "hnskit-client1")))


@MODE
def test_the_cut_itself_is_survived(mode: Mode, tmp_path: Path) -> None:
    """However the host's network goes away when the bridge appears and when it goes: one network, then none."""
    with Lab(tmp_path, cut_seconds=0.7, cut_mode=mode) as lab:
        fresh = lab.facts()
        with lab.session() as session:
            outcome = apply(session, sample_facts.desired(), pace=QUICK)
            assert list(not_complete(sample_facts.desired(), lab.facts())) == []
            again = destroy(session, sample_facts.desired(), made=outcome.made, pace=QUICK)
        left = list(differences(fresh, lab.facts()))
    assert left == []
    if mode == "refuse":  # the others end before pypsrp itself has stopped asking again
        assert any("came back" in note for note in (*outcome.notes, *again.notes))


def test_the_whole_redirect_takes_at_most_twenty_requests(lab: Lab, tmp_path: Path) -> None:
    """Connect, facts, apply, read back, verify and close over HTTPS with Basic, counted by the client's own adapter."""
    import requests

    lab.fresh()
    sent: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        send = requests.Session.send

        def counted(*given: Any, **more: Any) -> Any:
            sent.append(1)
            return send(*given, **more)

        patch.setattr(requests.Session, "send", counted)
        with lab.session(tls=True, operation_timeout=5, read_timeout=7) as session:
            facts = gather_facts(session)
            journal = Journal(tmp_path / "1" / "journal.jsonl", TARGET)
            apply(session, sample_facts.desired(), facts=facts, journal=journal, pace=QUICK)
            assert verify(session, sample_facts.desired()).ok
    assert len(sent) <= 20


def test_the_proxy_in_between_changes_nothing(lab: Lab, tmp_path: Path) -> None:
    """Without a fault it passes everything on, and counts."""
    lab.fresh()
    with FaultProxy(lab.port) as proxy, lab.session(proxy.port) as session:
        assert gather_facts(session).networks
        assert proxy.requests > 4
