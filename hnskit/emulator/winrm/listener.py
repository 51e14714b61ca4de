"""Listen on 127.0.0.1 only, and take the network away in one of several ways."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys

from hnskit.emulator.constants import ADDRESS
from hnskit.emulator.powershell.command import Cut
from hnskit.emulator.winrm.http_connection import Handler, HttpConnection, Limits


class Listener:
    """One port; plain, or TLS if there is a context."""

    def __init__(
        self, handler: Handler, *, context: ssl.SSLContext | None = None, limits: Limits | None = None
    ) -> None:
        self.handler = handler
        self.limits = limits or Limits()
        self.tls = context is not None
        self.port = 0
        self._context = context
        self._connections: dict[HttpConnection, None] = {}
        """Open ones, the oldest first."""
        self._server: asyncio.Server | None = None
        self._passable = asyncio.Event()
        self._passable.set()
        self._back_at = 0.0
        self._outage: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen on a free port."""
        await self._listen(_bound(self.port))

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._outage is not None:
            self._outage.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._outage
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.abort()

    def cut(self, cut: Cut) -> None:
        """Take the network away, now; it comes back by itself.

        A cut while there is one only makes that longer.
        """
        loop = asyncio.get_running_loop()
        self._back_at = max(self._back_at, loop.time() + cut.seconds)
        if self._outage is not None and not self._outage.done():
            return
        reserved: socket.socket | None = None
        if cut.mode in {"refuse", "forget"} and self._server is not None:
            self._server.close()
            reserved = _bound(self.port)
        if cut.mode in {"refuse", "reset", "forget"}:
            for connection in tuple(self._connections):
                connection.abort()
        if cut.mode == "blackhole":
            for connection in tuple(self._connections):
                connection.mute()
        if cut.mode in {"stall", "blackhole"}:
            self._passable.clear()
        if cut.mode != "reset":
            self._outage = loop.create_task(self._come_back(reserved))

    async def _come_back(self, reserved: socket.socket | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            while (left := self._back_at - loop.time()) > 0:
                await asyncio.sleep(left)
            self._passable.set()
            if reserved is not None:
                await self._listen(reserved)
                reserved = None
        finally:
            if reserved is not None:
                reserved.close()

    async def _listen(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: HttpConnection(self),
            sock=sock,
            ssl=self._context,
            ssl_handshake_timeout=10 if self.tls else None,
            # A client that was told that its connection ends need not say that it heard it.
            ssl_shutdown_timeout=1 if self.tls else None,
        )
        self.port = sock.getsockname()[1]

    # What a connection asks of its gate.

    async def passable(self) -> None:
        """Wait while the network holds bytes back."""
        await self._passable.wait()

    def joined(self, connection: HttpConnection) -> bool:
        """Take a connection in; False if there are too many.

        Where all places are taken, the oldest on which nobody has logged in gives its own up: whoever only connects
        locks nobody out.
        """
        if len(self._connections) >= self.limits.connections:
            oldest = next((one for one in self._connections if one.expendable), None)
            if oldest is None:
                return False
            del self._connections[oldest]
            oldest.abort()
        self._connections[connection] = None
        return True

    def left(self, connection: HttpConnection) -> None:
        """A connection is over."""
        self._connections.pop(connection, None)


def _bound(port: int) -> socket.socket:
    """A socket that has the port but does not listen: connections to it are refused, and nobody else gets it."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # On Windows this option would let two processes share the port.
        if sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((ADDRESS, port))
    except OSError:
        sock.close()
        raise
    return sock
