"""docker's command line: flags as each subcommand declares them, refusals as docker prints them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class UsageError(Exception):
    """docker does not take this command line.

    Attributes:
        message: what it prints on stderr.
        exit_code: 125 for a flag, 1 for arguments.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Syntax:
    """One subcommand's flags. Keys are long names or single letters, values the long name."""

    usage: str
    about: str
    values: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)
    least: int = 0
    most: int | None = None
    stop_at_first: bool = False
    """True if everything after the first argument belongs to it (`run`, `exec`)."""

    @property
    def name(self) -> str:
        """`docker run`"""
        return " ".join(word for word in self.usage.split() if word.islower())


@dataclass(slots=True)
class Arguments:
    """A command line, taken apart."""

    values: dict[str, list[str]] = field(default_factory=dict)
    switches: set[str] = field(default_factory=set)
    rest: list[str] = field(default_factory=list)

    def value(self, name: str, default: str = "") -> str:
        """The last value of a flag."""
        return self.values.get(name, [default])[-1]

    def all(self, name: str) -> list[str]:
        """Each value of a flag."""
        return self.values.get(name, [])


def parse(syntax: Syntax, words: list[str]) -> Arguments:
    """Take a command line apart, as docker's own parser does.

    Raises:
        UsageError: docker would refuse it.
    """
    found, queue = Arguments(), list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
            found.rest += queue
            break
        if word.startswith("--"):
            _long(syntax, found, word, queue)
        elif word.startswith("-") and word != "-":
            _short(syntax, found, word, queue)
        else:
            found.rest.append(word)
            if syntax.stop_at_first:
                found.rest += queue
                break
    _count(syntax, found)
    return found


def _long(syntax: Syntax, found: Arguments, word: str, queue: list[str]) -> None:
    name, equals, value = word[2:].partition("=")
    if len(name) > 1 and name in syntax.switches:
        _switch(syntax, found, syntax.switches[name], value if equals else "true", f"--{name}")
    elif len(name) > 1 and name in syntax.values:
        if not equals:
            if not queue:
                raise _flag_error(syntax, f"flag needs an argument: --{name}")
            value = queue.pop(0)
        found.values.setdefault(syntax.values[name], []).append(value)
    else:
        raise _flag_error(syntax, f"unknown flag: --{name}")


def _short(syntax: Syntax, found: Arguments, word: str, queue: list[str]) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in syntax.switches:
            found.switches.add(syntax.switches[letter])
        elif letter in syntax.values:
            if not letters and not queue:
                raise _flag_error(syntax, f"flag needs an argument: '{letter}' in -{word[1:]}")
            value = letters.removeprefix("=") if letters else queue.pop(0)
            found.values.setdefault(syntax.values[letter], []).append(value)
            return
        else:
            raise _flag_error(syntax, f"unknown shorthand flag: '{letter}' in -{word[1:]}")


def _switch(syntax: Syntax, found: Arguments, name: str, value: str, flag: str) -> None:
    if value.lower() in ("true", "t", "1"):
        found.switches.add(name)
    elif value.lower() in ("false", "f", "0"):
        found.switches.discard(name)
    else:
        said = f'invalid argument "{value}" for "{flag}" flag: strconv.ParseBool: parsing "{value}": invalid syntax'
        raise _flag_error(syntax, said)


def _flag_error(syntax: Syntax, message: str) -> UsageError:
    return UsageError(f"{message}\nSee '{syntax.name} --help'.\n", 125)


def _count(syntax: Syntax, found: Arguments) -> None:
    count = len(found.rest)
    if syntax.most is not None and syntax.least == syntax.most and count != syntax.most:
        wanted = "accepts no arguments" if not syntax.most else f"requires exactly {_arguments(syntax.most)}"
    elif count < syntax.least:
        wanted = f"requires at least {_arguments(syntax.least)}"
    elif syntax.most is not None and count > syntax.most:
        wanted = "accepts no arguments" if not syntax.most else f"requires at most {_arguments(syntax.most)}"
    else:
        return
    raise UsageError(
        f"\"{syntax.name}\" {wanted}.\nSee '{syntax.name} --help'.\n\nUsage:  {syntax.usage}\n\n{syntax.about}\n", 1
    )


def _arguments(count: int) -> str:
    return f"{count} argument" + ("" if count == 1 else "s")
