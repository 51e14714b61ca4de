"""`hnskit emulator`: emulated hosts by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click

from hnskit.commands.envelope import enveloped
from hnskit.commands.options import Choice, WholeHelp, completes
from hnskit.emulator import registry
from hnskit.emulator.constants import NETWORKS, RUNTIMES
from hnskit.emulator.fleet_faults import fault_hosts as fault_hosts_of
from hnskit.emulator.powershell.command import CutMode
from hnskit.errors import HnskitError
from hnskit.foreign_text.escaping import block

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _complete_fault(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a fault."""
    from hnskit.emulator.host.faults import fault_names

    del ctx, param
    return [name for name in fault_names() if name.startswith(incomplete)]


class _EmulatorGroup(WholeHelp):
    def invoke(self, ctx: click.Context) -> Any:
        """An error of hnskit is one paragraph and its exit status; below `hnskit`, that says it, in JSON too."""
        try:
            return super().invoke(ctx)
        except HnskitError as error:
            if ctx.parent is not None:
                raise
            click.echo(error.paragraph(), err=True)
            raise click.exceptions.Exit(error.exit_status) from error


@click.group(cls=_EmulatorGroup)
def emulator() -> None:
    """Start, look at and stop emulated Windows hosts."""


@emulator.command()
@click.argument("name", default="lab", shell_complete=completes("complete_emulated_host"))
@click.option("--profile", help="Which Windows it is: ws2019 (the default), ws2022, rs4, ws2025.")
@click.option("--engine", type=Choice(registry.ENGINES), help="What runs the PowerShell: python (the default), pwsh.")
@click.option("--runtime", type=Choice(RUNTIMES), help="What runs its containers: docker (the default), …")
@click.option("--pods", type=click.IntRange(0, 250), help="How many pods a containerd host has (4).")
@click.option("--network", type=Choice(NETWORKS), help="What carries packets: model (the default), packets, auto.")
@click.option("--restricted", is_flag=True, help="Let every session have hnskit's commands and nothing else (JEA).")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT=VALUE",
    help="What goes wrong; see docs/faults.md.",
    shell_complete=_complete_fault,
)
@click.option(
    "--winrm", "winrm", multiple=True, metavar="SETTING=VALUE", help="How its WinRM is set; see docs/wire.md."
)
@click.option("--keytab", type=click.Path(exists=True, dir_okay=False), help="Be in a Kerberos realm, by this keytab.")
@click.option("--hosts", type=click.IntRange(min=1), default=1, help="So many hosts, NAME-001 and on, in one process.")
@click.option("--fault-hosts", metavar="N|%", help="So many of --hosts have a fault each (docs/faults.md).")
@click.option("--latency", type=click.FloatRange(0, 10_000), metavar="MS", help="Milliseconds of a round trip to it.")
@click.option(
    "--restarting", type=click.FloatRange(0.1), metavar="SECONDS", help="So often one of its containers restarts."
)
@click.option("--churn", type=click.FloatRange(0.1), metavar="SECONDS", help="So often a pod goes, or the next comes.")
@_as_json
def start(  # noqa: PLR0917 - click passes them by name
    name: str,
    profile: str | None,
    engine: str | None,
    runtime: str | None,
    pods: int | None,
    network: str | None,
    restricted: bool,
    faults: tuple[str, ...],
    winrm: tuple[str, ...],
    keytab: str | None,
    hosts: int,
    fault_hosts: str | None,
    latency: float | None,
    restarting: float | None,
    churn: float | None,
    as_json: bool,
) -> None:
    """Start the host NAME (lab); one that runs is left as it is."""
    options: dict[str, Any] = {"engine": engine, "restricted": restricted}
    options |= {
        key: value for key, value in (("latency", latency), ("restarting", restarting), ("churn", churn)) if value
    }
    options |= {
        key: value for key, value in (("runtime", runtime), ("pods", pods), ("network", network)) if value is not None
    }
    wanted = dict(_fault(text) for text in faults)
    if wanted:
        options["faults"] = wanted
    if winrm or keytab:
        options["winrm"] = {**_winrm(winrm), **({"keytab": str(Path(keytab).absolute())} if keytab else {})}
    if churn and runtime in (None, "docker"):
        raise click.BadParameter("pods are of --runtime containerd", param_hint="'--churn'")
    if fault_hosts and hosts == 1:
        raise click.BadParameter("it goes with --hosts", param_hint="'--fault-hosts'")
    if hosts > 1:
        bad = options["fault_hosts"] = _bad_hosts(name, hosts, fault_hosts)
        entries = registry.start_many(name, hosts, profile, options)
        said = f"{entries[0].name} to {entries[-1].name} run in process {entries[0].pid}"
        said += "".join(f"\n  {host}: {kind}" for host, kind in bad.items())
        _print([entry.to_json() for entry in entries], as_json, said)
        return
    entry, started = registry.start(name, profile, options)
    _print(
        entry.to_json(),
        as_json,
        f"{name} {'started' if started else 'runs already'} (engine {_engine(entry)}): {entry.http} and {entry.https}, "
        f"user {entry.username}, "
        f"password in {entry.password_file}",
        name,
    )
    if network == "auto" and (note := entry.ask({"do": "status"})["host"]["network_note"]):
        click.echo(note, err=True)


