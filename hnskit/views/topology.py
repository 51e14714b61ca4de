"""The host as a picture: adapters, networks, endpoints, compartments, containers, and the redirect as a path.

A pure function of a snapshot. Its lines and text are `currentColor`, so it follows the page it stands in, light or
dark; the few colours are mid tones that read on both. As a picture of its own (a file, an <img>) it asks the
system's colour scheme.
"""

from __future__ import annotations

from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.facts.description import host_line
from hnskit.facts.differences import differences
from hnskit.facts.host_facts import Facts
from hnskit.foreign_text.escaping import join_lines
from hnskit.model.objects import HOST_COMPARTMENT, METADATA_ADDRESS, Container, Endpoint, Network
from hnskit.model.wording import with_short_ids
from hnskit.params.desired import Desired
from hnskit.planning.chosen_pods import ChosenPods
from hnskit.views import picture_text
from hnskit.views.picture import WIDTH, Topology
from hnskit.views.picture_text import (
    arrow_tip,
    natural_key,
    other_redirects,
    readable_proxies,
    signed,
    state_text,
)
from hnskit.views.sheet import BOX, Sheet

# Columns, from the left: the host's adapters; the network as a bus; the path of the redirect; endpoints; containers.
__all__ = ["END_W", "END_X", "HOST_W", "HOST_X", "WIDTH", "Drawing", "Topology", "draw"]

HOST_X, HOST_W = 16, 228
_BUS_X, _LANE_X = 268, 300
END_X, END_W = 332, 330
_CON_X, _CON_W = 700, 264
_ROW, _TOP, _HEAD = 58, 64, 50

_MOST = 120
"""Endpoints of a network in rows, and as many in small boxes: a kubelet's usual 110 pods fit. The table has more."""
_CROWD = 24  # endpoints of a network with a row each; of more, those that nothing redirects have small boxes
_SMALL_ROW = 3  # small boxes beside each other
_GONE_ROW = 3  # boxes beside each other of what is gone


def draw(facts: Facts, *, desired: Desired | None = None, before: Facts | None = None) -> Topology:
    """Draw a snapshot.

    Args:
        facts: the host.
        desired: also mark the clients that should be redirected and are not; their network comes first.
        before: an earlier snapshot: what is new, changed or gone since then is marked, by sign and colour.

    Returns:
        The picture: `svg()`, `to_text()` and `save(path)`.
    """
    return Drawing(facts, desired, before).finished()


