"""A task of a fleet: one verb on one host, and the outcome of it where it ends well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hnskit.facts.host_facts import Facts
from hnskit.fleet.host_result import State
from hnskit.fleet.inventory import FleetHost
from hnskit.params.loading import Params

Tell = Callable[[str], None]
"""Told of a host's step, in a few words; raises KeyboardInterrupt where no other step is to begin."""


@dataclass(frozen=True, slots=True)
class HostTask:
    """A host, and the verb. It can be pickled: credentials in it are references, resolved where the work is done."""

    host: FleetHost
    verb: str
    run_dir: str = ""
    """The folder for its snapshot and its journal; "": none is kept, and a verb that changes something is refused."""
    runs: str = ""
    """The folder of run folders, whose journals know what hnskit made."""
    options: Mapping[str, Any] = field(default_factory=dict)
    wave: int = 0

    @property
    def params(self) -> Params:
        """The host's parameters."""
        return self.host.params


@dataclass(frozen=True, slots=True)
class VerbOutcome:
    """The end of a verb on a host that raised no error."""

    state: State
    verdict: str
    data: Mapping[str, Any] = field(default_factory=dict)
    facts: Facts | None = None
    changed: int = 0


Verb = Callable[[HostTask, Tell], VerbOutcome]
