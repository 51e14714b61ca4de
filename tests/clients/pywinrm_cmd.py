"""pywinrm, which knows cmd shells only, run in an environment of its own: test_pywinrm_client.py.

It reads where the host is from standard input and prints what it saw, as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import winrm  # type: ignore[import-not-found]


def session(where: dict[str, Any], scheme: str, transport: str, password: str) -> winrm.Session:
    """A session with the host."""
    trust = {"ca_trust_path": where["ca"], "proxy": None}
    url = f"{scheme}://127.0.0.1:{where[scheme]}/wsman"
    return winrm.Session(url, auth=(where["username"], password), transport=transport, **trust)


def main() -> None:
    """Open a cmd shell in each way of logging in; what fails is in place of its result."""
    where = json.load(sys.stdin)
    done: dict[str, Any] = {}
    for scheme, transport in (("http", "ntlm"), ("https", "ntlm"), ("https", "basic")):
        for name, password in (("right", where["password"]), ("wrong", "wrong")):
            try:
                done[f"{scheme} {transport} {name}"] = session(where, scheme, transport, password).run_cmd("hostname")
            except Exception as problem:
                code = getattr(problem, "wsmanfault_code", None)
                done[f"{scheme} {transport} {name}"] = [type(problem).__name__, code, str(problem)]
    json.dump(done, sys.stdout)


if __name__ == "__main__":
    main()
