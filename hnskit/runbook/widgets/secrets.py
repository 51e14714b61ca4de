"""A box for a password that keeps nothing: what is typed goes to this process's memory, and the box is empty again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from hnskit.foreign_text.escaping import escape_html
from hnskit.params.loading import Params
from hnskit.remote import credentials


def secret_box(params: Params, on_typed: Callable[[], None] | None = None) -> tuple[Any, ...]:
    """The widgets that ask for the password where the parameters say `credential: prompt`; none elsewhere."""
    username, target = params.connection.username, params.target
    if params.connection.credential != "prompt" or "://" not in target:
        return ()
    box = ipywidgets.Password(
        description="Password",
        placeholder="asked once; kept in no file",
        continuous_update=False,
        style={"description_width": "14em"},
        layout={"width": "38em"},
    )
    note = ipywidgets.HTML()

    def say() -> None:
        known = credentials.typed(target, username) is not None
        text = f"The password of {username} on {target} is known to this kernel, until it ends." if known else (
            f"The password of {username} on {target}: type it, then press Enter."
        )  # fmt: skip
        note.value = escape_html(text)

    def take(change: Any) -> None:
        if change["new"]:
            credentials.remember(target, username, change["new"])
            box.value = ""  # before anybody can save the notebook with its widgets
            say()
            if on_typed is not None:
                on_typed()

    box.observe(take, "value")
    say()
    return box, note
