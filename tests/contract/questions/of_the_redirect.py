"""Questions about the redirect as it stands: how HNS shows it, and what its policy does."""

from __future__ import annotations

from tests.contract.questions.asking import ALLOW_REST, PROXY, World, members, question

METADATA = "http://169.254.169.254"


def _tags(endpoint: dict[str, object]) -> list[str]:
    resources = endpoint.get("Resources")
    allocators = resources.get("Allocators", []) if isinstance(resources, dict) else []
    return [str(item.get("Tag") or ("a policy" if item.get("IsPolicy") else "none")) for item in allocators]


@question(
    "HNS facts 32, 33",
    "ID, Name, Version, AdditionalParams, Resources, State, VirtualNetwork, VirtualNetworkName, Policies, MacAddress, "
    "IPAddress, PrefixLength, GatewayAddress, IPSubnetId, DNSServerList, EncapOverhead, SharedContainers",
    settles="HNS N1",
)
def members_of_a_redirected_endpoint(w: World) -> str:
    """Which members has the client's attached endpoint with its PROXY, and in which order?"""
    return members(w.client)


@question(
    "HNS facts 32, 33",
    "Endpoint Port, ACL Policy, L2Driver Policy, VFP OutBound NAT Policy, a policy",
    settles="HNS N1",
)
def allocators_of_a_redirected_endpoint(w: World) -> str:
    """Which allocators has the client's endpoint, by their tags and in their order?"""
    return ", ".join(_tags(w.client)) or "none"


@question("HNS fact 33", "a policy", settles="HNS N1")
def allocator_of_a_proxy_policy(w: World) -> str:
    """Which allocators does a PROXY bring to an attached endpoint?"""
    id = w.make()["ID"]
    w.attach(id, w.compartment(w.container()))
    before = _tags(w.get(id))
    w.set(id, *w.get(id)["Policies"], {**PROXY, "Destination": f"{w.proxy_address}:80"})
    return ", ".join(item for item in _tags(w.get(id)) if item not in before) or "none"


@question(
    "HNS fact 33",
    "AdapterNetCfgInstanceId, AdditionalParams, AllocationOrder, CompartmendId, Connected, "
    "DNSFirewallRules, DevicelessNic, DhcpDisabled, EndpointNicGuid, EndpointPortGuid, Flags, "
    "Health, ID, InterfaceGuid, IsPolicy, IsolationId, MacAddress, ManagementPort, NcfHidden, "
    "NicFriendlyName, NlmHidden, PreferredPortFriendlyName, State, SwitchId, Tag, "
    "WaitForIpv6Interface, nonPersistentPort",
    settles="HNS N1",
)
def members_of_an_endpoint_port(w: World) -> str:
    """Which members has the allocator "Endpoint Port" of an endpoint on an L2Bridge, and in which order?"""
    allocators = w.client["Resources"].get("Allocators", [])
    return members(next((item for item in allocators if item.get("Tag") == "Endpoint Port"), ""))


@question(
    "HNS fact 32",
    "AdditionalParams, AllocationOrder, Allocators, CompartmentOperationTime, Flags, Health, "
    "ID, PortOperationTime, State, SwitchOperationTime, VfpOperationTime, parentId",
    settles="HNS N1",
)
def members_of_the_resources(w: World) -> str:
    """Which members has Resources of the client's endpoint, and in which order?"""
    return members(w.client["Resources"])


def _by_v2(w: World, type: str, settings: dict[str, object]) -> str:
    id = str(w.make()["ID"])
    body = {"ResourceType": "Policy", "RequestType": "Add", "Settings": {"Policies": [_policy(type, settings)]}}
    said = w.said_by_v2("ModifyEndpoint", id, body)
    return id if said == "taken" else said


def _policy(type: str, settings: dict[str, object]) -> dict[str, object]:
    return {"Type": type, "Settings": settings}


L4: dict[str, object] = {"IP": "169.254.169.254", "Port": "80", "Destination": "10.0.0.9:80", "OutboundNat": True}
WFP: dict[str, object] = {"OutboundProxyPort": "15001", "FilterTuple": {"Protocols": "6"}, "UserSID": "S-1-5-32-556"}


def _shown(w: World, type: str, settings: dict[str, object], form: int) -> str:
    id = _by_v2(w, type, settings)
    if id.startswith("0x"):
        return id
    policies = w.get(id)["Policies"] if form == 1 else w.v2("endpoint", id).get("Policies", [])
    (shown,) = [item for item in policies if item["Type"] not in ("L2Driver", "OutBoundNAT")] or [{}]
    inner = shown.get("Settings")
    return f"{shown.get('Type')}: {members(inner if isinstance(inner, dict) else shown)}"


