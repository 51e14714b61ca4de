"""One HTTP/1.1 connection: bytes in, requests to a handler, responses out, with limits on size and time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import h11

log = logging.getLogger(__name__)

_BUFFERED = 256 * 1024  # bytes that may wait while a request is being answered


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the size and time of a client's requests."""

    head: int = 64 * 1024
    """Bytes of a request line and its headers."""
    body: int = 1024 * 1024
    """Bytes of a request's body; WinRM's own envelopes end at 500 KiB."""
    request_seconds: float = 30.0
    """From the first byte of a request to its last, and for a response to be taken off."""
    idle_seconds: float = 120.0
    """Between two requests."""
    connections: int = 512
    round_trip: float = 0.0
    """Seconds that a request and its answer are on their way together, as if the host were so far away."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A whole HTTP request; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def _unheeded(delivered: bool) -> None:
    del delivered


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole HTTP response.

    `settled` is called once with whether all of it went out to a client that was still there.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    settled: Callable[[bool], None] = field(default=_unheeded)


Handler = Callable[[HttpRequest, "HttpConnection"], Awaitable[HttpResponse]]


class Gate(Protocol):
    """The part of a listener that a connection uses."""

    limits: Limits
    handler: Handler
    tls: bool

    async def passable(self) -> None:
        """Wait while the network holds bytes back."""

    def joined(self, connection: HttpConnection) -> bool:
        """A connection was made; False if there are too many."""

    def left(self, connection: HttpConnection) -> None:
        """A connection is over."""


class _LostError(Exception):
    """The client is gone."""


class HttpConnection(asyncio.Protocol):
    """The server's end of one connection."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.tls = gate.tls
        self.peer = ""
        self.certified = False
        """The client has a certificate that the host's authority signed."""
        self.trusted = False
        """A login on it was accepted."""
        self.login: Any = None
        """State of authentication on this connection."""
        self._transport: asyncio.Transport
        self._incoming = bytearray()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = asyncio.Event()
        self._mute = self._answering = False
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=gate.limits.head)
        self._task: asyncio.Task[None] | None = None

    # The transport calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to serve."""
        self._transport = cast(asyncio.Transport, transport)
        # asyncio's TLS pauses a writer at the mark itself, and not above it: with 0 it would wait for the next request.
        self._transport.set_write_buffer_limits(high=1 if self.tls else 0, low=0)
        name = transport.get_extra_info("peername")
        self.peer = name[0] if name else ""
        self.certified = bool(transport.get_extra_info("peercert"))
        if not self._gate.joined(self):
            self._transport.abort()
            return
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Keep what came."""
        if self._mute:
            return
        self._incoming += data
        self._arrived.set()
        if len(self._incoming) > _BUFFERED:
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        del exc
        self._lost.set()
        self._arrived.set()
        self._writable.set()
        self._gate.left(self)

    def pause_writing(self) -> None:
        """Something waits to be sent."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """All was handed to the operating system."""
        self._writable.set()

    # The listener calls these.

    @property
    def expendable(self) -> bool:
        """Tell whether nobody has logged in on it, and no request of it is being answered."""
        return not self.trusted and not self._answering

    def abort(self) -> None:
        """End it with a reset, as a network that goes away does."""
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    def mute(self) -> None:
        """Never answer again, and never say so."""
        self._mute = True
        self._incoming.clear()

    def close(self) -> None:
        """End it in order."""
        self._transport.close()

    # The conversation.

    async def _serve(self) -> None:
        try:
            while await self._exchange():
                self._http.start_next_cycle()
        except _LostError:
            pass
        except h11.RemoteProtocolError as problem:
            log.info("not HTTP: %s", problem)
            await self._end_with(problem.error_status_hint)
        except TimeoutError:
            log.info("a request did not arrive in time")
        except Exception:
            log.exception("the door failed on a request")
            await self._end_with(500)
        if not self._mute:
            self._transport.close()

    async def _exchange(self) -> bool:
        request = await self._request()
        if request is None:
            return False
        self._answering = True
        try:
            await self._travel()
            response = await self._gate.handler(request, self)
            await self._travel()
        finally:
            self._answering = False
        delivered = False
        try:
            delivered = await self._send(response)
        finally:
            response.settled(delivered)
        return delivered and self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _travel(self) -> None:
        """Half of a round trip; not that of TCP's or TLS's own handshake."""
        if self._gate.limits.round_trip:
            await asyncio.sleep(self._gate.limits.round_trip / 2)

    async def _request(self) -> HttpRequest | None:
        limits = self._gate.limits
        if not self._http.trailing_data[0]:
            try:
                async with asyncio.timeout(limits.idle_seconds):
                    await self._more()
            except TimeoutError:
                return None
        async with asyncio.timeout(limits.request_seconds):
            head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            body = bytearray()
            while isinstance(part := await self._event(), h11.Data):
                body += part.data
                if len(body) > limits.body:
                    raise h11.RemoteProtocolError("the body is too large", error_status_hint=413)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        return HttpRequest(head.method.decode("ascii"), head.target.decode("latin-1"), headers, bytes(body))

    async def _event(self) -> object:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._http.they_are_waiting_for_100_continue:
                self._transport.write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            await self._more()
            self._http.receive_data(bytes(self._incoming))
            self._incoming.clear()
            self._transport.resume_reading()

    async def _more(self) -> None:
        """Wait until something came in."""
        while not self._incoming:
            if self._lost.is_set() or self._mute:
                raise _LostError
            self._arrived.clear()
            await self._arrived.wait()
        await self._gate.passable()
        if self._mute:
            raise _LostError

    async def _send(self, response: HttpResponse) -> bool:
        headers = [("Server", "Microsoft-HTTPAPI/2.0"), *response.headers, ("Content-Length", str(len(response.body)))]
        message = self._http.send(h11.Response(status_code=response.status, headers=headers)) or b""
        message += self._http.send(h11.Data(data=response.body)) or b""
        message += self._http.send(h11.EndOfMessage()) or b""
        await self._gate.passable()
        if self._mute or self._lost.is_set():
            return False
        self._transport.write(message)
        try:
            async with asyncio.timeout(self._gate.limits.request_seconds):
                await self._writable.wait()
        except TimeoutError:
            self._transport.abort()
            return False
        return not self._lost.is_set()

    async def _end_with(self, status: int) -> None:
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            with contextlib.suppress(h11.LocalProtocolError):
                await self._send(HttpResponse(status, (("Connection", "close"),)))
