"""docker.exe of the emulated host: what it prints, its exit codes, its refusals; and the programs in containers."""

from __future__ import annotations

import json

import pytest

from hnskit.emulator.host import EmulatedHost, create_host
from tests.emulator.host_scenario import NANOSERVER, Scenario, compartment_of, docker, error_of, output, run_container


@pytest.fixture
def host() -> EmulatedHost:
    """A host with nothing on it."""
    return create_host("lab", "ws2019", {"cut_seconds": 0, "seed": 5})


def test_version_names_client_and_server(host: EmulatedHost) -> None:
    """As JSON, for programs."""
    code, out, _ = docker(host, "version", "--format", "{{json .}}")
    answer = json.loads(out)
    assert (code, answer["Server"]["Os"], answer["Client"]["ApiVersion"]) == (0, "windows", "1.40")


def test_without_its_daemon_docker_prints_the_client_alone(host: EmulatedHost) -> None:
    """Exit code 1, Server null, and docker's words on stderr."""
    host.set_fault("docker_stopped", True)
    code, out, err = docker(host, "version", "--format", "{{json .}}")
    assert (code, json.loads(out)["Server"]) == (1, None)
    assert err.startswith("error during connect:")
    assert "//./pipe/docker_engine: The system cannot find the file specified." in err


def test_a_tarball_becomes_an_image(host: EmulatedHost) -> None:
    """Either slash and any letter case name the file; its id is printed and listed."""
    code, out, _ = docker(host, "import", "c:/Images/Metadata-Proxy.tar.gz", "metadata-proxy:1.0")
    rows = [
        json.loads(line) for line in docker(host, "image", "ls", "--no-trunc", "--format", "{{json .}}")[1].splitlines()
    ]
    assert code == 0
    assert [(row["Repository"], row["Tag"]) for row in rows] == [
        ("metadata-proxy", "1.0"),
        ("mcr.microsoft.com/windows/nanoserver", "1809"),
    ]
    assert out.strip() == rows[0]["ID"]


def test_a_file_that_is_not_there_cannot_be_imported(host: EmulatedHost) -> None:
    """The words are the client's own."""
    assert docker(host, "import", r"C:\no.tar", "x") == (
        1,
        "",
        "open C:\\no.tar: The system cannot find the file specified.\n",
    )


def test_a_full_disk_stops_an_import(host: EmulatedHost) -> None:
    """No image is left."""
    host.set_fault("disk_full", True)
    code, _, err = docker(host, "import", r"C:\images\metadata-proxy.tar.gz", "metadata-proxy:1.0")
    assert code == 1
    assert "There is not enough space on the disk." in err
    assert "metadata-proxy" not in docker(host, "image", "ls")[1]


def test_an_imported_image_has_no_command_of_its_own(host: EmulatedHost) -> None:
    """docker run says so, with 125."""
    docker(host, "import", r"C:\images\metadata-proxy.tar.gz", "p")
    assert docker(host, "run", "-d", "p") == (
        125,
        "",
        "docker: Error response from daemon: No command specified.\nSee 'docker run --help'.\n",
    )
    docker(host, "import", "--change", 'CMD ["metadata-proxy.exe"]', r"C:\images\metadata-proxy.tar.gz", "p")
    assert docker(host, "run", "-d", "p")[0] == 0


def test_a_name_is_given_once(host: EmulatedHost) -> None:
    """125, and which container has it."""
    id = run_container(host, "one")
    code, out, err = docker(host, "run", "--detach", "--name", "one", NANOSERVER, "ping", "-t", "localhost")
    assert (code, out) == (125, "")
    assert err == (
        'docker: Error response from daemon: Conflict. The container name "/one" is already in use by container '
        f'"{id}". You have to remove (or rename) that container to be able to reuse that name.\n'
        "See 'docker run --help'.\n"
    )


def test_an_unknown_image_is_looked_for_and_not_found(host: EmulatedHost) -> None:
    """With the tag that docker adds."""
    code, _, err = docker(host, "run", "-d", "nowhere", "cmd")
    assert code == 125
    assert err.startswith(
        "Unable to find image 'nowhere:latest' locally\ndocker: Error response from daemon: pull access"
    )


