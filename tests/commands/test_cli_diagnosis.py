"""explain, doctor, preflight, errors and export at the command line, on snapshots and on an emulated host."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from hnskit.commands import doctor_command
from hnskit.facts.snapshot import save_facts
from tests import sample_facts
from tests.host_process import emulated_host
from tests.terminal import hnskit, sets

PARAMS = str(sample_facts.PARAMS)
MISSPELT = sample_facts.with_endpoint(
    sample_facts.complete(), "hnskit-client1", policies=(*sample_facts.MADE_WITH, sample_facts.misspelt_policy())
)


@pytest.fixture
def good(tmp_path: Path) -> str:
    return f"snapshot:{save_facts(sample_facts.complete(), tmp_path / 'good.json')}"


@pytest.fixture
def bad(tmp_path: Path) -> str:
    return f"snapshot:{save_facts(MISSPELT, tmp_path / 'bad.json')}"


def test_explain_ends_with_0_where_it_is_answered_and_with_1_where_not(
    capsys: pytest.CaptureFixture[str], good: str, bad: str
) -> None:
    """The sentence is the first line."""
    words = ("--from", "hnskit-client1", "--to", "169.254.169.254:80")
    status, out, _ = hnskit(capsys, "explain", good, *words)
    assert (status, "is redirected by the PROXY policy" in out.splitlines()[0]) == (0, True)
    status, out, _ = hnskit(capsys, "explain", bad, *words)
    assert (status, "does not arrive" in out.splitlines()[0]) == (1, True)
    status, out, _ = hnskit(capsys, "explain", PARAMS, "--set", f"target={bad}", *words, "--json")
    assert (status, json.loads(out)["verdict"]["code"]) == (1, "on-link")


def test_explain_all_is_a_table_and_draws_none(capsys: pytest.CaptureFixture[str], bad: str) -> None:
    """What the parameters redirect is the default."""
    status, out, _ = hnskit(capsys, "explain", PARAMS, "--set", f"target={bad}", "--all")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[-3:]] == ["hnskit-client1", "hnskit-client2", "hnskit-proxy"]
    status, out, _ = hnskit(capsys, "explain", bad, "--all", "--to", "169.254.169.254", "--to", "8.8.8.8:53", "--json")
    assert len(json.loads(out)["items"]) == 6


def test_explain_draws_the_way(capsys: pytest.CaptureFixture[str], good: str, tmp_path: Path) -> None:
    """As SVG."""
    path = tmp_path / "way.svg"
    hnskit(capsys, "explain", good, "--from", "10.0.1.20", "--to", "169.254.169.254:80", "--svg", str(path))
    assert path.read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "1.2.3.4"), "--from"),
        (("--from", "hnskit-client1", "--all"), "--from"),
        (("--from", "hnskit-client1"), "--to"),
        (("--from", "nobody", "--to", "1.2.3.4"), "nobody is not a container"),
        (("--from", "hnskit-client1", "--to", "example.org"), "IPv4"),
        (("--from", "hnskit-client1", "--to", "1.2.3.4:99999"), "is not a port"),
    ],
)
def test_explain_refuses_what_it_does_not_understand(
    capsys: pytest.CaptureFixture[str], good: str, words: tuple[str, ...], said: str
) -> None:
    """Exit status 2, and what is wrong."""
    status, _, err = hnskit(capsys, "explain", good, *words)
    assert (status, said in err) == (2, True)


def test_doctor_s_exit_status(capsys: pytest.CaptureFixture[str], good: str, bad: str) -> None:
    """1 for an error; 0 for notes."""
    assert hnskit(capsys, "doctor", good)[0] == 0
    status, out, _ = hnskit(capsys, "doctor", PARAMS, "--set", f"target={bad}")
    assert status == 1
    assert "OutboundNat was probably meant" in out
    assert f"hnskit apply {PARAMS} --set target={bad} --part policy" in out
    status, out, _ = hnskit(capsys, "doctor", bad, "--json", "--check", "policy-key")
    assert (status, [item["check"] for item in json.loads(out)["findings"]]) == (1, ["policy-key"])
    shown = json.loads(out)
    assert (shown["schema"], shown["ok"], shown["counts"]) == (1, False, {"error": 1, "warning": 0, "note": 0})
    assert (shown["taken_for"], shown["unknown"]) == ("a snapshot of hnskit", {})
    assert hnskit(capsys, "doctor", bad, "--check", "vfp-off")[0] == 0
    assert hnskit(capsys, "doctor", bad, "--check", "nonsense")[0] == 2


@pytest.mark.parametrize("option", ["--yes", "--dry-run"])
def test_an_option_of_fix_without_fix_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], bad: str, option: str
) -> None:
    status, out, err = hnskit(capsys, "doctor", bad, option)
    assert (status, out) == (2, "")
    assert "go with --fix" in err


def test_doctor_plans_the_repair_of_a_snapshot_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], bad: str
) -> None:
    """The plan is shown; the file stays."""
    before = Path(bad.removeprefix("snapshot:")).read_bytes()
    status, out, err = hnskit(capsys, "doctor", PARAMS, "--set", f"target={bad}", "--fix", "--yes")
    assert status == 1
    assert "update policy hnskit-client1" in out
    assert "never changed" in err
    assert Path(bad.removeprefix("snapshot:")).read_bytes() == before
    assert hnskit(capsys, "doctor", bad, "--fix")[0] == 2


def test_doctor_mends_an_emulated_host(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy is taken away; --fix puts it back, and says what is left."""
    monkeypatch.chdir(tmp_path)
    with emulated_host(tmp_path / "state") as overrides:
        here = [PARAMS, *sets(overrides)]
        assert hnskit(capsys, "apply", *here)[0] == 0
        saved = tmp_path / "host.json"
        assert hnskit(capsys, "facts", *here, "--save", str(saved))[0] == 0
        from hnskit import load_params, open_host
        from hnskit.remote import hns
        from hnskit.remote.session import invoke_calls

        host = open_host(load_params(PARAMS, overrides=overrides))
        client = host.facts().endpoints_named("hnskit-client1")[0]
        call = hns.set_policies("x", client, (*client.policies[:-1], sample_facts.misspelt_policy()))
        assert [result.error for result in invoke_calls(host.session(), [call])] == [None]
        host.close()
        assert hnskit(capsys, "doctor", *here)[0] == 1
        status, out, _ = hnskit(capsys, "doctor", *here, "--fix", "--yes", "--json")
        result = json.loads(out)
    assert status == 0
    assert [step["id"] for step in result["plan"]["steps"] if step["level"]] == ["update policy hnskit-client1"]
    assert {item["severity"] for item in result["findings"]} >= {"error"}
    assert {item["severity"] for item in result["after"]} <= {"note"}
    assert [one["step"] for one in result["outcome"]["done"]] == ["update policy hnskit-client1"]


