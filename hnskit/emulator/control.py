"""The control channel of an emulated host: not Windows', and apart from its network, so that a cut leaves it alone.

A request is signed with a token from a file that only the owner can read, and its answer as well: a port
that somebody else got in the meantime is recognised, and learns nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hnskit.emulator.connection import Connection, Request, Response
from hnskit.emulator.listener import ADDRESS

PATH = "/hnskit-emulator/control"
_NONCE, _SIGNATURE = "x-hnskit-nonce", "x-hnskit-signature"

Act = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]
"""Carries out {"do": ...}; raises ValueError with a sentence if it cannot."""


class ControlError(Exception):
    """The host said no, with a reason."""


class ControlUnreachableError(Exception):
    """This host does not answer at this port."""


def ask(port: int, token: str, request: Mapping[str, Any], *, timeout: float = 10.0) -> dict[str, Any]:
    """Ask a running host.

    Raises:
        ControlUnreachableError: nobody answers there, or somebody else does.
        ControlError: the host refused.
    """
    nonce = secrets.token_hex(16)
    body = json.dumps(request).encode()
    headers = {_NONCE: nonce, _SIGNATURE: _sign(token, "ask", nonce, body)}
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=timeout)
    try:
        connection.request("POST", PATH, body, headers)
        response = connection.getresponse()
        answer = response.read()
        signature = response.getheader(_SIGNATURE, "")
    except (OSError, http.client.HTTPException) as problem:
        raise ControlUnreachableError(str(problem)) from problem
    finally:
        connection.close()
    if not hmac.compare_digest(signature, _sign(token, "answer", nonce, answer)):
        raise ControlUnreachableError("somebody else answers at this port")
    content: dict[str, Any] = json.loads(answer)
    if response.status != 200:
        raise ControlError(content["error"])
    return content


class Control:
    """The server's side."""

    def __init__(self, token: str, act: Act) -> None:
        self._token = token
        self._act = act

    async def handle(self, request: Request, connection: Connection) -> Response:
        """Answer one request."""
        del connection
        if request.method != "POST" or request.target != PATH:
            return Response(404)
        nonce = request.headers.get(_NONCE, "")
        expected = _sign(self._token, "ask", nonce, request.body)
        if not nonce or not hmac.compare_digest(request.headers.get(_SIGNATURE, "").encode(), expected.encode()):
            return Response(403)
        try:
            status, content = 200, await self._act(_object(request.body))
        except ValueError as problem:
            status, content = 400, {"error": str(problem)}
        body = json.dumps(content, default=str).encode()
        signature = _sign(self._token, "answer", nonce, body)
        return Response(status, (("Content-Type", "application/json"), (_SIGNATURE, signature)), body)


def _object(body: bytes) -> dict[str, Any]:
    content = json.loads(body)
    if not isinstance(content, dict):
        raise ValueError("a JSON object is expected")  # noqa: TRY004 - like any other text that is no request
    return content


def _sign(token: str, role: str, nonce: str, body: bytes) -> str:
    return hmac.new(token.encode(), f"{role}:{nonce}:".encode() + body, hashlib.sha256).hexdigest()
