"""YAML to `Params`, strictly: every mistake is named at once, with its path in the file, before any contact."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from hnskit.errors import Mistake, ParamsError
from hnskit.foreign_text.masking import is_secret_key, learn_command, learn_data
from hnskit.local.project import searched_places
from hnskit.params.cross_checks import contradictions, path_text
from hnskit.params.form_fields import keys_beside
from hnskit.params.schema import Params, TargetParams

__all__ = ["Params", "TargetParams", "load_params", "params_from", "parse_params", "parse_target"]


_Model = TypeVar("_Model", bound=TargetParams)


def load_params(path: str | Path, *, overrides: Sequence[str] = ()) -> Params:
    """Read a parameter file.

    Args:
        path: a YAML file; params/emulator.yaml describes each key.
        overrides: `key.path=value`, values in YAML, as `--set` gives them: `clients[0].address=10.0.1.7`.

    Returns:
        The parameters, checked.

    Raises:
        ParamsError: with every mistake in the file and the overrides.
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
        raise ParamsError(source, (Mistake("(file)", "is not UTF-8 text"),)) from cause
    except ValueError as cause:
        raise ParamsError(source, (Mistake("(file)", str(cause)),)) from cause
    try:
        data = _read_yaml(text)
    except _UNREADABLE as cause:
        raise ParamsError(source, (_not_yaml(cause),)) from cause
    if not isinstance(data, dict):
        raise ParamsError(source, (Mistake("(file)", "is not a mapping of keys to values"),))
    return params_from(data, overrides=overrides, source=source)


def _missing(path: Path) -> ParamsError:
    """The error of a file that is not there, with the places where it was looked for."""
    places = ", ".join(map(str, searched_places(path)))
    return ParamsError(
        str(path),
        (Mistake("(file)", f"cannot be read: there is no such file; looked for at {places}"),),
        next_step="Give an absolute path, or stand in the project's folder; params/emulator.yaml there is one.",
    )


_UNREADABLE = (yaml.YAMLError, ValueError, OverflowError, RecursionError)
"""Exceptions of reading YAML; the last three of a date that is none, of thousands of digits, of thousands of levels."""


_MOST_BYTES = 1 << 20
_MOST_LEVELS = 50
_MOST_VALUES = 200_000


def _text_of(path: Path) -> str:
    """Read a file that a person may have written."""
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError("is larger than 1 MiB: it is no parameter file")
    return data.decode("utf-8")


def _read_yaml(text: str) -> Any:
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
        elif isinstance(event, yaml.AliasEvent):
            counts[-1] += sizes.get(event.anchor or "", 1)
        elif isinstance(event, yaml.ScalarEvent):
            counts[-1] += 1
        if sum(counts) > _MOST_VALUES:
            raise ValueError(f"has more than {_MOST_VALUES} values")


def _not_yaml(cause: Exception, where: str = "(file)") -> Mistake:
    if isinstance(cause, RecursionError):
        return Mistake(where, f"has more than {_MOST_LEVELS} levels")
    mark = getattr(cause, "problem_mark", None)
    return Mistake(f"line {mark.line + 1}" if mark else where, str(getattr(cause, "problem", None) or cause))


def params_from(data: Mapping[str, Any], *, overrides: Sequence[str] = (), source: str = "parameters") -> Params:
    """Parameters from a mapping that is already read, with single values replaced.

    Args:
        data: keys and values as in a parameter file; it stays as it is.
        overrides: `key.path=value`, values in YAML.
        source: what a mistake names in place of a file.

    Returns:
        The parameters, checked.

    Raises:
        ParamsError: with every mistake in the mapping and the overrides.
    """
    wanted = copy.deepcopy(dict(data))
    mistakes = [mistake for override in overrides for mistake in _override(wanted, override)]
    try:
        return parse_params(wanted, source, mistakes)
    except ParamsError as error:
        raise _blamed(error, overrides) from error.__cause__


def parse_target(target: str, *, overrides: Sequence[str] = ()) -> TargetParams:
    """A target by itself, with what `--set` says of the way to it (`connection.…`, `emulator.…`).

    Raises:
        ParamsError: with every mistake.
    """
    wanted: dict[str, Any] = {"target": target}
    mistakes = [mistake for override in overrides for mistake in _override(wanted, override)]
    try:
        return _checked(TargetParams, wanted, "the command line", mistakes)
    except ParamsError as error:
        raise ParamsError(error.source, error.mistakes, next_step=_OF_TARGET) from error.__cause__


_OF_TARGET = (
    "Correct the command. A target by itself takes `--set` only for the way to it (connection.…, emulator.…): what is "
    "wanted of a host stands in a parameter file; no host was contacted."
)
_INSTEAD = "what replaces the file's values (--set, overrides, a form)"


