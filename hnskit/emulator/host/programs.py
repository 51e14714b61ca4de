"""Programs inside containers. Nano Server has no PowerShell; what an image has not, cannot be run."""

from __future__ import annotations

import shlex

from hnskit.emulator.host import container_powershell, curl, ipconfig, proxy, route
from hnskit.emulator.host.containers import ADMINISTRATOR, FOR_EVER, DockerContainer, Ran, Surroundings


def name_of(program: str) -> str:
    """A program's plain name: `C:\\Windows\\System32\\CURL.EXE` is `curl`."""
    return program.replace("/", "\\").rpartition("\\")[2].lower().removesuffix(".exe")


def run(around: Surroundings, container: DockerContainer, command: list[str], user: str = "") -> Ran | None:
    """Run a program; None where the image has none of this name.

    Args:
        user: whom docker was asked to run it as; else the image's default (Nano Server's is ContainerUser).
    """
    name = name_of(command[0])
    if name not in container.content.programs:
        return None
    arguments = command[1:]
    who = user or container.user or container.content.user or ADMINISTRATOR
    if name == "cmd":
        return _cmd(around, container, arguments, who)
    if name == "powershell":
        own = around.windows.compartment_of(container.compartment_id)
        return container_powershell.run(
            arguments, own.id if own else 0, lambda words: run(around, container, words, user)
        )
    if name == "curl":
        return curl.run(around, container, arguments)
    if name == "route":
        return route.run(around.windows, container, arguments, administrator=who == ADMINISTRATOR)
    if name == "ipconfig":
        compartment = around.windows.compartment_of(container.compartment_id)
        return ipconfig.run(around.windows, compartment.id if compartment else 0, arguments)
    if name == "hostname":
        return Ran(stdout=f"{container.hostname}\r\n")
    if name == "ping":
        return _ping(arguments)
    return proxy.start(around, container)


def _cmd(around: Surroundings, container: DockerContainer, arguments: list[str], user: str) -> Ran:
    words = list(arguments)
    while words and words[0].lower() in ("/s", "/d", "/q"):
        words.pop(0)
    if not words:
        # Without a terminal it reads the end of its input, and ends.
        return Ran(stdout=_banner(around), seconds=FOR_EVER if container.tty else 0.0)
    if words[0].lower() != "/c":
        return _not_emulated(f"cmd {words[0]}")
    line = " ".join(words[1:])
    built_in, _, rest = line.strip().partition(" ")
    if built_in.lower() == "ver":
        return Ran(stdout=f"\r\nMicrosoft Windows [Version {_version(around)}]\r\n")
    if built_in.lower() == "echo":
        return Ran(stdout=f"{rest}\r\n")
    if any(mark in line for mark in "&|<>^%"):
        return _not_emulated(f"cmd /c {line}")
    command = shlex.split(line.replace("\\", "\\\\"))
    ran = run(around, container, command, user) if command else Ran()
    if ran is None:
        said = f"'{command[0]}' is not recognized as an internal or external command,\r\n"
        return Ran(1, "", f"{said}operable program or batch file.\r\n")
    return ran


def _ping(arguments: list[str]) -> Ran:
    targets = [word for word in arguments if not word.startswith(("-", "/")) and not word.isdigit()]
    if targets not in (["localhost"], ["127.0.0.1"]):
        return _not_emulated(f"ping {' '.join(arguments)}")
    reply = "Reply from 127.0.0.1: bytes=32 time<1ms TTL=128\r\n"
    if any(word.lower() in ("-t", "/t") for word in arguments):
        return Ran(stdout=reply, seconds=FOR_EVER)
    return Ran(stdout="\r\nPinging 127.0.0.1 with 32 bytes of data:\r\n" + reply * 4, seconds=3.0)


def _version(around: Surroundings) -> str:
    return f"10.0.{around.windows_profile.build}.{around.windows_profile.revision}"


def _banner(around: Surroundings) -> str:
    first = f"Microsoft Windows [Version {_version(around)}]\r\n"
    return f"{first}(c) Microsoft Corporation. All rights reserved.\r\n\r\nC:\\>"


def _not_emulated(what: str) -> Ran:
    return Ran(1, "", f"hnskit emulator: {what} is not emulated\r\n")
