"""Answers that are kept for a client that did not get them: the robust connections of MS-WSMV 3.1.4.1.39.

A request with an OperationID asks for it; the same request again, marked as a retransmission, gets the answer that was
kept. Windows PowerShell sends an OperationID with each request, and Windows puts it into its answers; what Windows
then keeps, and for how long, was not measured by us (UNCONFIRMED), so that a host can be told to keep nothing.

A request without an OperationID is answered again by its MessageID. That Windows does this is UNCONFIRMED; hnskit
does not rely on it.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hnskit.emulator.winrm import soap, wsman_faults
from hnskit.emulator.winrm.wsman_operations import Answer

RETENTION = 195.0
"""Seconds that an answer is kept: the Response Retention Timer of MS-WSMV 3.1.2."""
_REMEMBERED = 64
_REMEMBERED_BYTES = 4 * 1024 * 1024

Settle = Callable[[bool], None]
Perform = Callable[[], Awaitable[Answer]]


@dataclass(slots=True)
class _Exchange:
    """One request that acts once, however often it comes."""

    answer: asyncio.Future[Answer]
    owed: int = 0
    delivered: bool = False
    settled: bool = False
    since: float = field(default_factory=time.monotonic)


class KeptAnswers:
    """At most once: what came already is answered, and not done, a second time."""

    def __init__(self, keeps: Callable[[], bool], *, clock: Callable[[], float] = time.monotonic) -> None:
        """`keeps` says whether this host keeps anything at all; it is asked for each request."""
        self._keeps = keeps
        self._clock = clock
        self._exchanges: OrderedDict[tuple[str, str], _Exchange] = OrderedDict()
        self._primary: weakref.WeakKeyDictionary[object, tuple[str, str]] = weakref.WeakKeyDictionary()
        """The last operation of each connection."""

    async def answer(self, message: soap.Message, connection: object, perform: Perform) -> tuple[Answer, Settle]:
        """The answer to a request, and what is to be called with whether it went out.

        Raises:
            wsman_faults.Fault: its OperationID cannot be right.
        """
        if not self._keeps():
            answer = await perform()
            return answer, _gone(answer)
        if message.operation:
            return await self._of_operation(message, connection, perform)
        return await self._of_message(message, perform)

    async def _of_operation(self, message: soap.Message, connection: object, perform: Perform) -> tuple[Answer, Settle]:
        key = ("operation", message.operation)
        self._expire()
        if message.sequence != "1":
            raise wsman_faults.invalid_header(f"SequenceId {message.sequence} of a new message")
        known = self._exchanges.get(key)
        if known is not None and not message.again:
            raise wsman_faults.invalid_header(f"OperationID {message.operation} is in use")
        before = self._primary.pop(connection, None)
        if before is not None and before != key:
            self._exchanges.pop(before, None)  # who asks for the next thing has got the last
        self._primary[connection] = key
        if known is None:
            known = await self._perform(key, perform)
            answer = known.answer.result()
            if answer.settle is not None:
                answer.settle(True)  # from now on it is here that it is kept
            return Answer(soap.of_operation(answer.envelope, message.operation), fault=answer.fault), _nothing
        answer = await known.answer
        repeated = soap.of_operation(answer.envelope, message.operation)
        return Answer(soap.acknowledge(message.operation) + repeated, fault=answer.fault), _nothing

    async def _of_message(self, message: soap.Message, perform: Perform) -> tuple[Answer, Settle]:
        key = ("message", message.message_id)
        known = self._exchanges.get(key) if message.message_id else None
        if known is None:
            known = await self._perform(key, perform)
        answer = await known.answer
        if answer.fault or not message.message_id:
            self._exchanges.pop(key, None)
        known.owed += 1
        exchange = known

        def settled(delivered: bool) -> None:
            exchange.owed -= 1
            exchange.delivered = exchange.delivered or delivered
            if exchange.owed or exchange.settled or answer.settle is None:
                return
            exchange.settled = True
            if not exchange.delivered:
                # Its output waits again: the same message must ask for it anew.
                self._exchanges.pop(key, None)
            answer.settle(exchange.delivered)

        return answer, settled

    async def _perform(self, key: tuple[str, str], perform: Perform) -> _Exchange:
        exchange = _Exchange(asyncio.get_running_loop().create_future(), since=self._clock())
        self._exchanges[key] = exchange
        try:
            exchange.answer.set_result(await perform())
        except BaseException:
            self._exchanges.pop(key, None)
            exchange.answer.cancel()
            raise
        self._forget()
        return exchange

    def _expire(self) -> None:
        now = self._clock()
        for key, exchange in list(self._exchanges.items()):
            if key[0] == "operation" and exchange.answer.done() and now - exchange.since > RETENTION:
                del self._exchanges[key]

    def _forget(self) -> None:
        kept = 0
        for key, exchange in reversed(list(self._exchanges.items())):
            if exchange.answer.done():
                kept += len(exchange.answer.result().envelope)
                if kept > _REMEMBERED_BYTES and not exchange.owed:
                    del self._exchanges[key]
        while len(self._exchanges) > _REMEMBERED:
            self._exchanges.popitem(last=False)


def _gone(answer: Answer) -> Settle:
    """Drop the output that was sent, whether it arrived or not."""

    def settled(delivered: bool) -> None:
        del delivered
        if answer.settle is not None:
            answer.settle(True)

    return settled


def _nothing(delivered: bool) -> None:
    del delivered
