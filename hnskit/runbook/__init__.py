"""Functions for a notebook's cells: choose the parameters, then open one `StepNotebook` for each notebook.

    choice = runbook.choose(params_file, overrides, run_dir, interactive)
    session = choice.open("network")
    session.show("networks")
    session.plan()
    session.apply_button("Create the network")
    session.result()
    session.finish()

The same file runs by hand and headless; see `hnskit.runbook.step_notebook`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from hnskit.local import project
from hnskit.params.hidden_overrides import reveal
from hnskit.params.loading import Params, load_params
from hnskit.params.selection import Selection
from hnskit.runbook.part_work import PARTS
from hnskit.runbook.pasted_input import Paste
from hnskit.runbook.pasted_notebook import PastedNotebook
from hnskit.runbook.screen import Sentence, at_screen, say, variables
from hnskit.runbook.step_notebook import StepNotebook

__all__ = [
    "PARTS",
    "ParamsChoice",
    "Paste",
    "PastedNotebook",
    "StepNotebook",
    "choose",
    "open_session",
    "paste",
    "start_page",
]

_selections: dict[tuple[str, ...], Selection] = {}
"""At the screen, what was typed into this kernel's forms: *Run All* asks for the same choice again."""
_OF_YAML = (str, dict, list)  # what YAML makes of a key's value

_pastes: dict[str, Paste] = {}
"""At the screen, what was pasted into this kernel's box."""
_open: StepNotebook | PastedNotebook | None = None
"""The session that was opened last."""


class ParamsChoice:
    """The chosen parameters, overrides and run folder; at the screen it shows itself as a form."""

    def __init__(self, selection: Selection, run_dir: str | Path, interactive: bool) -> None:
        self.selection = selection
        self.run_dir = Path(run_dir) if run_dir else None
        self.interactive = interactive

    def look(self, part: str, paste: Paste) -> StepNotebook | PastedNotebook:
        """Open a session that only looks: at what was pasted, else at the host.

        Args:
            part: see `PARTS`.
            paste: from `paste`.

        Returns:
            The book, of the paste where there is one.

        Raises:
            ParamsError, ConnectError: as `open` raises them.
            SnapshotError: what stands in the box, or was pasted last, says nothing of a host.
        """
        global _open  # noqa: PLW0603 - as in `open`
        paste.settle()
        if paste.reading is None:
            return self.open(part)
        if _open is not None and self.interactive:
            _open.end()
        _open = PastedNotebook(paste.reading)
        return _open

    def open(self, part: str, *, keep_network: bool = False) -> StepNotebook:
        """Connect, look at the host, and open the session of one part (see `PARTS`).

        Args:
            part: see `PARTS`.
            keep_network: of the teardown: leave the bridge.

        Returns:
            The book.

        Raises:
            ParamsError: the parameters are wrong; no host was contacted.
            ConnectError: the host cannot be reached, or refuses the login.
        """
        global _open  # noqa: PLW0603 - a kernel has one notebook, and that one session
        if _open is not None and self.interactive:
            _open.end()  # if this fails, the cells below are run all the same, and must not act for what was before
        session = _open = StepNotebook(
            part, self.selection, self.run_dir, interactive=self.interactive, keep_network=keep_network
        )
        return session

    def to_text(self) -> str:
        """Describe the choice in a sentence.

        Returns:
            The file, the overrides, and where the run is kept.
        """
        return self.selection.to_text()

    def _ipython_display_(self) -> None:
        if not self.interactive:
            say(self.to_text())
            return
        from IPython.display import display

        from hnskit.runbook.widgets import params_form

        beside = self.selection.params_file.parent
        files = {*beside.glob("*.yaml"), *beside.glob("*.yml"), self.selection.params_file}
        display(params_form(self.selection, sorted(files)))


