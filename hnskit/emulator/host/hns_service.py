"""HNS v1 of one host: HNSCall(method, path, request) -> HRESULT and response text (HNS facts 1-13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hnskit.emulator.host import hcn_requests, refusals, text
from hnskit.emulator.host.attach import Ports
from hnskit.emulator.host.endpoints import Endpoints
from hnskit.emulator.host.fault_injection import FaultInjection
from hnskit.emulator.host.faults import Faults
from hnskit.emulator.host.hcn_service import Hcn
from hnskit.emulator.host.namespaces import Namespaces
from hnskit.emulator.host.networks import Networks
from hnskit.emulator.host.policylists import PolicyLists
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.reading import body_of
from hnskit.emulator.host.refusals import HostRefusal
from hnskit.emulator.host.text import IdGenerator
from hnskit.emulator.host.windows_network import Windows

NOT_EMULATED = frozenset({
    "accelnet", "activities", "compartments", "endpointaddresses", "endpointstats", "plugins", "portpools",
})  # fmt: skip
"""Types that Windows has and the emulated host has not (HNS fact 7): refused by name."""


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
        self._namespaces = Namespaces(profile, mint, windows, self.endpoints)
        self._ports = Ports(profile, mint, windows, running)
        self.hcn = Hcn(profile, self.networks, self.endpoints, self._ports, fault_injection)

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
            return self._namespaces.answer(method, parts[1:], body_of(request) if method == "POST" else {})
        routes = {"globals": self._globals, "networks": self._networks, "endpoints": self._endpoints,
                  "policylists": self._policy_lists}  # fmt: skip
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
