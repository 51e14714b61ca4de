"""The one masker: whatever looks like a secret becomes `***` wherever something is written for others.

A table of forms says how secrets stand in text; `mask_command` knows the words of a command, `mask_data` the keys of
JSON. A value that was masked once, and is not an everyday word, is masked from then on wherever this process writes
it (`learn`): a password seen beside `--password` is not printed when it stands alone. docs/secrets.md has the table for
readers, and what no masker can know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MASK = "***"

_NAMES = (
    r"pass(?:word|wd|phrase|code)|(?<!by)pass(?![a-z])|pwd|secret|token|credential|"
    r"(?:api|private|access|account|shared|signing|encryption)[-_]?key|authorization|cookie"
)
_WORD = rf"(?:[\w.-]*(?:{_NAMES})[\w-]*|pw|sig|sas)"
_KEY = re.compile(rf"{_NAMES}|(?<![a-z])(?:pw|sig|sas)(?![a-z])", re.IGNORECASE)
_REFERENCE = re.compile(r"(?:env|keyring|file):\S*|prompt|\*\*\*|")
"""References to secrets, which are none; and words without one."""
_SCHEMES = r"(?:Bearer|Basic|Digest|Negotiate|NTLM|Token|ApiKey)"

FORMS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "a private key",
        re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.DOTALL),
        MASK,
    ),
    (
        "a header",
        re.compile(
            rf"(\b(?:Proxy-)?Authorization[\"']?\s*[:=]\s*[\"']?(?:{_SCHEMES}\s+)?"
            rf"|\b(?:X-[\w-]*(?:Key|Token|Auth|Secret)|(?:Set-)?Cookie)[\"']?\s*[:=]\s*[\"']?)(?!\*\*\*|{_SCHEMES}\s)[^\s\"',][^\s\"',;]*",
            re.IGNORECASE,
        ),
        rf"\g<1>{MASK}",
    ),
    ("a login scheme", re.compile(r"\b((?:Bearer|Basic)\s+)(?=[^\s]{8,})[\w.~+/=-]+"), rf"\g<1>{MASK}"),
    (
        "JSON's members",
        re.compile(
            rf"([\"']{_WORD}[\"']\s*[:=]\s*)"
            r"(?:\"(?!\*\*\*|(?:env|keyring|file):|prompt\")(?:[^\"\\]|\\.)*\"|'(?!\*\*\*|(?:env|keyring|file):|prompt')[^']*')",
            re.IGNORECASE,
        ),
        rf'\g<1>"{MASK}"',
    ),
    (
        "name=value, name:value",
        re.compile(
            rf"((?<![\w.-]){_WORD}(?:\s*=\s*|:(?=[^\s/\\])))"
            r"(?!\*\*\*|(?:env|keyring|file):|prompt\b)(?:\"[^\"]*\"|'[^']*'|[^\s;&,\"']+)",
            re.IGNORECASE,
        ),
        rf"\g<1>{MASK}",
    ),
    (
        "--name value, /name value",
        re.compile(
            rf"((?:(?<=^)|(?<=[\s\"'\[(]))(?:--?|/){_WORD}[\"']?,?\s+[\"']?)(?![-/\"']|\*\*\*)[^\s\"',]+", re.IGNORECASE
        ),
        rf"\g<1>{MASK}",
    ),
    (
        "-u user:password",
        re.compile(r"((?:(?<=^)|(?<=[\s\"'\[(]))(?:-u|--user|--proxy-user)[\"']?,?[\s=]+[\"']?[^\s:\"']+:)[^\s\"',]+"),
        rf"\g<1>{MASK}",
    ),
    ("a URL's user", re.compile(r"(\b\w[\w+.-]*://[^/@\s:]*:)(?!\*\*\*@)[^/@\s]+@"), rf"\g<1>{MASK}@"),
    ("a URL's token", re.compile(r"(\b\w[\w+.-]*://)[^/@\s:]{20,}@"), rf"\g<1>{MASK}@"),
    (
        "shapes of tokens",
        re.compile(
            r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
            r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bxox[abeprs]-[\w-]{10,}|\bAIza[\w-]{30,}|\bsk-[\w-]{20,}"
        ),
        MASK,
    ),
)
"""Forms of secrets in a text: name, pattern, replacement. In this order."""

_HINT = re.compile(
    r"pass|pwd|secret|token|key|cred|auth|cookie|bearer|basic|sig|sas|pw|://[^/\s]*@|eyj|gh[pousr]_|github_|glpat|akia|asia"
    r"|xox|aiza|sk-|-u[\s\"=]|--user|--proxy-user",
    re.IGNORECASE,
)
"""In every text that one of the forms is in: most texts are done with this one look."""

_SHORT_OPTIONS = ("-p", "-P", "-pw", "/pw", "/p", "/P", "-w")
"""A password follows them in the commands of databases, of Windows and of PuTTY; what follows is masked even if it is
none, a port of its own apart."""
_STRONG = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[^\s/\\.:]{8,}")
"""After `-p` may stand anything; what is learnt is not a path, an address or a plain word."""
_PORT = re.compile(r"[\d.:/]{1,21}(?:tcp|udp)?")
_SHORT_IN_TEXT = re.compile(r"((?:^|\s)(?:-p|-P|-pw|/pw)\s+)(?![\d.:/]+(?:\s|$)|[-/]|\*\*\*)\S+")

_SHORT_SET = frozenset(_SHORT_OPTIONS)
_known: set[str] = set()
_pending: list[list[tuple[Sequence[str], Mapping[str, str]]]] = []
_known_pattern: re.Pattern[str] | None = None
_MANY = 200  # values that are looked for within words; of more each must be a word of its own
_TOKEN = re.compile(r"[^\s\"',;&=:@()\[\]{}<>]+")
_LONG = 2_000  # characters of a text that is masked line by line
_LEAST = 6  # characters of a value that is looked for wherever it stands


def learn(value: str) -> None:
    """Mask this value from now on, wherever it stands, in this process; what could be a plain word is not."""
    global _known_pattern  # noqa: PLW0603 - what this process has seen, kept nowhere else
    plain = value.isalpha() and value.islower()
    if len(value) < _LEAST or plain or value in _known or _PORT.fullmatch(value) or _REFERENCE.fullmatch(value):
        return
    _known.add(value)
    if len(_known) > _MANY:  # an alternation of thousands would be tried at each letter
        _known_pattern = _TOKEN
    else:
        _known_pattern = re.compile("|".join(re.escape(one) for one in sorted(_known, key=len, reverse=True)))


def forget() -> None:
    """Know no values any more: for tests."""
    global _known_pattern  # noqa: PLW0603
    _known.clear()
    _pending.clear()
    _known_pattern = None


def is_secret_key(key: str) -> bool:
    """Tell whether the name of a parameter, a label, a header or a variable says that its value is secret."""
    return _KEY.search(key) is not None


def may_hold_secret(text: str) -> bool:
    """Tell whether `mask_text` may change the text: one quick look."""
    _catch_up()
    return _HINT.search(text) is not None or (_known_pattern is not None and _known_pattern.search(text) is not None)


def mask_text(text: str) -> str:
    """A text without the secrets in it."""
    if _pending:
        _catch_up()
    if len(text) > _LONG and "-----BEGIN" not in text:
        return "".join(map(_mask_part, text.splitlines(keepends=True)))
    return _mask_part(text)


def _mask_part(text: str) -> str:
    if _HINT.search(text):
        for _, pattern, instead in FORMS:
            text = pattern.sub(instead, text)
    return _known_pattern.sub(_known_word, text) if _known_pattern is not None else text


def _known_word(match: re.Match[str]) -> str:
    return MASK if match[0] in _known else match[0]


def mask_value(text: str) -> str:
    """The text of one word or label, of which a secret may be all that follows: connection strings, `cmd /c "…"`."""
    masked = _PAIR.sub(rf"\g<1>{MASK}", text) if _HINT.search(text) else text
    return mask_text(_SHORT_IN_TEXT.sub(rf"\g<1>{MASK}", masked))


_PAIR = re.compile(
    rf"((?:^|[^A-Za-z0-9])(?:[\w-]*(?:{_NAMES})[\w-]*|pw|sig|sas)\s*[=:]\s*)(?!//|(?:{_SCHEMES})\s)[^;&]+",
    re.IGNORECASE,
)


def mask_command(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a command: the word after an option that names a secret, and what is secret within a word."""
    masked = list(words)
    for number, word in enumerate(words):
        before = words[number - 1] if number else ""
        option = before.startswith(("-", "/")) and not re.search("[=:]", before)
        if option and _is_secret_option(before, word):
            masked[number] = MASK
        elif before in ("-u", "--user", "--proxy-user") and ":" in word:
            masked[number] = f"{word.partition(':')[0]}:{MASK}"
        else:
            masked[number] = mask_value(word)
    return tuple(masked)


