"""A session over PowerShell Remoting (PSRP over WinRM). The only importer of pypsrp.

What is done about a lost connection was tried against injected drops; what a real Windows host does when
the first L2Bridge appears has not been measured by us (HNS facts 63-66 are other people's reports):

* HTTP, authentication and encryption are built anew until a deadline, and the same pipeline is polled on;
* a request that started a pipeline is never sent twice, unless it is certain that it did not arrive;
* if the host no longer knows the pipeline, the outcome is unknown and the caller reads the host's state.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self
from xml.etree import ElementTree

from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import AuthenticationError, WinRMError, WinRMTransportError, WSManFaultError
from pypsrp.powershell import DEFAULT_CONFIGURATION_NAME, PowerShell, RunspacePool
from pypsrp.wsman import NAMESPACES, WSMan

from hnskit.errors import ConnectError, HostAnswerError, HostUnreachableError
from hnskit.remote import credentials, failures, transports
from hnskit.remote.connection import ConnectionSettings, require_files
from hnskit.remote.failures import LOST
from hnskit.remote.module_source import module_text

_GONE = 2150858843  # ERROR_WSMAN_INVALID_SELECTORS: the shell or the command is not there (any more)
_ACCESS_DENIED = 5
_PAUSE = 0.25  # seconds before the first attempt to get a connection back; doubled up to _LONGEST_PAUSE
_LONGEST_PAUSE = 1.0


class _Pipeline(PowerShell):  # type: ignore[misc]
    """A pipeline that knows in how many fragments it goes: only the first is in the request that starts it."""

    fragments = 0

    def _invoke(self, msg: Any) -> None:
        fragmenter = self.runspace_pool._fragmenter
        split = fragmenter.fragment

        def counting(*arguments: Any) -> Any:
            fragments = split(*arguments)
            self.fragments = len(fragments)
            return fragments

        fragmenter.fragment = counting
        try:
            super()._invoke(msg)
        finally:
            fragmenter.fragment = split


class PsrpSession:
    """A `Session` that keeps one runspace pool open. Not for use by two threads at once."""

    resumes = True

    def __init__(self, settings: ConnectionSettings) -> None:
        self.target = settings.target
        self.seconds_lost = 0.0
        self._settings = settings
        self._wsman: WSMan | None = None
        self._pool: RunspacePool | None = None
        self._loaded = bool(settings.configuration)

    def open(self) -> None:
        """Connect and log in. `invoke` does it by itself; call this to know at once.

        Raises:
            ConnectError: in one of its kinds.
        """
        if self._pool is not None:
            return
        settings = self._settings
        self._wsman = self._wsman or _wsman(settings)
        pool = self._new_pool()
        try:
            pool.open()
        except (*LOST, WinRMError) as cause:
            if not failures.may_come_back(cause):
                raise _connect_error(cause, settings) from cause
            if not settings.ssl and transports.speaks_tls(settings.server, settings.port):
                raise transports.wrong_transport(settings) from cause
            pool = self._reopened(pool, cause)
        self._pool = pool
        self._loaded = bool(settings.configuration)

    def _new_pool(self) -> RunspacePool:
        assert self._wsman is not None  # noqa: S101  made by `open`
        name = self._settings.configuration or DEFAULT_CONFIGURATION_NAME
        return RunspacePool(self._wsman, configuration_name=name)

    def _reopened(self, lost_pool: RunspacePool, lost: Exception) -> RunspacePool:
        """Somebody is there, and the connection was lost on the way: once more, since an open pool changes nothing."""
        settings = self._settings
        try:
            self._recover(time.monotonic() + settings.connect_timeout, lost)
        except HostUnreachableError as cause:  # it was never there, so nothing can have been lost
            raise failures.gives_no_answer(lost, settings) from cause
        _discard(lost_pool)
        pool = self._new_pool()
        try:
            pool.open()
        except (*LOST, WinRMError) as cause:
            raise _connect_error(cause, self._settings) from cause
        return pool

    def invoke(
        self, command: str, parameters: Mapping[str, Any] | None = None, inputs: Sequence[str] = ()
    ) -> Iterator[str]:
        """See `Session.invoke`."""
        pipeline = self._start(command, parameters or {}, inputs)
        delivered = 0
        try:
            while True:
                for record in pipeline.output[delivered:]:
                    delivered += 1
                    self._loaded = True  # the text that comes before the command has been run
                    if not isinstance(record, str):
                        raise HostAnswerError(f"{command} put out something else than text", got=str(record))
                    yield record
                if pipeline.state != PSInvocationState.RUNNING:
                    break
                self._poll(pipeline, command)
        finally:
            if pipeline.state == PSInvocationState.RUNNING:
                self._abandon(pipeline)
            else:
                pipeline.runspace_pool.pipelines.pop(pipeline.id, None)
        self._loaded = True
        if pipeline.streams.error:
            raise failures.command_error(pipeline.streams.error[-1], command, self.target)

    def close(self) -> None:
        """See `Session.close`."""
        pool, self._pool, wsman, self._wsman = self._pool, None, self._wsman, None
        try:
            if pool is not None:
                pool.close()
        except (*LOST, WinRMError):
            pass  # the host drops the shell itself after its idle timeout
        finally:
            if wsman is not None:
                wsman.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"PsrpSession({self.target!r})"

    def _start(self, command: str, parameters: Mapping[str, Any], inputs: Sequence[str]) -> _Pipeline:
        """Send the command; come back with a pipeline that runs on the host."""
        deadline = time.monotonic() + self._settings.recovery_timeout
        renewed = False
        while True:
            self.open()
            pipeline = self._pipeline(command, parameters)
            try:
                pipeline.begin_invoke(list(inputs) if inputs else None)
            except WSManFaultError as fault:
                if fault.code != _GONE or time.monotonic() > deadline:
                    raise _connect_error(fault, self._settings) from fault
                self._pool = None  # the shell timed out while it was idle: nothing was run, so start again
            except LOST as lost:
                self._recover(deadline, lost)
                if failures.never_arrived(lost):
                    continue
                if inputs or pipeline.fragments > 1:
                    # Part of it may be there, waiting for a rest that nobody will send.
                    self._forget_pool()
                    raise failures.outcome_unknown(command, self.target) from lost
                # pypsrp chose the command's id, so the answer is not needed to ask for its output.
                pipeline._command_id, pipeline.state = pipeline.id, PSInvocationState.RUNNING
                return pipeline
            except WinRMError as cause:
                if renewed or not _stale(cause, self._settings):
                    raise _connect_error(cause, self._settings) from cause
                renewed = True
                self._recover(deadline, cause)
            else:
                return pipeline

    def _forget_pool(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            _discard(pool)

    def _pipeline(self, command: str, parameters: Mapping[str, Any]) -> _Pipeline:
        pipeline = _Pipeline(self._pool)
        if not self._loaded:
            pipeline.add_script(module_text(), use_local_scope=False)
            pipeline.add_statement()
        pipeline.add_cmdlet(command)
        pipeline.add_parameters(dict(parameters))
        return pipeline

    def _poll(self, pipeline: _Pipeline, command: str) -> None:
        deadline = time.monotonic() + self._settings.recovery_timeout
        try:
            pipeline.poll_invoke()
        except LOST as lost:
            self._recover(deadline, lost)
        except WSManFaultError as fault:
            if fault.code != _GONE:
                raise _connect_error(fault, self._settings) from fault
            pipeline.state = PSInvocationState.FAILED
            self._forget_pool()  # the command may still be on its way: it must not find its shell
            raise failures.outcome_unknown(command, self.target) from fault
        except WinRMError as cause:
            if not _stale(cause, self._settings):
                raise _connect_error(cause, self._settings) from cause
            self._recover(deadline, cause)

    def _recover(self, deadline: float, lost: Exception) -> None:
        """Wait until the host's WinRM answers again, with a new connection and a new login."""
        assert self._wsman is not None  # noqa: S101  only called with an open pool
        pause, since = _PAUSE, time.monotonic()
        while True:
            # After a reconnect pypsrp's message encryption is stale: build all of the transport anew.
            transport = self._wsman.transport
            transport.close()
            transport.session = transport.encryption = None
            try:
                _ask(self._wsman)
            except LOST as again:
                if time.monotonic() + pause > deadline:
                    raise failures.did_not_come_back(deadline - since, self.target) from again
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            except WSManFaultError:
                break  # it answers, that is all that was asked
            except WinRMError as cause:
                raise _connect_error(cause, self._settings) from lost
            else:
                break
        self.seconds_lost += time.monotonic() - since

    def _abandon(self, pipeline: _Pipeline) -> None:
        """The reader went away: stop what still runs, and do not mind if the host is gone."""
        try:
            pipeline.stop()
        except (*LOST, WinRMError):
            self._pool = None


