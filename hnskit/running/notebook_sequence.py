"""The notebooks of a run, in their order: all of the set-up, or those that were named."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from hnskit.errors import NotebooksError
from hnskit.running.run_folder import part_of

SEQUENCE = ("preflight", "network", "proxy", "clients", "policy", "verify")
"""The parts that a run goes through. The teardown is none of them: it would take away what the run has made."""

_ELSEWHERE = (
    "Run this in hnskit's project folder, or name the folder of its notebooks with --notebooks; `hnskit apply` and "
    "`hnskit verify` do the same without notebooks, from anywhere."
)
_LOST = (
    "Take the notebooks from `hnskit init DIR` or the checkout, and keep their metadata: pair them in jupytext, call "
    "nbstripout with --keep-metadata-keys metadata.hnskit."
)


def notebook_sequence(folder: Path, only: Sequence[str] = ()) -> list[tuple[Path, str]]:
    """Find the notebooks and their parts.

    Args:
        folder: of the notebooks.
        only: names of those that are meant, with or without `.ipynb`; none: the whole set-up.

    Returns:
        Path and part of each, in the order of their names.

    Raises:
        NotebooksError: there are none, or none of a name that was given.
    """
    files = sorted(folder.glob("[0-9]*.ipynb"))
    found = [(path, part_of(path)) for path in files]
    names = {name.removesuffix(".ipynb") for name in only}
    known = [path.stem for path, part in found if part]
    if unknown := sorted(names - set(known)):
        raise NotebooksError(
            f"there is no step notebook {', '.join(unknown)} in it",
            object=str(folder),
            next_step=_meant(unknown, known) if known else _ELSEWHERE,
        )
    if todo := [(path, part) for path, part in found if (path.stem in names if names else part in SEQUENCE)]:
        return todo
    if files and not known:
        said = (
            f"{files[0].name} and the others there have lost the metadata `hnskit.part`, which says what they are for"
        )
        raise NotebooksError(said, object=str(folder), next_step=_LOST)
    raise NotebooksError("there are no step notebooks in it", object=str(folder), next_step=_ELSEWHERE)


def _meant(unknown: Sequence[str], known: Sequence[str]) -> str:
    """Suggest the notebooks that were probably meant, and name the others."""
    near = []
    for name in unknown:
        begin = [one for one in known if one.startswith(name)]
        near += begin[:1] or difflib.get_close_matches(name, known, 1, 0.5)
    meant = f"Did you mean {' and '.join(dict.fromkeys(near))}? " if near else ""
    return f"{meant}There are: {', '.join(known)}."
