"""This user's state directory: emulated hosts and host locks."""

from __future__ import annotations

import os
from pathlib import Path

STATE_VARIABLE = "HNSKIT_STATE_DIR"
"""Names the state directory; without it that is the user's own, `~/.local/state/hnskit` on Linux."""


def state_directory() -> Path:
    """The directory; it need not be there yet."""
    import platformdirs

    return Path(os.environ.get(STATE_VARIABLE) or platformdirs.user_state_dir("hnskit", appauthor=False)).absolute()
