"""Output that waits for a client's Receive, and is kept until it was delivered.

That a real WinRM keeps what a client that vanished has not received is UNCONFIRMED: no Windows host was at hand.
Where it does not, hnskit ends with an unknown outcome, and reads the host's state (fault `forget`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from hnskit.emulator.engines.engine import RUNSPACE_POOL_STATE, Fragment
from hnskit.emulator.winrm import wsman_faults


@dataclass(slots=True)
class Batch:
    """The output that one Receive takes."""

    fragments: list[Fragment]
    last: bool
    """The last of the output."""
    queue: OutputQueue = field(repr=False)

    def settle(self, delivered: bool) -> None:
        """It arrived; or put it back, for the client that comes again."""
        self.queue.settle(self, delivered)


class OutputQueue:
    """The output of a pipeline, or of the pool itself."""

    def __init__(self) -> None:
        self._fragments: deque[Fragment] = deque()
        self._alone = 0
        """Number of the first messages that go alone."""
        self._finished = False
        self._fault: wsman_faults.Fault | None = None
        self._in_flight = False
        self._reader: object | None = None
        self._changed = asyncio.Event()

    @property
    def polled(self) -> bool:
        """Tell whether a client waits."""
        return self._reader is not None

    def put(self, fragment: Fragment) -> None:
        """Add output."""
        self._fragments.append(fragment)
        self._notify()

    def put_back(self, fragments: list[Fragment]) -> None:
        """Give these once more, before all else and in a Receive of their own."""
        self._alone = len(fragments)
        self._fragments.extendleft(reversed(fragments))
        self._notify()

    def finish(self) -> None:
        """Note that the output is complete."""
        self._finished = True
        self._notify()

    def fail(self, fault: wsman_faults.Fault) -> None:
        """Answer those who wait, and all who ask later, with this."""
        self._fault = fault
        self._notify()

    def interrupt(self) -> None:
        """Answer the one who waits with a fault; who asks later is served."""
        self._reader = None
        self._notify()

    async def poll(self, budget: int, timeout: float) -> Batch:
        """Wait for output, at most `budget` characters of base64 of it.

        A new call ends the one before: its client is gone, or asks again.

        Raises:
            wsman_faults.Fault: nothing came in time; another call came; the shell is gone.
        """
        me = self._reader = object()
        self._notify()
        try:
            async with asyncio.timeout(timeout):
                while True:
                    if self._fault is not None:
                        raise self._fault
                    if self._reader is not me:
                        raise wsman_faults.aborted()
                    if not self._in_flight and (self._fragments or self._finished):
                        return self._take(budget)
                    await self._changed.wait()
        except TimeoutError:
            raise wsman_faults.timed_out() from None
        finally:
            if self._reader is me:
                self._reader = None

    def settle(self, batch: Batch, delivered: bool) -> None:
        """See `Batch.settle`."""
        self._in_flight = False
        if not delivered:
            self._fragments.extendleft(reversed(batch.fragments))
        self._notify()

    def _take(self, budget: int) -> Batch:
        taken: list[Fragment] = []
        alone, self._alone = self._alone, 0
        while self._fragments and (not alone or len(taken) < alone):
            head = self._fragments[0]
            size = (len(head.raw) + 2) // 3 * 4
            # Recorded hosts send the pool's state in a Receive of its own.
            if taken and (size > budget or head.message_type == RUNSPACE_POOL_STATE):
                break
            budget -= size
            taken.append(self._fragments.popleft())
        self._in_flight = True
        return Batch(taken, self._finished and not self._fragments, self)

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
