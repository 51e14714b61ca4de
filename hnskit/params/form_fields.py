"""The parameter model as rows of a form: each key with its kind, its meaning and its limits. Pure."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hnskit.params.schema import Params

Kind = Literal["text", "whole", "number", "flag", "choice", "yaml"]

_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_PLAIN: dict[Any, Kind] = {str: "text", int: "whole", float: "number", bool: "flag"}
_WANTED: dict[str, str] = {"whole": "a whole number", "number": "a number"}


@dataclass(frozen=True, slots=True)
class Row:
    """One key of the parameters.

    Attributes:
        path: in the file, such as `network.subnet`; of a client's keys without `clients[0].`.
        kind: how it is typed; `yaml` for lists and mappings.
        meaning: what it is, with unit and limits, for a person.
        choices: the values of a `choice`.
        default: None where the key must be given, or where nothing is the default.
        required: whether the key must be given.
    """

    path: str
    kind: Kind
    meaning: str
    choices: tuple[str, ...] = ()
    default: Any = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """The keys below one key of the file; `name` is "" for those at its top, `clients` for those of each client."""

    name: str
    title: str
    rows: tuple[Row, ...]


def sections() -> tuple[Section, ...]:
    """The whole form, in the order of the model."""
    top: list[Row] = []
    found: list[Section] = []
    for name, info in Params.model_fields.items():
        if info.exclude:
            continue
        model = _model(info.annotation)
        if model is None:
            top.append(_row(name, info))
        else:
            title = (model.__doc__ or name).strip().splitlines()[0].rstrip(".")
            found.append(Section(name, title, tuple(_rows(model, ""))))
    return (Section("", "The host", tuple(top)), *found)


def keys_beside(place: Sequence[int | str]) -> tuple[str, ...]:
    """The keys that there are where a key stands, given the words and numbers of its path; () where none is known."""
    model: type[BaseModel] | None = Params
    for part in place[:-1]:
        if model is None:
            return ()
        if isinstance(part, str):
            names = {info.alias or name: info.annotation for name, info in model.model_fields.items()}
            model = _model(names.get(part))
    return tuple(info.alias or name for name, info in model.model_fields.items() if not info.exclude) if model else ()


def _rows(model: type[BaseModel], before: str) -> Iterator[Row]:
    for name, info in model.model_fields.items():
        path = before + (info.alias or name)
        inner = _model(info.annotation)
        if inner is not None and isinstance(info.annotation, type):
            yield from _rows(inner, f"{path}.")
        else:
            yield _row(path, info)


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or is a list of, or either or None."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(iter(get_args(annotation)))
    if get_origin(annotation) is list:
        (annotation,) = get_args(annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _row(path: str, info: FieldInfo) -> Row:
    kind, choices = _kind(info.annotation)
    limits = [f"{words} {_limit(getattr(one, name)):g}" for one in info.metadata for name, words in _LIMITS.items() if
              getattr(one, name, None) is not None]  # fmt: skip
    said = [info.description or "", f"{_WANTED[kind]}, {' and '.join(limits)}" if limits and kind in _WANTED else ""]
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    return Row(path, kind, "; ".join(part for part in said if part), choices, default, info.is_required())


def _limit(value: Any) -> float:
    return float(value)


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    if get_origin(annotation) in (Union, types.UnionType):
        return "yaml", ()
    if get_origin(annotation) is Literal:
        return "choice", tuple(str(value) for value in get_args(annotation))
    return _PLAIN.get(annotation, "yaml"), ()
