"""Ctrl-C while a run is at work: a request to stop, and no end in the middle of something."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from hnskit.running.log import ask_to_stop, asked_to_stop


def run_interruptible(work: Callable[[], None], run_dir: Path, stop: Callable[[], None]) -> None:
    """Do the work in a thread; Ctrl-C, which comes to this one, is a request to stop, as that of a page.

    In the main thread nbclient would answer Ctrl-C with the end of the kernel, before the cell that was interrupted has
    written down what it came to. Who presses it again need not wait until the kernel is asked again.
    """
    failed: list[BaseException] = []
    ended = threading.Event()

    def do() -> None:
        try:
            work()
        except BaseException as cause:
            failed.append(cause)
        finally:
            ended.set()

    threading.Thread(target=do, name="run", daemon=True).start()
    while True:
        try:
            while not ended.wait(0.5):  # not Thread.join: interrupted, Python 3.11 takes the thread for an ended one
                pass
            break
        except KeyboardInterrupt:
            if asked_to_stop(run_dir):
                stop()
            try:
                ask_to_stop(run_dir)
            except OSError:  # the disk is full
                stop()
    if failed:
        raise failed[0]
