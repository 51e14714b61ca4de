"""A redirect that the original's steps made on a real PowerShell engine, taken over by hnskit's own script there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pypsrp.powershell import PowerShell
from pypsrp.wsman import WSMan

from hnskit.applying.api import apply, destroy
from hnskit.applying.verification import verify
from hnskit.errors import PreflightError
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action
from tests import sample_facts
from tests.door_thread import pool_of
from tests.emulator.engines import needs_engine
from tests.in_process_host import PASSWORD, USER, Lab, MemoryJournal

pytestmark = needs_engine
SCRIPTS = Path(__file__).parents[1] / "data" / "original"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path, engine="pwsh", profile="ws2019") as lab:
        yield lab


def made_by_hand(lab: Lab, *, misspelt: bool = False) -> None:
    """The steps, in a shell of their own."""
    wsman = WSMan("127.0.0.1", port=lab.port, username=USER, password=PASSWORD, ssl=False, auth="negotiate")
    with pool_of(wsman, module=False) as pool:
        steps = PowerShell(pool)
        steps.add_script((SCRIPTS / "by_hand.ps1").read_text())
        steps.add_argument((SCRIPTS / "hns.psm1").read_text()).add_argument(misspelt)
        steps.invoke()
        assert [str(error) for error in steps.streams.error] == []


def test_it_is_named_adopted_without_a_change_proved_and_left(lab: Lab) -> None:
    made_by_hand(lab)
    desired, journal, before = sample_facts.desired(), MemoryJournal(), lab.facts()
    with lab.session() as session:
        with pytest.raises(PreflightError, match="adopt"):
            apply(session, desired)
        assert lab.facts() == before
        assert apply(session, desired, adopt=True, journal=journal).changed == 0
        assert lab.facts() == before
        assert {name for kind, name, _ in journal.made.adopted if kind == "endpoint"} == {
            "hnskit-gateway", "hnskit-proxy", "hnskit-client1", "hnskit-client2",
        }  # fmt: skip
        assert verify(session, desired).ok
        assert apply(session, desired, made=journal.made).changed == 0
        destroy(session, desired, made=journal.made, journal=journal)
        assert lab.facts().endpoints == before.endpoints
        assert {item.name for item in lab.facts().containers} == {item.name for item in before.containers}


@pytest.mark.slow
def test_the_page_s_misspelling_is_all_that_is_repaired(lab: Lab) -> None:
    made_by_hand(lab, misspelt=True)
    desired = sample_facts.desired()
    pending = plan(desired, lab.facts()).pending
    assert {(step.action, step.kind, step.name) for step in pending} == {(Action.UPDATE, "policy", "hnskit-client2")}
    with lab.session() as session:
        outcome = apply(session, desired, adopt=True)
        assert {(one.step.kind, one.step.name) for one in outcome.done} == {("policy", "hnskit-client2")}
        assert verify(session, desired).ok
