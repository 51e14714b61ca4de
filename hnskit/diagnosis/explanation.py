"""An explanation as it shows itself: a DataFrame, a picture, a notebook's output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hnskit.diagnosis.path_segments import ExplanationData
from hnskit.facts.host_facts import Facts

if TYPE_CHECKING:
    from hnskit.views.topology import Topology


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(ExplanationData):
    """One connection, explained; `frames.explanation_frame` has its hops as a table."""

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<Explanation: {self.source} to {self.destination}:{self.port}/{self.protocol}, {self.verdict.kind}>"

    def picture(self, facts: Facts) -> Topology:
        """The way drawn on the host's topology."""
        from hnskit.diagnosis.trace_drawing import draw_explanation

        return draw_explanation(facts, self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from hnskit.diagnosis.diagnosis_frames import explanation_frame
        from hnskit.views.table import View

        view = View(explanation_frame(self), self.sentence())
        return {"text/html": view.to_html(), "text/plain": self.to_text()}
