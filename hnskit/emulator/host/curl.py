"""curl.exe as Windows 1809 ships it (7.55.1), inside a container: exit codes are curl's documented ones.

Its texts are curl's, from memory: that 7.55.1 on Windows prints them byte for byte is UNCONFIRMED.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hnskit.emulator.host.containers import DockerContainer, Ran, Surroundings
from hnskit.emulator.host.surroundings import HttpResult, Request, Response

_SWITCHES = {"s": "silent", "S": "show-error", "i": "include", "I": "head", "f": "fail", "k": "insecure",
             "L": "location", "4": "ipv4", "g": "globoff"}  # fmt: skip
_VALUES = {"m": "max-time", "H": "header", "o": "output", "w": "write-out", "X": "request", "A": "user-agent"}
_LONG_VALUES = frozenset(_VALUES.values()) | {"connect-timeout", "url", "noproxy"}
_NO_RANGE = re.compile(r"\[(?!\d+-\d+|[a-z]-[a-z]|[A-Z]-[A-Z])")  # what is one is not emulated
_CONNECT_TIMEOUT = 21.0  # Windows gives up on a SYN after 21 seconds
_SUPPRESSED = frozenset({"NUL", "NUL:"})


class _CurlError(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(slots=True)
class _Options:
    switches: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    def seconds(self, name: str) -> float | None:
        """A time; 0 is no limit, as curl has it."""
        return float(self.values[name]) or None if name in self.values else None


def run(around: Surroundings, container: DockerContainer, arguments: list[str]) -> Ran:
    """One run of curl.exe."""
    try:
        options = _parse(arguments)
    except _CurlError as bad:
        return Ran(bad.code, "", bad.text)
    quiet = "silent" in options.switches and "show-error" not in options.switches
    done = Ran()
    for url in options.urls:
        try:
            _transfer(around, container, options, url, done)
        except _CurlError as bad:
            done.exit_code = bad.code
            done.stderr += "" if quiet else f"curl: ({bad.code}) {bad.text}\r\n"
        else:
            done.exit_code = 0
    return done


def _parse(arguments: list[str]) -> _Options:
    options, queue = _Options(), list(arguments)
    while queue:
        word = queue.pop(0)
        if word.startswith("--") and len(word) > 2:
            _option(options, word[2:], word, queue)
        elif word.startswith("-") and word != "-":
            _letters(options, word, queue)
        else:
            options.urls.append(word)
    if not options.urls:
        raise _CurlError(2, "curl: no URL specified!\r\n" + _TRY)
    return options


_TRY = "curl: try 'curl --help' or 'curl --manual' for more information\r\n"


def _letters(options: _Options, word: str, queue: list[str]) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in _SWITCHES:
            options.switches.add(_SWITCHES[letter])
        elif letter in _VALUES:
            _option(options, _VALUES[letter], word, [letters] if letters else queue)
            return
        else:
            raise _CurlError(2, f"curl: option -{letter}: is unknown\r\n{_TRY}")


def _option(options: _Options, name: str, word: str, queue: list[str]) -> None:
    if name in _SWITCHES.values():
        options.switches.add(name)
        return
    if name not in _LONG_VALUES:
        raise _CurlError(2, f"curl: option {word}: is unknown\r\n{_TRY}")
    if not queue:
        raise _CurlError(2, f"curl: option {word}: requires parameter\r\n{_TRY}")
    value = queue.pop(0)
    if name in ("max-time", "connect-timeout") and not re.fullmatch(r"\d+(\.\d+)?", value):
        raise _CurlError(2, f"curl: option {word}: expected a proper numerical parameter\r\n{_TRY}")
    if name == "header":
        options.headers.append(value)
    elif name == "url":
        options.urls.append(value)
    else:
        options.values[name] = value


def _transfer(around: Surroundings, container: DockerContainer, options: _Options, url: str, done: Ran) -> None:
    wrong = None if "globoff" in options.switches else _NO_RANGE.search(url)
    if wrong:
        raise _CurlError(3, f"[globbing] bad range in column {wrong.end() + 1}")
    address, port, target, authority = _locate(container, url)
    method = options.values.get("request", "HEAD" if "head" in options.switches else "GET")
    result = around.http(container, address, port, Request(method, target, _headers(options, authority)))
    response = result.response
    if response is None:
        _no_answer(options, result, authority, port, done)
    else:
        failed = "fail" in options.switches and response.status >= 400
        body = "" if failed or method == "HEAD" else response.body
        shown = "" if failed else body
        if not failed and options.switches & {"include", "head"}:
            shown = _head(response) + body
        _put(container, options, shown, done)
        if "silent" not in options.switches:
            done.stderr += _progress(len(body))
        if failed:
            raise _CurlError(22, f"The requested URL returned error: {response.status} {response.reason}")
    done.stdout += _write_out(options, result, url, address, port)


def _locate(container: DockerContainer, url: str) -> tuple[str, int, str, str]:
    split = urlsplit(url if "://" in url else f"http://{url}")
    if split.scheme != "http":
        raise _CurlError(1, f'Protocol "{split.scheme}" not supported or disabled in libcurl')
    try:
        port, name = split.port or 80, split.hostname or ""
    except ValueError:
        raise _CurlError(3, "<url> malformed") from None
    if name in ("localhost", container.hostname.lower()):
        name = "127.0.0.1"
    try:
        address = str(ipaddress.IPv4Address(name))
    except ValueError:
        raise _CurlError(6, f"Could not resolve host: {name}") from None  # the fabric's resolver knows no names here
    target = (split.path or "/") + (f"?{split.query}" if split.query else "")
    return address, port, target, split.netloc


def _headers(options: _Options, authority: str) -> tuple[tuple[str, str], ...]:
    headers = {"Host": authority, "User-Agent": options.values.get("user-agent", "curl/7.55.1"), "Accept": "*/*"}
    for line in options.headers:
        name, colon, value = line.partition(":")
        if colon and value.strip():
            headers[name.strip()] = value.strip()
        elif colon:
            headers.pop(name.strip(), None)  # `-H "Accept:"` leaves it out
    return tuple(headers.items())


def _no_answer(options: _Options, result: HttpResult, authority: str, port: int, done: Ran) -> None:
    name = authority.rpartition("@")[2].partition(":")[0]
    if result.refused:
        raise _CurlError(7, f"Failed to connect to {name} port {port}: Connection refused")
    if result.arrival.code in ("no-route", "no-endpoint"):
        raise _CurlError(7, f"Failed to connect to {name} port {port}: Network unreachable")
    limits = [options.seconds(limit) for limit in ("max-time", "connect-timeout")]
    limit = min((value for value in limits if value is not None), default=None)
    if limit is None or limit > _CONNECT_TIMEOUT:
        done.seconds += _CONNECT_TIMEOUT
        raise _CurlError(7, f"Failed to connect to {name} port {port}: Timed out")
    done.seconds += limit
    raise _CurlError(28, f"Connection timed out after {int(limit * 1000) + 1} milliseconds")


def _head(response: Response) -> str:
    lines = [f"HTTP/1.1 {response.status} {response.reason}", *(f"{name}: {text}" for name, text in response.headers)]
    return "\r\n".join(lines) + "\r\n\r\n"


def _put(container: DockerContainer, options: _Options, shown: str, done: Ran) -> None:
    path = options.values.get("output", "")
    if path and path != "-":
        if path.upper() not in _SUPPRESSED:
            container.files[path.lower()] = shown
        return
    done.stdout += shown


def _progress(count: int) -> str:
    return (
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\r\n"
        "                                 Dload  Upload   Total   Spent    Left  Speed\r\n"
        f"\r100 {count:5d}  100 {count:5d}    0     0  {count:5d}      0 --:--:-- --:--:-- --:--:-- {count:5d}\r\n"
    )


def _write_out(options: _Options, result: HttpResult, url: str, address: str, port: int) -> str:
    response = result.response
    template = options.values.get("write-out", "")
    target = result.arrival.target if response else None
    code = f"{response.status if response else 0:03d}"
    known = {
        "http_code": code,
        "response_code": code,
        "url_effective": url,
        # The client's own side of the redirect: VFP rewrites below its stack.
        "remote_ip": address if target else "",
        "remote_port": str(port if target else 0),
        "size_download": str(len(response.body.encode()) if response else 0),
        "time_total": "0.016000",
        "num_connects": "1" if response else "0",
    }
    text = re.sub(r"%\{(\w+)\}", lambda match: known.get(match[1], ""), template)
    return text.replace("%%", "%").replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t")
