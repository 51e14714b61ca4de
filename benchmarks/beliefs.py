"""The beliefs about one host held against each other: its data plane, and explain.

`python -m benchmarks.beliefs` runs each scenario of tests/emulator/belief_table.py and prints the table; `--write`
puts it into docs/beliefs.md. It ends with 1 if the two disagree where no question says why.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from tests.emulator.belief_scenarios import BeliefScenario, explained, reached_by_the_plane
from tests.emulator.belief_table import SCENARIOS
from tests.emulator.host_scenario import Scenario

DOCUMENT = Path(__file__).parent.parent / "docs" / "beliefs.md"
_HEAD = """# Two beliefs about one host

The emulated host answers requests by a data plane of its own (`hnskit/emulator/host/dataplane/`), `hnskit explain` by
a trace of a snapshot (`hnskit/diagnosis/`). They share no code; both are written from [facts.md](facts.md). Each
scenario below is asked of both: where does the client's connection to 169.254.169.254:80 arrive (or another one, which
its name says), and where the proxy's own request for it?

Made by `python -m benchmarks.beliefs --write`; a test holds it to the code. That the two agree proves neither right
about Windows: where a fact is UNCONFIRMED, both rest on the same guess, and `explain` marks it at the hop.
"""


@dataclass(frozen=True, slots=True)
class Belief:
    """A scenario, and what each side believes of it."""

    case: BeliefScenario
    plane: str
    explain: str

    @property
    def agree(self) -> bool:
        """Tell whether the two say the same."""
        return self.plane == self.explain

    @property
    def settled(self) -> bool:
        """Tell whether they agree, or a question says why not."""
        return self.agree != (self.case.question is not None)


def ask(case: BeliefScenario) -> Belief:
    """Build a scenario's host, and ask both."""
    scenario = case.build()
    return Belief(
        case, _named(scenario, reached_by_the_plane(scenario, case)), _named(scenario, explained(scenario, case))
    )


def _named(scenario: Scenario, words: str) -> str:
    """Addresses that HNS chose, by whose they are."""
    return words.replace(scenario.proxy["IPAddress"], "PROXY").replace(scenario.client["IPAddress"], "CLIENT")


def document(beliefs: list[Belief]) -> str:
    """The page."""
    agreed, asked = sum(item.agree for item in beliefs), [item for item in beliefs if item.case.question]
    lines = [_HEAD, f"{len(beliefs)} scenarios: {agreed} agreements, {len(asked)} open questions, "
             f"{sum(not item.settled for item in beliefs)} unexplained disagreements.", ""]  # fmt: skip
    for group in dict.fromkeys(item.case.group for item in beliefs):
        lines += [f"## {group[0].upper()}{group[1:]}", "", "| scenario | data plane | explain |", "|---|---|---|"]
        lines += [_row(item) for item in beliefs if item.case.group == group]
        lines.append("")
    lines += ["## Open questions", "", "UNCONFIRMED. tests/contract/test_open_questions.py asks them of a host.", ""]
    for item in asked:
        assert item.case.question is not None
        lines += [f"**{item.case.name}.** {_sentence(item.case.question.because)} *To ask a real host:* "
                  f"{item.case.question.ask}", ""]  # fmt: skip
    return "\n".join(lines)


def _row(item: Belief) -> str:
    explain = "the same" if item.agree else item.explain
    return f"| {item.case.name} | {item.plane} | {explain} |"


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def main() -> int:
    """Print the table or write it; 1 if a disagreement has no explanation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    wanted = parser.parse_args()
    beliefs = [ask(case) for case in SCENARIOS]
    text = document(beliefs)
    if wanted.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    print(text if not wanted.write else f"{DOCUMENT}: {len(beliefs)} scenarios")
    return int(any(not item.settled for item in beliefs))


if __name__ == "__main__":
    raise SystemExit(main())
