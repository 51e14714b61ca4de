"""A program that carries PSRP over its standard input and output: lines in, lines out, and its end seen at once.

Nothing here waits without a limit: threads of their own read and write, and the caller takes from a queue.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import IO

_LONGEST_LINE = 16 * 1024 * 1024
_KEPT_LINES = 40
_END_SECONDS = 2.0
_NEW_PROCESS_GROUP = 0x200 if sys.platform == "win32" else 0


class ProcessEndedError(Exception):
    """The program ended, or closed its output."""


class StdioProcess:
    """A running program.

    Args:
        command: the program and its arguments.
        environment: what it gets besides this process's own environment.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - no shell: the arguments are checked where they are made
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            # Without a terminal of its own it cannot ask there, and Ctrl+C is for this process alone.
            start_new_session=True,
            creationflags=_NEW_PROCESS_GROUP,
        )
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._written: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._ended = False
        self._errors = self._thread(self._read_errors)
        self._thread(self._read_output)
        self._thread(self._write)

    @property
    def pid(self) -> int:
        """Of the program."""
        return self._process.pid

    @property
    def errors(self) -> str:
        """The last lines of its standard error, once it has ended."""
        self._errors.join(_END_SECONDS)
        return "\n".join(self._said)

    @property
    def status(self) -> int | None:
        """With what it ended; None while it runs. It is waited for, briefly: its output ends a moment before it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(_END_SECONDS if self._ended else 0)
        return None

    def write(self, line: bytes) -> None:
        """Hand a line over; it is on its way when this comes back, and may still be lost."""
        self._written.put(line)

    def read(self, seconds: float) -> bytes | None:
        """The next line of its output; None where none has come in time.

        Raises:
            ProcessEndedError: there are no more.
        """
        if self._ended:
            raise ProcessEndedError
        try:
            line = self._lines.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return None
        if line is None:
            self._ended = True
            raise ProcessEndedError
        return line

    def end(self, patience: float = 0.0) -> None:
        """End it and what it started: by the end of its input, if it goes in time. Never raises."""
        self._written.put(None)
        if patience:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self._process.kill()
            else:  # it leads a group of its own
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)

    @staticmethod
    def _thread(work: object) -> threading.Thread:
        thread = threading.Thread(target=work, name="stdio session", daemon=True)  # type: ignore[arg-type]
        thread.start()
        return thread

    def _read_output(self) -> None:
        output = self._pipe(self._process.stdout)
        with contextlib.suppress(OSError, ValueError), output:
            while line := output.readline(_LONGEST_LINE):
                self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        errors = self._pipe(self._process.stderr)
        with contextlib.suppress(OSError, ValueError), errors:
            while line := errors.readline(_LONGEST_LINE):
                if text := line.decode("utf-8", "replace").strip():
                    self._said.append(text)

    def _write(self) -> None:
        stdin = self._pipe(self._process.stdin)
        with contextlib.suppress(OSError, ValueError), stdin:
            while (line := self._written.get()) is not None:
                stdin.write(line)
                stdin.flush()

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None  # noqa: S101 - it was made with pipes
        return pipe
