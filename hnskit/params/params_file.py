"""A parameter file that is edited: every comment, blank line and quote that is not touched stays as it is."""

from __future__ import annotations

import copy
import io
import re
from pathlib import Path
from typing import Any

import yaml

from hnskit.errors import FileError, ParamsError
from hnskit.local.atomic_write import write_output
from hnskit.params.loading import load_params, parse_params, path_parts


class ParamsFile:
    """The contents of one file, changed key by key and saved when they are in order."""

    def __init__(self, path: Path) -> None:
        """Read it.

        Raises:
            ParamsError: it cannot be read, or is not a mapping; wrong values are not an error here, see `mistakes`.
        """
        self.path = path
        try:
            self._text = path.read_text(encoding="utf-8")
            self._data = _editor().load(self._text)
        except Exception as cause:  # whatever ruamel says: load_params says it as everywhere else
            load_params(path)
            raise ParamsError(str(path), (), next_step=str(cause)) from cause
        if not isinstance(self._data, dict):
            load_params(path)

    def plain(self) -> dict[str, Any]:
        """The data as the model takes them."""
        data: dict[str, Any] = yaml.safe_load(self.text())
        return data

    def get(self, path: str) -> Any:
        """The value at `network.subnet` or `clients[0].name`; None where there is none."""
        place: Any = self._data
        for part in path_parts(path):
            try:
                place = place[part]
            except (KeyError, IndexError, TypeError):
                return None
        return place

    def set(self, path: str, value: Any) -> None:
        """Put a value there; the mappings on the way are made where they are missing."""
        *way, last = path_parts(path)
        place: Any = self._data
        for part in way:
            if isinstance(part, str) and place.get(part) is None:
                place[part] = type(self._data)()
            place = place[part]
        if place.get(last) != value or type(place.get(last)) is not type(value):
            place[last] = _quoted(value)

    @property
    def clients(self) -> int:
        """The number of clients."""
        found = self.get("clients")
        return len(found) if isinstance(found, list) else 0

    def add_client(self, like: int = -1) -> None:
        """One more, behind the one that it is like, under a name of its own and without what only one can have."""
        found = self.get("clients")
        if not found:
            self.set("clients", [{"name": "client1", "image": "IMAGE"}])
            return
        names = [str(item.get("name", "")) for item in found]
        new = type(self._data)({**found[like], "name": _next_name([*names, names[like]])})
        for key in ("address", "endpoint_id"):
            if new.get(key):
                new[key] = ""
        found.insert(like + 1 if like >= 0 else len(found), copy.deepcopy(new))

    def remove_client(self, number: int) -> None:
        """Take one away."""
        del self._data["clients"][number]

    def mistakes(self) -> dict[str, str]:
        """The mistakes, by path."""
        try:
            parse_params(self.plain(), str(self.path))
        except ParamsError as error:
            return {mistake.path: mistake.message for mistake in error.mistakes}
        return {}

    def text(self) -> str:
        """As it would be saved."""
        stream = io.StringIO()
        _editor().dump(self._data, stream)
        return stream.getvalue()

    @property
    def changed(self) -> bool:
        """Tell whether there is something to save."""
        return bool(self.plain() != yaml.safe_load(self._text))

    def save(self, path: Path | None = None) -> Path:
        """Write it, to its own place or to another; a link stays one, and its file keeps its mode.

        Raises:
            ParamsError: a value is wrong; nothing was written.
            FileError: it cannot be written; or the file is not any more what was read.
        """
        target, text = path or self.path, self.text()
        parse_params(yaml.safe_load(text), str(target))
        try:
            if target.exists() and (target != self.path or target.read_text(encoding="utf-8") != self._text):
                raise FileError(
                    "another user or program changed it since it was read here" if target == self.path
                    else "there is such a file already", object=str(target),
                    next_step="Save under another name, or read the file again and change that.",
                )  # fmt: skip
        except OSError as cause:
            raise FileError(f"it cannot be read: {cause.strerror}", object=str(target)) from cause
        write_output(target, text)
        self.path, self._text = target, text
        return target


def _editor() -> Any:
    from ruamel.yaml import YAML

    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 120
    editor.indent(mapping=2, sequence=4, offset=2)
    editor.representer.add_representer(type(None), _null)
    return editor


def _null(representer: Any, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _quoted(value: Any) -> Any:
    """A value that reads back as it is: YAML 1.1, as PyYAML reads it, takes a plain `yes` or `1e3` for no text."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, str):
        try:
            same = yaml.safe_load(value) == value and yaml.safe_load(f"[{value}, x]") == [value, "x"]
        except yaml.YAMLError:
            same = False
        return value if same else DoubleQuotedScalarString(value)
    if isinstance(value, list):
        return _flow([_quoted(item) for item in value])
    if isinstance(value, dict):
        return {key: _quoted(item) for key, item in value.items()}
    return value


def _flow(items: list[Any]) -> Any:
    """A list on one line, as the shipped files have them."""
    from ruamel.yaml.comments import CommentedSeq

    found = CommentedSeq(items)
    if not any(isinstance(item, dict | list) for item in items):
        found.fa.set_flow_style()
    return found


def _next_name(names: list[str]) -> str:
    """`client2` after `client1`; a number that nobody has."""
    stem, number = re.fullmatch(r"(.*?)(\d*)", names[-1]).groups() if names else ("client", "")  # type: ignore[union-attr]
    count = int(number or 1)
    while f"{stem}{count}" in names:
        count += 1
    return f"{stem}{count}"
