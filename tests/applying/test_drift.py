"""What differs from the parameters is put right, with the least disruption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hnskit.emulator.host.host import EmulatedHost
from hnskit.model import hns_json
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from tests import sample_facts, strategies
from tests.applying.state import ONE_CLIENT, done, on, policies
from tests.in_process_host import host_here

MOVED = ("detach endpoint hnskit-client1", "attach endpoint hnskit-client1")
ELSEWHERE = sample_facts.redirect_policy("10.0.1.99:80")


def restart(host: EmulatedHost) -> None:
    strategies.docker(host, "stop", "hnskit-client1")
    strategies.docker(host, "start", "hnskit-client1")


@pytest.mark.parametrize(
    ("drift", "repair"),
    [
        (on("hnskit-client1", policies()), ["update policy hnskit-client1"]),
        (on("hnskit-client1", policies(sample_facts.misspelt_policy())), ["update policy hnskit-client1"]),
        (on("hnskit-client1", policies(ELSEWHERE, ELSEWHERE)), ["update policy hnskit-client1"]),
        (on("hnskit-proxy", policies(ELSEWHERE)), ["update policy hnskit-proxy"]),
        (on("hnskit-gateway", policies(ELSEWHERE)), ["update policy hnskit-gateway"]),
        (on("hnskit-client1", strategies._detach), ["attach endpoint hnskit-client1"]),
        (restart, ["detach endpoint hnskit-client1", "attach endpoint hnskit-client1"]),
        (strategies._stop("hnskit-client1"), ["start container hnskit-client1", *MOVED]),
        (strategies._remove("hnskit-client1"), ["run container hnskit-client1", *MOVED]),
        (strategies._forwarding_off, ["update forwarding hnskit-gateway"]),
        (
            on("hnskit-client1", strategies._delete),
            ["create endpoint hnskit-client1", "attach endpoint hnskit-client1", "update policy hnskit-client1"],
        ),
    ],
    ids=[
        "no policy", "misspelt", "doubled", "on the proxy", "on the gateway", "detached", "restarted", "stopped",
        "container gone", "forwarding off", "endpoint gone",
    ],
)  # fmt: skip
def test_drift_is_repaired_with_the_least_disruption(
    host: EmulatedHost, drift: Callable[..., Any], repair: list[str]
) -> None:
    """What differs is put right, and nothing else is touched: an endpoint is attached again, not made again."""
    drift(host)
    assert done(host) == repair


def test_a_redirect_that_is_right_stays_where_one_beside_it_goes(host: EmulatedHost) -> None:
    """That the plan names only what changes takes nothing else away."""
    (right,) = strategies.endpoint(host, "hnskit-client1").proxies
    address = strategies.endpoint(host, "hnskit-proxy").address
    stray = hns_json.proxy_policy(f"{address}:81", "169.254.169.250", 8080)
    strategies.set_policies(host, strategies.endpoint(host, "hnskit-client1"), right, stray)
    assert done(host) == ["update policy hnskit-client1"]
    assert strategies.endpoint(host, "hnskit-client1").proxies == (right,)


def test_a_wrong_gateway_makes_the_endpoint_again(host: EmulatedHost) -> None:
    """HNS cannot change a gateway: delete, create, attach, and the policy that went with it."""
    wanted = sample_facts.desired("gateway_endpoint.address=10.0.1.3")
    ids = done(host, wanted)
    assert ids.index("delete endpoint hnskit-client1") < ids.index("create endpoint hnskit-client1")
    assert not [id for id in ids if "network" in id or "container" in id]


def test_the_order_of_two_wanted_addresses_may_be_swapped(host: EmulatedHost) -> None:
    """Two clients that swap addresses are both made again; neither stands in the other's way."""
    first = sample_facts.desired("clients[0].address=10.0.1.20", "clients[1].address=10.0.1.21")
    done(host, first)
    swapped = sample_facts.desired("clients[0].address=10.0.1.21", "clients[1].address=10.0.1.20")
    done(host, swapped)
    assert strategies.endpoint(host, "hnskit-client1").address == "10.0.1.21"


def test_our_own_endpoint_that_holds_a_wanted_address_makes_room(host: EmulatedHost) -> None:
    """HNS chose the address for client2 that client1 now wants: client2 gets another one."""
    held = strategies.endpoint(host, "hnskit-client2").address
    done(host, sample_facts.desired(f"clients[0].address={held}"))
    assert strategies.endpoint(host, "hnskit-client1").address == held
    assert strategies.endpoint(host, "hnskit-client2").address != held


def test_a_client_that_left_the_parameters_is_removed_and_said_so(host: EmulatedHost, made: Provenance) -> None:
    """Its endpoint is detached and deleted, its container removed, if a journal says it was made; else it stays."""
    current = plan(ONE_CLIENT, host.snapshot(), made=made)
    assert {step.reason for step in current.pending if step.action == "delete"} == {"it is no longer in the parameters"}
    assert not plan(ONE_CLIENT, host.snapshot()).pending
    ids = done(host, ONE_CLIENT, made=made)
    assert ids == [
        "detach endpoint hnskit-client2",
        "delete endpoint hnskit-client2",
        "delete container hnskit-client2",
    ]


def test_clients_with_redirects_of_their_own() -> None:
    """A client's list stands in place of the top-level redirect; what is no longer in it goes."""
    host = host_here()
    own = "clients[0].redirects=[{address: 169.254.169.254, port: 81}, {address: 169.254.169.253, port: 80}]"
    wanted = sample_facts.desired(own)
    done(host, wanted)
    first, second = (strategies.endpoint(host, name).proxies for name in ("hnskit-client1", "hnskit-client2"))
    assert [(one.settings["IP"], one.settings["Port"]) for one in first] == [
        ("169.254.169.254", "81"),
        ("169.254.169.253", "80"),
    ]
    assert [one.settings["Port"] for one in second] == ["80"]
    assert done(host) == ["update policy hnskit-client1"]


def test_a_proxy_that_is_made_again_at_its_own_address_leaves_the_policies_alone() -> None:
    """They lead to the address that the parameters name; the plan promises no step that is then not needed."""
    wanted = sample_facts.desired()
    wanted = replace(wanted, proxy=replace(wanted.proxy, endpoint=replace(wanted.proxy.endpoint, address="10.0.1.12")))
    host = host_here()
    done(host, wanted)
    strategies.hns(host, "DELETE", f"/endpoints/{strategies.endpoint(host, 'hnskit-proxy').id}")
    promised = [step.id for step in plan(wanted, host.snapshot()).pending]
    assert sorted(done(host, wanted)) == sorted(promised)
    assert not [id for id in promised if "policy" in id]
