"""HNS v1 of one host: HNSCall(method, path, request) -> HRESULT and response text (HNS facts 1-13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hnskit.emulator.host import hcn_requests, refusals, text
from hnskit.emulator.host.attach import Ports
from hnskit.emulator.host.endpoints import Endpoints
from hnskit.emulator.host.fault_injection import FaultInjection
from hnskit.emulator.host.faults import Faults
from hnskit.emulator.host.hcn_changes import HnsState
from hnskit.emulator.host.hcn_service import Hcn
from hnskit.emulator.host.namespaces import Namespaces
from hnskit.emulator.host.networks import Networks
from hnskit.emulator.host.policylists import PolicyLists
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.reading import body_of, objects_in
from hnskit.emulator.host.refusals import HostRefusal
from hnskit.emulator.host.text import IdGenerator
from hnskit.emulator.host.windows_network import Windows

NOT_EMULATED = frozenset({"activities", "compartments", "endpointaddresses", "plugins", "portpools"})
"""Types that Windows has and the emulated host has not (HNS fact 7): refused by name."""


_ACCELNET = (15, 4)
"""The first HNS that has it (HNS fact 60)."""


class HnsService:
    """The service: what it keeps, it keeps verbatim."""

    def __init__(
        self,
        profile: Profile,
        mint: IdGenerator,
        windows: Windows,
        faults: Faults,
        fault_injection: FaultInjection,
        *,
        running: Callable[[str], str | None],
        host_network_moved: Callable[[], None],
    ) -> None:
        self._profile = profile
        self._fault_injection = fault_injection
        self.networks = Networks(profile, mint, windows, faults, host_network_moved)
        self.endpoints = Endpoints(profile, mint, windows, self.networks)
        self.policy_lists = PolicyLists(profile, mint, self.endpoints)
        self._ports = Ports(profile, mint, windows, running)
        self.namespaces = Namespaces(
            profile, mint, windows, endpoints=self.endpoints, ports=self._ports, running=running
        )
        state = HnsState(self.networks, self.endpoints, self.namespaces, self.policy_lists, self._ports)
        self.hcn = Hcn(profile, state, fault_injection)
        self._management_macs: list[dict[str, Any]] = []

    def call(self, method: str, path: str, request: str) -> tuple[int, str]:
        """One HNSCall.

        Returns:
            the HRESULT, signed as PowerShell shows it, and the response text.
        """
        try:
            output = self._answer(method, [part for part in path.split("/") if part], request)
            return 0, text.envelope(self._profile, output)
        except HostRefusal as refusal:
            hresult = refusal.code - (1 << 32) if self._profile.failing_hresult else 0
            return hresult, text.failure(self._profile, refusal.code, refusal.text + refusal.end)

    def _answer(self, method: str, parts: list[str], request: str) -> Any:
        kind = parts[0].lower() if parts else ""
        if kind in NOT_EMULATED:
            raise refusals.not_emulated(f"/{kind}")
        if kind == "namespaces":
            return self.namespaces.answer(method, parts[1:], body_of(request) if method == "POST" else {})
        routes = {
            "accelnet": self._accelnet,
            "endpoints": self._endpoints,
            "endpointstats": self._stats,
            "globals": self._globals,
            "networks": self._networks,
            "policylists": self._policy_lists,
        }
        if kind not in routes:
            raise refusals.invalid_parameter()  # UNCONFIRMED
        body = body_of(request) if method == "POST" else {}
        hcn_requests.check(kind, body)
        self._fault_injection.before(method, kind, parts[1:], body)
        answer = routes[kind](method, parts[1:], body)
        self._fault_injection.after(method, kind, parts[1:])
        return answer

    def _globals(self, method: str, rest: list[str], _body: dict[str, Any]) -> Any:
        if method != "GET" or rest != ["version"]:
            raise refusals.not_emulated(f"{method} /globals/{'/'.join(rest)}")
        return dict(zip(("Major", "Minor"), self._profile.hns, strict=True))

    def _accelnet(self, method: str, rest: list[str], body: dict[str, Any]) -> Any:
        """MAC addresses of the management that are kept out of virtual functions; hcsshim sets, reads, empties them."""
        if self._profile.hns < _ACCELNET:
            raise refusals.invalid_parameter()  # UNCONFIRMED
        if rest:
            raise refusals.not_emulated(f"{method} /accelnet/{'/'.join(rest)}")
        if method != "GET":
            self._management_macs = objects_in(body, "MacAddressList")
        return {"MacAddressList": self._management_macs}

    def _stats(self, method: str, rest: list[str], _body: dict[str, Any]) -> Any:
        if method != "GET" or len(rest) > 1:
            raise refusals.not_emulated(f"{method} /endpointstats/{'/'.join(rest)}")
        if rest:
            return self.hcn.stats(self.endpoints.get(rest[0]))
        return [self.hcn.stats(item) for item in self.endpoints]

    def _networks(self, method: str, rest: list[str], body: dict[str, Any]) -> Any:
        store = self.networks
        if not rest:
            if method == "GET":
                return [store.show(item) for item in store]
            _only_post(method, "/networks")
            return store.show(store.create(body))
        _no_action(rest, "networks")
        network = store.get(rest[0])
        if method == "DELETE":
            # That the endpoints go with their network is UNCONFIRMED (HNS fact 75).
            for endpoint in [item for item in self.endpoints if item.network is network]:
                self.endpoints.delete(endpoint)
            store.delete(network)
            return None
        if method == "POST":
            store.switch_extension(network, body)
        return store.show(network)

    def _endpoints(self, method: str, rest: list[str], body: dict[str, Any]) -> Any:
        store = self.endpoints
        if not rest:
            if method == "GET":
                return [store.show(item) for item in store]
            _only_post(method, "/endpoints")
            return store.show(store.create(body))
        endpoint = store.get(rest[0])
        if len(rest) > 1:
            actions = {"attach": self._ports.attach, "detach": self._ports.detach}
            if len(rest) != 2 or rest[1] not in actions:
                raise refusals.not_emulated(f"/endpoints/{{id}}/{'/'.join(rest[1:])}")
            _only_post(method, f"/endpoints/{{id}}/{rest[1]}")
            actions[rest[1]](endpoint, body)
            return None
        if method == "DELETE":
            store.delete(endpoint)
            return None
        if method == "POST":
            store.update(endpoint, body)
            self._ports.refresh(endpoint)
        return store.show(endpoint)

    def _policy_lists(self, method: str, rest: list[str], body: dict[str, Any]) -> Any:
        store = self.policy_lists
        if not rest:
            if method == "GET":
                return [store.show(item) for item in store]
            _only_post(method, "/policylists")
            return store.show(store.create(body))
        _no_action(rest, "policylists")
        found = store.get(rest[0])
        if method == "DELETE":
            store.delete(found)
            return None
        if method == "POST":
            raise refusals.not_emulated("changing a policy list")
        return store.show(found)


def _only_post(method: str, path: str) -> None:
    if method != "POST":
        raise refusals.not_emulated(f"{method} {path}")


def _no_action(rest: list[str], kind: str) -> None:
    if len(rest) > 1:
        raise refusals.not_emulated(f"/{kind}/{{id}}/{'/'.join(rest[1:])}")
