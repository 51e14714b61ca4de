"""A TCP proxy that reads HTTP, counts the requests, and loses one of them on purpose."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Any, Literal

Moment = Literal["before", "after"]
"""Before the request reaches the host, or after the host has acted and answered."""
Mode = Literal["reset", "refuse", "stall", "blackhole"]
MOMENTS: tuple[Moment, ...] = ("before", "after")
_LATE_SECONDS = 10.0
MODES: tuple[Mode, ...] = ("reset", "refuse", "stall", "blackhole")


@dataclass(frozen=True, slots=True)
class Fault:
    """Which request is lost, and how."""

    number: int
    """The first request is 1."""
    moment: Moment
    mode: Mode
    seconds: float = 0.9
    """How long a stall lasts; longer than the client waits."""


class FaultProxy:
    """In front of one port of 127.0.0.1; connections are kept as they are, so NTLM's logins hold."""

    def __init__(self, port: int, fault: Fault | None = None) -> None:
        self.requests = 0
        self.fault = fault
        self.hit = False
        """Whether the request was met that is to be lost."""
        self.port = 0
        self._target = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy", daemon=True)
        self._server: asyncio.Server
        self._tasks: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        until = self._loop.time() + _LATE_SECONDS
        while self._tasks:  # what is stalled still arrives, late, and belongs to this run
            late = self._loop.time() > until  # its answer may be a poll that the host holds for long
            for task in tuple(self._tasks):
                if late or not task.get_name().startswith("stalled"):
                    task.cancel()
            await asyncio.wait(self._tasks, timeout=1)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        upstream: asyncio.StreamWriter | None = None
        try:
            back, upstream = await asyncio.open_connection("127.0.0.1", self._target)
            while (request := await _message(reader)) is not None:
                self.requests += 1
                hit = self.fault if self.fault and self.fault.number == self.requests else None
                self.hit = self.hit or hit is not None
                if hit and hit.moment == "before" and not await self._lose(hit, writer):
                    return
                upstream.write(request)
                answer = await _message(back)
                if answer is None or (hit and hit.moment == "after" and not await self._lose(hit, writer)):
                    return
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            for one in (writer, upstream):
                if one is not None:
                    one.close()
            self._tasks.discard(task)

    async def _lose(self, fault: Fault, writer: asyncio.StreamWriter) -> bool:
        """Whether it goes on after all, late."""
        if fault.mode == "stall":
            task = asyncio.current_task()
            assert task is not None
            task.set_name("stalled")
            await asyncio.sleep(fault.seconds)
            return True
        if fault.mode == "blackhole":
            await asyncio.sleep(fault.seconds)  # the client has given up by then
            return False
        with contextlib.suppress(OSError):
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        if fault.mode == "refuse":
            self._server.close()
            self._tasks.add(back := asyncio.get_running_loop().create_task(self._come_back(fault.seconds / 3)))
            back.add_done_callback(self._tasks.discard)
        return False

    async def _come_back(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._listen()


async def _message(reader: asyncio.StreamReader) -> bytes | None:
    """One HTTP message with its body; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    return head + await reader.readexactly(length)
