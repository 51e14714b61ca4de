"""What the tests of applying begin with."""

from __future__ import annotations

import pytest

from hnskit.applying.api import Outcome, apply
from hnskit.emulator.host.host import EmulatedHost
from hnskit.planning.provenance import Provenance
from tests import sample_facts
from tests.in_process_host import QUICK, HereSession, host_here


@pytest.fixture
def set_up() -> tuple[EmulatedHost, Outcome]:
    """A host on which the redirect is set up, and the outcome of that."""
    ready = host_here()
    return ready, apply(HereSession(ready), sample_facts.desired(), pace=QUICK)


@pytest.fixture
def host(set_up: tuple[EmulatedHost, Outcome]) -> EmulatedHost:
    """A host on which the redirect is set up."""
    return set_up[0]


@pytest.fixture
def made(set_up: tuple[EmulatedHost, Outcome]) -> Provenance:
    """The objects that were created on `host`."""
    return set_up[1].made
