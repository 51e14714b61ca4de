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

from hnskit.errors import HnskitError
from hnskit.local import project
from hnskit.params.hidden_overrides import reveal
from hnskit.params.loading import Params, load_params
from hnskit.params.selection import Selection
from hnskit.runbook.fleet_notebook import FleetNotebook, open_fleet
from hnskit.runbook.looked_at import LookedAt
from hnskit.runbook.notebook_parameters import (
    default_file,
    parameter_flag,
    parameter_list,
    parameter_text,
    reader_of,
    require_known,
)
from hnskit.runbook.part_work import PARTS
from hnskit.runbook.pasted_input import Paste
from hnskit.runbook.pasted_notebook import PastedNotebook
from hnskit.runbook.screen import Reader, Sentence, is_app, say, variables
from hnskit.runbook.screen_notebook import ScreenNotebook
from hnskit.runbook.step_notebook import StepNotebook

__all__ = [
    "PARTS",
    "FleetNotebook",
    "ParamsChoice",
    "Paste",
    "PastedNotebook",
    "StepNotebook",
    "choose",
    "open_fleet",
    "open_session",
    "paste",
    "start_page",
]

_selections: dict[tuple[str, ...], Selection] = {}
"""At the screen, what was typed into this kernel's forms: *Run All* asks for the same choice again."""
_OF_YAML = (str, dict, list)  # what YAML makes of a key's value

_AFTER_A_RELOAD = (
    "No page below, or `Error displaying widget`? Run All Cells, in the menu Run: "
    "a run that is under way is found again."
)

_pastes: dict[str, Paste] = {}
"""At the screen, what was pasted into this kernel's box."""
_open: StepNotebook | PastedNotebook | LookedAt | None = None
"""The session that was opened last."""


class ParamsChoice:
    """The chosen parameters, overrides and run folder; at the screen it shows itself as a form."""

    def __init__(self, selection: Selection, run_dir: str | Path, reader: Reader) -> None:
        self.selection = selection
        self.run_dir = Path(run_dir) if run_dir else None
        self.reader = reader

    @property
    def interactive(self) -> bool:
        """Tell whether a person is there to press a button."""
        return self.reader is Reader.PRESENT

    def _walk(self) -> Path | None:
        """The folder that the notebooks before this one have made, by hand, on the same host."""
        from hnskit.running.walk import open_walk

        try:
            return open_walk(project.default_runs(), self.selection.load().target)
        except HnskitError:  # what is wrong with the parameters the session says
            return None

    def look(self, part: str, *, paste: Paste | None = None) -> StepNotebook | PastedNotebook | LookedAt:
        """Open a session that only looks: at what was pasted, else at the host.

        At the screen its cells follow the form and the box above them, and their questions are lists to choose from.

        Args:
            part: see `PARTS`.
            paste: from `paste`; None where there is no box for one.

        Returns:
            The session, of the paste where there is one.

        Raises:
            ParamsError, ConnectError: as `open` raises them.
            SnapshotError: what stands in the box, or was pasted last, says nothing of a host.
        """
        global _open  # noqa: PLW0603 - as in `open`
        if paste is not None:
            paste.settle()
        if not self.interactive:
            return self._looking(part, paste)
        if _open is not None:
            _open.end()
        _open = looked = LookedAt(lambda: self._looking(part, paste))

        def again() -> bool:
            if _open is looked:
                looked.again()
            return _open is looked

        self.selection.look_again = again
        if self.selection.offer_look is not None:
            self.selection.offer_look()
        if paste is not None:
            paste.look_again = again
        return looked

    def _looking(self, part: str, paste: Paste | None) -> StepNotebook | PastedNotebook:
        if paste is not None and paste.reading is not None:
            return PastedNotebook(paste.reading)
        return StepNotebook(part, self.selection, self.run_dir, reader=self.reader)

    def open(
        self, part: str, *, keep_network: bool | str = False, by_name: bool | str = False,
        confirmed: bool | str = False, adopt: bool | str = False,
    ) -> StepNotebook:  # fmt: skip
        """Connect, look at the host, and open the session of one part (see `PARTS`).

        Args:
            part: see `PARTS`.
            keep_network: of the teardown: leave the bridge.
            by_name: of the teardown: also the network and endpoints of these names that no journal knows.
            confirmed: whether what would be removed is agreed to; at the screen that is asked.
            adopt: whether what was made by hand is to be taken over; at the screen that is asked.

        Returns:
            The book.

        Raises:
            ParamsError: the parameters are wrong; no host was contacted.
            ConnectError: the host cannot be reached, or refuses the login.
        """
        global _open  # noqa: PLW0603 - a kernel has one notebook, and that one session
        if _open is not None and self.interactive:
            _open.end()  # if this fails, the cells below are run all the same, and must not act for what was before
        kind = ScreenNotebook if self.interactive else StepNotebook
        session = _open = kind(
            part,
            self.selection,
            self.run_dir or (self._walk() if self.interactive else None),
            reader=self.reader,
            keep_network=parameter_flag(keep_network, "keep_network"),
            by_name=parameter_flag(by_name, "by_name"),
            confirmed=parameter_flag(confirmed, "confirmed"),
            adopt=parameter_flag(adopt, "adopt"),
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
    interactive: bool | str | None = None,
) -> ParamsChoice:
    """Take a notebook's parameters.

    Args:
        params_file: relative to the working directory or to the project's root; where no runner has given one, the
            variable `HNSKIT_PARAMS` goes before it.
        overrides: `key.path=value`, as `--set` takes them; also as the text that `papermill -p overrides` makes of one
            or of a list in brackets.
        run_dir: the run's folder; empty: one is made below `runs` when something is changed.
        interactive: whether a person is at the screen, also in a word (yes, no, true, false, on, off); None finds out.
            There, what was typed into the form is kept for the next call with the same arguments.

    Returns:
        The choice; as the last line of a cell it shows itself as a form at the screen.

    Raises:
        ParamsError: an override is not one; a value is of another kind; or a runner has given the notebook a name that
            it does not have.
    """
    require_known()
    reader = reader_of(interactive)
    screen = reader is Reader.PRESENT
    given = reveal(parameter_list(overrides, "overrides"))
    file, by_variable = default_file(parameter_text(params_file, "params_file"))
    folder = parameter_text(run_dir, "run_dir")
    selection = Selection(project.find_params(file), given, None if screen else _given(), by_variable=by_variable)
    if screen:
        selection = _selections.setdefault((str(selection.params_file), folder, *given), selection)
    return ParamsChoice(selection, folder, reader)


