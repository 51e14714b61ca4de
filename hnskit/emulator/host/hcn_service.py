"""HCN, the v2 API, over the one state of the host: five kinds of objects, each made, listed, opened, asked, changed and
removed (HNS facts 51-57).

How a host prints v2 objects, and the codes of what is refused here, are UNCONFIRMED unless a fact is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hnskit.emulator.host import hcn_filters, hcn_objects, hcn_requests, refusals, text
from hnskit.emulator.host.endpoints import HnsEndpoint
from hnskit.emulator.host.fault_injection import FaultInjection
from hnskit.emulator.host.hcn_changes import Changes, HnsState
from hnskit.emulator.host.namespaces import HOST, TYPES, HnsNamespace
from hnskit.emulator.host.network_shape import HnsNetwork
from hnskit.emulator.host.policies import kind
from hnskit.emulator.host.profiles import MODERN, WFP_EXTENSION, Profile
from hnskit.emulator.host.reading import body_of, objects_in, text_in
from hnskit.emulator.host.refusals import HostRefusal

FIRST = (9, 2)
"""The HNS that has the v2 API (HNS fact 60)."""
KINDS = ("Network", "Endpoint", "Namespace", "LoadBalancer", "SdnRoute")
VERBS = ("Enumerate", "Create", "Open", "Query", "Modify", "Delete", "Stats")
"""All functions but Close, which is the client's own affair; Stats is HcnQueryEndpointStats."""
_SCHEMA_MINOR = {17763: 0, 20348: 11, 26100: 14}
"""Of schema 2 by Windows build (HNS fact 61); that of Server 2025 is UNCONFIRMED."""
_MODIFY_BALANCER = (15, 4)

Found = HnsEndpoint | HnsNetwork | HnsNamespace | dict[str, Any]


