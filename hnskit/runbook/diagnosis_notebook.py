"""What a book of the notebooks can say about a host without changing it: explanations and findings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hnskit.diagnosis.explaining import explain, parse_destination
from hnskit.diagnosis.explanation import Explanation
from hnskit.facts.differences import differences
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import load_facts
from hnskit.local.project import find_params
from hnskit.params.desired import Desired
from hnskit.planning.provenance import Provenance
from hnskit.runbook.screen import Sentence
from hnskit.views.table import View
from hnskit.views.topology import Topology, draw

if TYPE_CHECKING:
    from hnskit.errors.hns_codes import KnownCode
    from hnskit.facts.finding import Finding


_LEFT_BEHIND = ("endpoint-stale", "compartment-dead", "address-twice")


class Diagnosis(ABC):
    """The part of a book that only looks; it works as well on a snapshot."""

    desired: Desired
    facts: Facts
    _asked: tuple[str, tuple[str, ...]]
    """The parameter file, "" where there is none, and what was given in place of its values: for commands to type."""

    @abstractmethod
    def _known(self) -> Provenance:
        """What the journals say that hnskit made on the host."""

    def explain(self, source: str, destination: str) -> Explanation:
        """What would happen to a connection, and why.

        Args:
            source: a container, an endpoint or an address; empty: the first client of the parameters.
            destination: `ADDRESS:PORT`; empty: what is redirected.

        Raises:
            ValueError: there is no such source, or the destination is not that.
        """
        address, port = parse_destination(destination or self.desired.redirect.what)
        return explain(self.facts, source or self.desired.clients[0].name, address, port=port)

    def way(self, source: str, destination: str) -> Topology:
        """The same, drawn on the host's topology."""
        return self.explain(source, destination).picture(self.facts)

    def matrix(self, destinations: Iterable[str] = ()) -> View:
        """Every container against a list of destinations; empty: what is redirected."""
        from hnskit.diagnosis.diagnosis_frames import matrix_frame
        from hnskit.diagnosis.explaining import Explainer

        wanted = [parse_destination(item) for item in destinations]
        wanted = wanted or [(one.address, one.port) for one in self.desired.redirects]
        found = Explainer(self.facts).all(wanted)
        return View(matrix_frame(found), "every container against every destination", hidden=("code", "target"))

    def diagnose(self) -> View:
        """What is wrong or suspicious on the host, and what to do about it."""
        from hnskit.diagnosis.diagnosis_frames import diagnosis_frame
        from hnskit.diagnosis.doctor import summary_of

        found = self._diagnosed()
        return View(diagnosis_frame(found), f"doctor: {summary_of(found)}", hidden=("check",))

    def _diagnosed(self) -> tuple[Finding, ...]:
        from hnskit.diagnosis.doctor import diagnose

        params_file, overrides = self._asked
        return diagnose(
            self.facts, desired=self.desired, params_file=params_file, overrides=overrides, made=self._known()
        )

    def stale(self) -> View:
        """Endpoints that nobody uses any more, and how each is removed."""
        from hnskit.diagnosis.diagnosis_frames import diagnosis_frame

        found = self._diagnosed()
        left = [item for item in found if item.check in _LEFT_BEHIND]
        return View(diagnosis_frame(left), "left behind", hidden=("check", "severity"))

    def compare(self, earlier: str) -> View:
        """What differs between a snapshot's file and the host as it was last seen.

        Args:
            earlier: a file that `hnskit facts --save` wrote, or one of a run's `snapshots/`; empty: nothing to compare.

        Raises:
            SnapshotError: there is no such file, or it says nothing of a host.
        """
        from hnskit.views.frames import differences_frame

        found = differences(self._earlier(earlier), self.facts)
        return View(differences_frame(found), f"since {earlier or 'now'}")

    def compare_picture(self, earlier: str) -> Topology:
        """The same, drawn."""
        return draw(self.facts, desired=self.desired, before=self._earlier(earlier))

    def _earlier(self, path: str) -> Facts:
        return load_facts(find_params(path)) if path else self.facts

    def repair(self) -> View:
        """The plan that would mend what the engine can; nothing is changed by asking."""
        from hnskit.diagnosis.doctor.repair import plan_repair
        from hnskit.views.frames import plan_frame

        found = plan_repair(self.desired, self.facts, self._known())
        frame = plan_frame(found)
        return View(
            frame[~frame["action"].isin(("keep", "not there"))],
            f"{len(found.pending)} to do",
            hidden=("wave", "part", "id"),
        )

    @staticmethod
    def code(code: str) -> KnownCode | Sentence:
        """What a code of HNS means, in any of its forms, or a part of its name; empty: none was given.

        Raises:
            ValueError: it is neither a number of 32 bits nor a part of a name.
        """
        from hnskit.errors.hns_codes import find_codes

        return find_codes(code)[0] if code else Sentence("No code was given.")
