#!/usr/bin/env bash
# 2026-11-27, CPython 3.11.7 with trustme 1.2.1.
# transport.set_write_buffer_limits(high=0): on a plain TCP transport a protocol is paused only while bytes wait to be sent.
# On a TLS transport the same call pauses it after every write, although nothing waits (the mark itself counts as reached),
# and resume_writing comes only when the peer next sends something: who awaits "written" waits for the other side.
# With high=1 the two behave alike.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet trustme==1.2.1
cat > "$place/try.py" <<'PY'
import asyncio
import ssl
import sys

import trustme


class Server(asyncio.Protocol):
    def __init__(self, high):
        self.high = high
        self.paused = None

    def connection_made(self, transport):
        self.transport = transport
        self.paused = False
        transport.set_write_buffer_limits(high=self.high, low=0)

    def data_received(self, data):
        if data == b"go":
            self.transport.write(b"x" * 100)

    def pause_writing(self):
        self.paused = True

    def resume_writing(self):
        self.paused = False


async def paused_after_a_write(tls, high):
    authority = trustme.CA()
    served = client = None
    if tls:
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(served)
        client = ssl.create_default_context()
        authority.configure_trust(client)
    protocol = Server(high)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol, "127.0.0.1", 0, ssl=served)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname="localhost" if tls else None)
    writer.write(b"go")
    await reader.readexactly(100)
    await asyncio.sleep(0.3)
    quiet = protocol.paused
    writer.write(b"more")
    await asyncio.sleep(0.3)
    spoken = protocol.paused
    writer.close()
    server.close()
    return quiet, spoken


async def main():
    print("CPython", sys.version.split()[0])
    seen = {}
    for tls in (False, True):
        for high in (0, 1):
            seen[tls, high] = await paused_after_a_write(tls, high)
            print(f"{'TLS' if tls else 'TCP'}, high={high}: all 100 bytes read, paused {seen[tls, high][0]}; "
                  f"after the peer spoke again, paused {seen[tls, high][1]}")
    expected = {(False, 0): (False, False), (False, 1): (False, False), (True, 0): (True, False), (True, 1): (False, False)}
    sys.exit(0 if seen == expected else "this has changed")


asyncio.run(main())
PY
"$place/venv/bin/python" "$place/try.py"
