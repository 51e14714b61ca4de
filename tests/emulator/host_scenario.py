"""The redirect set up in process, over the host's own commands: no wire, no plan."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.emulator.powershell.binder import bind
from hnskit.emulator.powershell.command import PSError

METADATA = "169.254.169.254"
URL = f"http://{METADATA}/metadata/instance?api-version=2021-02-01"
PREFIX, GATEWAY = "10.0.1.0/24", "10.0.1.2"
NANOSERVER = "mcr.microsoft.com/windows/nanoserver:1809"


def invoke(host: EmulatedHost, name: str, **parameters: Any) -> list[Any]:
    """Run one command of the host to its end."""

    async def collect() -> list[Any]:
        command = host.commands[name]
        return [row async for row in command.run(host, bind(command, list(parameters.items())))]

    return asyncio.run(collect())


def error_of(host: EmulatedHost, name: str, **parameters: Any) -> PSError:
    """The error that a command ends with."""
    try:
        invoke(host, name, **parameters)
    except PSError as error:
        return error
    raise AssertionError(f"{name} did not fail")


def hns(host: EmulatedHost, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """One call of HNS: the whole envelope."""
    text = "" if body is None else json.dumps(body)
    (row,) = invoke(host, "Invoke-HnskitHns", Method=method, Path=path, Body=text)
    return dict(json.loads(row["Response"]))


def output(host: EmulatedHost, method: str, path: str, body: Any = None) -> Any:
    """The Output of a call that HNS takes."""
    envelope = hns(host, method, path, body)
    assert envelope["Success"], envelope
    return envelope.get("Output")


def docker(host: EmulatedHost, *words: str) -> tuple[int, str, str]:
    """One run of docker: exit code, stdout, stderr."""
    (row,) = invoke(host, "Invoke-HnskitDocker", ArgumentList=list(words))
    return row["ExitCode"], row["StdOut"], row["StdErr"]


def request(host: EmulatedHost, client: str, url: str = URL, *options: str) -> tuple[int, str, str]:
    """curl.exe inside a container, as a verification runs it."""
    common = ["curl.exe", "--silent", "--show-error", "--include", "--max-time", "10", "-H", "Metadata: true"]
    return docker(host, "exec", client, *common, *options, url)


def make_network(
    host: EmulatedHost, type: str = "L2Bridge", name: str = "hnskit-l2bridge", **more: Any
) -> dict[str, Any]:
    """The bridge."""
    subnets = [{"AddressPrefix": PREFIX, "GatewayAddress": "10.0.1.1"}]
    made: dict[str, Any] = output(host, "POST", "/networks", {"Name": name, "Type": type, "Subnets": subnets, **more})
    return made


def make_endpoint(host: EmulatedHost, network: dict[str, Any], name: str = "Ethernet", **more: Any) -> dict[str, Any]:
    """An endpoint with OutBoundNAT and the gateway endpoint as its gateway."""
    body = {
        "VirtualNetwork": network["ID"],
        "Name": name,
        "GatewayAddress": GATEWAY,
        "Policies": [{"Type": "OutBoundNAT"}],
        **more,
    }
    made: dict[str, Any] = output(host, "POST", "/endpoints", body)
    return made


def run_container(host: EmulatedHost, name: str, image: str = NANOSERVER, command: tuple[str, ...] = ()) -> str:
    """A container with no network; its id."""
    code, out, err = docker(
        host, "run", "--detach", "--name", name, "--network", "none", image, *(command or ("ping", "-t", "localhost"))
    )
    assert code == 0, err
    return out.strip()


def compartment_of(host: EmulatedHost, container_id: str) -> int:
    """The number of a running container's compartment."""
    rows = invoke(host, "Get-HnskitCompartment")
    return next(int(row["Id"]) for row in rows if row["Description"] == f"\\Container_{container_id}")


def attach(host: EmulatedHost, endpoint: dict[str, Any], compartment: int) -> None:
    """Attach-HNSHostEndpoint."""
    output(host, "POST", f"/endpoints/{endpoint['ID']}/attach", {"SystemType": "Host", "CompartmentId": compartment})


def set_forwarding(host: EmulatedHost, address: str, state: str = "Enabled") -> None:
    """Forwarding of the interface with this address."""
    index = next(row["Index"] for row in invoke(host, "Get-HnskitAddress") if row["IPAddress"] == address)
    invoke(host, "Set-HnskitForwarding", InterfaceIndex=index, State=state)


def set_proxy_policy(host: EmulatedHost, endpoint: dict[str, Any], destination: str, **changes: Any) -> None:
    """Add a PROXY policy, as Microsoft's own function does: read, append, write the whole list."""
    policy = {"Type": "PROXY", "IP": METADATA, "Port": "80", "Destination": destination, "OutboundNat": True, **changes}
    current = output(host, "GET", f"/endpoints/{endpoint['ID']}")["Policies"]
    kept = {key: value for key, value in policy.items() if value is not None}
    output(host, "POST", f"/endpoints/{endpoint['ID']}", {"ID": endpoint["ID"], "Policies": [*current, kept]})


class Scenario:
    """The redirect with one client, step by step as the original has it."""

    def __init__(self, profile: str = "ws2019", type: str = "L2Bridge", **faults: Any) -> None:
        self.host = create_host("lab", profile, {"cut_seconds": 0, "seed": 7})
        for name, value in faults.items():
            self.host.set_fault(name, value)
        self.network = make_network(self.host, type)
        self.gateway = make_endpoint(
            self.host, self.network, "hnskit-gateway", IPAddress=GATEWAY, GatewayAddress="0.0.0.0", Policies=[]
        )
        attach(self.host, self.gateway, 1)
        set_forwarding(self.host, GATEWAY)
        code, _, err = docker(self.host, "import", r"C:\images\metadata-proxy.tar.gz", "metadata-proxy:1.0")
        assert code == 0, err
        self.proxy, self.proxy_id = self._join("hnskit-proxy", "metadata-proxy:1.0", ("metadata-proxy.exe",))
        self.client, self.client_id = self._join("hnskit-client1", NANOSERVER, ())
        code, _, err = docker(
            self.host,
            "exec",
            "--user",
            "ContainerAdministrator",
            "hnskit-proxy",
            "route.exe",
            "add",
            METADATA,
            "mask",
            "255.255.255.255",
            GATEWAY,
        )
        assert code == 0, err

    def _join(self, name: str, image: str, command: tuple[str, ...]) -> tuple[dict[str, Any], str]:
        id = run_container(self.host, name, image, command)
        endpoint = make_endpoint(self.host, self.network, name)
        attach(self.host, endpoint, compartment_of(self.host, id))
        return endpoint, id

    def redirect(self, **changes: Any) -> None:
        """The proxy policy on the client's endpoint."""
        set_proxy_policy(self.host, self.client, f"{self.proxy['IPAddress']}:80", **changes)

    def ask(self, *options: str) -> tuple[int, str, str]:
        """The client asks for its metadata."""
        return request(self.host, "hnskit-client1", URL, *options)

    def endpoint(self, id: str) -> dict[str, Any]:
        """An endpoint as HNS prints it now."""
        found: dict[str, Any] = output(self.host, "GET", f"/endpoints/{id}")
        return found
