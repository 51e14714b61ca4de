"""Questions about endpoints: their creation, their addresses and names, attach and detach."""

from __future__ import annotations

from hnskit.errors import HnskitError
from tests.contract.questions.asking import World, members, question
from tests.contract.questions.reading import NOWHERE


@question("HNS fact 12", "Success", settles="HNS 12")
def envelope_of_attach(w: World) -> str:
    """Which members has the answer of an attach that worked?"""
    return members(w.attach(w.make()["ID"], w.compartment(w.container())))


@question("HNS, not known: bytes of answers", "Success", settles="HNS N2")
def envelope_of_detach(w: World) -> str:
    """Which members has the answer of a detach that worked?"""
    id = w.make()["ID"]
    w.attach(id, w.compartment(w.container()))
    return members(w.envelope("POST", f"/endpoints/{id}/detach", {"SystemType": "Host"}))


@question("HNS, not known: bytes of answers", "Success", settles="HNS N2")
def envelope_of_a_deletion(w: World) -> str:
    """Which members has the answer of a DELETE that worked?"""
    return members(w.envelope("DELETE", f"/endpoints/{w.make()['ID']}"))


@question("HNS, not known", "0x803B0027", settles="HNS N3")
def attach_to_no_compartment(w: World) -> str:
    """What does attach to a compartment say that does not exist?"""
    path = f"/endpoints/{w.make()['ID']}/attach"
    return w.said("POST", path, {"SystemType": "Host", "CompartmentId": 9999})


@question("HNS fact 40", "0x803B0014")
def attach_twice_to_the_same(w: World) -> str:
    """What does a second attach to the same compartment say?"""
    id, place = w.make()["ID"], w.compartment(w.container())
    w.attach(id, place)
    return w.said("POST", f"/endpoints/{id}/attach", {"SystemType": "Host", "CompartmentId": place})


@question("HNS fact 40", "0x80070490")
def detach_of_a_free_endpoint(w: World) -> str:
    """What does detach of an endpoint say that is attached to nothing?"""
    return w.said("POST", f"/endpoints/{w.make()['ID']}/detach", {"SystemType": "Host"})


@question("HNS facts 31 to 35", "1, then 2, then 4")
def states_of_an_endpoint(w: World) -> str:
    """Which State has it when it is made, attached to a container's compartment, and detached again?"""
    id = w.make()["ID"]
    states = [w.get(id)["State"]]
    w.attach(id, w.compartment(w.container()))
    states.append(w.get(id)["State"])
    w.hns("POST", f"/endpoints/{id}/detach", {"SystemType": "Host"})
    return ", then ".join(map(str, [*states, w.get(id)["State"]]))


@question("HNS fact 35", "none")
def containers_of_a_host_attach(w: World) -> str:
    """Which containers does an endpoint list that was attached by compartment?"""
    id = w.make()["ID"]
    w.attach(id, w.compartment(w.container()))
    return "some" if w.get(id).get("SharedContainers") else "none"


@question("issue of two endpoints; docs/adoption.md", "taken")
def second_endpoint_in_a_compartment(w: World) -> str:
    """Is a second endpoint of one network taken into one compartment? hnskit never does that."""
    place = w.compartment(w.container())
    w.attach(w.make()["ID"], place)
    return w.said("POST", f"/endpoints/{w.make()['ID']}/attach", {"SystemType": "Host", "CompartmentId": place})


@question("HNS fact 75", "taken")
def deletion_while_attached(w: World) -> str:
    """Is an endpoint deleted while it is attached?"""
    id = w.make()["ID"]
    w.attach(id, w.compartment(w.container()))
    return w.said("DELETE", f"/endpoints/{id}")


@question("HNS facts 13, 74", "0x80070490")
def deletion_of_nothing(w: World) -> str:
    """What does DELETE of an endpoint say that does not exist?"""
    return w.said("DELETE", f"/endpoints/{NOWHERE}")


@question("HNS, not known", "0x803B002F", settles="HNS N3")
def an_address_outside_of_the_subnet(w: World) -> str:
    """What does v1 say of an address outside of the network's subnets?"""
    return w.tries(IPAddress="192.0.2.7")


@question("HNS fact 73", "0x803B002F")
def an_address_in_use(w: World) -> str:
    """What does v1 say of an address that another endpoint has?"""
    return w.tries(IPAddress=w.proxy_address)


@question("HNS fact 73", "0x803B002F")
def the_network_s_gateway_as_an_address(w: World) -> str:
    """Can an endpoint have the address of the subnet's gateway?"""
    return w.tries(IPAddress=w.wanted.network.gateway)


@question("HNS fact 28", "taken")
def a_gateway_outside_of_the_subnet(w: World) -> str:
    """Is a GatewayAddress outside of the subnet taken?"""
    return w.tries(GatewayAddress="192.0.2.1")


