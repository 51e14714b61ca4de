"""Messages that several commands print: parts of a host that could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnskit.foreign_text.terminal import say

if TYPE_CHECKING:
    from hnskit.facts.host_facts import Facts


def say_problems(facts: Facts) -> None:
    """Name on stderr what could not be read, so that a table or a plan is not taken for the whole host."""
    for problem in facts.problems:
        say(str(problem) if problem.is_aside else f"not readable: {problem}", err=True)
    for gap in facts.completeness.caveats():
        say(f"not whole: {gap}", err=True)
