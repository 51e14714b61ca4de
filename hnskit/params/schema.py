"""The model of the parameters: each key with its type, its limits, its meaning, and how a wrong value is refused."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from hnskit.model.objects import METADATA_ADDRESS
from hnskit.params.host_places import TARGETS, check_proxy, check_target, text_of_target
from hnskit.params.image_schema import ImageParams
from hnskit.params.pod_schema import PodChoice, StrictModel
from hnskit.remote.connection import Auth
from hnskit.remote.credentials import SCHEMES
from hnskit.remote.targets import canonical

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}")  # what Docker allows, so that endpoint and container agree
_IMAGE = re.compile(r"[A-Za-z0-9]\S*")  # with a dash first, docker would take it as an option
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TAKE_OVER = "id of an endpoint made by hand that is to be taken over, or new; empty: it is found by what it serves"


def _check_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("2 to 63 letters, digits, '_', '.' or '-', the first a letter or a digit")
    return value


def _check_address(value: str) -> str:
    try:
        ipaddress.IPv4Address(value)
    except ValueError as cause:
        raise ValueError(f"an IPv4 address such as 10.0.1.2 is wanted{'' if value else ', it is empty'}") from cause
    return value


def _check_image(value: str) -> str:
    if not _IMAGE.fullmatch(value):
        raise ValueError("the name of an image is wanted: REPOSITORY[:TAG]")
    return value


def _check_prefix(value: str) -> str:
    try:
        ipaddress.IPv4Network(value)
    except ValueError as cause:
        raise ValueError(_instead(value)) from cause
    return value


def _instead(value: str) -> str:
    try:
        meant = ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        return "a subnet such as 10.0.1.0/24 is wanted"
    return f"the subnet of this address is {meant}: write that"


def _check_credential(value: str) -> str:
    scheme, _, place = value.partition(":")
    if value and (scheme not in SCHEMES or (scheme != "prompt") != bool(place)):
        raise ValueError("a reference to a secret, never the secret: env:NAME, file:PATH, keyring:SERVICE or prompt")
    return value


def _check_endpoint_id(value: str) -> str:
    if value not in ("", "new") and not _GUID.fullmatch(value):
        raise ValueError("the id of an HNS endpoint is wanted, as `hnskit show endpoints` prints it, or new")
    return value


Name = Annotated[str, AfterValidator(_check_name)]
Address = Annotated[str, AfterValidator(_check_address)]
AddressOrNothing = Annotated[str, AfterValidator(lambda value: value and _check_address(value))]
Prefix = Annotated[str, AfterValidator(_check_prefix)]
EndpointId = Annotated[str, AfterValidator(_check_endpoint_id)]
Port = Annotated[int, Field(ge=1, le=65535)]
Text = Annotated[str, Field(min_length=1)]
Image = Annotated[str, AfterValidator(_check_image)]


class ConnectionParams(StrictModel):
    """The connection to the host over PowerShell Remoting."""

    transport: Literal["http", "https"] = Field("https", description="WinRM over HTTP (5985) or HTTPS (5986)")
    auth: Auth = Field("negotiate", description="how to log in")
    username: str = Field("", description="account on the host, an administrator")
    credential: Annotated[str, AfterValidator(_check_credential)] = Field(
        "", description="where its password is: env:NAME, file:PATH, keyring:SERVICE or prompt"
    )
    ca: str = Field("", description="PEM file of the authority that signed the host's certificate; empty: the system's")
    certificate: str = Field("", description="PEM file of the client certificate, for auth certificate")
    certificate_key: str = Field("", description="PEM file of its key")
    service: str = Field("", description="with Kerberos: first part of the host's SPN; empty: host")
    hostname_override: str = Field(
        "", description="with Kerberos: the host's DNS name, where the target is an address or a tunnel"
    )
    delegate: bool = Field(False, description="with Kerberos: give the host the user's ticket (kinit -f)")
    proxy: Annotated[str, AfterValidator(check_proxy)] = Field(
        "",
        description="on the way to WinRM: http://, https:// or socks5h://HOST:PORT; "
        "environment: what HTTP(S)_PROXY say; empty: none",
    )
    configuration: str = Field("", description="session configuration (JEA) that has hnskit's commands")
    connect_timeout: float = Field(10.0, gt=0, le=300, description="seconds until a silent host is called unreachable")
    recovery_timeout: float = Field(
        90.0, gt=0, le=3600, description="seconds to get a lost connection back, when the bridge appears or goes"
    )


class EmulatorFaults(StrictModel):
    """The faults of an emulated host; docs/faults.md has each with the report that it comes from."""

    cut_mode: Literal["refuse", "reset", "stall", "blackhole", "forget"] = Field(
        "refuse", description="how the host is away when the bridge appears or goes"
    )
    answers_not_kept: bool = Field(False, description="WinRM forgets answers that the client did not get")
    management_ip_late: float = Field(0.0, ge=0, le=600, description="seconds until a network shows its ManagementIP")
    metadata_route_lost: bool = Field(False, description="the host's route to 169.254.169.254 is lost in the move")
    static_address_lost: bool = Field(False, description="the host's static address is lost in the move")
    unspecified_errors: int = Field(0, ge=0, le=100, description='creations that fail first, with "Unspecified error"')
    refuse_after_delete: float = Field(0.0, ge=0, le=600, description="seconds after a DELETE without a creation")
    hidden_network: str = Field("", description="a network's name that is taken and not listed")
    hns_restart: int = Field(0, ge=0, description="HNS restarts during this change, counted from 1; 0: never")
    reboot: int = Field(0, ge=0, description="the host starts again during this change; 0: never")
    reboot_loses_bridges: bool = Field(False, description="a reboot takes L2Bridges too, and leaves their endpoints")
    docker_seconds: float = Field(0.0, ge=0, le=3600, description="how much longer each docker.exe takes")
    disk_full: bool = Field(False, description="docker import finds no room")
    docker_stopped: bool = Field(False, description="the Docker daemon does not run")
    docker_missing: bool = Field(False, description="docker.exe is not installed")
    crictl_missing: bool = Field(False, description="crictl.exe is nowhere")
    ctr_missing: bool = Field(False, description="ctr.exe is nowhere")
    nerdctl_missing: bool = Field(False, description="nerdctl.exe is nowhere")
    containerd_stopped: bool = Field(False, description="containerd does not run")
    namespace_leaks: int = Field(0, ge=0, le=250, description="removed pods that leave their HNS namespace behind")
    hns_missing: bool = Field(False, description="the Containers feature is not installed")
    wifi: bool = Field(False, description="the adapter is a Wi-Fi one")
    hostile: bool = Field(False, description="its texts try to be obeyed, harmlessly: markup, escapes, formulas")
    second_user: str = Field(
        "",
        pattern=r"^$|^(network|endpoint|policy) \S+$",
        description="`network NAME`, `endpoint NAME` or `policy NAME`: an object that another user makes meanwhile",
    )
    random: int | None = Field(None, description="seed from which some faults are drawn that hnskit survives")


class Emulator(StrictModel):
    """Only for targets emulator://NAME."""

    profile: str = Field("ws2019", description="which Windows it is: ws2019, ws2022, …")
    engine: Literal["", "python", "pwsh"] = Field(
        "", description="what runs its PowerShell; empty: python, or whatever the host has that runs"
    )
    runtime: Literal["docker", "containerd", "both"] = Field("docker", description="what runs its containers")
    pods: int = Field(4, ge=0, le=250, description="how many pods a containerd host has")
    network: Literal["", "model", "packets", "auto"] = Field(
        "", description="what carries its packets; empty: the model. packets: Linux (docs/packets.md)"
    )
    start: bool = Field(True, description="start it if it does not run")
    cut_seconds: float = Field(
        3.0, ge=0, le=600, description="how long the host is away when the bridge appears or goes"
    )
    faults: EmulatorFaults = EmulatorFaults()


