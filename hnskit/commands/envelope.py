"""The one form of what `--json` prints: `schema`, `target`, `ok`, then the data; result.schema.json describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hnskit.foreign_text.terminal import print_json

SCHEMA = 1
"""Version of the form: it grows by one when a member is renamed, moved or taken away."""


def print_result(data: Mapping[str, Any] | Sequence[Any], *, target: str = "", ok: bool = True) -> None:
    """Print a command's result on stdout, as one JSON object.

    Args:
        data: the members of the result, which stand beside `schema`, `target` and `ok`; a list becomes `items`.
        target: the host that it is about, as the parameters name it; "" where there is none.
        ok: whether the command ends with 0.
    """
    print_json(enveloped(data, target=target, ok=ok))


def enveloped(data: Mapping[str, Any] | Sequence[Any], *, target: str = "", ok: bool = True) -> dict[str, Any]:
    """Put a result into the form that every command prints.

    Args:
        data: as `print_result` takes it.
        target: the host, or "".
        ok: whether the command ends with 0.

    Returns:
        The object: `schema`, `target`, `ok`, then the data.
    """
    members = dict(data) if isinstance(data, Mapping) else {"items": list(data)}
    head = {"schema": SCHEMA, "target": members.pop("target", "") or target, "ok": ok}
    return {**head, **{name: value for name, value in members.items() if name not in head}}
