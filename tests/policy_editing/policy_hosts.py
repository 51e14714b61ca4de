"""Hosts and policies of the tests of policies by hand."""

from __future__ import annotations

from typing import Any

from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.policy_editing import editing as policies
from hnskit.policy_editing.editing import ProxyRule, WfpProxy
from tests import sample_facts
from tests.emulator.host_scenario import make_endpoint, make_network
from tests.in_process_host import QUICK, HereSession

DESIRED = sample_facts.desired()
RULE = ProxyRule("10.0.1.200:80", ip="169.254.169.254", port="80")
WFP = WfpProxy(outbound_port="15001", inbound_port="15003", user_sid="S-1-5-32-556", inbound_ports=("15020",))


def bridge(profile: str = "ws2022") -> tuple[EmulatedHost, dict[str, Any]]:
    """A host with an L2Bridge and one endpoint, `web`, that is not attached."""
    host = create_host("lab", profile, {"cut_seconds": 0, "seed": 7})
    return host, make_endpoint(host, make_network(host), "web", IPAddress="10.0.1.20")


def web(host: EmulatedHost) -> Any:
    return policies.find_endpoint(host.snapshot(), "web")


def run(host: EmulatedHost, *edits: policies.Edit, **more: Any) -> policies.Applied:
    return policies.apply(HereSession(host), DESIRED, edits, pace=QUICK, **more)
