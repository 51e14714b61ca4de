"""A host in a file: nothing is lost, no secret gets in, every verb that reads works on it, none that changes does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnskit.emulator.host import PROFILES, create_host
from hnskit.errors import FileError, ReadOnlyTargetError, SnapshotError
from hnskit.facts.anything import load_facts
from hnskit.facts.completeness import Problem
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import dump_facts, parse_facts, save_facts
from hnskit.facts.source import connect, open_host
from hnskit.model.objects import Container, Endpoint, Policy
from hnskit.params.loading import load_params
from tests import sample_facts


def again(facts: Facts, tmp_path: Path) -> Facts:
    """Saved and loaded, as if from the same target."""
    return replace(load_facts(save_facts(facts, tmp_path / "host.json")), target=facts.target)


@pytest.mark.parametrize("profile", PROFILES)
def test_an_emulated_host_survives_with_its_raw_json(profile: str, tmp_path: Path) -> None:
    """What HNS printed is in the file, too."""
    facts = create_host("lab", profile).snapshot()
    back = again(facts, tmp_path)
    assert back == facts
    assert [item.raw for item in back.networks] == [item.raw for item in facts.networks]
    assert back.taken_at == facts.taken_at


def test_the_target_of_a_loaded_snapshot_is_its_file(tmp_path: Path) -> None:
    """So that a report does not look as if the host had been asked."""
    path = save_facts(sample_facts.complete(), tmp_path / "host.json")
    assert load_facts(path).target == f"snapshot:{path}"


def test_what_facts_json_prints_is_a_snapshot_too(tmp_path: Path) -> None:
    """`hnskit facts --json > FILE` has no head."""
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(sample_facts.complete().to_json(), indent=2))
    assert replace(load_facts(path), target="emulator://lab") == sample_facts.complete()


@given(
    st.lists(st.builds(Policy, st.text(), st.dictionaries(st.text(), st.none() | st.integers() | st.text()))),
    st.lists(st.text()),
    st.none() | st.tuples(st.integers(0, 99), st.integers(0, 99)),
    st.none() | st.integers(0, 65535),
    st.text(),
)
@settings(max_examples=60, deadline=None)
def test_any_endpoint_survives_a_snapshot(
    policies: list[Policy], containers: list[str], version: tuple[int, int] | None, compartment: int | None, name: str
) -> None:
    """Whatever its names and keys are."""
    endpoint = Endpoint("A", name, "N", policies=tuple(policies), containers=tuple(containers), version=version,
                        compartment_id=compartment)  # fmt: skip
    facts = Facts("winrm://host", endpoints=(endpoint,))
    assert parse_facts(json.loads(dump_facts(facts))) == facts


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (("run", "--password", "CANARY"), ("run", "--password", "***")),
        (("run", "--api-key=CANARY"), ("run", "--api-key=***")),
        (("run", "/Token", "CANARY"), ("run", "/Token", "***")),
        (("ping", "-t", "localhost"), ("ping", "-t", "localhost")),
        (("app", "Server=db;Password=CANARY x;Timeout=5"), ("app", "Server=db;Password=***;Timeout=5")),
        (("sqlcmd", "-P", "CANARY"), ("sqlcmd", "-P", "***")),
        (("plink", "-pw", "CANARY", "host"), ("plink", "-pw", "***", "host")),
        (("tool", "/pw:CANARY"), ("tool", "/pw:***")),
        (("tool", "--token:CANARY"), ("tool", "--token:***")),
        (("cmd", "/c", "run --password CANARY -v"), ("cmd", "/c", "run --password *** -v")),
        (("get", "https://u:CANARY@host/x?sig=CANARY&v=1"), ("get", "https://u:***@host/x?sig=***&v=1")),
        (("get", "http://host:8080/design=1"), ("get", "http://host:8080/design=1")),
    ],
)
def test_what_looks_like_a_secret_is_masked(command: tuple[str, ...], shown: tuple[str, ...]) -> None:
    """In a container's command and in its labels."""
    container = Container("C", "c", "i", "s", "running", command, {"my.secret": "CANARY", "app": "x"})
    text = dump_facts(Facts("winrm://host", containers=(container,)))
    assert "CANARY" not in text
    back = parse_facts(json.loads(text)).containers[0]
    assert back.command == shown
    assert back.labels == {"my.secret": "***", "app": "x"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "version 2"),
        ({"networks": 5}, "networks"),
        ({"endpoints": [{"id": 5}]}, "endpoints"),
        ({"endpoints": [{"id": "A", "name": "", "network_id": "", "colour": "red"}]}, "colour"),
        ({"target": None}, "target"),
        ({"problems": [1]}, "problems"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_what_hnskit_did_not_write_is_refused_by_its_part(change: Any, words: str) -> None:
    """A version of tomorrow, and a file that somebody has edited."""
    data = {**json.loads(dump_facts(sample_facts.complete())), **change}
    if change == {"target": None}:
        del data["target"]
    with pytest.raises(SnapshotError, match=words):
        parse_facts(data)


def test_a_snapshot_that_is_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    """And says that the rest is not known."""
    facts = create_host("lab").snapshot()
    text = dump_facts(facts)
    path = tmp_path / "cut.json"
    path.write_text(text[: text.index('"endpoints":')])
    back = load_facts(path)
    assert back.networks == facts.networks
    assert any("cut off" in problem.message for problem in back.problems)
    assert not back.knows("endpoints")


def test_nothing_at_the_path_is_one_sentence(tmp_path: Path) -> None:
    """With the path in it."""
    with pytest.raises(SnapshotError, match="no such file"):
        load_facts(tmp_path / "nothing.json")
    with pytest.raises(FileError, match="cannot be written"):
        save_facts(sample_facts.complete(), tmp_path / "no" / "folder.json")


def test_a_snapshot_is_read_as_a_host_and_never_changed(tmp_path: Path) -> None:
    """`open_host` serves it; `connect` and `session` refuse, whatever is asked."""
    path = save_facts(sample_facts.complete(), tmp_path / "host.json")
    params = load_params(sample_facts.PARAMS, overrides=[f"target=snapshot:{path}"])
    host = open_host(params)
    assert host.facts() == replace(sample_facts.complete(), target=f"snapshot:{path}")
    for refuse in (host.session, lambda: connect(params)):
        with pytest.raises(ReadOnlyTargetError, match="never changed") as caught:
            refuse()
        assert caught.value.exit_status == 2
    host.close()


def test_problems_keep_their_part(tmp_path: Path) -> None:
    """Also those of a file that was saved when a problem was one sentence."""
    problems = (Problem("networks", "HNS refused: a: b"), Problem("", "line 3: cut off"))
    facts = replace(sample_facts.complete(), problems=problems)
    data = json.loads(dump_facts(facts))
    assert data["problems"][0] == {"part": "networks", "message": "HNS refused: a: b"}
    data["problems"] = [str(problem) for problem in problems]
    for form in (json.loads(dump_facts(facts)), data):
        back = parse_facts(form)
        assert back.problems == problems
        assert not back.knows("networks")
        assert back.knows("endpoints")
