"""Output of other tools is named as what it is; what a dump does not list is never told as absent."""

from __future__ import annotations

import json

import pytest

from hnskit.diagnosis.doctor import diagnose
from hnskit.errors import SnapshotError
from hnskit.facts.dumps import read_text
from hnskit.facts.dumps.byte_sources import Source
from hnskit.views import topology
from hnskit.views.frames import networks

ENDPOINTS = """PS C:\\> Get-HnsEndpoint | ft ID,Name,IPAddress

ID                                   Name IPAddress
--                                   ---- ---------
71C00000-0000-4000-8000-000000000001 pier 10.72.1.5
"""
FOREIGN = {
    "Win32_NetworkAdapterConfiguration": """PS C:\\> gwmi Win32_NetworkAdapterConfiguration | ft Serv*,IPA*

ServiceName IPAddress
----------- ---------
netvsc      {10.72.0.4}
""",
    "Get-DhcpServerv4Lease": """IPAddress   ScopeId    ClientId          HostName AddressState LeaseExpiryTime
---------   -------    --------          -------- ------------ ---------------
10.72.9.10  10.72.9.0  00-15-5d-72-00-01 crane    Active       5/6/2025 7:08:09
""",
    "Get-VMNetworkAdapter": """PS C:\\> Get-VMNetworkAdapter -ManagementOS

Name             IsManagementOs VMName SwitchName MacAddress   Status IPAddresses
----             -------------- ------ ---------- ----------   ------ -----------
HNS Internal NIC True                  nat        00155D720011 {Ok}
""",
    "Resolve-DnsName": """Name        Type TTL Section IPAddress
----        ---- --- ------- ---------
crane.dock  A    300 Answer  10.72.1.5
""",
    "Get-NetIPInterface without Forwarding": """PS C:\\> Get-NetIPInterface

ifIndex InterfaceAlias  AddressFamily NlMtu(Bytes) InterfaceMetric Dhcp     ConnectionState PolicyStore
------- --------------  ------------- ------------ --------------- ----     --------------- -----------
7       vEthernet (nat) IPv4                  1500            5000 Disabled Connected       ActiveStore
""",
    "object of Azure": json.dumps([{
        "Id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/crane", "Name": "crane",
        "MacAddress": "00-0D-3A-72-00-01", "IpConfigurations": [{"PrivateIpAddress": "10.72.0.4"}]}], indent=4),
}  # fmt: skip


@pytest.mark.parametrize("command", FOREIGN)
def test_what_other_tools_list_is_no_endpoint_and_no_network(command: str) -> None:
    from hnskit.facts.dumps import Dumps

    dumps = Dumps("paste")
    dumps.add(Source("paste", FOREIGN[command].encode()))
    with pytest.raises(SnapshotError, match=command):
        dumps.facts()


@pytest.mark.parametrize("command", FOREIGN)
def test_what_was_left_aside_is_told_and_called_no_damage(command: str) -> None:
    facts = read_text(f"{ENDPOINTS}\n{FOREIGN[command]}\nPS C:\\>\n")

    assert [one.name for one in facts.endpoints] == ["pier"]
    assert any(problem.is_aside and command in str(problem) for problem in facts.problems)
    assert [item.message for item in diagnose(facts)] == [
        "not all of the host is in it: what is missing there proves nothing"
    ]


@pytest.mark.parametrize("end", ["```", "~~~", "PS C:\\> exit", "</pre>", "**"])
def test_what_stands_right_below_a_table_is_no_row_of_it(end: str) -> None:
    assert len(read_text(f"{ENDPOINTS}{end}\nThanks\n").endpoints) == 1


@pytest.mark.parametrize(
    "said", ["The parameter is incorrect", "Unspecified error", "Das Element wurde nicht gefunden"]
)
@pytest.mark.parametrize("form", ["{}. ", '{}. "', "{}", '{}."\n'])
def test_a_refusal_without_a_code_is_found_by_hcsshim_s_words(said: str, form: str) -> None:
    line = f"level=error msg=failed to create endpoint pier on network nat: HNS failed with error : {form.format(said)}"

    assert [refusal.message for refusal in read_text(line).refusals] == [said]