def test_a_missing_program_is_127(host: EmulatedHost) -> None:
    """Nano Server has no PowerShell; on run and on exec."""
    run_container(host, "one")
    for words in (("run", "--network", "none", NANOSERVER, "powershell"), ("exec", "one", "powershell.exe", "-c", "1")):
        code, _, err = docker(host, *words)
        assert code == 127
        assert "The system cannot find the file specified. (0x2)" in err


def test_containers_that_are_not_there_or_do_not_run(host: EmulatedHost) -> None:
    """Each subcommand has docker's own words."""
    id = run_container(host, "one")
    docker(host, "stop", "one")
    assert docker(host, "exec", "one", "cmd") == (1, "", f"Error response from daemon: Container {id} is not running\n")
    assert docker(host, "exec", "two", "cmd") == (1, "", "Error: No such container: two\n")
    assert docker(host, "rm", "--force", "two") == (1, "", "Error: No such container: two\n")
    assert docker(host, "inspect", "--type", "container", "two") == (1, "[]\n", "Error: No such container: two\n")
    assert docker(host, "inspect", "two") == (1, "[]\n", "Error: No such object: two\n")
    newer = create_host("lab", "ws2022")
    assert docker(newer, "rm", "--force", "two")[0] == 0


def test_a_running_container_is_only_removed_by_force(host: EmulatedHost) -> None:
    """And then it is stopped first."""
    run_container(host, "one")
    code, _, err = docker(host, "rm", "one")
    assert code == 1
    assert "You cannot remove a running container" in err
    assert docker(host, "rm", "-f", "one") == (0, "one\n", "")
    assert docker(host, "ps", "--all", "--quiet")[1] == ""


def test_unknown_flags_and_commands_are_refused_as_docker_does(host: EmulatedHost) -> None:
    """125 for a flag, 1 for arguments; allowed words that are not a command of docker go no further."""
    assert docker(host, "ps", "--every") == (125, "", "unknown flag: --every\nSee 'docker ps --help'.\n")
    assert docker(host, "ps", "-az") == (125, "", "unknown shorthand flag: 'z' in -az\nSee 'docker ps --help'.\n")
    code, _, err = docker(host, "exec", "one")
    assert (code, err.splitlines()[0]) == (1, '"docker exec" requires at least 2 arguments.')
    assert docker(host, "load", "-i", "x")[2] == "hnskit emulator: docker load -i is not emulated\n"
    error = error_of(host, "Invoke-HnskitDocker", ArgumentList=["network", "ls"])
    assert (error.error_id, error.category) == ("Hnskit.DockerCommandNotAllowed", "PermissionDenied")


def test_inspect_of_a_container_without_network(host: EmulatedHost) -> None:
    """NetworkMode none, process isolation, labels; nothing of an endpoint (HNS fact 77)."""
    docker(
        host, "run", "-d", "--name", "one", "--network", "none", "--label", "k=v", NANOSERVER, "ping", "-t", "localhost"
    )
    (shown,) = json.loads(docker(host, "inspect", "one")[1])
    assert (shown["HostConfig"]["NetworkMode"], shown["HostConfig"]["Isolation"]) == ("none", "process")
    assert (shown["Name"], shown["Config"]["Labels"], shown["State"]["Status"]) == ("/one", {"k": "v"}, "running")
    assert shown["NetworkSettings"]["SandboxKey"] == shown["Id"]
    assert shown["NetworkSettings"]["Networks"]["none"]["IPAddress"] == ""
    assert (
        docker(host, "inspect", "--format", "{{.State.Status}} {{json .Config.Labels}}", "one")[1]
        == 'running {"k":"v"}\n'
    )


