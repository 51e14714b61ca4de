"""Codes of HNS in every form that people meet."""

from __future__ import annotations

import pytest

from hnskit.errors import HnsError
from hnskit.errors.hns_codes import KnownCode, all_codes, explain_code, find_codes


@pytest.mark.parametrize("known", all_codes(), ids=lambda item: item.name)
def test_every_code_has_name_meaning_causes_and_next_step(known: KnownCode) -> None:
    """And where it is known from."""
    assert known.name
    assert known.meaning.endswith(".")
    assert known.causes
    assert all(cause.endswith(".") for cause in known.causes)
    assert known.next_step.endswith(".")
    assert known.source
    assert known.name in known.to_text()
    assert known.name in known.to_html()


@pytest.mark.parametrize("words", ["0x803b0013", "0X803B0013", "803b0013", "2151350291", "-2143617005", " 0x803b0013 "])
def test_every_form_of_one_code(words: str) -> None:
    """Hexadecimal, decimal, signed."""
    assert [item.name for item in find_codes(words)] == ["HCN_E_PORT_ALREADY_EXISTS"]


@pytest.mark.parametrize("words", ["0x490", "490", "1168", "0x80070490", "2147943568", "-2147023728"])
def test_every_form_of_a_masked_code(words: str) -> None:
    """hcsshim keeps 16 bits of a Win32 code."""
    assert [item.name for item in find_codes(words)] == ["ERROR_NOT_FOUND"]


def test_a_part_of_a_name_is_enough() -> None:
    """All that have it."""
    assert {item.name for item in find_codes("already_exists")} >= {
        "HCN_E_NETWORK_ALREADY_EXISTS",
        "HCN_E_PORT_ALREADY_EXISTS",
    }


def test_a_number_that_nothing_is_known_of_is_not_guessed() -> None:
    """It says so."""
    (found,) = find_codes("0x803b0fff")
    assert not found.is_known
    assert "nothing is known" in found.to_text()


@pytest.mark.parametrize("words", ["", "hello world", "99999999999999", "0x1ffffffff"])
def test_what_is_no_code_is_refused(words: str) -> None:
    """With the forms that there are."""
    with pytest.raises(ValueError, match=r"not a code|not a number"):
        find_codes(words)


def test_the_forms_of_a_code_lead_back_to_it() -> None:
    """Each of them, for all codes."""
    for known in all_codes():
        for form in known.forms.split(", "):
            assert find_codes(form)[0].code == known.code, form


def test_a_notebook_shows_an_error_as_a_box() -> None:
    """With meaning, causes and what to do; every line of one width."""
    error = HnsError("The specified port already exists. ", code=0x803B0013, object="endpoint x", host="winrm://h")
    lines = error._render_traceback_()
    assert len({len(line) for line in lines}) == 1
    text = "\n".join(lines)
    for words in ("HCN_E_PORT_ALREADY_EXISTS", "Likely causes:", "What to do:", "endpoint x, on winrm://h"):
        assert words in text
    assert explain_code(0x803B0013).causes[0][:40] in text


def test_an_error_without_a_code_is_a_box_too() -> None:
    """Server 2016 gives none."""
    assert "The parameter is incorrect" in "\n".join(
        HnsError("The parameter is incorrect. ", code=0)._render_traceback_()
    )


def test_words_that_microsoft_has_for_a_code_are_shown_where_no_host_was_seen_with_it() -> None:
    """What hosts printed comes first."""
    assert 'In Microsoft\'s words: "The virtual switch was not found."' in explain_code(0x803B0004).to_text()
    assert "In Microsoft's words" not in explain_code(0x803B0013).to_text()


@pytest.mark.parametrize(
    ("code", "said", "source"),
    [
        (0x803B0015, "still lists a container", "Windows-Containers#485"),
        (0x803B0015, "HNS had crashed", "hcsshim#2155"),
        (0x803B001C, "load balancer without any endpoint", "kubernetes#100384"),
        (0x6D9, "Firewall", "docker/for-win#6535"),
        (0x6D9, "Internet Connection Sharing", "microsoft/WSL#5152"),
        (0xB7, "load balancer that HNS restored", "kubernetes#139519"),
        (0x803B0013, "listens on 0.0.0.0", "kubernetes/community#8883"),
        (0x803B000D, "IPv4 and IPv6 prefixes in one exception list", "AgentBaker#3049"),
        (0x803B000D, "`ExceptionList` in place of `Exceptions`", "projectcalico/node#954"),
    ],
)
def test_a_cause_names_the_report_that_it_is_known_from(code: int, said: str, source: str) -> None:
    """In the same sentence."""
    assert any(said in cause and source in cause for cause in explain_code(code).causes)
