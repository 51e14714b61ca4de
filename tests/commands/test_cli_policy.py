"""hnskit policy at the command line: on a snapshot it looks, on an emulated host it changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hnskit.facts.snapshot import save_facts
from tests import sample_facts
from tests.host_process import emulated_host
from tests.terminal import hnskit, sets

PARAMS = str(sample_facts.PARAMS)
ADDRESSES = ("proxy.address=10.0.1.136", "clients[0].address=10.0.1.20", "clients[1].address=10.0.1.21")
"""Given, so that HNS chooses none to which a policy of these tests leads: that would be a loop, and refused."""


@pytest.fixture
def snapshot(tmp_path: Path) -> str:
    return f"snapshot:{save_facts(sample_facts.complete(), tmp_path / 'host.json')}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    with emulated_host(tmp_path_factory.mktemp("state")) as overrides:
        yield [PARAMS, *sets([*overrides, "emulator.profile=ws2022", *ADDRESSES])]


def test_list_shows_all_and_filters(capsys: pytest.CaptureFixture[str], snapshot: str) -> None:
    """Neighbours too; by endpoint, type, or proxies only."""
    status, out, _ = hnskit(capsys, "policy", "list", snapshot, "--json")
    assert status == 0
    assert {row["type"] for row in json.loads(out)["items"]} == {"OutBoundNAT", "L2Driver", "PROXY"}
    _, out, _ = hnskit(capsys, "policy", "list", snapshot, "--proxies", "--json", "--endpoint", "10.0.1.20")
    (row,) = json.loads(out)["items"]
    assert (row["container"], row["number"], row["description"][:5]) == ("hnskit-client1", 3, "PROXY")
    _, out, _ = hnskit(capsys, "policy", "list", snapshot, "--type", "L4Proxy", "--format", "csv")
    assert out.count("PROXY 169.254.169.254:80") == 2


def test_lookup_gives_ids(capsys: pytest.CaptureFixture[str], snapshot: str) -> None:
    """One a line, for scripts."""
    assert hnskit(capsys, "policy", "lookup", "hnskit-client1", snapshot)[:2] == (0, "ID-hnskit-client1\n")
    assert hnskit(capsys, "policy", "lookup", "nobody", snapshot)[0] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "--destination", "10.0.1.9:80"), "Name where"),
        (("add", "--endpoint", "hnskit-client1"), "--kind"),
        (("add", "--endpoint", "nobody", "--destination", "10.0.1.9:80"), "no endpoint"),
        (("add", "--endpoint", "hnskit-client1", "--kind", "ROUTE", "--destination", "1.2.3.4:5"), "no destination"),
        (("add", "--endpoint", "hnskit-client1", "--destination", "10.0.1.9", "--port", "x"), "2 mistakes"),
        (("remove", "--endpoint", "hnskit-client1"), "--number"),
        (("remove", "--endpoint", "hnskit-client1", "--number", "9"), "0 policies"),
        (("change", "--endpoint", "hnskit-client1", "--type", "PROXY", "--action", "Allow"), "has no action"),
        (("change", "--endpoint", "hnskit-client1", "--number", "2"), "cannot be changed here"),
        (("clear", "--endpoint", "hnskit-client1"), "--dry-run"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(
    capsys: pytest.CaptureFixture[str], snapshot: str, words: tuple[str, ...], said: str
) -> None:
    """Exit status 2, and what is wrong."""
    look = () if said == "--dry-run" else ("--dry-run",)
    status, _, err = hnskit(capsys, "policy", words[0], snapshot, *words[1:], *look)
    assert (status, said in err) == (2, True), err


def test_a_dry_run_shows_the_plan(capsys: pytest.CaptureFixture[str], snapshot: str) -> None:
    """Also of a snapshot; a refused step is in it."""
    words = ("--endpoint", "hnskit-client1", "--dry-run")
    status, out, _ = hnskit(capsys, "policy", "clear", snapshot, *words)
    assert (status, out.splitlines()[0]) == (0, "~ update policies hnskit-client1: 1 removed, 2 kept as they are")
    _, out, _ = hnskit(capsys, "policy", "add", snapshot, *words, "--inbound-port", "15003", "--json")
    (step,) = json.loads(out)["steps"]
    assert step["action"] == "refuse"
    assert "13.2" in step["reason"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            ("--ip", "169.254.169.250", "--destination", f"{sample_facts.PROXY_ADDRESS}:81"),
            "no longer wanted: PROXY",
        ),
        (("--ip", "10.7.7.7", "--destination", "10.9.9.9:443"), ""),
    ],
    ids=["taken away", "left alone"],
)
def test_a_policy_that_the_next_apply_would_not_leave_is_said(
    capsys: pytest.CaptureFixture[str], snapshot: str, rule: tuple[str, ...], said: str
) -> None:
    """On stderr, before anything is changed; and `add --help` speaks of it."""
    words = ("--set", f"target={snapshot}", "--endpoint", "hnskit-client1", "--port", "8080", "--dry-run")
    status, _, err = hnskit(capsys, "policy", "add", PARAMS, *words, *rule)
    assert status == 0
    assert ("The next `hnskit apply`" in err) is bool(said)
    assert said in err
    help_text = " ".join(hnskit(capsys, "policy", "add", "--help").out.split())
    assert "next `hnskit apply` takes away again" in help_text


def test_policies_of_a_live_host(capsys: pytest.CaptureFixture[str], lab: list[str], tmp_path: Path) -> None:
    """Add, change, list, remove and clear over the wire, with a journal; then nothing is left to do."""
    runs = ("--runs", str(tmp_path / "runs"))
    where = ("--endpoint", "hnskit-client1")
    status, out, err = hnskit(capsys, "apply", *lab, *runs)
    assert status == 0, err
    rule = ("--ip", "169.254.169.250", "--port", "8080", "--destination", "10.0.1.200:80")
    status, out, err = hnskit(capsys, "policy", "add", *lab, *where, *runs, *rule)
    assert (status, out.splitlines()[-1]) == (0, "1 added."), err
    wfp = ("--outbound-port", "15001", "--user-sid", "system")
    status, out, err = hnskit(capsys, "policy", "add", *lab, *where, *runs, *wfp)
    assert (status, out.splitlines()[-1]) == (0, "1 added."), err
    words = ("--number", "4", "--destination", "10.0.1.201:80", "--json")
    status, out, err = hnskit(capsys, "policy", "change", *lab, *where, *runs, *words)
    assert (status, json.loads(out)["changed"]) == (0, 1), err
    _, out, _ = hnskit(capsys, "policy", "list", *lab, *where, "--proxies", "--json")
    shown = [row["description"] for row in json.loads(out)["items"]]
    wanted = ["PROXY 169.254.169.250:8080 -> 10.0.1.201:80 NAT", "L4WFPPROXY outbound -> :15001 but S-1-5-18"]
    assert shown[1:] == wanted
    _, out, _ = hnskit(capsys, "policy", "list", *lab, *where, "--v2", "--json")
    assert [row["type"] for row in json.loads(out)["items"]][2:] == ["L4Proxy", "L4Proxy", "L4WFPPROXY"]
    status, out, _ = hnskit(
        capsys, "policy", "remove", "--yes", *lab, *where, *runs, "--ip", "169.254.169.250", "--port", "8080"
    )
    assert (status, out.splitlines()[-1]) == (0, "1 removed.")
    status, out, _ = hnskit(capsys, "policy", "clear", "--yes", *lab, *where, *runs)
    assert (status, out.splitlines()[-1]) == (0, "2 removed.")
    assert hnskit(capsys, "policy", "clear", "--yes", *lab, *where, *runs)[1].splitlines()[-1] == "Nothing to do."
    journals = sorted((tmp_path / "runs").glob("*/journal.jsonl"))
    assert len(journals) == 6
    status, _, err = hnskit(capsys, "policy", "add", *lab, "--endpoint", "hnskit-proxy", "--destination", "10.0.1.5:80")
    assert (status, "mistake" in err) == (2, True)
