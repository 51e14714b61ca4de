"""Parameter files that mean harm: each is a mistake with its path and exit status 2, and no secret is repeated."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hnskit.errors import CredentialError, ParamsError
from hnskit.params.loading import load_params, parse_params
from hnskit.remote import credentials
from tests import sample_facts

PARAMS = Path(__file__).parent.parent.parent / "params" / "emulator.yaml"
CANARY = "Canary-7f3e91"


@pytest.mark.parametrize(
    "text",
    [
        "target: 2026-02-31", "target: " + "9" * 5_000, "[" * 3_000, "{a: " * 3_000, "a: &a [*a]",
        "!!python/object:os.x {}", "target: !!binary x", "? [1]\n: x", "a: 1\na: 2", "\x00", "- 1", "",
    ],
    ids=range(12),
)  # fmt: skip
def test_yaml_that_is_none_is_a_mistake(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(ParamsError) as caught:
        load_params(path)
    assert caught.value.exit_status == 2


@given(st.text(max_size=200))
@settings(max_examples=60)
def test_no_text_is_anything_but_parameters_or_a_mistake(text: str) -> None:
    try:
        load_params(PARAMS, overrides=[f"clients[0].name={text}", text])
    except ParamsError:
        return


@pytest.mark.parametrize("key", ["password", "token", "api_key"])
def test_a_secret_at_a_key_that_is_none_is_not_repeated(key: str) -> None:
    with pytest.raises(ParamsError) as caught:
        load_params(PARAMS, overrides=[f"{key}={CANARY}"])
    assert CANARY not in str(caught.value) + repr(caught.value.to_json())


@pytest.mark.parametrize(
    "override",
    [
        'verify.headers={X-A: "a\\r\\nX-B: b"}', 'verify.headers={"X-A: b\\r\\nc": "a"}', 'verify.headers={"a b": "c"}',
        'verify.headers={X-A: "\\0"}', "verify.headers={X-A: \u00e9}",
    ],
)  # fmt: skip
def test_a_header_is_one_line(override: str) -> None:
    with pytest.raises(ParamsError, match="header"):
        load_params(PARAMS, overrides=[override])


@pytest.mark.parametrize("place", ["clients[0]", "proxy"])
def test_an_empty_word_of_a_command_is_found_before_any_change(place: str) -> None:
    """Windows PowerShell would refuse it on the host, after other changes."""
    with pytest.raises(ParamsError, match="must not be empty"):
        load_params(PARAMS, overrides=[f'{place}.command=["ping.exe", ""]'])


@pytest.mark.skipif(os.name != "posix", reason="no such devices")
@pytest.mark.parametrize("kind", ["device", "pipe", "directory", "large"])
def test_a_password_file_is_a_file_of_modest_size(kind: str, tmp_path: Path) -> None:
    """An endless device would fill the memory, and a pipe would wait for ever."""
    path = tmp_path / kind
    if kind == "device":
        path = Path("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path, 0o600)
    elif kind == "directory":
        path.mkdir()
    else:
        path.write_bytes(b"x" * 100_000)
        path.chmod(0o600)
    with pytest.raises(CredentialError):
        credentials.resolve(f"file:{path}", "user", "winrm://host")


_LEVELS = 20_000
_BOMB = "a0: &a0 [1, 1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: " + "[" * _LEVELS + "]" * _LEVELS, "more than 50 levels"),
        ("- " * _LEVELS + "x", "more than 50 levels"),
        ("a: " + "{b: " * _LEVELS, "more than 50 levels"),
        (_BOMB, "more than 200000 values"),
        ("#" * (1 << 20) + "#", "larger than 1 MiB"),
    ],
    ids=["brackets", "dashes", "braces", "aliases", "size"],
)
def test_what_nobody_has_written_is_refused_before_anything_is_made_of_it(tmp_path: Path, text: str, said: str) -> None:
    """It took 19 seconds, or for ever."""
    file = tmp_path / "params.yaml"
    file.write_text(text)
    with pytest.raises(ParamsError, match=said) as caught:
        load_params(file)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("port", [{}, [], [80], {"a": 1}, "80", None, True, 1.5])
def test_a_port_of_any_kind_is_a_mistake_and_no_crash(port: object) -> None:
    """Rules between keys see what was written, before anything is checked."""
    data = yaml.safe_load(PARAMS.read_text())
    data["redirect"]["port"] = port
    with contextlib.suppress(ParamsError):
        parse_params(data)


@pytest.mark.parametrize("value", ["&a [*a]", "&a {b: *a}", "&a [{c: [*a]}]"])
def test_a_value_that_contains_itself_is_a_mistake(value: str, tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="not YAML"):
        load_params(sample_facts.PARAMS, overrides=[f"proxy.command={value}"])
    path = tmp_path / "own.yaml"
    path.write_text(f"{sample_facts.PARAMS.read_text()}\nmore: {value}\n")
    with pytest.raises(ParamsError, match="contains itself"):
        load_params(path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("target: x".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        ("target: x".encode("utf-16-le"), "is UTF-16; save it as UTF-8"),
        (b"target: \xe4", "is not UTF-8 text; save it as UTF-8"),
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"proxy:\n\timage: x", r"line 2: .*: a tab \(YAML is indented with blanks\)"),
        (b"a: \x01", "control characters are not allowed$"),
    ],
)
def test_a_file_that_is_no_parameter_file_is_told_in_words_of_one_who_saves_it(
    data: bytes, said: str, tmp_path: Path
) -> None:
    """UTF-16 is what `>` of Windows PowerShell writes."""
    file = tmp_path / "params.yaml"
    file.write_bytes(data)
    with pytest.raises(ParamsError) as caught:
        load_params(file)
    assert re.search(said, caught.value.args[0], re.MULTILINE)
    assert "unicode string" not in str(caught.value)