class Hcn:
    """The functions Hcn{Enumerate,Create,Open,Query,Modify,Delete} of the five kinds on one host."""

    def __init__(self, profile: Profile, state: HnsState, fault_injection: FaultInjection) -> None:
        self._profile = profile
        self._networks = state.networks
        self._endpoints = state.endpoints
        self._namespaces = state.namespaces
        self._policy_lists = state.policy_lists
        self._changes = Changes(profile, state)
        self._fault_injection = fault_injection

    def call(self, operation: str, identity: str, request: str, parent: str = "") -> tuple[int, str, str]:
        """One function.

        Args:
            operation: EnumerateNetwork, CreateEndpoint, OpenNamespace, QueryLoadBalancer, ModifySdnRoute, …
            identity: the object's ID; of a new one "" or zeros to have it chosen.
            request: JSON of the query, the object or the change; "" for none.
            parent: of a new endpoint, the ID of the network whose handle the client has.

        Returns:
            the HRESULT, signed; the properties of a query, the IDs of an enumeration, or the new object's ID; the error
            record.
        """
        try:
            return 0, self._answer(operation, identity, request, parent), ""
        except HostRefusal as refusal:
            said = text.failure(self._profile, refusal.code, refusal.text + refusal.end)
            return refusal.code - (1 << 32), "", said

    def _answer(self, operation: str, identity: str, request: str, parent: str) -> str:
        if self._profile.hns < FIRST:
            raise refusals.not_supported()
        verb = next((item for item in VERBS if operation.startswith(item)), "")
        what = operation.removeprefix(verb)
        if not verb or what not in KINDS or (verb == "Stats" and what != "Endpoint"):
            raise refusals.not_emulated(f"Hcn{operation}")
        if verb == "Enumerate":
            return text.dump(self._list(what, body_of(request)), self._profile)
        if verb == "Create":
            return self._create(what, "" if identity == text.ZERO_GUID else identity, body_of(request), parent)
        found = self._find(what, identity)
        if verb == "Query":
            return text.dump(self._shown(what, found, body_of(request)), self._profile)
        if verb == "Stats" and isinstance(found, HnsEndpoint):
            return text.dump(self.stats(found), self._profile)
        if verb == "Modify":
            self._modify(what, found, body_of(request))
        elif verb == "Delete":
            self._delete(what, found)
        return ""

    @staticmethod
    def stats(endpoint: HnsEndpoint) -> dict[str, Any]:
        """The eight members of an endpoint's statistics. No packet is counted here: all are 0.

        That InstanceId is the interface's is UNCONFIRMED.
        """
        allocators = endpoint.json["Resources"].get("Allocators", [])
        counted = ("BytesReceived", "BytesSent", "DroppedPacketsIncoming", "DroppedPacketsOutgoing", "PacketsReceived",
                   "PacketsSent")  # fmt: skip
        interfaces = [item["InterfaceGuid"] for item in allocators if "InterfaceGuid" in item]
        ids = {"EndpointId": endpoint.id, "InstanceId": interfaces[0] if interfaces else text.ZERO_GUID}
        return dict(sorted({**dict.fromkeys(counted, 0), **ids}.items()))

    def _all(self, what: str) -> Iterable[Found]:
        stores: Mapping[str, Callable[[], Iterable[Found]]] = {
            "Network": lambda: self._networks,
            "Endpoint": lambda: self._endpoints,
            "Namespace": lambda: self._namespaces,
        }
        if what in stores:
            return stores[what]()
        return [item for item in self._policy_lists if _is_route(item) == (what == "SdnRoute")]

    def _find(self, what: str, id: str) -> Found:
        if what == "Network":
            return self._networks.get(id)
        if what == "Endpoint":
            return self._endpoints.get(id)
        if what == "Namespace":
            return self._namespaces.get(id)
        found = self._policy_lists.get(id)
        if _is_route(found) != (what == "SdnRoute"):
            raise refusals.not_found()
        return found

    def _list(self, what: str, query: Mapping[str, Any]) -> list[str]:
        """Return the IDs of what the filter lets through."""
        wanted = hcn_filters.read(query)
        if not wanted:
            return [_id(item) for item in self._all(what)]
        return [
            _id(item)
            for item in list(self._all(what))
            if hcn_filters.passes(wanted, {**self._new(what, item), **self._old_form(item)})
        ]

    def _old_form(self, found: Found) -> dict[str, Any]:
        """Return the v1 form of an object (HNS fact 56)."""
        if isinstance(found, HnsEndpoint):
            return self._endpoints.show(found)
        if isinstance(found, HnsNetwork):
            return self._networks.show(found)
        if isinstance(found, HnsNamespace):
            return self._namespaces.show(found)
        return self._policy_lists.show(found)

    def _new(self, what: str, found: Found) -> dict[str, Any]:
        if isinstance(found, HnsEndpoint):
            return hcn_objects.endpoint(found.json)
        if isinstance(found, HnsNetwork):
            # As v1 shows it: the ManagementIP may come late.
            return hcn_objects.network(self._networks.show(found))
        if isinstance(found, HnsNamespace):
            return hcn_objects.namespace(self._namespaces.json(found), found.type)
        return hcn_objects.route(found) if what == "SdnRoute" else hcn_objects.load_balancer(found)

    def _shown(self, what: str, found: Found, query: Mapping[str, Any]) -> dict[str, Any]:
        version = query.get("SchemaVersion")
        if isinstance(version, Mapping) and version.get("Major") == 1:
            return self._old_form(found)
        return {
            **self._new(what, found),
            "SchemaVersion": {"Major": 2, "Minor": _SCHEMA_MINOR.get(self._profile.build, 0)},
        }

    def _create(self, what: str, id: str, body: dict[str, Any], parent: str) -> str:
        self._before(what, [], body)
        hns = self._profile.hns
        if what == "Network":
            made = hcn_requests.network(body, hns) if hcn_requests.is_v2(body) else body
            known = {WFP_EXTENSION, self._profile.vfp_extension, self._profile.ndis_extension}
            if any(str(item.get("Id")).upper() not in known for item in objects_in(made, "Extensions")):
                raise refusals.not_found()  # before anything is made; the code is UNCONFIRMED
            network = self._networks.create(_with_id(made, id))
            self._networks.switch_extension(network, made)
            return network.id
        if what == "Endpoint":
            sent = hcn_requests.endpoint(body, parent, hns) if hcn_requests.is_v2(body) else {
                "VirtualNetwork": parent, **body}  # fmt: skip
            return self._endpoints.create(_with_id(sent, id)).id
        if what == "Namespace":
            return self._create_namespace(id, body)
        made = hcn_requests.route(body) if what == "SdnRoute" else hcn_requests.load_balancer(body, hns)
        return str(self._policy_lists.create(_with_id(made, id))["ID"])

    def _create_namespace(self, id: str, body: dict[str, Any]) -> str:
        sent = dict(body)
        at_once = False
        # A host of 15.0 refuses the field, which Microsoft's hns.v2.psm1 always sends; who takes it is UNCONFIRMED.
        if self._profile.hns < MODERN:
            at_once = bool(sent.pop("CreateWithCompartment", False))
        hcn_requests.strict("namespaces", sent)
        type = hcn_requests.choice(sent.get("Type"), TYPES, HOST)
        if type not in TYPES:
            raise refusals.invalid_json()  # UNCONFIRMED
        version = sent.get("SchemaVersion")
        made = self._namespaces.create(
            type, id or text_in(sent, "ID"), version if isinstance(version, dict) else None, at_once=at_once
        )
        return made.id

    def _modify(self, what: str, found: Found, body: Mapping[str, Any]) -> None:
        if what == "SdnRoute":
            raise refusals.not_emulated("HcnModifySdnRoute")  # hcsshim removes a route and makes it anew
        if what == "LoadBalancer":
            if self._profile.hns < _MODIFY_BALANCER:
                raise refusals.request_unsupported()
            if isinstance(found, dict):
                self._policy_lists.change(found, hcn_requests.load_balancer(body, self._profile.hns))
            return
        self._before(what, [_id(found), "modify"], {})
        if isinstance(found, HnsNetwork):
            self._changes.network(found, body)
        elif isinstance(found, HnsEndpoint):
            self._changes.endpoint(found, body)
        elif isinstance(found, HnsNamespace):
            self._changes.namespace(found, body)

    def _delete(self, what: str, found: Found) -> None:
        rest = [_id(found)]
        self._fault_injection.before("DELETE", _V1[what], rest, {})
        if isinstance(found, HnsNetwork):
            # That the endpoints go with their network is UNCONFIRMED (HNS fact 75).
            for endpoint in [item for item in self._endpoints if item.network is found]:
                self._endpoints.delete(endpoint)
            self._networks.delete(found)
        elif isinstance(found, HnsEndpoint):
            self._endpoints.delete(found)
        elif isinstance(found, HnsNamespace):
            self._namespaces.delete(found)
        else:
            self._policy_lists.delete(dict(found))
        self._fault_injection.after("DELETE", _V1[what], rest)

    def _before(self, what: str, rest: list[str], body: dict[str, Any]) -> None:
        self._fault_injection.before("POST", _V1[what], rest, body)


_V1 = {
    "Network": "networks", "Endpoint": "endpoints", "Namespace": "namespaces", "LoadBalancer": "policylists",
    "SdnRoute": "policylists",
}  # fmt: skip


def _id(found: Found) -> str:
    return str(found["ID"]) if isinstance(found, dict) else found.id


def _with_id(body: Mapping[str, Any], id: str) -> dict[str, Any]:
    return {**body, "ID": id} if id else dict(body)


def _is_route(policy_list: Mapping[str, Any]) -> bool:
    """Tell a route from a load balancer: both are policy lists of v1."""
    return any(kind(item) == "ROUTE" for item in policy_list["Policies"])