def _is_secret_option(option: str, value: str) -> bool:
    if option in _SHORT_OPTIONS:
        return not _PORT.fullmatch(value) and not (option in ("/p", "/P", "-w") and value.startswith(("-", "/")))
    return is_secret_key(option.lstrip("-/")) and not (value.startswith("--") and len(value) > 2)


def learn_command(words: Sequence[str]) -> None:
    """Learn what `mask_command` masks whole or behind a name."""
    for number, (word, masked) in enumerate(zip(words, mask_command(words), strict=True)):
        if masked == word:
            continue
        if masked == MASK and (words[number - 1] not in _SHORT_OPTIONS or _STRONG.fullmatch(word)):
            learn(word)
        for found in _differences(word, masked):
            learn(found)


def learn_data(data: Any, key: str = "") -> None:
    """Learn what `mask_data` masks by the keys of JSON."""
    if isinstance(data, str):
        if key and hides(key, data):
            learn(data)
            learn(data.rpartition(" ")[2])  # of `Bearer X` the X
    elif isinstance(data, Mapping):
        for name, value in data.items():
            learn_data(value, str(name))
    elif isinstance(data, list | tuple):
        for item in data:
            learn_data(item, key)


def learn_later(commands: Iterable[tuple[Sequence[str], Mapping[str, str]]]) -> None:
    """Learn from commands and their labels as soon as something is masked: whoever only reads does not pay for it."""
    _pending.append(list(commands))


