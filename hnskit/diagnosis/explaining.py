"""What would happen to this connection, and why: a walk through a snapshot, said for a person.

    explanation = hnskit.explain(facts, "hnskit-client1", "169.254.169.254", 80)
    print(explanation.to_text())

A connection that a policy redirects has more than one leg: to the proxy, from the proxy on to what was asked for, and
the way that the answer takes back. `datapath` walks each; what rests on something UNCONFIRMED says so, hop by hop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from hnskit.datapath import DataPath, Hop, Verdict, Walk, label
from hnskit.facts import Facts
from hnskit.model import Container

if TYPE_CHECKING:
    from hnskit.topology import Topology

LegName = Literal["there", "onward", "back"]

_ANSWER_PORT = 49152  # the first port that Windows gives a client's side of a connection
_WORDS = {"reached": "reaches", "refused": "is refused", "unreachable": "does not arrive", "unknown": "is not known"}


@dataclass(frozen=True, slots=True)
class Leg:
    """One walk of an explanation."""

    name: LegName
    title: str
    hops: tuple[Hop, ...]
    verdict: Verdict | None = None
    """None for a way back that nothing has to be looked up for."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One connection, explained."""

    source: str
    destination: str
    port: int
    protocol: str
    legs: tuple[Leg, ...]
    """`there` always; `onward` where a proxy is reached; `back` where something is reached."""
    walk: Walk
    """The first leg as `datapath` has it."""

    @property
    def verdict(self) -> Verdict:
        """How the connection itself ends: of a redirected one, at the proxy."""
        return self.walk.verdict

    @property
    def onward(self) -> Verdict | None:
        """How the proxy's own request ends; None where no proxy is reached."""
        return next((leg.verdict for leg in self.legs if leg.name == "onward"), None)

    @property
    def confirmed(self) -> bool:
        """Whether no hop of any leg is UNCONFIRMED."""
        return all(hop.confirmed for leg in self.legs for hop in leg.hops)

    @property
    def answered(self) -> bool | None:
        """Whether an answer can come: everything is reached, and the way back holds; None where it is not known."""
        kinds = [leg.verdict.kind for leg in self.legs if leg.verdict is not None]
        if "unknown" in kinds:
            return None if not {"refused", "unreachable"} & set(kinds) else False
        return all(kind == "reached" for kind in kinds)

    def sentence(self) -> str:
        """The verdict in a sentence: reaches X via Y; refused by Z; unknown because W."""
        verdict, asked = self.verdict, f"{self.source} to {self.destination}:{self.port}"
        if verdict.kind == "unknown":
            return f"{asked} is not known: {verdict.reason}."
        if verdict.kind != "reached":
            return f"{asked} {_WORDS[verdict.kind]}: {verdict.reason}."
        at = self.walk.hops[-1].sentence
        seen = f", with {verdict.source_address} as its source" if verdict.source_address else ""
        if verdict.rewritten_by is not None:
            at = at.removeprefix("leaves the host to ")
            text = f"{asked} is redirected by the {verdict.rewritten_by.type} policy to {at}{seen}."
        elif verdict.target is not None and verdict.target.place == "outside":
            text = f"{asked} leaves the host{seen}."
        else:
            text = f"{asked} reaches {at}{seen}."
        onward = self.onward
        if onward is None:
            return text
        if onward.kind == "reached":
            return f"{text} From there {self.destination}:{self.port} is reached."
        unknown = "it is not known whether " if onward.kind == "unknown" else ""
        wrong = "is reached" if unknown else "is not reached"
        return f"{text} From there {unknown}{self.destination}:{self.port} {wrong}: {onward.reason}."

    def to_text(self) -> str:
        """For a terminal: the verdict, then each leg, a line a hop."""
        lines = [self.sentence()]
        for leg in self.legs:
            lines += ["", f"{leg.title}:"]
            lines += [f"  {number}. {hop}" for number, hop in enumerate(leg.hops, start=1)]
        if not self.confirmed:
            lines += ["", "UNCONFIRMED: neither seen on a host nor in a primary source; see docs/facts.md."]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """As `hnskit explain --json` prints it."""
        return {
            "source": self.source,
            "destination": self.destination,
            "port": self.port,
            "protocol": self.protocol,
            "sentence": self.sentence(),
            "answered": self.answered,
            "confirmed": self.confirmed,
            "verdict": _verdict_json(self.verdict),
            "legs": [
                {
                    "name": leg.name,
                    "title": leg.title,
                    "hops": [asdict(hop) for hop in leg.hops],
                    "verdict": _verdict_json(leg.verdict) if leg.verdict else None,
                }
                for leg in self.legs
            ],
        }

    def frame(self) -> Any:
        """The hops as a DataFrame; see `frames_diagnosis.hops_frame`."""
        from hnskit.diagnosis.frames import hops_frame

        return hops_frame(self)

    def picture(self, facts: Facts) -> Topology:
        """The way drawn on the host's topology."""
        from hnskit.diagnosis.walk_drawing import draw_explanation

        return draw_explanation(facts, self)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from hnskit.view import View

        view = View(self.frame(), self.sentence())
        return {"text/html": view.styled().to_html(), "text/plain": self.to_text()}


def explain(
    facts: Facts, source: Container | str, destination: str, port: int = 80, protocol: str = "tcp"
) -> Explanation:
    """Explain one connection; `Explainer` explains many of one snapshot.

    Args:
        facts: the host.
        source: a container or its name or id; an endpoint's name or id; an address of an endpoint or of the host.
        destination: an IPv4 address.
        port: of the destination.
        protocol: `tcp` or `udp`.

    Raises:
        ValueError: there is no such source, or the destination is no IPv4 address.
    """
    return Explainer(facts).explain(source, destination, port, protocol)


