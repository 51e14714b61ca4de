"""The original author's two transcripts against the emulated host, member by member.

The objects come from the same calls on an emulated host of the nearest Windows, and are printed as Format-List prints
them; ids, times, addresses and names that a host makes up are compared by their form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hnskit.emulator.host import EmulatedHost, create_host

TEXTS = Path(__file__).parent.parent / "tests" / "samples" / "hns" / "textual"
STEPS = TEXTS / "scenario-proxy-policy-l2bridge-rs4.txt"
FAILED = TEXTS / "failed-proxy-policy-docker-l2bridge-rs4.txt"
RECORDS = ("proxycreated", "clientcreated", "redirected", "failed")
"""The objects of the two transcripts, in their order."""
METADATA = "169.254.169.254"
REASONS: Mapping[tuple[str, str], str] = {
    **{(record, "Version"): "an insider build had HNS 5.1; `rs4` is the release, 7.2" for record in RECORDS},
    ("failed", "Name"): "Docker of today gives its endpoints a name of its own; that of 2017 gave none",
}
"""Record and member -> why they differ."""
_FORMS = (
    (re.compile(r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<guid>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<64 hex>"),
    (re.compile(r"\b00-15-5D(-[0-9A-F]{2}){3}\b"), "<MAC>"),
    (re.compile(r"\b13[0-9]{16}\b"), "<FILETIME>"),
    (re.compile(r"^10\.0\.[01]\.\d+$"), "<address>"),
)
_GIVEN = frozenset({"GatewayAddress"})
"""Addresses that the caller chose: they are compared as they are."""


@dataclass(frozen=True, slots=True)
class Row:
    """A member of a record, there and here."""

    record: str
    member: str
    there: str
    here: str
    place: bool
    """True if it stands at the same place among the members that both have."""

    @property
    def same(self) -> bool:
        """True if name, form and place are the same."""
        return self.there == self.here and self.place


def transcribed() -> dict[str, dict[str, str]]:
    """Record -> member -> what the host printed."""
    found = [*_records(STEPS.read_text(encoding="utf-8")), *_records(FAILED.read_text(encoding="utf-8"))]
    return dict(zip(RECORDS, found, strict=True))


def _records(text: str) -> Iterator[dict[str, str]]:
    """Format-List of objects that begin with ActivityId; a value that was wrapped is put together again."""
    record: dict[str, str] = {}
    for line in text.splitlines():
        member = re.match(r"^\s+(\w+)\s+: (.*)$", line)
        if member and (record or member[1] == "ActivityId"):
            record[member[1]] = member[2].strip()
        elif record and line.strip():
            last = next(reversed(record))
            record[last] = f"{record[last]} {line.strip()}"
        elif record:
            yield record
            record = {}
    if record:
        yield record


def printed(value: Any, *, inside: bool = False) -> str:
    """A value as Format-List of Windows PowerShell prints it; a list within an object is its type's name."""
    if isinstance(value, Mapping):
        return "@{" + "; ".join(f"{key}={printed(item, inside=True)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "System.Object[]" if inside else "{" + ", ".join(printed(item) for item in value) + "}"
    return str(value)


def form(member: str, text: str) -> str:
    """A printed value with placeholders for what a host makes up."""
    for pattern, name in _FORMS:
        if name != "<address>" or member not in _GIVEN:
            text = pattern.sub(name, text)
    return text


def compare(objects: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Each member of each record against the objects of a host."""
    rows = []
    for record, members in transcribed().items():
        here = objects[record]
        order = [key for key in here if key in members]
        for place, (member, text) in enumerate(members.items()):
            ours = printed(here[member]) if member in here else "missing"
            at = place < len(order) and order[place] == member
            rows.append(Row(record, member, form(member, text), form(member, ours), at))
        rows += [Row(record, key, "missing", form(key, printed(here[key])), place=False) for key in here
                 if key not in members]  # fmt: skip
    return rows


def made() -> dict[str, dict[str, Any]]:
    """The objects of the same calls on an emulated host (tests/data/original has them as a script)."""
    host = create_host("lab", "rs4", {"cut_seconds": 0, "seed": 1})
    subnet = {"AddressPrefix": "10.0.1.0/24", "GatewayAddress": "10.0.1.1"}
    network = _call(host, "/networks", {"Name": "winl2bridge", "Type": "L2Bridge", "Subnets": [subnet]})
    body = {"VirtualNetwork": network["ID"], "Policies": [{"Type": "OutBoundNAT"}], "GatewayAddress": "10.0.1.2",
            "DNSServerList": "168.63.129.16"}  # fmt: skip
    proxy, client = _call(host, "/endpoints", body), _call(host, "/endpoints", body)
    image = host.engine.images[0].name
    words = ["run", "-d", "--network", "none", image, "ping", "-t", "localhost"]
    id = host.docker.run(words).stdout.strip()
    compartment = host.windows.compartment_of(id)
    number = compartment.id if compartment is not None else 0
    _call(host, f"/endpoints/{client['ID']}/attach", {"SystemType": "Host", "CompartmentId": number})
    redirected = _redirect(host, client, {"Destination": "10.0.1.2:80", "IP": METADATA, "OutboundNat": True})
    host.docker.run(["network", "create", "-d", "l2bridge", "--subnet", "10.0.0.0/24", "--gateway", "10.0.0.1", "b"])
    host.docker.run(["run", "-d", "--network", "b", image, "ping", "-t", "localhost"])
    own = next(item for item in json.loads(host.hns.call("GET", "/endpoints", "")[1])["Output"]
               if item["Type"] == "l2bridge")  # fmt: skip
    failed = _redirect(host, own, {"Destination": "10.0.0.118:80", "IP": METADATA, "OutbountNat": True})
    return dict(zip(RECORDS, (proxy, client, redirected, failed), strict=True))


def _redirect(host: EmulatedHost, endpoint: Mapping[str, Any], policy: Mapping[str, Any]) -> dict[str, Any]:
    body = {"ID": endpoint["ID"], "Policies": [*endpoint["Policies"], {**policy, "Port": "80", "Type": "PROXY"}]}
    return _call(host, f"/endpoints/{endpoint['ID']}", body)


def _call(host: EmulatedHost, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = json.loads(host.hns.call("POST", path, json.dumps(body))[1])
    if not answer["Success"]:
        raise SystemExit(f"POST {path} was refused: {answer}")
    output: dict[str, Any] = answer.get("Output", {})
    return output


def section() -> list[str]:
    """The lines of docs/conformance.md."""
    rows = compare(made())
    same = sum(row.same for row in rows)
    lines = [
        "## The original's transcripts",
        "",
        "The two runs that the author of the original printed (soccerGB/MSIExperiment: the steps on build 17076, the",
        f"failed run on build 17053), and the same calls on the emulated host: **{same} of {len(rows)} members** are",
        "the same in name, place and form. tests/data/original has the calls as a script; a test runs it on the engine",
        "pwsh.",
        "",
        "| object | member | there | here | |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        why = "" if row.same else REASONS.get((row.record, row.member), "?")
        here = "the same" if row.same else f"`{row.here}`"
        lines.append(f"| {row.record} | {row.member} | `{row.there}` | {here} | {why} |")
    return lines
