"""The emulated host's side of the helper process."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_LARGEST = 1 << 20


class PacketsError(Exception):
    """There can be no real packets here, or they cannot do what is asked; its text is a sentence's rest."""


class HelperClient:
    """A running helper. `close` ends it, and so does the end of this process."""

    def __init__(self) -> None:
        """Start it; `rootless` then says whether it needed a user namespace.

        Raises:
            PacketsError: this system does not let us, and what is missing.
        """
        if sys.platform != "linux":
            raise PacketsError(f"network namespaces are Linux's, and this is {sys.platform}")
        for program in ("curl", "nsenter"):
            if shutil.which(program) is None:
                raise PacketsError(f"{program} is not installed")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        package = str(Path(__file__).parents[3])
        paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, arguments as a list
                [sys.executable, "-P", "-m", "hnskit.emulator.packets.kernel_helper", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
        self._channel, self._lock = ours, threading.Lock()
        try:
            self.rootless = bool(self._answer()["rootless"])
        except PacketsError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Of the helper process."""
        return self._process.pid

    def call(self, do: str, **arguments: Any) -> Any:
        """One request.

        Returns:
            Its answer, or a socket.

        Raises:
            PacketsError: the helper, or Linux, refuses it.
        """
        with self._lock:
            try:
                self._channel.send(json.dumps({"do": do, **arguments}).encode())
            except OSError as problem:
                raise PacketsError(f"the helper process has ended: {problem}") from problem
            return self._answer()

    def command(self, place: dict[str, Any], words: list[str]) -> list[str]:
        """The command line that runs a program in a namespace; `place` is the answer to `namespace`."""
        user = [f"--user=/proc/{place['pid']}/ns/user", "--preserve-credentials"] if self.rootless else []
        return ["nsenter", f"--net=/proc/{place['pid']}/fd/{place['fd']}", *user, *words]

    def close(self) -> None:
        """End it; the kernel takes its namespaces away."""
        self._channel.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _answer(self) -> Any:
        try:
            message, files, _, _ = socket.recv_fds(self._channel, _LARGEST, 1)
        except OSError as problem:
            raise PacketsError(f"the helper process has ended: {problem}") from problem
        if not message:
            lines = self._process.stderr.read().decode(errors="replace").splitlines() if self._process.stderr else []
            raise PacketsError(f"the helper process has ended: {lines[-1] if lines else 'it said nothing'}")
        answer = json.loads(message)
        if "error" in answer:
            for file in files:
                os.close(file)
            raise PacketsError(str(answer["error"]))
        return socket.socket(fileno=files[0]) if files else answer