class Drawing(Sheet):
    """The picture while it is drawn, from the top to the bottom."""

    def __init__(self, facts: Facts, desired: Desired | None, before: Facts | None = None) -> None:
        super().__init__()
        self.facts = facts
        self._owners = CompartmentOwners(facts)
        self.desired = desired
        self._differences = differences(before, facts) if before is not None else ()
        self._marks = {(one.kind, one.key): one.what for one in self._differences}
        self._targets = {said.target[0] for item in facts.endpoints for said in readable_proxies(item) if said.target}
        chosen = ChosenPods(desired, facts) if desired is not None and desired.runtime == "containerd" else None
        of_pods = [pod.endpoint for pod in chosen.clients if pod.endpoint is not None] if chosen else []
        self._wanted = {item.id for item in of_pods}
        """Ids of the CNI's endpoints that should be redirected."""
        proxy = chosen.proxy if chosen else None
        self._proxy = proxy.endpoint.id if proxy is not None and proxy.endpoint is not None else ""
        self._held = {item.address: item for item in reversed(facts.endpoints)}
        self.lines: list[str] = []
        self.rows: dict[str, int] = {}
        """Middle of each endpoint's row, by its id."""

    def finished(self) -> Topology:
        """Draw everything."""
        line = host_line(self.facts)
        self._text(HOST_X, 28, self.facts.target, "h", 60)
        self._text(HOST_X, 46, line, "q", 120)
        self.lines.append(f"{self.facts.target}: {line}" if line else self.facts.target)
        y = max(self._host(_TOP), self._networks(_TOP))
        y = self._gone(self._lonely_containers(y))
        if any(item.proxies for item in self.facts.endpoints):
            y = self._legend(y)
        if any(other_redirects(item.policies) for item in self.facts.endpoints):
            y += 22
            said = "L4WFPPROXY, L4Proxy: other kinds of redirect; what they do was not seen on any host (UNCONFIRMED)"
            self._text(_BUS_X, y, said, "q", 110)
        if self._differences:
            y = self._marks_legend(y)
        return Topology("".join(self.parts), y + 8, join_lines(map(with_short_ids, self.lines)))

    def _host(self, y: int) -> int:
        """The host's side: the metadata service beyond it, and its adapters that are not a container's."""
        redirected = {said.ip for endpoint in self.facts.endpoints for said in readable_proxies(endpoint) if said.ip}
        place = self.desired.redirect.address if self.desired else next(iter(sorted(redirected)), METADATA_ADDRESS)
        y += _HEAD
        self._box(HOST_X, y, HOST_W, place, "the metadata service", ghost=True)
        y += _ROW + 14
        self._text(HOST_X, y + 4, f"the host's compartment ({HOST_COMPARTMENT})", "b", 34)
        y += 14
        # A vNIC without a description is a container's (HNS fact 82); its endpoint shows it.
        for adapter in (item for item in self.facts.adapters if item.description):
            addresses = [item.address for item in self.facts.addresses if item.interface_index == adapter.index]
            interface = next((item for item in self.facts.interfaces if item.index == adapter.index), None)
            notes = [*addresses, "" if adapter.status == "Up" else adapter.status]
            notes += ["forwarding" if interface and interface.forwarding else ""]
            self._box(
                HOST_X, y, HOST_W, adapter.name, ", ".join(note for note in notes if note) or "no address of its own",
                mark=self._marks.get(("adapter", adapter.name), ""),
            )  # fmt: skip
            y += _ROW
        return y

    def _networks(self, y: int) -> int:
        wanted = self.desired.network.name if self.desired else ""
        for network in sorted(
            self.facts.networks,
            key=lambda item: (item.name != wanted, not picture_text.has_redirects(self.facts, item), item.name),
        ):
            y = self._network(network, y) + 18
        known = {item.id.lower() for item in self.facts.networks}
        stray = [item for item in self.facts.endpoints if item.network_id.lower() not in known]
        if stray:
            self._text(_BUS_X, y + 14, *picture_text.describe_stray(self.facts), 60)
            for number, endpoint in enumerate(sorted(stray, key=lambda item: (item.name, item.id))):
                self._endpoint(endpoint, y + _HEAD + number * _ROW)
            y += _HEAD + len(stray) * _ROW + 18
        return y

    def _network(self, network: Network, y: int) -> int:
        subnets = ", ".join(subnet.prefix for subnet in network.subnets)
        mark = self._marks.get(("network", network.id.lower()), "")
        self._text(_BUS_X, y + 14, signed(network.name, mark), f"b {mark}".strip(), 40)
        vfp = "" if network.vfp_enabled is not False else ", no VFP: no proxy policy works here"
        others = picture_text.describe_others(other_redirects(network.policies, of_network=True))
        self._text(_BUS_X, y + 31, f"{network.type} {subnets}{vfp}{others}", "q", 110)
        members = [item for item in self.facts.endpoints if item.network_id.lower() == network.id.lower()]
        members.sort(key=lambda item: (self._rank(item), self._order(item), item.address, item.id))
        top = y + _HEAD
        self.lines.append(picture_text.describe_network(self.facts, network, len(members)) + others)
        rows, small = self._crowd(members)
        for number, endpoint in enumerate(rows[:_MOST]):
            self._endpoint(endpoint, top + number * _ROW)
        bottom = top + max(min(len(rows), _MOST) * _ROW - (_ROW - BOX), 16)
        if small:
            bottom = self._small_boxes(small[:_MOST], bottom + 28)
        if (more := len(rows[_MOST:]) + len(small[_MOST:])) > 0:
            bottom += 24
            self._text(END_X, bottom - 4, said := f"and {more} more endpoints, which the table has", "q", 60)
            self.lines.append(f"  {said}")
        self.parts.append(f'<line class="bus" x1="{_BUS_X}" y1="{top}" x2="{_BUS_X}" y2="{bottom}"/>')
        self._paths(rows[:_MOST])
        return bottom

    def _whose(self, endpoint: Endpoint) -> str:
        """The name that a person looks for: that of the pod, where the endpoint's begins with an id."""
        owner = self._owners.of_endpoint(endpoint)
        return (owner.pod_name if owner is not None else "") or endpoint.name

    def _order(self, endpoint: Endpoint) -> list[tuple[int, str]]:
        """A pod's name ends with random letters and digits, which are not a number to sort by."""
        name = self._whose(endpoint)
        return natural_key(name) if name == endpoint.name else [(-1, name)]

    def _crowd(self, members: list[Endpoint]) -> tuple[list[Endpoint], list[Endpoint]]:
        """The endpoints that get a row, and of a crowd those that get a small box: nothing of a redirect is on them."""
        if len(members) <= _CROWD:
            return members, []
        rows = [item for item in members if self._rank(item) < 2 or self._is_remarkable(item)]
        return rows, [item for item in members if item not in rows]

    def _is_remarkable(self, endpoint: Endpoint) -> bool:
        marked = ("endpoint", endpoint.id.lower()) in self._marks
        said = any(self._describe_redirect(endpoint)) or bool(other_redirects(endpoint.policies))
        return marked or said or not endpoint.attached or self._owners.is_dead(endpoint)

    def _small_boxes(self, members: list[Endpoint], y: int) -> int:
        """The rest of a crowd: whose they are, and their addresses."""
        self._text(END_X, y, f"{len(members)} endpoints without a redirect", "b", 60)
        y += 14
        width = (WIDTH - HOST_X - END_X - (_SMALL_ROW - 1) * 12) // _SMALL_ROW
        for number, endpoint in enumerate(members):
            x, line = END_X + (number % _SMALL_ROW) * (width + 12), y + number // _SMALL_ROW * (BOX + 8)
            place = f"compartment {endpoint.compartment_id}" if endpoint.compartment_id is not None else ""
            note = ", ".join(part for part in (endpoint.address, place) if part)
            self._box(x, line, width, self._whose(endpoint) or "(no name)", note)
            self.lines.append(f"  endpoint {endpoint.name} {endpoint.address}, {self._whose(endpoint)}")
        return y + -(-len(members) // _SMALL_ROW) * (BOX + 8)

    def _rank(self, endpoint: Endpoint) -> int:
        """Gateways, then what is redirected to, then the rest: the path then runs one way, upwards."""
        if endpoint.attached and endpoint.compartment_id == HOST_COMPARTMENT:
            return 0
        proxy = self.desired.proxy.endpoint.name if self.desired else ""
        is_proxy = endpoint.address in self._targets or endpoint.name == proxy or endpoint.id == self._proxy
        return 1 if is_proxy else 2

    def _endpoint(self, endpoint: Endpoint, y: int) -> None:
        middle = y + BOX // 2
        self.rows[endpoint.id] = middle
        self.parts.append(f'<line x1="{_BUS_X}" y1="{middle}" x2="{END_X}" y2="{middle}"/>')
        redirect, warning = self._describe_redirect(endpoint)
        others = other_redirects(endpoint.policies)
        self._box(
            END_X,
            y,
            END_W,
            endpoint.name or "(no name)",
            ", ".join(part for part in (endpoint.address or "no address", self._state(endpoint)) if part),
            mark=self._marks.get(("endpoint", endpoint.id.lower()), ""),
            aside=" ".join(dict.fromkeys(policy.type for policy in others)),
        )
        if redirect or warning:
            self._text(END_X + END_W - 10, y + 36, redirect or warning, "p" if redirect else "w", 28, end=True)
        owner = self._owners.of_endpoint(endpoint)
        where = f"compartment {endpoint.compartment_id}" if endpoint.compartment_id is not None else ""
        self.lines.append(
            " ".join(["  endpoint", endpoint.name, endpoint.address, self._state(endpoint)]).rstrip()
            + (f", {where}" if where else "")
            + (f", container {owner.name}" if owner else "")
            + (f", {redirect or warning}" if redirect or warning else "")
            + picture_text.describe_others(others)
        )
        if owner is None and endpoint.compartment_id != HOST_COMPARTMENT:
            if endpoint.attached:
                self._link(middle)
                self._box(_CON_X, y, _CON_W, where or "attached", "no container that is listed", ghost=True)
            return
        self._link(middle)
        if owner is None:
            self._box(_CON_X, y, _CON_W, "the host", f"compartment {HOST_COMPARTMENT}")
        else:
            self._container(owner, y, where, of_pod=True)

    def _state(self, endpoint: Endpoint) -> str:
        """The state that HNS prints, and whether it is attached to what has ended."""
        dead = endpoint.attached and self._owners.is_dead(endpoint)
        return f"{state_text(endpoint)} to what has ended" if dead else state_text(endpoint)

    def _describe_redirect(self, endpoint: Endpoint) -> tuple[str, str]:
        """Describe the redirect for an endpoint's box: as it should be, or what is wrong."""
        said = readable_proxies(endpoint)
        if any(one.unknown for one in said):
            return "", "misspelt proxy policy"
        if said:
            known = [one for one in said if one.target and one.target[0] in self._held]
            return picture_text.describe_proxy(self.facts, known[0] if known else None, said[0])
        wanted = {client.endpoint.name for client in self.desired.clients} if self.desired else set()
        missing = endpoint.name in wanted or endpoint.id in self._wanted
        return ("", "not redirected") if missing else ("", "")

    def _container(self, container: Container, y: int, where: str, *, of_pod: bool = False) -> None:
        """A box for it; an endpoint is of all containers of a pod, so the pod's name stands there."""
        image = container.image.rsplit("/", 1)[-1]
        name = (container.pod_name if of_pod else "") or container.name
        self._box(
            _CON_X, y, _CON_W, name, ", ".join(part for part in (image, where) if part),
            mark=self._marks.get(("container", container.id), ""),
        )  # fmt: skip

    def _link(self, middle: int) -> None:
        self.parts.append(f'<line x1="{END_X + END_W}" y1="{middle}" x2="{_CON_X}" y2="{middle}"/>')

    def _paths(self, members: list[Endpoint]) -> None:
        """The redirect: from each client along one lane to its proxy, from there through the gateway and out."""
        proxies: dict[str, list[tuple[int, str]]] = {}
        living = 0
        for endpoint in members:
            for said in readable_proxies(endpoint):
                target = self._held.get(said.target[0]) if said.target else None
                if target is not None and target.id in self.rows and not said.unknown:
                    dead = self._owners.is_dead(endpoint) or self._owners.is_dead(target)
                    living += not dead
                    proxies.setdefault(target.id, []).append((self.rows[endpoint.id], "dead" if dead else "red"))
        gateway = next((item for item in members if self._rank(item) == 0), None)
        for proxy, clients in proxies.items():
            row = self.rows[proxy]
            landing = row + 8  # beside the stub of the bus, not on it
            for client, kind in clients:
                self.parts.append(
                    f'<circle cx="{_LANE_X}" cy="{client}" r="4"/>'
                    f'<path class="{kind}" d="M{END_X} {client}H{_LANE_X}"/>'
                )
            # One lane for all of them: it lives from the lowest client whose way lives.
            ways = {kind: max(row for row, one in clients if one == kind) for kind in {kind for _, kind in clients}}
            for kind, lowest in sorted(ways.items()):
                self.parts.append(f'<path class="{kind}" d="M{_LANE_X} {lowest}V{landing}H{END_X - 8}"/>')
            self.parts.append(arrow_tip(END_X, landing, 1) if "red" in ways else "")
            if gateway is not None and gateway.id != proxy and "red" in ways and not self._owners.is_dead(gateway):
                over, leave = self.rows[gateway.id], row - 8
                self.parts.append(
                    f'<path class="fwd" d="M{END_X} {leave}H{_LANE_X}V{over + 8}H{END_X - 8}"/>'
                    f"{arrow_tip(END_X, over + 8, 1)}"
                    f'<path class="fwd" d="M{END_X} {over - 8}H{HOST_X + HOST_W + 8}"/>'
                    f"{arrow_tip(HOST_X + HOST_W, over - 8, -1)}"
                )
        if proxies and not living:
            self.lines.append("  redirect: dead, for nothing uses the endpoints of its clients or of its proxy")
        elif proxies:
            self.lines.append("  redirect: client -> proxy policy -> proxy -> gateway endpoint -> metadata service")

    def _lonely_containers(self, y: int) -> int:
        if not (lonely := picture_text.lonely_containers(self.facts, self._owners)):
            return y
        self._text(_CON_X, y + 14, f"containers {(said := picture_text.describe_lonely(self.facts))}", "b", 40)
        for number, container in enumerate(lonely):
            self._container(container, y + 26 + number * _ROW, container.status)
            self.lines.append(f"container {container.name} ({container.status}) {said}".rstrip())
        return y + 26 + len(lonely) * _ROW

    def _legend(self, y: int) -> int:
        y += 26
        self.parts.append(f'<circle cx="{_BUS_X}" cy="{y - 4}" r="4"/><path class="red" d="M{_BUS_X} {y - 4}h34"/>')
        self._text(_BUS_X + 42, y, "what a proxy policy redirects", "q", 60)
        self.parts.append(f'<path class="fwd" d="M{END_X + 180} {y - 4}h34"/>')
        self._text(END_X + 222, y, "what the proxy asks itself, through the gateway endpoint", "q", 60)
        return y

    def _gone(self, y: int) -> int:
        """List the objects of an earlier snapshot that this one does not have."""
        gone = [one for one in self._differences if one.what == "gone" and one.kind not in ("route", "image")]
        self.lines += map(str, self._differences)
        if not gone:
            return y
        self._text(HOST_X, y + 20, "gone since then", "b", 40)
        y += 32
        width = (WIDTH - 2 * HOST_X - (_GONE_ROW - 1) * 16) // _GONE_ROW
        for number, one in enumerate(gone[:_MOST]):
            x, line = HOST_X + (number % _GONE_ROW) * (width + 16), y + (number // _GONE_ROW) * _ROW
            fields = {name: was for name, was, _ in one.changes}
            note = ", ".join(part for part in (one.kind, fields.get("address", ""), fields.get("subnet", "")) if part)
            self._box(x, line, width, one.name or "(no name)", note, mark="gone")
        return y + -(-min(len(gone), _MOST) // _GONE_ROW) * _ROW

    def _marks_legend(self, y: int) -> int:
        y += 24
        kinds = sorted({one.what for one in self._differences})
        for number, what in enumerate(kinds):
            self._text(_BUS_X + number * 90, y, signed(what, what), f"b {what}", 20)
        self._text(_BUS_X + len(kinds) * 90, y, "compared with before", "q", 60)
        return y
