"""The guard of a change: it is made only where HNS still has what the caller saw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hnskit.emulator.host.hns import HnsService
from hnskit.emulator.host.powershell_json import from_json, no_property
from hnskit.emulator.interface import PSError


def broken(hns: HnsService, bound: Mapping[str, Any]) -> PSError | None:
    """The error of a guard that does not hold; None where it holds, or where none was sent.

    Raises:
        PSError: it is no guard.
    """
    guard = _read(bound["Guard"]) if bound.get("Guard") else None
    if guard is None or _holds(hns, guard):
        return None
    return PSError(
        f"Somebody else has changed {guard['path']} since it was read.",
        error_id="Hnskit.Changed", category="ResourceExists", target=guard["path"], origin="",
    )  # fmt: skip


def _holds(hns: HnsService, guard: Mapping[str, Any]) -> bool:
    """Whether HNS still has what the caller saw: members compared as JSON, order included.

    The spelling counts in `is`, but for `none` the letter case does not.
    """
    _, response = hns.call("GET", guard["path"], "")
    answer = json.loads(response) if response else {}
    output = answer.get("Output") or []
    rule = guard["is"] if "is" in guard else guard["none"]

    def text(value: object) -> str:
        return json.dumps(value) if "is" in guard else json.dumps(value).lower()

    same = [
        item
        for item in (output if isinstance(output, list) else [output])
        if all(name in item and text(item[name]) == text(value) for name, value in rule.items())
    ]
    return bool(same) == ("is" in guard)


def _read(text: str) -> Mapping[str, Any]:
    guard = from_json(text)
    for member in ("path", "none"):
        if not isinstance(guard, dict) or (member not in guard and not (member == "none" and "is" in guard)):
            raise no_property(member, origin="Assert-HnskitGuard")
    return guard  # type: ignore[no-any-return]
