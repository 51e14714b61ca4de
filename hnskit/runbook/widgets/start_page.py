"""The start page: parameters, host and run, in one place. It only starts and follows; the work is elsewhere."""

from __future__ import annotations

import os
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import ipywidgets

from hnskit.applying import host_lock
from hnskit.errors import HnskitError
from hnskit.errors.prose_html import prose
from hnskit.foreign_text.escaping import escape_html
from hnskit.remote.targets import canonical
from hnskit.runbook.widgets.buttons import question_box, side_by_side
from hnskit.runbook.widgets.clock import Clock
from hnskit.runbook.widgets.disconnected_notice import disconnect_notice, with_disconnect_notice
from hnskit.runbook.widgets.editor import ParamsEditor
from hnskit.runbook.widgets.host_look import look_at
from hnskit.runbook.widgets.page_words import GONE, OTHER, alert, cut_note, heading
from hnskit.runbook.widgets.removal_question import TEARDOWN, teardown_question
from hnskit.runbook.widgets.secrets import secret_box
from hnskit.runbook.widgets.way_check import way_html
from hnskit.running.background_run import Follower, last_run, launch
from hnskit.running.log import ask_to_stop
from hnskit.running.run_folder import part_of
from hnskit.running.run_history import last_seconds
from hnskit.running.run_state import RunState
from hnskit.running.server_links import link, this_server

ALL = "all steps, in order"
_SECRET = "HNSKIT_TYPED_PASSWORD"  # noqa: S105 - the name of a variable
_LABEL = {"description_width": "13em"}
_WIDE = {"width": "34em"}


