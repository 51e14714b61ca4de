"""The library and the programs beside a real engine are built, and hand each call to the host."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from pathlib import Path

import pytest

from hnskit.emulator.engines.pwsh import native_build
from hnskit.errors import ConnectError
from tests.waiting import LONG


@pytest.fixture(scope="module")
def built() -> tuple[Path, Path]:
    return native_build.build()


def test_the_library_hands_a_call_to_the_host(built: tuple[Path, Path], tmp_path: Path) -> None:
    """With any text in it; with no host it says what Windows says while the service is down."""
    program = tmp_path / "call.py"
    program.write_text(
        "import ctypes, json, sys\n"
        "library = ctypes.CDLL(sys.argv[1])\n"
        "wide = lambda text: ctypes.create_string_buffer((text + chr(0)).encode('utf-16-le'))\n"
        "texts = [wide(text) for text in json.loads(sys.argv[2])]\n"
        "answer = ctypes.c_void_p()\n"
        "print(library.HNSCall(*texts, ctypes.byref(answer)))\n"
    )
    call = json.dumps(["POST", "/networks", '\U0001f600 " $(x) \n'])
    command = ["python3", str(program), str(built[0] / native_build.LIBRARIES[0]), call]
    missing = {**os.environ, "VMCOMPUTE_SOCKET": str(tmp_path / "nobody")}
    assert ctypes.c_uint32(int(run(command, missing)[1])).value == 0x800706BA
    with listening(tmp_path) as (path, questions):
        assert run(command, {**os.environ, "VMCOMPUTE_SOCKET": path})[1] == "42\n"
    assert [text.decode("utf-16-le") for text in questions[0]] == json.loads(call)


def test_a_program_hands_its_arguments_to_the_host(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Each as it is, and what the host answers comes out as it is."""
    programs = built[1] / native_build.folder_of(("docker",))
    words = ["run", "", "a b", '"$(x)"', "\n", "\U0001f600", "x" * 50_000]
    with listening(tmp_path) as (path, questions):
        result = run(
            [str(programs / "docker"), *words],
            {**os.environ, "VMCOMPUTE_SOCKET": path},
        )
    assert result == (42, "out", "err")
    verb, nothing, arguments = questions[0]
    assert (verb.decode("utf-16-le"), nothing) == ("docker", b"")
    assert arguments.decode().split("\0")[:-1] == words
    assert (
        run(
            [str(programs / "hostname")],
            {"VMCOMPUTE_SOCKET": str(tmp_path / "nobody")},
        )[0]
        == 1
    )


def run(command: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONG, check=False)
    return done.returncode, done.stdout, done.stderr


class listening:  # noqa: N801 - reads as what it is for
    """Answers 42 with `out` and `err`, and keeps what was asked."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> tuple[str, list[list[bytes]]]:
        import socket
        import tempfile
        import threading

        self._place = tempfile.TemporaryDirectory(prefix="hnskit-")
        path = f"{self._place.name}/host"
        questions: list[list[bytes]] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)
        self._socket.listen()

        def answer() -> None:
            connection, _ = self._socket.accept()
            stream = connection.makefile("rwb")
            questions.append([stream.read(int.from_bytes(stream.read(4), "little")) for _ in range(3)])
            text = (3).to_bytes(4, "little") + b"outerr"
            stream.write((42).to_bytes(4, "little") + len(text).to_bytes(4, "little") + text)
            stream.flush()
            connection.close()

        self._thread = threading.Thread(target=answer, daemon=True)
        self._thread.start()
        return path, questions

    def __exit__(self, *reason: object) -> None:
        self._thread.join(10)
        self._socket.close()
        self._place.cleanup()


def test_without_a_compiler_it_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HNSKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConnectError, match="no cc is on PATH"):
        native_build.build()


def test_the_compilers_first_words_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cc").write_text("#!/bin/sh\necho 'stdio.h: no such file' >&2\nexit 1\n")
    (tmp_path / "cc").chmod(0o755)
    monkeypatch.setenv("HNSKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(ConnectError, match=r"stdio\.h: no such file"):
        native_build.build()
