"""PowerShell Remoting (PSRP over WinRM). The only importer of pypsrp.

Here is what pypsrp lacks or does otherwise than is wanted; what is done about a lost connection is in
`recovering_session`, `delivery` and `intact_messages`.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from xml.etree import ElementTree

from pypsrp.complex_objects import PSInvocationState, RunspacePoolState
from pypsrp.exceptions import AuthenticationError, WinRMError, WinRMTransportError, WSManFaultError
from pypsrp.powershell import DEFAULT_CONFIGURATION_NAME, Fragmenter, PowerShell, RunspacePool
from pypsrp.serializer import Serializer
from pypsrp.shell import SignalCode
from pypsrp.wsman import NAMESPACES, SelectorSet, WSMan, WSManAction

from hnskit.errors import ConnectError, RemoteCommandError
from hnskit.remote import credentials, failures
from hnskit.remote.answer_integrity import require_encrypted
from hnskit.remote.client_costs import OnceSerialized, environment_read_once
from hnskit.remote.connection import ENVIRONMENT, ConnectionSettings, require_files
from hnskit.remote.delivery import AnswerLostError, Delivery
from hnskit.remote.http_answers import HttpAnswers
from hnskit.remote.https_proxy import verify_proxy
from hnskit.remote.intact_messages import IntactMessages
from hnskit.remote.login_failures import package_missing
from hnskit.remote.module_source import FIRST, module_text
from hnskit.remote.recovering_session import GoneError, NoRoomError, RecoveringSession
from hnskit.remote.robust_requests import add_operation, answer_to

_GONE = 2150858843  # ERROR_WSMAN_INVALID_SELECTORS: the shell or the command is not there (any more)
_TIMED_OUT = 2150858793  # nothing was put out within OperationTimeout
_ABORTED = 995  # a Receive that was given up came late, and took this one's place: what it got, nobody has
_NO_ROOM = 2150859173  # this user has as many shells as the quota allows
_ACCESS_DENIED = 5
_OPENING = 60.0  # seconds for a shell that was created to say that it is open
_RESOURCE = "http://schemas.microsoft.com/powershell/"


class _Wsman(WSMan):  # type: ignore[misc]
    """Requests that a service can answer twice, and that are not sent twice behind our back."""

    timed_out = False
    """True if the last Receive brought nothing."""
    create_timeout = 0.0

    def _create_header(self, *arguments: Any, **more: Any) -> tuple[str, ElementTree.Element]:
        message_id, header = super()._create_header(*arguments, **more)
        add_operation(header)
        return message_id, header

    def invoke(self, *arguments: Any, **more: Any) -> ElementTree.Element:
        more.pop("retries_on_read_timeout", None)
        answer: ElementTree.Element = super().invoke(*arguments, **more)
        if answer.find("s:Body/s:Fault", NAMESPACES) is not None:  # after a Keepalive the status was sent already: 200
            raise self._parse_wsman_fault(ElementTree.tostring(answer, encoding="unicode"))
        return answer

    def create(self, *arguments: Any, **more: Any) -> ElementTree.Element:
        answer = self.invoke(WSManAction.CREATE, *arguments, **{**more, "timeout": self.create_timeout})
        return answer.find("s:Body", NAMESPACES)  # type: ignore[return-value]

    def receive(self, *arguments: Any, **more: Any) -> ElementTree.Element:
        self.timed_out = False
        try:
            answer = self.invoke(WSManAction.RECEIVE, *arguments, **more)
            return answer.find("s:Body", NAMESPACES)  # type: ignore[return-value]  # each envelope has one
        except WSManFaultError as fault:
            self.timed_out = fault.code == _TIMED_OUT
            raise


class _Line:
    """The transport of a connection, as `delivery` uses it."""

    def __init__(self, wsman: WSMan, answers: HttpAnswers, target: str) -> None:
        self.handed_over = False
        self._wsman = wsman
        self._transport = wsman.transport
        self._transport._build_session = environment_read_once(self._transport._build_session)
        self._transmit = self._transport.send
        send = self._transport._send_request

        def noted(request: Any, **more: Any) -> bytes:
            hooks = request.hooks["response"]
            hooks[:] = [answers.look, *hooks, answers.look, partial(require_encrypted, target=target)]
            self.handed_over = bool(request.body)
            try:
                return send(request, **more)  # type: ignore[no-any-return]
            except failures.LOST as lost:
                self.handed_over = self.handed_over and not failures.never_arrived(lost)
                raise

        self._transport._send_request = noted

    def transmit(self, message: bytes, timeout: float | None) -> bytes:
        self.handed_over = False
        seconds = (self._transport.connection_timeout, timeout) if timeout else None
        try:
            return self._transmit(message, timeout=seconds)  # type: ignore[no-any-return]
        except WinRMTransportError as cause:  # a fault, and perhaps an Acknowledge before it
            fault = answer_to(message, cause.response_text.encode()).decode()
            raise WinRMTransportError(cause.protocol, cause.code, fault) from cause

    def rebuild(self) -> None:
        # After a reconnect pypsrp's message encryption is stale: build all of the transport anew.
        self._transport.close()
        self._transport.session = self._transport.encryption = None

    def ask(self) -> None:
        uri = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
        with contextlib.suppress(WSManFaultError):  # it answers, that is all that was asked
            self._wsman.enumerate(uri, ElementTree.Element(f"{{{NAMESPACES['wsen']}}}Enumerate"))

    def is_stale(self, cause: Exception) -> bool:
        # Where a connection died between two requests, urllib3 opens another without a word, and the host cannot read
        # what comes. The emulated host answers 400, and a Windows host was seen to (pypsrp#21).
        code = 401 if isinstance(cause, AuthenticationError) else getattr(cause, "code", None)
        return isinstance(cause, WinRMError) and not self._transport.ssl and code in (400, 401)


class _Fragmenter(Fragmenter):  # type: ignore[misc]
    """Counts the fragments that go, of which only the first is in the request that starts a pipeline; bears a gap."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sent = 0
        self.intact = IntactMessages()

    def fragment(self, *arguments: Any, **more: Any) -> list[bytes]:
        fragments: list[bytes] = super().fragment(*arguments, **more)
        self.sent = len(fragments)
        return fragments

    def defragment(self, data: bytes) -> Any:
        return super().defragment(self.intact.take(data))


