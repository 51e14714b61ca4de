"""What was not read of a host is not a difference: drift says so, and the doctor plans nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hnskit.facts.completeness import ABSENT, Completeness, Problem
from hnskit.facts.host_facts import Facts
from hnskit.planning.drift import drift
from tests import sample_facts
from tests.host_process import emulated_host
from tests.terminal import hnskit, sets

HNS = ("networks", "endpoints", "policy_lists")


def without(*parts: str) -> Facts:
    """The host with the redirect, of which these parts could not be read."""
    empty = dict.fromkeys(parts, ())
    problems = tuple(Problem(part, "it was refused") for part in parts)
    return replace(sample_facts.complete(), problems=problems, **empty)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "parts", [HNS, *((part,) for part in ("endpoints", "containers", "compartments", "images", "interfaces"))]
)
def test_of_a_list_that_was_not_read_no_absence_is_told(parts: tuple[str, ...]) -> None:
    """On a host that has all of it nothing differs, and it is not called as desired either."""
    found = drift(sample_facts.desired(), without(*parts))
    assert found.differences == ()
    assert not found.ok
    assert "it is not there" not in found.to_text()
    assert found.not_compared or parts in (("images",), ("interfaces",))


def test_what_is_seen_to_differ_is_told_all_the_same() -> None:
    """The containers are known, and one is not there; of endpoints nothing is."""
    facts = without("endpoints")
    left = tuple(item for item in facts.containers if item.name != "hnskit-client1")
    found = drift(sample_facts.desired(), replace(facts, containers=left))
    assert "container hnskit-client1" in {f"{step.kind} {step.title}" for step in found.differences}
    assert "endpoint" not in {step.kind for step in found.differences}


def test_a_dump_without_a_list_is_like_a_host_that_does_not_tell_it() -> None:
    """Nothing is said of what it lacks."""
    facts = replace(sample_facts.complete(), networks=(), completeness=Completeness({"networks": ABSENT}))
    assert "network" not in {step.kind for step in drift(sample_facts.desired(), facts).differences}


def test_a_host_without_hns_is_an_error_for_every_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """doctor ends with 1, with --fix as well, and plans nothing; drift and facts tell no absence."""
    with emulated_host(tmp_path / "state") as overrides:
        given = ("params/emulator.yaml", *sets([*overrides, "emulator.faults.hns_missing=true"]))
        for more in ((), ("--fix",), ("--fix", "--yes")):
            ended = hnskit(capsys, "doctor", *given, *more)
            assert ended.status == 1
            assert "error: HNS: it does not answer" in ended.out
            assert "it is not there" not in ended.out
        found = hnskit(capsys, "doctor", *given, "--json").json()
        assert (found["ok"], found["counts"]["error"]) == (False, 1)
        ended = hnskit(capsys, "facts", *given)
        assert "not known, since it was not read: networks, endpoints" in ended.out
        ended = hnskit(capsys, "drift", *given)
        assert ended.status == 1
        assert "create network" not in ended.out
        assert "network hnskit-l2bridge" in ended.out
