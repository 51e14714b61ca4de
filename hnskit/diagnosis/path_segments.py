"""An explanation as data: segments of hops and their verdict, as text and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from hnskit.diagnosis.trace import Hop, Trace, Verdict
from hnskit.foreign_text.escaping import join_lines

SegmentName = Literal["forward", "upstream", "return"]

_WORDS = {"reached": "reaches", "refused": "is refused", "unreachable": "does not arrive", "unknown": "is not known"}


@dataclass(frozen=True, slots=True)
class PathSegment:
    """One trace of an explanation."""

    name: SegmentName
    title: str
    hops: tuple[Hop, ...]
    verdict: Verdict | None = None
    """None for a way back that nothing has to be looked up for."""


@dataclass(frozen=True, slots=True)
class ExplanationData:
    """One connection, explained, as data; `Explanation` also shows itself."""

    source: str
    destination: str
    port: int
    protocol: str
    segments: tuple[PathSegment, ...]
    """`forward` always; `upstream` where a proxy is reached; `return` where something is reached."""
    trace: Trace
    """The first segment as `datapath` has it."""

    @property
    def verdict(self) -> Verdict:
        """The end of the connection itself; a redirected one ends at the proxy."""
        return self.trace.verdict

    @property
    def upstream(self) -> Verdict | None:
        """The end of the proxy's own request; None if no proxy is reached."""
        return next((segment.verdict for segment in self.segments if segment.name == "upstream"), None)

    @property
    def confirmed(self) -> bool:
        """Tell whether no hop of any segment is UNCONFIRMED."""
        return all(hop.confirmed for segment in self.segments for hop in segment.hops)

    @property
    def answered(self) -> bool | None:
        """Tell whether an answer can come: everything is reached, and the way back holds; None where it is not known.

        What an L4WFPPROXY may take elsewhere is not known, whatever becomes of it without.
        """
        if self.untraced:
            return None
        kinds = [segment.verdict.kind for segment in self.segments if segment.verdict is not None]
        if "unknown" in kinds:
            return None if not {"refused", "unreachable"} & set(kinds) else False
        return all(kind == "reached" for kind in kinds)

    @property
    def untraced(self) -> bool:
        """Tell whether an L4WFPPROXY may take the connection, or the proxy's own, elsewhere (HNS fact 54)."""
        return any(segment.verdict.untraced for segment in self.segments if segment.verdict is not None)

    def sentence(self) -> str:
        """The verdict in a sentence: reaches X via Y; refused by Z; unknown because W."""
        aside = " That is so unless an L4WFPPROXY takes it elsewhere, which is not known." if self.untraced else ""
        return self._sentence() + aside

    def _sentence(self) -> str:
        verdict, asked = self.verdict, f"{self.source} to {self.destination}:{self.port}"
        if verdict.kind == "unknown":
            return f"{asked} is not known: {verdict.reason}."
        if verdict.kind != "reached":
            return f"{asked} {_WORDS[verdict.kind]}: {verdict.reason}."
        at = self.trace.hops[-1].sentence
        seen = f", with {verdict.source_address} as its source" if verdict.source_address else ""
        if verdict.rewritten_by is not None:
            at = at.removeprefix("leaves the host to ")
            text = f"{asked} is redirected by the {verdict.rewritten_by.type} policy to {at}{seen}."
        elif verdict.target is not None and verdict.target.place == "outside":
            text = f"{asked} leaves the host{seen}."
        else:
            text = f"{asked} reaches {at}{seen}."
        upstream = self.upstream
        if upstream is None:
            return text
        if upstream.kind == "reached":
            return f"{text} From there {self.destination}:{self.port} is reached."
        unknown = "it is not known whether " if upstream.kind == "unknown" else ""
        wrong = "is reached" if unknown else "is not reached"
        return f"{text} From there {unknown}{self.destination}:{self.port} {wrong}: {upstream.reason}."

    def to_text(self) -> str:
        """For a terminal: the verdict, then each segment, a line a hop."""
        lines = [self.sentence()]
        for segment in self.segments:
            lines += ["", f"{segment.title}:"]
            lines += [f"  {number}. {hop}" for number, hop in enumerate(segment.hops, start=1)]
        if not self.confirmed:
            lines += ["", "UNCONFIRMED: neither seen on a host nor in a primary source; see docs/facts.md."]
        return join_lines(lines)

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
            "untraced": self.untraced,
            "verdict": _verdict_json(self.verdict),
            "segments": [
                {
                    "name": segment.name,
                    "title": segment.title,
                    "hops": [asdict(hop) for hop in segment.hops],
                    "verdict": _verdict_json(segment.verdict) if segment.verdict else None,
                }
                for segment in self.segments
            ],
        }

    def __str__(self) -> str:
        return self.to_text()


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
