"""Desired and facts to steps: pure, without IO."""

from hnskit.planning.setup import plan
from hnskit.planning.teardown import plan_destroy

__all__ = ["plan", "plan_destroy"]
