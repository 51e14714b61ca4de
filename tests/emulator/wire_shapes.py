"""The shapes of recorded answers of real hosts against the door's, element by element.

    python -m tests.emulator.wire_shapes            prints the table
    python -m tests.emulator.wire_shapes --write    puts it into docs/wire.md

What real hosts answered is kept as names of elements only (tests/data/wire-shapes.json), with the recording and the
message that each was read in.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSManAction

from hnskit.remote.module_source import module_text
from tests.emulator.engines import PASSWORD, USER, Served
from tests.emulator.soap_client import ADDRESSING, CONFIG, SHELL, TERMINATE, SoapClient
from tests.pages import print_or_write

DATA = Path(__file__).parents[1] / "data" / "wire-shapes.json"
PAGE = Path(__file__).parents[2] / "docs" / "wire.md"
MARK = "<!-- the table of python -m tests.emulator.wire_shapes -->"
_SOAP = "{http://www.w3.org/2003/05/soap-envelope}"

WHY: Mapping[str, str] = {
    "Header/ActivityId": "hosts of builds 9600 and 14393 send it, those of 17134 and 26236 do not; no client reads it",
}
"""Elements that one side has and the other has not, and why that is left so."""


def shape(envelope: str) -> list[str]:
    """The paths of the elements in an answer's header and body, each once, in their order."""
    found: dict[str, None] = {}

    def walk(element: ET.Element, path: str) -> None:
        for child in element:
            here = f"{path}/{child.tag.rpartition('}')[2]}"
            found[here] = None
            walk(child, here)

    root = ET.fromstring(envelope)
    for part in ("Header", "Body"):
        element = root.find(f"{_SOAP}{part}")
        if element is not None:
            walk(element, part)
    return list(found)


@contextmanager
def _answers(pool: RunspacePool) -> Iterator[list[tuple[str, str]]]:
    """Each request's action and its answer."""
    seen: list[tuple[str, str]] = []
    send = pool.connection.transport.send

    def keeping(message: bytes, **options: Any) -> bytes:
        answer: bytes = send(message, **options)
        action = ET.fromstring(message).findtext(f"{_SOAP}Header/{{{ADDRESSING}}}Action")
        seen.append(((action or "").rpartition("/")[2], answer.decode()))
        return answer

    pool.connection.transport.send = keeping
    yield seen


@contextmanager
def _running(served: Served, pool: RunspacePool) -> Iterator[str]:
    """A command that goes on meanwhile."""
    served.call(lambda: served.host.set_fault("docker_seconds", 60.0))
    script = PowerShell(pool)
    script.add_script(module_text(), use_local_scope=False)
    script.invoke()
    running = PowerShell(pool)
    running.add_cmdlet("Invoke-HnskitDocker").add_parameter("ArgumentList", ["ps"])
    running.begin_invoke()
    yield str(running.id)
    served.call(lambda: served.host.set_fault("docker_seconds", 0.0))