class _Serializer(OnceSerialized, Serializer):  # type: ignore[misc]
    """pypsrp's own, at less cost."""


class _Pipeline:
    """See `recovering_session.Pipeline`."""

    def __init__(self, pool: RunspacePool, told: _Told) -> None:
        self.powershell = PowerShell(pool)
        self.id: str = self.powershell.id
        self.fragments, self.in_pieces = 0, False
        self.same: tuple[str, str] | None = None
        self._pool, self._told = pool, told

    @property
    def output(self) -> list[Any]:
        return self.powershell.output  # type: ignore[no-any-return]

    @property
    def runs(self) -> bool:
        return bool(self.powershell.state == PSInvocationState.RUNNING)

    def start(self, inputs: Sequence[str]) -> None:
        self._pool._fragmenter.intact.begin()
        self._pool._serializer.same = None if inputs else self.same
        try:
            with self._told():
                self.powershell.begin_invoke(list(inputs) if inputs else None)
        finally:
            self.fragments = self._pool._fragmenter.sent

    def follow(self) -> None:
        self.powershell._command_id, self.powershell.state = self.id, PSInvocationState.RUNNING

    def poll(self, seconds: int | None = None) -> bool:
        with self._told():
            self.powershell.poll_invoke(timeout=seconds)
        self.in_pieces = self._pool._fragmenter.intact.in_pieces
        return not self._pool.connection.timed_out

    def raise_error(self) -> None:
        if self.powershell.streams.error:
            raise self._told.command_error(self.powershell)

    def leave(self) -> None:
        self._pool.pipelines.pop(self.id, None)
        if self.runs:
            self.powershell.state = PSInvocationState.STOPPED


class _Shell:
    """See `recovering_session.Shell`."""

    def __init__(self, pool: RunspacePool, told: _Told, *, loaded: bool) -> None:
        self.id: str = pool.id
        self.loaded = loaded
        self._pool = pool
        self._told = told

    def open(self) -> None:
        with self._told():
            with _silence():
                self._pool.open()
            deadline = time.monotonic() + _OPENING
            while self._pool.state == RunspacePoolState.NEGOTIATION_SENT:  # a host may take its time
                with _silence(until=deadline):
                    self._pool._receive()

    def pipeline(self, command: str, parameters: Mapping[str, Any]) -> _Pipeline:
        pipeline = _Pipeline(self._pool, self._told)
        if not self.loaded:
            pipeline.powershell.add_cmdlet(FIRST.command).add_parameters(dict(FIRST.parameters))
            pipeline.powershell.add_statement()
            pipeline.powershell.add_script(module_text(), use_local_scope=False)
            pipeline.powershell.add_statement()
            pipeline.same = (command, repr(parameters))
        pipeline.powershell.add_cmdlet(command)
        pipeline.powershell.add_parameters(dict(parameters))
        return pipeline

    def is_free(self) -> bool:
        with self._told(), _silence():
            return bool(self._pool.get_available_runspaces() > 0)
        return False

    def signal_end(self, pipeline: str) -> None:
        with self._told():
            self._pool.shell.signal(SignalCode.TERMINATE, pipeline)


