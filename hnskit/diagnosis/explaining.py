"""Explain a connection: trace it through a snapshot, and say each hop for a person.

    explanation = hnskit.explain(facts, "hnskit-client1", "169.254.169.254", 80)
    print(explanation.to_text())

A redirected connection has up to three segments: forward to the proxy, upstream from the proxy to the destination, and
the return path of the answer. What a proxy does that is not a container of this host no snapshot tells, which is said.
`datapath` traces each; a hop that rests on an UNCONFIRMED fact says so.
"""

from __future__ import annotations

from collections.abc import Iterable

from hnskit.diagnosis.datapath import Tracer
from hnskit.diagnosis.explanation import Explanation
from hnskit.diagnosis.path_segments import PathSegment
from hnskit.diagnosis.trace import Hop, Trace, Verdict, label
from hnskit.errors import ArgumentError, SelectionError
from hnskit.errors.nearest import did_you_mean
from hnskit.facts.host_facts import Facts
from hnskit.model.objects import Container

_NAMED = 12
"""Containers that an error names; of more it says how many."""
_ANSWER_PORT = 49152  # the first port that Windows gives a client's side of a connection


def explain(
    facts: Facts, source: Container | str, destination: str, *, port: int = 80, protocol: str = "tcp"
) -> Explanation:
    """Explain one connection; `Explainer` explains many of one snapshot.

    Args:
        facts: the host.
        source: a container or its name or id; an endpoint's name or id; an address of an endpoint or of the host.
        destination: an IPv4 address.
        port: of the destination.
        protocol: `tcp` or `udp`.

    Returns:
        The path hop by hop, its verdict, and what is not known.

    Raises:
        SelectionError: there is no such source, or more than one.
        ArgumentError: the destination is not an IPv4 address, or the port not one.
    """
    return Explainer(facts).explain(source, destination, port=port, protocol=protocol)


