"""Time of reading a dump of 10,000 endpoints, in each form that it may have.

    python -m benchmarks.dumps                      prints the table
    python -m benchmarks.dumps --beside FOLDER      beside another tree of hnskit, such as an older one

JSON is compared with `json.loads` and a DataFrame of a file that has it and nothing else. Times are of the processor,
best of three.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.explain import host, seconds
from hnskit.facts.anything import read_anything
from tests.facts.powershell_print import format_list

COUNT = 10_000
_OLD = """
import sys, time
from pathlib import Path
try:
    from hnskit.facts.anything import load_facts
except ImportError:
    from hnskit.snapshot import load_facts
best = float("inf")
for _ in range(3):
    since = time.process_time()
    try:
        load_facts(Path(sys.argv[1]))
    except Exception as error:
        print(type(error).__name__); break
    best = min(best, time.process_time() - since)
else:
    print(round(best * 1000), "ms")
"""


def forms(folder: Path) -> dict[str, tuple[Path, str]]:
    """A file of each form, and the JSON in it; "" where it is not JSON."""
    rows: list[dict[str, Any]] = [dict(item.raw) for item in host(COUNT, resources=False).endpoints]
    compact, indented = json.dumps(rows), json.dumps(rows, indent=4)
    table = "Name             ID                                   Virtual Network Name\n" + "".join(
        f"{row['Name']:<16} {number:08x}-0000-0000-0000-000000000000 bridge\n" for number, row in enumerate(rows)
    )
    texts = {
        "ConvertTo-Json -Compress": (compact, compact),
        "ConvertTo-Json after a prompt": (
            f"PS C:\\> Get-HnsEndpoint | ConvertTo-Json\n{indented}\nPS C:\\>\n",
            indented,
        ),
        "an answer of HNSCall": (f'{{"Success":true,"Output":{compact}}}', compact),
        "Format-List": (f"PS C:\\> Get-HnsEndpoint\n{format_list(rows)}PS C:\\>\n", ""),
        "hnsdiag list endpoints": (f"PS C:\\> hnsdiag list endpoints\n{table}PS C:\\>\n", ""),
    }
    made = {}
    for number, (name, (text, inside)) in enumerate(texts.items()):
        path = folder / f"{number}.txt"
        path.write_text(text, encoding="utf-8")
        made[name] = (path, inside)
    return made


def main(beside: str = "") -> None:
    """Print the table."""
    print(f"{COUNT} endpoints, three policies each\n")
    with tempfile.TemporaryDirectory() as folder:
        for name, (path, inside) in forms(Path(folder)).items():
            ours = seconds(lambda path=path: read_anything(path), 3)  # type: ignore[misc]
            said = f"{name}: {path.stat().st_size / 1e6:.1f} MB; {ours * 1000:.0f} ms"
            if inside:
                Path(folder, "plain.json").write_text(inside, encoding="utf-8")
                plain = seconds(lambda: pd.DataFrame(json.loads(Path(folder, "plain.json").read_text("utf-8"))), 3)
                said += f"; json.loads + DataFrame {plain * 1000:.0f} ms = {ours / plain:.2f}x"
            if beside:
                run = [sys.executable, "-c", _OLD, str(path)]
                done = subprocess.run(run, cwd=beside, capture_output=True, text=True, check=False)
                said += f"; there {done.stdout.strip() or 'failed'}"
            print(said)


if __name__ == "__main__":
    main(sys.argv[2] if sys.argv[1:2] == ["--beside"] else "")
