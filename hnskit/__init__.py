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
    from hnskit import errors, fleet
    from hnskit.applying.api import apply, destroy
    from hnskit.applying.journal import Journal, made_on
    from hnskit.applying.outcomes import Event, OnEvent, Outcome, StepResult, outcome_of, undone_of
    from hnskit.applying.polling import RetryPolicy
    from hnskit.applying.verification import Verification, require_proof, verify
    from hnskit.diagnosis import every_frame as frames
    from hnskit.diagnosis.doctor import diagnose
    from hnskit.diagnosis.explaining import Explainer, explain
    from hnskit.diagnosis.explanation import Explanation
    from hnskit.errors.hns_codes import KnownCode, explain_code
    from hnskit.facts.anything import load_facts
    from hnskit.facts.differences import Difference, differences
    from hnskit.facts.finding import Finding, Severity
    from hnskit.facts.host_facts import Facts, gather_facts
    from hnskit.facts.snapshot import save_facts
    from hnskit.facts.source import Host, connect, open_host
    from hnskit.facts.tarballs import missing_tarballs
    from hnskit.local.version import __version__ as __version__
    from hnskit.model import objects
    from hnskit.params.desired import ALL_PARTS, Desired, Part, desired_from
    from hnskit.params.loading import Params, load_params, params_from
    from hnskit.planning.drift import Drift, drift
    from hnskit.planning.preflight import preflight, require_fit
    from hnskit.planning.provenance import Provenance
    from hnskit.planning.setup import plan
    from hnskit.planning.steps import Action, Change, Plan, Step, StepKey
    from hnskit.planning.teardown import Leftover, plan_destroy
    from hnskit.policy_editing import editing as policies
    from hnskit.remote.session import Session
    from hnskit.running.lazy_journal import journalled
    from hnskit.running.runner import run
    from hnskit.running.summary import Summary
    from hnskit.views import topology

# Where each name is defined. No module of the package has the name of a function here (`hnskit.planning` has `plan`):
# importing a submodule sets its name on the package, and would hide the function.
_HOMES = {
    "ALL_PARTS": "params.desired",
    "Action": "planning.steps",
    "Change": "planning.steps",
    "Desired": "params.desired",
    "Difference": "facts.differences",
    "Drift": "planning.drift",
    "Event": "applying.outcomes",
    "Explainer": "diagnosis.explaining",
    "Explanation": "diagnosis.explanation",
    "Facts": "facts.host_facts",
    "Finding": "facts.finding",
    "Host": "facts.source",
    "Journal": "applying.journal",
    "KnownCode": "errors.hns_codes",
    "Leftover": "planning.teardown",
    "OnEvent": "applying.outcomes",
    "Outcome": "applying.outcomes",
    "Params": "params.loading",
    "Part": "params.desired",
    "Plan": "planning.steps",
    "Provenance": "planning.provenance",
    "RetryPolicy": "applying.polling",
    "Session": "remote.session",
    "Severity": "facts.finding",
    "Step": "planning.steps",
    "StepKey": "planning.steps",
    "StepResult": "applying.outcomes",
    "Summary": "running.summary",
    "Verification": "applying.verification",
    "apply": "applying.api",
    "connect": "facts.source",
    "desired_from": "params.desired",
    "destroy": "applying.api",
    "diagnose": "diagnosis.doctor",
    "differences": "facts.differences",
    "drift": "planning.drift",
    "explain": "diagnosis.explaining",
    "explain_code": "errors.hns_codes",
    "gather_facts": "facts.host_facts",
    "journalled": "running.lazy_journal",
    "load_facts": "facts.anything",
    "load_params": "params.loading",
    "made_on": "applying.journal",
    "missing_tarballs": "facts.tarballs",
    "open_host": "facts.source",
    "outcome_of": "applying.outcomes",
    "params_from": "params.loading",
    "plan": "planning.setup",
    "plan_destroy": "planning.teardown",
    "preflight": "planning.preflight",
    "require_fit": "planning.preflight",
    "require_proof": "applying.verification",
    "run": "running.runner",
    "save_facts": "facts.snapshot",
    "undone_of": "applying.outcomes",
    "verify": "applying.verification",
}
_VERSION = {"__version__": "local.version"}
# Names of earlier versions, which still work with a DeprecationWarning.
_RENAMED = {"Made": "Provenance", "examine": "diagnose"}
# Modules of functions that belong together.
_MODULES = {
    "errors": "errors",
    "fleet": "fleet",
    "frames": "diagnosis.every_frame",
    "objects": "model.objects",
    "policies": "policy_editing.editing",
    "topology": "views.topology",
}

__all__ = [
    "ALL_PARTS",
    "Action",
    "Change",
    "Desired",
    "Difference",
    "Drift",
    "Event",
    "Explainer",
    "Explanation",
    "Facts",
    "Finding",
    "Host",
    "Journal",
    "KnownCode",
    "Leftover",
    "OnEvent",
    "Outcome",
    "Params",
    "Part",
    "Plan",
    "Provenance",
    "RetryPolicy",
    "Session",
    "Severity",
    "Step",
    "StepKey",
    "StepResult",
    "Summary",
    "Verification",
    "apply",
    "connect",
    "desired_from",
    "destroy",
    "diagnose",
    "differences",
    "drift",
    "errors",
    "explain",
    "explain_code",
    "fleet",
    "frames",
    "gather_facts",
    "journalled",
    "load_facts",
    "load_params",
    "made_on",
    "missing_tarballs",
    "objects",
    "open_host",
    "outcome_of",
    "params_from",
    "plan",
    "plan_destroy",
    "policies",
    "preflight",
    "require_fit",
    "require_proof",
    "run",
    "save_facts",
    "topology",
    "undone_of",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"hnskit.{_MODULES[name]}")
    if home := _VERSION.get(name) or _HOMES.get(name):
        value = getattr(importlib.import_module(f"hnskit.{home}"), name)
        globals()[name] = value
        return value
    if name in _RENAMED:
        warnings.warn(f"hnskit.{name} is hnskit.{_RENAMED[name]} now", DeprecationWarning, stacklevel=2)
        return getattr(importlib.import_module("hnskit"), _RENAMED[name])
    raise AttributeError(f"module 'hnskit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *_VERSION]
