"""The schema of an inventory: strict, as parameters are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from hnskit.errors import Mistake, ParamsError
from hnskit.fleet.inventory_text import Read
from hnskit.params.loading import mistake_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def _word(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("letters, digits, `.`, `_` and `-` are wanted, with a letter or digit first")
    return text


Name = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_word)]
"""Of a host or a group: it is also the name of a folder."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class HostEntry(_Strict):
    """A host as the file has it."""

    name: Name
    target: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    groups: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    set: Mapping[str, Any] = Field(default_factory=dict)
    """Key of the parameters, with its path -> value."""
    params: str = ""
    """A parameter file of its own, relative to the inventory."""


class InventoryFile(_Strict):
    """The whole file."""

    hosts: Annotated[tuple[HostEntry, ...], Field(strict=False)]
    params: str = ""
    """The parameter file of all hosts, relative to the inventory."""
    groups: Mapping[Name, Annotated[tuple[Name, ...], Field(strict=False)]] = Field(default_factory=dict)
    """Group -> its members: groups, or hosts."""


def read_entries(found: Read, source: str) -> InventoryFile:
    """Check what was read of a file.

    Raises:
        ParamsError: with every mistake.
    """
    try:
        return InventoryFile.model_validate(found.data)
    except ValidationError as cause:
        mistakes = tuple(_placed(mistake_of(error), found) for error in cause.errors())
        raise ParamsError(source, mistakes, next_step="docs/fleet.md has the forms of an inventory.") from cause


def _placed(mistake: Mistake, found: Read) -> Mistake:
    """The mistake with the line of its file, where the form has one for each host."""
    number = re.match(r"hosts\[(\d+)\]", mistake.path)
    if number is None or not found.lines:
        return mistake
    return Mistake(f"line {found.lines[int(number[1])]}, {mistake.path}", mistake.message, mistake.value)
