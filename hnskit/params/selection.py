"""The selection of a step notebook's form: a parameter file, and values that replace some of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hnskit.foreign_text.masking import mask_override
from hnskit.params.loading import Params, load_params, params_from

_GIVEN = "what papermill was given"


@dataclass(slots=True)
class Selection:
    """A choice of parameters, as a form shows it and a session takes it."""

    params_file: Path
    given: tuple[str, ...] = ()
    """`key.path=value`, from the notebook's own parameters."""
    data: Mapping[str, Any] | None = None
    """Parameters that papermill was given, in place of the file's values."""
    by_variable: bool = False
    """Named by the environment, in the variable HNSKIT_PARAMS."""
    edits: dict[str, str] = field(default_factory=dict)
    """Typed values by the paths of their parameters; right or wrong."""
    look_again: Callable[[], bool] | None = None
    """Has the cells below look again at what is chosen; None where they are run by hand."""
    offer_look: Callable[[], None] | None = None
    """Shows the form's button for that."""

    def load(self) -> Params:
        """The parameters that are chosen.

        Raises:
            ParamsError: they are wrong; no host was contacted.
        """
        if self.data is not None:
            return params_from(self.data, overrides=self.overrides, source=_GIVEN)
        return load_params(self.params_file, overrides=self.overrides)

    def to_text(self) -> str:
        """Name the parameters in a sentence."""
        changed = f", with {', '.join(map(mask_override, self.overrides))}" if self.overrides else ""
        file = f"{self.params_file}{', as HNSKIT_PARAMS says' if self.by_variable else ''}"
        return f"Parameters: {file if self.data is None else _GIVEN}{changed}."

    @property
    def overrides(self) -> list[str]:
        """The overrides for `load_params`: the given ones, then the typed ones."""
        return [*self.given, *(f"{path}={json.dumps(text)}" for path, text in self.edits.items())]
