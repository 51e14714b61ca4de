"""What the tests of applying begin with."""

from __future__ import annotations

import pytest

from hnskit.applying.api import apply
from tests import sample_facts
from tests.in_process_host import QUICK, HereSession, host_here


@pytest.fixture
def host():
    """A host on which the redirect is set up."""
    ready = host_here()
    ready.made = apply(HereSession(ready), sample_facts.desired(), pace=QUICK).made
    return ready
