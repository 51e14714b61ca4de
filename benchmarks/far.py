"""A host of this machine, as if it were far away: a TCP proxy that holds back each byte, both ways.

TCP's own handshake is not held back; that of TLS is.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from hnskit.facts.source import connection_settings
from hnskit.params.loading import Params
from hnskit.remote.psrp import PsrpSession

T = TypeVar("T")


class Far:
    """Everything behind it is a round trip of so many seconds away."""

    def __init__(self, seconds: float) -> None:
        self._half = seconds / 2
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="far", daemon=True)
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> Far:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            self._loop.call_soon_threadsafe(server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def connect(self, params: Params) -> PsrpSession:
        """As `hnskit.connect`."""
        settings = connection_settings(params)
        server = self._run(asyncio.start_server(lambda *ends: self._serve(settings.port, *ends), "127.0.0.1"))
        self._servers.append(server)
        session = PsrpSession(replace(settings, port=server.sockets[0].getsockname()[1]))
        session.open()
        return session

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _serve(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            self._loop.call_later(self._half, sink.write, data)
        self._loop.call_later(self._half, sink.close)
