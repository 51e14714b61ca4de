"""Each redirect of each client is proved by a request of its own."""

from __future__ import annotations

from typing import Any

import pytest

from hnskit.applying.api import apply
from hnskit.applying.verification import Check, ClientProof, Verification, proof_text, verify
from hnskit.model import hns_json
from tests import sample_facts, strategies
from tests.in_process_host import QUICK, HereSession, host_here

WANTED = sample_facts.desired("clients[0].redirects=[{port: 80}, {port: 81}]")


def test_every_redirect_of_a_client_is_asked_for() -> None:
    """Two redirects, two answers through the proxy, each with its own line in the proxy's log."""
    host = host_here()
    apply(HereSession(host), WANTED, pace=QUICK)
    found = verify(HereSession(host), WANTED)
    assert found.ok, found.to_text()
    wanted = [check.wanted for check in found.clients[0].checks if check.name == "answer"]
    assert wanted == ["HTTP 2xx from 169.254.169.254:80", "HTTP 2xx from 169.254.169.254:81"]
    lines = [check.seen for check in found.clients[0].checks if check.name == "log"]
    assert len(set(lines)) == 2


def test_brackets_and_braces_of_a_path_are_sent_as_they_are() -> None:
    """To curl they are ranges and lists, unless it is told otherwise."""
    wanted = sample_facts.desired('verify.path="/metadata/instance?api-version=2021-02-01&f[n]={a,b}&probe={probe}"')
    host = host_here()
    apply(HereSession(host), wanted, pace=QUICK)
    found = verify(HereSession(host), wanted)
    assert found.ok, found.to_text()
    assert "f[n]={a,b}" in next(check.seen for check in found.clients[0].checks if check.name == "log")


def test_one_redirect_that_is_missing_fails_its_client_alone() -> None:
    """The other client is proved all the same."""
    host = host_here()
    apply(HereSession(host), WANTED, pace=QUICK)
    endpoint = strategies.endpoint(host, "hnskit-client1")
    strategies.set_policies(host, endpoint, endpoint.proxies[0])
    found = verify(HereSession(host), WANTED)
    assert [client.ok for client in found.clients] == [False, True]


def test_a_control_that_could_not_be_asked_is_no_proof() -> None:
    """Without the container nothing was asked: that nothing answered says nothing."""
    proof = verify(HereSession(host_here()), sample_facts.desired())
    controls = [check for client in proof.clients for check in client.checks if check.name == "control"]
    assert len(controls) == 2
    assert not any(check.ok for check in controls)
    assert all("could not be asked" in check.seen for check in controls)


def test_an_answer_of_the_proxy_that_is_an_error_is_no_proof() -> None:
    """502 from the proxy has its mark, and is not an answer of the metadata service."""
    wanted = sample_facts.desired()
    host = host_here()
    apply(HereSession(host), wanted, pace=QUICK)
    host.docker.run(["exec", "--user", "ContainerAdministrator", "hnskit-proxy", "route", "delete", "169.254.169.254"])
    found = verify(HereSession(host), wanted)
    failed = {(check.name, check.seen) for client in found.clients for check in client.checks if not check.ok}
    assert failed == {("answer", "HTTP 502")}


@pytest.mark.parametrize("mark", ["header", "log"])
def test_a_policy_that_takes_other_ports_too_is_no_proof(mark: str) -> None:
    """The control asks another port: where the proxy's mark shows there, too much is redirected."""
    other = "verify.proof.header=null" if mark == "log" else "verify.proof.log="
    wanted = sample_facts.desired(other)
    host = host_here()
    apply(HereSession(host), wanted, pace=QUICK)
    endpoint = strategies.endpoint(host, "hnskit-client1")
    target = hns_json.proxy_settings(endpoint.proxies[0]).destination
    strategies.set_policies(host, endpoint, hns_json.proxy_policy(target, "169.254.169.254", ""))
    found = verify(HereSession(host), wanted)
    failed = [
        (client.client, check.name, check.seen) for client in found.clients for check in client.checks if not check.ok
    ]
    assert failed == [("hnskit-client1", "control", f"the proxy's {mark}: it was redirected too")]


def proof(count: int, failed: Any = ()) -> Verification:
    """Of so many clients, some of which are not proved."""
    return Verification(
        "emulator://lab",
        tuple(
            ClientProof(f"c{number}", (Check("answer", number not in failed, "HTTP 2xx", "HTTP 200"),))
            for number in range(count)
        ),
    )


def test_run_and_verify_say_a_proof_in_the_same_words() -> None:
    """The one has it from a notebook's result, as JSON."""
    found = proof(2, failed=[1])
    assert proof_text(found.to_json()) == found.to_text()
    assert found.to_text().splitlines() == [
        "NOT PROVED: 1 of 2 clients are answered through the proxy",
        "  c0: proved",
        "    ok     answer: HTTP 2xx; seen: HTTP 200",
        "  c1: NOT PROVED",
        "    FAILED answer: HTTP 2xx; seen: HTTP 200",
    ]


def test_of_many_clients_those_that_are_proved_are_counted() -> None:
    """What failed is always listed."""
    assert proof(50).to_text() == "PROVED: 50 of 50 clients are answered through the proxy"
    said = proof(50, failed=range(12)).to_text()
    assert [f"c{number}" in said for number in range(50)] == [True] * 12 + [False] * 38
    assert said.endswith("the other 38: proved")
