"""Explanations and findings of a notebook's session: nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hnskit.diagnosis.explaining import explain, parse_destination
from hnskit.diagnosis.explanation import Explanation
from hnskit.facts.anything import load_facts
from hnskit.facts.differences import differences
from hnskit.facts.host_facts import Facts, unread_parts
from hnskit.foreign_text.escaping import join_lines
from hnskit.local.project import find_params
from hnskit.model.objects import METADATA_ADDRESS
from hnskit.model.policies.v1_v2 import kind_of
from hnskit.params.desired import Desired
from hnskit.planning.provenance import Provenance
from hnskit.runbook.notebook_parameters import parameter_text
from hnskit.runbook.screen import Sentence
from hnskit.views.table import View
from hnskit.views.topology import Topology, draw

if TYPE_CHECKING:
    from hnskit.errors.hns_codes import KnownCode
    from hnskit.facts.finding import Finding


_LEFT_BEHIND = ("endpoint-stale", "compartment-dead", "address-twice", "stale-remote", "namespace-leaked")
_METADATA = (METADATA_ADDRESS, 80)


_NOBODY = "Nobody is in the paste who could ask: it has no endpoint with an address, and no container."
_NO_PLAN = (
    "A paste has no parameters: there is nothing to compare it with. `hnskit doctor PARAMS --fix` mends a host that "
    "is reached; what each finding advises can be typed there, too."
)


class CodeList(tuple["KnownCode", ...]):
    """Several codes, one below the other."""

    __slots__ = ()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {
            "text/html": "".join(item.to_html() for item in self),
            "text/plain": join_lines(item.to_text() for item in self),
        }


@dataclass(frozen=True, slots=True)
class HostDiagnosis:
    """Says about a host what can be said without changing it; it works as well on a snapshot."""

    facts: Facts
    desired: Desired | None = None
    """None where there are no parameters: of a paste."""
    made: Provenance = field(default_factory=Provenance)
    """Read the provenance of the host's objects from the journals."""
    params_file: str = ""
    """Named in commands to type; "" where there is none."""
    overrides: tuple[str, ...] = ()
    """Overrides of the file's values: for commands to type."""

    def explain(self, source: str, destination: str) -> Explanation | Sentence:
        """Explain a connection; a sentence where there is no container or endpoint that could ask.

        Args:
            source: a container, an endpoint or an address; empty: the first client of the parameters, of a paste the
                first container or endpoint in it.
            destination: `ADDRESS:PORT`; empty: what is redirected, of a paste the metadata service.

        Raises:
            ValueError: there is no such source, or the destination is not that.
        """
        source, destination = parameter_text(source, "source"), parameter_text(destination, "destination")
        what = self.desired.redirect.what if self.desired else f"{_METADATA[0]}:{_METADATA[1]}"
        address, port = parse_destination(destination or what)
        asker = source or (self.desired.clients[0].name if self.desired else self._first_asker())
        return explain(self.facts, asker, address, port=port) if asker else Sentence(_NOBODY)

    def _first_asker(self) -> str:
        """Return the default source: the first client by its policy, else any container or endpoint."""
        here = [item for item in self.facts.endpoints if item.address and not item.remote]
        redirected = [item for item in here if any(kind_of(policy) == "PROXY" for policy in item.policies)]
        names = [*(item.address for item in redirected), *(item.name for item in self.facts.containers)]
        return next(iter([*names, *(item.address for item in here)]), "")

    def way(self, source: str, destination: str) -> Topology | Sentence:
        """The same, drawn on the host's topology."""
        found = self.explain(source, destination)
        return found if isinstance(found, Sentence) else found.picture(self.facts)

    def matrix(self, destinations: Iterable[str] = ()) -> View:
        """Every container against a list of destinations; empty: what is redirected."""
        from hnskit.diagnosis.diagnosis_frames import matrix_frame
        from hnskit.diagnosis.explaining import Explainer

        wanted = [parse_destination(item) for item in destinations]
        redirects = self.desired.redirects if self.desired else ()
        wanted = wanted or [(one.address, one.port) for one in redirects] or [_METADATA]
        found = Explainer(self.facts).all(wanted)
        return View(matrix_frame(found), "every container against every destination", hidden=("code", "target"))

    def diagnose(self) -> View:
        """Find what is wrong or suspicious on the host, and say what to do about it."""
        from hnskit.diagnosis.doctor import summary_of
        from hnskit.views.change_frames import findings_frame

        found = self._diagnosed()
        return View(findings_frame(found), f"doctor: {summary_of(found)}", hidden=("check",))

    def _diagnosed(self) -> tuple[Finding, ...]:
        from hnskit.diagnosis.doctor import diagnose

        return diagnose(
            self.facts, desired=self.desired, params_file=self.params_file, overrides=self.overrides, made=self.made
        )

    def stale(self) -> View:
        """Endpoints that nobody uses any more, and how each is removed."""
        from hnskit.views.change_frames import findings_frame

        found = self._diagnosed()
        left = [item for item in found if item.check in _LEFT_BEHIND]
        return View(findings_frame(left), "left behind", hidden=("check", "severity"))

    def compare(self, earlier: str) -> View | Sentence:
        """Compare a snapshot's file with the host as it was last seen; a sentence where none is named.

        Args:
            earlier: a file that `hnskit facts --save` wrote, or one of a run's `snapshots/`; empty: nothing to compare.

        Raises:
            SnapshotError: there is no such file, or it says nothing of a host.
        """
        from hnskit.views.change_frames import differences_frame

        if not earlier:
            return Sentence("Nothing is compared: no earlier snapshot was chosen.")
        found = differences(self._earlier(earlier), self.facts)
        return View(differences_frame(found), f"since {earlier}")

    def compare_picture(self, earlier: str) -> Topology:
        """The same, drawn."""
        return draw(self.facts, desired=self.desired, before=self._earlier(earlier))

    def _earlier(self, path: str) -> Facts:
        path = parameter_text(path, "earlier")
        return load_facts(find_params(path)) if path else self.facts

    def repair(self) -> View | Sentence:
        """The plan that would mend what the engine can; nothing is changed by asking."""
        if self.desired is None:
            return Sentence(_NO_PLAN)
        if unread := unread_parts(self.facts):
            return Sentence(f"There is no plan: what was not read of the host may be there ({unread}).")
        from hnskit.diagnosis.doctor.repair import plan_repair
        from hnskit.views.change_frames import plan_frame

        found = plan_repair(self.desired, self.facts, self.made)
        frame = plan_frame(found)
        shown = frame[~frame["action"].isin(("keep", "not there"))]
        if shown.empty:
            return Sentence("Nothing to do: all that these parameters name is as they want it.")
        return View(shown, f"{len(found.pending)} to do", hidden=("wave", "part", "id"))

    @staticmethod
    def code(code: str) -> KnownCode | CodeList | Sentence:
        """Explain a code of HNS: in any of its forms, by a part of its name, a text or lines of a log.

        Raises:
            ValueError: nothing in it is known.
        """
        from hnskit.errors.codes_in_text import look_up

        code = parameter_text(code, "code")
        if not code.strip():
            return Sentence("No code was given.")
        found = look_up(code)
        return found[0] if len(found) == 1 else CodeList(found)
