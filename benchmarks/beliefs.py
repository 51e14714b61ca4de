"""The beliefs about one host held against each other: its data plane, real packets, and explain.

`python -m benchmarks.beliefs` runs each scenario of tests/emulator/belief_table.py and prints the table; `--write`
puts it into docs/beliefs.md. It ends with 1 if two of them disagree where no question says why, and with 2 where this
machine has no real packets (`--without-packets` leaves them out, and takes their column from the expectations).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from hnskit.emulator.packets.helper_client import PacketsError
from tests.emulator.belief_packets import PacketJudge
from tests.emulator.belief_scenarios import BeliefScenario, explained, reached_by_the_plane
from tests.emulator.belief_table import SCENARIOS
from tests.emulator.host_scenario import Scenario

DOCUMENT = Path(__file__).parent.parent / "docs" / "beliefs.md"
_HEAD = """# Two beliefs about one host, and real packets

The emulated host answers requests by a data plane of its own (`hnskit/emulator/host/dataplane/`), `hnskit explain` by
a trace of a snapshot (`hnskit/diagnosis/`). They share no code; both are written from [facts.md](facts.md). Each
scenario below is asked of both: where does the client's connection to 169.254.169.254:80 arrive (or another one, which
its name says), and where the proxy's own request for it?

The third judge is Linux ([packets.md](packets.md)): each host's compartments are made network namespaces, and the
connection is made by real TCP (or UDP) to something that really listens on the ports of interest, everywhere. What it
judges is the way: routes, ARP, the order of ACLs, the rewrite and its state, NAT, forwarding, the answers. What a
policy's keys mean is read by the data plane (`port_rules.py`) for both, so the group *Keys* has two beliefs, not three.
It shows Linux, not Windows.

Made by `python -m benchmarks.beliefs --write`; tests hold it to the code. That they agree proves none of them right
about Windows: where a fact is UNCONFIRMED, all rest on the same guess, and `explain` marks it at the hop.
"""


@dataclass(frozen=True, slots=True)
class Belief:
    """A scenario, and what each side believes of it."""

    case: BeliefScenario
    plane: str
    explain: str
    packets: str

    @property
    def agree(self) -> bool:
        """Tell whether all say the same."""
        return self.plane == self.explain == self.packets

    @property
    def settled(self) -> bool:
        """Tell whether they agree, or a question says why not."""
        return self.agree != (self.case.question is not None)


def ask(case: BeliefScenario, judge: PacketJudge | None = None) -> Belief:
    """Build a scenario's host, and ask the data plane, explain and, where there is a judge, real packets."""
    scenario = case.build()
    plane, explain = reached_by_the_plane(scenario, case), explained(scenario, case)
    shown = _named(scenario, judge.reached(scenario, case)) if judge is not None else case.expected
    return Belief(case, _named(scenario, plane), _named(scenario, explain), shown)


def _named(scenario: Scenario, words: str) -> str:
    """Addresses that HNS chose, by whose they are."""
    return words.replace(scenario.proxy["IPAddress"], "PROXY").replace(scenario.client["IPAddress"], "CLIENT")


def document(beliefs: list[Belief]) -> str:
    """The page."""
    agreed, asked = sum(item.agree for item in beliefs), [item for item in beliefs if item.case.question]
    lines = [_HEAD, f"{len(beliefs)} scenarios: {agreed} agreements, {len(asked)} open questions, "
             f"{sum(not item.settled for item in beliefs)} unexplained disagreements.", ""]  # fmt: skip
    for group in dict.fromkeys(item.case.group for item in beliefs):
        lines += [f"## {group[0].upper()}{group[1:]}", "", "| scenario | data plane | real packets | explain |",
                  "|---|---|---|---|"]  # fmt: skip
        lines += [_row(item) for item in beliefs if item.case.group == group]
        lines.append("")
    lines += ["## Open questions", "", "UNCONFIRMED. tests/contract/test_open_questions.py asks them of a host.", ""]
    for item in asked:
        assert item.case.question is not None
        lines += [f"**{item.case.name}.** {_sentence(item.case.question.because)} *To ask a real host:* "
                  f"{item.case.question.ask}", ""]  # fmt: skip
    return "\n".join(lines)


def _row(item: Belief) -> str:
    packets, explain = ("the same" if said == item.plane else said for said in (item.packets, item.explain))
    return f"| {item.case.name} | {item.plane} | {packets} | {explain} |"


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def main() -> int:
    """Print the table or write it; 1 if a disagreement has no explanation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    parser.add_argument("--without-packets", action="store_true", help="where this machine has none")
    wanted = parser.parse_args()
    try:
        judge = None if wanted.without_packets else PacketJudge()
    except PacketsError as problem:
        print(f"There are no real packets here: {problem}. --without-packets leaves them out.", file=sys.stderr)
        return 2
    beliefs = []
    for number, case in enumerate(SCENARIOS, 1):
        beliefs.append(ask(case, judge))
        print(f"\r{number} of {len(SCENARIOS)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if judge is not None:
        judge.close()
    text = document(beliefs)
    if wanted.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    print(text if not wanted.write else f"{DOCUMENT}: {len(beliefs)} scenarios")
    return int(any(not item.settled for item in beliefs))


if __name__ == "__main__":
    raise SystemExit(main())
