"""A session that outlives its connection: what is done about answers, shells and pipelines that are lost.

It was tried against injected drops, on both engines of the emulated host; what a real Windows host does when the first
L2Bridge appears has not been measured by us (HNS facts 63-66 are other people's reports):

* HTTP, authentication and encryption are built anew until a deadline, and the same pipeline is polled on (`delivery`);
* what started a pipeline is never sent twice, unless the host shows that nothing of it ran;
* a gap in what comes, or a host that no longer knows the pipeline, is an outcome that is not known: what came is given
  to the caller, who then reads the host's state.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, Self

from hnskit.errors import ConnectError, HnskitError, HostAnswerError, HostUnreachableError
from hnskit.remote import failures, open_shells, transports
from hnskit.remote.answer_pause import AnswerPause
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.delivery import AnswerLostError, Delivery
from hnskit.remote.failures import LOST

_ATTEMPTS = 3
"""To open a shell: until it is open, nothing has happened."""
_OWED = 20
"""Finished pipelines whose end was not signalled yet; a shell of Windows takes 1000. Deleting a shell ends all."""
_LEAST_IDLE = 180
"""Seconds after which the host drops a shell that nobody uses: WinRM's own two hours are long for the shells of killed
clients, of which a user may have 30. A session opens another one where its own was dropped."""
_PARTING = 2.0
"""Seconds to take leave of a host that may be gone."""


class GoneError(Exception):
    """The shell or the command is not there (any more); `refusal` is what a caller is told who did not expect it."""

    def __init__(self, refusal: HnskitError) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class NoRoomError(GoneError):
    """This user has as many shells as the host allows."""


class Pipeline(Protocol):
    """A command of a shell. Each method raises AnswerLostError, GoneError or a ConnectError."""

    id: str
    fragments: int
    """In how many parts it goes: only the first is in the request that starts it."""
    in_pieces: bool
    """True while a part of a record is there, and its rest is to come."""

    @property
    def output(self) -> list[Any]:
        """All records so far."""

    @property
    def runs(self) -> bool:
        """Tell whether its end was not seen yet."""

    def start(self, inputs: Sequence[str]) -> None:
        """Send it."""

    def follow(self) -> None:
        """It was sent, and the answer was lost: its output is asked for by the id that the client chose."""

    def poll(self, seconds: int | None = None) -> bool:
        """Wait for output; whether some came."""

    def raise_error(self) -> None:
        """RemoteCommandError, if PowerShell put out an error record."""

    def leave(self) -> None:
        """Forget the pipeline: no more requests are sent for it."""


class Shell(Protocol):
    """A runspace pool with one runspace. Each method raises AnswerLostError, GoneError or a ConnectError."""

    id: str
    loaded: bool
    """True if hnskit's commands are there."""

    def open(self) -> None:
        """Create it; also raises one of `LOST`, where nothing was ever there, and NoRoomError."""

    def pipeline(self, command: str, parameters: Mapping[str, Any]) -> Pipeline:
        """A command that is not sent yet."""

    def is_free(self) -> bool:
        """Tell whether its runspace has nothing to do."""

    def signal_end(self, pipeline: str) -> None:
        """The host may forget a pipeline, and stop it if it runs."""


class Connection(Protocol):
    """A login on a host."""

    delivery: Delivery

    def shell(self, idle: int) -> Shell:
        """One that is not open yet; `idle` in seconds."""

    def delete(self, shell: str) -> None:
        """End a shell by its id. Raises as a shell does."""

    def close(self) -> None:
        """End it."""


_ENDED = (AnswerLostError, GoneError, HnskitError, *LOST)
"""Errors that do not matter at an end: the host ends it by itself, later."""


