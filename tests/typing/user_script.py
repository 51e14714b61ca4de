"""A script of a user: each public name of hnskit once, as mypy --strict and an emulated host see it.

python user_script.py emulator://NAME
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

import hnskit
from hnskit import errors, frames, objects, policies, topology


def parameters(target: str) -> hnskit.Params:
    """From a file, and the same from a mapping."""
    params: hnskit.Params = hnskit.load_params("params/emulator.yaml", overrides=[f"target={target}"])
    data: dict[str, Any] = params.model_dump(mode="json", by_alias=True)
    again: hnskit.Params = hnskit.params_from(data, source="my script")
    assert again.model_dump(exclude={"source"}) == params.model_dump(exclude={"source"})
    return params


def read_only(params: hnskit.Params) -> hnskit.Facts:
    """Facts, their tables and pictures, and what can be said of them."""
    host: hnskit.Host = hnskit.open_host(params, on_start=print)
    facts: hnskit.Facts = host.facts(on_progress=None)
    host.close()
    with TemporaryDirectory() as folder:
        saved: Path = hnskit.save_facts(facts, Path(folder) / "host.json", private=True)
        assert hnskit.load_facts(saved).networks == facts.networks
    assert hnskit.Facts.from_json(facts.to_json()) == facts
    changed: tuple[hnskit.Difference, ...] = hnskit.differences(facts, facts)
    assert changed == ()
    network: objects.Network = facts.networks[0]
    table: pd.DataFrame = frames.networks(facts)
    assert network.name in set(table["name"])
    picture: topology.Topology = topology.draw(facts)
    assert picture.svg().startswith("<svg")
    code: hnskit.KnownCode = hnskit.explain_code("0x803b0013")
    assert code == hnskit.explain_code(code.name)
    try:
        hnskit.explain(facts, "nobody", "169.254.169.254", port=80)
    except errors.SelectionError as error:
        print(error.host, error.next_step)
    return facts


def set_up_and_take_away(params: hnskit.Params) -> None:
    """Plan, preflight, apply, prove, explain, diagnose, edit a policy, and take everything away."""
    desired: hnskit.Desired = hnskit.desired_from(params)
    pace = hnskit.RetryPolicy()
    heard: list[hnskit.Event] = []
    on_event: hnskit.OnEvent = heard.append
    parts: tuple[hnskit.Part, ...] = hnskit.ALL_PARTS
    with TemporaryDirectory() as folder, hnskit.connect(params, on_start=print) as connected:
        session: hnskit.Session = connected
        journal = hnskit.Journal(Path(folder) / "runs" / "1", params.target)
        made: hnskit.Provenance = hnskit.made_on(params.target, runs=Path(folder) / "runs")
        facts: hnskit.Facts = hnskit.gather_facts(session)
        missing: tuple[str, ...] = hnskit.missing_tarballs(session, desired, facts)
        found: tuple[hnskit.Finding, ...] = hnskit.preflight(desired, facts, missing=missing, made=made)
        worst: set[hnskit.Severity] = {finding.severity for finding in found}
        assert "error" not in worst
        hnskit.require_fit(found, host=facts.target)
        plan: hnskit.Plan = hnskit.plan(desired, facts, parts=parts, made=made)
        step: hnskit.Step = plan.pending[0]
        key: hnskit.StepKey = step.key
        fields: tuple[hnskit.Change, ...] = step.changes
        assert (key.action, fields) == (hnskit.Action.CREATE, step.changes)
        try:
            outcome: hnskit.Outcome = hnskit.apply(session, desired, journal=journal, on_event=on_event, pace=pace)
        except errors.HnskitError as error:
            print(error.to_json(), hnskit.outcome_of(error), hnskit.undone_of(error))
            raise
        first: hnskit.StepResult = outcome.done[0]
        assert first.seconds >= 0
        assert heard
        proof: hnskit.Verification = hnskit.verify(session, desired, on_event=on_event)
        hnskit.require_proof(proof)
        drift: hnskit.Drift = hnskit.drift(desired, outcome.after, made=outcome.made)
        assert drift.ok
        explainer = hnskit.Explainer(outcome.after)
        said: hnskit.Explanation = explainer.explain(desired.clients[0].name, "169.254.169.254", port=80)
        assert said.answered
        assert "segment" in frames.explanation_frame(said).columns
        assert not [item for item in hnskit.diagnose(outcome.after, desired=desired) if item.severity == "error"]
        owner = policies.find_endpoint(outcome.after, desired.clients[0].name)
        edit: policies.Edit = policies.add(owner, policies.ProxyRule("10.0.1.99:81", ip="169.254.169.250", port="81"))
        print(policies.plan(outcome.after, [edit]))
        print(hnskit.plan_destroy(desired, outcome.after, made=outcome.made))
        with hnskit.journalled(params.target, runs=Path(folder) / "more") as kept:
            gone: hnskit.Outcome = hnskit.destroy(session, desired, made=outcome.made, journal=kept)
        left: tuple[hnskit.Leftover, ...] | None = gone.left
        assert left is not None
        assert gone.nothing_left


def run_the_notebooks(params_file: str) -> hnskit.Summary:
    """A whole run with its folder; not called here: it takes as long as `hnskit run`."""
    return hnskit.run(params_file, overrides=["target=emulator://lab"])


def main(target: str) -> None:
    """Do all of it on one host."""
    params = parameters(target)
    read_only(params)
    set_up_and_take_away(params)


if __name__ == "__main__":
    main(sys.argv[1])
