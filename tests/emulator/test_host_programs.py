"""Programs of the emulated host and of its containers: netsh, ipconfig, route, hnsdiag, sc, over the one state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hnskit.emulator.host import host_programs
from hnskit.emulator.host.containers import Ran
from tests.emulator.host_scenario import (
    GATEWAY,
    Scenario,
    attach,
    compartment_of,
    docker,
    make_endpoint,
    make_network,
    output,
    run_container,
)

TEXTS = Path(__file__).parents[1] / "samples" / "hns" / "textual"


def run(scenario: Scenario, line: str, *more: str) -> Ran:
    name, *words = line.split()
    return host_programs.run(scenario.host, name, [*words, *more])


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario()


@pytest.mark.parametrize("words", ["int ipv4 set int", "interface ipv4 set interface", "int ip s i"])
def test_netsh_switches_forwarding_in_each_of_its_spellings(words: str) -> None:
    """The author's step 2, and longer and shorter forms of it."""
    fresh = Scenario()
    nic = fresh.host.windows.nic_named("vEthernet (hnskit-gateway)")
    assert nic is not None
    nic.forwarding = False
    ran = run(fresh, f"netsh {words}", "vEthernet (hnskit-gateway)", "for=en")
    assert (ran.exit_code, ran.stdout, nic.forwarding) == (0, "Ok.\r\n\r\n", True)
    run(fresh, f"netsh {words}", str(nic.index), "forwarding=disabled")
    assert not nic.forwarding


def test_netsh_sets_an_mtu_and_shows_it_in_the_layout_of_the_sample() -> None:
    """netsh-show-subinterfaces.txt: the adapter under a switch is not listed."""
    fresh = Scenario()
    assert (
        run(fresh, "netsh interface ipv4 set subinterface", "vEthernet (nat)", "mtu=1432", "store=persistent").exit_code
        == 0
    )
    shown = run(fresh, "netsh interface ipv4 show subinterfaces").stdout.splitlines()
    assert shown[1:3] == [
        "   MTU  MediaSenseState   Bytes In  Bytes Out  Interface",
        "------  ---------------  ---------  ---------  -------------",
    ]
    assert "  1432                1          0          0  vEthernet (nat)" in shown
    assert not [line for line in shown if line.endswith("  Ethernet")]
    assert "  1450                1          0          0  vEthernet (Ethernet)" in shown
    assert any(line.endswith("vEthernet (nat)") for line in run(fresh, "netsh int ipv4 show int").stdout.splitlines())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("netsh interface portproxy", ["add", "v4tov4"]),
        ("netsh int ipv4 set int", ["vEthernet (nat)", "weakhostsend=en"]),
        ("ipconfig /all", []),
        ("hnsdiag trace", []),
        ("sc stop", ["hns"]),
        ("route flush", []),
    ],
)
def test_what_a_program_does_not_do_here_it_refuses_by_name(scenario: Scenario, line: str, words: list[str]) -> None:
    ran = run(scenario, line, *words)
    assert (ran.exit_code, "is not emulated" in ran.stdout + ran.stderr) == (1, True)


def test_a_wrong_interface_or_value_changes_nothing(scenario: Scenario) -> None:
    assert run(scenario, "netsh int ipv4 set int", "vEthernet (no)", "for=en").exit_code == 1
    assert "not an acceptable value" in run(scenario, "netsh int ipv4 set int", "vEthernet (nat)", "for=x").stdout


def test_ipconfig_of_the_host_has_the_bridge_s_adapters(scenario: Scenario) -> None:
    """ipconfig-after-l2bridge-1709.txt: the gateway endpoint has .2 and no default gateway."""
    text = run(scenario, "ipconfig").stdout
    after = text.partition("Ethernet adapter vEthernet (hnskit-gateway):")[2].split("Ethernet adapter")[0]
    assert f"   IPv4 Address. . . . . . . . . . . : {GATEWAY}\r\n" in after
    assert after.rstrip(" \r\n").endswith("   Default Gateway . . . . . . . . . :")
    assert "Ethernet adapter Ethernet:" not in text
    every = run(scenario, "ipconfig /allcompartments").stdout
    assert "Network Information for Compartment 1 (ACTIVE)" in every
    assert f"Network Information for Compartment {compartment_of(scenario.host, scenario.client_id)}\r\n" in every


