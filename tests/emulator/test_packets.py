"""Real packets behind the emulated host: namespaces, nftables, curl and HTTP servers, on Linux."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from benchmarks.packets import rewritten_by_the_host
from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.emulator.packets import packet_plane
from hnskit.emulator.packets.helper_client import HelperClient, PacketsError
from tests.emulator import host_scenario
from tests.emulator.host_scenario import GATEWAY, METADATA, URL, Scenario, docker, request, set_forwarding
from tests.emulator.packets_here import require_packets
from tests.waiting import wait_for

OPTIONS = {"cut_seconds": 0, "seed": 7, "network": "packets"}


@pytest.fixture
def scenario(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scenario]:
    """The redirect's host, with real packets."""
    require_packets()
    monkeypatch.setattr(host_scenario, "create_host", lambda name, profile, _: create_host(name, profile, OPTIONS))
    made = Scenario()
    yield made
    made.host.close()


def machine() -> dict[str, Any]:
    """This machine's own network: links, rules, named namespaces, and how many namespaces there are."""

    def run(*words: str) -> str:
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout

    return {
        "links": sorted(row["ifname"] for row in json.loads(run("ip", "-j", "link") or "[]")),
        "rules": run("nft", "list", "ruleset"),
        "named": run("ip", "netns", "list"),
    }


def namespaces_of(pid: int) -> set[str]:
    """The network namespaces that a process and its helpers hold, by inode."""
    found = {str(Path(f"/proc/{pid}/ns/net").readlink())}
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # the listing's own
            found.add(str(file.readlink()))
    return {item for item in found if item.startswith("net:")}


