"""Ports of this machine for the servers that tests start."""

from __future__ import annotations

import secrets
import socket

_FIRST, _COUNT = 20000, 10000
"""Not those that the kernel gives to connections: such a one could be taken before the server has it."""


def free_port() -> int:
    """A port that nothing has."""
    while True:
        port = _FIRST + secrets.randbelow(_COUNT)  # pytest-randomly gives every process the same `random`
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def is_answered(port: int) -> bool:
    """Tell whether something takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
