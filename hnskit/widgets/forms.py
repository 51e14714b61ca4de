"""The short form of a step notebook: the parameters that are most often changed."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from hnskit.errors import ParamsError
from hnskit.params import Params, load_params
from hnskit.widgets.secrets import secret_box

if TYPE_CHECKING:
    from hnskit.runbook import Choice

FIELDS = (
    ("target", "the host: emulator://NAME or winrm://HOST"),
    ("network.subnet", "the containers' subnet, such as 10.0.1.0/24"),
    ("network.adapter", "physical adapter of the bridge; empty: Windows chooses"),
    ("gateway_endpoint.address", "the containers' gateway; not .1, HNS keeps that"),
    ("proxy.image", "image of the proxy"),
    ("proxy.address", "the proxy's address; empty: HNS chooses"),
    ("redirect.address", "the address that is redirected"),
)
"""The parameters that a form shows, by their path in the file, with what they mean."""

_WIDE = {"width": "24em"}
_LABEL = {"width": "14em"}


def params_form(choice: Choice, files: list[Path]) -> Any:
    """A form that edits `choice` as the person types; what is wrong stands beside its field."""
    chooser = ipywidgets.Dropdown(
        options=[(str(path), str(path)) for path in files], value=str(choice.params_file), layout=_WIDE
    )
    fields = {path: ipywidgets.Text(layout=_WIDE, continuous_update=False) for path, _ in FIELDS}
    notes = {path: ipywidgets.HTML() for path, _ in FIELDS}
    verdict = ipywidgets.HTML()
    secret = ipywidgets.VBox()
    given = tuple(choice.overrides)
    filling = False

    def fill() -> None:
        nonlocal filling
        filling = True
        try:
            params = load_params(choice.params_file, given)
            for path, _ in FIELDS:
                fields[path].value = _text(params, path)
        except ParamsError:
            pass  # check() says what is wrong with the file
        finally:
            filling = False

    def check() -> None:
        mistakes: dict[str, str] = {}
        try:
            found = load_params(choice.params_file, choice.overrides)
            secret.children = secret_box(found)
        except ParamsError as error:
            mistakes = {mistake.path: mistake.message for mistake in error.mistakes}
        for path, meaning in FIELDS:
            wrong = mistakes.pop(path, "")
            notes[path].value = _wrong(wrong) if wrong else f'<span style="opacity:.65">{escape(meaning)}</span>'
        rest = "".join(f"<br>{_wrong(f'{path}: {message}')}" for path, message in mistakes.items())
        good = not rest and not any("✗" in note.value for note in notes.values())
        verdict.value = "These parameters are in order." if good else f"Correct what is marked.{rest}"

    def take(_: Any) -> None:
        if filling:
            return
        try:
            before = load_params(choice.params_file, given)
            changed = [path for path, _ in FIELDS if fields[path].value != _text(before, path)]
        except ParamsError:
            changed = [path for path, _ in FIELDS if fields[path].value]
        choice.overrides = [*given, *(f"{path}={json.dumps(fields[path].value)}" for path in changed)]
        check()

    def choose(change: Any) -> None:
        choice.params_file = Path(change["new"])
        choice.overrides = list(given)
        fill()
        check()

    fill()
    check()
    chooser.observe(choose, "value")
    for field in fields.values():
        field.observe(take, "value")
    rows = [
        _row("params_file", chooser, ipywidgets.HTML()),
        *(_row(path, fields[path], notes[path]) for path, _ in FIELDS),
    ]
    return ipywidgets.VBox([*rows, secret, verdict])


def _row(name: str, field: Any, note: Any) -> Any:
    return ipywidgets.HBox([ipywidgets.Label(name, layout=_LABEL), field, note])


def _text(params: Params, path: str) -> str:
    value: Any = params
    for part in path.split("."):
        value = getattr(value, part)
    return str(value)


def _wrong(text: str) -> str:
    return f'<span style="color:#d13438">✗ {escape(text)}</span>'
