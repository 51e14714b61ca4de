"""Steps to changes on a host: the only writer."""

from hnskit.applying.outcomes import Event, Outcome
from hnskit.applying.writer import apply, destroy

__all__ = ["Event", "Outcome", "apply", "destroy"]