class NetworkParams(StrictModel):
    """The L2Bridge network."""

    name: Name = Field(description="its name in HNS")
    subnet: Prefix = Field(description="the containers' addresses come from it, such as 10.0.1.0/24")
    gateway: AddressOrNothing = Field(
        "", description="the subnet's gateway, kept by HNS; empty: its first address (.1)"
    )
    adapter: str = Field("", description="name of the physical adapter; empty: Windows chooses")
    dns: list[Address] = Field(default_factory=list, description="DNS servers of the endpoints")


class GatewayEndpoint(StrictModel):
    """The endpoint in the host's compartment that the containers use as gateway."""

    name: Name = Field(description="its name in HNS")
    address: Address = Field(description="usually .2, since HNS keeps .1")
    endpoint_id: EndpointId = Field("", description=_TAKE_OVER)


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    """A line break in a header would begin another one, or the body."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a name of a header")
        if not all(char == "\t" or (char.isprintable() and char.isascii()) for char in value):
            raise ValueError(f"the value of {name} has a character that no header can have")
    return headers


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2: token


class _Workload(StrictModel):
    name: Name = Field(description="of the container and of its endpoint")
    image: Image = Field(description="repository:tag, as its runtime has it")
    import_: str = Field(
        "", alias="import", description="tarball on the host to import the image from, if it is not there"
    )
    command: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list, description="what it runs; empty: the image's own"
    )
    isolation: Literal["", "process", "hyperv"] = Field("", description="empty: Docker's default")
    address: AddressOrNothing = Field("", description="empty: HNS chooses, hnskit looks it up")
    endpoint_id: EndpointId = Field("", description=_TAKE_OVER)


class Proxy(_Workload):
    """The container that the requests are redirected to: hnskit's own, or a pod or an address that is there."""

    name: Name = Field("", description="of the container and of its endpoint; of hnskit's own only")
    image: Image = Field("", description="repository:tag; of hnskit's own only")
    pod: PodChoice | None = Field(None, description="the pod that is the proxy, with runtime containerd: one only")
    port: Port = Field(80, description="where it listens")
    route: bool = Field(
        True,
        description="give it a route to the metadata address through the gateway (Windows takes 169.254/16 as on-link)",
    )
    user: str = Field("ContainerAdministrator", description="who may add a route inside it")