@question("HNS facts 42, 51", "PROXY: Destination, IP, OutboundNat, Port, Type", settles="HNS N1")
def l4proxy_in_the_old_form(w: World) -> str:
    """How does v1 show an L4Proxy that v2 set?"""
    return _shown(w, "L4Proxy", L4, 1)


@question("HNS facts 42, 51", "L4Proxy: IP, Port, Destination, OutboundNat", settles="HNS N1")
def l4proxy_in_the_new_form(w: World) -> str:
    """How does v2 show an L4Proxy that it was given?"""
    return _shown(w, "L4Proxy", L4, 2)


@question("HNS fact 54", "L4WFPPROXY: FilterTuple, OutboundProxyPort, Type, UserSID", settles="HNS N1")
def l4wfpproxy_in_the_old_form(w: World) -> str:
    """How does v1 show an L4WFPPROXY that v2 set?"""
    return _shown(w, "L4WFPPROXY", WFP, 1)


@question("HNS fact 54", "L4WFPPROXY: OutboundProxyPort, FilterTuple, UserSID", settles="HNS N1")
def l4wfpproxy_in_the_new_form(w: World) -> str:
    """How does v2 show an L4WFPPROXY that it was given?"""
    return _shown(w, "L4WFPPROXY", WFP, 2)


@question("containerd fact 53", "2", settles="containerd 53")
def two_l4wfpproxy_at_once(w: World) -> str:
    """How many L4WFPPROXY has an endpoint that v2 was sent two of in one request, as Istio does?"""
    other = {"Type": "L4WFPPROXY", "Settings": {**WFP, "OutboundProxyPort": "15008",
             "FilterTuple": {"Protocols": "6", "RemotePorts": "15008"}}}  # fmt: skip
    both = [{"Type": "L4WFPPROXY", "Settings": WFP}, other]
    id = w.make()["ID"]
    said = w.said_by_v2("ModifyEndpoint", id, {"ResourceType": "Policy", "RequestType": "Add",
                                               "Settings": {"Policies": both}})  # fmt: skip
    return said if said != "taken" else str(sum(item["Type"] == "L4WFPPROXY" for item in w.get(id)["Policies"]))


@question("containerd fact 53", "taken", settles="containerd 53")
def a_second_l4wfpproxy_later(w: World) -> str:
    """What does v2 say of an L4WFPPROXY on an endpoint that has one?"""
    id = _by_v2(w, "L4WFPPROXY", dict(WFP))
    if id.startswith("0x"):
        return f"the first: {id}"
    body = {"ResourceType": "Policy", "RequestType": "Add", "Settings": {"Policies": [_policy("L4WFPPROXY", WFP)]}}
    return w.said_by_v2("ModifyEndpoint", id, body)


def _told(answered: bool) -> str:
    return "answered" if answered else "not answered"


def _right(w: World) -> dict[str, object]:
    return {**PROXY, "Destination": f"{w.proxy_address}:80"}


@question("HNS fact 48", "the client's", settles="HNS 48")
def the_source_that_the_proxy_sees(w: World) -> str:
    """From which address does a redirected request reach the proxy? OutboundNat may give it another."""
    w.answered()
    source = w.proxy_log()[-1].split(" ")[0]
    return "the client's" if source == w.client["IPAddress"] else "another"


@question("HNS facts 47, 48", "not reached", settles="HNS 48")
def the_proxy_without_outbound_nat(w: World) -> str:
    """Does a request reach the proxy where the policy lacks OutboundNat?"""
    before = len(w.proxy_log())
    w.with_client_policies({key: value for key, value in _right(w).items() if key != "OutboundNat"})
    return "reached" if len(w.proxy_log()) > before else "not reached"


@question("HNS facts 44, 48", "not answered", settles="HNS 48")
def an_exception_for_the_destination(w: World) -> str:
    """Is the client's request answered where ExceptionList has 169.254.169.254?"""
    return _told(w.with_client_policies({**_right(w), "ExceptionList": ["169.254.169.254"]}))


@question("HNS facts 44, 48", "answered", settles="HNS 48")
def an_exception_for_the_client(w: World) -> str:
    """Is the client's request answered where ExceptionList has the client's own address?"""
    return _told(w.with_client_policies({**_right(w), "ExceptionList": [w.client["IPAddress"]]}))


