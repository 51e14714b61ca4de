"""Completion in a shell: what stands behind an argument or option. It asks no host."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem


def complete_host_input(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a file, or a target whose emulated host is known on this machine."""
    del ctx, param  # click's own
    return [
        *_begun(incomplete, (f"emulator://{name}" for name in emulated_hosts())),
        CompletionItem(incomplete, type="file"),
    ]


def complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the folder of a run."""
    from hnskit.local.project import default_runs

    del ctx, param
    folders = (path for path in default_runs().glob("*") if path.is_dir())
    return [*_begun(incomplete, (str(path) for path in folders)), CompletionItem(incomplete, type="dir")]


def complete_compared(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete whatever can be compared: a run, a file, a target."""
    return [*complete_run(ctx, param, incomplete)[:-1], *complete_host_input(ctx, param, incomplete)]


def complete_notebook(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a step notebook."""
    from hnskit.local.project import find_notebooks

    del param
    folder = ctx.params.get("notebooks") or find_notebooks(Path())
    return _begun(incomplete, (path.stem for path in Path(folder).glob("[0-9]*.ipynb")))


def complete_parameter(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the key of a parameter, and the values of one that has choices."""
    from hnskit.params.form_fields import sections

    del ctx, param
    keys: list[str] = []
    for section in sections():
        before = {"": "", "clients": "clients[0]."}.get(section.name, f"{section.name}.")
        for row in section.rows:
            keys += [f"{before}{row.path}={choice}" for choice in row.choices or ("",)]
    return _begun(incomplete, keys)


def complete_check(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a check of the doctor."""
    from hnskit.diagnosis.doctor import CHECKS

    del ctx, param
    return _begun(incomplete, (check.name for check in CHECKS))


def complete_code(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a code of HNS, or a file."""
    from hnskit.errors.hns_codes import all_codes

    del ctx, param
    names = (code.name for code in all_codes()) if incomplete else ()
    return [*_begun(incomplete, names), CompletionItem(incomplete, type="file")]


def complete_emulated_host(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of an emulated host that was started here."""
    del ctx, param
    return _begun(incomplete, emulated_hosts())


def emulated_hosts() -> list[str]:
    """Names of the emulated hosts that this user has started."""
    from hnskit.local.state_dir import state_directory

    return sorted(path.parent.name for path in (state_directory() / "emulators").glob("*/host.json"))


def _begun(incomplete: str, words: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(word) for word in sorted(set(words)) if word.startswith(incomplete)]