class Redirect(StrictModel):
    """The redirected address and port."""

    address: Address = Field(METADATA_ADDRESS, description="what the clients ask; IPv4")
    port: Port = Field(80, description="TCP port")
    outbound_nat: bool = Field(True, description="the proxy sees the client's traffic as NATed")


class Client(_Workload):
    """A container whose requests are redirected."""

    runner: Literal["ctr", "nerdctl"] = Field("ctr", description="with runtime containerd: what runs it")
    redirects: list[Redirect] | None = Field(
        None, min_length=1, description="what is redirected for this client in place of the top-level redirect"
    )


class Pods(PodChoice):
    """Pods whose requests are redirected, by a policy on the endpoint that their CNI made."""

    redirects: list[Redirect] | None = Field(
        None, min_length=1, description="what is redirected for these pods in place of the top-level redirect"
    )


class HeaderProof(StrictModel):
    """A header that only an answer through the proxy has."""

    name: Text
    contains: str = ""


class Proof(StrictModel):
    """The evidence that the proxy answered or forwarded; all that is given must hold."""

    header: HeaderProof | None = Field(None, description="name and contains: a header that the proxy adds")
    body: str = Field("", description="text in the body")
    log: str = Field("", description="text in the proxy's log, with {probe}, this request's own token")


class ControlParams(StrictModel):
    """A request that must be left alone."""

    port: Port = Field(8080, description="TCP port that is not redirected")
    timeout: int = Field(3, ge=1, le=120, description="seconds")


class Verify(StrictModel):
    """The request that proves the redirect, made inside each client."""

    path: str = Field("/", description="path and query; {probe} becomes a token of this request", pattern=r"^/\S*$")
    headers: Annotated[dict[str, str], AfterValidator(_check_headers)] = Field(
        default_factory=dict, description="what is sent with it, name: value"
    )
    timeout: int = Field(10, ge=1, le=300, description="seconds")
    program: Text = Field("curl.exe", description="curl inside the client")
    proof: Proof
    control: ControlParams = ControlParams()


class TargetParams(StrictModel):
    """A host and the way to it: what is needed where nothing is to be set up there."""

    target: Annotated[str, BeforeValidator(text_of_target), AfterValidator(check_target)] = Field(description=TARGETS)
    connection: ConnectionParams = ConnectionParams()
    emulator: Emulator = Emulator()
    source: str = Field("parameters", exclude=True)
    """Where they came from, for error messages."""

    @model_validator(mode="after")
    def _one_spelling_of_the_target(self) -> Self:
        # Here and nowhere else: claims, journals and folders of runs are all named after it.
        object.__setattr__(self, "target", canonical(self.target, self.connection.transport))
        return self


class Params(TargetParams):
    """One set of parameters for library, notebooks, command line and pipelines."""

    runtime: Literal["docker", "containerd"] = Field("docker", description="what runs the containers")
    image: ImageParams = ImageParams()
    network: NetworkParams = NetworkParams.model_construct(name="", subnet="")
    """Its name is "" where hnskit makes none: pods have the network of their CNI."""
    gateway_endpoint: GatewayEndpoint = GatewayEndpoint.model_construct(name="", address="")
    proxy: Proxy
    clients: list[Client] = Field(default_factory=list)
    pods: list[Pods] = Field(default_factory=list, description="pods that are there already, with runtime containerd")
    redirect: Redirect = Redirect()
    verify: Verify
