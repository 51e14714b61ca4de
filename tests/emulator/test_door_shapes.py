"""The door's answers have the shapes of recorded hosts, on both engines (docs/wire.md has the table)."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import requests
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import WSManFaultError
from pypsrp.host import PSHost, PSHostUserInterface
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSManAction

from hnskit.emulator.winrm.service_settings import ServiceSettings
from tests.emulator.engines import PASSWORD, USER, Served, needs_engine
from tests.emulator.soap_client import ADDRESSING, CONFIG, SHELL, STOP, TERMINATE, SoapClient, envelope
from tests.waiting import LONG

GONE = 2150858843
OF_A_SHELL = (
    *("ShellId", "ResourceUri", "Owner", "ClientIP", "ProcessId", "IdleTimeOut", "InputStreams", "OutputStreams"),
    *("MaxIdleTimeOut", "Locale", "DataLocale", "CompressionMode", "ProfileLoaded", "Encoding", "BufferMode", "State"),
    *("ShellRunTime", "ShellInactivity"),
)
MEASURED = ("MemoryUsed", "ChildProcesses")
IDENTITY = "http://schemas.dmtf.org/wbem/wsman/{}/1/wsmanidentity.xsd"
IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:i="{}"><s:Body><i:Identify/></s:Body>'
    "</s:Envelope>"
)


@pytest.fixture(scope="module", params=["python", pytest.param("pwsh", marks=needs_engine)])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(str(request.param), tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture(scope="module")
def client(served: Served) -> SoapClient:
    return SoapClient(served.door, USER, PASSWORD)


@pytest.fixture(scope="module")
def pool(served: Served) -> Iterator[RunspacePool]:
    with served.pool() as opened:
        yield opened


def ended(pool: RunspacePool) -> str:
    """The id of a command whose end was delivered."""
    script = PowerShell(pool)
    script.add_cmdlet("Get-HnskitSystem")
    script.invoke()
    return str(script.id).upper()


# Signals: MS-PSRP 3.1.5.3.9 and PowerShell's own plugin; ansible PR 74985, pypsrp#148.


def sleeping(served: Served, pool: RunspacePool) -> PowerShell:
    """A pipeline that goes on until it is stopped."""
    served.call(lambda: served.host.set_fault("docker_seconds", 60.0))
    script = PowerShell(pool)
    script.add_cmdlet("Invoke-HnskitDocker").add_parameter("ArgumentList", ["ps"])
    script.begin_invoke()
    return script


def test_crtl_c_stops_the_pipeline_which_says_so_itself(served: Served, client: SoapClient, pool: RunspacePool) -> None:
    script = sleeping(served, pool)
    assert [item.tag.rpartition("}")[2] for item in client.signal(pool.id, script.id, STOP).body] == ["SignalResponse"]
    script.end_invoke()
    assert script.state == PSInvocationState.STOPPED
    assert client.signal(pool.id, script.id, TERMINATE).status == 200
    served.call(lambda: served.host.set_fault("docker_seconds", 0.0))


def test_any_other_code_closes_the_command(served: Served, client: SoapClient, pool: RunspacePool) -> None:
    script = sleeping(served, pool)
    assert client.signal(pool.id, script.id, "powershell/signal/ctrl_c").status == 200
    for answer in (client.receive(pool.id, script.id), client.signal(pool.id, script.id, STOP)):
        assert (answer.status, answer.code) == (500, GONE)
        assert "a command identifier that does not exist" in answer.message
    served.call(lambda: served.host.set_fault("docker_seconds", 0.0))
    assert ended(pool)


@pytest.mark.parametrize("code", [TERMINATE, "powershell/signal/ctrl_c", "anything"])
def test_a_command_that_ended_lives_until_it_is_signalled(client: SoapClient, pool: RunspacePool, code: str) -> None:
    command = ended(pool)
    assert client.receive(pool.id, command).code == GONE
    assert client.signal(pool.id, command, STOP).status == 200
    assert client.signal(pool.id, command, code).status == 200
    assert client.signal(pool.id, command, code).code == GONE


# Faults.


def test_an_unknown_command_in_a_shell_that_is_there(client: SoapClient, pool: RunspacePool) -> None:
    answer = client.receive(pool.id, str(uuid.uuid4()))
    assert (answer.status, answer.subcode, answer.code) == (500, "w:InvalidSelectors", GONE)
    assert answer.reason.endswith("the request contained invalid selectors for the resource. ")
    assert answer.message.startswith("The Windows Remote Shell received a request to perform an operation on a command")
    assert "faultDetail/UnexpectedSelectors</w:FaultDetail>" in answer.text


def test_a_shell_that_is_not_there(client: SoapClient) -> None:
    asked = client.receive(str(uuid.uuid4()))
    assert (asked.code, asked.subcode) == (GONE, "w:InvalidSelectors")
    assert "the shell was not found on the server" in asked.message
    got = client.ask(WSManAction.GET, shell=str(uuid.uuid4()), resource=SHELL)
    assert got.code == GONE
    assert '<f:ProviderFault provider="Shell provider"' in got.text


@pytest.mark.parametrize("name", ["Contoso", ""])
def test_an_unknown_configuration_is_not_in_the_catalog(client: SoapClient, name: str) -> None:
    uri = f"http://schemas.microsoft.com/powershell/{name}"
    answer = client.ask(WSManAction.CREATE, "<rsp:Shell/>", resource=uri)
    assert (answer.code, answer.subcode, answer.action) == (
        2150858811,
        "a:DestinationUnreachable",
        f"{ADDRESSING}/fault",
    )
    assert f"The resource URI ({uri}) was not found in the WS-Management catalog." in answer.message


def test_a_cmd_shell_is_refused_by_name(client: SoapClient) -> None:
    answer = client.ask(WSManAction.CREATE, "<rsp:Shell/>", resource=f"{SHELL}/cmd")
    assert answer.code == 2150858811
    assert "The emulated host has no cmd shells (winrs)" in answer.message


@pytest.mark.parametrize("timeout", ["PT-1S", "soon"])
def test_a_timeout_that_is_none(client: SoapClient, pool: RunspacePool, timeout: str) -> None:
    answer = client.ask(WSManAction.GET, shell=pool.id, resource=SHELL, timeout=timeout)
    assert (answer.status, answer.subcode, answer.code) == (500, "a:InvalidMessageInformationHeader", 2150858767)
    assert answer.action == f"{ADDRESSING}/fault"
    assert f"an invalid timeout field in the SOAP header: {timeout}." in answer.message


def test_a_fault_of_ws_management_has_its_own_action(client: SoapClient, pool: RunspacePool) -> None:
    assert client.receive(pool.id, str(uuid.uuid4())).action == "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"


# Who is there.


@pytest.mark.parametrize("name", ["identity", "identify"])
def test_identify_is_answered_in_the_namespace_that_it_came_in(client: SoapClient, name: str) -> None:
    answer = client.post(IDENTIFY.format(IDENTITY.format(name)))
    (response,) = answer.body
    assert (answer.status, response.tag) == (200, f"{{{IDENTITY.format(name)}}}IdentifyResponse")
    assert [child.text for child in response] == [
        "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
        "Microsoft Corporation",
        "OS: 10.0.17763 SP: 0.0 Stack: 3.0",
    ]


def test_without_a_login_identify_tells_no_version_and_nothing_else_is_answered(served: Served) -> None:
    header = {"WSMANIDENTIFY": "unauthenticated", "Content-Type": "application/soap+xml;charset=UTF-8"}
    for url in (served.door.http, served.door.https):

        def post(document: str, url: str = url) -> requests.Response:
            return requests.post(url, data=document, headers=header, timeout=LONG, verify=str(served.door.ca))

        answer = post(IDENTIFY.format(IDENTITY.format("identity")))
        assert (answer.status_code, "OS: 0.0.0 SP: 0.0 Stack: 3.0" in answer.text) == (200, True)
        refused = post(envelope(WSManAction.ENUMERATE, "<wsen:Enumerate/>", resource=SHELL))
        assert (refused.status_code, "Shell>" in refused.text) == (500, False)
        assert post("nonsense").status_code == 500


# Shells and commands as they are described.


def texts(element: ET.Element) -> dict[str, str]:
    return {child.tag.rpartition("}")[2]: child.text or "" for child in element}


def test_a_shell_is_described_as_recorded_hosts_do(served: Served, client: SoapClient, pool: RunspacePool) -> None:
    (shell,) = client.ask(WSManAction.GET, shell=pool.id, resource=SHELL).body
    said = texts(shell)
    assert tuple(said) == OF_A_SHELL + MEASURED
    assert said["Owner"] == f"LAB\\{USER}"
    assert said["MaxIdleTimeOut"] == "PT2147483.647S"
    assert [said[name] for name in ("Locale", "CompressionMode", "ProfileLoaded", "Encoding", "BufferMode")] == [
        "en-US",
        "NoCompression",
        "Yes",
        "UTF8",
        "Block",
    ]
    assert int(said["ProcessId"]) > 0
    assert re.fullmatch(r"\d+MB", said["MemoryUsed"])


def test_a_time_carries_into_the_next_unit(served: Served, client: SoapClient, pool: RunspacePool) -> None:
    shell = served.door.shells.look(pool.id)
    assert shell is not None
    shell.created -= 90061 + 3600
    (described,) = client.ask(WSManAction.GET, shell=pool.id, resource=SHELL).body
    assert re.fullmatch(r"P1DT2H[0-5]?\dM[0-5]?\dS", texts(described)["ShellRunTime"])


def test_commands_are_listed_while_they_run(served: Served, client: SoapClient, pool: RunspacePool) -> None:
    selector = f'<wsman:SelectorSet><wsman:Selector Name="ShellId">{pool.id}</wsman:Selector></wsman:SelectorSet>'
    asked = f"<wsen:Enumerate><wsman:OptimizeEnumeration/><wsman:Filter>{selector}</wsman:Filter></wsen:Enumerate>"

    def listed() -> Any:
        return client.ask(WSManAction.ENUMERATE, asked, resource=f"{SHELL}/Command")

    assert listed().names("*") == ["EnumerationContext", "EndOfSequence"]
    script = sleeping(served, pool)
    answer = listed()
    assert answer.names("*") == ["EnumerationContext", "Items", "EndOfSequence"]
    (command,) = answer.root.iter(f"{{{SHELL}}}Command")
    said = {"CommandId": str(script.id).upper(), "CommandLine": "", "CommandState": "Running"}
    assert texts(command) == said
    client.signal(pool.id, script.id, TERMINATE)
    served.call(lambda: served.host.set_fault("docker_seconds", 0.0))


def test_the_configuration_has_the_elements_of_recorded_hosts(served: Served, client: SoapClient) -> None:
    (config,) = client.ask(WSManAction.GET, resource=CONFIG).body
    leaves = [item for item in config.iter() if not len(item)]
    assert (len(list(config.iter())) - 1, len(leaves)) == (51, 44)
    said = texts(config)
    assert said["MaxEnvelopeSizekb"] == "500"
    by_name = {item.tag.rpartition("}")[2]: item.text for item in leaves}
    assert (by_name["CbtHardeningLevel"], by_name["MaxShellsPerUser"]) == ("Relaxed", "30")
    assert by_name["HTTPS"] == str(served.port_of("https"))


# Going away and coming back.


def test_a_client_that_goes_and_comes_back_gets_empty_answers(served: Served, client: SoapClient) -> None:
    with served.pool(module=False) as pool:
        for verb in ("Disconnect", "Reconnect"):
            answer = client.ask(f"{SHELL}/{verb}", "<rsp:Disconnect/>" if verb == "Disconnect" else "", shell=pool.id)
            assert (answer.status, answer.action, answer.body) == (200, f"{SHELL}/{verb}Response", [])


def test_a_quiet_shell_is_disconnected_and_still_answers(served: Served, client: SoapClient) -> None:
    """Recorded on build 26236: State after 62 s without a request; evil-winrm-py#3 went on after it."""
    with served.pool() as pool:
        shell = served.door.shells.look(pool.id)
        assert shell is not None
        served.call(lambda: setattr(shell, "_used", time.monotonic() - 61))
        (described,) = client.ask(WSManAction.GET, shell=pool.id, resource=SHELL).body
        said = texts(described)
        assert (said["State"], said["ShellInactivity"]) == ("Disconnected", "P0DT0H1M1S")
        assert ended(pool)
        (described,) = client.ask(WSManAction.GET, shell=pool.id, resource=SHELL).body
        assert texts(described)["State"] == "Connected"


