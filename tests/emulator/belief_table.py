"""The rows of the differential test."""

from __future__ import annotations

from typing import Any

from tests.emulator.belief_scenarios import (
    CLIENT,
    NOTHING,
    PROXY,
    BeliefScenario,
    Question,
    Step,
    acl,
    docker_client,
    forwarding,
    no_route,
    on,
    outbound_nat,
    policies,
    proxy_policy_of_the_proxy,
    reboot,
    redirect,
    restarted,
    route,
    run,
    second_proxy,
    vfp_off,
)
from tests.emulator.host_scenario import GATEWAY, METADATA

OUT = f"outside at {METADATA}:80"
THROUGH = f"{PROXY} at PROXY:80, from there {OUT}"
STUCK = f"{PROXY} at PROXY:80, from there {NOTHING}"
FABRIC = "10.0.0.1"
NETWORK = f"{METADATA}/32"

_FLOW = Question(
    "whether an ACL lets the answers of a connection pass that it let in is UNCONFIRMED: the data plane keeps flows, "
    "explain asks the ACLs anew",
    "With the redirect up, put a Block ACL, direction Out, RemoteAddresses of the client, on the proxy's endpoint, and "
    "ask from the client: is there an answer?",
)
_TRANSIT = Question(
    "whether the gateway endpoint's ACLs look at what it only forwards is UNCONFIRMED: the data plane asks them, "
    "explain does not",
    "Put a Block ACL, direction In, on the gateway endpoint, and ask 169.254.169.254 from the proxy: is there an "
    "answer?",
)


def row(group: str, name: str, expected: str, *steps: Step, **more: Any) -> BeliefScenario:
    """One scenario."""
    return BeliefScenario(group, name, steps, expected=expected, **more)


_REDIRECT = (
    row("redirect", "the whole policy", THROUGH, redirect()),
    row("redirect", "no policy", NOTHING),
    row("redirect", "the client has a route of its own too", THROUGH, route(CLIENT), redirect()),
    row("redirect", "another port than the policy's", NOTHING, redirect(), to=(METADATA, 81)),
    row("redirect", "another address than the policy's", NOTHING, redirect(), to=("169.254.169.250", 80)),
    row("redirect", "UDP", NOTHING, redirect(), protocol="udp"),
    row("redirect", "the policy with Protocol 6", THROUGH, redirect(Protocol="6")),
    row("redirect", "the policy with Protocol 17, TCP asked", NOTHING, redirect(Protocol="17")),
    row("redirect", "the policy on the proxy's endpoint alone", NOTHING, proxy_policy_of_the_proxy),
    row("redirect", "the proxy redirected to itself: a loop",
        f"{PROXY} at PROXY:80, from there {PROXY} at PROXY:80", redirect(), proxy_policy_of_the_proxy),
    row("redirect", "to the host", f"host at {GATEWAY}:81", redirect(f"{GATEWAY}:81")),
    row("redirect", "to an address of nobody", NOTHING, redirect("10.0.1.77:80")),
    row("redirect", "to an address outside the bridge", f"outside at {FABRIC}:80", redirect(f"{FABRIC}:80")),
    row("redirect", "to another port of the proxy", f"{PROXY} at PROXY:8080, from there {OUT}", redirect("PROXY:8080")),
    row("redirect", "two policies for the same: the first wins", THROUGH, second_proxy, redirect(),
        redirect("10.0.1.60:80")),
    row("redirect", "two policies, the first for another port", f"hnskit-proxy2 at 10.0.1.60:80, from there {NOTHING}",
        second_proxy, redirect(Port="8080"), redirect("10.0.1.60:80")),
    row("redirect", "two policies, the first misspelt", THROUGH,
        redirect(OutboundNat=None, OutbountNat=True), redirect()),
    row("redirect", "Server 2022", THROUGH, redirect(), profile="ws2022"),
    row("redirect", "Server 2025", THROUGH, redirect(), profile="ws2025"),
    row("redirect", "Server, version 1803", THROUGH, redirect(), profile="rs4"),
)  # fmt: skip

