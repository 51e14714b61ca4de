"""The process that Jupyter starts as a kernel: has one forked (tests/warm_kernels.py), and lives as long as that.

It is started without site-packages, so that it takes no time: only the standard library here.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time

PLACE = os.environ["HNSKIT_TEST_KERNELS"]
SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "warm_kernels.py")  # noqa: PTH100, PTH118, PTH120


def connected() -> socket.socket:
    """A connection to the process that forks; the first one starts it."""
    with open(f"{PLACE}.lock", "w") as lock:  # noqa: PTH123 - pathlib takes longer to load than all else
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(PLACE):  # noqa: PTH110
            started = subprocess.Popen(
                [sys.executable, "-P", SERVER, PLACE], cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            while not os.path.exists(PLACE) and started.poll() is None:  # noqa: PTH110
                time.sleep(0.02)
    server = socket.socket(socket.AF_UNIX)
    server.connect(PLACE)
    return server


def main() -> None:
    """Have a kernel forked, pass signals on to it, and end with it."""
    server = connected()
    asked = {"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
    socket.send_fds(server, [json.dumps(asked).encode()], [0, 1, 2])
    kernel = int(server.recv(64))

    def pass_on(number: int, _: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(kernel, number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    while server.recv(64):
        pass


main()
