"""Imported by a shared kernel while it starts: what the step notebooks use, loaded and used once.

pandas, requests and cryptography load much at their first use.
"""

from __future__ import annotations

import pandas as pd

import hnskit.applying.verification
import hnskit.remote.psrp
import hnskit.runbook
from hnskit.facts.host_facts import Facts
from hnskit.views import frames, topology
from hnskit.views.table import View

__all__ = ["hnskit"]

View(pd.DataFrame({"name": ["warm"]}, dtype="str"), "warm").to_html()
topology.draw(Facts("emulator://warm"))
for table in frames.TABLES.values():
    View(table(Facts("emulator://warm"))).to_text()
