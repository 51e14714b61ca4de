"""One Jupyter kernel for a sequence of notebooks: started once, emptied between two of them.

Only for a sequence that is trusted: variables go, while os.environ, the working directory and what imported modules
keep stay. It imports jupyter_client and nothing of papermill, so that a kernel can start while papermill is loaded.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from traitlets.config import Config

_ROOM = 84
"""Characters of a folder in which `/kernel-ipc-5` still fits a socket's name (104 on macOS)."""

_QUIET = ("--log-level=CRITICAL", "--HistoryManager.enabled=False")
"""No log of the kernel's own on our stderr, and no record of what it was asked."""

# What the step notebooks need, loaded while the other process is still busy with papermill.
_WARM = "import hnskit.runbook.preload"

_RESET = "get_ipython().reset(new_session=True)"


def interrupt(manager: Any) -> None:
    """Break off what the kernel of a manager does, if it has one; may be called from any thread."""
    with contextlib.suppress(RuntimeError, OSError):
        asyncio.run(manager.interrupt_kernel())


def kill(manager: Any) -> None:
    """End the kernel of a manager at once; whoever waits for it hears that it is dead."""
    with contextlib.suppress(RuntimeError, OSError):
        asyncio.run(manager.signal_kernel(getattr(signal, "SIGKILL", signal.SIGTERM)))


def manager_with(environment: Mapping[str, str]) -> Any:
    """A kind of manager whose kernels have more in their environment than this process; it is not put into ours."""

    class Manager(AsyncKernelManager):  # type: ignore[misc]  # jupyter_client has no types here
        """Starts kernels with it."""

        latest: AsyncKernelManager | None = None
        """The manager that started a kernel last, for who has to stop a kernel that papermill started."""

        async def start_kernel(self, **options: Any) -> None:
            """Start one; arguments are jupyter_client's."""
            await super().start_kernel(**options, env={**os.environ, **environment})
            Manager.latest = self

    return Manager


class SharedKernel:
    """A running kernel and the connection to it."""

    def __init__(self, name: str = "python3", environment: Mapping[str, str] | None = None) -> None:
        """Start it; `ready` waits until it answers.

        Args:
            environment: what it has in its environment beside what this process has.

        Raises:
            OSError, RuntimeError: there is no such kernel, or it cannot be started.
        """
        self.name = name
        self.cwd = Path.cwd()
        self.environment = dict(environment or {})
        self.client: Any = None
        self.answered = False
        """True once it has answered; before, an interrupt is a traceback on our stderr, or is lost."""
        # A folder of its own, that nobody else can enter: its sockets are named after the file in it.
        self._place = Path(tempfile.mkdtemp(prefix="hnskit-"))
        self.manager: Any = manager_with(self.environment)(
            kernel_name=name,
            connection_file=str(self._place / "kernel.json"),
            config=Config({"KernelManager": _transport(self._place)}),
        )
        try:
            run_sync(self.manager.start_kernel)(extra_arguments=[*_QUIET, f"--IPKernelApp.exec_lines={_WARM}"])
        except BaseException:
            shutil.rmtree(self._place, ignore_errors=True)
            raise

    @property
    def alive(self) -> bool:
        """Tell whether its process still runs."""
        return bool(self.manager.has_kernel and run_sync(self.manager.is_alive)())

    def ready(self, timeout: float) -> None:
        """Wait until it answers, and empty it of the notebook before.

        Raises:
            RuntimeError: it does not answer, or is gone.
        """
        if self.client is None:
            self.client = self.manager.client()
            self.client.start_channels()
            run_sync(self.client.wait_for_ready)(timeout=timeout)
            self.client.allow_stdin = False
        self._reset(timeout)
        self.answered = True

    def _reset(self, timeout: float) -> None:
        # Only the reply counts: what a new kernel says on its other channel may come before anybody listens there.
        request, deadline = self.client.execute(_RESET, silent=True, store_history=False), time.monotonic() + timeout
        while (reply := self._reply(1.0)).get("parent_header", {}).get("msg_id") != request:
            if time.monotonic() > deadline or not self.alive:
                raise RuntimeError("the kernel does not answer")
        if reply["content"]["status"] != "ok":
            raise RuntimeError("the kernel could not be emptied")

    def _reply(self, seconds: float) -> dict[str, Any]:
        """The next reply; none within so many seconds is an empty one."""
        with contextlib.suppress(queue.Empty):
            return dict(run_sync(self.client.get_shell_msg)(timeout=seconds))
        return {}

    def interrupt(self) -> None:
        """Break off what it does; may be called from any thread."""
        interrupt(self.manager)

    def settle(self, seconds: float) -> None:
        """Give an interrupted cell the time to write down what it came to."""
        deadline = time.monotonic() + seconds
        with contextlib.suppress(Exception):
            while (left := deadline - time.monotonic()) > 0:
                message = run_sync(self.client.get_iopub_msg)(timeout=left)
                if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                    return

    def fits(self, name: str, environment: Mapping[str, str]) -> bool:
        """Tell whether it lives, and is what a new one of this name would be here."""
        return self.alive and (self.name, self.cwd, self.environment) == (name, Path.cwd(), dict(environment))

    def close(self, *, now: bool = False) -> None:
        """End it; harmless when it has ended already."""
        with contextlib.suppress(RuntimeError, OSError):
            if self.client is not None:
                self.client.stop_channels()
            if self.manager.has_kernel:
                run_sync(self.manager.shutdown_kernel)(now=now)
            run_sync(self.manager.cleanup_resources)()
        shutil.rmtree(self._place, ignore_errors=True)


class KernelSlot:
    """The place of the kernel that one notebook after the other is executed in; threads wait for each other.

    Attributes:
        kernel: the one that the next notebook gets; None: a new one.
        lock: held from the look at the kernel until the end of the notebook.
    """

    def __init__(self, kernel: SharedKernel | None = None) -> None:
        self.kernel = kernel
        self.lock = threading.RLock()

    def ready(self, name: str, timeout: float, environment: Mapping[str, str]) -> SharedKernel:
        """Give the kernel of the notebook before, emptied; a new one where that cannot be.

        Raises:
            OSError, RuntimeError: there is no such kernel, it cannot be started, or does not answer.
        """
        if (kernel := self.kernel) is not None:
            with contextlib.suppress(RuntimeError):
                if kernel.fits(name, environment):
                    kernel.ready(timeout)
                    return kernel
            self.close(now=True)
        self.kernel = SharedKernel(name, environment)
        self.kernel.ready(timeout)
        return self.kernel

    def close(self, *, now: bool = False) -> None:
        """End the kernel, if there is one."""
        kernel, self.kernel = self.kernel, None
        if kernel is not None:
            kernel.close(now=now)


def _transport(place: Path) -> dict[str, Any]:
    """Sockets in the file system where there are such: no port is opened, and ipykernel has nothing to warn of."""
    return {} if os.name != "posix" or len(str(place)) > _ROOM else {"transport": "ipc"}
