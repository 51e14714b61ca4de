"""A snapshot from which a person took something out: what is missing there is not known, and proves nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.diagnosis.datapath import trace
from hnskit.diagnosis.doctor import diagnose
from hnskit.emulator.host import create_host
from hnskit.errors import SnapshotError
from hnskit.facts.completeness import ABSENT
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import dump_facts, parse_facts
from hnskit.model.objects import Container
from tests import sample_facts

WHOLE: dict[str, Any] = json.loads(dump_facts(sample_facts.complete()))
LISTS = [name for name in WHOLE["counts"] if isinstance(WHOLE[name], list) and WHOLE[name] and name != "hns_version"]


def places(item: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Return the path of each member and object of a JSON value."""
    inside = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    for key, value in inside:
        yield (*path, key)
        yield from places(value, (*path, key))


PLACES = [path for path in places(WHOLE) if "raw" not in path and path[0] not in ("counts", "hnskit", "target")]


def read(data: dict[str, Any]) -> Facts:
    return parse_facts(data)


def certain(facts: Facts) -> set[tuple[str, str, str]]:
    return {(one.check, one.severity, one.object) for one in diagnose(facts) if one.severity != "note"}


def verdicts(facts: Facts) -> dict[tuple[str, str], tuple[str, object]]:
    """Return where connections of each container and address get to, as the snapshot tells."""
    sources: dict[str, Container | str] = {item.name: item for item in facts.containers}
    sources |= {item.address: item.address for item in facts.endpoints if item.address}
    return {
        (name, destination): (verdict.kind, verdict.target)
        for name, source in sources.items()
        for destination in ("169.254.169.254", "8.8.8.8", "10.0.1.10")
        for verdict in [trace(facts, source, destination, 80).verdict]
    }


def test_a_whole_file_has_no_gaps_and_counts_every_list() -> None:
    facts = read(WHOLE)
    assert facts.completeness.gaps == {}
    assert facts == sample_facts.complete()
    assert len(WHOLE["counts"]["endpoints"]) == len(facts.endpoints) > 0


def test_a_node_of_containerd_is_read_as_it_was_saved() -> None:
    facts = create_host("node", "ws2022", {"runtime": "both", "cut_seconds": 0}).snapshot()
    again = read(json.loads(dump_facts(facts)))
    assert again.completeness.gaps == facts.completeness.gaps
    assert again.pods == facts.pods


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_was_taken_out_is_not_known(name: str) -> None:
    data = {key: value for key, value in WHOLE.items() if key != name}
    assert not read(data).completeness.is_whole(name)
    assert not certain(read(data)) - certain(read(WHOLE))


@given(st.data())
def test_an_object_that_was_taken_out_makes_its_list_not_whole(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(LISTS))
    shorter = copy.deepcopy(WHOLE)
    shorter[name].pop(data.draw(st.integers(0, len(shorter[name]) - 1)))
    assert not read(shorter).completeness.is_whole(name)


@pytest.mark.parametrize("member", ["address", "state", "policies", "compartment_id"])
def test_a_member_that_was_taken_out_of_an_endpoint_is_not_known(member: str) -> None:
    shorter = copy.deepcopy(WHOLE)
    del shorter["endpoints"][2][member]
    changed, other = read(shorter).endpoints[2], read(shorter).endpoints[1]
    assert not changed.knows(member)
    assert other.knows(member)


@given(st.sampled_from(PLACES))
def test_nothing_that_was_taken_out_makes_a_certain_statement(path: tuple[str | int, ...]) -> None:
    shorter = copy.deepcopy(WHOLE)
    around = shorter
    for key in path[:-1]:
        around = around[key]  # type: ignore[index]
    del around[path[-1]]  # type: ignore[arg-type]
    try:
        facts = read(shorter)
    except SnapshotError:
        return  # told at once
    assert not certain(facts) - certain(read(WHOLE))
    told = verdicts(read(WHOLE))
    assert all(verdict[0] == "unknown" or verdict == told[key] for key, verdict in verdicts(facts).items())


@pytest.mark.parametrize("change", ["settings", "policy"])
def test_a_policy_that_was_taken_out_makes_its_endpoint_s_policies_not_known(change: str) -> None:
    shorter = copy.deepcopy(WHOLE)
    number = next(
        at for at, item in enumerate(shorter["endpoints"]) if any(one["settings"] for one in item["policies"])
    )
    policies = shorter["endpoints"][number]["policies"]
    if change == "policy":
        policies.pop()
    else:
        next(one["settings"] for one in policies if one["settings"]).popitem()
    read_again = read(shorter).endpoints
    assert [item.knows("policies") for item in read_again] == [at != number for at in range(len(read_again))]
    assert read_again[number].knows("address")


def test_lists_that_an_older_hnskit_did_not_have_are_no_gap() -> None:
    """It wrote neither pods nor counts."""
    older = {name: value for name, value in WHOLE.items() if name not in ("counts", "pods", "namespaces", "containerd")}
    assert read(older).completeness.gaps == {}
    assert read({**older, "counts": {}}).completeness.gaps == {}
    assert read({name: value for name, value in older.items() if name != "images"}).completeness.gaps == {
        "images": ABSENT
    }


def test_a_part_that_facts_do_not_have_is_no_gap() -> None:
    assert read({**WHOLE, "counts": {**WHOLE["counts"], "elsewhere": [3]}}).completeness.gaps == {}
