"""The project's folders: where parameters, notebooks and runs are."""

from __future__ import annotations

import os
from pathlib import Path

from hnskit.local.ownership import require_ours

DEFAULT_RUNS = Path("runs")


NOTEBOOKS = Path("notebooks")


def project_root(start: Path | None = None) -> Path:
    """The nearest folder from `start` upwards that has params/ and notebooks/; else `start` itself.

    What is in it is executed, so it has to be this user's or root's.

    Raises:
        FileError: it belongs to another user, or everybody can write to it.

    JupyterLab gives a kernel the notebook's own folder as working directory, papermill and `hnskit run` theirs.
    """
    here = (start or Path.cwd()).absolute()
    found = (
        folder for folder in (here, *here.parents) if (folder / "params").is_dir() and (folder / NOTEBOOKS).is_dir()
    )
    root = next(found, None)
    for place in (root, root / "params", root / NOTEBOOKS) if root is not None else ():
        require_ours(place)
    return root or here


def find_params(path: str | Path) -> Path:
    """A parameter file, relative to the working directory or else to the project's root."""
    given = Path(path).expanduser()
    if given.is_absolute() or given.exists():
        return given
    below = _from_here(project_root() / given)
    return below if below.exists() else given


def find_notebooks(params_file: Path) -> Path:
    """The step notebooks: of the project around the working directory, or else of the one around a parameter file."""
    roots = (project_root(), project_root(params_file.parent))
    return next((folder for root in roots if (folder := root / NOTEBOOKS).is_dir()), roots[0] / NOTEBOOKS)


def default_runs() -> Path:
    """Where runs are kept when nobody says: `runs` in the project's root."""
    return _from_here(project_root() / DEFAULT_RUNS)


def _from_here(path: Path) -> Path:
    """As a person at the working directory would write it, which also keeps this machine's folders out of outputs."""
    try:
        return Path(os.path.relpath(path))
    except ValueError:  # another drive of Windows
        return path
