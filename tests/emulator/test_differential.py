"""The python engine is a double of hnskit's commands: each of them runs on it and on a real engine, side by side."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from importlib import resources

import pytest

from tests.emulator.differential_commands import (
    BAD,
    CALL,
    DOCKER,
    FORWARDING,
    GOOD,
    HCN,
    HNS,
    HOSTILE,
    IN_A_BATCH,
    NOBODY,
    ON_A_NODE,
    call,
)
from tests.emulator.engine_pair import Pair, alike, unescaped
from tests.emulator.engines import Command, needs_engine
from tests.emulator.host_scenario import NANOSERVER

pytestmark = needs_engine


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two hosts with containerd and no Docker."""
    with alike(tmp_path_factory.mktemp("nodes"), profile="ws2022", runtime="containerd") as both:
        yield both


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with alike(tmp_path_factory.mktemp("hosts")) as both:
        yield both


def _name(case: Command) -> str:
    return f"{case[0]} {str(dict(case[1]))[:60]}"


@pytest.mark.parametrize("case", GOOD, ids=_name)
def test_what_is_right_does_the_same(pair: Pair, case: Command) -> None:
    pair.check(case)


@pytest.mark.parametrize("case", ON_A_NODE, ids=_name)
def test_the_tools_of_containerd_do_the_same(nodes: Pair, case: Command) -> None:
    nodes.check(case)


@pytest.mark.parametrize("case", BAD, ids=_name)
def test_what_is_wrong_is_refused_alike(pair: Pair, case: Command) -> None:
    pair.check(case)


@pytest.mark.parametrize("case", IN_A_BATCH, ids=_name)
def test_a_call_of_a_batch_is_the_same(pair: Pair, case: Command) -> None:
    """There the parameters come from JSON, and errors go into the answer."""
    pair.check((CALL, {"Call": [call("x", case[0], **case[1])]}))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_hostile_text_stays_text(pair: Pair, text: str) -> None:
    """In every parameter that takes text, alone and in a batch."""
    for command in (
        (HNS, {"Method": "POST", "Path": "/networks", "Body": text}),
        (HNS, {"Method": "POST", "Path": "/networks", "Body": json.dumps({"Name": text, "Type": text})}),
        (HNS, {"Method": text, "Path": "/networks"}),
        (HNS, {"Method": "GET", "Path": f"/networks/{text}"}),
        (HNS, {"Method": "GET", "Path": "/networks", "Guard": text}),
        (HCN, {"Operation": "QueryEndpoint", "Id": text}),
        (HCN, {"Operation": "ModifyNetwork", "Id": NOBODY, "Settings": text}),
        (DOCKER, {"ArgumentList": ["inspect", text, "--", text]}),
        (DOCKER, {"ArgumentList": [text]}),
        (FORWARDING, {"InterfaceIndex": text, "State": "Enabled"}),
        (FORWARDING, {"InterfaceIndex": 6, "State": text}),
    ):
        pair.check(command)
        pair.check((CALL, {"Call": [call(text, command[0], **command[1])]}))
    pair.check((CALL, {"Call": [text]}))
    pair.check((text, {}))


def test_a_guard_knows_what_is_not_there(pair: Pair) -> None:
    """A list that HNS does not show proves nothing; an object that has got a member is another one."""
    hns = {"Method": "GET", "Path": "/networks"}
    unread = pair.check((HNS, {**hns, "Guard": '{"path":"/nope","none":{"Name":"other"}}'}))
    assert "Hnskit.HnsUnread" in json.dumps(unread.messages[-1].fields)
    grown = pair.check((HNS, {**hns, "Guard": '{"path":"/globals/version","is":{"Major":null}}'}))
    assert "Hnskit.Changed" in json.dumps(grown.messages[-1].fields)
    assert pair.check((HNS, {**hns, "Guard": '{"path":"/globals/version","is":{"X":null}}'})).of("PIPELINE_OUTPUT")


def test_many_containers_are_asked_about_in_several_runs_of_docker(pair: Pair) -> None:
    """Each fits a command line of Windows, and nothing is asked twice or left out."""
    names = [f"many{number}" for number in range(251)]
    for served in (pair.python, pair.pwsh):
        for name in names:
            words = ["run", "--detach", "--name", name, "--network", "none", NANOSERVER, "ping.exe", "-t", "localhost"]
            served.call(partial(served.host.docker.run, words))
    said = pair.check(("Get-HnskitContainer", {}))
    lists = [json.loads(unescaped(row.fields["/StdOut"][2:])) for row in said.of("PIPELINE_OUTPUT")]
    assert [len(found) for found in lists] == [250, 1]
    assert {item["Name"].strip("/") for found in lists for item in found} == set(names)
    for served in (pair.python, pair.pwsh):
        served.call(partial(served.host.docker.run, ["rm", "--force", *names]))


def test_every_command_of_the_kit_is_compared() -> None:
    manifest = resources.files("hnskit.remote").joinpath("scripts/hnskit.psd1").read_text(encoding="utf-8")
    exported = set(re.findall(r"'([A-Z]\w+-Hnskit\w+)'", manifest))
    watching = {"Watch-HnskitEvent"}  # it does not end by itself: tests/emulator/test_watching.py has both engines
    assert exported == {name for name, _ in [*GOOD, *ON_A_NODE]} | watching