@question("HNS fact 28", "the subnet's")
def gateway_of_an_endpoint_without_one(w: World) -> str:
    """Which gateway has an endpoint that was made without one?"""
    made = w.make().get("GatewayAddress", "")
    return "the subnet's" if made == w.wanted.network.gateway else "none" if made in ("", "0.0.0.0") else "another"


@question("HNS fact 41", "Ethernet")
def name_of_an_endpoint_without_one(w: World) -> str:
    """Which name has an endpoint that was made without one?"""
    return str(w.make().get("Name", "none"))


@question("HNS fact 41", "Ethernet")
def name_of_an_endpoint_with_an_empty_one(w: World) -> str:
    """Which name has an endpoint that was made with an empty one?"""
    return str(w.make(Name="").get("Name") or "none")


@question("HNS fact 73", "taken")
def two_endpoints_of_one_name(w: World) -> str:
    """Are two endpoints of one name taken?"""
    w.make(Name="hnskit-question")
    return w.tries(Name="hnskit-question")


@question("HNS fact 41", "kept whole")
def a_name_of_300_letters(w: World) -> str:
    """What becomes of a long name?"""
    try:
        name = str(w.make(Name="n" * 300).get("Name", ""))
    except HnskitError:
        return "refused"
    return "kept whole" if name == "n" * 300 else f"cut to {len(name)}"


@question("HNS fact 41", "kept whole")
def a_name_in_other_letters(w: World) -> str:
    """What becomes of a name with umlauts and an emoji?"""
    name = "hnskit-\u00fc\U0001f310"
    return "kept whole" if w.make(Name=name).get("Name") == name else "changed"


@question("HNS fact 47", "taken")
def a_member_that_no_hns_knows(w: World) -> str:
    """Is an endpoint with an unknown member taken by v1?"""
    return w.tries(HnskitNothing=True)


@question("HNS fact 29", "kept")
def a_mac_of_the_client_s(w: World) -> str:
    """What becomes of a MacAddress that the request has?"""
    mac = "00-15-5D-7F-7F-01"
    return "kept" if w.make(MacAddress=mac).get("MacAddress", "").upper() == mac else "another"


@question("HNS fact 29", "taken")
def a_mac_in_use(w: World) -> str:
    """What does v1 say of a MacAddress that another endpoint has?"""
    return w.tries(MacAddress=w.client["MacAddress"])


@question("HNS fact 28", "taken")
def dns_servers_are_kept(w: World) -> str:
    """Is DNSServerList shown as it was sent?"""
    servers = "192.0.2.53,192.0.2.54"
    return "taken" if w.make(DNSServerList=servers).get("DNSServerList") == servers else "changed"


@question("HNS fact 28", "0x80070490")
def an_endpoint_of_no_network(w: World) -> str:
    """What does POST /endpoints say of a network that does not exist?"""
    return w.said("POST", "/endpoints", {"VirtualNetwork": NOWHERE, "Policies": []})


@question("docs/conformance.md", "0x80070057")
def an_endpoint_without_a_network(w: World) -> str:
    """What does POST /endpoints say without a VirtualNetwork?"""
    return w.said("POST", "/endpoints", {"Policies": []})


@question("HNS fact 72", "0x803B0010", settles="HNS 72")
def a_second_network_of_one_name(w: World) -> str:
    """Does v1 take a second network of one name? One that was made is removed."""
    before = {item["ID"] for item in w.hns("GET", "/networks/")}
    there = w.network
    said = w.said("POST", "/networks", {key: there[key] for key in ("Name", "Type", "Subnets")})
    for item in w.hns("GET", "/networks/"):
        if item["ID"] not in before:
            w.hns("DELETE", f"/networks/{item['ID']}")
    return said


@question(
    "docs/conformance.md, from memory",
    "ID, Name, HostComputeNetwork, HostComputeNamespace, Policies, IpConfigurations, Dns, Routes, MacAddress, "
    "Flags, Health, SchemaVersion",
)
def members_of_a_v2_endpoint(w: World) -> str:
    """Which members has an endpoint in the v2 form, and in which order?"""
    return members(w.v2("endpoint", w.client["ID"]))


@question("HNS fact 28", "0")
def count_of_allocators_of_a_free_endpoint(w: World) -> str:
    """How many allocators has an endpoint that is attached to nothing?"""
    return str(len(w.make().get("Resources", {}).get("Allocators", [])))


@question("HNS fact 12", '{"Success":true}', settles="HNS 12")
def text_of_an_attach(w: World) -> str:
    """What is the answer of an attach that worked, letter for letter?"""
    place = {"SystemType": "Host", "CompartmentId": w.compartment(w.container())}
    return w.text("POST", f"/endpoints/{w.make()['ID']}/attach", place) or "nothing"


