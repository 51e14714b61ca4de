"""Failures of Kerberos and CredSSP logins, as errors with the next step (reach facts 22 to 24).

The libraries below pypsrp (pyspnego, gssapi, krb5, requests-credssp) are known by the names of their classes and by
MIT Kerberos' own words: none of them need be installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hnskit.errors import ConnectError, LoginRefusedError
from hnskit.foreign_text.escaping import shortened
from hnskit.remote.connection import ConnectionSettings

_KERBEROS = ("kerberos", "negotiate")
_LIBRARIES = ("spnego", "gssapi", "krb5", "requests_credssp", "credssp", "pypsrp")
_REALM = "name the account USER@REALM, the realm in capital letters (not DOMAIN\\USER)"


def login_error(cause: BaseException, settings: ConnectionSettings) -> ConnectError | None:
    """The error of a failed login; None where the cause is another.

    Args:
        cause: whatever a library raised while it logged in.
        settings: how it was tried.
    """
    chain = list(_chain(cause))
    missing = next((one for one in chain if isinstance(one, ImportError)), None)
    if missing is not None:
        return package_missing(missing, settings)
    if not any(type(one).__module__.partition(".")[0] in _LIBRARIES for one in chain):
        return None
    said = " / ".join(dict.fromkeys(str(one) for one in chain if str(one)))
    for pattern, kind, message, next_step in _SAID:
        if re.search(pattern, said, re.IGNORECASE):
            user = settings.username or "this user"
            return kind(
                message.format(user=user, server=settings.server),
                host=settings.target,
                object="connection",
                next_step=next_step.format(user=user, server=settings.server),
            )
    if settings.auth in (*_KERBEROS, "credssp", "ntlm"):
        return LoginRefusedError(
            f"the login with {settings.auth} failed: {shortened(said, 300)}",
            host=settings.target,
            object="connection",
            next_step="docs/domain.md says what each kind of login needs."
            if settings.auth in _KERBEROS
            else LoginRefusedError.default_next_step,
        )
    return None


def package_missing(cause: ImportError, settings: ConnectionSettings) -> ConnectError:
    """This way to log in needs what a plain installation has not."""
    steps = {
        "kerberos": "Run: pip install pypsrp[kerberos]. On Linux it is compiled, which needs a C compiler and "
        "Kerberos' headers first (on Debian: apt install gcc python3-dev libkrb5-dev krb5-user).",
        "credssp": "Run: pip install pypsrp[credssp]",
    }
    return ConnectError(
        f"auth {settings.auth} needs a package that is not installed: {shortened(str(cause), 300)}",
        host=settings.target,
        object="connection.auth",
        next_step=steps.get(settings.auth, f"Run: pip install pypsrp[{settings.auth}]"),
    )


_SAID: tuple[tuple[str, type[ConnectError], str, str], ...] = (
    (
        r"STATUS_PASSWORD_EXPIRED|0xc0000224",  # the second: it must be changed
        LoginRefusedError,
        "the password of {user} has expired",
        "Change it, on the host or on a machine of the domain.",
    ),
    (
        r"STATUS_(ACCOUNT_DISABLED|ACCOUNT_RESTRICTION|INVALID_LOGON_HOURS|INVALID_WORKSTATION)|0xc0000234",
        LoginRefusedError,
        "the account of {user} is locked, disabled or restricted",
        "Have an administrator look at the account.",
    ),
    (
        r"STATUS_LOGON_FAILURE|0xc000006d|did not respon\w+ with a CredSSP token",
        LoginRefusedError,
        "{server} does not take this name or password of {user} by CredSSP",
        "Check connection.username and the password behind connection.credential; a few wrong ones lock the account.",
    ),
    (
        r"Preauthentication failed|Password incorrect|Decrypt integrity check failed",
        LoginRefusedError,
        "the domain does not take this password of {user}",
        "Check the password behind connection.credential; a few wrong ones lock the account.",
    ),
    (
        r"Client '?[^']*'? not found in Kerberos database|CLIENT_NOT_FOUND|C_PRINCIPAL_UNKNOWN",
        LoginRefusedError,
        "the domain does not know {user}",
        f"Check the name, and {_REALM}.",
    ),
    (
        r"Server '?[^']*'? not found in Kerberos database|S_PRINCIPAL_UNKNOWN|Server not found|unknown to the KDC",
        LoginRefusedError,
        "the domain knows no host of this name: {server}",
        "Name the host in the target by its full DNS name, as the domain has it, and not by an address; through a "
        "tunnel say it by connection.hostname_override. connection.service is the first part of its SPN (`setspn -L`).",
    ),
    (
        r"Clock skew|SKEW|not yet valid",
        LoginRefusedError,
        "the clock of this machine and that of the domain differ by too much for Kerberos",
        "Set both by the same time server (five minutes are allowed).",
    ),
    (
        r"Cannot contact any KDC|Cannot find KDC|Cannot resolve network address for KDC|REALM_UNKNOWN|Realm not local",
        ConnectError,
        "no domain controller (KDC) can be reached for this realm",
        f"Check the realm's DNS and /etc/krb5.conf (`kinit USER@REALM` must work), and {_REALM}.",
    ),
    (
        r"CredSSP being an available authentication method",
        LoginRefusedError,
        "{server} offers no login by CredSSP",
        "Take another connection.auth (`hnskit preflight --connection` lists those that it offers), or allow CredSSP "
        "on the host: Enable-WSManCredSSP -Role Server.",
    ),
    (
        r"Ticket expired|TKT_EXPIRED",
        LoginRefusedError,
        "the Kerberos ticket has expired",
        "Run: kinit USER@REALM",
    ),
    (
        r"(password|key) has expired|KEY_EXPIRED",
        LoginRefusedError,
        "the password of {user} has expired",
        "Change it, on a machine of the domain or with kpasswd.",
    ),
    (
        r"revoked|CLIENT_REVOKED",
        LoginRefusedError,
        "the account of {user} is locked or disabled in the domain",
        "Have an administrator of the domain unlock it.",
    ),
    (
        r"No Kerberos credentials available|No credentials cache found|NoCredentialError|No credential|"
        r"no valid credentials|Cannot find.*cred|SpnegoError \(7\)",
        LoginRefusedError,
        "there is no Kerberos ticket here for {user}",
        "Run `kinit USER@REALM` (`klist` shows what there is), or give connection.username and connection.credential.",
    ),
)
"""Words of a failure, the kind of error, its sentence, its next step; the first that fits."""


def _chain(cause: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if cause is None:
            return
        yield cause
        inner = getattr(cause, "base_error", None)
        cause = inner if isinstance(inner, BaseException) else cause.__cause__ or cause.__context__
