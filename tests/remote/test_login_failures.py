"""What a failed login with Kerberos or CredSSP is called, by the words that the libraries were heard to say."""

from __future__ import annotations

import pytest

from hnskit.errors import ConnectError, LoginRefusedError, ParamsError
from hnskit.params.loading import load_params
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.failures import named
from hnskit.remote.login_failures import login_error

SETTINGS = ConnectionSettings("winrm://host", "host", 5985, False, auth="kerberos", username="alice@HNSKIT.TEST")


def said(text: str, name: str = "Krb5Error", module: str = "krb5._exceptions") -> Exception:
    """An exception of a library that need not be installed."""
    kind = type(name, (Exception,), {"__module__": module})
    made: Exception = kind(text)
    return made


@pytest.mark.parametrize(
    ("words", "sentence", "step"),
    [
        ("Preauthentication failed -1765328360", "does not take this password of alice@HNSKIT.TEST", "lock"),
        ("Client 'HNSKITalice@HNSKIT.TEST' not found in Kerberos database", "does not know alice", "USER@REALM"),
        ("Server host/127.0.0.1@HNSKIT.TEST not found in Kerberos database", "no host of this name", "hostname_over"),
        ("Cannot contact any KDC for realm 'HNSKIT.TEST'", "no domain controller", "krb5.conf"),
        ("Clock skew too great", "clock", "time server"),
        ("Ticket expired", "has expired", "kinit"),
        ("No Kerberos credentials available (default cache: FILE:/tmp/none)", "no Kerberos ticket", "kinit"),
        (
            "The server did not response CredSSP being an available authentication method - actual: 'Negotiate'",
            "host offers no login by CredSSP",
            "Enable-WSManCredSSP",
        ),
        (
            "Received error status from the server: (3221225585) STATUS_PASSWORD_EXPIRED 0xc0000071",
            "the password of alice@HNSKIT.TEST has expired",
            "Change it",
        ),
        ("Received error status from the server: (1) STATUS_ACCOUNT_DISABLED 0xc0000072", "disabled", "administrator"),
        (
            "Server did not response with a CredSSP token after step Public key exchange - actual 'Negotiate'",
            "does not take this name or password",
            "lock",
        ),
        ("something that nobody has heard yet", "something that nobody has heard yet", "docs/domain.md"),
    ],
)
def test_a_failed_login_has_its_cause_and_the_next_step(words: str, sentence: str, step: str) -> None:
    error = login_error(said(words), SETTINGS)
    assert isinstance(error, ConnectError)
    assert error.exit_status == 3
    assert sentence in error.message
    assert step in error.next_step


def test_what_lies_below_an_error_is_read_too() -> None:
    """pyspnego wraps what Kerberos said."""
    outer = said("SpnegoError (4294967295): Unspecified failure", "SpnegoError", "spnego.exceptions")
    outer.__cause__ = said("Clock skew too great")
    error = login_error(outer, SETTINGS)
    assert isinstance(error, LoginRefusedError)
    assert "clock" in error.message


@pytest.mark.parametrize("auth", ["kerberos", "credssp"])
def test_a_package_that_is_missing_at_the_first_request_is_named(auth: str) -> None:
    """pypsrp looks for it only then."""
    settings = ConnectionSettings("winrm://host", "host", 5985, False, auth=auth)  # type: ignore[arg-type]
    with pytest.raises(ConnectError) as caught, named(settings):
        raise ImportError("No module named 'gssapi'")
    assert f"pip install pypsrp[{auth}]" in caught.value.next_step
    assert caught.value.exit_status == 3


def test_an_error_of_another_kind_is_left_alone() -> None:
    assert login_error(ValueError("Ticket expired"), SETTINGS) is None


@pytest.mark.parametrize("proxy", ["http://user:secret@proxy:3128", "ftp://proxy:21", "proxy:3128", "http://proxy"])
def test_a_proxy_of_the_wrong_form_is_refused_and_not_repeated(proxy: str) -> None:
    """It may have a password in it."""
    with pytest.raises(ParamsError) as caught:
        load_params("params/emulator.yaml", overrides=[f"connection.proxy={proxy}"])
    assert "connection.proxy" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "proxy", ["http://proxy:3128", "https://proxy:3129", "socks5h://127.0.0.1:1080", "environment"]
)
def test_a_proxy_of_the_right_form_is_taken(proxy: str) -> None:
    assert load_params("params/emulator.yaml", overrides=[f"connection.proxy={proxy}"]).connection.proxy == proxy