# Quotas.


def test_a_user_has_so_many_shells_and_no_more(tmp_path: Any, served: Served) -> None:
    """The fault and its words are those of test-kitchen#656; 30 is Windows' default."""
    assert ServiceSettings().shells_per_user == 30
    with Served("python", tmp_path / "few", settings=ServiceSettings(shells_per_user=2)) as few:
        with few.pool(module=False), few.pool(module=False):
            with pytest.raises(WSManFaultError) as caught, few.pool(module=False):
                pass
            assert caught.value.code == 2150859173
            assert "maximum number of 2 concurrent shells" in str(caught.value)
        with few.pool(module=False):
            pass


def test_a_shell_has_so_many_commands_until_they_are_closed(tmp_path: Any, served: Served) -> None:
    """pypsrp#148: commands that ended count, until a signal closes them."""
    assert ServiceSettings().commands_per_shell == 1000
    settings = ServiceSettings(commands_per_shell=3)
    with Served(served.engine, tmp_path / "few", settings=settings) as few, few.pool() as pool:
        ended(pool)
        last = ended(pool)
        with pytest.raises(WSManFaultError) as caught:
            ended(pool)
        assert caught.value.code == "w:InternalError"
        assert "maximum number of concurrent commands per shell" in str(caught.value)
        SoapClient(few.door, USER, PASSWORD).signal(pool.id, last, TERMINATE)
        assert ended(pool)


