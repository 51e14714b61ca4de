"""report.html and junit.xml, from a summary alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from hnskit.commands import cli
from hnskit.facts.differences import Difference
from hnskit.facts.snapshot import save_facts
from hnskit.running import junit
from hnskit.running.report import render, write_report
from hnskit.running.run_verdict import achieved, verdict_sentence
from tests import sample_facts


def summary(**changes: Any) -> dict[str, Any]:
    step = {
        "notebook": "40_proxy_policy", "part": "policy", "file": "40_proxy_policy.ipynb", "ok": True, "changed": 2,
        "seconds": 0.5, "done": [{"step": "update policy c1", "seconds": 0.1}], "kept": [], "notes": [], "findings": [],
    }  # fmt: skip
    verify = {**step, "notebook": "50_verify", "part": "verify", "file": "50_verify.ipynb", "changed": 0, "done": []}
    check = {"name": "control", "ok": True, "wanted": "left alone", "seen": "HTTP\x00 200 <b>"}
    client = {"client": "c1", "ok": True, "checks": [check]}
    return {
        "target": "emulator://lab", "params_file": "params/emulator.yaml", "run_dir": "runs/x",
        "started": "2026-01-02T03:04:05+00:00", "ok": True, "exit_status": 0, "seconds": 1.5, "stopped_at": "",
        "error": None, "steps": [step, verify], "verification": {"ok": True, "clients": [client]},
        "report": "", **changes,
    }  # fmt: skip


def test_the_verdict_comes_first_and_what_a_host_says_is_escaped() -> None:
    """A manager reads the first box."""
    page = render(summary(), {})
    assert page.index("The redirect is in place and proved.") < page.index("<h2>")
    assert "<b>" not in page.partition("The proof")[2].partition("What changed")[0].replace("<b>all</b>", "")


def test_narrow_columns_keep_their_words_whole() -> None:
    """Only the last column, where a log line stands, may be broken anywhere."""
    page = render(summary(), {})
    assert "td{overflow-wrap:normal}" in page
    assert "td:last-child{overflow-wrap:anywhere" in page


def test_junit_has_a_case_for_each_notebook_and_each_check() -> None:
    """With numbers that a CI system adds up, and nothing that XML cannot have."""
    suites = ElementTree.fromstring(ElementTree.tostring(junit.build(summary())))
    assert {suite.get("name"): suite.get("tests") for suite in suites} == {"notebooks": "2", "proof": "1"}
    assert all(suite.get("failures") == "0" for suite in suites)


def test_junit_names_what_failed() -> None:
    """The sentence is the message; a run that did not begin has a case, too."""
    failed = summary(ok=False, steps=[], verification=None, stopped_at="the parameters", error={"paragraph": "wrong."})
    (case,) = junit.build(failed).iter("testcase")
    assert case.get("name") == "the parameters"
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == "wrong."


def test_a_snapshot_that_is_cut_off_is_no_picture_and_no_obstacle(tmp_path: Path) -> None:
    """The rest of the report is worth as much."""
    (tmp_path / "summary.json").write_text(json.dumps(summary()))
    (tmp_path / "snapshots").mkdir()
    save_facts(sample_facts.complete(), tmp_path / "snapshots" / "policy-before.json")
    (tmp_path / "snapshots" / "policy-after.json").write_text('{"hnskit":"facts","version":1,"target":"x","netw')
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "in place and proved" in page
    assert page.count("<svg ") == 1
    assert "The host before" in page


def test_hnskit_report_makes_both_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the run's folder alone."""
    (tmp_path / "summary.json").write_text(json.dumps(summary()))
    cli.main(["report", str(tmp_path)])
    assert capsys.readouterr().out.split() == [str(tmp_path / "report.html"), str(tmp_path / "junit.xml")]
    assert (tmp_path / "report.html").is_file()
    with pytest.raises(SystemExit) as end:
        cli.main(["report", str(tmp_path / "nowhere")])
    assert end.value.code == 2


