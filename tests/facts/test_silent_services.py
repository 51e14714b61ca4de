"""A service that does not run is an error of the host, whatever the form in which it was pasted."""

from __future__ import annotations

import json

import pytest

from hnskit.diagnosis.doctor import diagnose
from hnskit.errors.hns_codes import explain_code
from hnskit.facts.anything import read_anything
from hnskit.facts.finding import Finding

ENDPOINT = '[{"ID": "A", "Name": "x", "VirtualNetwork": "N", "IPAddress": "10.0.1.9", "State": 2, "Policies": []}]'
TABLE = """PS C:\\> Get-Service hns, docker

Status   Name               DisplayName
------   ----               -----------
{0}  docker             Docker Engine
{0}  hns                Host Network Service
Running  Spooler            Print Spooler


"""
LIST = """Name                : hns
DisplayName         : Host Network Service
Status              : {0}
DependentServices   : {{}}
ServicesDependedOn  : {{RpcSs, nsi, vfpext}}
ServiceType         : Win32ShareProcess


"""
SC = """
SERVICE_NAME: hns
        TYPE               : 20  WIN32_SHARE_PROCESS
        STATE              : {1}
                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)
        WIN32_EXIT_CODE    : 0  (0x0)
"""
SC_ES = """
NOMBRE_SERVICIO: hns
        TIPO               : 20  WIN32_SHARE_PROCESS
        ESTADO             : {1}
"""
JSON = '[{{"Name": "hns", "DisplayName": "Host Network Service", "Status": {2}, "StartType": 3}}]'
CHOSEN = """Name Status
---- ------
hns  {0}


"""
STOPPED, RUNS = ("Stopped", "1  STOPPED", 1), ("Running", "4  RUNNING", 4)
FORMS = [TABLE, LIST, SC, SC_ES, JSON, CHOSEN]
REFUSALS = [
    "PS C:\\> Get-HnsNetwork\nGet-HnsNetwork : The RPC server is unavailable. (Exception from HRESULT: 0x800706BA)\n",
    "@{Error=Der RPC-Server ist nicht verf\xfcgbar. ; ErrorCode=2147944122; Success=False}\n",
    'time="2026-01-01" level=error msg="x" error="hnsCall failed in Win32: The RPC server is unavailable. (0x6ba)"\n',
    '{"Success":false,"Error":"The RPC server is unavailable. "}',
    "hnsCall failed in Win32: The service has not been started. (0x426)\n",
]
DOCKER = [
    'PS C:\\> docker ps\nerror during connect: Get "http://%2F%2F.%2Fpipe%2Fdocker_engine/v1.24/containers/json": '
    "open //./pipe/docker_engine: The system cannot find the file specified.\n",
    "Cannot connect to the Docker daemon at npipe:////./pipe/docker_engine. Is the docker daemon running?\n",
]


def worst(text: str) -> list[Finding]:
    """The errors and warnings of a paste."""
    return [item for item in diagnose(read_anything(text, "paste").facts) if item.severity in ("error", "warning")]


@pytest.mark.parametrize("form", FORMS, ids=["table", "list", "sc", "sc in Spanish", "JSON", "chosen columns"])
def test_a_stopped_service_of_hns_is_an_error_and_one_that_runs_is_none(form: str) -> None:
    """Each form by itself, also without anything of HNS beside it."""
    (found,) = worst(form.format(*STOPPED))
    assert (found.severity, found.check) == ("error", "hns-silent")
    assert "Start-Service hns" in found.next_step
    assert worst(form.format(*RUNS)) == []


def test_the_later_state_of_a_service_counts() -> None:
    """It was started meanwhile."""
    assert worst(SC.format(*STOPPED) + "\n" + SC.format(*RUNS)) == []


def test_services_of_no_interest_are_left_aside() -> None:
    """What Get-Service prints of the whole machine is not a host of its own."""
    reading = read_anything(TABLE.format(*RUNS), "paste")
    assert [item.name for item in reading.facts.services] == ["docker", "hns"]
    assert any("Get-Service" in caveat for caveat in reading.caveats)


def test_a_docker_service_that_is_stopped_is_a_note() -> None:
    """So it should be on a node of Kubernetes."""
    found = [item for item in diagnose(read_anything(TABLE.format(*STOPPED)).facts) if item.check == "docker-silent"]
    assert [item.severity for item in found] == ["note"]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_call_that_nobody_answered_is_an_error(text: str) -> None:
    """Once, and not as an ordinary refusal beside it."""
    (found,) = worst(text)
    assert (found.severity, found.check, found.confirmed) == ("error", "hns-silent", False)


def test_a_call_that_nobody_answered_beside_a_list_is_a_warning() -> None:
    """HNS did answer at some time."""
    assert [item.severity for item in worst(f"{REFUSALS[2]}\n{ENDPOINT}\n")] == ["warning"]


@pytest.mark.parametrize("text", DOCKER)
def test_a_docker_daemon_that_does_not_answer_is_an_error(text: str) -> None:
    """Of every client's wording."""
    (found,) = worst(text)
    assert (found.severity, found.check) == ("error", "docker-silent")


def test_a_docker_that_denies_access_is_not_told_to_be_started() -> None:
    """The daemon may well run."""
    (found,) = worst("error during connect: open //./pipe/docker_engine: Access is denied.\n")
    assert "Start-Service" not in found.next_step


def test_the_code_that_means_that_nobody_answers_is_known_in_every_form() -> None:
    """And says that it is Windows' general meaning."""
    for form in (0x6BA, 0x800706BA, -2147023174, "2147944122", "RPC_S_SERVER_UNAVAILABLE"):
        known = explain_code(form)
        assert known.is_known
        assert "general meaning" in known.meaning


def test_services_are_kept_in_a_snapshot() -> None:
    """Saved and read again."""
    from hnskit.facts.snapshot import dump_facts, parse_facts

    facts = read_anything(SC.format(*STOPPED)).facts
    assert parse_facts(json.loads(dump_facts(facts))).services == facts.services
