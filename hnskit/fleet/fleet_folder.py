"""The folder of a fleet's run, `runs/<YYYYMMDD-HHMMSS>-fleet-<verb>/`, and what lies in it.

results.jsonl         a line a host, as it came: what `--resume` goes on from
fleet.json            all of it, with the verdict
report.html, junit.xml  the same for a reader, and for CI systems: a case a host
hosts/<name>/facts.json  a snapshot of each host that was read
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hnskit.errors import FileError
from hnskit.fleet import fleet_report
from hnskit.fleet.fleet_frames import by_trouble
from hnskit.fleet.fleet_verdict import all_well, verdict
from hnskit.fleet.host_result import HostResult
from hnskit.fleet.shared_addresses import found_on
from hnskit.foreign_text.escaping import json_text, xml_text
from hnskit.foreign_text.masking import mask_data, mask_text
from hnskit.local.atomic_write import atomic_write_text
from hnskit.local.private_files import private_opener
from hnskit.running.run_folder import new_run_folder, write_json

RESULTS, FLEET, REPORT, JUNIT = "results.jsonl", "fleet.json", "report.html", "junit.xml"


class FleetFolder:
    """Takes results as they come; `finish` makes the report."""

    def __init__(self, place: Path, verb: str, inventory: str) -> None:
        self.place, self._verb, self._inventory = place, verb, inventory
        self._started = datetime.now().astimezone().isoformat(timespec="seconds")
        self._results: list[HostResult] = []

    @classmethod
    def new(cls, runs: Path, verb: str, inventory: str) -> FleetFolder:
        """Make a folder.

        Raises:
            FileError: it cannot be made.
        """
        place = new_run_folder(runs, f"fleet://fleet-{verb}")
        with open(
            place / RESULTS, "a", encoding="utf-8", opener=private_opener
        ):  # `--resume` finds it also if no host ends
            return cls(place, verb, inventory)

    @classmethod
    def last(cls, runs: Path, verb: str, inventory: str) -> FleetFolder:
        """The last run's folder of this verb.

        Raises:
            FileError: there is none.
        """
        found = sorted(path for path in runs.glob(f"*-fleet-{verb}*") if (path / RESULTS).is_file())
        if not found:
            raise FileError(f"there is no run of `fleet {verb}` to go on with", object=str(runs),
                            next_step="Leave --resume out.")  # fmt: skip
        return cls(found[-1], verb, inventory)

    def done(self) -> dict[str, HostResult]:
        """Name -> result, of the hosts that an earlier attempt in this folder came to the end with."""
        found: dict[str, HostResult | None] = {}
        try:
            lines = (self.place / RESULTS).read_text(encoding="utf-8").splitlines()
        except OSError:
            return {}
        for line in lines:
            try:
                record = json.loads(line)
                found[str(record["name"])] = HostResult.from_json(record) if record["ok"] is True else None
            except (ValueError, KeyError, TypeError):
                continue  # a line that was cut off is of a host whose outcome is asked again
        return {name: result for name, result in found.items() if result is not None}

    def keep(self, result: HostResult) -> None:
        """Take a result of an earlier attempt into the report."""
        self._results.append(result)

    def add(self, result: HostResult) -> None:
        """Keep a result.

        Raises:
            FileError: it cannot be written.
        """
        self._results.append(result)
        line = json_text(mask_data(result.to_json()), default=str, separators=(",", ":"))
        path = self.place / RESULTS
        try:
            with open(path, "a", encoding="utf-8", opener=private_opener) as file:
                file.write(f"{line}\n")
        except OSError as cause:
            raise FileError(f"cannot be written: {cause.strerror}", object=str(path)) from cause

    def finish(self) -> Path:
        """Write fleet.json, report.html and junit.xml; the report's path.

        Raises:
            FileError: one cannot be written.
        """
        write_json(self.place / FLEET, self.to_json())
        report = fleet_report.render(self._results, self._verb, self._inventory, self._started)
        atomic_write_text(self.place / REPORT, report, private=True)
        atomic_write_text(self.place / JUNIT, junit(self._results, self._verb, self._started), private=True)
        return self.place / REPORT

    def to_json(self) -> dict[str, Any]:
        """As fleet.json and `hnskit fleet … --json` have it."""
        return envelope(self._results, self._verb, self._inventory, self._started, str(self.place))


def envelope(
    results: Iterable[HostResult], verb: str, inventory: str, started: str, folder: str = ""
) -> dict[str, Any]:
    """One envelope for all hosts."""
    hosts = by_trouble(results)
    states = Counter(one.state for one in hosts)
    return {
        "schema": "hnskit.fleet/1", "verb": verb, "inventory": inventory, "started": started, "folder": folder,
        "ok": all_well(hosts, verb), "states": dict(states),
        "verdict": verdict(hosts), "shared_addresses": [
            {"address": one.address, "hosts": list(one.hosts)} for one in found_on(hosts)
        ], "hosts": [one.to_json() for one in hosts],
    }  # fmt: skip


def junit(results: Sequence[HostResult], verb: str, started: str) -> str:
    """JUnit's XML, a case a host."""
    suites = ElementTree.Element("testsuites", name="hnskit")
    failed = sum(one.failed for one in results)
    skipped = sum(one.state == "not begun" for one in results)
    suite = ElementTree.SubElement(
        suites, "testsuite", name=f"fleet {verb}", timestamp=started.partition("+")[0], tests=str(len(results)),
        failures=str(failed), errors="0", skipped=str(skipped), time=f"{sum(one.seconds for one in results):.3f}",
    )  # fmt: skip
    for one in results:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"hnskit.fleet.{verb}", name=_clean(one.name), time=f"{one.seconds:.3f}"
        )
        if one.failed or one.state == "not begun":
            kind = "failure" if one.failed else "skipped"
            said = _clean(f"{one.state}: {one.verdict}")
            ElementTree.SubElement(case, kind, message=said.partition("\n")[0]).text = said
        else:
            ElementTree.SubElement(case, "system-out").text = _clean(one.verdict)
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}\n'


def _clean(text: str) -> str:
    return xml_text(mask_text(text))
