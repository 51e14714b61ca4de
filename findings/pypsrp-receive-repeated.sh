#!/bin/sh
# 2026-11-27, pypsrp 0.9.1: WSMan.receive, and no other request, is sent again up to five times after a read timeout: the
# same bytes with the same MessageID, and without wsmv:OperationID. By MS-WSMV 3.1.4.1.39 a service must take a request
# without an OperationID for one of a client that cannot be given an answer again. So the service has two Receives, and
# what it put into the answer to the first may be gone; the caller sees one answer and no error.
# Guess before: a lost answer is an exception, as it is for every other request.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install pypsrp==0.9.1
cat > "$folder/try.py" <<'PY'
import logging
import re
import threading
import time
import xml.etree.ElementTree as ET
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from pypsrp.wsman import NAMESPACES, WSMan

logging.disable(logging.CRITICAL)
seen = []


class Service(BaseHTTPRequestHandler):
    """Answers each request with its own number; the first so late that the client has given up."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        message = re.search(r"MessageID>([^<]+)<", body)[1]
        seen.append((message, "OperationID" in body))
        number = len(seen)
        if number == 1:
            time.sleep(2.5)
        answer = (
            f'<s:Envelope xmlns:s="{NAMESPACES["s"]}" xmlns:a="{NAMESPACES["wsa"]}"><s:Header><a:RelatesTo>{message}'
            f"</a:RelatesTo></s:Header><s:Body><output>{number}</output></s:Body></s:Envelope>"
        ).encode()
        try:
            self.send_response(200)
            self.send_header("Content-Type", "application/soap+xml;charset=UTF-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except OSError:
            pass

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
wsman = WSMan(
    "127.0.0.1", port=server.server_address[1], ssl=False, auth="basic", encryption="never", username="u", password="p",
    operation_timeout=1, read_timeout=1, reconnection_backoff=0.1, no_proxy=True,
)
shell = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
body = wsman.receive(shell, ET.Element(f"{{{NAMESPACES['rsp']}}}Receive"))
print("receive: requests", len(seen), "MessageIDs", len({item[0] for item in seen}), "with OperationID", sum(i[1] for i in seen))
print("receive: the caller has output", body.findtext("output"))
seen.clear()
try:
    wsman.signal(shell, ET.Element(f"{{{NAMESPACES['rsp']}}}Signal"))
except requests.exceptions.ReadTimeout as lost:
    print("signal: requests", len(seen), type(lost).__name__)
server.shutdown()
PY
"$folder/venv/bin/python" "$folder/try.py" | tee "$folder/out"
cat > "$folder/want" <<'TXT'
receive: requests 2 MessageIDs 1 with OperationID 0
receive: the caller has output 2
signal: requests 1 ReadTimeout
TXT
diff "$folder/want" "$folder/out"
