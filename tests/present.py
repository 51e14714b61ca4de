"""A value that may be None where a test knows that it is there."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """The value; a test fails here where there is none."""
    assert value is not None, "there is none"
    return value