class RecoveringSession:
    """A `Session` that keeps one shell open. Not for use by two threads at once."""

    survives_cuts = True

    def __init__(self, settings: ConnectionSettings, connect: Callable[[], Connection]) -> None:
        self.target = settings.target
        self.seconds_lost = 0.0
        self._settings = settings
        self._connect = connect
        self._connection: Connection | None = None
        self._shell: Shell | None = None
        self._note: open_shells.OpenShell | None = None
        self._owed: list[str] = []

    def open(self) -> None:
        """Connect and log in. `invoke` does it by itself; call this to know at once.

        Raises:
            ConnectError: in one of its kinds.
        """
        if self._shell is None:
            with failures.named(self._settings):
                self._open()

    @property
    def keeps_answers(self) -> bool:
        """Tell whether WinRM says that it keeps answers for a client that did not get them (MS-WSMV 3.1.4.1.39)."""
        return self._connection is not None and self._connection.delivery.keeps

    def _open(self) -> None:
        try:
            self._connection = self._connection or self._connect()
            self._shell = self._opened(self._connection)
        except LOST as lost:
            raise failures.unreachable(lost, self._settings) from lost
        except GoneError as gone:
            raise gone.refusal from gone
        finally:
            self._count_loss()

    def _opened(self, connection: Connection) -> Shell:
        self._owed = []
        for left in reversed(range(_ATTEMPTS)):
            shell = connection.shell(max(_LEAST_IDLE, int(self._settings.recovery_timeout) + 60))
            self._note = open_shells.note(self.target, shell.id)
            try:
                shell.open()
            except NoRoomError:
                self._let_go(shell, end=False)
                if not left or not self._make_room(connection):
                    raise
            except GoneError:
                self._let_go(shell, end=False)
                if not left:
                    raise
            except AnswerLostError as lost:
                self._let_go(shell)
                if not left:
                    raise failures.gives_no_answer(lost, self._settings) from lost
            except LOST as lost:
                if not left or not failures.may_come_back(lost):
                    raise
                self._meet(connection, lost)
                self._let_go(shell)
            else:
                return shell
        raise AssertionError("the last attempt ends in one way or the other")

    def _meet(self, connection: Connection, lost: Exception) -> None:
        """The first connection was lost on the way: wait for the host, if there is one."""
        settings = self._settings
        try:
            with contextlib.suppress(HostUnreachableError):
                return connection.delivery.come_back(lost, 0)
            if not settings.ssl and transports.speaks_tls(settings.server, settings.port):
                raise transports.wrong_transport(settings) from lost
            connection.delivery.come_back(lost, settings.connect_timeout)
        except HostUnreachableError as cause:  # it was never there, so nothing can have been lost
            raise failures.gives_no_answer(lost, settings) from cause

    def _make_room(self, connection: Connection) -> bool:
        """End the shells that dead processes of this user have left; whether there were any."""
        room = False
        for shell in open_shells.left_behind(self.target):
            with contextlib.suppress(*_ENDED):
                connection.delete(shell)
                room = True
        return room

    def _let_go(self, shell: Shell, *, end: bool = True) -> None:
        if end and self._connection is not None:
            with contextlib.suppress(*_ENDED):
                self._connection.delete(shell.id)
        if self._note is not None:
            self._note.close()
        self._shell = self._note = None

    def _count_loss(self) -> None:
        if self._connection is not None:
            self.seconds_lost = self._connection.delivery.seconds_lost

    def invoke(
        self, command: str, parameters: Mapping[str, Any] | None = None, inputs: Sequence[str] = ()
    ) -> Iterator[str]:
        """See `Session.invoke`."""
        shell, pipeline = self._start(command, parameters or {}, inputs)
        delivered, gap, answers = 0, False, AnswerPause(parameters or {})
        try:
            self._signal_ends(shell)
            while True:
                for record in pipeline.output[delivered:]:
                    delivered += 1
                    shell.loaded = True  # the text that comes before the command has been run
                    if not isinstance(record, str):
                        raise HostAnswerError(f"{command} put out something else than text", got=str(record))
                    answers.take(record)
                    yield record
                if not pipeline.runs:
                    break
                answers.pause(in_pieces=pipeline.in_pieces)
                gap = self._poll(shell, pipeline, command, gap)
        finally:
            self._leave(shell, pipeline)
        runs = True
        try:
            pipeline.raise_error()
        except ConnectError:  # no command of hnskit can run here: the text before it was not run, either
            runs = False
            raise
        finally:
            shell.loaded = shell.loaded or runs
        if gap:
            raise failures.answers_lost(command, self.target)

    def close(self) -> None:
        """See `Session.close`."""
        connection, shell = self._connection, self._shell
        if connection is not None:
            connection.delivery.patience = min(connection.delivery.patience, _PARTING)
            if shell is not None:
                self._let_go(shell)
            connection.close()
        self._connection = None

    def interrupt(self) -> None:
        """See `ConnectedSession.interrupt`: the shell is ended over a connection of its own."""
        shell = self._shell
        if shell is None:
            return
        with contextlib.suppress(*_ENDED):
            other = self._connect()
            other.delivery.patience = min(other.delivery.patience, _PARTING)
            try:
                other.delete(shell.id)
            finally:
                other.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> str:
        raise TypeError("a session has a login and is not pickled: connect inside the task")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.target!r})"

    def _start(self, command: str, parameters: Mapping[str, Any], inputs: Sequence[str]) -> tuple[Shell, Pipeline]:
        """Send the command; come back with a pipeline that runs on the host."""
        deadline = time.monotonic() + self._settings.recovery_timeout
        while True:
            self.open()
            shell = self._shell
            assert shell is not None  # noqa: S101  `open` made it
            pipeline = shell.pipeline(command, parameters)
            try:
                pipeline.start(inputs)
            except GoneError as gone:
                # Dropped while it was idle. Without input a command runs when all of it is there, and it was not.
                self._let_go(shell, end=False)
                if inputs and pipeline.runs:
                    raise failures.outcome_unknown(command, self.target) from gone
                if time.monotonic() > deadline:
                    raise gone.refusal from gone
            except AnswerLostError as lost:
                if inputs or pipeline.fragments > 1:
                    # Part of it may be there, waiting for a rest that nobody will send, and part on its way.
                    self._let_go(shell)
                    raise failures.outcome_unknown(command, self.target) from lost
                pipeline.follow()
                return shell, pipeline
            else:
                return shell, pipeline
            finally:
                self._count_loss()

    def _poll(self, shell: Shell, pipeline: Pipeline, command: str, gap: bool) -> bool:
        """Wait for output; whether there is a gap in it."""
        try:
            # After a gap and in silence: the answer that was lost may have had the end in it.
            if not pipeline.poll() and gap and shell.is_free() and not pipeline.poll(1):
                pipeline.leave()
                raise failures.answers_lost(command, self.target)
        except AnswerLostError:
            return True
        except GoneError as gone:
            pipeline.leave()
            self._let_go(shell)  # the command may still be on its way: it must not find its shell
            raise failures.outcome_unknown(command, self.target) from gone
        finally:
            self._count_loss()
        return gap

    def _leave(self, shell: Shell, pipeline: Pipeline) -> None:
        if pipeline.runs:  # the reader went away
            with contextlib.suppress(*_ENDED):
                shell.signal_end(pipeline.id)
        elif shell is self._shell:
            self._owed.append(pipeline.id)
        pipeline.leave()

    def _signal_ends(self, shell: Shell) -> None:
        """Tell the host of pipelines that ended long since; it works meanwhile on what was just started."""
        for identity in self._owed[:2] if len(self._owed) > _OWED else ():
            self._owed.remove(identity)
            with contextlib.suppress(*_ENDED):
                shell.signal_end(identity)
