"""Packets on the wires of an emulated host: kept in the run's folder, and shown as a table."""

from __future__ import annotations

from pathlib import Path

import hnskit
from hnskit.params.loading import Params, load_params
from hnskit.runbook.captured_packets import show_packets
from hnskit.runbook.notebook_record import NotebookRecord
from hnskit.runbook.screen import Sentence
from hnskit.views.table import View
from tests import sample_facts
from tests.emulator.packets_here import require_packets
from tests.host_process import emulated_host

ASKED = "169.254.169.254"


def redirected(params: Params) -> str:
    """Set the redirect up and prove it; the proxy's address."""
    desired = hnskit.desired_from(params)
    with hnskit.connect(params) as session:
        outcome = hnskit.apply(session, desired)
        assert hnskit.verify(session, desired).ok
    return next(item.address for item in outcome.after.endpoints if item.name == desired.proxy.endpoint.name)


def test_the_client_s_wire_shows_the_proxy_asked_and_the_proxy_s_the_service(tmp_path: Path) -> None:
    require_packets()
    with emulated_host(tmp_path / "state") as overrides:
        params = load_params(sample_facts.PARAMS, overrides=[*overrides, "emulator.network=packets"])
        proxy = redirected(params)
        shown = show_packets(params.target, NotebookRecord("verify", tmp_path / "run"))
    assert isinstance(shown, View)
    asked = shown.frame[(shown.frame["flags"] == "SYN") & (shown.frame["destination_port"] == 80)]
    by_wire = asked.groupby("wire")["destination"].agg(set).to_dict()
    assert by_wire["hnskit-client1"] == by_wire["hnskit-client2"] == {proxy}
    assert by_wire["hnskit-proxy"] == {proxy, ASKED}
    assert f"who has {ASKED}?" in set(shown.frame["text"])  # the control
    assert (
        {"ARP", "TCP"} <= set(shown.frame["protocol"]) <= {"ARP", "TCP", "IGMP"}
    )  # some kernels speak IGMP on each wire
    kept = sorted((tmp_path / "run" / "captures").iterdir())
    assert [path.name for path in kept] == ["hnskit-client1.pcap", "hnskit-client2.pcap", "hnskit-proxy.pcap"]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in kept)
    again = hnskit.frames.packets_frame({path.stem: path.read_bytes() for path in kept})
    assert again.equals(shown.frame)


def test_a_host_of_the_model_says_that_it_has_none(tmp_path: Path) -> None:
    with emulated_host(tmp_path / "state") as overrides:
        params = load_params(sample_facts.PARAMS, overrides=overrides)
        hnskit.connect(params).close()
        shown = show_packets(params.target, NotebookRecord("verify", tmp_path / "run"))
    assert isinstance(shown, Sentence)
    assert not (tmp_path / "run").exists()


def test_a_host_that_is_not_emulated_has_none() -> None:
    assert isinstance(show_packets("winrm://10.9.9.9", NotebookRecord("verify", None)), Sentence)
