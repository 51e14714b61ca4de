"""Transcripts: nothing in them says whose host it was, and they play back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hnskit.facts.host_facts import gather_facts
from hnskit.remote.session import Call, invoke_calls
from tests.contract.scrub import Scrubber
from tests.contract.transcript import Recorder, Replay
from tests.in_process_host import Lab


def test_what_was_recorded_is_played_back(tmp_path: Path) -> None:
    """A snapshot of the transcript has what a snapshot of the host had."""
    with Lab(tmp_path) as lab, lab.session() as session:
        recorder = Recorder(session)
        live = gather_facts(recorder)
        recorder.write(tmp_path / "one.json", Scrubber("LAB"), "a test")
    played = gather_facts(Replay(tmp_path / "one.json"))
    assert [item.id for item in played.networks] == [item.id for item in live.networks]
    assert [item.name for item in played.adapters] == [item.name for item in live.adapters]
    assert played.problems == ()
    assert "LAB" not in (tmp_path / "one.json").read_text()


def test_a_question_that_was_not_recorded_is_named(tmp_path: Path) -> None:
    """It is not answered with nothing."""
    (tmp_path / "one.json").write_text(json.dumps({"about": "", "answers": []}))
    with pytest.raises(LookupError, match="no answer to"):
        list(invoke_calls(Replay(tmp_path / "one.json"), [Call("a", "Get-HnskitSystem")]))


def test_names_addresses_and_macs_are_changed_alike() -> None:
    """What was equal stays equal, and a subnet stays one."""
    scrubber = Scrubber("WEB01", "operator")
    done = scrubber.scrub({
        "ComputerName": "WEB01", "Name": "/web-frontend", "IPAddress": "172.20.3.4", "GatewayAddress": "172.20.0.1",
        "Other": "8.8.8.8", "MacAddress": "00-15-5D-12-34-56", "Port": "10.9.9.9:80",
        "Note": "web01\\OPERATOR was here", "DNSSuffix": "corp.example",
        "Config": {"Env": ["PASSWORD=x"], "Labels": {"a": "b"}, "Image": "registry.corp/web:1"},
    })  # fmt: skip
    assert done["ComputerName"] == "SECRET0"
    assert done["Note"] == "SECRET0\\SECRET1 was here"
    assert (done["IPAddress"], done["GatewayAddress"]) == ("10.0.3.4", "10.0.0.1")
    assert (done["Other"], done["Port"]) == ("10.1.8.8", "10.2.9.9:80")
    assert done["MacAddress"] == "00-15-5D-00-00-01"
    assert done["Name"] == "/name-1"
    assert done["Config"] == {"Env": [], "Labels": {}, "Image": "image-2"}
    assert done["DNSSuffix"] == ""
    assert scrubber.text("mac 00:15:5d:12:34:56 at 172.20.9.9") == "mac 00:15:5d:00:00:01 at 10.0.9.9"


@pytest.mark.parametrize(
    "text", ["169.254.169.254", "168.63.129.16", "127.0.0.1", "0.0.0.0/0", "224.0.0.0/4", "1.2.3.4.5"]
)
def test_addresses_that_are_everybodys_stay(text: str) -> None:
    """The metadata address, the loopback, version numbers."""
    assert Scrubber().text(text) == text
