"""An explanation as it shows itself: a DataFrame, a picture, a notebook's output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hnskit.diagnosis.path_segments import ExplanationData
from hnskit.facts.host_facts import Facts

if TYPE_CHECKING:
    import pandas as pd

    from hnskit.views.topology import Topology


@dataclass(frozen=True, slots=True)
class Explanation(ExplanationData):
    """One connection, explained."""

    def frame(self) -> pd.DataFrame:
        """The hops as a DataFrame; see `diagnosis.frames.hops_frame`."""
        from hnskit.diagnosis.diagnosis_frames import hops_frame

        return hops_frame(self)

    def picture(self, facts: Facts) -> Topology:
        """The way drawn on the host's topology."""
        from hnskit.diagnosis.trace_drawing import draw_explanation

        return draw_explanation(facts, self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from hnskit.views.table import View

        view = View(self.frame(), self.sentence())
        return {"text/html": view.styled().to_html(), "text/plain": self.to_text()}
