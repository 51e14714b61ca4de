"""explain is held against requests that are really made: random trouble on the emulated host, then both are asked."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hnskit.diagnosis.explaining import explain
from hnskit.diagnosis.explanation import Explanation
from hnskit.facts.snapshot import dump_facts, parse_facts
from tests.emulator.host_scenario import (
    GATEWAY,
    METADATA,
    Scenario,
    docker,
    hns,
    output,
    set_forwarding,
    set_proxy_policy,
)

CLIENT, PROXY = "hnskit-client1", "hnskit-proxy"
Trouble = Callable[[Scenario], None]


def policy(destination: str = "", **changes: object) -> Trouble:
    """A proxy policy on the client's endpoint, as long as there is one."""

    def add(scenario: Scenario) -> None:
        if hns(scenario.host, "GET", f"/endpoints/{scenario.client['ID']}")["Success"]:
            target = destination or f"{scenario.proxy['IPAddress']}:80"
            set_proxy_policy(scenario.host, scenario.client, target, **changes)

    return add


def acl(whose: str, **settings: object) -> Trouble:
    def add(scenario: Scenario) -> None:
        endpoint = getattr(scenario, whose)
        now = hns(scenario.host, "GET", f"/endpoints/{endpoint['ID']}")
        if now["Success"]:
            rule = {"Type": "ACL", "Action": "Block", "Protocols": "6", "Priority": 100, **settings}
            body = {"ID": endpoint["ID"], "Policies": [*now["Output"]["Policies"], rule]}
            output(scenario.host, "POST", f"/endpoints/{endpoint['ID']}", body)

    return add


def on(whose: str, action: str) -> Trouble:
    """Detach or delete an endpoint; what HNS refuses is not trouble."""

    def change(scenario: Scenario) -> None:
        path = f"/endpoints/{getattr(scenario, whose)['ID']}"
        if action == "delete":
            hns(scenario.host, "DELETE", path)
        else:
            hns(scenario.host, "POST", f"{path}/detach", {"SystemType": "Host"})

    return change


def run(*words: str) -> Trouble:
    return lambda scenario: docker(scenario.host, *words) and None


def restarted(container: str) -> Trouble:
    """It comes back in another compartment, and its endpoint stays bound to the old one."""

    def change(scenario: Scenario) -> None:
        docker(scenario.host, "stop", container)
        docker(scenario.host, "start", container)

    return change


def route(whose: str) -> Trouble:
    words = ("route.exe", "add", METADATA, "mask", "255.255.255.255", GATEWAY)
    return run("exec", "--user", "ContainerAdministrator", whose, *words)


def forwarding_off(scenario: Scenario) -> None:
    if any(item.address == GATEWAY for item in scenario.host.snapshot().addresses):
        set_forwarding(scenario.host, GATEWAY, "Disabled")


TROUBLES: dict[str, Trouble] = {
    "redirect": policy(),
    "misspelt": policy(OutboundNat=None, OutbountNat=True),
    "other port": policy(Port="8080"),
    "other address": policy(IP="10.9.9.9"),
    "a prefix": policy(IP="169.254.0.0/16"),
    "an exception": policy(ExceptionList=[METADATA]),
    "no nat": policy(OutboundNat=None),
    "to nobody": policy("10.0.1.77:80"),
    "to the host": policy(f"{GATEWAY}:81"),
    "no port": policy("10.0.1.77"),
    "client acl": acl("client", Direction="Out", RemoteAddresses=METADATA),
    "client acl allow": acl("client", Direction="Out", Action="Allow", Priority=50),
    "proxy acl in": acl("proxy", Direction="In", LocalPorts="80"),
    "proxy acl out": acl("proxy", Direction="Out", RemoteAddresses="169.254.0.0/16"),
    "client route": route(CLIENT),
    "forwarding off": forwarding_off,
    "gateway detached": on("gateway", "detach"),
    "proxy detached": on("proxy", "detach"),
    "client detached": on("client", "detach"),
    "proxy deleted": on("proxy", "delete"),
    "client deleted": on("client", "delete"),
    "proxy stopped": run("stop", PROXY),
    "client stopped": run("stop", CLIENT),
    "proxy restarted": restarted(PROXY),
    "client restarted": restarted(CLIENT),
}


def explained(scenario: Scenario) -> Explanation:
    """From a snapshot that went through its file."""
    facts = parse_facts(json.loads(dump_facts(scenario.host.snapshot())))
    return explain(facts, CLIENT, METADATA, port=80)


def check(scenario: Scenario) -> str:
    """Explain, ask, compare; what the explanation says comes back, for the statistics."""
    said = explained(scenario)
    verdict, upstream = said.verdict, said.upstream
    code, out, err = scenario.ask()
    assert verdict.kind != "unknown", said.to_text()
    if verdict.kind != "reached":
        assert code != 0, said.to_text()
        assert not out, said.to_text()
        return verdict.code
    assert verdict.target is not None
    if verdict.rewritten_by is None:
        assert (code, "Via:" in out) == (0, False), said.to_text()
        return "direct"
    if verdict.target.place == "host":
        assert (code, "refused" in err) == (7, True), said.to_text()
        assert said.answered is None
        return "host"
    assert code == 0, (said.to_text(), err)
    assert "Via: 1.1 metadata-proxy" in out, said.to_text()
    assert upstream is not None
    assert (" 200 " in out.splitlines()[0]) == (upstream.kind == "reached"), said.to_text()
    _, log, _ = docker(scenario.host, "logs", PROXY)
    assert log.splitlines()[-1].startswith(f"{verdict.source_address} - - "), said.to_text()
    assert said.answered == (upstream.kind == "reached")
    return f"proxied, {upstream.code}"


@pytest.mark.parametrize("name", TROUBLES)
def test_each_trouble_by_itself_on_a_host_that_redirects(name: str) -> None:
    """The redirect first, then the trouble."""
    scenario = Scenario()
    scenario.redirect()
    TROUBLES[name](scenario)
    check(scenario)


@given(st.lists(st.sampled_from(sorted(TROUBLES)), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_explain_is_right_of_any_troubles_together(names: list[str]) -> None:
    """In any order, on a host that has no redirect yet."""
    scenario = Scenario()
    for name in names:
        TROUBLES[name](scenario)
    check(scenario)


def test_the_troubles_lead_to_many_different_ends() -> None:
    """So that the properties above are about something."""
    ends = set()
    for name in TROUBLES:
        for before in ([], ["redirect"], ["client route"]):
            scenario = Scenario()
            for one in (*before, name):
                TROUBLES[one](scenario)
            ends.add(check(scenario))
    assert {"on-link", "direct", "host", "proxied, left", "acl", "not-running", "no-endpoint", "nobody"} <= ends
