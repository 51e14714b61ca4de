"""What looks like a secret is `***` wherever it is written for others; what is none stays readable."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hnskit.foreign_text import masking
from hnskit.foreign_text.masking import MASK, learn_command, mask_command, mask_data, mask_override, mask_text

CANARY = "Canary-7f3a91"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    masking.forget()
    yield
    masking.forget()


@pytest.mark.parametrize(
    "text",
    [
        f"srv --password {CANARY} --port 80",
        f"srv --token={CANARY}",
        f"srv --api-key '{CANARY}'",
        f"net use /password:{CANARY}",
        f"['--password', '{CANARY}']",
        f"git clone https://u:{CANARY}@host/x",
        f"git clone https://{CANARY}abcdefghij@host/x",
        f"curl -u me:{CANARY} https://host/",
        f"Authorization: Bearer {CANARY}",
        f"authorization=Basic {CANARY}",
        f"X-Vault-Token: {CANARY}",
        f"Cookie: {CANARY}",
        f"sent Bearer {CANARY}",
        f"PGPASSWORD={CANARY} psql",
        f"DB_SECRET={CANARY}",
        f"Server=db;User=sa;Password={CANARY};Encrypt=1",
        f"AccountName=x;AccountKey={CANARY}==;EndpointSuffix=core",
        f"https://x.blob/?sv=1&sig={CANARY}",
        f'{{"password": "{CANARY}"}}',
        f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----",
        f"ghp_{CANARY.replace('-', '0')}0000000000",
        f"eyJhbGciOiJI.{CANARY}00.sig",
    ],
)
def test_each_form_of_a_secret_is_masked(text: str) -> None:
    shown = mask_text(text)
    assert CANARY not in shown
    assert CANARY.replace("-", "0") not in shown
    assert MASK in shown
    assert mask_text(shown) == shown, "masking twice is masking once"


@pytest.mark.parametrize(
    "text",
    [
        "connection.credential: the environment variable HNSKIT_PASSWORD is not set",
        "credential: env:HNSKIT_PASSWORD",
        "Set it to env:NAME, file:PATH, keyring:SERVICE or prompt; never to the password itself.",
        "the password of admin for winrm://host is empty",
        "auth=ntlm, --auth kerberos",
        "the address is authoritative: 10.0.0.1",
        "bypass=1 compassion=2",
        "keep_network=true",
        "docker run -p 8080:80 web",
        "https://host/path?x=1",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    "words",
    [
        ("srv", "--password", CANARY),
        ("srv", f"--password={CANARY}"),
        ("mysql", "-p", CANARY),
        ("sqlcmd", "-P", CANARY),
        ("curl", "-u", f"me:{CANARY}"),
        ("curl", "-H", f"Authorization: Bearer {CANARY}"),
        ("cmd", "/c", f"mysql -p {CANARY}"),
        ("cmd", "/c", f"set DB_PASSWORD={CANARY} && go"),
    ],
)
def test_the_words_of_a_command_are_masked(words: tuple[str, ...]) -> None:
    assert CANARY not in " ".join(mask_command(words))


def test_ports_after_a_short_option_stay() -> None:
    assert mask_command(("docker", "run", "-p", "8080:80", "web")) == ("docker", "run", "-p", "8080:80", "web")


def test_what_was_masked_once_is_masked_wherever_it_stands_alone() -> None:
    learn_command(("srv", "--password", CANARY, "--mode", "fast"))
    assert mask_text(f"started with {CANARY}") == f"started with {MASK}"
    assert mask_text("fast") == "fast"


def test_everyday_words_are_not_learnt() -> None:
    masking.learn("docker")
    masking.learn("80:80")
    masking.learn("env:HNSKIT_PASSWORD")
    assert mask_text("docker 80:80 env:HNSKIT_PASSWORD") == "docker 80:80 env:HNSKIT_PASSWORD"


def test_overrides_are_masked_by_their_key() -> None:
    assert mask_override(f"verify.headers.Authorization={CANARY}") == f"verify.headers.Authorization={MASK}"
    assert mask_override("connection.credential=env:HOST") == "connection.credential=env:HOST"
    assert mask_override("clients[0].address=10.0.1.7") == "clients[0].address=10.0.1.7"


def test_json_is_masked_by_its_keys_and_in_its_texts() -> None:
    data = {"headers": {"Authorization": CANARY}, "n": 1, "steps": [f"run --token {CANARY}"], "credential": "env:X"}
    assert mask_data(data) == {
        "headers": {"Authorization": MASK}, "n": 1, "steps": [f"run --token {MASK}"], "credential": "env:X",
    }  # fmt: skip