def _wsman(settings: ConnectionSettings) -> WSMan:
    require_files(settings)
    password = None
    if settings.auth not in ("certificate", "kerberos") or settings.credential:
        password = credentials.resolve(settings.credential, settings.username, settings.target).reveal()
    try:
        return WSMan(
            settings.server,
            port=settings.port,
            username=settings.username or None,
            password=password,
            ssl=settings.ssl,
            auth=settings.auth,
            path=settings.path,
            cert_validation=settings.ca or True,
            certificate_pem=settings.certificate or None,
            certificate_key_pem=settings.certificate_key or None,
            connection_timeout=settings.connect_timeout,
            operation_timeout=settings.operation_timeout,
            read_timeout=settings.read_timeout or settings.operation_timeout + 2,
            reconnection_backoff=_PAUSE,
            no_proxy=settings.server in ("127.0.0.1", "::1", "localhost"),
        )
    except ImportError as cause:
        raise failures.package_missing(cause, settings) from cause


def _discard(pool: RunspacePool) -> None:
    """Have the host forget a shell; it does so itself, later, if it cannot be told."""
    try:
        pool.close()
    except (*LOST, WinRMError):
        return


def _ask(wsman: WSMan) -> None:
    """A request that changes nothing and that any WinRM answers."""
    uri = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
    wsman.enumerate(uri, ElementTree.Element(f"{{{NAMESPACES['wsen']}}}Enumerate"))


def _stale(cause: WinRMError, settings: ConnectionSettings) -> bool:
    """Whether a request was encrypted for a connection that is gone, and so was not understood, nor acted on.

    Where a connection died between two requests, urllib3 opens another without a word, and the host cannot
    read what comes. The emulated host answers 400; that Windows does too is UNCONFIRMED.
    """
    code = 401 if isinstance(cause, AuthenticationError) else getattr(cause, "code", None)
    return not settings.ssl and code in (400, 401)


def _connect_error(cause: Exception, settings: ConnectionSettings) -> ConnectError:
    if isinstance(cause, LOST):
        return failures.unreachable(cause, settings)
    if isinstance(cause, AuthenticationError) or getattr(cause, "code", None) in (401, _ACCESS_DENIED):
        return failures.login_refused(settings)
    if isinstance(cause, WinRMTransportError):
        return failures.not_winrm(cause.code, settings)
    if isinstance(cause, WSManFaultError):
        return failures.winrm_refused(cause.code, cause.reason or cause.provider_fault, settings)
    return failures.conversation_failed(cause, settings)
