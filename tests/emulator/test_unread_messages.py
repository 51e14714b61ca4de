"""An engine that cannot read a message says so on its stderr only: the client that waits is told; the shell goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hnskit.emulator.engines.engine import PIPELINE_HOST_CALL, EngineError
from hnskit.emulator.engines.pwsh.process import EngineProcess
from hnskit.emulator.engines.pwsh_engine import PwshEngine
from hnskit.emulator.winrm import wsman_faults
from hnskit.emulator.winrm.shell import ServedShell

STAND_IN = r"""
import re, sys
trace = "Object reference not set to an instance of an object.   at System.Management.Automation." \
    "Remoting.Server.OutOfProcessMediatorBase.OnDataPacketReceived(Byte[] rawData, String stream, Guid psGuid)"
for line in sys.stdin:
    name, guid = re.match(r"<(\w+).*?PSGuid='([^']+)'", line).groups()
    bad = "QkFE" in line
    if bad:
        print(trace, file=sys.stderr, flush=True)
    if not bad or WHEN == "after":
        print(f"<{name}Ack PSGuid='{guid}' />", flush=True)
"""


def fragment(pipeline: UUID, content: bytes) -> bytes:
    """One message in one fragment."""
    message = (2).to_bytes(4, "little") + PIPELINE_HOST_CALL.to_bytes(4, "little") + bytes(16)
    message += pipeline.bytes_le + content
    return (1).to_bytes(8, "big") + bytes(8) + bytes([3]) + len(message).to_bytes(4, "big") + message


@pytest.mark.parametrize("when", ["after", "instead"])
def test_the_client_of_the_pipeline_gets_a_fault(tmp_path: Path, when: str) -> None:
    """Whether the engine acknowledges the message first or not at all."""
    program = tmp_path / "engine.py"
    program.write_text(f"WHEN = {when!r}\n{STAND_IN}")

    async def talk() -> None:
        async def start() -> Any:
            return await EngineProcess.start([sys.executable, str(program)], dict(os.environ), tmp_path)

        shell = ServedShell("", "http://schemas.microsoft.com/powershell/x", "me", "127.0.0.1", idle=60.0)
        shell.engine = PwshEngine(shell, start)
        one, other = UUID(int=1), UUID(int=2)
        await shell.engine.open(fragment(UUID(int=0), b""))
        await shell.begin(one, fragment(one, b""))
        await shell.begin(other, fragment(other, b""))
        waiting = asyncio.ensure_future(shell.receive(one, 9999, 20.0))
        await asyncio.sleep(0)
        if when == "instead":
            with pytest.raises(EngineError, match="could not read a message"):
                await shell.send(one, fragment(one, _aligned(one)), prompt=False)
        else:
            with contextlib.suppress(EngineError):  # its two streams may be read in either order
                await shell.send(one, fragment(one, _aligned(one)), prompt=False)
        with pytest.raises(wsman_faults.Fault, match="could not read a message") as caught:
            await waiting
        assert caught.value.code == 13
        await shell.send(other, fragment(other, b"fine"), prompt=False)
        with pytest.raises(wsman_faults.Fault) as nothing:
            await shell.receive(other, 9999, 0.05)
        assert nothing.value.code == wsman_faults.TIMED_OUT
        await shell.engine.close()

    asyncio.run(talk())


def _aligned(pipeline: UUID) -> bytes:
    """Content that puts the letters BAD at a multiple of three in its fragment."""
    before = len(fragment(pipeline, b""))
    return b"." * (-before % 3) + b"BAD"
