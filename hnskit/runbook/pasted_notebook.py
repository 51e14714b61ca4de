"""The session of a notebook that looks at a paste: what there is of `StepNotebook` without a host and parameters."""

from __future__ import annotations

from typing import Any

from hnskit.errors import ArgumentError
from hnskit.facts.anything import Reading
from hnskit.runbook.diagnosis_notebook import HostDiagnosis
from hnskit.runbook.screen import Sentence, sentence_mimebundle
from hnskit.views.table import View
from hnskit.views.topology import Topology, draw


class PastedNotebook:
    """A session that only reads, over a paste."""

    def __init__(self, reading: Reading) -> None:
        self.facts = reading.facts
        self.diagnosis = HostDiagnosis(reading.facts)
        self._reading = reading

    def show(self, table: str) -> View:
        """A table of what the paste has: networks, endpoints, policies, containers, compartments, …

        Args:
            table: networks, endpoints, policies, containers, compartments, adapters or images.

        Returns:
            The table.

        Raises:
            ArgumentError: there is no such table.
        """
        from hnskit.views.frames import TABLES

        if table not in TABLES:
            raise ArgumentError(f"{table!r} is none of {', '.join(TABLES)}")
        return View(TABLES[table](self.facts), table)

    def picture(self) -> Topology:
        """The same, drawn.

        Returns:
            The picture.
        """
        return draw(self.facts)

    def finish(self) -> Sentence:
        """There is no host to let go of.

        Returns:
            A sentence.
        """
        return Sentence("Nothing is changed by this notebook, and no host was contacted.")

    def end(self) -> None:
        """There is nothing to let go of."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return sentence_mimebundle(str(self))

    def __str__(self) -> str:
        caveats = "".join(f"\nNot whole: {caveat}." for caveat in self._reading.caveats)
        return f"A paste, taken for {', '.join(self._reading.what) or 'something of a host'}.{caveats}"