@question("HNS, not known: bytes of answers", '{"Success":true}', settles="HNS N2")
def text_of_a_detach(w: World) -> str:
    """What is the answer of a detach that worked, letter for letter?"""
    id = w.make()["ID"]
    w.attach(id, w.compartment(w.container()))
    return w.text("POST", f"/endpoints/{id}/detach", {"SystemType": "Host"}) or "nothing"


@question("HNS, not known: bytes of answers", '{"Success":true}', settles="HNS N2")
def text_of_a_deletion(w: World) -> str:
    """What is the answer of a DELETE that worked, letter for letter?"""
    return w.text("DELETE", f"/endpoints/{w.make()['ID']}") or "nothing"


@question(
    "HNS, not known: bytes of answers",
    "BytesReceived, BytesSent, DroppedPacketsIncoming, DroppedPacketsOutgoing, EndpointId, "
    "InstanceId, PacketsReceived, PacketsSent",
    settles="HNS N2",
)
def members_of_statistics(w: World) -> str:
    """Which members has GET /endpointstats/ID of the client's endpoint, and in which order?"""
    return members(w.hns("GET", f"/endpointstats/{w.client['ID']}"))


@question("HNS, not known: bytes of answers", "a list", settles="HNS N2")
def list_of_statistics(w: World) -> str:
    """What is GET /endpointstats/ without an id?"""
    return members(w.hns("GET", "/endpointstats/")).partition(" of ")[0]


@question("HNS, checklist: attach", "The specified network compartment was not found. ", settles="HNS N3")
def words_of_an_attach_to_no_compartment(w: World) -> str:
    """Which words has the refusal of an attach to a compartment that does not exist (on an English host)?"""
    path = f"/endpoints/{w.make()['ID']}/attach"
    return str(w.envelope("POST", path, {"SystemType": "Host", "CompartmentId": 9999}).get("Error", "none"))


@question("HNS fact 39", "0x80070490", settles="HNS N9")
def attach_by_the_activity_id(w: World) -> str:
    """What does attach say of the ActivityId in the place of the ID, as the original's page has it?"""
    made = w.make()
    path = f"/endpoints/{made.get('ActivityId') or made['Resources']['ID']}/attach"
    return w.said("POST", path, {"SystemType": "Host", "CompartmentId": w.compartment(w.container())})


def _nat(w: World, name: str) -> str:
    subnets = [{"AddressPrefix": "192.0.2.0/24", "GatewayAddress": "192.0.2.1"}]
    return str(w.hns("POST", "/networks", {"Name": name, "Type": "NAT", "Subnets": subnets})["ID"])


@question("HNS fact 75", "gone", settles="HNS 75")
def endpoints_of_a_removed_network(w: World) -> str:
    """What becomes of the endpoint of a network that is removed?"""
    network = _nat(w, "hnskit-question")
    id = w.make(VirtualNetwork=network)["ID"]
    w.hns("DELETE", f"/networks/{network}")
    return "there" if any(item["ID"].lower() == id.lower() for item in w.hns("GET", "/endpoints/")) else "gone"


@question("HNS fact 75", "taken, gone", settles="HNS 75")
def attached_endpoints_of_a_removed_network(w: World) -> str:
    """What becomes of an endpoint that is attached to a container, and whose network is removed?"""
    network = _nat(w, "hnskit-question")
    id = w.make(VirtualNetwork=network)["ID"]
    w.attach(id, w.compartment(w.container()))
    said = w.said("DELETE", f"/networks/{network}")
    there = any(item["ID"].lower() == id.lower() for item in w.hns("GET", "/endpoints/"))
    if said != "taken":
        w.drop(id)
        w.said("DELETE", f"/networks/{network}")
    return f"{said}, {'there' if there else 'gone'}"


@question("HNS fact 72", "0x803B0010", settles="HNS 72")
def a_second_nat_network_of_one_name(w: World) -> str:
    """Does v1 take a second NAT network of one name and another subnet?"""
    network = _nat(w, "hnskit-question")
    before = {item["ID"] for item in w.hns("GET", "/networks/")}
    body = {"Name": "hnskit-question", "Type": "NAT", "Subnets": [{"AddressPrefix": "198.51.100.0/24"}]}
    said = w.said("POST", "/networks", body)
    for item in w.hns("GET", "/networks/"):
        if item["ID"] == network or item["ID"] not in before:
            w.said("DELETE", f"/networks/{item['ID']}")
    return said


@question("HNS, not known", "0x80070057", settles="HNS N3")
def an_address_of_another_family(w: World) -> str:
    """What does v1 say of an IPv6 address on a network that has IPv4 subnets only?"""
    return w.tries(IPAddress="2001:db8::7")


@question("HNS, not known", "0x803B002F")
def the_subnet_s_own_address(w: World) -> str:
    """What does v1 say of the subnet's first address, the one that ends in 0?"""
    return w.tries(IPAddress=w.wanted.network.prefix.partition("/")[0])
