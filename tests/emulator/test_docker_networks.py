"""docker network, docker info, -t, templates with range, and PowerShell inside a container."""

from __future__ import annotations

import json

import pytest

from hnskit.emulator.host import EmulatedHost, create_host
from tests.emulator.host_scenario import NANOSERVER, compartment_of, output, run_container

TEMPLATE = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"


@pytest.fixture
def host() -> EmulatedHost:
    return create_host("lab", "ws2019", {"cut_seconds": 0, "seed": 6})


def ok(host: EmulatedHost, *words: str) -> str:
    code, out, err = run(host, *words)
    assert (code, err) == (0, "")
    return out


def run(host: EmulatedHost, *words: str) -> tuple[int, str, str]:
    ran = host.docker.run(list(words))
    return ran.exit_code, ran.stdout, ran.stderr


def test_networks_are_listed_in_docker_s_table(host: EmulatedHost) -> None:
    """docker-network-ls-nat.txt."""
    lines = ok(host, "network", "ls").splitlines()
    assert [line.split() for line in lines] == [
        ["NETWORK", "ID", "NAME", "DRIVER", "SCOPE"],
        [lines[1][:12], "nat", "nat", "local"],
        [lines[2][:12], "none", "null", "local"],
    ]
    assert ok(host, "network", "ls", "--filter", "driver=null", "-q").strip() == lines[2][:12]


def test_a_network_is_made_over_hns_used_and_removed(host: EmulatedHost) -> None:
    """docker-network-inspect-l2bridge-1709.txt and the author's failed run: an l2bridge of Docker's own."""
    id = ok(
        host, "network", "create", "-d", "l2bridge", "--subnet=10.0.0.0/24", "--gateway", "10.0.0.1", "bridge"
    ).strip()
    (shown,) = json.loads(ok(host, "network", "inspect", "bridge"))
    made = next(item for item in output(host, "GET", "/networks") if item["Type"] == "l2bridge")
    assert (shown["Id"], shown["Driver"], shown["IPAM"]["Config"]) == (
        id, "l2bridge", [{"Subnet": "10.0.0.0/24", "Gateway": "10.0.0.1"}],
    )  # fmt: skip
    assert shown["Options"]["com.docker.network.windowsshim.hnsid"] == made["ID"]
    container = ok(host, "run", "-d", "--network=bridge", "--name", "c", NANOSERVER, "ping", "-t", "localhost").strip()
    (end,) = output(host, "GET", "/endpoints")
    assert (end["Type"], end["SharedContainers"], end["State"]) == ("l2bridge", [container], 2)
    inside = json.loads(ok(host, "network", "inspect", "bridge"))[0]["Containers"][container]
    assert (inside["Name"], inside["IPv4Address"]) == ("c", f"{end['IPAddress']}/24")
    assert ok(host, "inspect", "-f", TEMPLATE, "c").strip() == end["IPAddress"]
    assert run(host, "network", "rm", "bridge")[0] == 1
    ok(host, "rm", "-f", "c")
    assert ok(host, "network", "rm", "bridge") == "bridge\n"
    assert [item["Name"] for item in output(host, "GET", "/networks")] == ["nat"]


def test_a_transparent_network_without_a_subnet_asks_for_any(host: EmulatedHost) -> None:
    """What dockerd sends [moby#30342]; its containers get their address from outside."""
    ok(host, "network", "create", "-d", "transparent", "t")
    ok(host, "run", "-d", "--network", "t", "--name", "c", NANOSERVER, "ping", "-t", "localhost")
    assert ok(host, "inspect", "-f", TEMPLATE, "c") == "\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["network", "create", "nat"], "network with name nat already exists"),
        (["network", "create", "-d", "weave", "n"], 'plugin "weave" not found'),
        (["network", "create", "-d", "overlay", "n"], "the driver overlay is not emulated"),
        (["network", "create", "-d", "l2bridge", "--subnet", "x", "n"], "hnsCall failed in Win32: The parameter is"),
        (["network", "rm", "nat"], "is a pre-defined network"),
        (["network", "inspect", "nosuch"], "No such network: nosuch"),
        (["network", "connect", "nat", "c"], "docker network connect is not emulated"),
        (["run", "-d", "--network", "nosuch", NANOSERVER, "cmd"], "network nosuch not found"),
    ],
)  # fmt: skip
def test_docker_refuses_what_it_cannot_make(host: EmulatedHost, words: list[str], said: str) -> None:
    code, out, err = run(host, *words)
    assert code != 0
    assert said in out + err


