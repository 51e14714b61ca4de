"""No error and no warning on what is well: emulated hosts of each Windows, before and after, and the public samples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hnskit.diagnosis.doctor import Finding, diagnose
from hnskit.emulator.host.profiles import PROFILES
from hnskit.errors import SnapshotError
from hnskit.facts.anything import load_facts
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import dump_facts
from tests import sample_facts
from tests.host_process import emulated_host
from tests.terminal import hnskit, sets

SAMPLES = Path(__file__).parents[2] / "samples" / "hns"
TROUBLED = {
    "endpoints/nat-ws2022preview-hnspoc-acl-block.partial.json": {"policy-doubled"},
    "textual/failed-proxy-policy-docker-l2bridge-rs4.txt": {"policy-key"},
    "textual/hcn-error-powershell-v2.txt": {"refused"},
    "textual/hns-v1-error-powershell.txt": {"refused"},
}
"""Samples of which something is to be said: the same ACL twice, a misspelt key, and what HNS refused."""
SICK = {"textual/failed-proxy-policy-docker-l2bridge-rs4.txt"}
"""Samples of hosts that did not work, as their authors say."""


def alarms(found: tuple[Finding, ...]) -> list[str]:
    return [f"{item.severity} {item.check}: {item.object}: {item.message}" for item in found if item.severity != "note"]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_an_emulated_host_is_well_before_and_after(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    """Freshly started, and freshly set up; with and without parameters, live and saved."""
    monkeypatch.chdir(tmp_path)
    with emulated_host(tmp_path / "state") as overrides:
        where = [*overrides, f"emulator.profile={profile}", "emulator.cut_seconds=0"]
        here = [str(sample_facts.PARAMS), *sets(where)]
        target = next(text.partition("=")[2] for text in overrides if text.startswith("target="))
        bare = [target, *sets([text for text in where if text.startswith("emulator.")])]
        for moment in ("fresh", "set up"):
            if moment == "set up":
                status, _, err = hnskit(capsys, "apply", *here)
                assert status == 0, err
            for words in (here, bare):
                status, out, _ = hnskit(capsys, "doctor", *words, "--strict", "--json")
                assert status == 0, (moment, json.loads(out)["findings"])
        saved = tmp_path / "host.json"
        hnskit(capsys, "facts", *here, "--save", str(saved))
    facts = load_facts(saved)
    assert facts.system is not None
    assert facts.system.build == PROFILES[profile].build
    assert alarms(diagnose(facts)) == []
    for path, part in printed(facts, tmp_path).items():
        assert alarms(diagnose(load_facts(path))) == [], part


def printed(facts: Facts, folder: Path) -> dict[Path, str]:
    """What somebody would paste of this host: each of its lists by itself, and both, as ConvertTo-Json prints them."""
    lists = {
        "networks": [dict(item.raw) for item in facts.networks],
        "endpoints": [dict(item.raw) for item in facts.endpoints],
    }
    paths = {}
    for name, items in lists.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(items, indent=4), encoding="utf-8")
        paths[path] = name
        for number, item in enumerate(items):
            path = folder / f"{name}-{number}.json"
            path.write_text(json.dumps(item, indent=4), encoding="utf-8")
            paths[path] = f"{name} {number}"
    both = folder / "both.txt"
    both.write_text("\n".join(json.dumps(items, indent=4) for items in lists.values()), encoding="utf-8")
    return {**paths, both: "both"}


@pytest.mark.parametrize(
    "path", sorted(path for path in SAMPLES.glob("*/*") if path.is_file()), ids=lambda path: path.name
)
def test_a_public_sample_raises_no_alarm(path: Path) -> None:
    """Of hosts that worked; single objects, and what was cut off, prove nothing about what is not there."""
    try:
        facts = load_facts(path)
    except SnapshotError:
        return  # test_dumps has what is read of each
    found = [item for item in diagnose(facts) if item.severity != "note"]
    assert {item.check for item in found} == TROUBLED.get(path.relative_to(SAMPLES).as_posix(), set())
    if path.relative_to(SAMPLES).as_posix() not in SICK:
        assert "error" not in {item.severity for item in found}


def test_a_saved_host_reads_back_as_well_as_it_was(tmp_path: Path) -> None:
    """Nothing is lost on the way that would raise an alarm."""
    path = tmp_path / "host.json"
    path.write_text(dump_facts(sample_facts.complete()), encoding="utf-8")
    assert alarms(diagnose(load_facts(path), desired=sample_facts.desired())) == []