def _catch_up() -> None:
    while _pending:
        for words, labels in _pending.pop():
            if _HINT.search(" ".join(words)) or not _SHORT_SET.isdisjoint(words):
                learn_command(words)
            if labels:
                learn_data(labels)


def _differences(text: str, masked: str) -> Iterable[str]:
    """Find the words that a masked text replaced by `***`."""
    pattern = "(.+?)".join(re.escape(part) for part in masked.split(MASK))
    match = re.fullmatch(pattern, text, re.DOTALL)
    return match.groups() if match and masked != MASK else ()


def mask_override(override: str) -> str:
    """`key.path=value`, as `--set` takes it, masked by its key."""
    path, equals, value = override.partition("=")
    return f"{path}{equals}{MASK}" if hides(path, value) else mask_text(override)


def hides(path: str, value: str) -> bool:
    """Tell whether the value of a parameter is masked: its key says so, and it is not a reference to a secret."""
    return is_secret_key(path) and not _REFERENCE.fullmatch(value.strip().strip("\"'"))


def mask_data(data: Any, key: str = "") -> Any:
    """JSON without the secrets in it: by the keys of its members, and by the forms in its texts."""
    if isinstance(data, str):
        return MASK if key and hides(key, data) else mask_text(data)
    if isinstance(data, Mapping):
        return {name: mask_data(value, str(name)) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [mask_data(item, key) for item in data]
    return data
