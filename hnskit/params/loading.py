"""YAML to `Params`, strictly: every mistake is named at once, with its path in the file, before any contact."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from hnskit.errors import Mistake, ParamsError
from hnskit.foreign_text.masking import is_secret_key, learn_command, learn_data
from hnskit.params.cross_checks import contradictions
from hnskit.params.form_fields import keys_beside
from hnskit.params.runtime_rules import runtime_mistakes, without_placeholders
from hnskit.params.schema import Params, TargetParams
from hnskit.params.strict_yaml import UNREADABLE, load_yaml, read_yaml
from hnskit.params.yaml_places import path_text

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
    return params_from(read_yaml(path), overrides=overrides, source=str(path))


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
    data = without_placeholders(data)
    found = list(mistakes)
    params: _Model | None = None
    if "source" in data:
        found.append(Mistake("source", "no such key"))
    try:
        params = model.model_validate({**data, "source": source})
    except ValidationError as errors:
        found += [mistake_of(error) for error in errors.errors()]
    said = {mistake.path for mistake in found}
    wanted = runtime_mistakes(data) if issubclass(model, Params) else ()
    found += [mistake for mistake in (*wanted, *contradictions(data)) if mistake.path not in said]
    if found or params is None:
        raise ParamsError(source, tuple(found))
    return params


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


def mistake_of(error: Mapping[str, Any]) -> Mistake:
    """One error of pydantic, in the words of a person who wrote the file."""
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
        value = load_yaml(text) if text else ""
    except UNREADABLE:
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