class StartPage:
    """The widgets of the page; show `widget`."""

    def __init__(self, params_file: Path, runs: Path, notebooks: Path) -> None:
        self._runs = Path(os.path.normpath(runs.absolute()))  # without `..`: people read it, and links are made of it
        self._server = this_server()
        self._state: RunState | None = None
        self._follower: Follower | None = None
        files = sorted({*params_file.parent.glob("*.yaml"), *params_file.parent.glob("*.yml"), params_file})
        self._file = ipywidgets.Dropdown(
            options=[(str(path), path) for path in files], value=params_file, description="Parameter file",
            style=_LABEL, layout=_WIDE,
        )  # fmt: skip
        self._again = ipywidgets.Button(description="Read again", tooltip="Read the file anew; unsaved changes go")
        self._file_said = ipywidgets.HTML()
        self._editor = ParamsEditor(params_file, self._on_edit)
        self._secret = ipywidgets.VBox()
        self._connect = ipywidgets.Button(description="Connect", button_style="primary", tooltip="Look at the host")
        self._way = ipywidgets.Button(description="Check the way", tooltip="Each step of the way to the host by itself")
        self._connect_note = ipywidgets.HTML()
        self._host = ipywidgets.HTML()
        self._looking = Clock()
        self._running = Clock()
        self._looked = ""  # what the host showed when it was looked at, and when that was
        self._looked_at = ""
        self._asked: object | None = None  # the question about the host whose answer is still waited for
        self._shown = ""  # the target whose last run is shown
        steps = {path.stem: path for path in sorted(notebooks.glob("[0-9]*.ipynb")) if _is_step(path)}
        self._step = ipywidgets.Dropdown(
            options=[(ALL, ""), *((name, name) for name in steps)], value="", description="What to run",
            style=_LABEL, layout=_WIDE,
        )  # fmt: skip
        self._run = ipywidgets.Button(description="Run", button_style="success", tooltip="Begin")
        self._adopt = ipywidgets.Checkbox(
            description="Take over what was made by hand", indent=False, layout={"width": "auto"}
        )
        self._stop = ipywidgets.Button(description="Stop", button_style="danger", tooltip="Stop the run", disabled=True)
        self._note = ipywidgets.HTML()
        self._asking = ipywidgets.VBox()
        self._view = ipywidgets.HTML()
        self._offering = False  # True while the list is set by the page, and not by a person
        self._file.observe(lambda change: None if self._offering else self._open(change["new"]), "value")
        self._again.on_click(lambda _: self._open(self._file.value))
        self._connect.on_click(lambda _: self._on_connect(way_only=False))
        self._way.on_click(lambda _: self._on_connect(way_only=True))
        self._run.on_click(lambda _: self._on_run())
        self._stop.on_click(lambda _: self._on_stop())
        self._step.observe(lambda _: self._on_params(), "value")
        self.widget = with_disconnect_notice(
            [
                heading("1. Parameters"), side_by_side(self._file, self._again), self._file_said,
                self._editor.widget,
                heading("2. The host"), self._secret,
                side_by_side(self._connect, self._way, self._connect_note, self._looking.widget), self._host,
                heading("3. Run"), disconnect_notice(GONE),
                side_by_side(self._step, self._run, self._stop, self._adopt, self._running.widget), self._note,
                self._asking, self._view,
            ],
            GONE,
        )  # fmt: skip
        self._on_params()
        self._attach()

    @property
    def target(self) -> str:
        """The target of the form, as it is compared with others."""
        return canonical(str(self._editor.file.get("target") or ""))

    @property
    def running(self) -> bool:
        """Tell whether a run is followed."""
        return self._follower is not None and self._follower.alive

    def wait(self, seconds: float) -> None:
        """Wait for the end of the run that is followed."""
        if self._follower is not None:
            self._follower.join(seconds)

    def _open(self, path: Path) -> None:
        try:
            self._editor.open(path)
        except HnskitError as error:
            self._file_said.value = alert(error.paragraph())
            return
        self._file_said.value = ""
        self._forget_host()
        self._attach()

    def _offer(self, path: Path) -> None:
        """Have the list stand on the file that is edited, also on one that was saved under a new name just now."""
        if path == self._file.value:
            return
        self._offering = True
        if path not in [one for _, one in self._file.options]:
            self._file.options = (*self._file.options, (str(path), path))  # this chooses the first one
        self._file.value = path
        self._offering = False

    def _forget_host(self) -> None:
        self._asked, self._looked, self._host.value = None, "", ""

    def _on_edit(self) -> None:
        """Something was edited or saved; what is shown of one host is not left standing below the name of another."""
        self._offer(self._editor.file.path)
        if self.target != self._shown and not self.running:
            self._forget_host()
            self._attach()
        self._on_params()

    def _on_params(self) -> None:
        """Something was edited, saved, or chosen: what can be pressed now, and why not."""
        ready = self._editor.ready
        params = None
        if not self._editor.file.mistakes():
            from hnskit.params.loading import parse_params

            params = parse_params(self._editor.file.plain(), str(self._editor.file.path))
            self._secret.children = secret_box(params, self._on_params)
        lacks_secret = bool(params and self._secret.children and not _known(params))
        self._connect.disabled = self._way.disabled = not ready or lacks_secret
        self._run.disabled = not ready or lacks_secret or self.running
        lack = ""
        if not ready:
            lack = "Correct and save the parameters first." if self._editor.file.mistakes() else (
                "Save the parameters first: the file is taken as it is saved."
            )  # fmt: skip
        elif lacks_secret:
            lack = "Type the password above first."
        self._connect_note.value = lack
        self._note.value = lack or cut_note(self._step.value, params)

    def _attach(self) -> None:
        """Follow what is at work on the host already, or show the last run."""
        if self.running:
            return
        self._shown = self.target
        if (worker := host_lock.holder_of(self.target)) is not None:
            if worker.kind == host_lock.RUN:
                self._note.value = "A run was at work on this host when the page was opened; this page follows it."
            self._follow(None)
            return
        last = last_run(self._runs, self.target)
        self._state = last
        when = f"The last run on this host, {last.ended}. What it has now, Connect shows:" if last else ""
        self._view.value = f'<p style="opacity:.7">{when}</p>{self._html(last)}' if last else ""

    def _on_run(self) -> None:
        if self._step.value == TEARDOWN:
            self._run.disabled, self._view.value = True, '<p role="status">Reading what would be removed …</p>'
            threading.Thread(target=self._ask, args=(self._editor.file.path,), name="ask", daemon=True).start()
            return
        self._begin()

    def _ask(self, path: Path) -> None:
        """Ask what may be removed, in words and number, on a thread of its own; a yes begins the run."""
        try:
            question, plan = teardown_question(path, self._runs)
        except HnskitError as error:
            self._view.value = alert(error.paragraph())
        else:
            self._view.value = plan
            self._asking.children = question_box(question, self._answer) if question else ()
            if not question:
                self._begin()
        finally:
            if not self.running:
                self._on_params()

    def _answer(self, agreed: bool) -> None:
        self._asking.children = ()
        if agreed:
            self._begin(confirmed=True)
        else:
            self._view.value = '<p role="status">Nothing was removed.</p>'

    def _begin(self, *, confirmed: bool = False) -> None:
        if host_lock.holder_of(self.target) is not None:
            self._attach()
            return
        environment, overrides = self._credential()
        only = [self._step.value] if self._step.value else []
        self._view.value = '<p role="status">It begins …</p>'
        self._follow(
            launch(
                self._editor.file.path, self._runs, only, environment=environment, overrides=overrides,
                confirmed=confirmed, adopt=bool(self._adopt.value),
            )
        )  # fmt: skip

    def _credential(self) -> tuple[dict[str, str], list[str]]:
        """The typed password goes on in the environment of the run, by reference."""
        if self._editor.file.get("connection.credential") != "prompt":
            return {}, []
        from hnskit.remote.credentials import typed

        secret = typed(self.target, str(self._editor.file.get("connection.username") or ""))
        if secret is None:
            return {}, []
        return {_SECRET: secret.reveal()}, [f"connection.credential=env:{_SECRET}"]

    def _follow(self, process: Any) -> None:
        self._follower = Follower(self.target, self._on_state, self._on_refused, self._on_other, process)
        self._run.disabled, self._stop.disabled, self._stop.description = True, False, "Stop"
        self._mark_as_old()
        self._running.last = last_seconds(self._runs, self.target) if self._step.value == "" else None
        self._running.start()
        self._follower.start()

    def _mark_as_old(self) -> None:
        """Mark the shown host as seen before this work."""
        if self._looked:
            said = f"As it was on {self._looked_at}, before the run below. Connect shows what it has now."
            self._host.value = f'<p role="status"><b>{said}</b></p><div style="opacity:.5">{self._looked}</div>'

    def _on_state(self, state: RunState) -> None:
        """Show a state of the run; called on the follower's thread."""
        self._state = state
        if state.over:
            self._over()
        self._view.value = self._html(state)

    def _on_refused(self, sentence: str) -> None:
        self._over()
        self._view.value = alert(sentence)

    def _on_other(self, worker: host_lock.LockHolder | None) -> None:
        """Show another holder of the host lock, or its end; called on the follower's thread."""
        if worker is None:
            self._over()
            self._attach()
            return
        self._stop.disabled = True
        self._view.value = f'<p role="status">{prose(OTHER.format(worker.sentence()))}</p>'

    def _over(self) -> None:
        self._follower = None
        self._running.stop()
        self._stop.disabled, self._stop.description = True, "Stop"
        self._on_params()

    def _on_stop(self) -> None:
        place = self._follower.run_dir if self._follower else None
        if place is not None:
            self._stop.disabled, self._stop.description = True, "Stopping …"
            ask_to_stop(place)

    def _html(self, state: RunState) -> str:
        return state.html(lambda path, text: link(self._server, path, text))

    def _on_connect(self, *, way_only: bool = False) -> None:
        self._way.disabled = self._connect.disabled = True
        pressed, said = (self._way, "Checking …") if way_only else (self._connect, "Connecting …")
        pressed.description = said
        self._looking.start()
        self._looked, self._host.value = "", f'<p role="status">{said}</p>'
        self._asked = asked = object()
        work = self._check_way if way_only else self._look
        threading.Thread(target=work, args=(self._editor.file.path, asked), name="connect", daemon=True).start()

    def _check_way(self, path: Path, asked: object) -> None:
        """Show how far the way to the host leads, on a thread of its own."""
        try:
            self._show(asked, way_html(path, self._say))
        except HnskitError as error:
            self._show(asked, alert(error.paragraph()))
        finally:
            self._looked_over()

    def _look(self, path: Path, asked: object) -> None:
        """Show the host, on a thread of its own."""
        try:
            looked = look_at(path, self._runs, self._say)
            if self._show(asked, looked):
                self._looked, self._looked_at = looked, f"{datetime.now():%d %B %Y, %H:%M:%S}"
                if self.running:
                    self._mark_as_old()
        except HnskitError as error:
            self._show(asked, alert(error.paragraph()))
        except Exception as error:
            self._show(asked, alert(f"{type(error).__name__}: {error}"))
            raise
        finally:
            self._looked_over()

    def _show(self, asked: object, html: str) -> bool:
        """Show what came of a question, unless the form has another host by now; whether it is shown."""
        if asked is not self._asked:
            return False
        self._host.value = html
        return True

    def _looked_over(self) -> None:
        self._looking.stop()
        self._connect.description, self._way.description = "Connect", "Check the way"
        self._on_params()

    def _say(self, text: str) -> None:
        self._host.value = f'<p role="status">{escape_html(text)}</p>'


def _known(params: Any) -> bool:
    from hnskit.remote.credentials import typed

    return typed(params.target, params.connection.username) is not None


def _is_step(path: Path) -> bool:
    try:
        return bool(part_of(path))
    except HnskitError:
        return False
