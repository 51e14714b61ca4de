"""One table of scenarios, asked of the host's data plane and of explain; docs/beliefs.md is made of it.

What each believes is put into one form of words, so that it can be compared: where the connection arrives, and where
the proxy's own request does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hnskit.diagnosis.explaining import Explainer
from hnskit.diagnosis.explanation import Explanation
from hnskit.diagnosis.trace import Verdict
from hnskit.emulator.host.dataplane.fabric import Arrival
from hnskit.facts.snapshot import dump_facts, parse_facts
from tests.emulator.host_scenario import (
    GATEWAY,
    METADATA,
    NANOSERVER,
    Scenario,
    docker,
    hns,
    make_endpoint,
    output,
    set_forwarding,
    set_proxy_policy,
)

CLIENT, PROXY, SECOND = "hnskit-client1", "hnskit-proxy", "hnskit-proxy2"
NOTHING = "no answer"
Step = Callable[[Scenario], None]


@dataclass(frozen=True, slots=True)
class Question:
    """A disagreement that no fact settles: UNCONFIRMED, and what a real host is to be asked."""

    because: str
    ask: str


@dataclass(frozen=True, slots=True)
class BeliefScenario:
    """A host, and one connection on it."""

    group: str
    name: str
    steps: tuple[Step, ...]
    to: tuple[str, int] = (METADATA, 80)
    source: str = CLIENT
    protocol: str = "tcp"
    profile: str = "ws2019"
    type: str = "L2Bridge"
    expected: str = ""
    """The belief of both, or of the data plane where they disagree; real packets show the data plane's."""
    question: Question | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> Scenario:
        """The host, with its steps taken."""
        scenario = Scenario(self.profile, self.type)
        for step in self.steps:
            step(scenario)
        return scenario


def placed(scenario: Scenario, text: str) -> str:
    """A text with the addresses that HNS gave in the place of PROXY and CLIENT."""
    return text.replace("PROXY", scenario.proxy["IPAddress"]).replace("CLIENT", scenario.client["IPAddress"])


def redirect(destination: str = "", **changes: Any) -> Step:
    """A proxy policy on the client's endpoint, after those that are there."""

    def take(scenario: Scenario) -> None:
        set_proxy_policy(scenario.host, scenario.client, placed(scenario, destination or "PROXY:80"), **changes)

    return take


def second_proxy(scenario: Scenario) -> None:
    """Another proxy container on the bridge, at 10.0.1.60, with a policy of the client's to it."""
    from tests.emulator.host_scenario import attach, compartment_of, run_container

    id = run_container(scenario.host, SECOND, "metadata-proxy:1.0", ("metadata-proxy.exe",))
    endpoint = make_endpoint(scenario.host, scenario.network, SECOND, IPAddress="10.0.1.60")
    attach(scenario.host, endpoint, compartment_of(scenario.host, id))


def policies(whose: str, *added: Mapping[str, Any]) -> Step:
    """Policies of any kind, after those of an endpoint."""

    def take(scenario: Scenario) -> None:
        endpoint = getattr(scenario, whose)
        now = output(scenario.host, "GET", f"/endpoints/{endpoint['ID']}")["Policies"]
        placed_ones = [{key: placed(scenario, value) if key == "RemoteAddresses" else value
                        for key, value in item.items()} for item in added]  # fmt: skip
        body = {"ID": endpoint["ID"], "Policies": [*now, *placed_ones]}
        output(scenario.host, "POST", f"/endpoints/{endpoint['ID']}", body)

    return take


def acl(whose: str, direction: str, action: str = "Block", **more: Any) -> Step:
    """An ACL."""
    rule = {"Type": "ACL", "Action": action, "Direction": direction, "Priority": 100, **more}
    return policies(whose, {key: value for key, value in rule.items() if value is not None})


def outbound_nat(whose: str, *exceptions: str, none: bool = False, only: str = "") -> Step:
    """The endpoint anew, in its place, with this OutBoundNAT or with none: HNS keeps that of the creation."""

    def take(scenario: Scenario) -> None:
        from tests.emulator.host_scenario import attach, compartment_of

        old = getattr(scenario, whose)
        output(scenario.host, "DELETE", f"/endpoints/{old['ID']}")
        nat: dict[str, Any] = {"Type": "OutBoundNAT"}
        if exceptions:
            nat["ExceptionList"] = list(exceptions)
        if only:
            nat["Destinations"] = [only]
        made = make_endpoint(scenario.host, scenario.network, old["Name"], IPAddress=old["IPAddress"],
                             Policies=[] if none else [nat])  # fmt: skip
        attach(scenario.host, made, compartment_of(scenario.host, getattr(scenario, f"{whose}_id")))
        setattr(scenario, whose, made)
        route(old["Name"])(scenario)

    return take


