"""The envelope of HNS's answers: success, refusals with their codes, nonsense."""

import json
from typing import Any

import pytest

from hnskit.errors import HnsError, HostAnswerError
from hnskit.model import hns_envelope, hns_json


@pytest.mark.parametrize("member", ["Output", "Success"])
def test_member_order_of_an_envelope_does_not_matter(member: str) -> None:
    parts = {"Output": {"ID": "A"}, "Success": True}
    ordered = {member: parts.pop(member), **parts}
    assert hns_envelope.parse_envelope(json.dumps(ordered)) == {"ID": "A"}


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("", None),
        ('{"Success":true}', None),
        ('{"Success":true,"Output":null}', None),
        ('{"Success":true,"Output":""}', None),
        ('{"Output":[],"Success":true}', []),
        ('{ "Success" : true, "Output" : {"Path":"\\/networks\\/"} }', {"Path": "/networks/"}),
    ],
)
def test_a_success_gives_its_output(text: str, output: dict[str, str] | list[Any] | None) -> None:
    """No text, and an envelope without Output, are successes with nothing to say."""
    assert hns_envelope.parse_envelope(text) == output


def test_file_times_stay_whole_numbers() -> None:
    """A FILETIME is larger than what a float holds exactly."""
    read = hns_envelope.parse_envelope('{"Output":{"StartTime":131614059830560691},"Success":true}')
    assert read["StartTime"] == 131614059830560691
    assert isinstance(read["StartTime"], int)


@pytest.mark.parametrize(
    ("text", "hresult", "code"),
    [
        ('{"Success":false,"Error":"No. ","ErrorCode":2151350319}', 0, 0x803B002F),
        ('{"Success":false,"Error":"No. ","ErrorCode":2151350319}', -2147467259, 0x803B002F),
        ('{"Success":false,"Error":"No. ","ErrorCode":-2143616977}', 0, 0x803B002F),
        ('{"Success":false,"Error":"No. "}', -2147467259, 0x80004005),
        ('{"Success":false,"Error":"No. "}', 0, 0),
        ('{"Success":true}', -2147023728, 0x80070490),
        ("", 0x80070490, 0x80070490),
        ('{"Succ', -2147023728, 0x80070490),
    ],
)
def test_refusals_carry_the_best_code_there_is(text: str, hresult: int, code: int) -> None:
    """ErrorCode, else the HRESULT, else 0; the HRESULT alone is a refusal too."""
    with pytest.raises(HnsError) as caught:
        hns_envelope.parse_envelope(text, hresult)
    assert caught.value.code == code


def test_refusal_without_a_code_keeps_the_hosts_words() -> None:
    """Server 2016 gives no code."""
    with pytest.raises(HnsError, match=r"HNS refused: The parameter is incorrect\.$") as caught:
        hns_envelope.parse_envelope('{"Error":"The parameter is incorrect. ","Success":false}')
    assert (caught.value.code, caught.value.name) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        '{"Success":true,"Output":{"ID":"A"',
        "[]",
        "null",
        "<html>",
        '{"Output":{}}',
        '{"Success":"true","Output":{}}',
        '{"Success":1}',
        '{"Success":true,"Output":"text"}',
        '{"Success":true,"Output":5}',
        '{"Success":false,"Error":5}',
        '{"Success":false,"Error":"No. ","ErrorCode":"0x803b002f"}',
        '{"Success":true,"Output":{"State":NaN}}',
        "[" * 100_000,
    ],
    ids=range(13),
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(HostAnswerError) as caught:
        hns_envelope.parse_envelope(text)
    assert len(str(caught.value)) < 1000


def test_list_output_of_one_object() -> None:
    assert len(hns_json.parse_all({"ID": "A"}, hns_json.parse_network)) == 1
    assert hns_json.parse_all(None, hns_json.parse_network) == ()
