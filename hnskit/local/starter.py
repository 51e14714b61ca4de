"""The notebooks and parameters that came with hnskit, and a folder of a user's own made of them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hnskit.errors import FileError
from hnskit.local.project import NOTEBOOKS, PARAMS, shipped

README = "README.md"
_KINDS = {NOTEBOOKS: ("*.ipynb", "*.md"), PARAMS: ("*.yaml", "*.csv")}
_TEXT = """# A folder of hnskit

    hnskit run params/emulator.yaml                # the redirect on an emulated Windows host, and its proof
    jupyter lab notebooks/index.ipynb              # the same by hand, from the start page
    cp params/windows-host.example.yaml params/my-host.yaml
    hnskit preflight params/my-host.yaml           # is my host fit? Nothing is changed
    hnskit run params/my-host.yaml

`params/` has one file for each host; params/emulator.yaml describes each key. `notebooks/` has the steps, see
notebooks/README.md. Each run leaves a folder with its report in `runs/`. All files here are yours: hnskit never writes
over them, and `hnskit init` of a later version makes a new folder.
"""


def write_starter(folder: Path) -> tuple[Path, ...]:
    """Write notebooks/, params/ and README.md into a folder, which is made if it is missing.

    Args:
        folder: where; files of other names that are in it stay.

    Returns:
        The three paths.

    Raises:
        FileError: one of them is there already, or nothing can be written there; the folder is as it was.
    """
    source = shipped()
    if source is None:
        raise FileError("this installation of hnskit has no notebooks", next_step="Install hnskit from its wheel.")
    names = (*_KINDS, Path(README))
    there = [str(name) for name in names if (folder / name).exists()]
    if there:
        raise FileError(
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there already, and nothing was written",
            object=str(folder),
            next_step="Name an empty folder: hnskit init DIR.",
        )
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".hnskit-init-", dir=folder) as half:
            for name, patterns in _KINDS.items():
                (Path(half) / name).mkdir()
                for path in sorted(file for pattern in patterns for file in (source / name).glob(pattern)):
                    shutil.copyfile(path, Path(half) / name / path.name)
            (Path(half) / README).write_text(_TEXT, encoding="utf-8")
            for name in names:
                (Path(half) / name).rename(folder / name)
    except OSError as cause:
        for place in made:
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()
        raise FileError(f"it cannot be written: {cause.strerror or cause}", object=str(folder)) from cause
    return tuple(folder / name for name in names)
