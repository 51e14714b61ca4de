"""The open questions of tests/contract/questions as a table: what hnskit believes, and what hosts have answered.

`python -m benchmarks.open_facts` prints it, `--write` puts it into docs/open-facts.md, `--seen FILE` (many) takes
the answers of a real host, as `pytest tests/contract/test_questions.py --seen FILE` or windows-host.yml wrote them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.contract.questions import QUESTIONS

DOCUMENT = Path(__file__).parent.parent / "docs" / "open-facts.md"
_HEAD = """# Open facts, as questions to a host

What [facts.md](facts.md) and its neighbours mark UNCONFIRMED, or rest on one source, and a Windows Server with
containers could settle. Each line is a contract test (tests/contract/questions): it says what was seen, and fails where
that is not what hnskit believes, so a failure on a real host is an answer. **No Windows host has answered yet**; the
emulated host's answers, as Server 2022, are the beliefs themselves (2025 lists other members of objects), and
0x80004001 is its own "not emulated".

    HNSKIT_TEST_TARGET=my-host.yaml .venv/bin/python -m pytest tests/contract/test_questions.py --seen seen.json
    ... --change-host      also those marked "yes": with the redirect up, on endpoints and a container of their own

The workflow `windows host` (.github/workflows/windows-host.yml) asks the same on machines that GitHub hosts; it has not
run yet. Answers come in here by `python -m benchmarks.open_facts --write --seen seen.json`.
"""


def rows(answers: dict[str, list[str]]) -> list[str]:
    """The lines of the table.

    Args:
        answers: name of a question -> what hosts answered.

    Returns:
        A line for each question, in Markdown.
    """
    lines = []
    for one in QUESTIONS:
        said = "; ".join(dict.fromkeys(answers.get(one.name, []))) or "not asked"
        asks = "yes" if one.changes else "no"
        settles = one.settles or "—"
        lines.append(f"| `{one.name}` | {one.words} | {one.source} | {settles} | {asks} | {one.believed} | {said} |")
    return lines


def document(answers: dict[str, list[str]]) -> str:
    """Return the page."""
    head = (
        "| question | in words | open at | settles | changes the host | believed | seen on Windows |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    settling = [one.settles for one in QUESTIONS if one.settles]
    counted = (
        f"{len(QUESTIONS)} questions. {len(settling)} of them settle, or settle in part, one of {len(set(settling))} "
        "facts that are\nmarked UNCONFIRMED, or are in a list of what is not known (N1, N2, …); "
        "the others rest on few sources."
    )
    return f"{_HEAD}\n{counted}\n\n{head}" + "\n".join(rows(answers)) + "\n"


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--seen", action="append", default=[], type=Path)
    given = parser.parse_args()
    answers: dict[str, list[str]] = {}
    for file in given.seen:
        for name, answer in json.loads(file.read_text(encoding="utf-8")).items():
            answers.setdefault(name, []).append(answer)
    if given.write:
        DOCUMENT.write_text(document(answers), encoding="utf-8")
    else:
        print(document(answers))


if __name__ == "__main__":
    main()
