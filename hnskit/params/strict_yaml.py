"""YAML as a person writes it, read strictly and within bounds: no doubled keys, a limit to bytes, levels and values."""

from __future__ import annotations

import codecs
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from hnskit.errors import Mistake, ParamsError
from hnskit.errors.nearest import near_file
from hnskit.local.project import searched_places

UNREADABLE = (yaml.YAMLError, ValueError, OverflowError, RecursionError)
"""Exceptions of reading YAML; the last three of a date that is none, of thousands of digits, of thousands of levels."""
_MOST_BYTES = 1 << 20
_MOST_LEVELS = 50
_MOST_VALUES = 200_000


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Read a YAML file that has a mapping; nothing in it is checked.

    Raises:
        ParamsError: it cannot be read, is not YAML, is too large, or is not a mapping.
    """
    source = str(path)
    try:
        text = _text_of(Path(path))
    except FileNotFoundError:
        raise _missing(Path(path)) from None
    except OSError as cause:
        raise ParamsError(
            source,
            (Mistake("(file)", f"cannot be read: {cause.strerror}"),),
            next_step="Name a parameter file that is there; params/emulator.yaml in hnskit's project folder is one.",
        ) from cause
    except UnicodeDecodeError as cause:
        raise ParamsError(source, (Mistake("(file)", _no_utf8(cause.object)),)) from cause
    except ValueError as cause:
        raise ParamsError(source, (Mistake("(file)", str(cause)),)) from cause
    data = parse_yaml(text, source)
    if not isinstance(data, dict):
        said = "is empty" if data is None else "is not a mapping of keys to values"
        raise ParamsError(source, (Mistake("(file)", said),))
    return data


def parse_yaml(text: str, source: str) -> Any:
    """Read YAML of whatever form, within bounds.

    Args:
        text: the YAML.
        source: what a mistake names.

    Raises:
        ParamsError: it is not YAML, or too deep or too large.
    """
    try:
        return load_yaml(text)
    except UNREADABLE as cause:
        raise ParamsError(source, (not_yaml(cause),)) from cause


def _missing(path: Path) -> ParamsError:
    """The error of a file that is not there, with the places where it was looked for."""
    searched = searched_places(path)
    places = ", ".join(map(str, searched))
    near = next(filter(None, map(near_file, (path, *searched))), "")
    said = f"cannot be read: there is no such file; looked for at {places}"
    return ParamsError(
        str(path),
        (Mistake("(file)", f"{said}; {near}" if near else said),),
        next_step="Give an absolute path, or stand in the project's folder; params/emulator.yaml there is one.",
    )


def _text_of(path: Path) -> str:
    """Read a file that a person may have written."""
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError("is larger than 1 MiB: it is not a parameter file")
    if b"\0" in data[:4]:
        raise UnicodeDecodeError("utf-8", data, 0, 1, "a NUL")
    return data.decode("utf-8")


def _no_utf8(data: bytes) -> str:
    """The reason why bytes are no text of ours; UTF-16 is what `>` of Windows PowerShell writes."""
    wide = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in data[:4]
    return f"is {'UTF-16' if wide else 'not UTF-8 text'}; save it as UTF-8"


def load_yaml(text: str) -> Any:
    """Read YAML within bounds; raises one of `UNREADABLE`."""
    _require_bounds(text)
    return yaml.load(text, Loader=_StrictLoader)  # noqa: S506  a SafeLoader that refuses doubled keys


def _require_bounds(text: str) -> None:
    """Stop before anything is made of what nobody has written: it would take time by the square of its levels, or more.

    Raises:
        RecursionError: it has too many levels.
        ValueError: it has too many values, each alias counted as all that it stands for.
    """
    sizes: dict[str, int] = {}
    """Values below each anchor, itself among them."""
    counts, anchors = [0], [""]
    for event in yaml.parse(text, Loader=_StrictLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            counts.append(0)
            anchors.append(event.anchor or "")
            if len(counts) > _MOST_LEVELS + 1:
                raise RecursionError
        elif isinstance(event, yaml.CollectionEndEvent):
            size = counts.pop() + 1
            sizes[anchors.pop()] = size
            counts[-1] += size
        elif isinstance(event, yaml.AliasEvent) and event.anchor in anchors:
            raise ValueError(f"has a value that contains itself (&{event.anchor})")
        elif isinstance(event, yaml.AliasEvent):
            counts[-1] += sizes.get(event.anchor or "", 1)
        elif isinstance(event, yaml.ScalarEvent):
            counts[-1] += 1
        if sum(counts) > _MOST_VALUES:
            raise ValueError(f"has more than {_MOST_VALUES} values")


def not_yaml(cause: Exception, where: str = "(file)") -> Mistake:
    """Describe one of `UNREADABLE`, with its line."""
    if isinstance(cause, RecursionError):
        return Mistake(where, f"has more than {_MOST_LEVELS} levels")
    mark = getattr(cause, "problem_mark", None)
    said = str(getattr(cause, "problem", None) or getattr(cause, "reason", None) or cause)
    if "cannot start any token" in said:
        said += ": a tab (YAML is indented with blanks), or @, ` or % without quotes"
    return Mistake(f"line {mark.line + 1}" if mark else where, said)


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml is ten times faster
    """YAML where a key that stands twice is a mistake, not silently the last one."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
        seen.add(key)
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return mapping


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
