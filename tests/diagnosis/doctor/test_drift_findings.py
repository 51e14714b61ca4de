"""What doctor says of a host that is not as the parameters or the labels on it want it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hnskit.diagnosis.doctor import diagnose
from hnskit.facts.completeness import ABSENT, Completeness
from hnskit.facts.host_facts import Facts
from hnskit.planning.provenance import Provenance
from tests import sample_facts


def drifted(facts: Facts, made: Provenance | None = None) -> dict[str, tuple[str, str]]:
    """Severity and message of what differs from the parameters, by the object's name."""
    found = diagnose(facts, desired=sample_facts.desired(), params_file="p.yaml", made=made)
    return {item.name: (item.severity, item.message) for item in found if item.check == "redirect-drift"}


def test_with_parameters_it_says_what_drift_says() -> None:
    """A policy that somebody took away; nothing where another check says why; nothing of a host that is as wanted."""
    assert drifted(sample_facts.complete()) == {}
    cleared = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=sample_facts.MADE_WITH)
    said = "it is not as the parameters want it: the endpoint has no proxy policy for this"
    assert drifted(cleared) == {"hnskit-client1": ("error", said)}
    misspelt = (*sample_facts.MADE_WITH, sample_facts.misspelt_policy())
    assert drifted(sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=misspelt)) == {}


def test_a_redirect_that_is_gone_is_told_from_one_that_never_was() -> None:
    """By the journals: an error, or a note."""
    ((name, (severity, said)),) = drifted(sample_facts.fresh()).items()
    assert (name, severity, said) == ("hnskit-l2bridge", "note", "nothing of it is on the host (yet)")
    ((_, (severity, said)),) = drifted(sample_facts.fresh(), sample_facts.made()).items()
    assert (severity, "a journal says that hnskit set it up" in said) == ("error", True)


def test_nothing_is_said_of_drift_where_a_part_of_the_host_is_not_known() -> None:
    """What is missing in a dump is not missing on the host."""
    facts = replace(sample_facts.complete(), containers=(), completeness=Completeness({"containers": ABSENT}))
    assert drifted(facts) == {}
    assert "endpoint-missing" not in {item.check for item in diagnose(facts)}


@pytest.mark.parametrize("lost", ["all", "one"])
def test_without_parameters_half_a_redirect_is_seen_by_the_label(lost: str) -> None:
    """No policy at all, or one client without; a proxy has none, and is not a client."""
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=sample_facts.MADE_WITH)
    if lost == "all":
        facts = sample_facts.with_endpoint(facts, "hnskit-client2", policies=sample_facts.MADE_WITH)
    (found,) = [item for item in diagnose(facts) if item.check == "redirect-half"]
    assert found.severity == "error"
    assert found.name == ("hnskit-l2bridge" if lost == "all" else "hnskit-client1")
    assert not [item for item in diagnose(sample_facts.complete()) if item.check == "redirect-half"]
