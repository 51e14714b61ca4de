"""The snapshots that runs have kept, for a list to choose from."""

from __future__ import annotations

from pathlib import Path

_NEWEST = 60  # in the list


def snapshots(runs: Path) -> list[str]:
    """The snapshots that runs have kept, the newest run first.

    Args:
        runs: the folder of runs.

    Returns:
        Their files, as a person at the working directory would write them.
    """
    folders = sorted((path for path in runs.glob("*/snapshots") if path.is_dir()), reverse=True)
    return [str(file) for folder in folders for file in sorted(folder.glob("*.json"))][:_NEWEST]