def test_a_container_on_dockers_own_network_has_an_endpoint_while_it_runs(host: EmulatedHost) -> None:
    """Made by Docker, attached as a container, removed at stop (HNS fact 35)."""
    code, out, _ = docker(host, "run", "-d", "--name", "one", NANOSERVER, "ping", "-t", "localhost")
    (endpoint,) = output(host, "GET", "/endpoints/")
    assert (code, endpoint["SharedContainers"]) == (0, [out.strip()])
    shown = json.loads(docker(host, "inspect", "one")[1])[0]["NetworkSettings"]["Networks"]["nat"]
    assert shown["IPAddress"] == endpoint["IPAddress"]
    assert shown["MacAddress"] == endpoint["MacAddress"].replace("-", ":").lower()
    docker(host, "stop", "one")
    assert output(host, "GET", "/endpoints/") == []


def test_ps_filters_and_formats(host: EmulatedHost) -> None:
    """By name, label and status; as ids, JSON and a table."""
    one = run_container(host, "one")
    run_container(host, "two")
    docker(host, "stop", "two")
    assert docker(host, "ps", "--quiet", "--no-trunc")[1] == f"{one}\n"
    assert docker(host, "ps", "--all", "--filter", "status=exited", "--format", "{{.Names}}")[1] == "two\n"
    assert json.loads(docker(host, "ps", "--filter", "name=one", "--format", "{{json .}}")[1])["State"] == "running"
    assert docker(host, "ps")[1].startswith("CONTAINER ID   IMAGE")
    assert docker(host, "ps", "--filter", "colour=red")[0] == 1


def test_logs_can_be_cut(host: EmulatedHost) -> None:
    """The last lines, and those since a time."""
    Scenario()
    scenario = Scenario()
    scenario.redirect()
    scenario.ask()
    scenario.ask()
    assert len(docker(scenario.host, "logs", "hnskit-proxy")[1].splitlines()) == 3
    assert len(docker(scenario.host, "logs", "--tail", "1", "hnskit-proxy")[1].splitlines()) == 1
    assert docker(scenario.host, "logs", "--since", "2099-01-01T00:00:00Z", "hnskit-proxy")[1] == ""
    assert docker(scenario.host, "logs", "--since", "yesterday", "hnskit-proxy")[0] == 1


def test_a_program_that_does_not_end_is_killed_after_the_timeout(host: EmulatedHost) -> None:
    """With the error of hnskit's own function."""
    run_container(host, "one")
    error = error_of(
        host, "Invoke-HnskitDocker", ArgumentList=["exec", "one", "ping", "-t", "localhost"], TimeoutSeconds=5
    )
    assert (error.error_id, error.category, error.target) == ("Hnskit.DockerTimeout", "OperationTimeout", "exec")


def test_a_container_whose_program_ends_has_exited(host: EmulatedHost) -> None:
    """With the program's exit code and output."""
    code, out, _ = docker(host, "run", "--network", "none", "--name", "one", NANOSERVER, "cmd", "/c", "echo", "hello")
    assert (code, out) == (0, "hello\r\n")
    assert docker(host, "ps", "--all", "--format", "{{.Status}}")[1].startswith("Exited (0)")
    assert len(host.windows.compartments) == 1


def test_compartments_come_and_go_with_new_numbers(host: EmulatedHost) -> None:
    r"""One a running container, described \Container_<id> (HNS facts 79-81)."""
    id = run_container(host, "one")
    first = compartment_of(host, id)
    docker(host, "stop", "one")
    assert len(host.windows.compartments) == 1
    docker(host, "start", "one")
    assert compartment_of(host, id) == first + 1


def test_a_hyperv_container_has_no_compartment_on_the_host(host: EmulatedHost) -> None:
    """It is inside the virtual machine."""
    docker(host, "run", "-d", "--isolation", "hyperv", "--network", "none", NANOSERVER, "ping", "-t", "localhost")
    assert len(host.windows.compartments) == 1


