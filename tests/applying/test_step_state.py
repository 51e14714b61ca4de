"""One value says how far a step has come, over all its attempts."""

from __future__ import annotations

from hnskit.applying.run_recorder import RunRecorder
from hnskit.applying.step_state import StepPhase
from hnskit.errors import StepError
from hnskit.params.desired import Part
from hnskit.planning.steps import Action, Step
from tests import sample_facts

STEP = Step(Part.NETWORK, Action.CREATE, "network", "n", "")


def recorder() -> RunRecorder:
    return RunRecorder("emulator://lab", None, None, None)


def test_a_step_that_is_planned_again_keeps_its_state() -> None:
    """Its attempts are counted under its key, though the step itself is planned anew."""
    run = recorder()
    run.state_of(STEP).attempts = 2
    assert run.state_of(Step(Part.NETWORK, Action.CREATE, "network", "n", "another reason")).attempts == 2


def test_only_what_was_sent_is_given_to_a_rollback() -> None:
    """A step that was counted and never sent has done nothing."""
    run = recorder()
    run.state_of(STEP).attempts = 1
    assert not run.sent
    run.started(STEP, sample_facts.fresh())
    assert run.sent == (STEP,)


def test_what_is_under_way_when_a_run_stops_is_named_in_another_error() -> None:
    """What was raised stays as it was; a step whose answer came is not under way."""
    run, error = recorder(), StepError("it failed")
    assert run.stopped_by(error) is error
    run.started(STEP, sample_facts.fresh())
    stopped = run.stopped_by(error)
    assert "not known: create network n" in stopped.message
    assert (stopped.step, error.step, error.message) == ("create network n", "", "it failed")
    run.state_of(STEP).accept(0.5, "ID")
    assert run.stopped_by(error) is error


def test_an_accepted_step_is_done_when_it_is_recorded() -> None:
    """With the id that the host told, and the seconds that it took; what failed has its error."""
    run = recorder()
    done, failed = run.state_of(STEP), run.state_of(Step(Part.NETWORK, Action.CREATE, "network", "m", ""))
    done.accept(0.5, "ID")
    failed.fail(StepError("no"))
    run.record_results([done, failed], sample_facts.fresh())
    assert [(result.step, result.seconds, result.id) for result in run.done] == [(STEP, 0.5, "ID")]
    assert (done.phase, failed.phase) == (StepPhase.DONE, StepPhase.FAILED)
