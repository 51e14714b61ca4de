"""The base of every error that hnskit raises on purpose: fields, a sentence, the next step."""

from __future__ import annotations

import copy
from typing import Any, Protocol, Self

from hnskit.foreign_text.escaping import Lines, block, one_line
from hnskit.foreign_text.masking import mask_text


class PartialOutcome(Protocol):
    """Work done of a plan that an error stopped, as far as every room knows it: an `hnskit.Outcome`.

    `outcome_of(error)` and `undone_of(error)` give it with all its types.
    """

    @property
    def changed(self) -> int:
        """The number of steps that changed something."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Other events of the run."""

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""


class HnskitError(Exception):
    """The base of all errors that hnskit raises on purpose.

    Attributes:
        host: the target, or "" where none is involved.
        object: what the error is about: `network hnskit-l2bridge`, `proxy.address`.
        step: the id of the plan's step, or "".
        next_step: what the operator can do now.
        exit_status: what a command line ends with.
        outcome: the `Outcome` of a plan that this error stopped, else None; `hnskit.outcome_of` gives it with its type.
        undone: the `Outcome` of the way back, where a rollback was asked for.
    """

    exit_status = 1
    default_next_step = ""
    outcome: PartialOutcome | None = None
    undone: PartialOutcome | None = None

    def __init__(self, message: str, *, host: str = "", object: str = "", step: str = "", next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.host = host
        self.object = object
        self.step = step
        self.next_step = next_step or self.default_next_step

    def but(self, **fields: Any) -> Self:
        """Copy the error with other values of some fields; this one stays as it was raised.

        Args:
            **fields: `message`, `host`, `object`, `step`, `next_step`, `outcome` or `undone`.
        """
        new = copy.copy(self)
        vars(new).update(fields)
        new.args = (new.message, *self.args[1:])
        new.__cause__, new.__suppress_context__ = self.__cause__, True
        return new.with_traceback(self.__traceback__)

    def paragraph(self) -> str:
        """The error as one paragraph for a person: what, where, and what to do now."""
        where = one_line(", on ".join(filter(None, (self.object, self.host))))
        text = f"{where}: {self.message}" if where else self.message
        if not text.endswith((".", "!", "?")):
            text += "."
        said = mask_text(f"{text} {one_line(self.next_step)}".strip())
        return Lines(block(said)) if isinstance(self.message, Lines) else one_line(said)

    def to_json(self) -> dict[str, Any]:
        """The fields, as the summary of a run and `--json` print them."""
        plain = {key: value for key, value in vars(self).items() if isinstance(value, str | int | tuple)}
        return {"error": type(self).__name__, **{key: value for key, value in plain.items() if value}}

    def __str__(self) -> str:
        return self.paragraph()

    def _render_traceback_(self) -> list[str]:
        """Give IPython the paragraph in place of a traceback."""
        return [f"{type(self).__name__}: {self.paragraph()}"]

    def __reduce__(self) -> tuple[Any, ...]:
        # An executor of processes pickles what a task raises; Exception's own way knows no keyword arguments.
        return _restore, (type(self), self.args, vars(self))


def _restore(kind: type[HnskitError], args: tuple[Any, ...], fields: dict[str, Any]) -> HnskitError:
    error = kind.__new__(kind, *args)
    vars(error).update(fields)
    return error
