"""The UNIX socket on which the emulated host answers what an engine's processes ask: HNS, programs, Windows' objects.

`native/host.h` describes the wire. Nothing is kept here: each question goes to the one host.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
import math
import os
import struct
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from hnskit.emulator.engines.pwsh import cmdlet_objects
from hnskit.emulator.host import host_programs
from hnskit.emulator.host.containerd.tools import ContainerdTools
from hnskit.emulator.host.containers import Ran
from hnskit.emulator.host.docker_cli import DockerCli
from hnskit.emulator.powershell.expressions import system_of

log = logging.getLogger(__name__)

_NUMBER = struct.Struct("<I")
_LONGEST_TEXT = 64 * 1024 * 1024
_QUESTION_SECONDS = 10.0
_PART = 0xFFFFFFFE
"""Number of an answer after which another one follows: `native/host.h`."""
_LOOK = 0.25
"""Seconds between two looks whether a followed service is still there."""

Answer = tuple[int, bytes]
"""A number and a text."""


class HostSocket:
    """Answers at a path that only the owner of this process can reach."""

    def __init__(self, host: Any, user: str, create_process: Callable[[str, str], Awaitable[dict[str, int]]]) -> None:
        self._host = host
        self._create_process = create_process
        self._user = user
        self._server: asyncio.Server | None = None
        self._programs: Mapping[str, Callable[[list[str]], Awaitable[tuple[int, str, str]]]] = {
            "docker": self._docker,
            "crictl": functools.partial(self._tool, "crictl"),
            "ctr": functools.partial(self._tool, "ctr"),
            "nerdctl": functools.partial(self._tool, "nerdctl"),
            "hostname": self._hostname,
            "whoami": self._whoami,
            **{name: functools.partial(self._host_program, name) for name in host_programs.NAMES},
        }

        self._followed: Mapping[str, Callable[[], DockerCli | ContainerdTools]] = {
            "docker": lambda: self._host.docker,
            "ctr": lambda: self._host.containerd,
        }

    async def open(self, path: Path) -> None:
        """Listen; the directory of the path must be the owner's only."""
        self._server = await asyncio.start_unix_server(self._serve, path)
        os.chmod(path, 0o600)  # noqa: PTH101 - a socket

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_QUESTION_SECONDS):
                first, second, third = [await _text(reader) for _ in range(3)]
            answering = asyncio.ensure_future(self._answer(first, second, third, writer))
            # Who asked may be ended, by a timeout or Ctrl+C, while the host is still at it.
            leaving = asyncio.ensure_future(reader.read(1))
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
            if not answering.done():
                answering.cancel()
                return
            number, text = answering.result()
            writer.write(_NUMBER.pack(number & 0xFFFFFFFF) + _NUMBER.pack(len(text)) + text)
            await writer.drain()
        except (EOFError, OSError, ValueError, TimeoutError) as problem:
            log.info("a question to the host was broken off: %s", problem)
        except Exception:
            log.exception("the host failed on a question of its PowerShell engine")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, first: bytes, second: bytes, third: bytes, writer: asyncio.StreamWriter) -> Answer:
        verb = first.decode("utf-16-le")
        if verb in self._programs:
            words = third.decode("utf-8", "surrogateescape").split("\0")[:-1]
            follow = self._followed.get(verb) if words[:1] == ["events"] else None
            run = self._programs[verb]
            status, output, errors = await (self._events(follow(), words, writer) if follow else run(words))
            shown = output.encode("utf-8", "surrogatepass")
            return status, _NUMBER.pack(len(shown)) + shown + errors.encode("utf-8", "surrogatepass")
        subject = second.decode("utf-16-le", "surrogatepass")
        request = third.decode("utf-16-le", "surrogatepass")
        if verb == "windows":
            asked = json.loads(request)
            if subject == "Process":
                content = await self._create_process(asked["CommandLine"], asked.get("CurrentDirectory", ""))
            else:
                content = await cmdlet_objects.ask(self._host, subject, asked)
            return 0, json.dumps(content).encode("utf-16-le")
        if self._host.faults.hns_missing:
            raise ValueError("HNS is not installed on this host")
        if verb == "hcn":
            operation, identity, parent = [*subject.split("/"), "", ""][:3]
            result, properties, record = self._host.hns.hcn.call(operation, identity, request, parent)
            given = properties.encode("utf-16-le", "surrogatepass")
            return result, _NUMBER.pack(len(given)) + given + record.encode("utf-16-le", "surrogatepass")
        hresult, response = self._host.hns.call(verb.upper(), subject, request)
        return hresult, response.encode("utf-16-le", "surrogatepass")

    async def _events(
        self, tool: DockerCli | ContainerdTools, words: list[str], writer: asyncio.StreamWriter
    ) -> tuple[int, str, str]:
        """`docker events` and `ctr events`: line by line, until who asked goes away or the service does."""
        query = tool.follow(words)
        if isinstance(query, Ran):
            return query.exit_code, query.stdout, query.stderr
        last = query.begin
        while not (said := query.ends()):
            await query.log.wait_beyond(last, _LOOK)
            last, lines = query.lines_after(last)
            for line in lines:
                part = f"{line}\n".encode()
                writer.write(_NUMBER.pack(_PART) + _NUMBER.pack(len(part)) + part)
            await writer.drain()
        return 1, "", f"{said}\n"

    async def _docker(self, words: list[str]) -> tuple[int, str, str]:
        ran = self._host.docker.run(words)
        if math.isinf(ran.seconds):
            await asyncio.Event().wait()
        await asyncio.sleep(self._host.docker_seconds(ran.seconds))
        return ran.exit_code, ran.stdout, ran.stderr

    async def _tool(self, name: str, words: list[str]) -> tuple[int, str, str]:
        ran = self._host.containerd.run(name, words)
        if math.isinf(ran.seconds):
            await asyncio.Event().wait()
        await asyncio.sleep(self._host.docker_seconds(ran.seconds))
        return ran.exit_code, ran.stdout, ran.stderr

    async def _host_program(self, name: str, words: list[str]) -> tuple[int, str, str]:
        """One of Windows' own; this platform's PowerShell ends a line at LF alone."""
        ran = host_programs.run(self._host, name, words)
        return ran.exit_code, ran.stdout.replace("\r\n", "\n"), ran.stderr.replace("\r\n", "\n")

    async def _hostname(self, words: list[str]) -> tuple[int, str, str]:
        del words
        return 0, f"{(await system_of(self._host))['ComputerName']}\n", ""

    async def _whoami(self, words: list[str]) -> tuple[int, str, str]:
        del words
        return 0, f"{(await system_of(self._host))['ComputerName']}\\{self._user}\n".lower(), ""


async def _text(reader: asyncio.StreamReader) -> bytes:
    (length,) = _NUMBER.unpack(await reader.readexactly(_NUMBER.size))
    if length > _LONGEST_TEXT:
        raise ValueError(f"a text of {length} bytes")
    return await reader.readexactly(length)
