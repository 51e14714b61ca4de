"""pywinrm against the door, in an environment of its own: it logs in, and is told that there are no cmd shells."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client_environments import environment_of, seen_by
from tests.emulator.engines import Served

WAYS = ["http ntlm", "https ntlm", "https basic"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What pywinrm saw of a host."""
    python = environment_of("pywinrm")
    with Served("python", tmp_path_factory.mktemp("pywinrm") / "door") as served:
        return seen_by("pywinrm_cmd.py", python, served.door)


@pytest.mark.parametrize("how", WAYS)
def test_its_login_is_taken_and_its_cmd_shell_refused_by_name(seen: dict[str, Any], how: str) -> None:
    """The code is that of a resource which Windows has not; the text says more."""
    kind, _, text = seen[f"{how} right"]
    assert kind == "WSManFaultError"
    assert "'wsmanfault_code': 2150858811" in text
    assert "The emulated host has no cmd shells (winrs)" in text


@pytest.mark.parametrize("how", WAYS)
def test_a_wrong_password_is_refused(seen: dict[str, Any], how: str) -> None:
    """With its own error."""
    assert seen[f"{how} wrong"][0] == "InvalidCredentialsError"