_KEYS = (
    row("keys", "OutboundNat misspelt", NOTHING, redirect(OutboundNat=None, OutbountNat=True)),
    row("keys", "OutboundNat misspelt, the client has a route", OUT, route(CLIENT),
        redirect(OutboundNat=None, OutbountNat=True)),
    row("keys", "OutboundNat left out", NOTHING, redirect(OutboundNat=None)),
    row("keys", "OutboundNat false", NOTHING, redirect(OutboundNat=False)),
    row("keys", "OutboundNat misspelt beside the right one", NOTHING, redirect(OutbountNat=True)),
    row("keys", "OutboundNat as v2 may spell it", NOTHING, redirect(OutboundNat=None, OutboundNAT=True)),
    row("keys", "a key that nobody knows", NOTHING, redirect(Comment="mine")),
    row("keys", "no IP: any address", THROUGH, redirect(IP=None)),
    row("keys", "no Port: any port", f"{PROXY} at PROXY:80, from there {NOTHING}", redirect(Port=None), no_route(PROXY),
        to=(METADATA, 81)),
    row("keys", "IP is a prefix", THROUGH, redirect(IP="169.254.0.0/16")),
    row("keys", "IP is not an address", NOTHING, redirect(IP="metadata")),
    row("keys", "Port is not a number", NOTHING, redirect(Port="http")),
    row("keys", "Port is a number, not text", THROUGH, redirect(Port=80)),
    row("keys", "Destination without a port", NOTHING, redirect("PROXY")),
    row("keys", "Destination missing", NOTHING, redirect(Destination=None)),
    row("keys", "Destination is a name", NOTHING, redirect("proxy:80")),
    row("keys", "the address in ExceptionList", NOTHING, redirect(ExceptionList=[METADATA])),
    row("keys", "the address in a prefix of ExceptionList", NOTHING, redirect(ExceptionList=["169.254.0.0/16"])),
    row("keys", "another address in ExceptionList", THROUGH, redirect(ExceptionList=["10.0.0.0/8"])),
)  # fmt: skip

_ACLS = (
    row("ACLs", "Out, blocks the asked address", NOTHING, redirect(), acl("client", "Out", RemoteAddresses=METADATA)),
    row("ACLs", "Out, blocks the proxy's address: not what was asked for", THROUGH, redirect(),
        acl("client", "Out", RemoteAddresses="10.0.1.0/24")),
    row("ACLs", "Out, blocks another port", THROUGH, redirect(), acl("client", "Out", RemotePorts="443")),
    row("ACLs", "Out, blocks a range with the port", NOTHING, redirect(), acl("client", "Out", RemotePorts="70-90")),
    row("ACLs", "Out, blocks UDP", THROUGH, redirect(), acl("client", "Out", Protocols="17")),
    row("ACLs", "Out, blocks TCP and UDP", NOTHING, redirect(), acl("client", "Out", Protocols="6,17")),
    row("ACLs", "Out, blocks any protocol (256)", NOTHING, redirect(), acl("client", "Out", Protocols="256")),
    row("ACLs", "a Block behind an Allow of lower Priority", THROUGH, redirect(), acl("client", "Out"),
        acl("client", "Out", "Allow", Priority=50)),
    row("ACLs", "an Allow behind a Block of lower Priority", NOTHING, redirect(),
        acl("client", "Out", "Allow", Priority=200), acl("client", "Out")),
    row("ACLs", "two of one Priority, Allow first", THROUGH, redirect(), acl("client", "Out", "Allow"),
        acl("client", "Out")),
    row("ACLs", "two of one Priority, Block first", NOTHING, redirect(), acl("client", "Out"),
        acl("client", "Out", "Allow")),
    row("ACLs", "one without a Priority comes last", THROUGH, redirect(), acl("client", "Out", Priority=None),
        acl("client", "Out", "Allow", Priority=65000)),
    row("ACLs", "In at the client: not its own connections", THROUGH, redirect(), acl("client", "In", LocalPorts="80")),
    row("ACLs", "In at the proxy, its port", NOTHING, redirect(), acl("proxy", "In", LocalPorts="80")),
    row("ACLs", "In at the proxy, another port", THROUGH, redirect(), acl("proxy", "In", LocalPorts="8080")),
    row("ACLs", "In at the proxy, from the bridge", NOTHING, redirect(),
        acl("proxy", "In", RemoteAddresses="10.0.1.0/24")),
    row("ACLs", "Out at the proxy, the metadata service", STUCK, redirect(),
        acl("proxy", "Out", RemoteAddresses=NETWORK)),
    row("ACLs", "Out, by another local address", THROUGH, redirect(),
        acl("client", "Out", LocalAddresses="10.9.9.9")),
    row("ACLs", "Out, by the client's own prefix", NOTHING, redirect(),
        acl("client", "Out", LocalAddresses="10.0.1.0/24")),
    row("ACLs", "Server 2025: an Allow for another port", NOTHING, redirect(),
        acl("client", "Out", "Allow", RemotePorts="443"), profile="ws2025"),
    row("ACLs", "Server 2025: an Allow for the port", THROUGH, redirect(),
        acl("client", "Out", "Allow", RemotePorts="80"), profile="ws2025"),
    row("ACLs", "Server 2022: an Allow for another port", THROUGH, redirect(),
        acl("client", "Out", "Allow", RemotePorts="443"), profile="ws2022"),
    row("ACLs", "Out at the proxy, the client: answers", THROUGH, redirect(),
        acl("proxy", "Out", RemoteAddresses="CLIENT"), question=_FLOW),
    row("ACLs", "In at the gateway endpoint", STUCK, redirect(), acl("gateway", "In"), question=_TRANSIT),
    row("ACLs", "Out, by local ports that Windows chooses from", NOTHING, redirect(),
        acl("client", "Out", LocalPorts="49152-65535")),
    row("ACLs", "Out, by a local port that it never chooses", THROUGH, redirect(),
        acl("client", "Out", LocalPorts="1024")),
)  # fmt: skip

