"""The WinRM service: one request in, one answer out."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from hnskit.emulator.engines.engine import EngineError
from hnskit.emulator.winrm import soap, wsman_faults
from hnskit.emulator.winrm.auth import Authority, EncryptionError, Login
from hnskit.emulator.winrm.http_connection import HttpConnection, HttpRequest, HttpResponse
from hnskit.emulator.winrm.kept_answers import KeptAnswers
from hnskit.emulator.winrm.wsman_operations import Answer, Operations

log = logging.getLogger(__name__)

_ENCRYPTED = ("multipart/encrypted", "multipart/x-multi-encrypted")


class WinRM:
    """Authentication, encryption and at-most-once around the operations."""

    def __init__(
        self, authority: Authority, operations: Operations, *, machine: str, keeps: Callable[[], bool] = lambda: True
    ) -> None:
        """`keeps` says whether answers are kept for a client that did not get them (MS-WSMV 3.1.4.1.39)."""
        self._authority = authority
        self._operations = operations
        self._machine = machine
        self._kept = KeptAnswers(keeps)

    async def handle(self, request: HttpRequest, connection: HttpConnection) -> HttpResponse:
        """Answer one HTTP request."""
        if request.target.partition("?")[0].rstrip("/").lower() != "/wsman":
            return HttpResponse(404)
        if request.method != "POST":
            return HttpResponse(405, (("Allow", "POST"),))
        if connection.login is None:
            connection.login = self._authority.login(tls=connection.tls, certified=connection.certified)
        login: Login = connection.login
        if request.headers.get("wsmanidentify", "").lower() == "unauthenticated":
            return self._identified(request.body)
        verdict = login.check(request.headers.get("authorization", ""))
        if not verdict.accepted:
            return HttpResponse(401, verdict.headers)
        connection.trusted = True
        if not request.body:
            return HttpResponse(200, verdict.headers)
        encrypted = request.headers.get("content-type", "").lower().startswith(_ENCRYPTED)
        if not encrypted and not connection.tls:
            # AllowUnencrypted is false, as Windows has it by default.
            return HttpResponse(500, verdict.headers)
        try:
            envelope = login.decrypt(request.body) if encrypted else request.body
        except EncryptionError as problem:
            log.info("not decrypted: %s", problem)
            return HttpResponse(400, verdict.headers)
        administrator = login.account is not None and login.account.administrator
        answer, settled = await self._answer(envelope, connection, administrator)
        content_type, body = login.encrypt(answer.envelope) if encrypted else (soap.CONTENT_TYPE, answer.envelope)
        headers = (*verdict.headers, ("Content-Type", content_type))
        return HttpResponse(500 if answer.fault else 200, headers, body, settled)

    def _identified(self, envelope: bytes) -> HttpResponse:
        """Answer Identify without a login and without the version; nothing else is answered in this way."""
        try:
            message = soap.parse(envelope)
        except wsman_faults.Fault as fault:
            return self._plain(self._fault(fault, ""))
        if not self._operations.identifies(message):
            return self._plain(self._fault(wsman_faults.access_denied(), message.message_id))
        return self._plain(self._operations.identify(message, known=False))

    @staticmethod
    def _plain(answer: Answer) -> HttpResponse:
        headers = (("Content-Type", soap.CONTENT_TYPE),)
        return HttpResponse(500 if answer.fault else 200, headers, answer.envelope)

    async def _answer(
        self, envelope: bytes, connection: HttpConnection, administrator: bool
    ) -> tuple[Answer, Callable[[bool], None]]:
        try:
            message = soap.parse(envelope)
        except wsman_faults.Fault as fault:
            return self._fault(fault, ""), _nothing
        if not administrator and not self._operations.identifies(message):
            return self._fault(wsman_faults.access_denied(), message.message_id), _nothing

        def perform() -> Awaitable[Answer]:
            return self._guard(self._operations.perform(message, connection.peer), message.message_id)

        try:
            return await self._kept.answer(message, connection, perform)
        except wsman_faults.Fault as fault:
            return self._fault(fault, message.message_id), _nothing

    async def _guard(self, operation: Awaitable[Answer], relates_to: str) -> Answer:
        try:
            return await operation
        except wsman_faults.Fault as fault:
            return self._fault(fault, relates_to)
        except EngineError as problem:
            return self._fault(wsman_faults.bad_data(str(problem)), relates_to)
        except Exception:
            log.exception("an operation failed")
            return self._fault(wsman_faults.bad_data("the emulated host failed; its log says why"), relates_to)

    def _fault(self, fault: wsman_faults.Fault, relates_to: str) -> Answer:
        return Answer(soap.respond_fault(fault, relates_to, self._machine), fault=True)


def _nothing(delivered: bool) -> None:
    del delivered
