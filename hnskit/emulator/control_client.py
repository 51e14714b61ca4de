"""The client of an emulated host's control channel (control.py answers it): signed both ways, apart from its network.

It loads nothing of the host itself: whoever only wants to reach one imports this.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import secrets
from collections.abc import Mapping
from typing import Any

from hnskit.emulator.constants import ADDRESS
from hnskit.errors import ConnectError

PATH = "/hnskit-emulator/control"
NONCE, SIGNATURE = "x-hnskit-nonce", "x-hnskit-signature"


class EmulatorUsageError(ConnectError):
    """Something was named that an emulated host does not have: a fault, a profile, a name that is none."""

    exit_status = 2


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
    headers = {NONCE: nonce, SIGNATURE: sign(token, "ask", nonce, body)}
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=timeout)
    try:
        connection.request("POST", PATH, body, headers)
        response = connection.getresponse()
        answer = response.read()
        signature = response.getheader(SIGNATURE, "")
    except (OSError, http.client.HTTPException) as problem:
        raise ControlUnreachableError(str(problem)) from problem
    finally:
        connection.close()
    if not hmac.compare_digest(signature, sign(token, "answer", nonce, answer)):
        raise ControlUnreachableError("another program answers at this port")
    content: dict[str, Any] = json.loads(answer)
    if response.status != 200:
        raise ControlError(content["error"])
    return content


def sign(token: str, role: str, nonce: str, body: bytes) -> str:
    """Sign a request or an answer with the token."""
    return hmac.new(token.encode(), f"{role}:{nonce}:".encode() + body, hashlib.sha256).hexdigest()
