"""The door under random and half-right input: a fault or a closed connection, and the next client is served.

Bounded and the same on every run; HNSKIT_FUZZ=N makes N times as many examples, different ones each time.
"""

from __future__ import annotations

import base64
import logging
import os
import socket
import struct
import uuid
from collections.abc import Iterator

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import NAMESPACES, WSManAction

from hnskit.emulator.winrm.http_connection import Limits
from tests.emulator.door_host import PASSWORD, USER, Served, command, invoke
from tests.waiting import LONG

MORE = int(os.environ.get("HNSKIT_FUZZ", "0"))
SHELL = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
ACTIONS = [value for name, value in vars(WSManAction).items() if name.isupper()]
AUTHORIZATION = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
FAULTS = {200, 400, 401, 404, 405, 408, 411, 413, 414, 417, 431, 500, 501, 505}


def examples(count: int) -> settings:
    return settings(
        max_examples=count * max(MORE, 1),
        derandomize=not MORE,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


class Noise(logging.Handler):
    """Remembers what the door could not cope with."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    limits = Limits(head=16_384, body=400_000, request_seconds=0.5, idle_seconds=0.5)
    with Served(tmp_path_factory.mktemp("fuzz"), limits=limits) as door:
        yield door


@pytest.fixture(autouse=True)
def serves_on(served: Served) -> Iterator[None]:
    """After each test: no mistake of the door's own, and a client that does everything right is served."""
    noise = Noise()
    logging.getLogger("hnskit.emulator").addHandler(noise)
    yield
    logging.getLogger("hnskit.emulator").removeHandler(noise)
    with served.pool(module=False) as pool:
        assert invoke(pool, "hostname") == ["STANDIN"]
    assert noise.said == []


def raw(served: Served, data: bytes) -> bytes:
    """All that the plain port answers until it closes; the client says that it has no more to say."""
    with socket.create_connection(("127.0.0.1", served.port_of("http")), timeout=LONG) as connection:
        answer = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except TimeoutError as problem:
            raise AssertionError("the door hangs") from problem
        except OSError:
            pass  # it closed the connection
        return answer


def check(answer: bytes) -> None:
    """Each response has a status of a server that is in order, and tells nothing of its inside."""
    assert b"Traceback" not in answer
    for line in answer.split(b"\r\n"):
        if line.startswith(b"HTTP/1.1 "):
            assert int(line.split()[1]) in FAULTS


def http(body: bytes, *headers: str) -> bytes:
    lines = ["POST /wsman HTTP/1.1", "Host: x", "Content-Type: application/soap+xml;charset=UTF-8",
             f"Content-Length: {len(body)}", *headers, "", ""]  # fmt: skip
    return "\r\n".join(lines).encode() + body


def envelope(action: str, body: str, *, shell: str = "", extra: str = "") -> str:
    declarations = " ".join(f'xmlns:{key}="{value}"' for key, value in NAMESPACES.items() if key != "xml")
    selector = f'<wsman:SelectorSet><wsman:Selector Name="ShellId">{shell}</wsman:Selector></wsman:SelectorSet>'
    return (
        f"<s:Envelope {declarations}><s:Header><wsa:Action>{action}</wsa:Action>"
        f"<wsa:MessageID>uuid:{str(uuid.uuid4()).upper()}</wsa:MessageID><wsman:ResourceURI>{SHELL}</wsman:ResourceURI>"
        f"<wsman:OperationTimeout>PT0.05S</wsman:OperationTimeout>{selector if shell else ''}{extra}</s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    )


class Session:
    """A connection over TLS that stays open, with a shell on it."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.web = requests.Session()
        self.web.trust_env = False
        self.web.verify = str(served.door.ca)
        self.web.auth = (USER, PASSWORD)

    def post(self, text: str | bytes) -> tuple[int, str]:
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        answer = self.web.post(self.served.door.https, data=data, timeout=LONG)
        assert answer.status_code in FAULTS
        assert "Traceback" not in answer.text
        return answer.status_code, answer.text


@pytest.fixture(scope="module")
def session(served: Served) -> Session:
    return Session(served)


def mutated(data: st.DataObject, good: bytes) -> bytes:
    """A right message with some of its bytes changed, cut out or doubled."""
    bad = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(bad) - 1, 0)))
        match data.draw(st.sampled_from(["flip", "cut", "double", "insert"])):
            case "flip" if bad:
                bad[at] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del bad[at : at + data.draw(st.integers(1, 40))]
            case "double":
                bad[at:at] = bad[at : at + data.draw(st.integers(1, 40))]
            case "insert":
                bad[at:at] = data.draw(st.binary(max_size=20))
    return bytes(bad)


# HTTP


@examples(150)
@given(st.binary(max_size=600))
def test_random_bytes_end_nothing(served: Served, noise: bytes) -> None:
    """Whatever they are."""
    check(raw(served, noise))


@examples(120)
@given(st.data())
def test_a_request_that_is_cut_or_changed(served: Served, data: st.DataObject) -> None:
    """At any place, in its head or in its body."""
    good = http(envelope(ACTIONS[0], "").encode(), f"Authorization: {AUTHORIZATION}", "Connection: close")
    check(raw(served, good[: data.draw(st.integers(0, len(good)))]))
    check(raw(served, mutated(data, good)))


@examples(25)
@given(
    st.integers(1, 400),
    st.integers(1, 20_000),
    st.sampled_from(["X-A", "Authorization", "Cookie", "Transfer-Encoding"]),
)
def test_many_and_long_headers(served: Served, count: int, length: int, name: str) -> None:
    """Up to megabytes: an error, or a closed connection."""
    check(raw(served, http(b"", *[f"{name}: {'x' * min(length, 2_000_000 // count)}"] * count)))


# Logins


@examples(60)
@given(st.data())
def test_ntlm_tokens_that_are_none(served: Served, data: st.DataObject) -> None:
    """Random, and changed ones of each step."""
    flags = struct.pack("<I", data.draw(st.integers(0, 2**32 - 1)))
    negotiate = b"NTLMSSP\x00" + struct.pack("<I", data.draw(st.sampled_from([1, 2, 3, 9]))) + flags + bytes(40)
    token = data.draw(st.sampled_from([mutated(data, negotiate), negotiate, data.draw(st.binary(max_size=80))]))
    scheme = data.draw(st.sampled_from(["Negotiate", "NTLM", "Kerberos", "CredSSP", "Basic", ""]))
    header = f"Authorization: {scheme} {base64.b64encode(token).decode()}"
    first = http(b"", header)
    check(raw(served, first + http(b"x", header)))


@pytest.fixture(scope="module")
def encrypted(served: Served) -> Iterator[requests.Session]:
    """A connection with a login whose messages are encrypted."""
    with served.wsman("http") as wsman:
        RunspacePool(wsman).open()  # never closed: its connection is used up by then, and the door closes it
        yield wsman.transport.session


@examples(40)
@given(st.data())
def test_encrypted_bodies_that_are_none(served: Served, encrypted: requests.Session, data: st.DataObject) -> None:
    """On a connection whose login is right."""
    part = b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
    inner = data.draw(st.binary(max_size=60))
    body = part + b"Content-Type: application/octet-stream\r\n" + inner + b"--Encrypted Boundary--\r\n"
    headers = {"Content-Type": 'multipart/encrypted;protocol="x";boundary="Encrypted Boundary"'}
    answer = encrypted.post(served.door.http, data=mutated(data, body), headers=headers, timeout=LONG)
    assert answer.status_code in (400, 500)
    assert answer.content == b""


# SOAP


_NAMES = ["s:Envelope", "s:Header", "s:Body", "wsa:Action", "wsa:MessageID", "rsp:Shell", "rsp:Receive", "rsp:Command",
          "rsp:CommandLine", "rsp:Send", "rsp:Stream", "rsp:Signal", "rsp:Code", "wsman:SelectorSet", "wsman:Selector",
          "rsp:Connect", "rsp:DesiredStream", "wsen:Enumerate", "creationXml", "rsp:Arguments"]  # fmt: skip
_TEXTS = st.sampled_from(
    ["", "x", "PT", "-1", "uuid:1", "AAAA", "\u0000", "stdin", str(uuid.UUID(int=1)), "P9999999Y"]
) | st.text(max_size=12)


def _element(name: str, text: str, children: list[str]) -> str:
    safe = "".join(letter for letter in text if letter.isprintable()).replace("&", "&amp;").replace("<", "&lt;")
    quoted = safe.replace('"', "&quot;")
    return f'<{name} CommandId="{quoted}" Name="{quoted}" ShellId="{quoted}">{safe}{"".join(children)}</{name}>'


_TREES = st.recursive(
    st.builds(_element, st.sampled_from(_NAMES), _TEXTS, st.just([])),
    lambda inner: st.builds(_element, st.sampled_from(_NAMES), _TEXTS, st.lists(inner, max_size=3)),
    max_leaves=8,
)


@examples(150)
@given(st.sampled_from(ACTIONS), _TREES, _TREES)
def test_envelopes_of_known_words_in_a_wrong_order(session: Session, action: str, body: str, extra: str) -> None:
    """Every action, with bodies that are not its own."""
    session.post(envelope(action, body, shell=str(uuid.UUID(int=1)), extra=extra))


@examples(100)
@given(st.data())
def test_changed_envelopes_are_answered_or_refused(session: Session, data: st.DataObject) -> None:
    """A right one with a few wrong bytes."""
    good = envelope(
        data.draw(st.sampled_from(ACTIONS)), "<rsp:Receive><rsp:DesiredStream>stdout</rsp:DesiredStream></rsp:Receive>"
    )
    session.post(mutated(data, good.encode()))


# PSRP


@pytest.fixture(scope="module")
def pool(served: Served) -> Iterator[RunspacePool]:
    with served.pool() as pool:
        yield pool


def fragment(object_id: int, number: int, marks: int, blob: bytes) -> bytes:
    return struct.pack(">QQBI", object_id, number, marks, len(blob)) + blob


def message(kind: int, pool_id: str, text: bytes) -> bytes:
    return struct.pack("<II", 2, kind) + uuid.UUID(pool_id).bytes_le + bytes(16) + text


_CLIXML = (
    b'<Obj RefId="0"><MS><I32 N="MinRunspaces">1</I32><I32 N="MaxRunspaces">1</I32><I64 N="CI">1</I64>'
    b'<Obj N="A" RefId="1"><TN RefId="0"><T>System.Object[]</T></TN><LST><S>a</S><Nil /></LST></Obj></MS></Obj>'
)
_KINDS = [0x00010002, 0x00010004, 0x00010005, 0x00010006, 0x00010008, 0x0002100B, 0x00021002, 0x00021003, 0x00021005,
          0x00021006, 0x00021100, 0x00021101, 0x0002100A, 0x00000000, 0x00041004]  # fmt: skip


@examples(150)
@given(st.data())
def test_fragments_and_clixml_that_are_none(session: Session, pool: RunspacePool, data: st.DataObject) -> None:
    """Random bytes, wrong headers, messages of every type with a body that is not theirs."""
    text = data.draw(st.sampled_from([_CLIXML, mutated(data, _CLIXML), data.draw(st.binary(max_size=80)), b""]))
    blob = message(data.draw(st.sampled_from(_KINDS)), pool.id, text)
    blob = data.draw(st.sampled_from([blob, mutated(data, blob)]))
    whole = fragment(data.draw(st.integers(0, 9)), data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3)), blob)
    whole = data.draw(st.sampled_from([whole, mutated(data, whole), whole + data.draw(st.binary(max_size=30))]))
    stream = base64.b64encode(whole).decode()
    action, body = data.draw(
        st.sampled_from([
            (WSManAction.SEND, f'<rsp:Send><rsp:Stream Name="stdin">{stream}</rsp:Stream></rsp:Send>'),
            (WSManAction.COMMAND, f"<rsp:CommandLine><rsp:Arguments>{stream}</rsp:Arguments></rsp:CommandLine>"),
            (WSManAction.CREATE, f'<rsp:Shell><creationXml xmlns="http://schemas.microsoft.com/powershell">{stream}</creationXml></rsp:Shell>'),
            (WSManAction.CONNECT, f'<rsp:Connect><connectXml xmlns="http://schemas.microsoft.com/powershell">{stream}</connectXml></rsp:Connect>'),
        ])
    )  # fmt: skip
    session.post(envelope(action, body, shell=pool.id.upper() if action != WSManAction.CREATE else ""))


def test_an_envelope_that_is_too_large_is_refused(session: Session) -> None:
    """Before it is all read."""
    assert session.post("x" * 500_000)[0] == 413


def test_an_answer_that_must_be_tiny_is_a_fault(session: Session) -> None:
    """An answer of less than 8 KiB is not an answer: w:EncodingLimit (MS-WSMV)."""
    small = envelope(WSManAction.GET, "", extra="<wsman:MaxEnvelopeSize>8191</wsman:MaxEnvelopeSize>")
    status, answer = session.post(small)
    assert status == 500
    assert "w:EncodingLimit" in answer


def test_deeply_nested_xml_is_a_fault(session: Session) -> None:
    """And costs no stack."""
    status, _ = session.post(envelope(WSManAction.SEND, "<a>" * 20_000 + "</a>" * 20_000))
    assert status == 500


def test_a_pool_that_was_sent_nonsense_is_its_clients_own_loss(served: Served) -> None:
    """Another pool of the same host goes on in the middle of it."""
    with served.pool() as other:
        script: PowerShell = command(other, "Invoke-HnskitDocker", ArgumentList=["sleep", "0.2"])
        script.begin_invoke()
        web = Session(served)
        for size in range(0, 60, 7):
            stream = base64.b64encode(bytes(size)).decode()
            web.post(envelope(WSManAction.SEND, f'<rsp:Send><rsp:Stream Name="stdin">{stream}</rsp:Stream></rsp:Send>'))
        assert script.end_invoke() == ["asleep", "awake"]
