"""The verdict on all hosts of a fleet: one sentence for a terminal, a notebook, the report and fleet.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hnskit.fleet.fleet_frames import by_trouble
from hnskit.fleet.host_result import HostResult, State
from hnskit.model.wording import counted

_FINDING = ("doctor", "drift")
"""Verbs that look for what is wrong."""
_WORDS: Mapping[str, Mapping[State, str]] = {
    "plan": {"differs": "to be changed", "ok": "in place already"},
    "doctor": {"differs": "with findings"},
    "drift": {"differs": "not as the parameters say"},
}
"""Verb -> state -> its words after a count; other states are said by their names."""


def all_well(results: Iterable[HostResult], verb: str) -> bool:
    """Tell whether each host is as the verb wants it; a host that was not begun is not."""
    return not any(
        one.failed or one.state == "not begun" or (verb in _FINDING and one.state == "differs") for one in results
    )


def verdict(results: Sequence[HostResult]) -> str:
    """The verdict: `17 of 20 hosts ok: 2 unreachable, 1 failed`; `3 of 3 hosts planned: 2 to be changed, …`."""
    verb = results[0].verb if results else ""
    words = _WORDS.get(verb, {})
    states = [one.state for one in by_trouble(results) if "ok" in words or not one.ok]
    rest = ", ".join(f"{states.count(state)} {words.get(state, state)}" for state in dict.fromkeys(states))
    done = "planned" if verb == "plan" else "ok"
    said = f"{sum(one.ok for one in results)} of {counted(len(results), 'hosts')} {done}"
    return said + (f": {rest}" if rest else "")