class Explainer:
    """Explains many connections of one snapshot, which is indexed once."""

    def __init__(self, facts: Facts) -> None:
        self._path = Tracer(facts)
        self._facts = facts

    def explain(
        self, source: Container | str, destination: str, *, port: int = 80, protocol: str = "tcp"
    ) -> Explanation:
        """Explain one connection; see the function of the same name."""
        _check_destination(destination, port, protocol)
        start = source if isinstance(source, Container) else self.source(source)
        trace = self._path.trace(start, destination, port, protocol)
        segments = [PathSegment("forward", f"The forward path, from {trace.source}", trace.hops, trace.verdict)]
        proxy = self._reached_container(trace)
        if trace.verdict.rewritten_by is not None and proxy is not None:
            upstream = self._path.trace(proxy, destination, port, protocol)
            title = f"On from {proxy.name}, if it asks {destination}:{port} itself"
            segments.append(PathSegment("upstream", title, upstream.hops, upstream.verdict))
        elif trace.verdict.rewritten_by is not None and trace.verdict.kind == "reached":
            segments.append(_proxy_elsewhere(trace))
        if trace.verdict.kind == "reached":
            segments.append(self._return_path(trace, start, proxy))
        return Explanation(trace.source, trace.destination, port, protocol, tuple(segments), trace)

    def all(self, destinations: Iterable[tuple[str, int]], *, protocol: str = "tcp") -> tuple[Explanation, ...]:
        """Every container, in the order of their names, against a list of destinations."""
        containers = sorted(self._facts.containers, key=lambda item: item.name)
        sources: list[Container | str] = [*containers]
        if not containers:  # a dump of HNS alone: its endpoints stand for their containers
            sources = [item.address for item in self._facts.endpoints if item.address and not item.remote]
        wanted = tuple(destinations)
        return tuple(
            self.explain(source, address, port=port, protocol=protocol)
            for source in sources
            for address, port in wanted
        )

    def source(self, words: str) -> Container | str:
        """A container, or the address of an endpoint or of the host, from what a person calls it.

        Raises:
            SelectionError: nothing here has this name, or more than one thing has.
        """
        facts, lowered = self._facts, words.lower()
        container = facts.container_named(words)
        if container is not None:
            return container
        if self._path.index.is_host_address(words) or self._path.index.endpoints_at(words):
            return words
        by_id = list(facts.containers_called(words)) or [
            item for item in facts.containers if len(words) >= 4 and item.id.startswith(lowered)
        ]
        in_one_pod = bool(by_id) and by_id[0].pod_id and all(item.pod_id == by_id[0].pod_id for item in by_id)
        if len(by_id) == 1 or in_one_pod:  # the containers of a pod share its network
            return by_id[0]
        named = [item for item in facts.endpoints if lowered in (item.name.lower(), item.id.lower()) and item.address]
        if len(named) == 1:
            return named[0].address
        if not named and not by_id:
            names = sorted(item.name for item in facts.containers)
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            there = ", ".join(names[:_NAMED]) + more if names else "none"
            near = did_you_mean(words, [*(item.name for item in facts.containers), *(i.name for i in facts.endpoints)])
            raise SelectionError(
                f"{words} is not a container, endpoint or address of {facts.target}"
                f"{'; ' if near else ''}{near}; its containers are: {there}",
                host=facts.target,
                next_step="Name a container, an endpoint or an address that is in the snapshot.",
            )
        choices = ", ".join(
            [*(f"{item.name} ({item.address})" for item in named), *(f"{item.name} ({item.id[:12]})" for item in by_id)]
        )
        raise SelectionError(
            f"{words} may be any of {choices}", host=facts.target, next_step="Name one by its address or its whole id."
        )

    def _reached_container(self, trace: Trace) -> Container | None:
        target = trace.verdict.target
        return self._path.index.container_by_id(target.container) if target and target.container else None

    def _return_path(self, trace: Trace, start: Container | str, responder: Container | None) -> PathSegment:
        """Trace the way of the answer back to the client."""
        verdict, title = trace.verdict, "The return path"
        seen = verdict.source_address
        if verdict.target is None or verdict.target.place == "outside" or not seen:
            if isinstance(start, str) and self._path.index.is_host_address(start):
                return PathSegment("return", title, (Hop("host", "the answer comes back to the host itself"),))
            said = f"the answer comes to {seen or 'the host'}; the host gives it to who asked"
            return PathSegment("return", title, (Hop("host", said, "HNS fact 86"),))
        if verdict.target.place == "container" and responder is not None and seen.startswith("127."):
            return PathSegment("return", title, (Hop(responder.name, "the answer stays in the container"),))
        source: Container | str = responder if responder is not None else verdict.target.address
        back = self._path.trace(source, seen, _ANSWER_PORT, trace.protocol, answer=True)
        nat = verdict.rewritten_by is not None
        said = f"the target sees {seen} as the source" + (
            "; whether OutboundNat changes it is not known" if nat else ""
        )
        hops = [Hop(trace.hops[-1].where, said, "HNS fact 48" if nat else "", not nat, trace.hops[-1].endpoint)]
        hops += [
            Hop(hop.where, hop.sentence.replace(f":{_ANSWER_PORT}", ""), hop.fact, hop.confirmed, hop.endpoint)
            for hop in back.hops
        ]
        if nat and back.verdict.kind == "reached":
            said = f"the answer's source is put back to {trace.destination}:{trace.port}, which is what was asked"
            asker = next(iter(self._path.index.endpoints_at(seen)), None)
            where, identity = (label(asker), asker.id) if asker else (trace.source, "")
            hops.append(Hop(where, said, "HNS fact 48", False, identity))
        return PathSegment("return", title, tuple(hops), back.verdict)


def _proxy_elsewhere(trace: Trace) -> PathSegment:
    """Say what of a proxy on another host, or of a listener of this one, no snapshot tells."""
    target = trace.verdict.target
    at = f"{target.address}:{target.port}" if target else "the target"
    whose = "of this host itself" if target and target.place == "host" else "of another host"
    reason = (
        f"{at} is an address {whose} and of no container here, and nothing that this host shows tells whether "
        "anything listens there, or what it asks"
    )
    asks = f"On from {at}, if a proxy listens there"
    hop = Hop(whose.removeprefix("of "), reason, "HNS fact 48", False)
    return PathSegment("upstream", asks, (hop,), Verdict("unknown", reason, "elsewhere", confirmed=False))


def _check_destination(address: str, port: int, protocol: str) -> None:
    import ipaddress

    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        raise ArgumentError(f"{address!r} is not an IPv4 address") from None
    if not 1 <= port <= 65535:
        raise ArgumentError(f"{port} is not a port of 1 to 65535")
    if protocol not in ("tcp", "udp"):
        raise ArgumentError(f"{protocol!r} is not tcp or udp")


def parse_destination(words: str, default_port: int = 80) -> tuple[str, int]:
    """`ADDRESS[:PORT]` as its two parts.

    Raises:
        ArgumentError: it is not that.
    """
    import ipaddress

    address, colon, port = words.partition(":")
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        raise ArgumentError(f"{words!r} is not ADDRESS:PORT with an IPv4 address") from None
    if not colon:
        return address, default_port
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ArgumentError(f"{port!r} is not a port of 1 to 65535")
    return address, int(port)
