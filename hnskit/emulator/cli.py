"""`hnskit emulator`: emulated hosts by name."""

from __future__ import annotations

import json
from typing import Any, get_args

import click

from hnskit.emulator import registry
from hnskit.emulator.interface import CutMode
from hnskit.errors import HnskitError

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        """An error of hnskit is one paragraph and its exit status."""
        try:
            return super().invoke(ctx)
        except HnskitError as error:
            click.echo(error.paragraph(), err=True)
            raise click.exceptions.Exit(error.exit_status) from error


@click.group(cls=_Group)
def emulator() -> None:
    """Start, look at and stop emulated Windows hosts."""


@emulator.command()
@click.argument("name")
@click.option("--profile", help="Which Windows it is: ws2019 (the default), ws2022, rs4, ws2025.")
@click.option("--engine", type=click.Choice(registry.ENGINES), help="What runs the PowerShell: python (the default), pwsh.")
@click.option("--restricted", is_flag=True, help="Let every session have the kit's commands and nothing else (JEA).")
@_as_json
def start(name: str, profile: str | None, engine: str | None, restricted: bool, as_json: bool) -> None:
    """Start the host NAME; one that runs is left as it is."""
    entry, started = registry.start(name, profile, {"engine": engine, "restricted": restricted})
    _print(
        entry.to_json(),
        as_json,
        f"{name} {'started' if started else 'runs already'} (engine {_engine(entry)}): {entry.http} and {entry.https}, "
        f"user {entry.username}, "
        f"password in {entry.password_file}",
    )


@emulator.command()
@click.argument("name")
@_as_json
def status(name: str, as_json: bool) -> None:
    """Say what the host NAME has."""
    entry = registry.get(name)
    answer = entry.to_json() | entry.ask({"do": "status"})
    counts = ", ".join(f"{key} {value}" for key, value in answer["host"].items() if isinstance(value, int | str))
    _print(answer, as_json, f"{name} runs (process {entry.pid}, {entry.profile}, engine {_engine(entry)}): shells {answer['shells']}, {counts}")


@emulator.command()
@click.argument("name")
@_as_json
def stop(name: str, as_json: bool) -> None:
    """Stop the host NAME; all that it had is gone."""
    entry = registry.stop(name)
    _print({"name": name, "pid": entry.pid, "stopped": True}, as_json, f"{name} stopped")


@emulator.command("list")
@_as_json
def list_hosts(as_json: bool) -> None:
    """List the hosts that run."""
    entries = registry.running()
    lines = "\n".join(f"{entry.name}  {entry.profile}  {_engine(entry)}  {entry.http}" for entry in entries)
    _print([entry.to_json() for entry in entries], as_json, lines or "No emulated host runs.")


@emulator.command()
@click.argument("name")
@_as_json
def reset(name: str, as_json: bool) -> None:
    """Make the host NAME as it was when it started."""
    registry.get(name).ask({"do": "reset"})
    _print({"name": name, "reset": True}, as_json, f"{name} is as it was when it started")


@emulator.command()
@click.argument("name")
@click.argument("fault")
@click.argument("value")
@_as_json
def fault(name: str, fault: str, value: str, as_json: bool) -> None:
    """Set FAULT of the host NAME to VALUE, which is JSON: true, 3, null, {"seconds": 5, "mode": "stall"}."""
    try:
        content = json.loads(value)
    except ValueError as problem:
        raise click.BadParameter("it is not JSON", param_hint="VALUE") from problem
    registry.get(name).ask({"do": "fault", "name": fault, "value": content})
    _print({"name": name, "fault": fault, "value": content}, as_json, f"{name}: {fault} is {value} now")


@emulator.command()
@click.argument("name")
@click.argument("seconds", type=float)
@click.option("--mode", type=click.Choice(get_args(CutMode)), default="refuse", show_default=True)
@_as_json
def cut(name: str, seconds: float, mode: str, as_json: bool) -> None:
    """Take the network of the host NAME away for SECONDS."""
    registry.get(name).ask({"do": "cut", "seconds": seconds, "mode": mode})
    _print(
        {"name": name, "seconds": seconds, "mode": mode}, as_json, f"{name} is away for {seconds:g} seconds ({mode})"
    )


def _engine(entry: registry.Entry) -> str:
    return f"{entry.engine}, restricted" if entry.restricted else entry.engine


def _print(content: Any, as_json: bool, text: str) -> None:
    click.echo(json.dumps(content, indent=2) if as_json else text)
