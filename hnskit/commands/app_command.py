"""`hnskit app`: the start page and the diagnosis pages in a browser, without code, by Voilà."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import click

from hnskit.commands.options import Choice, debug_option
from hnskit.errors import ArgumentError, HnskitError, NotebooksError, SelectionError
from hnskit.foreign_text.terminal import say

_LOCAL = "127.0.0.1"
_PORT = 8866
_TRIES = 20
_PATIENCE = 60.0
"""Seconds that Voilà may take to answer."""
_TOKEN = "JUPYTER_TOKEN"  # noqa: S105 - the name of a variable; an argument would be in every list of processes
_PAGES = ("index", "60_explain", "61_doctor", "62_host", "63_stale_endpoints", "64_compare_snapshots")


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help=f"Where it listens.  [default: {_PORT}, or the next free one]"
)
@click.option("--theme", type=Choice(("light", "dark")), default="light", show_default=True)
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the start page in a browser.")
@debug_option
def app(port: int | None, theme: str, browser: bool) -> None:
    """Serve the start page and the diagnosis pages as an app in a browser, without code.

    It listens on this machine only, and asks for the token that is in the printed addresses. Ctrl-C ends it; a run that
    was begun on the page goes on.
    """
    notebooks = _notebooks()
    _require_voila()
    environment = _environment()
    port = _port(port)
    token = environment.get(_TOKEN) or secrets.token_urlsafe(24)
    signal.signal(signal.SIGTERM, _ended)  # a service manager's way to end it: Voilà must not stay behind
    process = subprocess.Popen(  # noqa: S603 - of our own words, and a path that is this user's
        _command(notebooks, port, theme), cwd=notebooks.parent, env={**environment, _TOKEN: token}
    )
    try:
        _wait_for(process, f"http://{_LOCAL}:{port}/?token={token}")
        for name in _PAGES:
            if (notebooks / f"{name}.ipynb").is_file():
                # Not by `say`, which masks tokens: whoever started it needs this one.
                click.echo(f"{'start page' if name == 'index' else name:<22}{_address(port, name, token)}")
        say("Ctrl-C ends the app; a run that was begun on its page goes on.")
        if browser:
            _open(_address(port, "index", token))
        status = process.wait()
    finally:
        _end(process)
    if status:
        raise HnskitError(f"Voilà ended with {status}", next_step="What it printed stands above.")


def _notebooks() -> Path:
    """The pages: of the project around the working directory, else those that came with hnskit."""
    from hnskit.local import project

    found = project.find_notebooks(Path()).absolute()
    if not (found / "index.ipynb").is_file():
        raise NotebooksError(
            f"there is no start page in {found}", next_step="Stand in the project, or make one: hnskit init DIR"
        )
    return found


def _environment() -> dict[str, str]:
    """The environment of the pages, with the parameter file by its whole path: their kernels work elsewhere."""
    from hnskit.local import project
    from hnskit.params.loading import load_params
    from hnskit.runbook.notebook_parameters import PARAMS_VARIABLE

    named = os.environ.get(PARAMS_VARIABLE, "").strip()
    if not named:
        return dict(os.environ)
    path = project.find_params(named)
    if not project.is_there(path):
        load_params(path)  # which says so; a file with mistakes is for the page's form
    return {**os.environ, PARAMS_VARIABLE: str(path.absolute())}


def _port(wanted: int | None) -> int:
    """The port that was asked for, else the first free one."""
    if wanted is None:
        free = (port for port in range(_PORT, _PORT + _TRIES) if not _taken(port))
        return next(free, _PORT)
    if _taken(wanted):
        free = (port for port in range(_PORT, _PORT + _TRIES) if port != wanted and not _taken(port))
        step = f"Name another one: --port {next(free, wanted + 1)}"
        raise ArgumentError(f"port {wanted} of this machine is taken", next_step=step)
    return wanted


def _taken(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex((_LOCAL, port)) == 0


def _require_voila() -> None:
    import importlib.util

    if importlib.util.find_spec("voila") is None:
        raise SelectionError(
            "Voilà is not installed in this environment",
            next_step="Install it: python -m pip install --no-deps --require-hashes -r requirements-app.lock in the "
            "project's folder, or python -m pip install 'hnskit[app]'.",
        )


def _command(notebooks: Path, port: int, theme: str) -> list[str]:
    return [
        sys.executable, "-m", "voila", str(notebooks), "--no-browser", f"--port={port}", f"--Voila.ip={_LOCAL}",
        "--Voila.port_retries=0", "--Voila.auto_token=True", "--Application.log_level=ERROR",
        f"--VoilaConfiguration.theme={theme}", "--VoilaConfiguration.show_tracebacks=True",
    ]  # fmt: skip


def _address(port: int, name: str, token: str) -> str:
    return f"http://{_LOCAL}:{port}/voila/render/{name}.ipynb?token={token}"


def _wait_for(process: subprocess.Popen[bytes], address: str) -> None:
    say("Starting the app …", err=True)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise HnskitError(f"Voilà ended with {process.returncode} before it answered",
                              next_step="What it printed stands above.")  # fmt: skip
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(address, timeout=5):  # noqa: S310 - http to this machine
            return
        time.sleep(0.2)
    raise HnskitError(f"Voilà did not answer within {_PATIENCE:g} s", next_step="Try again, or name another --port.")


def _open(address: str) -> None:
    import webbrowser

    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(address)


def _ended(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
