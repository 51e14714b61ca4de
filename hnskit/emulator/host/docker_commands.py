"""The subcommands of docker.exe that are emulated, with their flags, and the words for every other."""

from __future__ import annotations

from collections.abc import Mapping

from hnskit.emulator.host.containers import Ran
from hnskit.emulator.host.docker_args import Syntax

_FORMAT = {"format": "format"}
_LIST = {**_FORMAT, "filter": "filter", "f": "filter"}

SYNTAX: Mapping[str, Syntax] = {
    "version": Syntax("docker version [OPTIONS]", "Show the Docker version information",
                      {**_FORMAT, "f": "format"}, most=0),
    "image ls": Syntax("docker image ls [OPTIONS] [REPOSITORY[:TAG]]", "List images", _LIST,
                       {"all": "all", "a": "all", "no-trunc": "no-trunc", "quiet": "quiet", "q": "quiet"}, most=1),
    "import": Syntax("docker import [OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
                     "Import the contents from a tarball to create a filesystem image",
                     {"change": "change", "c": "change", "message": "message", "m": "message"}, least=1, most=2),
    "pull": Syntax("docker pull [OPTIONS] NAME[:TAG|@DIGEST]", "Download an image from a registry", {},
                   {"quiet": "quiet", "q": "quiet"}, least=1, most=1),
    "run": Syntax("docker run [OPTIONS] IMAGE [COMMAND] [ARG...]", "Run a command in a new container",
                  {"name": "name", "network": "network", "net": "network", "label": "label", "l": "label",
                   "isolation": "isolation", "user": "user", "u": "user", "env": "env", "e": "env",
                   "hostname": "hostname", "h": "hostname", "restart": "restart"},
                  {"detach": "detach", "d": "detach", "rm": "rm", "interactive": "interactive", "i": "interactive",
                   "tty": "tty", "t": "tty"},
                  least=1, stop_at_first=True),
    "ps": Syntax("docker ps [OPTIONS]", "List containers", _LIST,
                 {"all": "all", "a": "all", "no-trunc": "no-trunc", "quiet": "quiet", "q": "quiet"}, most=0),
    "inspect": Syntax("docker inspect [OPTIONS] NAME|ID [NAME|ID...]", "Return low-level information on Docker objects",
                      {**_FORMAT, "f": "format", "type": "type"}, least=1),
    "exec": Syntax("docker exec [OPTIONS] CONTAINER COMMAND [ARG...]", "Run a command in a running container",
                   {"user": "user", "u": "user", "env": "env", "e": "env"},
                   {"interactive": "interactive", "i": "interactive", "tty": "tty", "t": "tty", "detach": "detach",
                    "d": "detach"}, least=2, stop_at_first=True),
    "logs": Syntax("docker logs [OPTIONS] CONTAINER", "Fetch the logs of a container",
                   {"since": "since", "tail": "tail", "n": "tail"}, {"timestamps": "timestamps", "t": "timestamps"},
                   least=1, most=1),
    "rm": Syntax("docker rm [OPTIONS] CONTAINER [CONTAINER...]", "Remove one or more containers", {},
                 {"force": "force", "f": "force", "volumes": "volumes", "v": "volumes"}, least=1),
    "start": Syntax("docker start [OPTIONS] CONTAINER [CONTAINER...]", "Start one or more stopped containers", least=1),
    "stop": Syntax("docker stop [OPTIONS] CONTAINER [CONTAINER...]", "Stop one or more running containers",
                   {"time": "time", "t": "time"}, least=1),
    "restart": Syntax("docker restart [OPTIONS] CONTAINER [CONTAINER...]", "Restart one or more containers",
                      {"time": "time", "t": "time"}, least=1),
    "events": Syntax("docker events [OPTIONS]", "Get real time events from the server",
                     {**_FORMAT, "filter": "filter", "f": "filter", "since": "since", "until": "until"}, most=0),
    "image rm": Syntax("docker image rm [OPTIONS] IMAGE [IMAGE...]", "Remove one or more images", {},
                       {"force": "force", "f": "force"}, least=1),
    "network ls": Syntax("docker network ls [OPTIONS]", "List networks", _LIST,
                         {"no-trunc": "no-trunc", "quiet": "quiet", "q": "quiet"}, most=0),
    "network inspect": Syntax("docker network inspect [OPTIONS] NETWORK [NETWORK...]",
                              "Display detailed information on one or more networks",
                              {**_FORMAT, "f": "format"}, least=1),
    "network create": Syntax("docker network create [OPTIONS] NETWORK", "Create a network",
                             {"driver": "driver", "d": "driver", "subnet": "subnet", "gateway": "gateway", "opt": "opt",
                              "o": "opt"}, least=1, most=1),
    "network rm": Syntax("docker network rm NETWORK [NETWORK...]", "Remove one or more networks", least=1),
    "info": Syntax("docker info [OPTIONS]", "Display system-wide information", {**_FORMAT, "f": "format"}, most=0),
}  # fmt: skip
"""Subcommands that are emulated, with the flags that are."""

_ALIASES = {
    ("container", "ls"): "ps",
    ("network", "list"): "network ls",
    ("network", "remove"): "network rm",
    ("system", "info"): "info",
    ("system", "events"): "events",
    **{("network", name): f"network {name}" for name in ("create", "inspect", "ls", "rm")},
    **{("container", name): name for name in ("exec", "inspect", "logs", "restart", "rm", "run", "start", "stop")},
}
_NOT_EMULATED = frozenset({
    "attach", "build", "commit", "container", "cp", "create", "diff", "export", "history", "image",
    "kill", "load", "login", "logout", "network", "pause", "plugin", "port", "push", "rename",
    "save", "search", "stats", "swarm", "system", "tag", "top", "unpause", "update", "volume", "wait",
})  # fmt: skip


def subcommand(words: list[str]) -> tuple[str, list[str]]:
    """The subcommand by its short name, and the words after it."""
    if len(words) > 1 and words[0] == "image":
        return f"image {words[1].replace('list', 'ls')}", words[2:]
    if len(words) > 1 and tuple(words[:2]) in _ALIASES:
        return _ALIASES[words[0], words[1]], words[2:]
    short = {"images": "image ls", "rmi": "image rm"}
    return (short.get(words[0], words[0]) if words else ""), words[1:]


def unknown(words: list[str]) -> Ran:
    """Refuse a subcommand: in docker's words if docker lacks it, in the emulator's if only the emulator does."""
    if not words:
        return Ran(1, "", "hnskit emulator: docker without a command is not emulated\n")
    if words[0] in _NOT_EMULATED:
        return Ran(1, "", f"hnskit emulator: docker {' '.join(words[:2])} is not emulated\n")
    if words[0].startswith("-"):
        return Ran(125, "", f"unknown flag: {words[0]}\nSee 'docker --help'.\n")
    return Ran(1, "", f"docker: '{words[0]}' is not a docker command.\nSee 'docker --help'\n")