def ended(pid: int) -> bool:
    """Whether a process is gone; a namespace without a name lives only by the files and processes in it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def test_the_redirect_is_answered_over_real_tcp(scenario: Scenario) -> None:
    """curl in the client's compartment, nftables, the proxy's own curl, the metadata service beyond NAT."""
    scenario.redirect()
    code, out, err = scenario.ask()
    assert (code, err) == (0, "")
    assert out.startswith("HTTP/1.1 200 OK\r\n")
    assert "Via: 1.1 metadata-proxy" in out
    assert json.loads(out.partition("\r\n\r\n")[2])["compute"]["name"] == "lab"


def test_the_misspelt_key_redirects_nothing_over_real_tcp(scenario: Scenario) -> None:
    scenario.redirect(OutboundNat=None, OutbountNat=True)
    assert scenario.ask()[0] == 28


def test_a_policy_that_comes_and_goes_is_carried_out_at_the_next_request(scenario: Scenario) -> None:
    assert scenario.ask()[0] == 28
    scenario.redirect()
    assert scenario.ask()[0] == 0
    scenario.host.hns.call(
        "POST", f"/endpoints/{scenario.client['ID']}", json.dumps({"ID": scenario.client["ID"], "Policies": []})
    )
    assert scenario.ask()[0] == 28


def test_a_stopped_container_is_gone_from_the_bridge_at_once(scenario: Scenario) -> None:
    """Its wire is still being captured: that must not keep its namespace, and its address, there."""
    url = f"http://{scenario.proxy['IPAddress']}:80/"
    assert request(scenario.host, "hnskit-client1", url)[0] == 0
    docker(scenario.host, "stop", "hnskit-proxy")
    assert request(scenario.host, "hnskit-client1", url)[0] == 28  # silent: nobody is there to refuse


def test_forwarding_off_leaves_the_proxy_without_an_answer(scenario: Scenario) -> None:
    scenario.redirect()
    set_forwarding(scenario.host, GATEWAY, "Disabled")
    assert "502 Bad Gateway" in scenario.ask()[1]


def test_a_port_where_nobody_listens_refuses(scenario: Scenario) -> None:
    code, _, err = request(scenario.host, "hnskit-client1", f"http://{scenario.proxy['IPAddress']}:81/")
    assert (code, "refused" in err) == (7, True)


def test_another_port_of_the_address_is_left_alone(scenario: Scenario) -> None:
    """The control of a verification."""
    scenario.redirect()
    assert request(scenario.host, "hnskit-client1", URL.replace(METADATA, f"{METADATA}:81"))[0] == 28


def test_the_wires_of_client_and_proxy_are_captured(scenario: Scenario) -> None:
    """The client asks for 169.254.169.254 on a wire on which the proxy is asked."""
    scenario.redirect()
    scenario.ask()
    plane = scenario.host.network.packets
    assert plane is not None
    for name in ("hnskit-client1", "hnskit-proxy"):
        pcap = plane.captures[name].pcap()
        assert pcap[:4] == b"\x4d\x3c\xb2\xa1"
        assert b"GET /metadata/instance" in pcap
    assert socket.inet_aton(METADATA) in plane.captures["hnskit-proxy"].pcap()


def test_this_machine_has_the_same_links_rules_and_namespaces_before_during_and_after() -> None:
    require_packets()
    before, ours = machine(), namespaces_of(os.getpid())
    host = create_host("lab", "ws2019", OPTIONS)
    plane = host.network.packets
    assert plane is not None
    try:
        host.network.bring_packets()
        assert machine() == before
        assert len(namespaces_of(plane.helper_pid) - ours) >= 3  # the switches', the host's, what is outside
    finally:
        host.close()
    assert machine() == before
    assert namespaces_of(os.getpid()) == ours
    wait_for(lambda: ended(plane.helper_pid), "the helper has not ended")


def test_nothing_is_left_behind_after_kill_9() -> None:
    """The helper dies with the host's process, and its namespaces with it."""
    require_packets()
    before = machine()
    script = (
        "import sys\nfrom hnskit.emulator.host import create_host\n"
        f"host = create_host('lab', 'ws2019', {OPTIONS!r})\nhost.network.bring_packets()\n"
        "print(host.network.packets.helper_pid, flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        helper = int(process.stdout.readline())
        assert not ended(helper)
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_for(lambda: ended(helper), "the helper has not ended")
    assert machine() == before


def test_fifty_clients_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    require_packets()
    monkeypatch.setattr(host_scenario, "create_host", lambda name, profile, _: create_host(name, profile, OPTIONS))
    scenario = Scenario()
    host: EmulatedHost = scenario.host
    try:
        target = f"{scenario.proxy['IPAddress']}:80"
        for number in range(2, 51):
            name = f"hnskit-client{number}"
            id = host_scenario.run_container(host, name)
            endpoint = host_scenario.make_endpoint(host, scenario.network, name)
            host_scenario.attach(host, endpoint, host_scenario.compartment_of(host, id))
            host_scenario.set_proxy_policy(host, endpoint, target)
        scenario.redirect()
        codes = [request(host, f"hnskit-client{number}")[0] for number in range(1, 51)]
    finally:
        host.close()
    assert codes == [0] * 50


@pytest.mark.parametrize("program", ["curl", "nsenter"])
def test_without_a_program_packets_fails_with_a_sentence_and_auto_falls_back(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    found = shutil.which
    monkeypatch.setattr("shutil.which", lambda name: None if name == program else found(name))
    with pytest.raises(PacketsError, match=f"{program} is not installed"):
        create_host("lab", "ws2019", OPTIONS)
    host = create_host("lab", "ws2019", {**OPTIONS, "network": "auto"})
    assert host.network.packets is None
    assert host.network.note == (
        f"There are no real packets here, the model carries them: {program} is not installed."
        if sys.platform == "linux" else host.network.note
    )  # fmt: skip


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'vxlan' is not a network of an emulated host"):
        packet_plane.chosen("vxlan")


def test_what_is_missing_is_said_by_its_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A helper that cannot load libnftables names it."""
    require_packets()
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes\nfound = ctypes.CDLL\n"
        "def CDLL(name, *args, **more):\n"
        "    if name and 'nftables' in name: raise OSError('no such library')\n"
        "    return found(name, *args, **more)\n"
        "ctypes.CDLL = CDLL\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(PacketsError, match=r"libnftables\.so\.1 \(Debian's package libnftables1\): no such library"):
        HelperClient()


@pytest.mark.parametrize(("source_nat", "end"), [(False, "silent"), (True, "taken")])
def test_a_rewrite_on_the_host_s_side_needs_source_nat(source_nat: bool, end: str) -> None:
    """Else the answer goes over the bridge, past what would put its source back (docs/packets.md)."""
    require_packets()
    assert rewritten_by_the_host(source_nat=source_nat) == end
