"""A plan on a terminal: changes only, counted, and removals asked about."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from hnskit.commands.agreeing import require_agreement
from hnskit.commands.plan_lines import say_plan
from hnskit.errors import ConfirmationError
from hnskit.facts.snapshot import save_facts
from hnskit.planning.removed_objects import removal_question
from hnskit.planning.setup import plan
from hnskit.planning.teardown import plan_destroy
from hnskit.planning.told_steps import plan_counts, told_steps
from tests import sample_facts
from tests.terminal import at_a_pty


def test_what_has_nothing_to_do_is_hidden_counted_and_shown_by_all(capsys: pytest.CaptureFixture[str]) -> None:
    current = plan(sample_facts.desired(), sample_facts.complete(), made=sample_facts.made())
    say_plan(current)
    short = capsys.readouterr().out
    say_plan(current, everything=True)
    assert "= keep" not in short
    assert f"{len(current.steps)} with nothing to do, which --all shows" in short
    assert "= keep" in capsys.readouterr().out


@pytest.mark.parametrize("gone", [False, True], ids=["set-up", "teardown"])
def test_a_plan_has_as_many_lines_of_each_sign_as_its_counts_say(gone: bool) -> None:
    """An endpoint that is attached or detached is there before and after: it is changed."""
    desired, made = sample_facts.desired(), sample_facts.made()
    found = plan_destroy(desired, sample_facts.complete(), made=made) if gone else plan(desired, sample_facts.fresh())
    signs = Counter(sign for sign, _ in told_steps(found))
    assert plan_counts(found) == f"{signs['+']} to add, {signs['~']} to change, {signs['-']} to remove"
    assert signs["-" if gone else "+"] > 4
    assert signs["~"] > 2


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


@pytest.mark.parametrize(("setting", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_terminal_gets_colours_unless_it_says_that_it_wants_none(
    setting: dict[str, str], coloured: bool, tmp_path: Path
) -> None:
    saved = save_facts(sample_facts.fresh(), tmp_path / "host.json")
    words = ["plan", str(sample_facts.PARAMS), "--set", f"target=snapshot:{saved}"]
    status, said = at_a_pty(words, environment={"TERM": "xterm", "NO_COLOR": "", **setting})
    assert status == 0
    assert ("\x1b[32m+ create network" in said, "\x1b" in said) == (coloured, coloured)


def test_on_a_narrow_terminal_each_row_of_a_table_is_lines_of_its_own(tmp_path: Path) -> None:
    saved = save_facts(sample_facts.complete(), tmp_path / "host.json")
    status, said = at_a_pty(["show", "endpoints", str(saved)], columns=40)
    assert status == 0
    rows = [line for line in said.splitlines() if line.startswith("name ")]
    assert rows[0].split() == ["name", "hnskit-client1"]
    assert len(rows) == 4
    assert max(map(len, said.partition("name ")[2].splitlines())) <= 40
