"""Answers of HTTP that are not WinRM's: a redirect, a proxy's page, a gateway that finds nobody, a login not offered.

Each response is looked at before pypsrp sees it: that takes any page that parses as XML for a fault of WinRM, and
requests follows a redirect wherever it leads.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import requests

from hnskit.errors import ConnectError
from hnskit.remote.connection import ENVIRONMENT, ConnectionSettings
from hnskit.remote.transports import is_proxied

_AWAY = (502, 503, 504)
"""A gateway finds nobody behind it; 503 is also Windows' own HTTP service while WinRM does not run."""
_SOAP = ("application/soap+xml", "multipart/encrypted", "multipart/x-multi-encrypted", "text/xml", "application/xml")
_TITLE = re.compile(r"<(title|h1|h2)[^>]*>\s*(.*?)\s*</\1>", re.IGNORECASE | re.DOTALL)
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s|,|$)")
_OFFERED_FOR = {
    "negotiate": ("Negotiate", "Kerberos", "NTLM"),
    "ntlm": ("Negotiate", "NTLM"),
    "kerberos": ("Negotiate", "Kerberos"),
    "basic": ("Basic",),
    "credssp": ("CredSSP",),
}
_WINDOWS = "Microsoft-HTTPAPI"
"""Name of Windows' HTTP service, in which WinRM answers."""


class GatewayError(requests.exceptions.ConnectionError):
    """Something on the way, or Windows' HTTP service, says that nobody is there behind it: as good as a loss."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class HttpAnswers:
    """Answers of one host's port, or of something in its place."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._where = f"{settings.server}:{settings.port}"
        self.schemes: tuple[str, ...] = ()
        """The ways to log in that the last 401 offered."""

    def look(self, response: requests.Response, **_: Any) -> None:
        """A hook of requests.

        Raises:
            ConnectError: this is not an answer of WinRM's; it names who answered, as far as that can be seen.
            GatewayError: nobody is there at the moment.
        """
        status = response.status_code
        if status == 401:
            self.schemes = _schemes(response)
        elif 300 <= status < 400:
            raise self._redirected(response)
        elif status == 407:
            raise self._proxy_wants_login(response)
        elif status in _AWAY and not _is_soap(response):
            raise GatewayError(f"{_who(response)}{self._as_proxy()} says HTTP {status}{_said(response)}")
        elif not _is_soap(response) and response.content and status != 400:
            raise self._page(response)

    def refuses(self) -> str:
        """Name the login schemes of the host, if the one that is asked for is not among them; else ""."""
        wanted = _OFFERED_FOR.get(self._settings.scheme, ())
        if not self.schemes or not wanted or any(scheme.lower() in _lower(wanted) for scheme in self.schemes):
            return ""
        return ", ".join(self.schemes)

    def _redirected(self, response: requests.Response) -> ConnectError:
        place = response.headers.get("Location", "an unnamed place")
        return ConnectError(
            f"{self._where} sends its callers on to {place} (HTTP {response.status_code}), which WinRM never does: "
            f"{_who(response)} answers in its place",
            host=self._settings.target,
            next_step="Name the port of WinRM itself in the target (5985 for HTTP, 5986 for HTTPS), or have the device "
            "on the way let it pass. It was not followed: a login is only given to the host that the target names.",
        )

    def _proxy_wants_login(self, response: requests.Response) -> ConnectError:
        return ConnectError(
            f"a proxy on the way to {self._where} wants a login of its own (HTTP 407 of {_who(response)}"
            f"{self._as_proxy()})",
            host=self._settings.target,
            next_step="Have the proxy let WinRM pass, or reach the host without it.",
        )

    def _as_proxy(self) -> str:
        """Through which proxy of the parameters it came; in clear it may be the proxy that speaks."""
        settings = self._settings
        if settings.ssl or not is_proxied(settings):
            return ""
        named = "the environment's" if settings.proxy == ENVIRONMENT else settings.proxy
        return f" (through connection.proxy, {named})"

    def _between(self) -> str:
        if self._as_proxy():
            return "the proxy lets WinRM pass to it"
        return "no proxy, gateway or login page is on the way"

    def _page(self, response: requests.Response) -> ConnectError:
        status, who = response.status_code, _who(response)
        own = who.startswith(_WINDOWS)
        return ConnectError(
            f"{self._where} answered with HTTP status {status}, not as WinRM does: a page of {who}{self._as_proxy()}"
            f"{_said(response)}",
            host=self._settings.target,
            next_step="That is Windows' own HTTP service: WinRM does not listen at this port and path. See `winrm "
            "enumerate winrm/config/listener` on the host."
            if own
            else f"Check that the port is WinRM's (5985 for HTTP, 5986 for HTTPS), and that {self._between()}.",
        )


def _is_soap(response: requests.Response) -> bool:
    return response.headers.get("Content-Type", "").lower().startswith(_SOAP)


def _who(response: requests.Response) -> str:
    """The name that whoever answered gives itself."""
    via, server = response.headers.get("Via", ""), response.headers.get("Server", "")
    return " via ".join(item for item in (server or "a server without a name", via) if item)


def _said(response: requests.Response) -> str:
    """The heading of a page, as `: "..."`."""
    found = _TITLE.search(response.text[:20000])
    words = " ".join(unescape(re.sub(r"<[^>]*>", " ", found[2])).split()) if found else ""
    return f': "{words[:120]}"' if words else ""


def _schemes(response: requests.Response) -> tuple[str, ...]:
    header = response.headers.get("WWW-Authenticate", "")
    found = [match[1] for match in _SCHEME.finditer(re.sub(r'"[^"]*"', '""', header))]
    return tuple(dict.fromkeys(found))


def _lower(words: tuple[str, ...]) -> list[str]:
    return [word.lower() for word in words]
