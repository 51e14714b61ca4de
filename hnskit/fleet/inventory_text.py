"""The text of an inventory's file, and its form: YAML, CSV, or JSON of `ansible-inventory --list`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hnskit.errors import Mistake, ParamsError
from hnskit.local.text_encoding import decode
from hnskit.model.wording import counted
from hnskit.params.strict_yaml import parse_yaml

_MOST_BYTES = 16 << 20
_OF_A_HOST = ("name", "target", "groups", "params")
_ANSIBLE = ("_meta", "all")


@dataclass(frozen=True, slots=True)
class Read:
    """The content of a file."""

    data: Mapping[str, Any]
    is_ansible: bool = False
    lines: tuple[int, ...] = ()
    """Of CSV: the line of each host."""


def read_inventory_text(path: Path) -> Read:
    """Read a file.

    Raises:
        ParamsError: it cannot be read, or has none of the forms.
    """

    def wrong(message: str, where: str = "(file)") -> ParamsError:
        return ParamsError(
            str(path), (Mistake(where, message),), next_step="docs/fleet.md has the forms of an inventory."
        )

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as cause:
        raise wrong(f"cannot be read: {cause.strerror}") from cause
    if len(data) > _MOST_BYTES:
        raise wrong("is larger than 16 MiB: it is not an inventory")
    try:
        text, _ = decode(data)
    except ValueError as cause:
        raise wrong(str(cause)) from cause
    if path.suffix.lower() == ".csv" or _is_csv(text):
        return _csv(text, wrong)
    if text.lstrip()[:1] == "{":
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as cause:
            raise wrong(f"is not JSON: {cause}") from cause
        return Read(found, is_ansible="hosts" not in found and any(name in found for name in _ANSIBLE))
    found = parse_yaml(text, str(path))
    if isinstance(found, list):
        raise wrong("is a list; a mapping with `hosts` is wanted")
    if not isinstance(found, dict):
        raise wrong("is not a mapping with `hosts`")
    return Read(found)


def _is_csv(text: str) -> bool:
    head = text.lstrip().partition("\n")[0].lower()
    return "name" in head and "target" in head and any(sign in head for sign in ",;\t") and ":" not in head


def _csv(text: str, wrong: Any) -> Read:
    head = text.lstrip().partition("\n")[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=head.count)))
    numbered = [(number, row) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not numbered:
        raise wrong("is empty")
    names = [cell.strip() for cell in numbered[0][1]]
    for lacking in {"name", "target"} - set(names):
        raise wrong(f"has no column {lacking}", "line 1")
    hosts = []
    for number, row in numbered[1:]:
        if len(row) != len(names):
            raise wrong(f"has {counted(len(row), 'cells')}, the head has {len(names)}", f"line {number}")
        cells = {name: cell.strip() for name, cell in zip(names, row, strict=True) if cell.strip()}
        host: dict[str, Any] = {name: cells[name] for name in ("name", "target", "params") if name in cells}
        host["groups"] = cells.get("groups", "").replace(";", " ").replace(",", " ").split()
        host["set"] = {
            name: parse_yaml(cell, f"line {number}, {name}") for name, cell in cells.items() if name not in _OF_A_HOST
        }
        hosts.append(host)
    return Read({"hosts": hosts}, lines=tuple(number for number, _ in numbered[1:]))