@emulator.command()
@click.argument("name", default="lab", shell_complete=completes("complete_emulated_host"))
@_as_json
def status(name: str, as_json: bool) -> None:
    """Say what the host NAME (lab) has."""
    entry = registry.get(name)
    answer = entry.to_json() | entry.ask({"do": "status"})
    counts = ", ".join(f"{key} {value}" for key, value in answer["host"].items() if isinstance(value, int | str))
    faults = "".join(f", fault {fault} {value}" for fault, value in answer["host"]["faults"].items() if fault != "cut")
    _print(
        answer,
        as_json,
        f"{name} runs (process {entry.pid}, {entry.profile}, engine {_engine(entry)}): shells {answer['shells']}, "
        f"{counts}{faults}",
        name,
    )


@emulator.command()
@click.argument("name", default="lab", shell_complete=completes("complete_emulated_host"))
@click.option("--together", is_flag=True, help="And all other hosts that are in its process (start --hosts).")
@click.option("--all", "every", is_flag=True, help="Every emulated host of this user, whatever NAME is.")
@_as_json
def stop(name: str, together: bool, every: bool, as_json: bool) -> None:
    """Stop the host NAME (lab); all that it had is gone."""
    if every:
        _stop_all(as_json)
        return
    entry = registry.stop(name, together=together)
    _print({"name": name, "pid": entry.pid, "stopped": True}, as_json, f"{name} stopped", name)


@emulator.command("list")
@_as_json
def list_hosts(as_json: bool) -> None:
    """List the hosts that run."""
    entries = registry.running()
    rows = [("name", "Windows", "engine", "address")]
    rows += [(entry.name, entry.profile, _engine(entry), entry.http) for entry in entries]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    _print([entry.to_json() for entry in entries], as_json, lines if entries else "No emulated host runs.")


@emulator.command()
@click.argument("name", default="lab", shell_complete=completes("complete_emulated_host"))
@_as_json
def reset(name: str, as_json: bool) -> None:
    """Make the host NAME (lab) as it was when it started."""
    registry.get(name).ask({"do": "reset"})
    _print({"name": name, "reset": True}, as_json, f"{name} is as it was when it started", name)


@emulator.command()
@click.argument("name", shell_complete=completes("complete_emulated_host"))
@click.argument("fault", shell_complete=_complete_fault)
@click.argument("value", default="true")
@_as_json
def fault(name: str, fault: str, value: str, as_json: bool) -> None:
    """Set FAULT of the host NAME to VALUE, which is JSON: true (the default), 3, null, {"seconds": 5, "mode": "stall"}.

    docs/faults.md has them all. hns_restart and reboot happen now with true, and during the Nth change with a
    number.
    """
    content = _value(value)
    answer = registry.get(name).ask({"do": "fault", "name": fault, "value": content})
    _print(
        {"name": name, "fault": fault, "value": content, "faults": answer["faults"]},
        as_json,
        f"{name}: {fault} is {json.dumps(content)} now",
        name,
    )


@emulator.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED)
def docker(name: str, words: tuple[str, ...]) -> None:
    """Run docker on the host NAME itself, as somebody does who sits there: `docker lab restart hnskit-client1`."""
    answer = registry.get(name).ask({"do": "docker", "words": list(words)})
    click.echo(block(answer["stdout"]), nl=False)
    click.echo(block(answer["stderr"]), nl=False, err=True)
    raise click.exceptions.Exit(answer["exit_code"])


@emulator.command()
@click.argument("name", shell_complete=completes("complete_emulated_host"))
@click.argument("seconds", type=float)
@click.option("--mode", type=Choice(get_args(CutMode)), default="refuse", show_default=True)
@_as_json
def cut(name: str, seconds: float, mode: str, as_json: bool) -> None:
    """Take the network of the host NAME away for SECONDS."""
    registry.get(name).ask({"do": "cut", "seconds": seconds, "mode": mode})
    said = f"{name} is away for {seconds:g} seconds ({mode})"
    _print({"name": name, "seconds": seconds, "mode": mode}, as_json, said, name)


def _stop_all(as_json: bool) -> None:
    stopped: list[dict[str, Any]] = []
    while entries := registry.running():  # hosts of one process end together
        ended = registry.stop(entries[0].name, together=True)
        stopped += [{"name": one.name, "pid": one.pid, "stopped": True} for one in entries if one.pid == ended.pid]
    _print(stopped, as_json, f"stopped: {', '.join(one['name'] for one in stopped)}" if stopped else "None ran.")


def _bad_hosts(name: str, hosts: int, share: str | None) -> dict[str, str]:
    try:
        return fault_hosts_of(registry.names_of(name, hosts), share) if share else {}
    except ValueError as problem:
        raise click.BadParameter(str(problem), param_hint="'--fault-hosts'") from problem


_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _value(text: str) -> Any:
    """A fault's value: JSON, a word for yes or no, or a text as it stands."""
    if text.lower() in _FLAGS:
        return _FLAGS[text.lower()]
    try:
        return json.loads(text)
    except ValueError:
        return text


def _fault(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    return name, _value(value or "true")


def _winrm(texts: tuple[str, ...]) -> dict[str, Any]:
    from hnskit.emulator.winrm.service_settings import ServiceSettings

    wanted = dict(_fault(text) for text in texts)
    try:
        ServiceSettings.of(wanted)
    except ValueError as problem:
        raise click.BadParameter(str(problem), param_hint="'--winrm'") from problem
    return wanted


def _engine(entry: registry.RegistryEntry) -> str:
    return f"{entry.engine}, restricted" if entry.restricted else entry.engine


def _print(content: Mapping[str, Any] | list[Any], as_json: bool, text: str, name: str = "") -> None:
    """Print a result in the form of all commands; `name` is the host that it is about."""
    target = f"emulator://{name}" if name else ""
    # Not by print_result, which masks what looks like a secret: a script needs the path in `password_file`.
    click.echo(json.dumps(enveloped(content, target=target), indent=2) if as_json else text)
