"""papermill's engine `hnskit`: a sequence of trusted notebooks in one kernel.

    papermill --engine hnskit notebooks/40_proxy_policy.ipynb out.ipynb

In one process, every notebook after the first saves the start of a kernel and its imports. A kernel that was killed,
did not come to an end, or was started in another folder or environment is not used again: the next notebook gets a
new one. Threads of one process wait for each other; `KernelSlot` says how one gets a kernel of its own.
"""

from __future__ import annotations

import atexit
import time
from collections.abc import Mapping
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.log import logger

from hnskit.running.executed_notebook import mask_notebook
from hnskit.running.kernels import KernelSlot, SharedKernel

NAME = "hnskit"

_TO_SETTLE = 5.0  # seconds that an interrupted cell gets to write down what it came to


_PAUSE = 0.5  # seconds between two saves of a notebook that is executed


class _Manager(NotebookExecutionManager):  # type: ignore[misc]  # papermill has no types
    """papermill's own, which saves the whole notebook twice a cell; here at most twice a second, and at the end."""

    _saved = 0.0

    def save(self, **options: Any) -> None:
        if time.monotonic() - self._saved >= _PAUSE:
            super().save(**options)
            self._saved = time.monotonic()

    def notebook_complete(self, **options: Any) -> None:
        self._saved = 0.0
        mask_notebook(self.nb)  # papermill writes it once more when it has it back
        super().notebook_complete(**options)


class SharedKernelEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """Executes each notebook in the kernel of the one before it."""

    shared = KernelSlot()
    """The kernel of whoever names no slot."""

    @classmethod
    def execute_notebook(  # noqa: PLR0917 - papermill's own signature
        cls,
        nb: Any,
        kernel_name: str,
        output_path: Any = None,
        progress_bar: Any = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **options: Any,
    ) -> Any:
        """Execute a notebook that papermill has read; arguments are those of papermill's own engines."""
        manager = _Manager(
            nb,
            output_path=output_path,
            progress_bar=progress_bar,
            log_output=log_output,
            autosave_cell_every=autosave_cell_every,
        )
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, log_output=log_output, **options)
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def execute_managed_notebook(  # noqa: PLR0917 - papermill's own signature
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        environment: Mapping[str, str] | None = None,
        slot: KernelSlot | None = None,
        **_: Any,
    ) -> None:
        """Execute the cells, as papermill's own engine does, with its arguments.

        Args:
            environment: what the kernel has in its environment beside what this process has.
            slot: whose kernel is used; None: the one that this process shares.

        Raises:
            TimeoutError: a cell took longer than `execution_timeout` seconds.
            RuntimeError: the kernel died, or does not answer.
        """
        place = slot or cls.shared
        with place.lock:
            kernel = place.ready(kernel_name, start_timeout, environment or {})
            try:
                cls._execute_in(
                    kernel, nb_man, kernel_name, start_timeout, execution_timeout,
                    log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file,
                )  # fmt: skip
            except BaseException:
                place.close(now=True)
                raise

    @staticmethod
    def _execute_in(
        kernel: SharedKernel,
        nb_man: Any,
        kernel_name: str,
        start_timeout: int,
        execution_timeout: int | None,
        **outputs: Any,
    ) -> None:
        client = PapermillNotebookClient(
            nb_man,
            km=kernel.manager,
            timeout=execution_timeout,
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            log=logger,
            store_widget_state=False,
            **outputs,
        )
        client.kc = kernel.client
        try:
            client.execute()
        except KeyboardInterrupt:
            kernel.interrupt()
            kernel.settle(_TO_SETTLE)
            raise

    @classmethod
    def close(cls, *, now: bool = False) -> None:
        """End the kernel, if there is one."""
        cls.shared.close(now=now)


atexit.register(SharedKernelEngine.close)
papermill_engines.register(NAME, SharedKernelEngine)
