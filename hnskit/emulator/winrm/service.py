"""The WinRM service: one request in, one answer out."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hnskit.emulator.engines.engine import EngineError
from hnskit.emulator.winrm import soap
from hnskit.emulator.winrm.auth import Authority, EncryptionError, Login
from hnskit.emulator.winrm.http_connection import Connection, Request, Response
from hnskit.emulator.winrm.wsman_operations import Answer, Operations

log = logging.getLogger(__name__)

_REMEMBERED = 64
_REMEMBERED_BYTES = 4 * 1024 * 1024
_PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"


@dataclass(slots=True)
class _Exchange:
    """A request by its MessageID: the same message again gets the same answer, and acts once.

    That a real WinRM answers a repeated MessageID so is UNCONFIRMED; the kit does not rely on it, since it never
    sends a request twice that may have arrived.
    """

    answer: asyncio.Future[Answer]
    owed: int = 0
    delivered: bool = False
    settled: bool = False


class WinRM:
    """Authentication, encryption and at-most-once around the operations."""

    def __init__(self, authority: Authority, operations: Operations, *, machine: str) -> None:
        self._authority = authority
        self._operations = operations
        self._machine = machine
        self._exchanges: OrderedDict[str, _Exchange] = OrderedDict()

    async def handle(self, request: Request, connection: Connection) -> Response:
        """Answer one HTTP request."""
        if request.target.partition("?")[0].rstrip("/").lower() != "/wsman":
            return Response(404)
        if request.method != "POST":
            return Response(405, (("Allow", "POST"),))
        if connection.login is None:
            connection.login = self._authority.login(tls=connection.tls, certified=connection.certified)
        login: Login = connection.login
        verdict = login.check(request.headers.get("authorization", ""))
        if not verdict.accepted:
            return Response(401, verdict.headers)
        if not request.body:
            return Response(200, verdict.headers)
        encrypted = request.headers.get("content-type", "").lower().startswith("multipart/encrypted")
        if not encrypted and not connection.tls:
            # AllowUnencrypted is false, as Windows has it by default.
            return Response(500, verdict.headers)
        try:
            envelope = login.decrypt(request.body) if encrypted else request.body
        except EncryptionError as problem:
            log.info("not decrypted: %s", problem)
            return Response(400, verdict.headers)
        administrator = login.account is not None and login.account.administrator
        answer, settled = await self._answer(envelope, connection.peer, administrator)
        content_type, body = (
            login.encrypt(answer.envelope, _PROTOCOL) if encrypted else (soap.CONTENT_TYPE, answer.envelope)
        )
        headers = (*verdict.headers, ("Content-Type", content_type))
        return Response(500 if answer.fault else 200, headers, body, settled)

    async def _answer(self, envelope: bytes, client: str, administrator: bool) -> tuple[Answer, Callable[[bool], None]]:
        try:
            message = soap.parse(envelope)
        except soap.Fault as fault:
            return self._fault(fault, ""), _nothing
        if not administrator and not self._operations.identifies(message):
            return self._fault(soap.access_denied(), message.message_id), _nothing
        known = self._exchanges.get(message.message_id) if message.message_id else None
        if known is None:
            known = _Exchange(asyncio.get_running_loop().create_future())
            if message.message_id:
                self._exchanges[message.message_id] = known
            known.answer.set_result(await self._guard(self._operations.perform(message, client), message.message_id))
            self._forget()
        answer = await known.answer
        if answer.fault:
            self._exchanges.pop(message.message_id, None)
        known.owed += 1

        def settled(delivered: bool) -> None:
            known.owed -= 1
            known.delivered = known.delivered or delivered
            if known.owed or known.settled or answer.settle is None:
                return
            known.settled = True
            if not known.delivered:
                # Its output waits again: the same message must ask for it anew.
                self._exchanges.pop(message.message_id, None)
            answer.settle(known.delivered)

        return answer, settled

    async def _guard(self, operation: Awaitable[Answer], relates_to: str) -> Answer:
        try:
            return await operation
        except soap.Fault as fault:
            return self._fault(fault, relates_to)
        except EngineError as problem:
            return self._fault(soap.bad_data(str(problem)), relates_to)
        except Exception:
            log.exception("an operation failed")
            return self._fault(soap.bad_data("the emulated host failed; its log says why"), relates_to)

    def _fault(self, fault: soap.Fault, relates_to: str) -> Answer:
        return Answer(soap.respond_fault(fault, relates_to, self._machine), fault=True)

    def _forget(self) -> None:
        kept = 0
        for identity, exchange in reversed(list(self._exchanges.items())):
            if exchange.answer.done():
                kept += len(exchange.answer.result().envelope)
                if kept > _REMEMBERED_BYTES and not exchange.owed:
                    del self._exchanges[identity]
        while len(self._exchanges) > _REMEMBERED:
            self._exchanges.popitem(last=False)


def _nothing(delivered: bool) -> None:
    del delivered
