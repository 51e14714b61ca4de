"""The short form of a step notebook: the parameters that are most often changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets

from hnskit.errors import HnskitError, ParamsError
from hnskit.foreign_text.escaping import escape_html
from hnskit.local import project
from hnskit.params.desired import desired_from
from hnskit.params.loading import Params, load_params
from hnskit.params.selection import Selection
from hnskit.runbook.kept_snapshots import snapshots
from hnskit.runbook.widgets.disconnected_notice import with_disconnect_notice
from hnskit.runbook.widgets.secrets import secret_box
from hnskit.views.style import error_html

FIELDS = (
    ("target", "the host: emulator://NAME, winrm://HOST, ssh://HOST or local"),
    ("network.subnet", "the containers' subnet, such as 10.0.1.0/24"),
    ("network.adapter", "physical adapter of the bridge; empty: Windows chooses"),
    ("gateway_endpoint.address", "the containers' gateway; not .1, HNS keeps that"),
    ("proxy.image", "image of the proxy"),
    ("proxy.address", "the proxy's address; empty: HNS chooses"),
    ("redirect.address", "the address that is redirected"),
)
"""The parameters that a form may show, by their path in the file, with what they mean."""
_OF_NETWORK = ("network.subnet", "network.adapter", "gateway_endpoint.address")

_GONE = "The kernel of this notebook has ended, so this form does nothing any more. Run all cells again."
_WIDE = {"width": "38em", "flex": "0 0 auto", "max_width": "98%"}
_LABEL = {"description_width": "14em"}


def params_form(selection: Selection, files: list[Path]) -> Any:
    """A form that edits `selection` as the person types; what is wrong stands beside its field.

    Where the notebook only looks (`selection.look_again`), a button has the cells below look again.
    """
    return _Form(selection, files).widget


class _Form:
    def __init__(self, selection: Selection, files: list[Path]) -> None:
        self._selection = selection
        self._in_file: dict[str, str] = {}
        self._filling = False
        self._chooser = ipywidgets.Dropdown(
            options=[(str(path), str(path)) for path in files], value=str(selection.params_file),
            description="params_file", style=_LABEL, layout=_WIDE,
        )  # fmt: skip
        self._back = ipywidgets.Button(description="Back to the file", tooltip="Forget what was typed here")
        self._look = ipywidgets.Button(description="Look", button_style="primary",
                                       tooltip="Look at this host: the cells below follow")  # fmt: skip
        self._looked = ipywidgets.HTML()
        self._kept = ipywidgets.Dropdown(
            options=[("or choose a snapshot that a run has kept", "")], layout={"width": "26em"},
            tooltip="Snapshots of runs",
        )  # fmt: skip
        self._fields = {
            path: ipywidgets.Text(description=path, style=_LABEL, layout=_WIDE, continuous_update=False)
            for path, _ in FIELDS
        }
        self._notes = {path: ipywidgets.HTML() for path, _ in FIELDS}
        self._rows = {path: ipywidgets.HBox([self._fields[path], self._notes[path]]) for path, _ in FIELDS}
        self._secret = ipywidgets.VBox()
        self._verdict = ipywidgets.HTML()
        self._fill()
        self._check()
        self._chooser.observe(self._choose, "value")
        self._back.on_click(lambda _: self._forget())
        self._look.on_click(lambda _: self._on_look())
        for field in self._fields.values():
            field.observe(self._take, "value")
        rows = [ipywidgets.HBox([self._chooser, self._back]), *self._rows.values()]
        look = ipywidgets.HBox([self._look, self._kept, self._looked])
        look.layout.display = "none"

        def offer() -> None:
            look.layout.display = ""
            found = snapshots(project.default_runs())
            self._kept.options = [*self._kept.options[:1], *((_of_run(file), file) for file in found)]
            self._kept.layout.display = "" if found else "none"

        self._kept.observe(self._look_at_kept, "value")
        if selection.look_again:
            offer()
        selection.offer_look = offer
        self.widget = with_disconnect_notice([*rows, self._secret, self._verdict, look], _GONE)

    def _look_at_kept(self, change: Any) -> None:
        """Have the cells below look at a snapshot."""
        if change["new"]:
            self._fields["target"].value = f"snapshot:{change['new']}"
            self._on_look()

    def _on_look(self) -> None:
        """Have the cells below look at what is chosen here."""
        self._looked.value = '<span role="status">Looking …</span>'
        try:
            follows = self._selection.look_again() if self._selection.look_again else False
        except HnskitError as error:
            self._looked.value = _wrong(error.paragraph())
            return
        words = "The cells below show it." if follows else "Run the cells below: they were not run yet."
        self._looked.value = f'<span role="status">{words}</span>'

    def _fill(self) -> None:
        """Show what the file has, and what was typed in its place."""
        self._in_file.clear()
        try:
            params = load_params(self._selection.params_file, overrides=self._selection.given)
            self._in_file.update((path, _text(params, path)) for path, _ in FIELDS)
        except ParamsError:
            pass  # _check says what is wrong with the file
        self._filling = True
        for path, _ in FIELDS:
            text = self._selection.edits.get(path, self._in_file.get(path, ""))
            self._fields[path].value, self._fields[path].tooltip = text, f"{path}: {text}"
        self._filling = False

    def _check(self) -> None:
        mistakes: dict[str, str] = {}
        there = ""
        try:
            found = load_params(self._selection.params_file, overrides=self._selection.overrides)
            self._secret.children = secret_box(found)
            self._show_what_counts(found)
            there = _there_already(found)
        except ParamsError as error:
            mistakes = {mistake.path: mistake.message for mistake in error.mistakes}
        good = not mistakes
        for path, meaning in FIELDS:
            wrong = mistakes.pop(path, "")
            self._notes[path].value = (
                _wrong(wrong) if wrong else f'<span style="opacity:.65">{escape_html(meaning)}</span>'
            )
        rest = "".join(f"<br>{_wrong(f'{path}: {message}')}" for path, message in mistakes.items())
        self._verdict.value = f"These parameters are in order.{there}" if good else f"Correct what is marked.{rest}"
        self._back.disabled = not self._selection.edits

    def _show_what_counts(self, params: Params) -> None:
        """Hide the rows of what these parameters do not make: a field that must stay empty asks to be filled."""
        hidden = {*(() if params.network.name else _OF_NETWORK), *(() if params.proxy.image else ("proxy.image",))}
        if params.proxy.pod is not None:
            hidden.add("proxy.address")
        for path, row in self._rows.items():
            row.layout.display = "none" if path in hidden and path not in self._selection.edits else ""

    def _take(self, _: Any) -> None:
        if not self._filling:
            typed = {path: self._fields[path].value.strip() for path, _ in FIELDS}
            self._filling = True
            for path, text in typed.items():
                self._fields[path].value, self._fields[path].tooltip = text, f"{path}: {text}"
            self._filling = False
            self._selection.edits = {path: text for path, text in typed.items() if text != self._in_file.get(path, "")}
            self._check()

    def _choose(self, change: Any) -> None:
        self._selection.params_file = Path(change["new"])
        self._forget()

    def _forget(self) -> None:
        self._selection.edits = {}
        self._fill()
        self._check()


def _of_run(file: str) -> str:
    """A snapshot's name in the list: its run, and the moment."""
    path = Path(file)
    return f"{path.parent.parent.name}: {path.stem}"


def _there_already(params: Params) -> str:
    """Name the pods that the parameters choose, which are no text of one line to be edited here; "" where none is."""
    wanted = desired_from(params)
    said = [f"The proxy is the pod {wanted.proxy_pod} (proxy.pod)."] if wanted.proxy_pod is not None else []
    if wanted.pods:
        said.append(f"The clients are the pods {'; '.join(map(str, wanted.pods))} (pods).")
    if not said:
        return ""
    return f"<br>{escape_html(' '.join(said))} The start page edits them, in the file."


def _text(params: Params, path: str) -> str:
    value: Any = params
    for part in path.split("."):
        value = getattr(value, part)
    return str(value)


def _wrong(text: str) -> str:
    return error_html(text, inline=True)