class Explainer:
    """Explains many connections of one snapshot, which is indexed once."""

    def __init__(self, facts: Facts) -> None:
        self._path = DataPath(facts)
        self._facts = facts

    def explain(self, source: Container | str, destination: str, port: int = 80, protocol: str = "tcp") -> Explanation:
        """Explain one connection; see the function of the same name."""
        start = source if isinstance(source, Container) else self.source(source)
        walk = self._path.walk(start, destination, port, protocol)
        legs = [Leg("there", f"The way there, from {walk.source}", walk.hops, walk.verdict)]
        proxy = self._reached_container(walk)
        if walk.verdict.rewritten_by is not None and proxy is not None:
            onward = self._path.walk(proxy, destination, port, protocol)
            title = f"On from {proxy.name}, if it asks {destination}:{port} itself"
            legs.append(Leg("onward", title, onward.hops, onward.verdict))
        if walk.verdict.kind == "reached":
            legs.append(self._way_back(walk, start, proxy))
        return Explanation(walk.source, walk.destination, port, protocol, tuple(legs), walk)

    def all(self, destinations: Iterable[tuple[str, int]], protocol: str = "tcp") -> tuple[Explanation, ...]:
        """Every container, in the order of their names, against a list of destinations."""
        containers = sorted(self._facts.containers, key=lambda item: item.name)
        sources: list[Container | str] = [*containers]
        if not containers:  # a dump of HNS alone: its endpoints stand for their containers
            sources = [item.address for item in self._facts.endpoints if item.address and not item.remote]
        wanted = tuple(destinations)
        return tuple(self.explain(source, *place, protocol) for source in sources for place in wanted)

    def source(self, words: str) -> Container | str:
        """A container, or the address of an endpoint or of the host, from what a person calls it.

        Raises:
            ValueError: nothing here has this name, or more than one thing has.
        """
        facts, lowered = self._facts, words.lower()
        container = facts.container_named(words)
        if container is not None:
            return container
        if self._path.index.is_host_address(words) or self._path.index.endpoints_at(words):
            return words
        by_id = [item for item in facts.containers if len(words) >= 4 and item.id.startswith(lowered)]
        if len(by_id) == 1:
            return by_id[0]
        named = [item for item in facts.endpoints if lowered in (item.name.lower(), item.id.lower()) and item.address]
        if len(named) == 1:
            return named[0].address
        if not named and not by_id:
            there = ", ".join(sorted(item.name for item in facts.containers)) or "none"
            raise ValueError(
                f"{words} is no container, endpoint or address of {facts.target}; its containers are: {there}"
            )
        choices = ", ".join([*(f"{item.name} ({item.address})" for item in named), *(item.id for item in by_id)])
        raise ValueError(f"{words} may be any of {choices}: name one by its address or its whole id")

    def _reached_container(self, walk: Walk) -> Container | None:
        target = walk.verdict.target
        return self._path.index.container_by_id(target.container) if target and target.container else None

    def _way_back(self, walk: Walk, start: Container | str, responder: Container | None) -> Leg:
        """How the answer comes back to who asked."""
        verdict, title = walk.verdict, "The way back"
        seen = verdict.source_address
        if verdict.target is None or verdict.target.place == "outside" or not seen:
            if isinstance(start, str) and self._path.index.is_host_address(start):
                return Leg("back", title, (Hop("host", "the answer comes back to the host itself"),))
            said = f"the answer comes to {seen or 'the host'}; the host gives it to who asked"
            return Leg("back", title, (Hop("host", said, "HNS fact 86"),))
        if verdict.target.place == "container" and responder is not None and seen.startswith("127."):
            return Leg("back", title, (Hop(responder.name, "the answer stays in the container"),))
        source: Container | str = responder if responder is not None else verdict.target.address
        back = self._path.walk(source, seen, _ANSWER_PORT, walk.protocol)
        nat = verdict.rewritten_by is not None
        said = f"the target sees {seen} as the source" + (
            "; whether OutboundNat changes it is not known" if nat else ""
        )
        hops = [Hop(walk.hops[-1].where, said, "HNS fact 48" if nat else "", not nat, walk.hops[-1].endpoint)]
        hops += [
            Hop(hop.where, hop.sentence.replace(f":{_ANSWER_PORT}", ""), hop.fact, hop.confirmed, hop.endpoint)
            for hop in back.hops
        ]
        if nat and back.verdict.kind == "reached":
            said = f"the answer's source is put back to {walk.destination}:{walk.port}, which is what was asked"
            asker = next(iter(self._path.index.endpoints_at(seen)), None)
            where, identity = (label(asker), asker.id) if asker else (walk.source, "")
            hops.append(Hop(where, said, "HNS fact 48", False, identity))
        return Leg("back", title, tuple(hops), back.verdict)


def parse_destination(words: str, default_port: int = 80) -> tuple[str, int]:
    """`ADDRESS[:PORT]` as its two parts.

    Raises:
        ValueError: it is not that.
    """
    import ipaddress

    address, colon, port = words.partition(":")
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        raise ValueError(f"{words!r} is not ADDRESS:PORT with an IPv4 address") from None
    if not colon:
        return address, default_port
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{port!r} is no port of 1 to 65535")
    return address, int(port)


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    rewritten = verdict.rewritten_by
    return {
        "kind": verdict.kind,
        "code": verdict.code,
        "reason": verdict.reason,
        "target": asdict(verdict.target) if verdict.target else None,
        "source_address": verdict.source_address,
        "rewritten_by": {"Type": rewritten.type, **rewritten.settings} if rewritten else None,
        "confirmed": verdict.confirmed,
    }
