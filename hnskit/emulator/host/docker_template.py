"""Go templates as far as docker's `--format` needs them here: fields, `json`, `range` over a list or a map."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hnskit.emulator.host.docker_args import UsageError

_FIELD = re.compile(r"\{\{\s*(json\s+)?\.([\w.]*)\s*\}\}")
_RANGE = re.compile(r"\{\{\s*range\s+\.([\w.]+)\s*\}\}((?:(?!\{\{\s*range\b).)*?)\{\{\s*end\s*\}\}", re.DOTALL)


def render(template: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Each row through a template.

    Raises:
        UsageError: the template has more in it than that, or names no field of the row.
    """
    if "{{" in _FIELD.sub("", _RANGE.sub(lambda match: match[2], template)):
        raise UsageError(f"hnskit emulator: the template {template!r} is not emulated\n", 64)
    plain = template.replace("\\t", "\t").replace("\\n", "\n")
    return "".join(f"{_filled(plain, row, template)}\n" for row in rows)


def _filled(text: str, value: Any, template: str) -> str:
    def repeat(match: re.Match[str]) -> str:
        held = _field(value, match[1], template)
        # A map is walked by its keys in order.
        items = [held[key] for key in sorted(held)] if isinstance(held, Mapping) else held or []
        return "".join(_FIELD.sub(_filler(template, item), match[2]) for item in items)

    parts = []
    at = 0
    for match in _RANGE.finditer(text):
        parts += [_FIELD.sub(_filler(template, value), text[at : match.start()]), repeat(match)]
        at = match.end()
    return "".join([*parts, _FIELD.sub(_filler(template, value), text[at:])])


def _field(value: Any, path: str, template: str) -> Any:
    for name in filter(None, path.split(".")):
        if not isinstance(value, Mapping) or name not in value:
            raise UsageError(
                f'Template parsing error: template: :1:2: executing "" at <.{path}>: '
                f"can't evaluate field {name} in {template}\n", 64,
            )  # fmt: skip
        value = value[name]
    return value


def _filler(template: str, value: Any) -> Callable[[re.Match[str]], str]:
    def fill(match: re.Match[str]) -> str:
        found = _field(value, match[2], template)
        if match[1]:
            return json.dumps(found, separators=(",", ":"), ensure_ascii=False)
        return str(found).lower() if isinstance(found, bool) else str(found)

    return fill
