"""The guard of a change: it is made only where HNS still has what the caller saw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hnskit.emulator.host.hns_service import HnsService
from hnskit.emulator.host.powershell_json import from_json, no_property
from hnskit.emulator.powershell.command import PSError


def broken(hns: HnsService, bound: Mapping[str, Any]) -> PSError | None:
    """The error of a guard that does not hold; None where it holds, or where none was sent.

    Raises:
        PSError: it is not a guard.
    """
    guard = _read(bound["Guard"]) if bound.get("Guard") else None
    if guard is None:
        return None
    path = guard["path"]
    output = _shown(hns, path)
    if output is None and "is" not in guard:
        return PSError(
            f"HNS does not show {path}, so that nothing was sent.",
            error_id="Hnskit.HnsUnread", category="ReadError", target=path, origin="",
        )  # fmt: skip
    if _holds(guard, output or []):
        return None
    return PSError(
        f"Somebody else has changed {path} since it was read.",
        error_id="Hnskit.Changed", category="ResourceExists", target=path, origin="",
    )  # fmt: skip


def _shown(hns: HnsService, path: str) -> list[Any] | None:
    """Read the member of an HNS object; None if HNS does not print it."""
    _, response = hns.call("GET", path, "")
    answer = json.loads(response) if response else {}
    if answer.get("Success") is not True:
        return None
    output = answer.get("Output") or []
    return output if isinstance(output, list) else [output]


def _holds(guard: Mapping[str, Any], output: list[Any]) -> bool:
    """Tell whether HNS still has what the caller saw: members compared as JSON with their order; a missing one is null.

    The spelling counts in `is`, but for `none` the letter case does not.
    """
    rule = guard["is"] if "is" in guard else guard["none"]

    def text(value: object) -> str:
        return json.dumps(value) if "is" in guard else json.dumps(value).lower()

    same = [item for item in output if all(text(item.get(name)) == text(value) for name, value in rule.items())]
    return bool(same) == ("is" in guard)


def _read(text: str) -> Mapping[str, Any]:
    guard = from_json(text)
    for member in ("path", "none"):
        if not isinstance(guard, dict) or (member not in guard and not (member == "none" and "is" in guard)):
            raise no_property(member, origin="Assert-HnskitGuard")
    return guard  # type: ignore[no-any-return]
