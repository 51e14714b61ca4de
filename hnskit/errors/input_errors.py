"""Errors about what was given to hnskit: parameters, files, names, arguments. No host was changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hnskit.errors.base import HnskitError
from hnskit.foreign_text.escaping import Lines, join_lines
from hnskit.foreign_text.masking import mask_text


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in a parameter file."""

    path: str
    """Place in the file: `clients[1].address`."""
    message: str
    value: str = ""


class ParamsError(HnskitError, ValueError):
    """A parameter file is wrong; `mistakes` has each of them."""

    exit_status = 2
    default_next_step = "Correct the file (each key is described in params/emulator.yaml); no host was contacted."

    def __init__(self, source: str, mistakes: tuple[Mistake, ...], **fields: str) -> None:
        self.source = source
        self.mistakes = mistakes
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = [
            f"  {mistake.path}: {mistake.message}" + (f" (it is {mistake.value})" if mistake.value else "")
            for mistake in mistakes
        ]
        super().__init__(join_lines([f"{count} in {source}:", *lines, ""]), **fields)

    def paragraph(self) -> str:
        """Each mistake on a line of its own, under the file's name."""
        return Lines(mask_text(f"{self.message}{self.next_step}"))

    def to_json(self) -> dict[str, Any]:
        """As for any error, with each mistake as an object."""
        return {**super().to_json(), "mistakes": [asdict(mistake) for mistake in self.mistakes]}


class NotebooksError(HnskitError):
    """The step notebooks are not where they are looked for; no host was contacted."""

    exit_status = 2


class FileError(HnskitError):
    """A file or folder that was named on this machine cannot be written, or is not what it should be."""

    exit_status = 2
    default_next_step = "Name another place."


class ReadOnlyTargetError(HnskitError):
    """Something should be changed on a snapshot."""

    exit_status = 2
    default_next_step = "Name the host itself as target: winrm://HOST, or emulator://NAME to try it."


class ArgumentError(HnskitError, ValueError):
    """An argument of a call is not of the form that is wanted, or out of its range."""

    exit_status = 2


class ConfirmationError(HnskitError):
    """A removal was not confirmed; nothing was changed."""

    exit_status = 2
    default_next_step = "Look at the plan (--dry-run), then say --yes."


class SelectionError(HnskitError, LookupError):
    """An object that was named is not there, or the name is that of more than one."""

    exit_status = 2


class CniError(HnskitError, ValueError):
    """A CNI network configuration list cannot be made, or breaks the rules of CNI."""

    exit_status = 2
