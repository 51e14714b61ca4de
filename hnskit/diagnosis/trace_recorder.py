"""Collects the hops of one trace, and what is doubtful on the way, until there is a verdict."""

from __future__ import annotations

from dataclasses import replace

from hnskit.diagnosis.doubts import Doubts
from hnskit.diagnosis.trace import Hop, Kind, Place, Target, Verdict, label
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.model.objects import Endpoint, Policy
from hnskit.model.policies.matching import Flow, Match


class TraceRecorder:
    """Hops and doubts of one trace so far."""

    def __init__(self, path: SnapshotIndex, doubts: Doubts, connection: Flow, answer: bool) -> None:
        self._answer = answer
        self._path = path
        self._doubts = doubts
        self._doubt: Hop | None = None
        """The first thing on the way that the snapshot does not tell whole."""
        self._connection = connection
        self.hops: list[Hop] = []
        self.rewritten_by: Policy | None = None
        self.untraced: list[Policy] = []

    def doubted(self, verdict: Verdict) -> Verdict:
        """The verdict, which is not known if something on the way is not."""
        if self._doubt is None or verdict.kind == "unknown":
            return verdict
        reason = f"{self._doubt.where}: {self._doubt.sentence}; without more, {verdict.reason}"
        return replace(verdict, kind="unknown", code="not-all-known", reason=reason, target=None, source_address="")

    def _note(self, where: str | Endpoint, doubt: str) -> None:
        """Keep a doubt, if it is one: the trace goes on as if there were none."""
        if doubt:
            self._hop(where, doubt, confirmed=False)
            self._doubt = self._doubt or self.hops[-1]

    def _note_owner(self, endpoint: Endpoint) -> None:
        """Say that the owner of the endpoint at which the trace begins is not known, where it is not."""
        if not endpoint.knows("compartment_id") and not endpoint.containers:
            self._hop(endpoint, "the snapshot does not say whose it is", confirmed=False)
        self._note(endpoint, self._doubts.of_host_endpoint(endpoint))

    def _hop(self, where: str | Endpoint, sentence: str, fact: str = "", confirmed: bool = True) -> None:
        place, identity = (where, "") if isinstance(where, str) else (label(where), where.id)
        self.hops.append(Hop(place, sentence, fact, confirmed, identity))

    @staticmethod
    def _target(place: Place, connection: Flow, container: str = "", endpoint: str = "") -> Target:
        return Target(place, connection.destination, connection.port, container, endpoint)

    def _stop(self, kind: Kind, code: str, where: str | Endpoint, match: Match) -> Verdict:
        return self._end(kind, code, where, match.sentence, match.fact, match.confirmed)

    def _end(  # noqa: PLR0917 - a hop's own fields, in its order
        self,
        kind: Kind,
        code: str,
        where: str | Endpoint,
        sentence: str,
        fact: str = "",
        confirmed: bool = True,
        *,
        target: Target | None = None,
        source_address: str = "",
    ) -> Verdict:
        self._hop(where, sentence, fact, confirmed)
        return Verdict(kind, f"{self.hops[-1].where}: {sentence}", code, target, source_address)
