#!/usr/bin/env bash
# 2026-11-27, pypsrp 0.9.1.
# PowerShell.stop() sends the signal code powershell/signal/ctrl_c. The code that stops a pipeline is spelt powershell/signal/crtl_c
# (MS-PSRP 3.1.5.3.9, and the constant in PowerShell's WinRM plug-in); any other code closes the command. So no Stopped state ever
# comes from the host: pypsrp sets its own state to Stopped without waiting, and a close() after it signals a command that is gone.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet pypsrp==0.9.1
cat > "$place/try.py" <<'PY'
import sys
from importlib.metadata import version
from unittest import mock

from pypsrp.complex_objects import PSInvocationState
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

print("pypsrp", version("pypsrp"))
pool = RunspacePool(WSMan("127.0.0.1", username="u", password="p"))
script = PowerShell(pool)
script.state = PSInvocationState.RUNNING
sent = []
with mock.patch.object(pool.shell, "signal", lambda code, command_id: sent.append(code)):
    script.stop()
    print("stop() sent:", sent, "and the state is", script.state, "(Stopped is", PSInvocationState.STOPPED, ")")
    script.close()
print("close() after it sent:", sent[1:])
as_seen = sent[0] == "powershell/signal/ctrl_c" and len(sent) == 2 and script.state == PSInvocationState.STOPPED
sys.exit(0 if as_seen else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py"