@question("HNS fact 48", "not answered", settles="HNS 48")
def another_port_than_the_policy_s(w: World) -> str:
    """Is a request to 169.254.169.254 port 8080 answered by the proxy while the policy says port 80?"""
    return _told(w.answered(f"{METADATA}:8080/metadata/instance"))


@question("HNS fact 48", "answered", settles="HNS 48")
def a_port_that_is_rewritten(w: World) -> str:
    """Is a request to port 8080 answered where the policy leads port 8080 to the proxy's port 80?"""
    w.redirect({**_right(w), "Port": "8080"})
    return _told(w.answered(f"{METADATA}:8080/metadata/instance?api-version=2021-02-01"))


@question("HNS fact 48", "answered", settles="HNS 48")
def another_address_than_the_metadata_service_s(w: World) -> str:
    """Is a request to an address of TEST-NET answered by the proxy where the policy names that address?"""
    w.redirect({**_right(w), "IP": "192.0.2.80"})
    return _told(w.answered("http://192.0.2.80/metadata/instance?api-version=2021-02-01"))


@question("HNS fact 54b", "not answered", settles="HNS 54b")
def a_policy_that_leads_the_proxy_to_itself(w: World) -> str:
    """Is the client's request answered where the proxy's own endpoint has the same policy?"""
    proxy = w.by_name(w.wanted.proxy.endpoint.name)
    w.after(w.set, proxy["ID"], *proxy["Policies"])
    w.set(proxy["ID"], *proxy["Policies"], _right(w))
    before = sum('" 200 ' in line for line in w.proxy_log())
    w.answered()
    return "answered" if sum('" 200 ' in line for line in w.proxy_log()) > before else "not answered"


@question("HNS fact 84", "answered", settles="HNS 84")
def the_client_with_a_route(w: World) -> str:
    """Is the client's request answered where it has a route to 169.254.169.254 through the gateway endpoint?"""
    client = w.wanted.clients[0]
    words = ["exec", "--user", "ContainerAdministrator", client.name, "route.exe"]
    w.docker(*words, "add", "169.254.169.254", "mask", "255.255.255.255", str(w.wanted.gateway.address))
    w.after(w.docker, *words, "delete", "169.254.169.254")
    return _told(w.answered())


@question("containerd fact 44", "not answered", settles="containerd 44")
def a_destination_that_is_the_host(w: World) -> str:
    """Does WinRM of the host itself answer a request that the policy leads to the host's address, port 5985?"""
    address = str(w.network.get("ManagementIP", ""))
    w.redirect({**PROXY, "Destination": f"{address}:5985"})
    return _told("Microsoft-HTTPAPI" in w.curl())


@question("containerd facts 56, 59", "not answered", settles="containerd 56")
def the_block_acl_of_eks(w: World) -> str:
    """Is the client's request answered beside the Block ACL that EKS sets for 169.254.169.254?"""
    block = {"Type": "ACL", "Protocols": "256", "Action": "Block", "Direction": "Out", "Priority": 200,
             "RemoteAddresses": "169.254.169.254/32"}  # fmt: skip
    return _told(w.with_client_policies(_right(w), block, *ALLOW_REST))


@question("containerd fact 56", "answered", settles="containerd 56")
def a_block_acl_that_stands_after_an_allow(w: World) -> str:
    """Is the client's request answered where an Allow of priority 100 stands before the Block of 200?"""
    acl = {"Type": "ACL", "Protocols": "6", "Direction": "Out", "RuleType": "Switch",
           "RemoteAddresses": "169.254.169.254/32", "RemotePorts": "80"}  # fmt: skip
    block, allow = {**acl, "Action": "Block", "Priority": 200}, {**acl, "Action": "Allow", "Priority": 100}
    return _told(w.with_client_policies(_right(w), block, allow, *ALLOW_REST))


@question("containerd fact 56", "answered", settles="containerd 56")
def a_block_acl_for_the_proxy_s_address(w: World) -> str:
    """Is the client's request answered beside a Block ACL for the proxy: is a rule asked after the rewrite?"""
    block = {"Type": "ACL", "Protocols": "6", "Action": "Block", "Direction": "Out", "Priority": 200,
             "RuleType": "Switch", "RemoteAddresses": w.proxy_address, "RemotePorts": "80"}  # fmt: skip
    return _told(w.with_client_policies(_right(w), block, *ALLOW_REST))
