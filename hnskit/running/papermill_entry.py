"""The entry point of papermill's engine `hnskit`, loaded when a notebook is executed with it.

papermill loads every engine while it is itself being imported, so this module must not import papermill.
"""

from __future__ import annotations

from typing import Any


class LazyEngine:
    """Stands for `SharedKernelEngine`: what papermill asks of an engine; arguments are those of papermill's own."""

    @classmethod
    def execute_notebook(cls, *arguments: Any, **options: Any) -> Any:
        """Execute a notebook."""
        return _engine().execute_notebook(*arguments, **options)

    @classmethod
    def nb_kernel_name(cls, *arguments: Any, **options: Any) -> Any:
        """The name of a notebook's kernel."""
        return _engine().nb_kernel_name(*arguments, **options)

    @classmethod
    def nb_language(cls, *arguments: Any, **options: Any) -> Any:
        """The language of a notebook."""
        return _engine().nb_language(*arguments, **options)


def _engine() -> Any:
    from hnskit.running.papermill_engine import SharedKernelEngine

    return SharedKernelEngine
