"""Questions about policies: what HNS stores of them, and what they do."""

from __future__ import annotations

from tests.contract.questions.asking import ALLOW_REST, PROXY, World, members, question, told


def kinds(policies: list[dict[str, object]]) -> str:
    return ", ".join(str(item.get("Type")) for item in policies) or "none"


@question("HNS fact 46", "0x80070057", settles="HNS 46")
def policies_as_an_object(w: World) -> str:
    """What does v1 say of Policies that is an object in place of a list, as PowerShell sends one policy?"""
    id = w.make()["ID"]
    return w.said("POST", f"/endpoints/{id}", {"ID": id, "Policies": {**PROXY, "Destination": "10.0.0.9:80"}})


@question("HNS fact 46", "0x80070057", settles="HNS 46")
def policies_as_null(w: World) -> str:
    """What does v1 say of Policies that is null, as PowerShell sends none?"""
    id = w.make()["ID"]
    return w.said("POST", f"/endpoints/{id}", {"ID": id, "Policies": None})


@question("HNS facts 45, 53", "OutBoundNAT, L2Driver, ACL", settles="HNS 53")
def an_update_with_acls_alone(w: World) -> str:
    """Which policies has an endpoint with a PROXY after an update that has one ACL only?"""
    id = w.make(Policies=[{"Type": "OutBoundNAT"}])["ID"]
    w.set(id, {**PROXY, "Destination": "10.0.0.9:80"})
    return kinds(w.set(id, {"Type": "ACL", "Action": "Allow", "Direction": "Out", "Priority": 100}))


@question("HNS fact 53", "OutBoundNAT, L2Driver, PROXY")
def policies_of_the_creation_after_an_update(w: World) -> str:
    """Which policies has an endpoint made with OutBoundNAT after an update that has a PROXY only?"""
    return kinds(w.set(w.make(Policies=[{"Type": "OutBoundNAT"}])["ID"], {**PROXY, "Destination": "10.0.0.9:80"}))


@question("HNS fact 45", "OutBoundNAT, L2Driver")
def an_empty_list_of_policies(w: World) -> str:
    """Which policies has an endpoint made with OutBoundNAT, with a PROXY, after an update with an empty list?"""
    id = w.make(Policies=[{"Type": "OutBoundNAT"}])["ID"]
    w.set(id, {**PROXY, "Destination": "10.0.0.9:80"})
    return kinds(w.set(id))


@question("HNS fact 49", "taken", settles="HNS 49")
def a_destination_without_a_port(w: World) -> str:
    """Is a PROXY taken whose Destination has no port?"""
    id = w.make()["ID"]
    return told(lambda: w.set(id, {**PROXY, "Destination": "10.0.0.9"}))


@question("HNS fact 49", "not answered", settles="HNS 49")
def a_destination_without_a_port_at_work(w: World) -> str:
    """Is the client's request answered with a Destination that has no port?"""
    return "answered" if w.with_client_policies({**PROXY, "Destination": w.proxy_address}) else "not answered"


@question("HNS fact 44", "int")
def a_port_that_is_a_number(w: World) -> str:
    """How is a Port shown that was sent as a number?"""
    shown = w.set(w.make()["ID"], {**PROXY, "Port": 80, "Destination": "10.0.0.9:80"})
    return type(next(item for item in shown if item["Type"] == "PROXY")["Port"]).__name__


@question("HNS fact 47", "kept")
def a_key_that_no_hns_knows(w: World) -> str:
    """Is an unknown key of a PROXY kept?"""
    shown = w.set(w.make()["ID"], {**PROXY, "OutbountNat": True, "Destination": "10.0.0.9:80"})
    return "kept" if any("OutbountNat" in item for item in shown) else "dropped"


@question("HNS fact 44", "taken")
def a_type_in_another_letter_case(w: World) -> str:
    """What becomes of a policy whose Type is Proxy?"""
    id = w.make()["ID"]
    return told(lambda: w.set(id, {**PROXY, "Type": "Proxy", "Destination": "10.0.0.9:80"}))


@question("HNS fact 42", "0x803B000E")
def a_type_that_no_hns_knows(w: World) -> str:
    """What does v1 say of a policy of an unknown Type?"""
    id = w.make()["ID"]
    return told(lambda: w.set(id, {"Type": "HnskitNothing"}))


@question("HNS fact 45", "2")
def the_same_policy_twice(w: World) -> str:
    """How often is a PROXY shown that was sent twice?"""
    same = {**PROXY, "Destination": "10.0.0.9:80"}
    return str(sum(item["Type"] == "PROXY" for item in w.set(w.make()["ID"], same, same)))


@question("HNS fact 45", "as it was sent")
def the_order_of_policies(w: World) -> str:
    """Are two PROXY policies shown in the order in which they were sent?"""
    ports = ["81", "80"]
    shown = w.set(w.make()["ID"], *({**PROXY, "Port": port, "Destination": "10.0.0.9:80"} for port in ports))
    return "as it was sent" if [item["Port"] for item in shown if item["Type"] == "PROXY"] == ports else "another"