@pytest.mark.parametrize("verb", [("facts",), ("show", "policies"), ("plan",), ("doctor",), ("preflight",)])
def test_every_verb_that_reads_takes_a_snapshot(capsys: pytest.CaptureFixture[str], tmp_path: Path, verb: str) -> None:
    """As it was when it was saved."""
    path = save_facts(sample_facts.complete(), tmp_path / "host.json")
    status, out, _ = hnskit(capsys, *verb, PARAMS, "--set", f"target=snapshot:{path}", "--json")
    assert status == 0
    assert json.loads(out)


@pytest.mark.parametrize("verb", ["apply", "destroy", "verify"])
def test_every_verb_that_changes_refuses_a_snapshot(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, verb: str
) -> None:
    """In one sentence."""
    path = save_facts(sample_facts.complete(), tmp_path / "host.json")
    status, _, err = hnskit(capsys, verb, PARAMS, "--set", f"target=snapshot:{path}")
    assert status == 2
    assert "a snapshot can be looked at, and never changed" in err
    assert len(err.strip().splitlines()) == 1


def test_what_a_dump_does_not_have_is_said_beside_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A table of a part of a host must not look like the whole."""
    path = tmp_path / "dump.json"
    path.write_text('[{"ID": "A", "Name": "x", "VirtualNetwork": "N"}]')
    status, out, err = hnskit(capsys, "show", "endpoints", PARAMS, "--set", f"target=snapshot:{path}")
    assert (status, "x" in out) == (0, True)
    assert re.search("^not whole: .*networks.*: not in this dump$", err, flags=re.MULTILINE)


@pytest.mark.parametrize("code", ["0x803b0013", "2151350291", "-2143617005", "PORT_ALREADY"])
def test_errors_in_every_form(capsys: pytest.CaptureFixture[str], code: Any) -> None:
    """Name, meaning, causes, next step."""
    status, out, _ = hnskit(capsys, "errors", code)
    assert status == 0
    assert "HCN_E_PORT_ALREADY_EXISTS (0x803B0013, 2151350291, -2143617005)" in out
    assert "Likely causes" in out


def test_errors_without_a_code_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    """A line each; unknown ones end with 1, nonsense with 2."""
    from hnskit.errors.hns_codes import all_codes

    status, out, _ = hnskit(capsys, "errors")
    assert (status, len(out.splitlines())) == (0, len(all_codes()))
    assert json.loads(hnskit(capsys, "errors", "0x490", "--json")[1])["items"][0]["name"] == "ERROR_NOT_FOUND"
    assert hnskit(capsys, "errors", "0x803b0fff")[0] == 1
    assert hnskit(capsys, "errors", "hello")[0] == 2


LOG = "ok\nhcnCreateLoadBalancer failed in Win32: x (0xb7)\nkubelet: Element not found.\n"


def test_errors_by_text_and_of_a_whole_log(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words without quotes, a file, a folder, standard input: each code with its line."""
    assert "ERROR_NOT_FOUND" in hnskit(capsys, "errors", "Element", "not", "found")[1]
    log = tmp_path / "logs" / "kube-proxy.log"
    log.parent.mkdir()
    log.write_bytes(LOG.encode("utf-16"))
    status, out, _ = hnskit(capsys, "errors", str(log))
    assert (status, out.startswith("line 2: hcnCreateLoadBalancer"), "line 3: kubelet" in out) == (0, True, True)
    (tmp_path / "logs" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
    codes = json.loads(hnskit(capsys, "errors", str(log.parent), "--json")[1])["codes"]
    assert [(item["file"], item["code"]) for item in codes] == [("kube-proxy.log", 0xB7), ("kube-proxy.log", 0x490)]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LOG.encode())))
    assert "ERROR_ALREADY_EXISTS" in hnskit(capsys, "errors", "-")[1]


