#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with packaging 26.4, and node-semver 7.7.3.
# Guess: packaging.version sorts PowerShell's releases as they came out: 7.4.0-preview.6, then 7.4.0-rc.1, then 7.4.0. It takes
# them without an error, and 7.4.0-alpha.1, -beta.1 and -rc.1 are sorted rightly.
# So it is: "preview" is another spelling of "rc" to it. 7.4.0-preview.6 is newer than 7.4.0-rc.1, and 7.4.0-preview.1 is equal to
# 7.4.0-rc.1, so that a set or a dict keeps one of the two. Windows' 10.0.20348.0 is equal to 10.0.20348 likewise (to .NET's
# [version] they differ). node-semver has the order of the releases.
# It matters where a tool compares versions that a host reports ($PSVersionTable, pwsh's or .NET's SDKs, both with previews).
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet packaging==26.4
cat > "$place/try.py" <<'PY'
import sys
from importlib.metadata import version

from packaging.version import Version

print("packaging", version("packaging"))
came_out = ["7.4.0-alpha.1", "7.4.0-preview.1", "7.4.0-preview.6", "7.4.0-rc.1", "7.4.0"]
order = [str(one) for one in sorted(came_out, key=Version)]
print("came out as:", *came_out)
print("sorted:     ", *order)
equal = Version("7.4.0-preview.1") == Version("7.4.0-rc.1")
print(f"7.4.0-preview.1 == 7.4.0-rc.1: {equal}; of the five in a set: {len({Version(one) for one in came_out})}")
build = Version("10.0.20348.0") == Version("10.0.20348")
print(f"10.0.20348.0 == 10.0.20348: {build}")
newest_first = sorted(came_out, key=Version).index("7.4.0-preview.6") > sorted(came_out, key=Version).index("7.4.0-rc.1")
sys.exit(0 if equal and build and newest_first and len({Version(one) for one in came_out}) == 4 else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py"
if command -v npm >/dev/null; then
    cd "$place"
    npm install --silent --no-audit --no-fund semver@7.7.3 >/dev/null
    node -e 'const v = ["7.4.0", "7.4.0-rc.1", "7.4.0-preview.6", "7.4.0-preview.1", "7.4.0-alpha.1"]
const order = require("semver").sort(v).join(" ")
console.log("node-semver:", order)
process.exit(order === "7.4.0-alpha.1 7.4.0-preview.1 7.4.0-preview.6 7.4.0-rc.1 7.4.0" ? 0 : 1)'
fi
