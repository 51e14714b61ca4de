"""Kernels of Jupyter that start in a moment: forked from one process that has loaded what the notebooks use.

A kernel takes three seconds of a processor until it has imported pandas, pypsrp and hnskit, and many tests need one.
The first kernel of a test session starts the process (`serve`); it, and each kernel after it, is a fork of that, with
the environment, folder and command line of a kernel of its own. It goes by Jupyter's kernel specification: whoever
looks for `python3` (papermill, JupyterLab, `hnskit run`, Voilà) finds the launcher in tests/kernel_launcher.py.
Linux only.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

SOCKET_VARIABLE = "HNSKIT_TEST_KERNELS"
OWNER_VARIABLE = "HNSKIT_TEST_KERNELS_OF"
"""The process of the tests: without it no kernel is wanted any more."""
LAUNCHER = Path(__file__).with_name("kernel_launcher.py")


def specification(folder: Path) -> dict[str, str]:
    """Write the kernel's specification, and name what has to be in the environment for it to be found."""
    place = folder / "kernels" / "python3"
    place.mkdir(parents=True)
    argv = [sys.executable, "-S", "-E", "-P", str(LAUNCHER), "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python", "metadata": {"debugger": True}}
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    return {"JUPYTER_PATH": str(folder), SOCKET_VARIABLE: str(folder / "socket"), OWNER_VARIABLE: str(os.getpid())}


def serve(path: str) -> None:
    """Fork a kernel for each launcher that comes, until the folder or the tests are gone."""
    owner = Path("/proc", os.environ[OWNER_VARIABLE])
    os.environ.pop("JPY_PARENT_PID", None)  # read when ipykernel is imported; a fork's parent is this process
    from ipykernel import ipkernel, kernelapp, zmqshell  # noqa: F401 - loaded for the forks

    import hnskit.runbook.preload  # noqa: F401

    assert threading.active_count() == 1, "a fork has only the thread that forks"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the kernels: their launchers see their end
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{path}.new")
        listener.listen(64)
        Path(f"{path}.new").rename(path)
        listener.settimeout(2)
        while Path(path).exists() and owner.exists():
            try:
                launcher, _ = listener.accept()
            except TimeoutError:
                continue
            with launcher:
                launcher.settimeout(None)
                try:
                    text, fds, _, _ = socket.recv_fds(launcher, 1 << 20, 3)
                    given = json.loads(text)
                except (OSError, ValueError):
                    continue  # the launcher was ended before it had asked
                if (pid := os.fork()) == 0:
                    listener.close()
                    kernelapp.launch_new_instance(_become(given, fds, launcher.detach()))
                    return
                for fd in fds:
                    os.close(fd)
                with contextlib.suppress(OSError):  # it was ended meanwhile, and so will the kernel be
                    launcher.sendall(f"{pid}\n".encode())


def _become(given: dict[str, Any], fds: list[int], launcher: int) -> list[str]:
    """Make of this fork what the launcher's own process would have been; the kernel's arguments."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(given["folder"])
    os.environ.clear()
    os.environ.update(given["environment"])
    sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    threading.Thread(target=_die_with, args=(launcher,), daemon=True).start()
    sys.argv = ["ipykernel_launcher.py", *given["arguments"]]
    return [*given["arguments"], "--IPKernelApp.parent_handle=1"]  # its parent is not who started it


def _die_with(launcher: int) -> None:
    """Whoever ends the launcher means the kernel."""
    while os.read(launcher, 1):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    serve(sys.argv[1])
