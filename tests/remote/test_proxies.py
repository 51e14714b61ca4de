"""WinRM through a real forward proxy and through `ssh -D`: what gets through, and what a proxy that pools breaks."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from hnskit.errors import CertificateError, ConnectError, HostUnreachableError
from hnskit.facts.host_facts import gather_facts
from hnskit.remote.psrp import PsrpSession
from tests.in_process_host import Lab
from tests.ports import free_port, is_answered
from tests.remote.sshd import Sshd, needs_sshd
from tests.waiting import LONG, wait_for

SQUID = shutil.which("squid") or next((path for path in ("/usr/sbin/squid",) if Path(path).exists()), "")
needs_squid = pytest.mark.skipif(
    not SQUID and not os.environ.get("HNSKIT_NEEDS_SQUID"), reason="there is no forward proxy here (Debian: squid)"
)
needs_socks = pytest.mark.skipif(
    importlib.util.find_spec("socks") is None and not os.environ.get("HNSKIT_NEEDS_KDC"),  # tests/clients/kerberos.lock
    reason="PySocks is not installed (pip install requests[socks])",
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as made:
        yield made


@contextmanager
def squid(place: Path, *, pools: bool) -> Iterator[str]:
    """A forward proxy; one that pools shares its connections to a host among requests, logins or not."""
    port = free_port()
    config = place / "squid.conf"
    auth = "off" if pools else "on"
    config.write_text(
        f"http_port 127.0.0.1:{port} connection-auth={auth}\nhttp_access allow all\ncache deny all\n"
        f"pid_filename none\naccess_log none\ncache_log /dev/null\ncoredump_dir none\n"
        "shutdown_lifetime 0 seconds\nserver_persistent_connections on\npinger_enable off\n"
        "memory_cache_shared off\n"
        + ("cache_effective_user nobody\n" if os.getuid() == 0 else "")  # it refuses to be root
    )
    process = subprocess.Popen(
        [SQUID, "-N", "-n", f"hnskit{port}", "-f", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: is_answered(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(LONG)


@needs_squid
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_proxy_that_keeps_connections_lets_a_session_through(lab: Lab, tls: bool, tmp_path: Path) -> None:
    """NTLM with encrypted messages over http, and a tunnel for https."""
    with squid(tmp_path, pools=False) as proxy, lab.session(tls=tls, proxy=proxy, read_timeout=10.0) as session:
        assert gather_facts(session).problems == ()


@needs_squid
def test_through_a_proxy_that_pools_https_goes_and_http_is_told(lab: Lab, tmp_path: Path) -> None:
    """NTLM logs in a connection: over http the proxy takes the login apart."""
    with squid(tmp_path, pools=True) as proxy:
        with lab.session(tls=True, proxy=proxy, read_timeout=10.0) as session:
            assert gather_facts(session).problems == ()
        with pytest.raises(ConnectError) as caught, lab.session(proxy=proxy, read_timeout=10.0) as session:
            gather_facts(session)
        assert caught.value.next_step


@needs_squid
def test_a_host_that_the_proxy_does_not_reach_is_told_from_a_proxy_that_is_away(lab: Lab, tmp_path: Path) -> None:
    with squid(tmp_path, pools=False) as proxy:
        with pytest.raises(HostUnreachableError) as caught:
            lab.session(free_port(), proxy=proxy, read_timeout=10.0).open()
        assert "127.0.0.1" in caught.value.message
    with pytest.raises(HostUnreachableError) as gone:
        lab.session(proxy=proxy).open()
    assert "proxy" in gone.value.message
    assert "connection.proxy" in gone.value.object


@contextmanager
def behind_tls(port: int, certificate: trustme.LeafCert) -> Iterator[int]:
    """Take connections in TLS, and hand what is in them on to a port."""

    async def copied(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copied(reader, back), copied(there, writer))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(taken, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@needs_squid
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_proxy_over_tls_is_verified_as_the_host_is(lab: Lab, tls: bool, tmp_path: Path) -> None:
    """requests would not look at its certificate where the host is reached by http."""
    authority = trustme.CA()
    both = tmp_path / "both.pem"
    both.write_bytes(Path(lab.settings(tls=True).ca).read_bytes() + authority.cert_pem.bytes())
    with (
        squid(tmp_path, pools=False) as plain,
        behind_tls(int(plain.rpartition(":")[2]), authority.issue_cert("127.0.0.1")) as port,
    ):
        proxy = f"https://127.0.0.1:{port}"
        with lab.session(tls=tls, proxy=proxy, ca=str(both), read_timeout=10.0) as session:
            assert gather_facts(session).problems == ()
        with pytest.raises(CertificateError) as caught:
            lab.session(tls=tls, proxy=proxy, ca=lab.settings(tls=True).ca, read_timeout=10.0).open()
    assert "certificate of the proxy" in caught.value.message
    assert "connection.ca" in caught.value.next_step


def test_no_proxy_is_heeded_where_the_environment_is(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_PROXY counts with `proxy: environment`, and says nothing about a proxy that the parameters name."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with lab.session(proxy="environment") as session:
        assert gather_facts(session).problems == ()
    with pytest.raises(HostUnreachableError, match="proxy"):
        lab.session(proxy="http://127.0.0.1:1").open()


@needs_sshd
@needs_socks
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_jump_host_is_a_socks_proxy_by_ssh(lab: Lab, tls: bool, tmp_path: Path) -> None:
    """`ssh -D` on this machine; the host keeps its name."""
    port = free_port()
    with Sshd(tmp_path / "ssh", "", {}) as server:
        client = str(server.client() / "ssh")
        tunnel = subprocess.Popen([client, "-N", "-D", f"127.0.0.1:{port}", "lab"], stdin=subprocess.DEVNULL)
        try:
            wait_for(lambda: is_answered(port))
            proxy = f"socks5h://127.0.0.1:{port}"
            with lab.session(tls=tls, proxy=proxy, read_timeout=10.0) as session:
                assert gather_facts(session).problems == ()
        finally:
            tunnel.terminate()
            tunnel.wait(LONG)


def test_the_environment_names_no_proxy_unless_the_parameters_say_so(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A corporate proxy for web pages must not get WinRM's messages by accident."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with lab.session() as session:
        assert gather_facts(session).problems == ()
    with pytest.raises(HostUnreachableError, match="proxy"):
        lab.session(proxy="environment").open()


def test_an_environment_that_names_no_proxy_is_not_blamed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `proxy: environment` a host that does not answer is told of as without it."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(HostUnreachableError, match="nothing answers at") as caught:
        PsrpSession(replace(lab.settings(free_port()), proxy="environment")).open()
    assert "proxy" not in caught.value.message