def test_a_narrow_screen_gets_one_cell_below_the_other() -> None:
    """Each with its column's name, since the head of the table is not shown there."""
    page = render(summary(), {})
    assert "@media screen and (max-width:640px)" in page
    assert '<td data-of="seen">' in page


def test_long_lists_are_folded_and_what_failed_is_not() -> None:
    """Fifty clients are a line to open; the one that is not proved stands there, and paper has all of them."""
    check = {"name": "answer", "ok": True, "wanted": "x", "seen": "y"}
    clients = [{"client": f"c{number}", "ok": number != 7, "checks": [check]} for number in range(50)]
    step = {**summary()["steps"][0], "kept": [f"endpoint e{number}: it is there" for number in range(210)]}
    page = render(summary(steps=[step], verification={"ok": False, "clients": clients}), {})
    proof, changed = page.partition("The proof")[2].partition("What changed")[::2]
    assert "<summary>49 clients are proved</summary>" in proof
    assert "c7<" in proof.partition("<details>")[0]
    assert "c8<" in proof.partition("<details>")[2]
    assert "<summary>210 are as they should be already</summary>" in changed
    assert "update policy c1" in changed.partition("<details>")[0]
    assert "::details-content{content-visibility:visible" in page
    assert "<details>" not in render(summary(), {})


def test_a_run_that_went_on_counts_what_it_had_done_before_it_stopped() -> None:
    """Both figures, and the steps."""
    earlier = [{"step": "create network n", "seconds": 1.0}, {"step": "create endpoint g", "seconds": 0.1}]
    page = render(summary(earlier=earlier), {})
    assert "4 changes were made: 2 now, 2 before it stopped." in page
    assert "create endpoint g" in page


def test_a_stop_is_no_failure_and_what_was_changed_is_said() -> None:
    """Beside the sentence, and in the table."""
    step = {**summary()["steps"][0], "ok": False, "stopped": True}
    stopped = summary(steps=[step], ok=False, stopped_at="40_proxy_policy", error={"paragraph": "it was stopped."})
    page = render(stopped, {})
    assert "it was stopped.\n2 changes were made." in page
    assert '<span class="care">stopped</span>' in page


@pytest.mark.parametrize(
    ("parts", "proved", "said"),
    [
        (["preflight"], None, "fit"),
        (["network"], None, "unproved"),
        (["teardown"], None, "removed"),
        (["policy", "verify"], True, "proved"),
        (["verify"], False, "unproved"),
        (["verify", "teardown"], True, "removed"),
        (["verify", "policy"], True, "unproved"),
    ],
)
def test_only_a_verification_of_this_run_with_nothing_after_it_is_a_proof(
    parts: list[str], proved: bool | None, said: str
) -> None:
    """`--only 00_preflight` and `--only 90_teardown` have shown something else, and say that."""
    steps = [{"part": part, "ok": True} for part in parts]
    verification = None if proved is None else {"ok": proved}
    found = achieved(steps, verification)
    assert found == said
    assert ("proved" in verdict_sentence(found)) == (said == "proved")


def test_many_differences_are_folded_away_and_ids_are_short() -> None:
    """A node of 110 pods has as many changed endpoints, named after ids of 64 digits; the pictures come below."""
    name = "1b1226cd9eaa" + 52 * "0"
    change = (("policies", "", "PROXY"),)
    found = [
        Difference("endpoint", str(one), f"{name}_cbr0", "changed", change, f"default/web-{one}") for one in range(54)
    ]
    page = render(summary(), {}, found)
    assert "<details><summary>54 objects</summary><table>" in page
    assert '">endpoint 1b1226cd9eaa…_cbr0 of default/web-53</span></td>' in page
    assert "objects</summary>" not in render(summary(), {}, found[:10])
    kept = {**summary()["steps"][0], "kept": [f"pod default/web: its CNI's endpoint is {name}_cbr0"]}
    assert "endpoint is 1b1226cd9eaa…_cbr0" in render(summary(steps=[kept]), {})
