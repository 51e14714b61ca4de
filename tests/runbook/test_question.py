"""A question whose answer is chosen from a host's own names: shown harmlessly, answered as the host has them."""

from __future__ import annotations

from hnskit.runbook.widgets import Question

HOSTILE = "web\ud800\x1b[31m\n1"


def test_a_name_that_no_json_can_hold_is_shown_escaped_and_answered_as_it_is() -> None:
    answers: list[str] = []
    question = Question("container", "", lambda: ["plain", HOSTILE], answers.append)
    plain, shown = question.widget.options
    assert plain == "plain"
    assert shown.encode()  # a lone surrogate could not be
    assert "\n" not in shown
    question.widget.value = shown
    assert (question.value, answers) == (HOSTILE, [HOSTILE])


def test_a_typed_answer_and_a_refreshed_list_are_as_they_are() -> None:
    names = ["one"]
    question = Question("container", "one", lambda: names, lambda _: None)
    question.widget.value = "typed"
    assert question.value == "typed"
    names = ["two"]
    assert question.refresh() == ["two"]
