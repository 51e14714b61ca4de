"""The part of a change record that the host does not tell: who, from where, with which hnskit and which parameters."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hnskit.errors import HnskitError
from hnskit.facts.differences import Difference
from hnskit.foreign_text.escaping import escape_html
from hnskit.foreign_text.masking import mask_data, mask_override
from hnskit.local.originator import originator
from hnskit.local.version import __version__
from hnskit.model.wording import MANY
from hnskit.params.loading import load_params

_EMULATOR = "emulator"
_LONG = 3 * MANY
"""Rows of differences that are shown at once; more are folded away, so that the pictures are found."""


def change_record(params_file: Path, overrides: Sequence[str], shown: Sequence[str] = ()) -> dict[str, Any]:
    """Tell who runs something, and with what.

    Args:
        params_file: it need not be right, or there.
        overrides: `key.path=value`.
        shown: the same with references in place of secrets; without it they are masked.

    Returns:
        `user`, `machine`, `system`, `job` (in a pipeline), `hnskit` and `python` (versions), `params_sha256` (of the
        file's bytes; "" where it cannot be read), `overrides`, and `params`: each parameter with the value that
        counted, defaults included; empty where the parameters are wrong. What may be a secret is masked; a credential
        is the reference that it is in the file.
    """
    return {
        **originator(),
        "hnskit": __version__,
        "python": platform.python_version(),
        "params_sha256": _digest(params_file),
        "overrides": [mask_override(override) for override in shown or overrides],
        "params": mask_data(_values(params_file, overrides)),
    }


def record_table(summary: Mapping[str, Any]) -> str:
    """The record of a summary as HTML; "" for one of a version that kept none."""
    record = summary.get("record") or {}
    if not record:
        return ""
    file = f"{summary['params_file']} (SHA-256 {record.get('params_sha256') or 'not known'})"
    rows = [
        ("who", str(record.get("user", ""))),
        ("from where", " ".join(filter(None, (record.get("machine", ""), f"({record.get('system', '')})")))),
        *([("job", str(record["job"]))] if record.get("job") else []),
        ("with", f"hnskit {record.get('hnskit', '')}, Python {record.get('python', '')}"),
        ("parameters", file),
        *(("replaced", str(override)) for override in record.get("overrides", ())),
    ]
    values = "".join(_row(*pair) for pair in _flat(record["params"])) if record.get("params") else ""
    count = values.count("<tr>")
    folded = f"<details><summary>{count} parameters</summary><table>{values}</table></details>" if values else ""
    return f"<table>{''.join(_row(*pair) for pair in rows)}</table>{folded}"


def differences_table(found: Sequence[Difference]) -> str:
    """Differences of the host, before and after, as HTML."""
    rows = [
        f"<tr><td>{escape_html(item.what)}</td><td>{_titled(item)}</td><td>{_fields(item)}</td></tr>" for item in found
    ]
    head = "<tr><th></th><th>object</th><th>before → after</th></tr>"
    whole = f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    return whole if len(rows) <= _LONG else f"<details><summary>{len(rows)} objects</summary>{whole}</details>"


def _titled(item: Difference) -> str:
    """Name an object; where its name is shortened, the tooltip has it whole."""
    shown, whole = escape_html(item.title), f"{item.kind} {item.name}"
    return shown if item.title == whole else f'<span title="{escape_html(whole, quote=True)}">{shown}</span>'


def _fields(item: Difference) -> str:
    if item.what == "changed":
        said = [f"{name}: {old or 'nothing'} → {new or 'nothing'}" for name, old, new in item.changes]
    else:
        said = [f"{name}: {new or old}" for name, old, new in item.changes]
    return "<br>".join(map(escape_html, said))


def _row(name: str, value: str) -> str:
    return f"<tr><td>{escape_html(name)}</td><td>{escape_html(value)}</td></tr>"


def _flat(values: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each value with its key's path, as in `--set`."""
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from _flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(values, list) and any(isinstance(item, Mapping) for item in values):
        for number, value in enumerate(values):
            yield from _flat(value, f"{path}[{number}]")
    elif isinstance(values, list):
        yield path, ", ".join(map(str, values))
    else:
        yield path, "" if values is None or values == {} else str(values)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _values(path: Path, overrides: Sequence[str]) -> dict[str, Any]:
    try:
        loaded = load_params(path, overrides=overrides)
    except HnskitError:
        return {}
    values = loaded.model_dump(mode="json", by_alias=True)
    if not loaded.target.startswith(f"{_EMULATOR}:"):
        values.pop(_EMULATOR, None)
    return values
