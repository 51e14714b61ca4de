"""What a step notebook's form edits: a parameter file, and single values in place of those in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Selection:
    """A choice of parameters, as a form shows it and a book takes it."""

    params_file: Path
    given: tuple[str, ...] = ()
    """`key.path=value`, from the notebook's own parameters."""
    edits: dict[str, str] = field(default_factory=dict)
    """What was typed, by the path of its parameter; right or wrong."""

    @property
    def overrides(self) -> list[str]:
        """What `load_params` takes: what was given, then what was typed."""
        return [*self.given, *(f"{path}={json.dumps(text)}" for path, text in self.edits.items())]
