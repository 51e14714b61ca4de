"""The control channel of an emulated host: not Windows', and apart from its network, so that a cut leaves it alone.

A request is signed with a token from a file that only the owner can read, and its answer as well: a port
that somebody else got in the meantime is recognised, and learns nothing.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hnskit.emulator.control_client import NONCE, PATH, SIGNATURE, sign
from hnskit.emulator.winrm.http_connection import HttpConnection, HttpRequest, HttpResponse

Act = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]
"""Carries out {"do": ...}; raises ValueError with a sentence if it cannot."""


class ControlServer:
    """The server's side."""

    def __init__(self, token: str, act: Act) -> None:
        self._token = token
        self._act = act

    async def handle(self, request: HttpRequest, connection: HttpConnection) -> HttpResponse:
        """Answer one request."""
        del connection
        if request.method != "POST" or request.target != PATH:
            return HttpResponse(404)
        nonce = request.headers.get(NONCE, "")
        expected = sign(self._token, "ask", nonce, request.body)
        if not nonce or not hmac.compare_digest(request.headers.get(SIGNATURE, "").encode(), expected.encode()):
            return HttpResponse(403)
        try:
            status, content = 200, await self._act(_object(request.body))
        except ValueError as problem:
            status, content = 400, {"error": str(problem)}
        body = json.dumps(content, default=str).encode()
        signature = sign(self._token, "answer", nonce, body)
        return HttpResponse(status, (("Content-Type", "application/json"), (SIGNATURE, signature)), body)


def _object(body: bytes) -> dict[str, Any]:
    content = json.loads(body)
    if not isinstance(content, dict):
        raise ValueError("a JSON object is expected")  # noqa: TRY004 - like any other text that is not a request
    return content