_WAY = (
    row("the way", "forwarding off", STUCK, redirect(), forwarding("Disabled")),
    row("the way", "forwarding off and on again", THROUGH, redirect(), forwarding("Disabled"), forwarding("Enabled")),
    row("the way", "the gateway endpoint detached", STUCK, redirect(), on("gateway", "detach")),
    row("the way", "the proxy without its route", STUCK, redirect(), no_route(PROXY)),
    row("the way", "the proxy without OutBoundNAT", STUCK, redirect(), outbound_nat("proxy", none=True)),
    row("the way", "OutBoundNAT of the proxy with the service as an exception", STUCK, redirect(),
        outbound_nat("proxy", METADATA)),
    row("the way", "OutBoundNAT of the proxy with another exception", THROUGH, redirect(),
        outbound_nat("proxy", "10.0.0.0/8")),
    row("the way", "OutBoundNAT of the proxy for the service alone, as a LoopbackDSR makes it", THROUGH, redirect(),
        outbound_nat("proxy", only=METADATA)),
    row("the way", "OutBoundNAT of the proxy for another place alone", STUCK, redirect(),
        outbound_nat("proxy", only="10.0.0.0/8")),
    row("the way", "the client without OutBoundNAT, redirected", THROUGH,
        outbound_nat("client", none=True), redirect()),
    row("the way", "the client without OutBoundNAT, by its own route", NOTHING, outbound_nat("client", none=True)),
    row("the way", "the client by its own route", OUT, route(CLIENT)),
    row("the way", "the fabric's gateway, by the default route", f"outside at {FABRIC}:80", to=(FABRIC, 80)),
    row("the way", "the fabric's gateway, forwarding off", NOTHING, forwarding("Disabled"), to=(FABRIC, 80)),
    row("the way", "the proxy's own address", f"{PROXY} at PROXY:80", to=("PROXY", 80)),
    row("the way", "an address of nobody on the bridge", NOTHING, to=("10.0.1.77", 80)),
    row("the way", "the gateway that HNS keeps (.1)", NOTHING, to=("10.0.1.1", 80)),
    row("the way", "the host, at the gateway endpoint", f"host at {GATEWAY}:5985", to=(GATEWAY, 5985)),
    row("the way", "the host, at its own address", "host at 10.0.0.5:5985", to=("10.0.0.5", 5985)),
    row("the way", "itself", f"{CLIENT} at 127.0.0.1:80", to=("127.0.0.1", 80)),
    row("the way", "from Docker's nat network, outside", f"outside at {FABRIC}:80", docker_client, source="natted",
        to=(FABRIC, 80)),
    row("the way", "from Docker's nat network, the metadata service", NOTHING, docker_client, source="natted"),
    row("the way", "VFP off: no redirect", NOTHING, redirect(), vfp_off),
    row("the way", "VFP off: no OutBoundNAT", NOTHING, route(CLIENT), vfp_off),
)  # fmt: skip

_LIFE = (
    row("life", "the proxy stopped", NOTHING, redirect(), run("stop", PROXY)),
    row("life", "the proxy removed", NOTHING, redirect(), run("rm", "--force", PROXY)),
    row("life", "the proxy started again: another compartment", NOTHING, redirect(), restarted(PROXY)),
    row("life", "the proxy's endpoint detached", NOTHING, redirect(), on("proxy", "detach")),
    row("life", "the proxy's endpoint deleted", NOTHING, redirect(), on("proxy", "delete")),
    row("life", "the client stopped", NOTHING, redirect(), run("stop", CLIENT)),
    row("life", "the client started again", NOTHING, redirect(), restarted(CLIENT)),
    row("life", "the client's endpoint detached", NOTHING, redirect(), on("client", "detach")),
    row("life", "after a reboot", NOTHING, redirect(), reboot),
    row("life", "an L4WFPPROXY beside it", THROUGH, redirect(),
        policies("client", {"Type": "L4WFPPROXY", "OutboundProxyPort": "15001", "FilterTuple": {"Protocols": "6"}}),
        profile="ws2022", question=Question(
            "nobody has seen an L4WFPPROXY at work (HNS fact 54): explain says that it is not known, the data plane "
            "leaves it aside",
            "Beside a PROXY policy put an L4WFPPROXY with OutboundProxyPort 15001 on the client: who is asked?")),
    row("life", "a ROUTE policy beside it", THROUGH, redirect(),
        policies("client", {"Type": "ROUTE", "DestinationPrefix": NETWORK, "NeedEncap": True})),
)  # fmt: skip

SCENARIOS: tuple[BeliefScenario, ...] = (*_REDIRECT, *_KEYS, *_ACLS, *_WAY, *_LIFE)