@pytest.mark.parametrize(
    "words", [["run", "-it", NANOSERVER, "cmd"], ["exec", "-it", "c", "cmd"], ["exec", "-ti", "c", "cmd"]]
)
def test_without_a_terminal_it_cannot_be_given_one(host: EmulatedHost, words: list[str]) -> None:
    """A shell over the wire has none, on Windows too."""
    run_container(host, "c")
    code, out, err = run(host, *words)
    assert (code, out, err.startswith("the input device is not a TTY")) == (1, "", True)
    assert len(host.engine.containers) == 1


def test_detached_with_a_terminal_a_shell_waits(host: EmulatedHost) -> None:
    """`docker run -dit IMAGE cmd` runs on; without a terminal cmd reads the end of its input, and ends."""
    ok(host, "run", "-dit", "--name", "waits", NANOSERVER, "cmd")
    ok(host, "run", "-d", "--name", "ends", NANOSERVER, "cmd")
    assert ok(host, "ps", "--format", "{{.Names}}") == "waits\n"
    assert ok(host, "exec", "-t", "waits", "hostname").strip() == host.engine.get("waits").id[:12]


def test_a_program_runs_on_after_a_detached_exec(host: EmulatedHost) -> None:
    ok(host, "import", r"C:\images\metadata-proxy.tar.gz", "proxy")
    ok(host, "run", "-dit", "--name", "p", "--network", "none", "proxy", "cmd")
    assert ok(host, "exec", "-d", "p", "metadata-proxy.exe") == ""
    assert 80 in host.engine.get("p").listening


@pytest.mark.parametrize(
    "words",
    [
        ["powershell.exe", "Get-NetCompartment | Select -ExpandProperty CompartmentId"],
        ["powershell", "-NoProfile", "-Command", "Get-NetCompartment | Select-Object -ExpandProperty CompartmentId"],
        ["powershell", "(Get-NetCompartment).CompartmentId"],
    ],
)
def test_powershell_in_a_container_knows_its_compartment(host: EmulatedHost, words: list[str]) -> None:
    """The author's note; Server Core has PowerShell, Nano Server has none."""
    ok(host, "import", r"C:\temp\ServerCore.gz", "microsoft/servercore:rs4")
    id = run_container(host, "core", "microsoft/servercore:rs4")
    assert ok(host, "exec", "core", *words) == f"{compartment_of(host, id)}\r\n"
    assert "Windows IP Configuration" in ok(host, "exec", "core", "powershell", "ipconfig /allcompartments")
    assert "is not emulated" in run(host, "exec", "core", "powershell", "Get-Process | Stop-Process")[2]
    run_container(host, "nano")
    assert run(host, "exec", "nano", *words)[0] == 127


def test_info_counts_and_names_the_engine(host: EmulatedHost) -> None:
    run_container(host, "c")
    text = ok(host, "info")
    assert "Containers: 1\n Running: 1\n" in text
    assert ok(host, "info", "--format", "{{.ServerVersion}}") == f"{host.windows_profile.docker}\n"
    assert json.loads(ok(host, "system", "info", "-f", "{{json .Plugins}}"))["Network"].count("l2bridge") == 1


@pytest.mark.parametrize(
    "template", ["{{range .Name}}{{end}}{{if .x}}{{end}}", "{{range .No}}{{.}}{{end}}", "{{len .Name}}"]
)
def test_a_template_that_is_not_emulated_or_wrong_is_refused(host: EmulatedHost, template: str) -> None:
    run_container(host, "c")
    assert run(host, "inspect", "-f", template, "c")[0] == 64
