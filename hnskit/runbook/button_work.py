"""The work of a button, in a thread of its own: the kernel stays free for a second button, which stops it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

from hnskit.views.progress import Progress

Ended = Callable[[BaseException | None], None]
"""Told of the end, in the work's thread: None, or what the work has raised."""


class ButtonWork:
    """Work that is begun by a button; at most one at a time.

    It is stopped by a second button, or by the button that interrupts the kernel: where its next step begins, so that
    nothing of the step before is lost.
    """

    def __init__(self, work: Callable[[Progress], None]) -> None:
        self._work = work
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, progress: Progress, ended: Ended) -> None:
        """Begin, and come back at once."""
        self._stopping.clear()
        progress.stop_asked = self._stopping.is_set

        def do() -> None:
            failed: BaseException | None = None
            try:
                self._work(progress)
            except BaseException as error:
                failed = error
            finally:
                ended(failed)

        self._thread = threading.Thread(target=do, name="button", daemon=True)
        self._thread.start()
        _while_it_works(self._thread, self.stop)

    def stop(self) -> None:
        """Ask it to end where its next step begins."""
        self._stopping.set()

    def wait(self) -> None:
        """Wait for the end of what is under way; a cell that is interrupted meanwhile stops it, and waits on."""
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        while thread.is_alive():
            try:
                thread.join(0.2)
            except KeyboardInterrupt:
                self.stop()


def _while_it_works(thread: threading.Thread, stop: Callable[[], None]) -> None:
    """Have an interrupt of an idle kernel stop the work: ipykernel ignores it where no cell is executed."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return
    loop = getattr(getattr(get_ipython(), "kernel", None), "io_loop", None)
    if loop is None:
        return
    before: Any = None

    def listen() -> (
        None
    ):  # in the loop's thread, the main one, and between two messages: each puts its own handler back
        nonlocal before
        if thread.is_alive():
            before = signal.signal(signal.SIGINT, lambda *_: stop())
            loop.call_later(0.2, look)

    def look() -> None:
        if thread.is_alive():
            loop.call_later(0.2, look)
        else:
            signal.signal(signal.SIGINT, before)

    loop.add_callback(listen)
