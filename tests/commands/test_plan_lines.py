"""A plan on a terminal: changes only, counted, and removals asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hnskit.commands.agreeing import require_agreement
from hnskit.commands.plan_lines import plan_counts, say_plan
from hnskit.errors import ConfirmationError
from hnskit.planning.removed_objects import removal_question
from hnskit.planning.setup import plan
from hnskit.planning.teardown import plan_destroy
from tests import sample_facts


def test_what_has_nothing_to_do_is_hidden_counted_and_shown_by_all(capsys: pytest.CaptureFixture[str]) -> None:
    current = plan(sample_facts.desired(), sample_facts.complete(), made=sample_facts.made())
    say_plan(current)
    short = capsys.readouterr().out
    say_plan(current, everything=True)
    assert "= keep" not in short
    assert f"{len(current.steps)} with nothing to do, which --all shows" in short
    assert "= keep" in capsys.readouterr().out


def test_a_plan_is_counted_by_what_it_adds_changes_and_removes() -> None:
    gone = plan_destroy(sample_facts.desired(), sample_facts.complete(), made=sample_facts.made())
    assert plan_counts(plan(sample_facts.desired(), sample_facts.fresh())).startswith("Plan: ")
    assert f"{sum(step.action == 'delete' for step in gone.pending)} to remove" in plan_counts(gone)


def test_a_removal_without_a_terminal_and_without_yes_is_refused_with_2() -> None:
    gone = plan_destroy(sample_facts.desired(), sample_facts.complete(), made=sample_facts.made())
    with pytest.raises(ConfirmationError, match="There is no terminal to ask on") as refused:
        require_agreement(gone, yes=False)
    assert refused.value.exit_status == 2
    assert removal_question(gone) in str(refused.value)
    require_agreement(gone, yes=True)


def test_a_plan_that_removes_nothing_asks_nothing() -> None:
    fresh = plan(sample_facts.desired(), sample_facts.fresh())
    assert removal_question(fresh) == ""
    require_agreement(fresh, yes=False)


def test_what_would_be_adopted_is_shown_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """A plan without any change that takes over what was made by hand is not "nothing to do"."""
    facts = sample_facts.complete()
    unlabelled = tuple(replace(item, labels={}) for item in facts.containers)
    say_plan(plan(sample_facts.desired(), replace(facts, containers=unlabelled)))
    assert "= adopt container hnskit-proxy" in (printed := capsys.readouterr().out)
    assert "0 to remove, 8 to adopt" in printed
