"""Who the door lets in, and how."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from pypsrp.exceptions import AuthenticationError, WinRMTransportError

from tests.emulator.door_host import PASSWORD, USER, Served, invoke
from tests.waiting import LONG

IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identify/1/wsmanidentity.xsd"><s:Body><i:Identify/></s:Body></s:Envelope>'
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("door")) as door:
        yield door


@pytest.mark.parametrize("username", [USER, f".\\{USER}", f"standin\\{USER}", USER.upper()])
@pytest.mark.parametrize("settings", [{"scheme": "http"}, {"scheme": "https"}])
def test_every_form_of_the_account_is_let_in(served: Served, settings: dict[str, Any], username: str) -> None:
    with served.pool(**settings, module=False, username=username) as pool:
        assert invoke(pool, "hostname") == ["STANDIN"]


@pytest.mark.parametrize(
    "settings",
    [
        {"scheme": "http", "auth": "ntlm"},
        {"scheme": "https", "auth": "negotiate"},
        {"scheme": "https", "auth": "ntlm"},
        {"scheme": "https", "auth": "negotiate", "encryption": "always"},
    ],
)
def test_other_ways_to_log_in_with_ntlm(served: Served, settings: dict[str, Any]) -> None:
    with served.pool(**settings, module=False) as pool:
        assert invoke(pool, "hostname") == ["STANDIN"]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "nobody"}, {"username": f"contoso\\{USER}"}])
def test_a_wrong_login_is_refused(served: Served, scheme: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(AuthenticationError), served.pool(scheme, **wrong):
        pass


def test_an_unencrypted_payload_over_http_is_refused(served: Served) -> None:
    with pytest.raises(WinRMTransportError) as caught, served.pool("http", encryption="never"):
        pass
    assert caught.value.code == 500
    assert len(served.door.shells) == 0


def test_basic_over_http_is_refused(served: Served) -> None:
    with pytest.raises(AuthenticationError), served.pool("http", auth="basic", encryption="never"):
        pass


def test_the_challenge_names_what_each_port_takes(served: Served) -> None:
    plain = requests.post(served.door.http, timeout=LONG)
    tls = requests.post(served.door.https, timeout=LONG, verify=str(served.door.ca))
    assert (plain.status_code, plain.headers["WWW-Authenticate"]) == (401, "Negotiate")
    assert (tls.status_code, tls.headers["WWW-Authenticate"]) == (401, 'Negotiate, Basic realm="WSMAN"')


def test_an_untrusted_authority_is_noticed_by_the_client(served: Served) -> None:
    with pytest.raises(requests.exceptions.SSLError), served.pool("https", cert_validation=True):
        pass


def test_identify_says_which_windows_it_is(served: Served) -> None:
    answer = requests.post(
        served.door.https, data=IDENTIFY, auth=(USER, PASSWORD), timeout=LONG, verify=str(served.door.ca)
    )
    assert "<wsmid:ProductVersion>OS: 10.0.17763 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>" in answer.text


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic %%%",
        "Negotiate",
        "Negotiate %%%",
        "Negotiate AAAA",
        "NTLM TlRMTVNTUAADAAAA",
        "Kerberos x",
        "x" * 500,
    ],
)
def test_a_garbled_login_is_refused_and_the_next_one_served(served: Served, header: str) -> None:
    for url in (served.door.http, served.door.https):
        answer = requests.post(url, headers={"Authorization": header}, timeout=LONG, verify=str(served.door.ca))
        assert answer.status_code == 401
        assert answer.content == b""
    with served.pool(module=False) as pool:
        assert invoke(pool, "hostname") == ["STANDIN"]


def test_a_login_counts_for_its_connection_only(served: Served) -> None:
    with served.pool("http", module=False), requests.Session() as other:
        answer = other.post(served.door.http, data=b"x", timeout=LONG)
    assert answer.status_code == 401


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
def test_the_password_is_in_files_of_the_owner_only(served: Served) -> None:
    place = served.door.ca.parent
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    holders = [path for path in place.iterdir() if PASSWORD in path.read_text(encoding="utf-8")]
    assert holders
    assert {stat.S_IMODE(path.stat().st_mode) for path in holders} == {0o600}