@question("HNS facts 44, 48", "answered", settles="HNS 48")
def a_policy_without_a_filter(w: World) -> str:
    """Is the client's request answered with a PROXY that has neither IP nor Port, as the seed's one-liner?"""
    policy = {"Type": "PROXY", "OutboundNat": True, "Destination": f"{w.proxy_address}:80"}
    return "answered" if w.with_client_policies(policy) else "not answered"


@question("HNS fact 44", "answered", settles="HNS 48")
def a_policy_for_a_prefix(w: World) -> str:
    """Is the client's request answered with a PROXY whose IP is 169.254.169.254/32?"""
    policy = {**PROXY, "IP": "169.254.169.254/32", "Destination": f"{w.proxy_address}:80"}
    return "answered" if w.with_client_policies(policy) else "not answered"


@question("HNS fact 49", "not answered", settles="HNS N9")
def a_destination_that_is_the_gateway(w: World) -> str:
    """Is the client's request answered where Destination is the gateway endpoint, as in the author's transcript?"""
    policy = {**PROXY, "Destination": f"{w.wanted.gateway.address}:80"}
    return "answered" if w.with_client_policies(policy) else "not answered"


@question("HNS fact 47", "not answered", settles="HNS 48")
def a_policy_without_outbound_nat(w: World) -> str:
    """Is the client's request answered without OutboundNat?"""
    policy = {key: value for key, value in PROXY.items() if key != "OutboundNat"}
    return "answered" if w.with_client_policies({**policy, "Destination": f"{w.proxy_address}:80"}) else "not answered"


@question("HNS fact 47", "not answered")
def a_misspelt_outbound_nat(w: World) -> str:
    """Is the client's request answered with OutbountNat in place of OutboundNat?"""
    policy = {key: value for key, value in PROXY.items() if key != "OutboundNat"}
    wrong = {**policy, "OutbountNat": True, "Destination": f"{w.proxy_address}:80"}
    return "answered" if w.with_client_policies(wrong) else "not answered"


@question("containerd fact 56", "not answered", settles="containerd 56")
def a_block_acl_beside_the_policy(w: World) -> str:
    """Is the client's request answered beside the Block ACL that AKS sets for 169.254.169.254?"""
    block = {"Type": "ACL", "Protocols": "6", "Action": "Block", "Direction": "Out", "RuleType": "Switch",
             "RemoteAddresses": "169.254.169.254/32", "RemotePorts": "80", "Priority": 200}  # fmt: skip
    right = {**PROXY, "Destination": f"{w.proxy_address}:80"}
    return "answered" if w.with_client_policies(right, block, *ALLOW_REST) else "not answered"


@question("HNS fact 45", "not answered", settles="HNS 48")
def two_policies_that_claim_the_same(w: World) -> str:
    """Is the client's request answered where a PROXY to nobody stands before the right one?"""
    nobody = {**PROXY, "Destination": f"{w.wanted.network.prefix.rpartition('.')[0]}.250:80"}
    right = {**PROXY, "Destination": f"{w.proxy_address}:80"}
    return "answered" if w.with_client_policies(nobody, right) else "not answered"


@question("HNS fact 49", "0x803B000E")
def a_policy_on_nat(w: World) -> str:
    """What does v1 say of a PROXY on an endpoint of a NAT network?"""
    nat = next((item["ID"] for item in w.hns("GET", "/networks/") if item["Type"].lower() == "nat"), None)
    if nat is None:
        return "there is no NAT network"
    return w.tries(VirtualNetwork=nat, Policies=[{**PROXY, "Destination": "10.0.0.9:80"}])


@question("HNS fact 73; docker/for-win#3893", "0x803B0013", settles="HNS N7")
def a_port_of_the_host_twice(w: World) -> str:
    """What does v1 say of a second NAT policy for one port of the host, on a NAT network?"""
    nat = next((item["ID"] for item in w.hns("GET", "/networks/") if item["Type"].lower() == "nat"), None)
    if nat is None:
        return "there is no NAT network"
    policy = {"Type": "NAT", "Protocol": "TCP", "InternalPort": 80, "ExternalPort": 39090}
    w.make(VirtualNetwork=nat, Policies=[policy])
    return w.tries(VirtualNetwork=nat, Policies=[policy])


@question("HNS fact 52; cases of hcnproxyctl", "taken")
def v2_removal_of_no_policy(w: World) -> str:
    """What does HcnModifyEndpoint say of a Remove with empty Settings on an endpoint without policies?"""
    body = {"ResourceType": "Policy", "RequestType": "Remove", "Settings": {}}
    return w.said_by_v2("ModifyEndpoint", w.make()["ID"], body)


