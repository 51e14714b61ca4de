"""Secrets are references, and a secret does not print itself."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from hnskit.errors import CredentialError
from hnskit.remote import credentials
from hnskit.remote.credentials import Secret, resolve

CANARY = "c4n4ry-s3cret"
HOST = "winrm://host"


def test_environment_and_file_references_give_the_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """env: and file: are read; only the first line of a file counts."""
    monkeypatch.setenv("HNSKIT_TEST_PASSWORD", CANARY)
    assert resolve("env:HNSKIT_TEST_PASSWORD", "u", HOST).reveal() == CANARY
    file = tmp_path / "password"
    file.write_text(f"{CANARY}\nsecond\n")
    file.chmod(0o600)
    assert resolve(f"file:{file}", "u", HOST).reveal() == CANARY


def test_a_secret_does_not_print_or_pickle_itself() -> None:
    """No repr, str, format or pickle of a secret has it."""
    secret = Secret(CANARY)
    assert CANARY not in f"{secret!r} {secret} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("env:HNSKIT_NOT_SET", "HNSKIT_NOT_SET is not set"),
        ("file:/nonexistent/password", "cannot be read"),
        ("keyring:hnskit-test", "keyring"),
        ("prompt", "no password has been typed"),
        (CANARY, "not a kind of credential reference"),
    ],
)
def test_a_missing_secret_is_one_clear_error(reference: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no secret, the error says what to do."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    with pytest.raises(CredentialError, match=words) as caught:
        resolve(reference, "operator", HOST)
    assert caught.value.exit_status == 3
    assert caught.value.next_step or "cannot be read" in words


def test_a_password_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A secret that everybody can read is none."""
    file = tmp_path / "password"
    file.write_text(CANARY)
    file.chmod(0o644)
    with pytest.raises(CredentialError, match="chmod 600"):
        resolve(f"file:{file}", "u", HOST)


def password_file(path: Path, data: bytes) -> str:
    file = path / "password"
    file.write_bytes(data)
    file.chmod(0o600)
    return f"file:{file}"


@pytest.mark.parametrize(
    ("encoding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\r\n"), ("utf-16-le", "\r\n")]
)
def test_a_password_file_may_be_as_windows_tools_write_it(encoding: str, end: str, tmp_path: Path) -> None:
    """A mark of its encoding, which PowerShell 5.1 and its `>` put there, is not part of the password."""
    reference = password_file(tmp_path, f"{CANARY}{end}".encode(encoding))
    assert resolve(reference, "u", HOST).reveal() == CANARY


@pytest.mark.parametrize("data", [f"{CANARY}\u00e9".encode("cp1252"), b"\0\1\2\3" + CANARY.encode()])
def test_a_password_that_could_only_be_guessed_is_not_tried(data: bytes, tmp_path: Path) -> None:
    """A wrong password counts against the account; nothing of it is repeated."""
    with pytest.raises(CredentialError, match="neither UTF-8 nor UTF-16") as caught:
        resolve(password_file(tmp_path, data), "u", HOST)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\n", b"\nsecret\n", b"\xef\xbb\xbf"])
def test_an_empty_password_is_an_error_before_the_host_is_asked(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file and of a variable."""
    monkeypatch.setenv("HNSKIT_TEST_PASSWORD", "")
    for reference in (password_file(tmp_path, data), "env:HNSKIT_TEST_PASSWORD"):
        with pytest.raises(CredentialError, match="is empty"):
            resolve(reference, "u", HOST)


def test_a_typed_password_goes_to_the_host_that_it_was_typed_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the spelling of that host; another host's account of the same name has another password."""
    monkeypatch.setattr(credentials, "_typed", {})
    credentials.remember("winrm://HOST:5986", "Administrator", CANARY)
    assert resolve("prompt", "Administrator", "winrm://host").reveal() == CANARY
    for target, username in (("winrm://other", "Administrator"), ("winrm://host", "other")):
        with pytest.raises(CredentialError, match="no password has been typed"):
            resolve("prompt", username, target)


def test_what_is_asked_for_is_asked_once_and_names_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty answer is not kept."""
    asked: list[str] = []
    answers = iter(["", CANARY])
    monkeypatch.setattr(credentials, "_typed", {})
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return next(answers)

    monkeypatch.setattr("getpass.getpass", ask)
    with pytest.raises(CredentialError, match="is empty"):
        resolve("prompt", "u", HOST)
    assert [resolve("prompt", "u", HOST).reveal() for _ in range(2)] == [CANARY, CANARY]
    assert asked == ["Password of u on winrm://host: "] * 2