# Programs


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--telepathy", "http://10.0.1.2"), 2, "curl: option --telepathy: is unknown\r\n"),
        (("-s",), 2, "curl: no URL specified!\r\n"),
        (("-sS", "-m", "soon", "http://10.0.1.2"), 2, "curl: option -m: expected a proper numerical parameter\r\n"),
        (("-sS", "http://nowhere.example/"), 6, "curl: (6) Could not resolve host: nowhere.example\r\n"),
        (("-sS", "http://127.0.0.1/"), 7, "curl: (7) Failed to connect to 127.0.0.1 port 80: Connection refused\r\n"),
        (("-sS", "https://10.0.1.2/"), 1, 'curl: (1) Protocol "https" not supported or disabled in libcurl\r\n'),
        (("-sS", "http://10.0.1.99/"), 7, "curl: (7) Failed to connect to 10.0.1.99 port 80: Timed out\r\n"),
        (("-s", "-m2", "http://10.0.1.99/"), 28, ""),
    ],
)
def test_curl_fails_with_its_own_codes_and_words(words: tuple[str, ...], code: int, text: str) -> None:
    """Exit codes 1, 2, 6, 7 and 28 of curl."""
    scenario = Scenario()
    got, _, err = docker(scenario.host, "exec", "hnskit-client1", "curl.exe", *words)
    assert got == code
    assert err.startswith(text)
    assert bool(err) == bool(text)


def test_curl_options_shape_the_output() -> None:
    """--fail, --head, --output, --write-out, --request and a header that is taken away."""
    scenario = Scenario()
    scenario.redirect()
    url = "http://169.254.169.254/nowhere"

    def curl(*words: str) -> tuple[int, str, str]:
        return docker(scenario.host, "exec", "hnskit-client1", "curl", "-sS", "-H", "Metadata: true", *words)

    assert curl("--fail", url) == (22, "", "curl: (22) The requested URL returned error: 404 Not Found\r\n")
    assert curl("-o", "NUL", "-w", "%{http_code} %{remote_ip}\\n", url) == (0, "404 169.254.169.254\n", "")
    assert curl("--head", url)[1].endswith("\r\n\r\n")
    assert "405 Method Not Allowed" in curl("-i", "-X", "POST", url)[1]
    assert "400 Bad Request" in curl("-i", "-H", "Metadata:", url)[1]


def test_route_needs_an_administrator(host: EmulatedHost) -> None:
    """Nano Server's own user may not, ContainerAdministrator may."""
    scenario = Scenario()
    words = ["route.exe", "add", "169.254.169.254", "mask", "255.255.255.255", "10.0.1.2"]
    denied = docker(scenario.host, "exec", "hnskit-client1", *words)
    assert denied == (1, "", "The requested operation requires elevation.\r\n")
    as_admin = ["exec", "--user", "ContainerAdministrator", "hnskit-client1"]
    assert docker(scenario.host, *as_admin, *words) == (0, " OK!\r\n", "")
    assert "The object already exists." in docker(scenario.host, *as_admin, *words)[2]
    assert "169.254.169.254  255.255.255.255" in docker(scenario.host, "exec", "hnskit-client1", "route", "print")[1]
    assert docker(scenario.host, *as_admin, "route", "delete", "169.254.169.254")[0] == 0
    assert "Element not found." in docker(scenario.host, *as_admin, "route", "delete", "169.254.169.254")[2]
    far = docker(scenario.host, *as_admin, "route", "add", "1.2.3.4", "10.9.9.9")
    assert "does not lie on the same network" in far[2]


def test_small_programs_say_what_windows_says() -> None:
    """cmd, hostname, ipconfig."""
    scenario = Scenario()

    def inside(*words: str) -> tuple[int, str, str]:
        return docker(scenario.host, "exec", "hnskit-client1", *words)

    assert inside("cmd", "/c", "ver")[1] == "\r\nMicrosoft Windows [Version 10.0.17763.1457]\r\n"
    assert inside("hostname")[1] == f"{scenario.client_id[:12]}\r\n"
    assert f": {scenario.client['IPAddress']}\r\n" in inside("ipconfig")[1]
    assert inside("cmd", "/c", "hostname")[0] == 0
    assert inside("cmd", "/c", "frob")[2].startswith("'frob' is not recognized as an internal or external command")
    assert "not emulated" in inside("cmd", "/c", "dir | more")[2]
