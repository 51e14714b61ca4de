"""Real HTTP servers inside the namespaces: what listens in containers, and the metadata service."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hnskit.emulator.host.surroundings import Request, Response
from hnskit.emulator.packets.helper_client import HelperClient

Listener = Callable[[Request, str], Response]
_POLL_SECONDS = 0.1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    listener: Listener

    def _any(self) -> None:
        request = Request(self.command, self.path, tuple(self.headers.items()))
        response = self.listener(request, self.client_address[0])
        self.send_response_only(response.status, response.reason)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body.encode())
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _any  # noqa: N815 - http.server's own names

    def log_message(self, format: str, *args: Any) -> None:
        """The emulated programs keep logs of their own."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listening: socket.socket, listener: Listener) -> None:
        handler = type("Handler", (_Handler,), {"listener": staticmethod(listener)})
        super().__init__(("", 0), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_name, self.server_port = listening.getsockname()
        threading.Thread(target=self.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is not a fault of the server's."""


class PacketServers:
    """The servers that run now, by a key that says whose each is."""

    def __init__(self, helper: HelperClient) -> None:
        self._helper = helper
        self._servers: dict[tuple[str, str, str, int], _Server] = {}
        self._lock = threading.Lock()

    def bring_to(self, wanted: Mapping[tuple[str, str, str, int], Listener]) -> None:
        """Run these, and no others.

        Args:
            wanted: namespace, owner, address and port of each, and what answers there.
        """
        with self._lock:
            for key in [item for item in self._servers if item not in wanted]:
                self._stop(key)
            for key, listener in wanted.items():
                if key not in self._servers:
                    namespace, _, address, port = key
                    made = self._helper.call("listen", name=namespace, address=address, port=port)
                    self._servers[key] = _Server(made, listener)

    def close(self) -> None:
        """End them all."""
        self.bring_to({})

    def _stop(self, key: tuple[str, str, str, int]) -> None:
        server = self._servers.pop(key)
        server.shutdown()
        server.server_close()
