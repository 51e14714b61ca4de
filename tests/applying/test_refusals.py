"""What stands in the way: what is our own makes room, and what is not is refused before any change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hnskit.applying.api import apply
from hnskit.emulator.host.host import EmulatedHost
from hnskit.errors import PreflightError
from hnskit.model.objects import Endpoint
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from tests import sample_facts, strategies
from tests.in_process_host import QUICK, HereSession, MemoryJournal, host_here
from tests.present import present


def stale(name: str, address: str, network: str = "8F3C3F28-0000-0000-0000-000000000000") -> Endpoint:
    """An endpoint whose network is gone (HNS fact 76)."""
    return replace(sample_facts.endpoint(name, address, None), id=f"STALE-{name}", network_id=network)


def test_a_stale_endpoint_of_our_own_that_holds_an_address_is_removed() -> None:
    """After a reboot the network is gone and the endpoint is not: it is deleted before it is made again."""
    left = stale("hnskit-gateway", "10.0.1.2")
    facts = replace(sample_facts.fresh(), endpoints=(left,))
    current = plan(sample_facts.desired(), facts, made=Provenance(frozenset({("endpoint", left.name, left.id)})))
    (delete,) = [step for step in current.pending if step.action == "delete"]
    create = next(step for step in current.pending if step.id == "create endpoint hnskit-gateway")
    assert delete.object_id == "STALE-hnskit-gateway"
    assert delete.key in create.needs
    assert not current.refused


def test_a_stale_endpoint_of_our_own_by_another_name_is_known_by_the_journal() -> None:
    """A client of an earlier run holds the address: the journal says that it is hnskit's."""
    journal = MemoryJournal()
    facts = replace(
        sample_facts.complete(), endpoints=(*sample_facts.complete().endpoints, stale("hnskit-old", "10.0.1.77"))
    )
    old = stale("hnskit-old", "10.0.1.77")
    journal.write("done", action="create", kind="network", name="hnskit-l2bridge", id=old.network_id)
    journal.write("done", action="create", kind="endpoint", name="hnskit-old", id=old.id)
    wanted = sample_facts.desired("clients[0].address=10.0.1.77")
    assert not plan(wanted, facts, made=journal.made).refused
    (refused,) = plan(wanted, facts).refused
    assert "Get-HnsEndpoint | Where-Object ID -EQ 'STALE-hnskit-old' | Remove-HnsEndpoint" in refused.reason


def test_a_foreign_endpoint_that_holds_a_wanted_address_is_refused_with_the_command(host: EmulatedHost) -> None:
    """Nothing of somebody else's is removed; the operator gets the line that would."""
    network = host.snapshot().networks_named("hnskit-l2bridge")[0]
    held = {endpoint.address for endpoint in host.snapshot().endpoints}
    address = next(one for one in ("10.0.1.97", "10.0.1.98", "10.0.1.99", "10.0.1.100") if one not in held)
    body = {"VirtualNetwork": network.id, "Name": "theirs", "IPAddress": address, "Policies": []}
    theirs = strategies.hns(host, "POST", "/endpoints", body)
    before = host.snapshot()
    with pytest.raises(PreflightError, match=f"Where-Object ID -EQ '{theirs['ID']}'"):
        apply(HereSession(host), sample_facts.desired(f"clients[0].address={address}"), pace=QUICK)
    assert host.snapshot() == before


def test_an_endpoint_in_the_compartment_of_somebody_elses_container_is_refused(host: EmulatedHost) -> None:
    """To take it away would cut off a container that is not hnskit's."""
    ping = ("ping.exe", "-t", "localhost")
    strategies.docker(host, "run", "--detach", "--name", "web", "--network", "none", strategies.IMAGE, *ping)
    facts = host.snapshot()
    web, ours = (
        present(facts.compartment_of(present(facts.container_named("web")))),
        strategies.endpoint(host, "hnskit-client1"),
    )
    strategies._detach(host, ours)
    strategies.hns(host, "POST", f"/endpoints/{ours.id}/attach", {"SystemType": "Host", "CompartmentId": web.id})
    (refused,) = plan(sample_facts.desired(), host.snapshot()).refused
    assert "docker stop web" in refused.reason


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["network.adapter=Ethernet 9"], "adapter Ethernet 9 is not there"),
        (
            ["network.subnet=10.0.0.0/24", "network.gateway=", "gateway_endpoint.address=10.0.0.5"],
            "in which the host itself is",
        ),
        (["proxy.image=nobody:1", "proxy.import="], "name no tarball"),
        (["network.subnet=172.24.0.0/16", "network.gateway=", "gateway_endpoint.address=172.24.0.2"], "overlaps"),
    ],
    ids=["adapter", "address", "image", "subnet"],
)
def test_what_cannot_be_satisfied_is_refused_before_any_change(overrides: list[str], words: str) -> None:
    """The facts before are the facts after."""
    host = host_here()
    host.windows.nics[0].name = "Ethernet"
    before, session = host.snapshot(), HereSession(host)
    own = next(item.address for item in before.addresses if item.origin == "Dhcp")
    texts = [text.replace("10.0.0.5", own) for text in overrides]
    with pytest.raises(PreflightError, match=words):
        apply(session, sample_facts.desired(*texts), pace=QUICK)
    assert host.snapshot() == before


def test_a_wifi_adapter_is_refused_before_any_change() -> None:
    """HNS is not asked: its answer would name no cause (0x80070057)."""
    host = host_here(wifi=True)
    before, session = host.snapshot(), HereSession(host)
    with pytest.raises(PreflightError, match=r"nothing was changed: .* is Wi-Fi, where L2Bridge does not work"):
        apply(session, sample_facts.desired(), pace=QUICK)
    assert not [call for pipeline in session.pipelines for call in pipeline if call.startswith("step: ")]
    assert host.snapshot() == before


def test_the_host_s_own_address_is_refused_on_a_bridge_that_is_there(host: EmulatedHost) -> None:
    """The adapter has got an address in the bridge's subnet since."""
    host.windows.nics[0].name = "Ethernet"
    facts = host.snapshot()
    address = next(one for last in range(70, 90) if not facts.endpoints_at(one := f"10.0.1.{last}"))
    own = replace(facts.addresses[0], address=address, interface_alias="Ethernet")
    facts = replace(facts, addresses=(*facts.addresses, own))
    assert "host's own address" in plan(sample_facts.desired(f"clients[0].address={address}"), facts).refused[0].reason


def test_more_endpoints_than_addresses_are_refused(host: EmulatedHost) -> None:
    """Others on the bridge have addresses, too."""
    host = host_here()
    small = ("network.subnet=10.0.1.0/29", "clients[0].address=")
    apply(HereSession(host), sample_facts.desired(*small), pace=QUICK)
    network = host.snapshot().networks_named("hnskit-l2bridge")[0]
    strategies.hns(host, "POST", "/endpoints", {"VirtualNetwork": network.id, "Name": "theirs", "Policies": []})
    wanted = sample_facts.desired(*small)
    more = replace(wanted, clients=(*wanted.clients, replace(wanted.clients[0], name="x", endpoint=replace(
        wanted.clients[0].endpoint, name="x"))))  # fmt: skip
    assert "has room for 4 endpoints, and 5 are wanted" in plan(more, host.snapshot()).refused[0].reason
