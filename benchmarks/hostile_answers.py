"""Answers of a host with one thing in them changed: what becomes of the facts, and of all that is made of them.

    python -m benchmarks.hostile_answers            3,000 mutations
    python -m benchmarks.hostile_answers 500 7      500, with another seed

A host with the redirect on it is read; in one answer one value is replaced by one of another type, size or depth, or a
member is taken away, doubled or renamed. Then the host is planned for, examined, drawn, explained and put into tables.
It ends with 1 if anything is raised but an HnskitError.
"""

from __future__ import annotations

import collections
import copy
import json
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from hnskit.applying.api import apply
from hnskit.diagnosis.doctor import diagnose
from hnskit.diagnosis.explaining import Explainer
from hnskit.errors import HnskitError
from hnskit.facts.description import describe_host
from hnskit.facts.differences import differences
from hnskit.facts.host_facts import Facts, fact_calls, facts_from_results
from hnskit.facts.snapshot import dump_facts, parse_facts
from hnskit.params.desired import Desired
from hnskit.planning.preflight import preflight
from hnskit.planning.setup import plan
from hnskit.planning.teardown import plan_destroy
from hnskit.remote.session import invoke_calls
from hnskit.views.change_frames import findings_frame, plan_frame
from hnskit.views.frames import TABLES
from hnskit.views.table import View, csv_text
from hnskit.views.topology import draw
from tests import sample_facts
from tests.in_process_host import QUICK, HereSession, host_here

COUNT = 3_000
_TOLD = 250  # answers between two lines of progress
INSTEAD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 2**64, 10**400, 1.5, 1e999, "", " ", "x", "0", "true", "169.254.169.254",
    "10.0.0.0/8", "::1", "\x00", "\x1b[31m", "\ud800", "\u202e", "=1+1", "<b>", "a\nb", "x" * 10_000, "9" * 5_000,
    [], [[]], [None], [1], ["x"], [{}], {}, {"x": {}}, {"Type": "PROXY"}, {"value": [], "Count": 0},
)  # fmt: skip
"""What stands in place of a value."""


def places(data: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value within JSON."""
    yield way
    if isinstance(data, dict):
        for key, value in data.items():
            yield from places(value, (*way, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from places(value, (*way, number))


def mutated(data: Any, chance: random.Random) -> Any:
    """A copy with one thing changed; JSON within a text is changed inside."""
    changed = copy.deepcopy(data)
    ways = [way for way in places(changed) if way]
    way = chance.choice(ways or [()])
    if not way:
        return chance.choice(INSTEAD)
    place = changed
    for key in way[:-1]:
        place = place[key]
    last, value = way[-1], place[way[-1]]
    inner = _json_in(value)
    if inner is not None and chance.random() < 0.9:
        place[last] = json.dumps(mutated(inner, chance))
    elif isinstance(place, dict) and chance.random() < 0.15:
        del place[last]
    elif isinstance(place, dict) and chance.random() < 0.1:
        place[chance.choice([str(last).lower(), f"{last}x", ""])] = place.pop(last)
    elif isinstance(place, list) and chance.random() < 0.2:
        place.insert(0, copy.deepcopy(value))
    else:
        place[last] = chance.choice(INSTEAD)
    return changed


def _json_in(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def uses(desired: Desired) -> dict[str, Callable[[Facts], Any]]:
    """What hnskit makes of facts, by its name."""
    return {
        "plan": lambda facts: (plan_frame(plan(desired, facts)), plan(desired, facts).to_text()),
        "destroy": lambda facts: plan_destroy(desired, facts).to_text(),
        "preflight": lambda facts: View(findings_frame(preflight(desired, facts))).to_html(),
        "doctor": lambda facts: [item.to_text() for item in diagnose(facts, desired=desired)],
        "tables": lambda facts: [(View(make(facts)).to_html(), csv_text(make(facts))) for make in TABLES.values()],
        "drawing": lambda facts: draw(facts, desired=desired, before=sample_facts.fresh()).svg().encode(),
        "explain": lambda facts: [one.to_text() for one in Explainer(facts).all([("169.254.169.254", 80)])],
        "differences": lambda facts: differences(sample_facts.fresh(), facts),
        "description": lambda facts: describe_host(facts).encode("utf-8", "backslashreplace"),
        "snapshot": lambda facts: parse_facts(json.loads(dump_facts(facts))),
    }


def main(count: int = COUNT, seed: int = 1) -> int:
    """Print the table; the number of crashes."""
    host = host_here()
    session, desired = HereSession(host), sample_facts.desired()
    apply(session, desired, pace=QUICK)
    calls = fact_calls()
    answers: dict[str, str] = {}

    def keep(answer: dict[str, Any]) -> None:
        answers[answer["id"]] = json.dumps(answer)

    session.answered = keep
    facts_from_results(session.target, invoke_calls(session, calls))
    chance, crashes, refused = random.Random(seed), collections.Counter[str](), 0
    first: dict[str, tuple[int, str, str]] = {}
    steps = uses(desired)
    for number in range(count):
        if number and number % _TOLD == 0:
            print(f"{number} of {count}, {crashes.total()} crashes", file=sys.stderr, flush=True)
        one = chance.choice(sorted(answers))
        wrong = json.dumps(mutated(json.loads(answers[one]), chance))
        session.answered = lambda answer, one=one, wrong=wrong: wrong if answer["id"] == one else answers[answer["id"]]
        try:
            facts = facts_from_results(session.target, invoke_calls(session, calls))
        except HnskitError:
            refused += 1
            continue
        except Exception:
            crashes["facts"] += 1
            first.setdefault("facts", (number, wrong[:300], traceback.format_exc()))
            continue
        refused += bool(facts.problems)
        for name, use in steps.items():
            try:
                use(facts)
            except HnskitError:
                continue
            except Exception:
                crashes[name] += 1
                first.setdefault(
                    f"{name}: {traceback.format_exc().splitlines()[-1][:80]}",
                    (number, wrong[:300], traceback.format_exc()),
                )
    for name, (number, wrong, where) in first.items():
        print(f"--- {name}, mutation {number}: {wrong}\n{where}", file=sys.stderr)
    print(f"{count} mutated answers: {refused} named as not readable, {sum(crashes.values())} crashes {dict(crashes)}")
    return sum(crashes.values())


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