def _blamed(error: ParamsError, overrides: Sequence[str]) -> ParamsError:
    """The same mistakes, with the file blamed only for its own."""
    set_paths = tuple(path_text(path_parts(override.partition("=")[0])) for override in overrides)

    def is_override(mistake: Mistake) -> bool:
        if mistake.path.startswith("--set "):
            return True
        return any(path and (f"{mistake.path}.".replace("[", ".[")).startswith(f"{path}.".replace("[", ".["))
                   for path in set_paths)  # fmt: skip

    count = sum(map(is_override, error.mistakes))
    if not count:
        return error
    if count == len(error.mistakes):
        return ParamsError(
            _INSTEAD,
            error.mistakes,
            next_step=f"Correct these values; {error.source} is as it was, and no host was contacted.",
        )
    return ParamsError(
        f"{error.source} and {_INSTEAD}",
        error.mistakes,
        next_step="Correct the file and these values (each key is described in params/emulator.yaml); "
        "no host was contacted.",
    )


def parse_params(data: Mapping[str, Any], source: str = "parameters", mistakes: Sequence[Mistake] = ()) -> Params:
    """Check a mapping that is already read.

    Raises:
        ParamsError: with every mistake.
    """
    return _checked(Params, data, source, mistakes)


def _learn(data: Mapping[str, Any]) -> None:
    """Have masked from now on what is secret in parameters: by their keys, and in the commands of containers."""
    learn_data(data)
    containers = [data.get("proxy"), *(data["clients"] if isinstance(data.get("clients"), list) else ())]
    for one in containers:
        words = one.get("command") if isinstance(one, Mapping) else None
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            learn_command(words)


def _checked(model: type[_Model], data: Mapping[str, Any], source: str, mistakes: Sequence[Mistake]) -> _Model:
    _learn(data)
    found = list(mistakes)
    params: _Model | None = None
    if "source" in data:
        found.append(Mistake("source", "no such key"))
    try:
        params = model.model_validate({**data, "source": source})
    except ValidationError as errors:
        found += [_mistake(error) for error in errors.errors()]
    said = {mistake.path for mistake in found}
    found += [mistake for mistake in contradictions(data) if mistake.path not in said]
    if found or params is None:
        raise ParamsError(source, tuple(found))
    return params


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


_SAID = {
    "extra_forbidden": "no such key",
    "missing": "is missing",
    "string_type": "text is wanted",
    "int_type": "a whole number is wanted",
    "float_type": "a number is wanted",
    "bool_type": "true or false is wanted",
    "list_type": "a list is wanted",
    "dict_type": "a mapping is wanted",
    "model_type": "a mapping is wanted",
    "greater_than_equal": "{ge} or more is wanted",
    "less_than_equal": "{le} or less is wanted",
    "greater_than": "more than {gt} is wanted",
    "literal_error": "one of these is wanted: {expected}",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}

_PATTERNS = {
    "verify.path": "must begin with / and have no blanks",
    "emulator.faults.second_user": "`network NAME`, `endpoint NAME` or `policy NAME` is wanted",
}


def _mistake(error: Mapping[str, Any]) -> Mistake:
    kind, value = error["type"], error["input"]
    path = path_text(error["loc"])
    said = _PATTERNS.get(path) if kind == "string_pattern_mismatch" else _SAID.get(kind)
    message = said.format(**error.get("ctx", {})) if said else str(error["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), keys_beside(error["loc"]), 1)
        message += f"; did you mean {near[0]}?" if near and near[0] != error["loc"][-1] else ""
    shown = "" if kind == "missing" or isinstance(value, dict | list) else repr(value)
    if path.startswith("connection") or "@" in shown or is_secret_key(path):
        shown = ""  # somebody may have put the secret itself there
    return Mistake(path, message[0].lower() + message[1:], shown)


_NUMBER = re.compile(r"[0-9]{1,9}")


def path_parts(path: str) -> list[int | str]:
    """Take `clients[0].address` apart: names, and numbers of items."""
    return [
        int(part) if part.isascii() and part.isdigit() and len(part) < 10 else part
        for part in re.split(r"[.\[\]]+", path.strip("[]"))
        if part
    ]


def _override(data: dict[str, Any], override: str) -> Iterator[Mistake]:
    """Put one `key.path=value` into the data; a path that leads nowhere is a mistake."""
    path, equals, text = override.partition("=")
    parts = path_parts(path)
    if not equals or not parts:
        yield Mistake(f"--set {path}", "is not key.path=value")
        return
    try:
        value = _read_yaml(text) if text else ""
    except _UNREADABLE:
        yield Mistake(f"--set {path}", "the value is not YAML")
        return
    place: Any = data
    for part in parts[:-1]:
        if isinstance(place, dict) and isinstance(part, str):
            place = place.setdefault(part, {})
        elif isinstance(place, list) and isinstance(part, int) and part < len(place):
            place = place[part]
        else:
            yield Mistake(f"--set {path}", f"there is no {path_text(parts)}")
            return
    last = parts[-1]
    is_key = isinstance(place, dict) and isinstance(last, str)
    is_item = isinstance(place, list) and isinstance(last, int) and last < len(place)
    if is_key or is_item:
        place[last] = value
    else:
        yield Mistake(f"--set {path}", f"there is no {path_text(parts)}")
