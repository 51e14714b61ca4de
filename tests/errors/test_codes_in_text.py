"""Codes in what hosts print: a number in each form, a name, words in several languages, whole logs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.errors.codes_in_text import CodeInText, find_in_text, look_up
from hnskit.errors.hns_codes import KnownCode, all_codes

LOAD_BALANCER = "hcnCreateLoadBalancer failed in Win32: Cannot create a file when that file already exists. (0xb7)"
KLOG = (
    'E0601 10:00:00.0 proxier.go:1202] "Policy creation failed" err="hcnCreateLoadBalancer failed in Win32: The '
    'switch-port was not found. (0x803b0007) {\\"Success\\":false,\\"Error\\":\\"The switch-port was not found. '
    '\\",\\"ErrorCode\\":2151350279}"'
)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Element not found", "ERROR_NOT_FOUND"),
        ("element  not\tfound.", "ERROR_NOT_FOUND"),
        ("Unspecified error", "E_FAIL"),
        ("already attached to the switch", "HCN_E_ENDPOINT_ALREADY_ATTACHED"),
        ("HNS failed with error : The parameter is incorrect.", "ERROR_INVALID_PARAMETER"),
        ("hnsCall failed in Win32: El objeto ya existe. (0x1392)", "ERROR_OBJECT_ALREADY_EXISTS"),
        ("找不到元素。 (0x490)", "ERROR_NOT_FOUND"),
        ("hnsCall failed: O arquivo já está sendo usado por outro processo.", "ERROR_SHARING_VIOLATION"),
        ("FullyQualifiedErrorId : Windows System Error 5010,New-NetIPAddress", "ERROR_OBJECT_ALREADY_EXISTS"),
        ('{"Success":false,"Error":"...","ErrorCode":2151350293}', "HCN_E_REQUEST_UNSUPPORTED"),
        ('{\\"Success\\":false,\\"ErrorCode\\":2147942487}', "ERROR_INVALID_PARAMETER"),
        ("HcnCreateNetwork -- HRESULT: 2147942452. Result: ...", "ERROR_DUP_NAME"),
        ("exited with -2143617005", "HCN_E_PORT_ALREADY_EXISTS"),
        ("Exception from HRESULT: 0x800706D9", "EPT_S_NOT_REGISTERED"),
        ("it said HCN_E_ADDR_INVALID_OR_RESERVED", "HCN_E_ADDR_INVALID_OR_RESERVED"),
        (LOAD_BALANCER, "ERROR_ALREADY_EXISTS"),
        (KLOG, "HCN_E_PORT_NOT_FOUND"),
    ],
)
def test_a_line_has_one_code(words: str, name: str) -> None:
    """However it is said; words and number of one code are one find."""
    assert [item.name for item in look_up(words)] == [name]


def test_words_that_two_codes_have_give_both_hns_s_own_first_unless_a_number_tells() -> None:
    """`The specified request is unsupported.`"""
    words = "The specified request is unsupported."
    assert [item.code for item in look_up(words)] == [0x803B0015, 0x803B0023]
    assert [item.code for item in look_up(f"failed: {words} (0x803b0023)")] == [0x803B0023]


@pytest.mark.parametrize(
    "line",
    [
        "goroutine 17 0xc0003d1380 +0x1c",
        "I0318 proxier.go:980] Policy already applied for svcInfo 0x20",
        "LastErrorCode : 0",
        '"LastUpdateTime":132178696023852504,"Version":38654705666',
        "2019-11-10T14:26:42.388256000Z 10.0.0.1:2151350291",
        "",
    ],
)
def test_a_number_that_is_no_code_is_none(line: str) -> None:
    """Pointers, times and versions."""
    assert find_in_text(line) == ()


def test_a_log_gives_each_code_once_with_its_line_and_how_many_have_it() -> None:
    """In the order of the lines."""
    log = f"starting\n{KLOG}\nnothing\n{LOAD_BALANCER}\n{KLOG}\n"
    found = find_in_text(log)
    assert [(item.known.code, item.line, item.count) for item in found] == [(0x803B0007, 2, 2), (0xB7, 4, 1)]
    assert found[1].quoted == LOAD_BALANCER


def test_an_unknown_code_where_one_stands_is_named() -> None:
    """And one beside which nothing tells of a failure is left aside."""
    (found,) = find_in_text("hnsCall failed in Win32: something (0x803b0fff)")
    assert (found.known.code, found.known.is_known) == (0x803B0FFF, False)
    assert find_in_text("window 0x1234 at (0x5678)") == ()


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("hcnCreateLoadBalancer failed in Win32: (0x803b001c) A Reference is required", "load balancer without any"),
        ("hnsCall failed in Win32: (0x803b001c)", "refers to an object"),
        ("hcnDeleteNamespace failed in Win32: (0x803b0015)", "still lists a container"),
        ("failed to create endpoint x on network nat: hnsCall failed: Element not found. (0x490)", "network of a new"),
        ("Policy creation failed: dual stack OutBoundNAT ExceptionList (0x803b000d)", "IPv4 and IPv6"),
    ],
)
def test_the_cause_that_fits_the_line_comes_first(line: str, first: str) -> None:
    """The others follow."""
    (found,) = find_in_text(line)
    assert first in found.known.causes[0]
    plain = next(item for item in all_codes() if item.code == found.known.code)
    assert sorted(found.known.causes) == sorted(plain.causes)


def test_every_text_of_a_code_leads_to_it() -> None:
    """Of all that are known."""
    for item in all_codes():
        for text in filter(None, (item.message, *item.texts)):
            assert item.code in [found.code for found in look_up(text)], text


@given(st.text(max_size=300), st.sampled_from(all_codes()), st.text(max_size=300))
def test_a_line_of_its_own_is_found_in_any_text(before: str, known: KnownCode, after: str) -> None:
    """Whatever stands above and below it."""
    line = before.count("\n") + 2
    found = {item.known.code: item for item in find_in_text(f"{before}\nit failed: x (0x{known.code:x})\n{after}")}
    assert known.code in found
    assert isinstance(found[known.code], CodeInText)
    assert found[known.code].line <= line


@pytest.mark.parametrize("words", ["hello world", "the host", "0x", "(0x)", "\x00"])
def test_what_has_no_code_is_refused(words: str) -> None:
    """In a sentence."""
    with pytest.raises(ValueError, match=r"not a code|not a number"):
        look_up(words)
