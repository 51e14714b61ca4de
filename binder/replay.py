"""What repo2docker and a visitor do with this repository, here and without Docker: `make binder`.

A fresh environment and a fresh copy; requirements.txt and postBuild; a server that opens the start page; the
walkthrough. Each with its seconds. Ends with status 1 if anything fails; that a visitor waits longer than a minute is
said, and fails nothing, since it depends on the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEAST = (3, 11)
PAGE = "lab/tree/notebooks/index.ipynb"
LONGEST = 60.0
"""Seconds that a visitor may wait for the page, and for the walkthrough after it."""


def main() -> int:
    """Replay it; the exit status."""
    if sys.version_info[:2] < LEAST:
        print("Python 3.11 or later is needed", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="binder-") as place:
        folder, venv = Path(place) / "repository", Path(place) / "venv"
        _copy(folder)
        binaries = venv / ("Scripts" if os.name == "nt" else "bin")
        environment = {
            **os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(venv),
            "HNSKIT_STATE_DIR": str(Path(place) / "state"), "JUPYTER_RUNTIME_DIR": str(Path(place) / "run"),
            "JUPYTER_CONFIG_DIR": str(Path(place) / "config"), "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }  # fmt: skip
        environment.pop("PYTHONPATH", None)

        def run(*command: str) -> None:
            subprocess.run(command, cwd=folder, env=environment, check=True)

        python = str(binaries / "python")
        _timed("environment", lambda: run(sys.executable, "-m", "venv", str(venv)))
        _timed("requirements.txt", lambda: run(python, "-m", "pip", "install", "-q", "-r", "binder/requirements.txt"))
        _timed("postBuild", lambda: run("bash", "binder/postBuild"))
        waited = _timed("the start page is served", lambda: _serve(python, folder, environment))
        visited = [
            _timed("the start page, headless", lambda: run(
                python, "-m", "papermill", "--engine", "hnskit", "--no-progress-bar", "notebooks/index.ipynb",
                str(Path(place) / "index.ipynb"))),
            _timed("the walkthrough", lambda: run(python, "-m", "hnskit", "run", "params/emulator.yaml")),
        ]  # fmt: skip
        run(python, "-m", "hnskit", "emulator", "stop", "lab")
    if waited > LONGEST or sum(visited) > LONGEST:
        print(f"note: here a visitor waits longer than {LONGEST:.0f} s", file=sys.stderr)
    return 0


def _copy(folder: Path) -> None:
    """What is in the repository, or will be: not what .gitignore names."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git is what is asked for
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def _serve(python: str, folder: Path, environment: dict[str, str]) -> None:
    """Start a server as BinderHub does, and wait until it serves the start page."""
    token, port = "binder", "18876"
    server = subprocess.Popen(
        [python, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
         f"--IdentityProvider.token={token}"],
        cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + LONGEST
        while time.monotonic() < deadline and server.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{PAGE}?token={token}", timeout=5) as page:
                    if page.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        raise SystemExit("the start page is not served")
    finally:
        server.terminate()
        server.wait(20)


def _timed(what: str, work: Callable[[], None]) -> float:
    since = time.monotonic()
    work()
    seconds = time.monotonic() - since
    print(f"{what:<28} {seconds:6.1f} s", flush=True)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