class _Connection:
    """See `recovering_session.Connection`."""

    def __init__(self, settings: ConnectionSettings) -> None:
        answers = HttpAnswers(settings)
        self._settings = settings
        self._told = _Told(settings, answers)
        self._wsman = _wsman(settings)
        self.delivery = Delivery(
            _Line(self._wsman, answers, settings.target), settings.target, settings.recovery_timeout
        )
        self._wsman.transport.send = self.delivery.send

    def shell(self, idle: int) -> _Shell:
        pool = RunspacePool(self._wsman, configuration_name=self._configuration, idle_timeout=idle)
        pool._serializer = _Serializer()
        pool._fragmenter = _Fragmenter(self._wsman.max_payload_size, pool._serializer)
        return _Shell(pool, self._told, loaded=bool(self._settings.configuration))

    def delete(self, shell: str) -> None:
        selectors = SelectorSet()
        selectors.add_option("ShellId", shell)
        with self._told():
            self._wsman.delete(f"{_RESOURCE}{self._configuration}", selector_set=selectors)

    def close(self) -> None:
        self._wsman.close()

    @property
    def _configuration(self) -> str:
        return self._settings.configuration or DEFAULT_CONFIGURATION_NAME


@contextlib.contextmanager
def _silence(until: float = math.inf) -> Iterator[None]:
    """Bear a Receive that brings nothing, until a time."""
    try:
        yield
    except WSManFaultError as fault:
        if fault.code != _TIMED_OUT or time.monotonic() > until:
            raise


class _Told:
    """Exceptions of pypsrp and of what is below it, as hnskit's; `LOST` as it is while the host was never reached."""

    def __init__(self, settings: ConnectionSettings, answers: HttpAnswers) -> None:
        self._settings = settings
        self._answers = answers

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        try:
            yield
        except ImportError as cause:
            raise package_missing(cause, self._settings) from cause
        except WSManFaultError as fault:
            if fault.code == _ABORTED:
                raise AnswerLostError from fault
            kind = {_GONE: GoneError, _NO_ROOM: NoRoomError}.get(fault.code)
            told = self._connect_error(fault)
            raise (kind(told) if kind else told) from fault
        except WinRMError as cause:
            raise self._connect_error(cause) from cause
        except (failures.ANY, ValueError) as cause:  # the second of pypsrp, for a scheme that is not offered
            if isinstance(cause, failures.LOST) or not (isinstance(cause, failures.ANY) or self._answers.refuses()):
                raise
            raise self._connect_error(cause) from cause

    def _connect_error(self, cause: Exception) -> ConnectError:
        settings, code = self._settings, getattr(cause, "code", None)
        if isinstance(cause, AuthenticationError) or code in (401, _ACCESS_DENIED) or self._answers.refuses():
            return failures.login_refused(settings, self._answers)
        if isinstance(cause, WinRMTransportError):
            return failures.not_winrm(cause.code, settings)
        if isinstance(cause, WSManFaultError):
            return failures.winrm_refused(cause.code, cause.reason or cause.provider_fault, settings)
        return failures.conversation_failed(cause, settings)

    def command_error(self, powershell: PowerShell) -> ConnectError | RemoteCommandError:
        return failures.command_error(powershell.streams.error[-1], powershell.commands[-1].cmd, self._settings.target)


class PsrpSession(RecoveringSession):
    """A `Session` over WinRM. Not for use by two threads at once."""

    def __init__(self, settings: ConnectionSettings) -> None:
        super().__init__(settings, lambda: _Connection(settings))


def _wsman(settings: ConnectionSettings) -> _Wsman:
    require_files(settings)
    needed = settings.auth not in ("certificate", "kerberos") or settings.credential
    password = credentials.resolve(settings.credential, settings.username, settings.target).reveal() if needed else None
    wsman = _Wsman(
        settings.server,
        port=settings.port,
        username=settings.username or None,
        password=password,
        ssl=settings.ssl,
        auth=settings.scheme,
        path=settings.path,
        cert_validation=settings.ca or True,
        certificate_pem=settings.certificate or None,
        certificate_key_pem=settings.certificate_key or None,
        connection_timeout=settings.connect_timeout,
        operation_timeout=settings.operation_timeout,
        read_timeout=settings.read_timeout or settings.operation_timeout + 2,
        proxy=settings.proxy if settings.proxy not in ("", ENVIRONMENT) else None,
        no_proxy=settings.proxy != ENVIRONMENT,  # whatever the environment has for web pages
        **settings.login_options,
    )
    verify_proxy(wsman.transport, settings)
    wsman.create_timeout = settings.create_timeout
    return wsman
