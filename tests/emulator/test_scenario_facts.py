"""Each fact of the scenario in docs/facts.md has a test named after it."""

from __future__ import annotations

import re
from pathlib import Path

_RANGES = [*range(27, 55), *range(63, 74), *range(79, 87)]
_NOT_A_HOSTS_BEHAVIOUR = {
    50: "about a client's file, not about a host",
    51: "of the v2 functions, which the emulated host has not; what v1 says of their names is tested with fact 42",
    52: "of the v2 functions",
    54: "of a v2 policy; what v1 says of its name is tested with fact 42",
    65: "what callers do about the cut; hnskit's own way is tested in test_faults.py",
    83: "a hang inside a container that came and went; it has no cause to emulate",
}


def test_each_fact_of_the_scenario_has_a_test() -> None:
    """Named after it; but for those that say nothing of a host, which are listed with the reason."""
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*_facts.py"))
    tested = {int(number) for number in re.findall(r"^def test_fact_(\d+)", text, re.MULTILINE)}
    assert tested | set(_NOT_A_HOSTS_BEHAVIOUR) == set(_RANGES)
