"""A host that answers nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hnskit.applying.api import apply
from hnskit.errors import HnskitError, PreflightError, StepError
from tests import sample_facts
from tests.applying.state import done
from tests.in_process_host import QUICK, HereSession, host_here


def cut_json(answer: dict[str, Any]) -> dict[str, Any]:
    row = answer["output"][0]
    return {**answer, "output": [{**row, "Response": row["Response"][: len(row["Response"]) // 2]}]}


@pytest.mark.parametrize(
    ("id", "nonsense", "words"),
    [
        ("endpoints", cut_json, "endpoints"),
        ("networks", lambda a: {**a, "output": [{"HResult": 0, "Response": '{"Output":[]}'}]}, '{"Output":[]}'),
        ("networks", lambda a: {**a, "output": [{"HResult": "0", "Response": 7}]}, "Response"),
        ("containers", lambda a: {**a, "output": [{"ExitCode": 0, "StdOut": "[{", "StdErr": ""}]}, "[{"),
        ("compartments", lambda a: {**a, "output": [{"Id": 1}]}, '"Id": 1'),
    ],
    ids=["cut JSON", "no Success", "wrong types", "docker", "windows"],
)
def test_a_snapshot_of_nonsense_is_refused_with_a_quotation(id: str, nonsense: Callable[..., Any], words: str) -> None:
    """From half a host nothing is concluded; what came is quoted."""
    host = host_here()
    before, session = host.snapshot(), HereSession(host)
    session.answered = lambda answer: json.dumps(nonsense(answer)) if answer["id"] == id else None
    with pytest.raises(PreflightError) as caught:
        apply(session, sample_facts.desired(), pace=QUICK)
    assert words in caught.value.message
    assert host.snapshot() == before


def test_a_change_that_is_answered_with_nonsense_is_an_error_that_quotes_it() -> None:
    """An envelope without Success is not success; the next run goes on."""
    host = host_here()
    session = HereSession(host)
    odd = {"HResult": 0, "Response": '{"odd":1}'}
    session.answered = lambda a: (
        json.dumps({**a, "output": [odd]}) if a["id"] == "step: create endpoint hnskit-proxy" else None
    )
    with pytest.raises(StepError, match='"odd":1'):
        apply(session, sample_facts.desired(), pace=QUICK)
    done(host)


def test_a_line_that_is_no_answer_is_an_error_that_quotes_it() -> None:
    """hnskit's own commands answer with JSON lines."""
    session = HereSession(host_here())
    session.answered = lambda answer: "WARNING: what now?" if answer["id"] == "adapters" else None
    with pytest.raises(HnskitError, match="what now"):
        apply(session, sample_facts.desired(), pace=QUICK)
