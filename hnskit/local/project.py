"""The project's folders: where parameters, notebooks and runs are."""

from __future__ import annotations

import os
from pathlib import Path

from hnskit.local.ownership import require_ours

DEFAULT_RUNS = Path("runs")


NOTEBOOKS = Path("notebooks")
PARAMS = Path("params")


def shipped() -> Path | None:
    """The folder with the notebooks/ and params/ that came with hnskit: the wheel's, or the checkout's."""
    package = Path(__file__).parents[1]
    return next((place for place in (package / "shipped", package.parent) if _is_project(place)), None)


def _is_project(folder: Path) -> bool:
    return (folder / PARAMS).is_dir() and (folder / NOTEBOOKS).is_dir()


def _project(start: Path) -> Path | None:
    """The nearest project's folder from `start` upwards; `require_ours` holds for it."""
    here = start.absolute()
    root = next((folder for folder in (here, *here.parents) if _is_project(folder)), None)
    for place in (root, root / PARAMS, root / NOTEBOOKS) if root is not None else ():
        require_ours(place)
    return root


def project_root(start: Path | None = None) -> Path:
    """The nearest folder from `start` upwards that has params/ and notebooks/; else `start` itself.

    What is in it is executed, so it has to be this user's or root's.

    Raises:
        FileError: it belongs to another user, or everybody can write to it.

    JupyterLab gives a kernel the notebook's own folder as working directory, papermill and `hnskit run` theirs.
    """
    here = (start or Path.cwd()).absolute()
    return _project(here) or here


def find_params(path: str | Path) -> Path:
    """A parameter file: relative to the working directory, to the project's root or, with no project, a shipped one."""
    given = Path(path).expanduser()
    if given.is_absolute() or is_there(given):
        return given
    root = _project(Path.cwd())
    below = _from_here(root / given) if root is not None else (shipped() or Path.cwd()) / given
    return below if is_there(below) else given


def searched_places(path: Path) -> list[Path]:
    """The places where `find_params` looks for a file, in its order; one that is absolute has no other."""
    if path.is_absolute():
        return [path]
    root = _project(Path.cwd())
    return list(dict.fromkeys([Path.cwd() / path, (root or shipped() or Path.cwd()) / path]))


def is_there(path: Path) -> bool:
    """Tell whether there is a file or folder of this path; a text longer than a path may be is none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def find_notebooks(params_file: Path) -> Path:
    """The step notebooks: of the project around the working directory, around a parameter file, or shipped ones."""
    roots = (project_root(), project_root(params_file.parent), shipped())
    found = (folder for root in roots if root is not None and (folder := root / NOTEBOOKS).is_dir())
    return next(found, project_root() / NOTEBOOKS)


def default_runs() -> Path:
    """Return the default folder of runs: `runs` in the project's root."""
    return _from_here(project_root() / DEFAULT_RUNS)


def from_root(path: Path) -> Path:
    """A file of the project as it is written at the project's root, where a terminal stands; any other as it is.

    A notebook's kernel stands in notebooks/: `../params/x.yaml` would be wrong in a command that is typed elsewhere.
    """
    if path.is_absolute():
        return path
    try:
        return Path(os.path.normpath(path.absolute())).relative_to(project_root())
    except ValueError:
        return path


def _from_here(path: Path) -> Path:
    """As a person at the working directory would write it, which also keeps this machine's folders out of outputs."""
    try:
        return Path(os.path.relpath(path))
    except ValueError:  # another drive of Windows
        return path
