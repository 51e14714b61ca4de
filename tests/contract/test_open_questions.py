"""The questions of docs/beliefs.md, asked of a host: with the redirect up, one policy more, and a request.

Each changes the client's, the proxy's or the gateway's policies and puts them back: on a real host only with
--change-host. A failure there is an answer: something that the emulated host believes of Windows is not so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.applying.journal import Journal
from hnskit.facts.host_facts import gather_facts
from hnskit.facts.source import connect
from hnskit.model.objects import METADATA_ADDRESS
from hnskit.params.desired import desired_from
from hnskit.params.loading import load_params
from hnskit.remote import hns
from hnskit.remote.session import Call, invoke_calls
from tests import sample_facts
from tests.contract.conftest import TARGET
from tests.host_process import emulated_host

URL = f"http://{METADATA_ADDRESS}/metadata/instance?api-version=2021-02-01"
BLOCK = {"Type": "ACL", "Action": "Block", "Priority": 100}


class Redirected(NamedTuple):
    """A host with the redirect up."""

    session: Any
    wanted: Any
    facts: Any

    def endpoint(self, name: str) -> dict[str, Any]:
        """An endpoint as HNS has it now."""
        id = next(item.id for item in self.facts.endpoints if item.name == name)
        return dict(self._hns("GET", f"/endpoints/{id}"))

    def set_policies(self, endpoint: dict[str, Any], policies: list[dict[str, Any]]) -> None:
        """Its whole list (HNS fact 45)."""
        self._hns("POST", f"/endpoints/{endpoint['ID']}", {"ID": endpoint["ID"], "Policies": policies})

    def asked(self) -> bool:
        """Whether the client's request is answered through the proxy."""
        client = self.wanted.clients[0].name
        words = ["exec", client, "curl.exe", "--silent", "--include", "--max-time", "10", "-H", "Metadata: true", URL]
        return "Via:" in self._docker(words)["StdOut"]

    def proxy_log(self) -> str:
        """The proxy container's log."""
        ran = self._docker(["logs", self.wanted.proxy.name])
        return str(ran["StdOut"] + ran["StdErr"])

    def _docker(self, words: list[str]) -> dict[str, Any]:
        call = Call("d", "Invoke-HnskitDocker", {"ArgumentList": words, "TimeoutSeconds": 60})
        return dict(next(iter(invoke_calls(self.session, [call]))).value())

    def _hns(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return hns.output(next(iter(invoke_calls(self.session, [hns.request("h", method, path, body)]))))


@pytest.fixture(scope="module")
def redirected(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redirected]:
    if TARGET and not pytestconfig.getoption("--change-host"):
        pytest.skip("it changes the host of HNSKIT_TEST_TARGET: give --change-host")
    place = tmp_path_factory.mktemp("questions")
    with ExitStack() as stack:
        emulated = () if TARGET else stack.enter_context(emulated_host(place / "state"))
        params = load_params(TARGET or sample_facts.PARAMS, overrides=emulated)
        wanted = desired_from(params)
        session = stack.enter_context(connect(params))
        made = apply(session, wanted, journal=Journal(place / "journal.jsonl", params.target)).made
        stack.callback(destroy, session, wanted, made=made)
        yield Redirected(session, wanted, gather_facts(session))


@pytest.fixture
def with_policy(redirected: Redirected) -> Iterator[Any]:
    """Adds a policy to an endpoint; the list is put back afterwards."""
    with ExitStack() as stack:

        def add(name: str, policy: dict[str, Any]) -> None:
            endpoint = redirected.endpoint(name)
            stack.callback(redirected.set_policies, endpoint, endpoint["Policies"])
            redirected.set_policies(endpoint, [*endpoint["Policies"], policy])

        yield add


def test_an_acl_lets_the_answers_of_a_connection_pass_that_it_let_in(redirected: Redirected, with_policy: Any) -> None:
    """UNCONFIRMED: docs/beliefs.md, "Out at the proxy, the client: answers"."""
    client = redirected.endpoint(redirected.wanted.clients[0].endpoint.name)["IPAddress"]
    with_policy(redirected.wanted.proxy.endpoint.name, {**BLOCK, "Direction": "Out", "RemoteAddresses": client})
    assert redirected.asked()


def test_the_gateway_endpoint_s_acls_look_at_what_it_forwards(redirected: Redirected, with_policy: Any) -> None:
    """UNCONFIRMED: docs/beliefs.md, "In at the gateway endpoint"; the proxy then answers that it got no answer."""
    before = redirected.proxy_log().count('" 200 ')
    with_policy(redirected.wanted.gateway.name, {**BLOCK, "Direction": "In"})
    redirected.asked()
    assert redirected.proxy_log().count('" 200 ') == before


def test_an_l4wfpproxy_beside_the_redirect_leaves_it_as_it_is(redirected: Redirected, with_policy: Any) -> None:
    """UNCONFIRMED: docs/beliefs.md, "an L4WFPPROXY beside it"; a host may also refuse the policy (HNS fact 54)."""
    port = {"Type": "L4WFPPROXY", "OutboundProxyPort": "15001", "FilterTuple": {"Protocols": "6"}}
    with_policy(redirected.wanted.clients[0].endpoint.name, port)
    assert redirected.asked()


def test_the_proxy_sees_the_client_s_own_address(redirected: Redirected) -> None:
    """UNCONFIRMED: whether OutboundNat gives the redirected connection another source (HNS fact 48)."""
    client = redirected.endpoint(redirected.wanted.clients[0].endpoint.name)["IPAddress"]
    assert redirected.asked()
    assert redirected.proxy_log().splitlines()[-1].startswith(f"{client} - - ")


def test_without_outbound_nat_the_proxy_is_not_asked_at_all(redirected: Redirected) -> None:
    """UNCONFIRMED: that nothing is rewritten (HNS fact 47); it may be rewritten, and the answer lost on its way."""
    endpoint = redirected.endpoint(redirected.wanted.clients[0].endpoint.name)
    without = [{key: value for key, value in item.items() if key != "OutboundNat"} for item in endpoint["Policies"]]
    before = redirected.proxy_log()
    try:
        redirected.set_policies(endpoint, without)
        assert not redirected.asked()
        assert redirected.proxy_log() == before
    finally:
        redirected.set_policies(endpoint, endpoint["Policies"])
    assert redirected.asked()