@question("HNS fact 51", "0x803B001B", settles="HNS N8")
def v2_spelling_of_outbound_nat(w: World) -> str:
    """Is an L4Proxy taken with OutboundNAT, as hcsshim spells it?"""
    return _l4proxy(w, {"OutboundNAT": True})


@question("HNS fact 51", "taken", settles="HNS N8")
def v2_spelling_of_outbound_nat_as_documented(w: World) -> str:
    """Is an L4Proxy taken with OutboundNat, as the documentation spells it?"""
    return _l4proxy(w, {"OutboundNat": True})


@question("HNS fact 51", "0x803B001B", settles="HNS N8")
def v2_spelling_of_exceptions(w: World) -> str:
    """Is an L4Proxy taken with Exceptions, as hcsshim spells it?"""
    return _l4proxy(w, {"OutboundNat": True, "Exceptions": ["10.0.0.0/8"]})


@question("HNS fact 51", "taken", settles="HNS N8")
def v2_spelling_of_exceptions_as_documented(w: World) -> str:
    """Is an L4Proxy taken with ExceptionList, as the documentation spells it?"""
    return _l4proxy(w, {"OutboundNat": True, "ExceptionList": ["10.0.0.0/8"]})


def _l4proxy(w: World, more: dict[str, object]) -> str:
    settings = {"IP": "169.254.169.254", "Port": "80", "Protocol": 6, "Destination": "10.0.0.9:80", **more}
    body = {"ResourceType": "Policy", "RequestType": "Add",
            "Settings": {"Policies": [{"Type": "L4Proxy", "Settings": settings}]}}  # fmt: skip
    return w.said_by_v2("ModifyEndpoint", w.make()["ID"], body)


@question("HNS facts 44, 51", "OutBoundNAT, L2Driver, L4Proxy", settles="HNS N1")
def v2_form_of_a_v1_policy(w: World) -> str:
    """How does a query of v2 show a PROXY that v1 set?"""
    shown = w.v2("endpoint", w.client["ID"]).get("Policies", [])
    return ", ".join(str(item.get("Type")) for item in shown) or members(shown)


@question("HNS facts 67, 84", "not answered")
def the_proxy_without_its_route(w: World) -> str:
    """Is a request answered by the metadata service after the proxy lost its route to 169.254.169.254?"""
    user, name, gateway = w.wanted.proxy.route_user, w.wanted.proxy.name, str(w.wanted.gateway.address)
    exec_ = ["exec", "--user", user or "ContainerAdministrator", name, "route.exe"]
    w.docker(*exec_, "delete", "169.254.169.254")
    try:
        before = w.docker("logs", name)["StdOut"].count('" 200 ')
        w.answered()
        return "answered" if w.docker("logs", name)["StdOut"].count('" 200 ') > before else "not answered"
    finally:
        w.docker(*exec_, "add", "169.254.169.254", "mask", "255.255.255.255", gateway)


@question("HNS fact 46", "0x80070057", settles="HNS 46")
def policies_as_an_object_in_a_creation(w: World) -> str:
    """What does v1 say of an endpoint whose Policies is an object in place of a list?"""
    return w.tries(Policies={"Type": "OutBoundNAT"})


@question("HNS fact 46", "L2Driver, PROXY", settles="HNS 46")
def policies_after_null(w: World) -> str:
    """Which policies has an endpoint with a PROXY after an update whose Policies is null?"""
    id = w.make()["ID"]
    w.set(id, {**PROXY, "Destination": "10.0.0.9:80"})
    w.said("POST", f"/endpoints/{id}", {"ID": id, "Policies": None})
    return kinds(w.get(id)["Policies"])


@question("HNS fact 53", "L2Driver, PROXY, ACL", settles="HNS 53")
def an_update_of_v2_with_acls_alone(w: World) -> str:
    """Which policies has an endpoint with a PROXY after an Update of v2 that has one ACL only?"""
    id = w.make()["ID"]
    w.set(id, {**PROXY, "Destination": "10.0.0.9:80"})
    acl = {"Protocols": "6", "Action": "Allow", "Direction": "Out", "Priority": 100, "RuleType": "Switch"}
    body = {"ResourceType": "Policy", "RequestType": "Update",
            "Settings": {"Policies": [{"Type": "ACL", "Settings": acl}]}}  # fmt: skip
    said = w.said_by_v2("ModifyEndpoint", id, body)
    return kinds(w.get(id)["Policies"]) if said == "taken" else said


@question("HNS fact 53", "L2Driver, PROXY", settles="HNS 53")
def acls_after_an_update_with_a_proxy_alone(w: World) -> str:
    """Which policies has an endpoint with an ACL after an update of v1 that has one PROXY only?"""
    id = w.make()["ID"]
    w.set(id, {"Type": "ACL", "Action": "Allow", "Direction": "Out", "Priority": 100})
    return kinds(w.set(id, {**PROXY, "Destination": "10.0.0.9:80"}))
