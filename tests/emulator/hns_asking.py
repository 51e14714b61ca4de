"""HNS of an emulated host, asked with raw requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hnskit.emulator.host import EmulatedHost, create_host
from tests.emulator.host_scenario import (
    invoke,
)

SAMPLES = Path(__file__).parent.parent / "samples" / "hns"


def sample(path: str) -> Any:
    """A real host's print."""
    return json.loads((SAMPLES / path).read_text(encoding="utf-8"))


def shape(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Members with their types, in the order in which they come; a list by its first item."""
    if isinstance(value, dict):
        return [
            line
            for key, item in value.items()
            for line in [(f"{path}.{key}", kind(item)), *shape(item, f"{path}.{key}")]
        ]
    if isinstance(value, list) and value:
        return shape(value[0], f"{path}[]")
    return []


def kind(value: Any) -> str:
    """The JSON type."""
    return {dict: "object", list: "list", str: "text", bool: "bool", int: "number"}[type(value)]


def quiet(profile: str = "ws2019") -> EmulatedHost:
    """A host that is never cut."""
    return create_host("lab", profile, {"cut_seconds": 0, "seed": 3})


def raw(host: EmulatedHost, method: str, path: str, body: Any = None) -> tuple[int, str]:
    """HRESULT and text of one call."""
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    (row,) = invoke(host, "Invoke-HnskitHns", Method=method, Path=path, Body=text)
    return row["HResult"], row["Response"]
