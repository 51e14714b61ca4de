"""Secrets are references, and a secret does not print itself."""

from __future__ import annotations

import pickle

import pytest

from hnskit.errors import CredentialError
from hnskit.remote.credentials import Secret, resolve

CANARY = "c4n4ry-s3cret"


def test_environment_and_file_references_give_the_secret(monkeypatch, tmp_path):
    """env: and file: are read; only the first line of a file counts."""
    monkeypatch.setenv("HNSKIT_TEST_PASSWORD", CANARY)
    assert resolve("env:HNSKIT_TEST_PASSWORD", "u").reveal() == CANARY
    file = tmp_path / "password"
    file.write_text(f"{CANARY}\nsecond\n")
    file.chmod(0o600)
    assert resolve(f"file:{file}", "u").reveal() == CANARY


def test_a_secret_does_not_print_or_pickle_itself():
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
def test_a_missing_secret_is_one_clear_error(reference, words, monkeypatch):
    """Where there is no secret, the error says what to do."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    with pytest.raises(CredentialError, match=words) as caught:
        resolve(reference, "operator")
    assert caught.value.exit_status == 3
    assert caught.value.next_step or "cannot be read" in words


def test_a_password_file_that_others_can_read_is_refused(tmp_path):
    """A secret that everybody can read is none."""
    file = tmp_path / "password"
    file.write_text(CANARY)
    file.chmod(0o644)
    with pytest.raises(CredentialError, match="chmod 600"):
        resolve(f"file:{file}", "u")