@pytest.mark.parametrize(
    "pipe", ["//./pipe/docker_engine", "\\\\.\\pipe\\docker_engine", "\\.\\pipe\\docker_engine_windows"]
)
def test_a_pipe_of_docker_that_is_not_there_is_a_daemon_that_does_not_answer(pipe: str) -> None:
    facts = read_text(f"Error response from daemon: open {pipe}: The system cannot find the file specified.")

    assert any(item.severity == "error" and item.object == "Docker" for item in diagnose(facts))


@pytest.mark.parametrize(("members", "code"), [
    ("Success=False; Error=The object already exists. ; ErrorCode=2147947410", 0x80071392),
    ("Error=The object already exists. ; ErrorCode=2147947410; Success=False", 0x80071392),
    ("Error=The object already exists. ; Success=False", 0),
    ("Success=False; Error=The object already exists. ", 0),
])  # fmt: skip
def test_a_refusal_that_powershell_prints_is_read_in_any_order(members: str, code: int) -> None:
    """Server 2022 begins with Success, 2019 ends with it, 2016 has no code (HNS facts 11, 13)."""
    found = read_text(f"Invoke-HnsRequest : @{{{members}}}").refusals

    assert [(one.message, one.code) for one in found] == [("The object already exists.", code)]


def test_a_refusal_within_hcsshim_s_words_is_one() -> None:
    said = "hcnCreateEndpoint failed in Win32: The endpoint was not found. (0x803b0002)"
    found = read_text(f"HNS failed with error : {said}").refusals

    assert [one.code for one in found] == [0x803B0002]


@pytest.mark.parametrize("text", [
    '{"Success": false, "message": "bad password"}',
    '{"level": "info", "response": {"Success": false, "items": []}}',
    'The shop said "Success": false to the till, and "Error": "no such user".',
])  # fmt: skip
def test_another_service_s_refusal_is_none_of_hns(text: str) -> None:
    with pytest.raises(SnapshotError):
        read_text(text)


def test_a_count_of_endpoints_that_was_not_printed_is_left_empty() -> None:
    facts = read_text(
        "PS C:\\> hnsdiag list networks\nName ID\nquay 71C00000-0000-4000-8000-00000000000A\n\n\nPS C:\\>\n"
    )

    assert networks(facts)["endpoints"].isna().all()
    assert "network quay\n" in topology.draw(facts).text + "\n"


def test_a_count_of_endpoints_that_was_printed_is_not_that_of_the_list() -> None:
    network = {"ID": "71C00000-0000-4000-8000-00000000000A", "Name": "quay", "Type": "L2Bridge",
               "CurrentEndpointCount": 4, "Subnets": [{"AddressPrefix": "10.72.1.0/24"}]}  # fmt: skip

    assert "network quay (L2Bridge 10.72.1.0/24): 4 endpoints" in topology.draw(read_text(json.dumps([network]))).text


def test_where_endpoints_are_not_listed_no_container_is_told_to_have_none() -> None:
    container = {"Id": "72" * 32, "Name": "/crane", "State": {"Status": "running", "Running": True},
                 "Config": {"Image": "dock"}, "HostConfig": {}}  # fmt: skip

    text = topology.draw(read_text(json.dumps([container]))).text
    assert "container crane (running)" in text
    assert "without" not in text


def test_one_endpoint_s_redirect_to_another_that_is_not_listed_leads_not_nowhere() -> None:
    policy = {
        "Type": "PROXY",
        "IP": "169.254.169.254",
        "Port": "80",
        "Destination": "10.72.1.9:80",
        "OutboundNat": True,
    }
    endpoint = {"ID": "71C00000-0000-4000-8000-000000000001", "Name": "pier", "IPAddress": "10.72.1.5", "State": 2,
                "Policies": [policy], "VirtualNetwork": "71C00000-0000-4000-8000-00000000000A"}  # fmt: skip

    text = topology.draw(read_text(json.dumps(endpoint))).text
    assert "redirected to 10.72.1.9, not in this dump" in text
    assert "nowhere" not in text


def test_what_an_event_log_has_shortened_is_said_in_words() -> None:
    facts = read_text('Hns Endpoint resource, {"ID":"71C00000-0000-4000-8000-000000000001","Name":"pier",'
                      '"VirtualNetwork":"71C00000-0000-4000-8000-00000000000A","VirtualNetworkName":...\n')  # fmt: skip

    assert any("it was shortened here" in str(problem) for problem in facts.problems)
