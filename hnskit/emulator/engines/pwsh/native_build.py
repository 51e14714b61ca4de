"""The native libraries and the programs beside the engine: compiled from `native/` when first needed, and kept."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import platformdirs

from hnskit.emulator.host.host_programs import NAMES
from hnskit.errors import ConnectError
from hnskit.local.private_files import locked, private_directory

LIBRARIES = ("vmcompute.dll", "computenetwork.dll")
"""As P/Invoke names them; the runtime finds each under this very name through LD_LIBRARY_PATH."""
PROGRAMS = ("docker", "crictl", "ctr", "nerdctl", "hostname", "whoami", *NAMES)


def folder_of(there: Iterable[str]) -> str:
    """The folder with the programs of a host that has these of Docker and containerd: a PATH of its own."""
    return "-".join(("of", *sorted(there)))


_OF_RUNTIMES = ("docker", "crictl", "ctr", "nerdctl")

_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden")
_SECONDS = 60.0


def build() -> tuple[Path, Path]:
    """The directories of the libraries and of the programs, made if they are not there yet.

    They lie in the user's cache (or in HNSKIT_CACHE_DIR), by what they were made of.

    Raises:
        ConnectError: there is no C compiler, or it refuses.
    """
    sources = _sources()
    recipe = Path(__file__).read_text(encoding="utf-8")
    made_of = [recipe, *(f"{name}\0{sources[name]}" for name in sorted(sources))]
    digest = hashlib.sha256("\0".join(made_of).encode()).hexdigest()
    place = cache() / "native" / f"{_machine()}-{digest[:16]}"
    if not (place / "complete").exists():
        private_directory(place)
        with locked(place / "lock", seconds=_SECONDS):
            if not (place / "complete").exists():
                _compile(sources, place)
                (place / "complete").touch()
    return place / "lib", place / "bin"


def cache() -> Path:
    """Return the cache directory, for files that can be made again."""
    base = os.environ.get("HNSKIT_CACHE_DIR") or platformdirs.user_cache_dir("hnskit", appauthor=False)
    return Path(base).absolute()


def compiler() -> str | None:
    """The C compiler that is used, if there is one."""
    return next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


def _compile(sources: dict[str, str], place: Path) -> None:
    program = compiler()
    if program is None:
        raise ConnectError(
            "the engine pwsh needs a C compiler once, and no cc is on PATH",
            next_step="Install one (on Debian: apt install gcc libc6-dev), or use the engine python.",
        )
    library, programs, source = place / "lib", place / "bin", place / "src"
    for directory in (library, programs, source):
        directory.mkdir(exist_ok=True)
    for name, text in sources.items():
        (source / name).write_text(text, encoding="utf-8")
    for name in LIBRARIES:
        own = f"{name.removesuffix('.dll')}.c"
        _run(program, source, "-shared", "-fPIC", "-o", str(library / name), own, "host.c")
    _run(program, source, "-o", str(programs / "program"), "program.c", "host.c")
    subsets = (itertools.combinations(_OF_RUNTIMES, count) for count in range(len(_OF_RUNTIMES) + 1))
    for some in itertools.chain.from_iterable(subsets):
        folder = folder_of(some)
        (programs / folder).mkdir(exist_ok=True)
        there = [program for program in PROGRAMS if program in some or program not in _OF_RUNTIMES]
        for link in (programs / folder / f"{program}{end}" for program in there for end in ("", ".exe")):
            link.unlink(missing_ok=True)
            link.symlink_to(programs / "program")


def _run(program: str, source: Path, *arguments: str) -> None:
    try:
        subprocess.run(  # noqa: S603 - the compiler, on our own sources
            [program, *_FLAGS, *arguments], cwd=source, check=True, capture_output=True, text=True, timeout=_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as problem:
        said = str(getattr(problem, "stderr", "") or problem).strip()
        raise ConnectError(
            f"the C compiler {program} refuses: {said.splitlines()[0] if said else problem}",
            next_step="Check that it comes with the C library's headers, or use the engine python.",
        ) from problem


def _sources() -> dict[str, str]:
    folder = resources.files("hnskit.emulator.engines.pwsh").joinpath("native")
    return {
        item.name: item.read_text(encoding="utf-8") for item in folder.iterdir() if item.name.endswith((".c", ".h"))
    }


def _machine() -> str:
    return os.uname().machine