def paste(content: str = "", interactive: bool | str | None = None) -> Paste:
    """Take what a host printed in place of a host; at the screen it shows itself as a box.

    Args:
        content: the text, or the path of a file, a folder or a zip; empty: nothing, the host of the parameters is
            read.
        interactive: whether a person is at the screen; None finds out. There, what was pasted is kept for the next
            call with the same content.

    Returns:
        The paste; as the last line of a cell it shows itself as a box at the screen.

    Raises:
        SnapshotError: nothing in it says anything of a host.
    """
    screen = reader_of(interactive) is Reader.PRESENT
    content = parameter_text(content, "paste")
    if screen and content in _pastes:
        return _pastes[content]
    found = Paste(screen)
    if content.strip():
        found.read(content)
    if screen:
        _pastes[content] = found
    return found


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
    interactive: bool | str | None = None,
) -> StepNotebook:
    """Choose and open in one, where no form is wanted.

    Args:
        params_file: as `choose` takes it.
        part: see `PARTS`.
        overrides: as `choose` takes them.
        run_dir: the run's folder; empty: one is made when something is changed.
        interactive: whether a person is at the screen; None finds out.

    Returns:
        The book.

    Raises:
        ParamsError: the parameters are wrong; no host was contacted.
        ConnectError: the host cannot be reached, or refuses the login.
    """
    return choose(params_file, overrides, run_dir, interactive).open(part)


def start_page(params_file: str | Path, interactive: bool | str | None = None) -> Any:
    """Show the page from which parameters are edited and runs are begun; headless, say how to do the same there.

    Args:
        params_file: as `choose` takes it.
        interactive: whether a person is at the screen; None finds out.

    Returns:
        A widget, or the sentence.

    Raises:
        ParamsError: there is no such file, or it is not YAML.
    """
    require_known()
    file, _ = default_file(parameter_text(params_file, "params_file"))
    path = project.find_params(file)
    if reader_of(interactive) is not Reader.PRESENT:
        target = load_params(path).target
        command = f"`hnskit run {project.from_root(path)}`"
        return Sentence(f"Nobody is at the screen. The parameters are in order; {command} works on {target}.")
    from hnskit.runbook.widgets import StartPage

    if not is_app():  # there a reload runs the page anew by itself
        say(_AFTER_A_RELOAD)
    return StartPage(path, project.default_runs(), project.project_root() / project.NOTEBOOKS).widget


def __getattr__(name: str) -> Any:
    if name == "open_book":  # of earlier versions
        import warnings

        warnings.warn("runbook.open_book is runbook.open_session now", DeprecationWarning, stacklevel=2)
        return open_session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
