"""A kernel that is driven as VS Code's notebooks drive it: form, button and cells below are those of JupyterLab.

VS Code sends a cell with `allow_stdin` true and `stop_on_error` false (microsoft/vscode-jupyter,
src/kernels/execution/cellExecution.ts); its widgets are comms on the main shell. VS Code itself is not run.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.host_process import emulated_host
from tests.waiting import LONG

PARAMS = Path(__file__).parents[2] / "params" / "emulator.yaml"


class Screen:
    """The client's end of a kernel, with the state of each widget by its comm."""

    def __init__(self, client: Any, interrupt: Callable[[], None]) -> None:
        self._client = client
        self.interrupt = interrupt
        self.widgets: dict[str, dict[str, Any]] = {}
        self.errors: list[str] = []

    def run(self, code: str) -> str:
        """Execute a cell as VS Code does; the plain text of its outputs."""
        asked = self._client.execute(code, silent=False, store_history=True, allow_stdin=True, stop_on_error=False)
        texts: list[str] = []
        while True:
            message = self._next(time.monotonic() + LONG)
            kind, content = message["msg_type"], message["content"]
            of_cell = message["parent_header"].get("msg_id") == asked
            if of_cell and kind in ("display_data", "execute_result"):
                texts.append(str(content["data"].get("text/plain", "")))
            elif of_cell and kind == "stream":
                texts.append(content["text"])
            elif of_cell and kind == "status" and content["execution_state"] == "idle":
                return "\n".join(texts)

    def press(self, description: str) -> None:
        """Press a button, as the frontend does: a message on its comm."""
        comm = next(key for key, state in self.widgets.items() if state.get("description") == description)
        message = self._client.session.msg(
            "comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": {"event": "click"}}}
        )
        self._client.shell_channel.send(message)

    def wait_for(self, text: str) -> None:
        """Wait until a widget shows a text."""
        deadline = time.monotonic() + LONG
        while not any(text in str(state.get(key, "")) for state in self.widgets.values()
                      for key in ("value", "description", "outputs")):  # fmt: skip
            self._next(deadline)

    def _next(self, deadline: float) -> dict[str, Any]:
        while True:
            assert time.monotonic() < deadline, self.errors
            try:
                message: dict[str, Any] = self._client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            content = message["content"]
            if message["msg_type"] == "comm_open":
                self.widgets[content["comm_id"]] = dict(content["data"].get("state", {}))
            elif message["msg_type"] == "comm_msg" and content["data"].get("method") == "update":
                self.widgets.setdefault(content["comm_id"], {}).update(content["data"]["state"])
            elif message["msg_type"] == "error":
                self.errors.append(content["evalue"])
            return message


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path) as overrides:
        yield overrides


@pytest.fixture
def vscode(lab: list[str]) -> Iterator[Screen]:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    try:
        yield Screen(client, manager.interrupt_kernel)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_somebody_is_at_the_screen_and_presses_the_button(lab: list[str], vscode: Screen, tmp_path: Path) -> None:
    """The form stands there, nothing is done before the button is pressed, and the cell below follows it."""
    run_dir = tmp_path / "run"
    vscode.run(f"from hnskit import runbook\nchoice = runbook.choose({str(PARAMS)!r}, {lab!r}, {str(run_dir)!r}, None)")
    vscode.run("choice")
    assert any(state.get("description") == "network.subnet" for state in vscode.widgets.values())
    vscode.run('session = choice.open("network")')
    vscode.run("session.plan()")
    vscode.run('session.apply_button("Create the network")')
    vscode.run("session.result()")
    vscode.wait_for("not been pressed")
    vscode.press("Create the network")
    vscode.wait_for("Done: the cells below show it")
    vscode.wait_for("network hnskit-l2bridge")
    assert vscode.errors == []


def test_an_interrupt_of_the_kernel_stops_the_work_as_its_button_does(
    lab: list[str], vscode: Screen, tmp_path: Path
) -> None:
    """No cell is executed then, and a kernel by itself ignores it; what was begun is finished, and no more."""
    given = [lab[0], "emulator.cut_seconds=3"]
    vscode.run(f"from hnskit import runbook\nchoice = runbook.choose({str(PARAMS)!r}, {given!r}, {str(tmp_path)!r})")
    vscode.run('session = choice.open("network")')
    vscode.run("session.plan()")
    vscode.run('session.apply_button("Create the network")')
    vscode.press("Create the network")
    vscode.wait_for("create network hnskit-l2bridge")
    time.sleep(0.5)  # the button has been handled: the kernel is between two messages
    vscode.interrupt()
    vscode.wait_for("Try again")
    assert "hnskit-l2bridge" in vscode.run('session.show("networks")')
    assert "hnskit-gateway" not in vscode.run('session.show("endpoints")')