def test_ipconfig_in_a_container_without_a_network_is_what_the_author_saw() -> None:
    """scenario-proxy-policy-l2bridge-rs4.txt: its compartment, and no adapter."""
    fresh = Scenario("rs4")
    id = run_container(fresh.host, "proxy")
    code, text, _ = docker(fresh.host, "exec", "proxy", "ipconfig", "/allcompartments")
    number = compartment_of(fresh.host, id)
    seen = (TEXTS / "scenario-proxy-policy-l2bridge-rs4.txt").read_text().splitlines()
    at = next(place for place, line in enumerate(seen) if "Windows IP Configuration" in line)
    wanted = [line.strip() for line in seen[at : at + 5] if line.strip()]
    shown = [line for line in text.splitlines() if line]
    assert code == 0
    assert shown == [line.replace("Compartment 4 ", f"Compartment {number} ") for line in wanted]
    endpoint = make_endpoint(fresh.host, fresh.network)
    attach(fresh.host, endpoint, number)
    assert endpoint["IPAddress"] in docker(fresh.host, "exec", "proxy", "ipconfig", "/allcompartments")[1]


def test_route_print_in_a_container_names_the_adapter() -> None:
    """route-print-and-ipconfig-in-containers-rs4.txt; the host's list shows it without a description (HNS fact 82)."""
    fresh = Scenario()
    _, text, _ = docker(fresh.host, "exec", "hnskit-client1", "route", "print")
    (adapter,) = [line for line in text.splitlines() if " ......" in line]
    assert adapter.split("......")[1].startswith("Hyper-V Virtual Ethernet Adapter #")
    rows = [row for row in fresh.host.windows.adapter_rows() if row["MacAddress"].lower().replace("-", " ") in adapter]
    assert [row["Description"] for row in rows] == [""]


def test_route_of_the_host_adds_and_removes() -> None:
    """host-route-persistent-169-254.txt: a persistent route is listed as such."""
    fresh = Scenario()
    assert run(fresh, "route -p add 10.44.0.0 mask 255.255.0.0 10.0.1.2").stdout == " OK!\r\n"
    text = run(fresh, "route print").stdout
    assert "        10.44.0.0      255.255.0.0         10.0.1.2         10.0.1.2      1" in text
    assert "        10.44.0.0      255.255.0.0         10.0.1.2       1" in text.partition("Persistent Routes:")[2]
    assert run(fresh, "route delete 10.44.0.0").stdout == " OK!\r\n"
    assert "10.44.0.0" not in run(fresh, "route print").stdout


def test_hnsdiag_lists_what_hns_has_and_removes_by_id() -> None:
    """hnsdiag-list-endpoints-ws2019.txt and the lists of sig-windows-tools#168."""
    fresh = Scenario()
    client = fresh.client
    shown = run(fresh, "hnsdiag list endpoints").stdout.splitlines()
    assert shown[0] == "Name             ID                                   Virtual Network Name"
    assert f"hnskit-client1   {client['ID'].lower()} hnskit-l2bridge" in shown
    titles = [line for line in run(fresh, "hnsdiag list all").stdout.splitlines() if line.endswith(":")]
    assert titles == ["Networks:", "Endpoints:", "Namespaces:", "LoadBalancers:"]
    (detail,) = [json.loads(run(fresh, f"hnsdiag list endpoints {client['ID']} -d").stdout)]
    assert detail == fresh.endpoint(client["ID"])
    assert run(fresh, f"hnsdiag delete endpoints {client['ID']}").exit_code == 0
    assert run(fresh, f"hnsdiag delete endpoints {client['ID']}").stdout.startswith("Element not found")
    made = make_network(fresh.host, "NAT", "other")
    assert made["ID"] in run(fresh, "hnsdiag list networks").stdout
    balanced = output(fresh.host, "POST", "/policylists", {
        "References": [f"/endpoints/{fresh.proxy['ID']}"],
        "Policies": [{"Type": "ELB", "VIPs": ["10.96.0.1"], "Protocol": 6}]})  # fmt: skip
    row = f"{balanced['ID'].lower()} | 10.96.0.1        | {fresh.proxy['ID'].lower()}"
    assert row in run(fresh, "hnsdiag list loadbalancers").stdout


def test_services_follow_the_host() -> None:
    fresh = Scenario()
    assert "STATE              : 4  RUNNING" in run(fresh, "sc query hns").stdout
    fresh.host.set_fault("docker_stopped", True)
    assert "STATE              : 1  STOPPED" in run(fresh, "sc query docker").stdout
    fresh.host.set_fault("hns_missing", True)
    assert run(fresh, "sc query hns").exit_code == 1060
    assert run(fresh, "hnsdiag list all").exit_code == 1