def choose(
    params_file: str | Path,
    overrides: Sequence[str] | str = (),
    run_dir: str | Path = "",
    interactive: bool | None = None,
) -> ParamsChoice:
    """Take a notebook's parameters.

    Args:
        params_file: relative to the working directory or to the project's root.
        overrides: `key.path=value`, as `--set` takes them; also as the text that `papermill -p overrides` makes of one
            or of a list in brackets.
        run_dir: the run's folder; empty: one is made below `runs` when something is changed.
        interactive: whether somebody is at the screen; None finds out. There, what was typed into the form is kept
            for the next call with the same arguments.

    Returns:
        The choice; as the last line of a cell it shows itself as a form at the screen.

    Raises:
        ParamsError: an override is not one.
    """
    screen = at_screen() if interactive is None else interactive
    given = reveal(_listed(overrides))
    selection = Selection(project.find_params(params_file), given, None if screen else _given())
    if screen:
        selection = _selections.setdefault((str(selection.params_file), str(run_dir), *given), selection)
    return ParamsChoice(selection, run_dir, screen)


def paste(content: str = "", interactive: bool | None = None) -> Paste:
    """Take what a host printed in place of a host; at the screen it shows itself as a box.

    Args:
        content: the text, or the path of a file, a folder or a zip; empty: nothing, the host of the parameters is
            read.
        interactive: whether somebody is at the screen; None finds out. There, what was pasted is kept for the next
            call with the same content.

    Returns:
        The paste; as the last line of a cell it shows itself as a box at the screen.

    Raises:
        SnapshotError: nothing in it says anything of a host.
    """
    screen = at_screen() if interactive is None else interactive
    if screen and content in _pastes:
        return _pastes[content]
    found = Paste(screen)
    if content.strip():
        found.read(content)
    if screen:
        _pastes[content] = found
    return found


def _listed(overrides: Sequence[str] | str) -> tuple[str, ...]:
    """Overrides as a list; papermill's `-p` gives what is no number as a text."""
    if not isinstance(overrides, str):
        return tuple(overrides)
    text = overrides.strip()
    try:
        listed = yaml.safe_load(text) if text.startswith("[") else [text] if text else []
    except yaml.YAMLError:
        listed = [text]  # no override either: whoever takes it says so
    return tuple(map(str, listed))


def _given() -> dict[str, Any] | None:
    """Return the keys of `papermill -f my-host.yaml`, which makes a variable of each; None if there are none."""
    there = variables()
    keys = (info.alias or name for name, info in Params.model_fields.items() if not info.exclude)
    return {key: there[key] for key in keys if isinstance(there.get(key), _OF_YAML)} or None


def open_session(
    params_file: str | Path,
    part: str,
    overrides: Sequence[str] = (),
    run_dir: str | Path = "",
    interactive: bool | None = None,
) -> StepNotebook:
    """Choose and open in one, where no form is wanted.

    Args:
        params_file: as `choose` takes it.
        part: see `PARTS`.
        overrides: as `choose` takes them.
        run_dir: the run's folder; empty: one is made when something is changed.
        interactive: whether somebody is at the screen; None finds out.

    Returns:
        The book.

    Raises:
        ParamsError: the parameters are wrong; no host was contacted.
        ConnectError: the host cannot be reached, or refuses the login.
    """
    return choose(params_file, overrides, run_dir, interactive).open(part)


def start_page(params_file: str | Path, interactive: bool | None = None) -> Any:
    """Show the page from which parameters are edited and runs are begun; headless, say how to do the same there.

    Args:
        params_file: as `choose` takes it.
        interactive: whether somebody is at the screen; None finds out.

    Returns:
        A widget, or the sentence.

    Raises:
        ParamsError: there is no such file, or it is no YAML.
    """
    path = project.find_params(params_file)
    if not (at_screen() if interactive is None else interactive):
        target = load_params(path).target
        return Sentence(f"Nobody is at the screen. The parameters are in order; `hnskit run {path}` works on {target}.")
    from hnskit.runbook.widgets import StartPage

    return StartPage(path, project.default_runs(), project.project_root() / project.NOTEBOOKS).widget


def __getattr__(name: str) -> Any:
    if name == "open_book":  # of earlier versions
        import warnings

        warnings.warn("runbook.open_book is runbook.open_session now", DeprecationWarning, stacklevel=2)
        return open_session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
