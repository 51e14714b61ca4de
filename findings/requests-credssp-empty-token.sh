#!/bin/sh
# 2026-11-28, requests-credssp 2.0.0 with pyspnego 0.12.4, Python's ssl with TLS 1.3: an acceptor of pyspnego whose TLS
# context sends no session tickets (num_tickets = 0) has nothing to say after the client's Finished, and step() gives b"",
# as its source says it must. In HTTP that is "WWW-Authenticate: CredSSP" (a blank at the end is no part of a header's
# value), which requests-credssp does not take for a token: the login ends with "Server did not response with a CredSSP
# token after step TLS Handshake". With the two tickets that OpenSSL sends by default the same login is accepted.
# Guess before: the client sends its next token, as pyspnego's own client does when it is given b"".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install requests-credssp==2.0.0 pyspnego==0.12.4 requests==2.32.5
cat > "$folder/try.py" <<'PY'
import base64
import logging
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
import spnego
import spnego.tls
from requests_credssp import HttpCredSSPAuth
from requests_credssp.exceptions import AuthenticationException

logging.disable(logging.CRITICAL)
folder = sys.argv[1]
users = os.path.join(folder, "users")
with open(users, "w") as file:
    file.write(":alice:secret\n")
os.environ["NTLM_USER_FILE"] = users
NTLM = spnego.NegotiateOptions.use_negotiate | spnego.NegotiateOptions.use_ntlm
certificate, key, public_key = spnego.tls.generate_tls_certificate()
with open(os.path.join(folder, "pem"), "wb") as file:
    file.write(certificate + key)


def acceptor(tickets):
    tls = spnego.tls.default_tls_context(usage="accept")
    tls.context.load_cert_chain(os.path.join(folder, "pem"))
    tls.context.num_tickets = tickets
    tls.public_key = public_key
    inner = spnego.server(protocol="negotiate", options=NTLM)
    return spnego.server(protocol="credssp", credssp_tls_context=tls, credssp_negotiate_context=inner, options=NTLM)


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    context = None

    def do_GET(self):
        _, _, token = self.headers.get("Authorization", "").partition(" ")
        said = "CredSSP"
        if token:
            self.context = self.context or acceptor(self.server.tickets)
            answer = self.context.step(base64.b64decode(token))
            self.server.stages.append(len(answer or b"") > 0)
            said = f"CredSSP {base64.b64encode(answer or b'').decode()}".strip()
        done = self.context is not None and self.context.complete
        self.send_response(200 if done else 401)
        if not done:
            self.send_header("WWW-Authenticate", said)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


for tickets in (2, 0):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.tickets, server.stages = tickets, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    session = requests.Session()
    session.trust_env = False
    session.auth = HttpCredSSPAuth("alice", "secret", auth_mechanism="ntlm")
    try:
        said = session.get(f"http://127.0.0.1:{server.server_address[1]}/", timeout=10).status_code
    except AuthenticationException as problem:
        said = str(problem)
    print("http, tickets", tickets, "answers empty", [not one for one in server.stages[:2]], said)
    server.shutdown()

client = spnego.client("alice", "secret", protocol="credssp", options=NTLM)
other = acceptor(0)
token, empty = client.step(), 0
while token is not None and not (client.complete and other.complete):
    answer = other.step(token)
    empty += answer == b""
    token = client.step(answer) if not client.complete else None
print("pyspnego alone, tickets 0: empty tokens", empty, "complete", client.complete, other.complete)
PY
"$folder/venv/bin/python" "$folder/try.py" "$folder" | tee "$folder/out"
cat > "$folder/want" <<'TXT'
http, tickets 2 answers empty [False, False] 200
http, tickets 0 answers empty [False, True] Server did not response with a CredSSP token after step TLS Handshake - actual 'CredSSP'
pyspnego alone, tickets 0: empty tokens 1 complete True True
TXT
diff "$folder/want" "$folder/out"
