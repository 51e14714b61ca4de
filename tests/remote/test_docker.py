"""What docker prints, read; and how it is asked about many containers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hnskit.facts.host_facts import gather_facts
from hnskit.remote import docker
from hnskit.remote.session import CallResult
from tests.emulator.host_scenario import NANOSERVER
from tests.in_process_host import HereSession, host_here


def printed(*texts: str, id: str = "containers") -> CallResult:
    return CallResult(id, [{"ExitCode": 0, "StdOut": text, "StdErr": ""} for text in texts], 1)


def inspected(name: str, **config: Any) -> dict[str, Any]:
    state = {"Status": "running", "StartedAt": "2026-01-01T00:00:00Z"}
    config = {"Image": "i:1", "Entrypoint": None, "Cmd": None, "Labels": None, **config}
    host = {"NetworkMode": "none", "Isolation": "process"}
    return {"Id": f"id-{name}", "Name": f"/{name}", "Image": "sha256:a", "State": state, "Config": config,
            "HostConfig": host}  # fmt: skip


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("docker", "[1]"),
        ("docker", "null"),
        ("docker", '{"Server": "x"}'),
        ("docker", '{"Server": {"Version": 5}}'),
        ("images", '{"Repository": "x"}'),
        ("images", "[]"),
        ("images", '{"Repository": "x", "Tag": "1", "ID": 5}'),
        ("containers", "5"),
        ("containers", "null"),
        ("containers", '["x"]'),
        ("containers", '[{"Id": "x"}]'),
        ("containers", json.dumps([inspected("a", Cmd=[1])])),
        ("containers", json.dumps([inspected("a", Labels="x")])),
        ("containers", json.dumps([{**inspected("a"), "State": {"Status": 1}}])),
    ],
)
def test_nonsense_of_docker_is_a_problem_of_the_snapshot(part: str, text: str) -> None:
    """It names the part, which then counts as not known; the rest of the host is read."""
    session = HereSession(host_here())
    output = [{"ExitCode": 0, "StdOut": text, "StdErr": ""}]
    session.answered = lambda answer: json.dumps({**answer, "output": output}) if answer["id"] == part else None
    facts = gather_facts(session)
    assert [problem.part for problem in facts.problems] == [part]
    assert not facts.knows(part)
    assert facts.networks


def test_a_container_is_read_as_docker_has_it() -> None:
    """Commas and blanks of a command stay within their words."""
    row = inspected("web", Entrypoint=["a b", "c,d"], Cmd=["e"], Labels={"k": "v"})
    (found,) = docker.READERS["containers"](printed(json.dumps([row])))
    assert (found.id, found.name, found.image, found.status) == ("id-web", "web", "i:1", "running")
    assert (found.command, found.labels, found.isolation) == (("a b", "c,d", "e"), {"k": "v"}, "process")


def test_the_lists_of_several_runs_are_one() -> None:
    """In their order; the host asks in several where there are many."""
    texts = (json.dumps([inspected("a"), inspected("b")]), json.dumps([inspected("c")]))
    assert [found.name for found in docker.READERS["containers"](printed(*texts))] == ["a", "b", "c"]


def test_images_without_a_name_are_left_out() -> None:
    """They are layers and what was built over."""
    rows = [{"Repository": name, "Tag": "1", "ID": "sha256:a"} for name in ("<none>", "x")]
    text = "\n".join(json.dumps(row) for row in rows)
    assert [found.name for found in docker.READERS["images"](printed(text, id="images"))] == ["x:1"]


def test_every_command_line_of_docker_fits_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 32767 characters, with more containers than one could name; and all of them are found."""
    host = host_here()
    names = [f"many{number}" for number in range(600)]
    for name in names:
        host.docker.run(["run", "--detach", "--name", name, "--network", "none", NANOSERVER, "ping.exe", "-t", "x"])
    run, lines = host.docker.run, []

    def counted(words: list[str]) -> Any:
        lines.append(" ".join(["docker", *words]))
        return run(words)

    monkeypatch.setattr(host.docker, "run", counted)
    assert {found.name for found in gather_facts(HereSession(host)).containers} == set(names)
    assert max(map(len, lines)) < 32767
