"""hnskit: redirect a Windows container's metadata requests through a proxy container, and prove it.

    import hnskit

    params = hnskit.load_params("params/emulator.yaml")
    desired = hnskit.desired_from(params)
    with hnskit.connect(params) as session:
        facts = hnskit.gather_facts(session)
        print(hnskit.plan(desired, facts).to_text())
        hnskit.apply(session, desired)
        print(hnskit.verify(session, desired).to_text())

Every name of `__all__` is imported when it is first used, so that `import hnskit` costs next to nothing.
"""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hnskit import errors
    from hnskit.applying.api import Event, Outcome, apply, destroy
    from hnskit.applying.journal import Journal, made_on
    from hnskit.applying.verification import Verification, require_proof, verify
    from hnskit.diagnosis.doctor import diagnose
    from hnskit.diagnosis.explaining import Explainer, explain
    from hnskit.diagnosis.explanation import Explanation
    from hnskit.errors.hns_codes import explain_code
    from hnskit.facts.finding import Finding
    from hnskit.facts.host_facts import Facts, gather_facts
    from hnskit.facts.snapshot import load_facts, save_facts
    from hnskit.facts.source import connect, open_host
    from hnskit.params.desired import ALL_PARTS, Desired, Part, desired_from
    from hnskit.params.loading import Params, load_params
    from hnskit.planning.drift import Drift, drift
    from hnskit.planning.preflight import preflight, require_fit
    from hnskit.planning.provenance import Provenance
    from hnskit.planning.setup import plan
    from hnskit.planning.steps import Plan, Step
    from hnskit.planning.teardown import plan_destroy
    from hnskit.views import frames, topology

__version__ = "0.1.0"

# Where each name is defined. No module of the package has the name of a function here (`hnskit.planning` has `plan`):
# importing a submodule sets its name on the package, and would hide the function.
_HOMES = {
    "ALL_PARTS": "params.desired",
    "Desired": "params.desired",
    "Drift": "planning.drift",
    "Event": "applying.api",
    "Explainer": "diagnosis.explaining",
    "Explanation": "diagnosis.explanation",
    "Facts": "facts.host_facts",
    "Finding": "facts.finding",
    "Journal": "applying.journal",
    "Provenance": "planning.provenance",
    "Outcome": "applying.api",
    "Params": "params.loading",
    "Part": "params.desired",
    "Plan": "planning.steps",
    "Step": "planning.steps",
    "Verification": "applying.verification",
    "apply": "applying.api",
    "connect": "facts.source",
    "desired_from": "params.desired",
    "destroy": "applying.api",
    "diagnose": "diagnosis.doctor",
    "explain": "diagnosis.explaining",
    "explain_code": "errors.hns_codes",
    "drift": "planning.drift",
    "gather_facts": "facts.host_facts",
    "load_facts": "facts.snapshot",
    "load_params": "params.loading",
    "made_on": "applying.journal",
    "open_host": "facts.source",
    "plan": "planning.setup",
    "plan_destroy": "planning.teardown",
    "preflight": "planning.preflight",
    "require_fit": "planning.preflight",
    "require_proof": "applying.verification",
    "save_facts": "facts.snapshot",
    "verify": "applying.verification",
}
# Names of earlier versions, which still work with a DeprecationWarning.
_RENAMED = {"Made": "Provenance", "examine": "diagnose"}
_MODULES = {
    "errors": "errors",
    "frames": "views.frames",
    "topology": "views.topology",
}

__all__ = [
    "ALL_PARTS",
    "Desired",
    "Drift",
    "Event",
    "Explainer",
    "Explanation",
    "Facts",
    "Finding",
    "Journal",
    "Outcome",
    "Params",
    "Part",
    "Plan",
    "Provenance",
    "Step",
    "Verification",
    "apply",
    "connect",
    "desired_from",
    "destroy",
    "diagnose",
    "drift",
    "errors",
    "explain",
    "explain_code",
    "frames",
    "gather_facts",
    "load_facts",
    "load_params",
    "made_on",
    "open_host",
    "plan",
    "plan_destroy",
    "preflight",
    "require_fit",
    "require_proof",
    "save_facts",
    "topology",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"hnskit.{_MODULES[name]}")
    if name in _HOMES:
        value = getattr(importlib.import_module(f"hnskit.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name in _RENAMED:
        warnings.warn(f"hnskit.{name} is hnskit.{_RENAMED[name]} now", DeprecationWarning, stacklevel=2)
        return getattr(importlib.import_module("hnskit"), _RENAMED[name])
    raise AttributeError(f"module 'hnskit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
