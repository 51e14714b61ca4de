"""A request and its members, with their types: HNS takes any member it does not know, but not one of a wrong type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hnskit.emulator.host import refusals


def body_of(request: str) -> dict[str, Any]:
    """The object of a request's JSON; {} for "".

    Raises:
        Refusal: it is not JSON, or not an object.
    """
    if not request:
        return {}
    try:
        body = json.loads(request)
    except (ValueError, RecursionError):
        raise refusals.invalid_json() from None
    if not isinstance(body, dict):
        raise refusals.invalid_json()
    return body


def text_in(body: Mapping[str, Any], key: str) -> str:
    """A string; "" where there is none. That another type is refused so is UNCONFIRMED."""
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refusals.invalid_parameter()
    return value


def number_in(body: Mapping[str, Any], key: str) -> int:
    """A whole number; 0 where there is none. That another type is refused so is UNCONFIRMED."""
    value = body.get(key)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool):
        raise refusals.invalid_parameter()
    return value


def objects_in(body: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of objects; [] where there is none. That another type is refused so is UNCONFIRMED."""
    value = body.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise refusals.invalid_parameter()
    return value
