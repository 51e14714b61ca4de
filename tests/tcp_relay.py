"""A TCP relay in front of one port of 127.0.0.1 that can be cut, as the network of a host is."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from typing import Literal, Self

Mode = Literal["reset", "refuse", "stall", "blackhole"]
_AT_ONCE = struct.pack("ii", 1, 0)


class TcpRelay:
    """Carries bytes both ways.

    A cut resets what is open and refuses what comes (`reset`, `refuse`); or holds all bytes back and then goes on
    (`stall`); or swallows them for ever and takes new connections again when it is over (`blackhole`).
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = self._listening(0)
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._away = threading.Event()
        self._timer: threading.Timer | None = None
        self._mode: Mode = "reset"
        self._pairs: list[tuple[socket.socket, socket.socket, threading.Event]] = []
        self._closed = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self._reset_all()
        self._listener.close()

    def cut(self, seconds: float, mode: Mode) -> None:
        """Be away for a while; comes back at once."""
        self._end_cut()
        self._mode = mode
        self._away.set()
        self._timer = threading.Timer(seconds, self._away.clear)
        self._timer.daemon = True
        self._timer.start()
        if mode in ("reset", "refuse"):
            self._reset_all()
        elif mode == "blackhole":
            for _, _, dead in self._pairs:
                dead.set()

    def restore(self) -> None:
        """End a cut now: the next test begins with a network."""
        self._end_cut()
        self._away.clear()

    def _end_cut(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def reset(self) -> None:
        """Reset what is open; new connections are taken."""
        self._reset_all()

    @staticmethod
    def _listening(port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(16)
        return listener

    def _serve(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self._away.is_set() and self._mode in ("reset", "refuse"):
                self._reset(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                self._reset(near)
                continue
            for one in (
                near,
                far,
            ):  # Nagle would hold small answers back for 40 ms, a delayed acknowledgement
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = (near, far, threading.Event())
            if self._away.is_set() and self._mode == "blackhole":
                pair[2].set()
            self._pairs.append(pair)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink, pair[2]), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, dead: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                while self._away.is_set() and self._mode == "stall":
                    time.sleep(0.02)
                if not dead.is_set():
                    sink.sendall(data)
        if not dead.is_set():
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)

    def _reset_all(self) -> None:
        pairs, self._pairs = self._pairs, []
        for near, far, _ in pairs:
            self._reset(near)
            self._reset(far)

    @staticmethod
    def _reset(one: socket.socket) -> None:
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            one.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            one.close()
