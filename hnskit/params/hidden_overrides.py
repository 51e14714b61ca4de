"""Replacements of parameters (`--set`) for writing down: masked by their keys, the values themselves apart.

An executed notebook shows the parameters that it was given, and a list of processes the words of a command. So both get
`verify.headers.Authorization=***`, and the process that works with it has the value in its environment, which other
users do not see and no artefact has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from hnskit.foreign_text.masking import MASK, hides, learn

VARIABLE = "HNSKIT_HIDDEN_OVERRIDES"
"""Has the values of masked overrides, as JSON, by their path."""


def hide(overrides: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The overrides as they may be written down, and what a process must have in its environment to `reveal` them."""
    shown, hidden = [], {}
    for override in overrides:
        path, equals, value = override.partition("=")
        if equals and hides(path, value):
            hidden[path.strip()] = value
            learn(value)
            shown.append(f"{path}={MASK}")
        else:
            shown.append(override)
    return tuple(shown), {VARIABLE: json.dumps(hidden)} if hidden else {}


def reveal(overrides: Sequence[str]) -> tuple[str, ...]:
    """The overrides as they were given; one whose value is not known here stays as it is written."""
    try:
        found = json.loads(os.environ.get(VARIABLE) or "{}")
    except ValueError:
        found = {}
    hidden = found if isinstance(found, dict) else {}
    return tuple(_revealed(override, hidden) for override in overrides)


def _revealed(override: str, hidden: dict[str, str]) -> str:
    path, _, value = override.partition("=")
    if value != MASK or path.strip() not in hidden:
        return override
    learn(hidden[path.strip()])
    return f"{path}={hidden[path.strip()]}"