def route(container: str) -> Step:
    """`route add` of the metadata service's address, as the proxy has it."""
    words = ("exec", "--user", "ContainerAdministrator", container, "route.exe", "add", METADATA, "mask",
             "255.255.255.255", GATEWAY)  # fmt: skip
    return run(*words)


def no_route(container: str) -> Step:
    """That route taken away."""
    return run("exec", "--user", "ContainerAdministrator", container, "route.exe", "delete", METADATA)


def run(*words: str) -> Step:
    """One run of docker."""

    def take(scenario: Scenario) -> None:
        docker(scenario.host, *words)

    return take


def forwarding(state: str) -> Step:
    """Of the gateway endpoint's interface."""
    return lambda scenario: set_forwarding(scenario.host, GATEWAY, state)


def on(whose: str, action: str) -> Step:
    """Detach or delete an endpoint."""

    def take(scenario: Scenario) -> None:
        path = f"/endpoints/{getattr(scenario, whose)['ID']}"
        if action == "delete":
            hns(scenario.host, "DELETE", path)
        else:
            hns(scenario.host, "POST", f"{path}/detach", {"SystemType": "Host"})

    return take


def vfp_off(scenario: Scenario) -> None:
    """The switch extension of the bridge, off (HNS fact 20)."""
    body = {"Extensions": [{"Id": scenario.host.windows_profile.vfp_extension, "IsEnabled": False}]}
    output(scenario.host, "POST", f"/networks/{scenario.network['ID']}", body)


def restarted(container: str) -> Step:
    """It comes back in another compartment, and its endpoint stays bound to the old one (HNS fact 81)."""

    def take(scenario: Scenario) -> None:
        docker(scenario.host, "stop", container)
        docker(scenario.host, "start", container)

    return take


def reboot(scenario: Scenario) -> None:
    """The host starts again, and its containers are started by hand (HNS fact 76)."""
    scenario.host.reboot()
    for container in (PROXY, CLIENT):
        docker(scenario.host, "start", container)


def docker_client(scenario: Scenario) -> None:
    """A container on Docker's own nat network."""
    docker(scenario.host, "run", "--detach", "--name", "natted", NANOSERVER, "ping", "-t", "localhost")


def proxy_policy_of_the_proxy(scenario: Scenario) -> None:
    """The redirect on the proxy's own endpoint, to itself: a loop (HNS fact 54b)."""
    set_proxy_policy(scenario.host, scenario.proxy, f"{scenario.proxy['IPAddress']}:80")


def reached_by_the_plane(scenario: Scenario, case: BeliefScenario) -> str:
    """The belief of the data plane."""
    host = scenario.host
    source = next(item for item in host.engine.containers if item.name == case.source)
    to = (placed(scenario, case.to[0]), case.to[1])
    arrival = host.network.connect(source, *to, case.protocol)
    words = _arrival(scenario, arrival)
    if arrival.rewritten and arrival.place == "compartment" and arrival.answered:
        proxy = next(item for item in host.network.containers_in(arrival.compartment))
        onward = host.network.connect(proxy, *to, case.protocol)
        words += f", from there {_arrival(scenario, onward)}"
    return words


def _arrival(scenario: Scenario, arrival: Arrival) -> str:
    if not arrival.answered or arrival.target is None:
        return NOTHING
    place: str = arrival.place
    if place == "compartment":
        place = next((item.name for item in scenario.host.network.containers_in(arrival.compartment)), "")
        if not place:
            return NOTHING
    return f"{place} at {arrival.target[0]}:{arrival.target[1]}"


def explained(scenario: Scenario, case: BeliefScenario) -> str:
    """The belief of explain, from a snapshot that went through its file."""
    facts = parse_facts(json.loads(dump_facts(scenario.host.snapshot())))
    names = {item.id: item.name for item in facts.containers}
    said = Explainer(facts).explain(case.source, placed(scenario, case.to[0]), port=case.to[1], protocol=case.protocol)
    if said.verdict.kind == "unknown" or said.untraced:
        return "not known"
    if not _holds(said):
        return NOTHING
    words = _verdict(said.verdict, names)
    upstream = said.upstream
    return (
        words
        if upstream is None or upstream.code == "elsewhere"
        else f"{words}, from there {_verdict(upstream, names)}"
    )


def _holds(said: Explanation) -> bool:
    return all(item.verdict is None or item.verdict.kind == "reached" for item in said.segments
               if item.name != "upstream")  # fmt: skip


def _verdict(verdict: Verdict, names: Mapping[str, str]) -> str:
    if verdict.kind == "unknown":
        return "not known"
    if verdict.kind != "reached" or verdict.target is None:
        return NOTHING
    target = verdict.target
    return f"{names[target.container] if target.container else target.place} at {target.address}:{target.port}"