def door(served: Served, *, connects: bool = True) -> dict[str, list[str]]:
    """The shapes of what the door answers, by kind of request; `connects`: a second client can take a shell over."""
    client = SoapClient(served.door, USER, PASSWORD)
    found: dict[str, str] = {}
    pool = RunspacePool(served.wsman())
    with _answers(pool) as seen:
        pool.open()
        found |= {"Create": seen[0][1], "Receive of the pool": seen[1][1]}
        script = PowerShell(pool)
        script.add_cmdlet("hostname")
        script.invoke(["input"])
        by_action = dict(seen)
        found |= {
            "Command": by_action["Command"],
            "Send": by_action["Send"],
            "Receive of the end": by_action["Receive"],
        }
        selector = f'<wsman:SelectorSet><wsman:Selector Name="ShellId">{pool.id}</wsman:Selector></wsman:SelectorSet>'
        commands = f"<wsen:Enumerate><wsman:Filter>{selector}</wsman:Filter></wsen:Enumerate>"
        asked: Mapping[str, Callable[[], Any]] = {
            "Receive, nothing in time": lambda: client.receive(pool.id, timeout="PT0.1S"),
            "Receive, unknown command": lambda: client.receive(pool.id, str(uuid.uuid4())),
            "Signal": lambda: client.signal(pool.id, script.id, TERMINATE),
            "Get of a shell": lambda: client.ask(WSManAction.GET, shell=pool.id, resource=SHELL),
            "Get of an unknown shell": lambda: client.ask(WSManAction.GET, shell=str(uuid.uuid4()), resource=SHELL),
            "Get, a timeout below zero": lambda: client.ask(
                WSManAction.GET, shell=pool.id, resource=SHELL, timeout="PT-1S"
            ),
            "Get of winrm/config": lambda: client.ask(WSManAction.GET, resource=CONFIG),
            "Enumerate shells": lambda: client.ask(WSManAction.ENUMERATE, "<wsen:Enumerate/>", resource=SHELL),
            "Enumerate commands, none": lambda: client.ask(
                WSManAction.ENUMERATE, commands, resource=f"{SHELL}/Command"
            ),
        }
        found |= {name: ask().text for name, ask in asked.items()}
        with _running(served, pool) as command:
            answer = client.ask(WSManAction.ENUMERATE, commands, resource=f"{SHELL}/Command")
            client.signal(pool.id, command, TERMINATE)
        found["Enumerate commands"] = answer.text
        pool.disconnect()
        pool.connect()
        by_action = dict(seen)
        found |= {verb: by_action[verb] for verb in ("Disconnect", "Reconnect")}
        if not connects:
            pool.close()
            return {name: shape(text) for name, text in found.items()}
        pool.disconnect()
    (second,) = RunspacePool.get_runspace_pools(served.wsman())
    with _answers(second) as seen:
        second.connect()
        second.close()
        found |= {"Connect": seen[0][1], "Delete": seen[-1][1]}
    return {name: shape(text) for name, text in found.items()}


@dataclass(frozen=True)
class Row:
    """One kind of request: what real hosts answered, and what the door does not have or has besides."""

    kind: str
    source: str
    real: tuple[str, ...]
    lacks: tuple[str, ...]
    besides: tuple[str, ...]
    in_order: bool

    @property
    def unexplained(self) -> list[str]:
        """Differences that nobody gave a reason for."""
        return [path for path in (*self.lacks, *self.besides) if path not in WHY]


def compare(shapes: Mapping[str, list[str]]) -> list[Row]:
    """Each kind of request that was recorded, against the door's answer."""
    rows = []
    for kind, recorded in json.loads(DATA.read_text(encoding="utf-8")).items():
        if kind not in shapes:
            continue
        real, mine = recorded["elements"], shapes[kind]
        lacks = tuple(path for path in real if path not in mine)
        besides = tuple(path for path in mine if path not in real)
        common = [path for path in real if path in mine]
        in_order = common == [path for path in mine if path in real]
        rows.append(Row(kind, recorded["source"], tuple(real), lacks, besides, in_order))
    return rows


def table(rows: list[Row]) -> str:
    """The comparison as Markdown."""
    lines = ["| request | recorded in | elements of the real Body | the door | why |", "|---|---|---|---|---|"]
    for row in rows:
        body = _nested([path.removeprefix("Body/") for path in row.real if path.startswith("Body/")])
        told = [f"lacks {', '.join(row.lacks)}"] if row.lacks else []
        told += [f"has besides {', '.join(row.besides)}"] if row.besides else []
        why = "; ".join(dict.fromkeys(WHY.get(path, "**not known**") for path in (*row.lacks, *row.besides)))
        lines.append(f"| {row.kind} | {row.source} | {body or '(empty)'} | {'; '.join(told) or 'the same'} | {why} |")
    return "\n".join(lines)


def _nested(paths: list[str]) -> str:
    """Paths as names with their children in brackets."""
    children: dict[str, list[str]] = {}
    for path in paths:
        name, _, rest = path.partition("/")
        children.setdefault(name, [])
        if rest:
            children[name].append(rest)
    return " ".join(name + (f"({_nested(inner)})" if inner else "") for name, inner in children.items())


def main() -> None:
    """Print the table, or put it into the page."""
    with tempfile.TemporaryDirectory() as place, Served("python", Path(place) / "door") as served:
        text = table(compare(door(served)))
    print_or_write(PAGE, MARK, text)


if __name__ == "__main__":
    main()
