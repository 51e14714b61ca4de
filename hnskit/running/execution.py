"""Notebooks through papermill, in one kernel where that is possible, else in one kernel each."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from hnskit.errors import HnskitError, StoppedError
from hnskit.running.executed_notebook import mask_file
from hnskit.running.kernels import KernelSlot, SharedKernel, interrupt, kill, manager_with
from hnskit.running.results import error_json

KERNEL = "python3"


_PATIENT = 3  # requests to stop, after which a kernel that heeds none is ended


class Execution:
    """The kernel or kernels of one run; leave it with `with`.

    Args:
        share_kernel: all notebooks in one kernel, emptied between them.
        cell_timeout: seconds that a cell may take; None: as long as it likes.
        environment: what the kernels have in their environment beside what this process has.
    """

    def __init__(
        self,
        *,
        share_kernel: bool = True,
        cell_timeout: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._share = share_kernel
        self._environment = dict(environment or {})
        self._managers = manager_with(self._environment)
        self._timeout = cell_timeout
        self._slot: KernelSlot | None = None
        self._stopped = False
        self._asked = 0

    def __enter__(self) -> Execution:
        kernel = None
        if self._share:
            # It starts while papermill is loaded.
            with contextlib.suppress(OSError, RuntimeError, ImportError):
                kernel = SharedKernel(KERNEL, self._environment)
        try:
            _load_papermill()
            if kernel is not None:
                self._slot = KernelSlot(kernel)
        except BaseException:  # whoever failed to enter is not left either
            if kernel is not None:
                kernel.close(now=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._slot is not None:
            self._slot.close(now=True)

    def stop(self) -> None:
        """Break off what is executed now; may be called from any thread, and more than once.

        An interrupt that comes between two cells can be lost in the kernel: the third call ends it.
        """
        self._stopped = True
        self._asked += 1
        kernel = self._slot.kernel if self._slot is not None else None
        manager = kernel.manager if kernel is not None else self._managers.latest
        if manager is not None:
            begins = kernel is not None and not kernel.answered  # nothing of the notebook was executed yet
            (kill if begins or self._asked >= _PATIENT else interrupt)(manager)

    def execute(self, source: Path, output: Path, parameters: dict[str, Any]) -> dict[str, Any] | None:
        """Execute one notebook; its error as `results.error_json` has it, if it failed. Raises nothing."""
        import papermill
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
        from papermill.exceptions import PapermillException, PapermillExecutionError

        try:
            executed = papermill.execute_notebook(
                source,
                output,
                parameters,
                kernel_name=KERNEL,
                progress_bar=False,
                cwd=Path.cwd(),
                execution_timeout=self._timeout,
                **self._options(),
            )
        except PapermillExecutionError as cause:
            if cause.ename in ("KeyboardInterrupt", StoppedError.__name__):
                return error_json(StoppedError())
            return _other(f"{cause.ename}: {cause.evalue}", source)
        except KeyboardInterrupt:
            return error_json(StoppedError())
        except DeadKernelError:
            return (
                error_json(StoppedError())
                if self._stopped
                else _broken("the kernel that ran it ended: it was killed, or there was not enough memory", source)
            )
        except CellTimeoutError:
            return _broken(f"one of its cells took longer than {self._timeout} s", source)
        except (PapermillException, OSError, RuntimeError, ValueError) as cause:
            if self._stopped and isinstance(cause, RuntimeError):  # the third request found it between two notebooks
                return error_json(StoppedError())
            return _other(f"{type(cause).__name__}: {cause}", source)
        finally:
            mask_file(output)
        if executed.metadata.get("papermill", {}).get("exception"):  # SystemExit(0): papermill raises nothing
            return _broken("it ended before its last cell: one of its cells called exit()", source)
        return None

    def _options(self) -> dict[str, Any]:
        if self._slot is not None:
            return {"engine_name": "hnskit", "environment": self._environment, "slot": self._slot}
        return {"extra_arguments": ["--log-level=CRITICAL"], "kernel_manager_class": self._managers}


def _broken(message: str, notebook: Path) -> dict[str, Any]:
    again = "What was done is in the run's journal. Run the same command again: it reads the host first and goes on."
    return error_json(HnskitError(message, object=notebook.stem, next_step=again))


def _other(message: str, notebook: Path) -> dict[str, Any]:
    """An error that is not hnskit's own: the notebook's, or papermill's."""
    text = f"{notebook.stem}: {message}. The executed notebook in the run folder shows the cell."
    return {"error": message.partition(":")[0], "message": message, "paragraph": text, "exit_status": 1}


def _load_papermill() -> None:
    """Import papermill without the grammar of addresses that jsonschema would build in 2.4 s; no notebook needs it."""
    grammar = "rfc3987_syntax"
    if grammar in sys.modules or "jsonschema" in sys.modules:
        import papermill

        return
    sys.modules[grammar] = None  # type: ignore[assignment]  # so an import of it fails, as where it is not installed
    try:
        import papermill  # noqa: F401
    finally:
        del sys.modules[grammar]
