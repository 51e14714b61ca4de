"""Windows' own commands in a shell on the engine pwsh: HNS, adapters, services, a drive C."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pypsrp.powershell import PowerShell, RunspacePool

from tests.emulator.engines import Served, needs_engine
from tests.emulator.host_scenario import make_endpoint, make_network

pytestmark = needs_engine


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served("pwsh", tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture(scope="module")
def pool(served: Served) -> Iterator[RunspacePool]:
    with served.pool(module=False) as opened:
        yield opened


def output(pool: RunspacePool, script: str) -> list[Any]:
    pipeline = PowerShell(pool)
    pipeline.add_script(script)
    found = list(pipeline.invoke())
    assert not pipeline.had_errors, [str(error) for error in pipeline.streams.error]
    return found


def errors(pool: RunspacePool, script: str) -> list[tuple[str, str]]:
    pipeline = PowerShell(pool)
    pipeline.add_script(script)
    pipeline.invoke()
    return [(str(item.fq_error).partition(",")[0], str(item)) for item in pipeline.streams.error]


def test_in_box_commands_list_and_remove_what_hns_has(served: Served, pool: RunspacePool) -> None:
    """The seed's one-liner as it is written, and removal through the pipeline (HNS fact 91)."""
    network = make_network(served.host)
    first, second = (make_endpoint(served.host, network, IPAddress=f"10.0.1.{number}") for number in (3, 4))
    line = 'Get-HNSEndpoint | ? {$_.IPAddress -eq "10.0.1.3"; }  | % {$_.ID}'
    assert output(pool, line) == [first["ID"]]
    assert output(pool, f"(Get-HnsEndpoint -Id {second['ID'].lower()}).IPAddress") == ["10.0.1.4"]
    assert output(pool, "Get-HnsNetwork | % Name") == ["nat", "hnskit-l2bridge"]
    assert output(pool, "$endpoint = Get-HnsEndpoint | ? IPAddress -eq 10.0.1.4; $endpoint | Remove-HnsEndpoint") == []
    assert output(pool, "Get-HnsEndpoint | % IPAddress") == ["10.0.1.3"]
    assert output(pool, "Get-HnsNetwork | Where-Object Name -eq 'hnskit-l2bridge' | Remove-HnsNetwork") == []
    assert output(pool, "@(Get-HnsEndpoint).Count, @(Get-HnsPolicyList).Count, @(Get-HnsNamespace).Count") == [0, 0, 1]
    ((id, words),) = errors(pool, "Get-HnsNetwork -Id 5f0b1190-63be-4e0c-b974-bd0f55675a42")
    assert (id, words) == ("HnsError", "Element not found. ")


def test_an_adapter_has_the_short_names_of_its_properties(pool: RunspacePool) -> None:
    """What Get-MgmtIpAddress of Microsoft's helper.psm1 relies on."""
    assert output(pool, "$na = Get-NetAdapter -Name Ethernet; $na.ifAlias; $na.ifDesc") == [
        "Ethernet", "Microsoft Hyper-V Network Adapter",
    ]  # fmt: skip
    ask = "(Get-NetIPAddress -InterfaceAlias (Get-NetAdapter -Name Ethernet).ifAlias -AddressFamily IPv4).IPv4Address"
    assert output(pool, ask) == ["10.0.0.5"]
    ask = "Get-NetIPConfiguration Ethernet | % { $_.IPv4Address.IPAddress; $_.IPv4DefaultGateway.NextHop }"
    assert output(pool, ask) == ["10.0.0.5", "10.0.0.1"]


def test_an_interface_is_there_for_ipv6_and_forwards_by_itself(served: Served, pool: RunspacePool) -> None:
    output(pool, "Set-NetIPInterface -InterfaceAlias Ethernet -AddressFamily IPv6 -Forwarding Enabled")
    ask = 'Get-NetIPInterface -InterfaceAlias Ethernet | % { "$($_.AddressFamily) $($_.Forwarding)" }'
    assert sorted(output(pool, ask)) == ["IPv4 Disabled", "IPv6 Enabled"]
    output(pool, "Set-NetIPInterface -InterfaceAlias Ethernet -Forwarding Enabled")
    assert sorted(output(pool, ask)) == ["IPv4 Enabled", "IPv6 Enabled"]


def test_there_is_a_drive_c_with_the_host_s_tarballs_on_which_a_module_can_lie(pool: RunspacePool) -> None:
    assert output(pool, r"Test-Path C:\images\metadata-proxy.tar.gz; Test-Path C:\images -PathType Container") == [
        True, True,
    ]  # fmt: skip
    script = r"""
        $null = mkdir C:\k
        'function Get-Answer { 42 }; Export-ModuleMember -Function Get-Answer' | Set-Content C:\k\own.psm1
        Import-Module C:\k\own.psm1
        Get-Answer
        Test-Path D:\k
    """
    assert output(pool, script) == [42, False]


def test_programs_are_run_with_their_windows_names(pool: RunspacePool) -> None:
    assert output(pool, "netsh.exe int ipv4 set int Ethernet for=dis") == ["Ok.", ""]
    assert "   Default Gateway . . . . . . . . . : 10.0.0.1" in output(pool, "ipconfig.exe")
    assert "Networks:" in output(pool, "hnsdiag list all")
    assert output(pool, "route print | ? { $_ -like '*Active Routes*' }") == ["Active Routes:"]


def test_services_are_listed_and_hns_is_restarted(served: Served, pool: RunspacePool) -> None:
    """Endpoints are gone then (HNS fact 77); another service's restart is refused by name."""
    make_endpoint(served.host, make_network(served.host, name="again"))
    assert output(pool, "Get-Service hns, docker | % { \"$($_.Name) $($_.Status)\" }") == [
        "hns Running", "docker Running",
    ]  # fmt: skip
    output(pool, "Restart-Service hns -Force")
    assert output(pool, "@(Get-HnsEndpoint).Count") == [0]
    assert errors(pool, "Get-Service spooler")[0][0] == "NoServiceFoundForGivenName"
    assert "restart of the service docker is not emulated" in errors(pool, "Restart-Service docker")[0][1]
    output(pool, "Get-HnsNetwork | ? Name -eq again | Remove-HnsNetwork")  # the other tests' adapter is Ethernet