# A host call, and a command's id.


class _Asked(PSHostUserInterface):  # type: ignore[misc]
    def ReadLine(self, runspace: Any, pipeline: Any) -> str:  # noqa: N802 - pypsrp's name
        return "an answer"


@needs_engine
def test_a_pipeline_that_asks_the_client_is_pending(served: Served) -> None:
    """Only a real engine asks: the double has no host calls."""
    if served.engine == "python":
        return
    host = PSHost(None, None, False, "test", None, _Asked(), "1.0")
    with served.pool(module=False, host=host) as pool:
        seen: list[str] = []
        send = pool.connection.transport.send

        def watching(message: bytes, **options: Any) -> bytes:
            answer: bytes = send(message, **options)
            seen.extend(re.findall(r"CommandState/(\w+)", answer.decode()))
            return answer

        pool.connection.transport.send = watching
        script = PowerShell(pool)
        script.add_script("$Host.UI.ReadLine()")
        assert script.invoke() == ["an answer"]
        assert seen[0] == "Pending"
        assert seen[-1] == "Done"
        assert "Pending" not in seen[1:]


def test_a_command_is_known_by_its_command_id(served: Served, pool: RunspacePool) -> None:
    """pypsrp up to 0.3.0 sent another CommandId than the pipeline's id in its PSRP messages."""
    script = PowerShell(pool)
    script.add_cmdlet("Get-HnskitSystem")
    command, send = str(uuid.uuid4()).upper(), pool.connection.transport.send

    def renamed(message: bytes, **options: Any) -> bytes:
        mine = str(script.id).upper().encode()
        text = re.sub(b'CommandId="' + mine + b'"', b'CommandId="' + command.encode() + b'"', message, flags=re.I)
        answer: bytes = send(text, **options)
        return answer.replace(command.encode(), mine)

    pool.connection.transport.send = renamed
    try:
        (row,) = script.invoke()
        script.close()
    finally:
        pool.connection.transport.send = send
    assert row.extended_properties["ComputerName"] == "LAB"
