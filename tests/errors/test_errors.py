"""Errors: HNS's codes in every form they come in, and one paragraph for a person."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from hnskit.errors import (
    DockerError,
    HnsError,
    HnskitError,
    HostAnswerError,
    Mistake,
    ParamsError,
    RemoteCommandError,
    StepError,
    explain_code,
)

SAMPLE = json.loads((Path(__file__).parents[1] / "samples/hns/errors.json").read_text(encoding="utf-8"))["codes"]


@pytest.mark.parametrize("row", SAMPLE, ids=lambda row: f"{row['code']}-{row['name']}")
def test_every_known_code_is_explained(row: dict[str, Any]) -> None:
    """The name is the constant's, the text a host's own, and there is always a next step and a source."""
    known = explain_code(row["decimal"])
    same_code = [other["name"] for other in SAMPLE if other["decimal"] == row["decimal"]]
    assert known.name == same_code[0]
    assert known.next_step.endswith(".")
    assert known.source
    assert (row["message"] or "").startswith(known.message)
    assert bool(known.message) == bool(row["message"])
    if row["seen_in_the_wild"] and known.name != "HCN_E_INVALID_JSON":
        assert known.causes


@pytest.mark.parametrize("code", [2147943568, -2147023728, 1168])
def test_every_form_of_a_win32_code(code: int) -> None:
    """Unsigned, signed, and masked to its low 16 bits."""
    assert explain_code(code).name == "ERROR_NOT_FOUND"


@pytest.mark.parametrize("code", [0x803B0010, -2143617008])
def test_every_form_of_an_hcn_code(code: int) -> None:
    assert explain_code(code).name == "HCN_E_NETWORK_ALREADY_EXISTS"


def test_unspecified_error_is_one_to_try_again() -> None:
    known = explain_code(-2147467259)
    assert (known.name, known.message) == ("E_FAIL", "Unspecified error")
    assert "again" in known.next_step


def test_port_already_exists_does_not_mean_the_endpoint() -> None:
    """HNS fact 73: the code is often read wrongly."""
    assert "port" in explain_code(0x803B0013).message
    assert any("does not mean" in cause for cause in explain_code(0x803B0013).causes)


@pytest.mark.parametrize("code", [0x803B0FFF, 0xC0370FFF, 0x8007FFFF, 0x00070490])
def test_unknown_codes_are_named_by_their_number(code: int) -> None:
    known = explain_code(code)
    assert (known.name, known.message, known.next_step) == (f"0x{code:08X}", "", "")


def test_hns_error_says_what_the_host_said_and_what_to_do() -> None:
    error = HnsError("An address provided is invalid or reserved. ", code=0x803B002F, object="endpoint client")
    assert str(error).startswith(
        "endpoint client: HNS refused: An address provided is invalid or reserved "
        "(HCN_E_ADDR_INVALID_OR_RESERVED, 0x803B002F). Find who holds it"
    )


def test_hns_error_without_text_uses_what_hosts_say() -> None:
    assert "An adapter was not found (HCN_E_ADAPTER_NOT_FOUND" in HnsError("", code=0x803B0006).message


def test_hns_error_of_an_unknown_code_prints_it_once() -> None:
    assert HnsError("Nein. ", code=0x803B0FFF).message == "HNS refused: Nein (0x803B0FFF)"


def test_hns_error_keeps_the_code_unsigned() -> None:
    assert HnsError("", code=-2147023728).code == 0x80070490


def test_host_answer_error_quotes_no_more_than_it_must() -> None:
    assert len(HostAnswerError("nonsense", got="x" * 10_000).got) < 500


@pytest.mark.parametrize(
    "error",
    [
        HnsError("No. ", code=0x803B002F, host="emulator://lab", step="attach"),
        HostAnswerError("nonsense", got={"a": 1}),
        RemoteCommandError("no", error_id="Hnskit.HnsMissing", command="Invoke-HnskitHns"),
        DockerError("no", exit_code=125, stderr="no such image"),
        ParamsError("params/emulator.yaml", (Mistake("proxy.address", "not an address", "x"),)),
        HnskitError("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_cross_a_process_boundary(error: Any) -> None:
    """A fleet on an executor of processes pickles what a task raises."""
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert vars(back) == vars(error)
    assert str(back) == str(error)


def test_fields_for_a_program() -> None:
    fields = HnsError("No. ", code=0x803B002F, host="emulator://lab").to_json()
    assert fields["error"] == "HnsError"
    assert (fields["code"], fields["name"]) == (0x803B002F, "HCN_E_ADDR_INVALID_OR_RESERVED")


@pytest.mark.parametrize(
    "error",
    [
        HnsError("No. ", code=0x803B0013, host="winrm://host"),
        StepError("it failed", step="create network n"),
        HostAnswerError("it answered nonsense", got={"a": 1}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_with_more_to_say_is_a_new_one(error: HnskitError) -> None:
    """What was raised stays as it was; the copy's args, text and fields agree, and it keeps the cause."""
    before, cause = (error.args, error.paragraph(), dict(vars(error))), ValueError("cause")
    error.__cause__ = cause
    more = error.but(message="another text", next_step="Do this.")
    assert (error.args, error.paragraph(), vars(error)) == before
    assert type(more) is type(error)
    assert (more.args, more.message, more.next_step) == (("another text",), "another text", "Do this.")
    assert more.paragraph().endswith("another text. Do this.")
    assert more.__cause__ is cause
    assert {key: value for key, value in vars(more).items() if key not in ("message", "next_step")} == {
        key: value for key, value in vars(error).items() if key not in ("message", "next_step")
    }