@pytest.mark.parametrize(("data", "status"), [(b"", 1), (b"all is well\n", 1), (b"\x89PNG\0\0" + bytes(500), 3)])
def test_errors_of_a_file_without_any_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, data: Any, status: Any
) -> None:
    """Empty, well, or no text at all."""
    path = tmp_path / "x.log"
    path.write_bytes(data)
    found, out, err = hnskit(capsys, "errors", str(path))
    assert (found, "Traceback" in err, bool((out + err).strip())) == (status, False, True)


def test_export_cni_asks_no_host_where_the_address_is_known(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """In the parameters, by hand, or looked up."""
    words: tuple[str, ...] = ("export", "cni", PARAMS, "--plugin", "sdnbridge", "--set", "target=emulator://none")
    status, out, err = hnskit(capsys, *words, "--proxy", "10.0.1.9")
    assert (status, "10.0.1.9:80" in out, "note: " in err) == (0, True, True)
    assert '"Destination": "10.0.1.50:80"' in hnskit(capsys, *words, "--set", "proxy.address=10.0.1.50")[1]
    path = save_facts(sample_facts.complete(), tmp_path / "host.json")
    out_file = tmp_path / "10-hnskit.conflist"
    words = ("export", "cni", PARAMS, "--plugin", "win-bridge", "--api", "1", "--set", f"target=snapshot:{path}")
    assert hnskit(capsys, *words, "--output", str(out_file))[0] == 0
    assert "10.0.1.136:80" in out_file.read_text()


def test_export_cni_says_that_a_file_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One paragraph, and no list half written."""
    words = ("export", "cni", PARAMS, "--plugin", "azure", "--proxy", "10.0.1.9", "--output", str(tmp_path))
    status, _, err = hnskit(capsys, *words)
    assert status == 2
    assert "it cannot be written" in err


def test_the_doctor_repairs_through_the_library_and_reads_no_output() -> None:
    """What another command prints is not an interface: its text may change without the doctor."""
    source = Path(doctor_command.__file__).read_text(encoding="utf-8")
    assert "apply_command" not in source
    assert "redirect_stdout" not in source
