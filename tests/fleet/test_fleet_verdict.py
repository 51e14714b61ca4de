"""One sentence on all hosts: one that would be changed, or has findings, is not said to be well."""

from __future__ import annotations

import pytest

from hnskit.fleet.fleet_verdict import all_well, verdict
from hnskit.fleet.host_result import HostResult, State


def results(verb: str, *states: State) -> list[HostResult]:
    return [HostResult(f"h{number}", "winrm://h", verb, state, "") for number, state in enumerate(states)]


@pytest.mark.parametrize(
    ("verb", "states", "said", "well"),
    [
        ("facts", ("ok", "ok"), "2 of 2 hosts ok", True),
        ("facts", ("ok", "unreachable", "failed"), "1 of 3 hosts ok: 1 failed, 1 unreachable", False),
        ("plan", ("differs", "differs"), "2 of 2 hosts planned: 2 to be changed", True),
        ("plan", ("ok", "ok"), "2 of 2 hosts planned: 2 in place already", True),
        (
            "plan", ("ok", "differs", "refused"),
            "2 of 3 hosts planned: 1 refused, 1 to be changed, 1 in place already", False,
        ),
        ("doctor", ("ok", "differs"), "1 of 2 hosts ok: 1 with findings", False),
        ("drift", ("differs", "not begun"), "0 of 2 hosts ok: 1 not as the parameters say, 1 not begun", False),
        ("apply", (), "0 of 0 hosts ok", True),
    ],
)  # fmt: skip
def test_the_verdict_counts_hosts_by_what_they_are(verb: str, states: tuple[State, ...], said: str, well: bool) -> None:
    hosts = results(verb, *states)
    assert (verdict(hosts), all_well(hosts, verb)) == (said, well)
