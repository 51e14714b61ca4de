"""The page of all parameters, made from their schema: `python -m benchmarks.parameter_reference` prints it.

`benchmarks.site` puts it into the documentation's site; it is not committed, so that it cannot be out of date.
"""

from __future__ import annotations

import json

from hnskit.params.form_fields import Row, Section, sections

_HEAD = """# Parameters

Every key of a parameter file, made from the schema (`hnskit/params/schema.py`). What is not given has its default. A
wrong key, type or value is refused before a host is contacted, with the line of the file and the key that was meant.

`--set KEY=VALUE` on the command line and `overrides` in a notebook replace single ones:
`--set clients[0].address=10.0.1.20`.
`params/windows-host.example.yaml` and `params/emulator.yaml` are whole files with a comment at each key.
"""
_WORDS = {
    "text": "text", "whole": "whole number", "number": "number", "flag": "`true` or `false`", "choice": "one of",
    "yaml": "list or mapping",
}  # fmt: skip


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([_HEAD, *map(_section, sections())]).rstrip() + "\n"


def _section(section: Section) -> str:
    heading = f"`{section.name}`: {section.title}" if section.name else "At the top of the file"
    before = {"": "", "clients": "clients[N]."}.get(section.name, f"{section.name}.")
    lines = [f"## {heading}", "", "| key | value | default | meaning |", "|---|---|---|---|"]
    lines += [
        f"| `{before}{row.path}` | {_value(row)} | {_default(row)} | {_cell(row.meaning)} |" for row in section.rows
    ]
    return "\n".join([*lines, ""])


def _value(row: Row) -> str:
    if row.kind == "choice":
        return ", ".join(f"`{choice}`" if choice else "empty" for choice in row.choices)
    return _WORDS[row.kind]


def _default(row: Row) -> str:
    if row.default is None:
        return "none: must be given" if row.required else "none"
    if row.default == "":
        return "empty"
    return f"`{_cell(json.dumps(_plain(row.default)))}`"


def _plain(value: object) -> object:
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if dump else value


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Print the page."""
    print(page(), end="")


if __name__ == "__main__":
    main()
