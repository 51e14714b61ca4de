"""Load balancers and routes of HCN as its real clients use them, and the host's answers."""

from __future__ import annotations

import pytest

from tests.emulator.hcn_client import (
    ALL,
    NOT_FOUND,
    UNSUPPORTED,
    ZERO,
    Client,
    balancer,
    route,
)
from tests.emulator.host_scenario import output


@pytest.mark.parametrize("profile", ALL)
def test_a_load_balancer_is_made_seen_in_both_forms_and_removed(profile: str) -> None:
    client = Client(profile)
    end = client.endpoint(client.network("Overlay"))
    made = client.create("LoadBalancer", balancer(end))
    assert client.found("LoadBalancer", ID=made["ID"]) == client.found("LoadBalancer") == [made]
    assert (made["HostComputeEndpoints"], made["FrontendVIPs"], made["SourceVIP"], made["Flags"]) == (
        [end["ID"]], ["1.1.1.2", "1.1.1.3"], "10.0.0.1", 0,
    )  # fmt: skip
    (old,) = output(client.host, "GET", "/policylists")
    (rule,) = old["Policies"]
    assert (old["References"], rule["Type"], rule["ExternalPort"]) == ([f"/endpoints/{end['ID']}"], "ELB", 8090)
    client.delete("LoadBalancer", made)
    assert client.found("LoadBalancer") == []


@pytest.mark.parametrize(("flags", "port_flags"), [(1, 8), (0, 1), (0, 2), (1, 0)])
def test_flags_of_a_load_balancer_come_back(flags: int, port_flags: int) -> None:
    client = Client()
    end = client.endpoint(client.network("Overlay"))
    made = client.create("LoadBalancer", balancer(end, flags=flags, port_flags=port_flags))
    assert (made["Flags"], made["PortMappings"][0]["Flags"]) == (flags, port_flags)


def test_a_load_balancer_is_changed_in_place_from_15_4() -> None:
    client = Client()
    network = client.network("Overlay")
    first, second = client.endpoint(network), client.endpoint(network)
    made = client.create("LoadBalancer", balancer(first))
    for ends in ((first, second), (first,)):
        client.do("ModifyLoadBalancer", made["ID"], {"ID": made["ID"], **balancer(*ends)})
        assert client.query("LoadBalancer", made["ID"])["HostComputeEndpoints"] == [item["ID"] for item in ends]
    old = Client("ws2022")
    end = old.endpoint(old.network("Overlay"))
    made = old.create("LoadBalancer", balancer(end))
    assert old.ask("ModifyLoadBalancer", made["ID"], balancer(end))[0] == UNSUPPORTED


def test_a_load_balancer_comes_and_goes_with_another_backend() -> None:
    """hcsshim's AddEndpoint: removed, and made anew with the same id."""
    client = Client("ws2019")
    network = client.network("Overlay")
    first, second = client.endpoint(network), client.endpoint(network)
    made = client.create("LoadBalancer", balancer(first))
    client.delete("LoadBalancer", made)
    again = client.create("LoadBalancer", {"ID": made["ID"], **balancer(first, second)})
    assert (again["ID"], len(again["HostComputeEndpoints"])) == (made["ID"], 2)


def test_session_affinity_is_from_12_0() -> None:
    body = balancer()
    body["PortMappings"][0]["DistributionType"] = 2
    old, new = Client("ws2019"), Client("ws2022")
    assert old.ask("CreateLoadBalancer", ZERO, body)[0] == 0x80070057
    assert new.create("LoadBalancer", body)["PortMappings"][0]["DistributionType"] == 2


@pytest.mark.parametrize("key", ["Setting", "Routes"])
@pytest.mark.parametrize("profile", ALL)
def test_a_route_is_made_found_and_removed_and_is_no_load_balancer(profile: str, key: str) -> None:
    """hcsshim writes Setting, the schema and hns.v2.psm1 Routes: both are taken and given, which is UNCONFIRMED."""
    client = Client(profile)
    end = client.endpoint(client.network("Overlay"))
    body = route(end)
    body[key] = body.pop("Setting")
    made = client.create("SdnRoute", body)
    assert client.found("SdnRoute", ID=made["ID"]) == [made]
    assert made["Routes"] == made["Setting"] == body[key]
    assert (client.found("LoadBalancer"), client.ask("OpenLoadBalancer", made["ID"])[0]) == ([], NOT_FOUND)
    client.delete("SdnRoute", made)
    assert client.found("SdnRoute") == []


def test_a_route_comes_and_goes_with_another_endpoint() -> None:
    client = Client()
    network = client.network("Overlay")
    first, second = client.endpoint(network), client.endpoint(network)
    made = client.create("SdnRoute", route(first))
    client.delete("SdnRoute", made)
    assert len(client.create("SdnRoute", {"ID": made["ID"], **route(first, second)})["HostComputeEndpoints"]) == 2
