"""Check HTTP answers of WinRM: after an encrypted request none in clear is taken.

Over http the body of each request and each answer is encrypted with keys of the login (MS-WSMV 2.2.9.1). pypsrp
decrypts what says that it is encrypted and takes anything else as it is: whoever sits between could answer in the
host's name.
"""

from __future__ import annotations

from typing import Any

import requests

from hnskit.errors import ConnectError

_ENCRYPTED = ("multipart/encrypted", "multipart/x-multi-encrypted")
_BODILESS = (400, 401, 403, 404, 407, 425, 429, 502, 503, 504)
"""Refusals of HTTP itself, whose status says it all; their text, which anybody could have written, is not read."""


def require_encrypted(response: requests.Response, *_: Any, target: str, **__: Any) -> None:
    """A hook of requests: refuse an answer in clear to an encrypted request.

    Raises:
        ConnectError: it is one; nothing of it was read.
    """
    asked, answered = _kind(response.request.headers), _kind(response.headers)
    if not asked.startswith(_ENCRYPTED) or answered.startswith(_ENCRYPTED):
        return
    if response.status_code in _BODILESS:
        response._content = b""
        return
    raise ConnectError(
        f"an encrypted request was answered in clear ({answered or 'no type'}, HTTP status {response.status_code}); "
        "the answer was not read: another program may sit in between",
        host=target,
        next_step="Use `connection.transport: https`, with the certificate of the host's authority in `connection.ca`; "
        "and find out who answers there.",
    )


def _kind(headers: Any) -> str:
    value = headers.get("content-type", "")
    return (value.decode("latin-1") if isinstance(value, bytes) else str(value)).lower()
