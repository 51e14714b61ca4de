"""An image that is not on the host is pulled there, where the parameters say so."""

from __future__ import annotations

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.applying.verification import verify
from hnskit.errors import StepError
from hnskit.facts.host_facts import gather_facts
from hnskit.planning.setup import plan
from tests import sample_facts
from tests.in_process_host import QUICK, HereSession, host_here

SERVERCORE = "mcr.microsoft.com/windows/servercore"


def test_a_missing_image_is_pulled_and_goes_again_with_the_teardown() -> None:
    session = HereSession(host_here())
    wanted = sample_facts.desired("image.pull=true", f"clients[0].image={SERVERCORE}:1809")
    done = apply(session, wanted, pace=QUICK)
    assert f"pull image {SERVERCORE}:1809" in [result.step.id for result in done.done]
    assert verify(session, wanted).ok
    gone = destroy(session, wanted, made=done.made, pace=QUICK)
    assert gone.after.image_named(f"{SERVERCORE}:1809", "docker") is None
    assert gone.left == ()


def test_an_image_that_was_there_is_not_pulled_and_stays() -> None:
    session, wanted = HereSession(host_here()), sample_facts.desired("image.pull=true")
    done = apply(session, wanted, pace=QUICK)
    assert not [result for result in done.done if result.step.action == "pull"]
    gone = destroy(session, wanted, made=done.made, pace=QUICK)
    assert gone.after.image_named(wanted.clients[0].image, "docker") is not None


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (f"{SERVERCORE}:ltsc2022", "incompatible with a 10.0.17763 host"),
        (f"{SERVERCORE}:1", "not found"),
        ("nowhere/nothing:1", "pull access denied"),
    ],
)
def test_what_cannot_be_pulled_is_told_with_the_ways_to_go(image: str, said: str) -> None:
    session, wanted = HereSession(host_here()), sample_facts.desired("image.pull=true", f"clients[0].image={image}")
    with pytest.raises(StepError, match=said) as caught:
        apply(session, wanted, pace=QUICK)
    assert "registry" in caught.value.next_step
    assert gather_facts(session).image_named(image, "docker") is None


def test_a_tarball_goes_before_the_registry() -> None:
    steps = plan(sample_facts.desired("image.pull=true"), sample_facts.fresh()).pending
    assert "import image metadata-proxy:1.0" in [step.id for step in steps]
