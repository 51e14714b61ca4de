"""The messages of the two engines for the same behaviours, compared field by field.

    python -m tests.emulator.protocol            prints the comparison
    python -m tests.emulator.protocol --write    puts it into docs/engines.md

A difference with a reason stands in the page; one without is a mistake.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.emulator.engines import say, steady
from tests.emulator.protocol_behaviours import BEHAVIOURS, Side, sides
from tests.pages import print_or_write

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
MARK = "<!-- the tables of python -m tests.emulator.protocol -->"


@dataclass(frozen=True)
class Reason:
    """A reason, and what it is the reason of: `behaviour | MESSAGE_TYPE | field`, a regular expression."""

    pattern: str
    text: str


_DOUBLE_KNOWS = (
    "the double runs hnskit's commands and none of PowerShell's own; it says so (HnskitEmulator.NotEmulated)"
)
REASONS = (
    Reason(r"^stream: |^throw \||^the host is asked", _DOUBLE_KNOWS),
    Reason(
        r"^\$PSVersionTable|^a pool is opened \| APPLICATION_PRIVATE_DATA",
        "the double is Windows PowerShell 5.1, the engine another version",
    ),
    Reason(
        r"^three pipelines at once \| \(messages\)",
        "Windows PowerShell 5.1 prepares modules in a shell's first pipeline and says so (recorded); 7 does not",
    ),
    Reason(r"^value: duration", "psrpcore 0.3.1 loses a zero at the end; no command of hnskit puts out a duration"),
    Reason(
        r"^value: uri",
        "psrpcore leaves escapes in a URI, .NET's text of it has none; no command of hnskit puts out a URI",
    ),
    Reason(
        r"InvocationInfo|CommandInfo|PipelineIterationInfo|SerializeExten|ScriptStackTrace",
        "where in which script it happened: the double has no script",
    ),
    Reason(
        r"(Exception/(.*/)?Message|ToString)$",
        "the words of errors are Windows PowerShell 5.1's in the double; they differ between versions",
    ),
    Reason(
        r"Exception/(.*/)?(Data|HelpLink|InnerException|Source|StackTrace|TargetSite|CommandName|CommandInvocation|ErrorId"
        r"|ErrorRecord|Line|Offset|ParameterName|ParameterType|TypeSpecified|WasThrownFromThrowStatement)\b",
        "members of .NET's exceptions, which no client of hnskit reads",
    ),
)


@dataclass(frozen=True)
class Difference:
    """A field, or a message, that the two have differently."""

    behaviour: str
    message: str
    field: str
    python: str
    pwsh: str

    @property
    def reason(self) -> str | None:
        """Why; None: nobody knows, and it is a mistake."""
        key = f"{self.behaviour} | {self.message} | {self.field}"
        return next((reason.text for reason in REASONS if re.search(reason.pattern, key)), None)


_RANDOM = {"/EncryptedSessionKey"}


def compare(behaviour: str, two: tuple[Side, Side]) -> list[Difference]:
    """What a behaviour looks like on both sides, where it is not the same."""
    python, pwsh = (BEHAVIOURS[behaviour](side) for side in two)
    types = tuple(" ".join(message.type for message in messages) for messages in (python, pwsh))
    if types[0] != types[1]:
        return [Difference(behaviour, "(messages)", "", *types)]
    found = []
    for one, other in zip(python, pwsh, strict=True):
        for field in sorted({*one.fields, *other.fields} - _RANDOM):
            values = tuple(steady(message.fields.get(field, "(absent)")) for message in (one, other))
            if values[0] != values[1]:
                found.append(Difference(behaviour, one.type, field.lstrip("/"), *values))
    return found


def engine_version(side: Side) -> str:
    """Of a real engine."""
    (message,) = say(side.plain, "$PSVersionTable.PSVersion.ToString()").of("PIPELINE_OUTPUT")
    return message.fields["/"][2:]


def all_differences(two: tuple[Side, Side]) -> list[Difference]:
    """Of every behaviour."""
    return [difference for name in BEHAVIOURS for difference in compare(name, two)]


def tables(found: list[Difference], version: str) -> str:
    """The comparison as Markdown: what is the same, and what is not and why."""
    differing = {difference.behaviour for difference in found}
    same = [name for name in BEHAVIOURS if name not in differing]
    lines = [
        f"Compared with PowerShell {version}.",
        "",
        f"The same in every message and field ({len(same)}): {'; '.join(same)}.",
        "",
    ]
    lines += ["| behaviour | what differs | python | pwsh | why |", "|---|---|---|---|---|"]
    rows: dict[tuple[str, str], list[Difference]] = {}
    for difference in found:
        rows.setdefault((difference.behaviour, difference.reason or "**not known**"), []).append(difference)
    for (behaviour, reason), differences in rows.items():
        first = differences[0]
        fields = list(dict.fromkeys(_short(difference) for difference in differences))
        shown = ", ".join(fields[:4]) + (f" and {len(fields) - 4} more" if len(fields) > 4 else "")
        values = ("", "") if len(differences) > 1 else (_cell(first.python), _cell(first.pwsh))
        lines.append(f"| {_cell(behaviour)} | {_cell(shown)} | {values[0]} | {values[1]} | {_cell(reason)} |")
    return "\n".join(lines)


def _short(difference: Difference) -> str:
    if not difference.field:
        return difference.message if difference.message == "(messages)" else f"{difference.message}: the value"
    parts = difference.field.removeprefix("ExceptionAsErrorRecord/").split("/")
    return "/".join(parts[:2] if parts[0] == "Exception" else parts[:1])


def _cell(text: str) -> str:
    short = text if len(text) <= 140 else f"{text[:140]}…"
    return short.replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Print the comparison, or put it into the page."""
    with tempfile.TemporaryDirectory() as place, sides(Path(place)) as two:
        text = tables(all_differences(two), engine_version(two[1]))
    print_or_write(PAGE, MARK, text)


if __name__ == "__main__":
    main()
