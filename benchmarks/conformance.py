"""What real Windows hosts printed against what the emulated host prints, key by key.

`python -m benchmarks.conformance` prints the table, `--write` puts it into docs/conformance.md, and
`--samples DIRECTORY` compares other samples, laid out and named as those of tests/samples/hns.

Each object is made anew on an emulated host of the sample's Windows, by a request with what its maker must have
asked for; then members, JSON types and order are compared.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from benchmarks import transcripts
from benchmarks.reasons import FROM_MEMORY, NOT_COMPARED, NOT_IN_ORDER, REASONS
from hnskit.emulator.host import EmulatedHost, create_host, refusals
from hnskit.emulator.host.hcn_service import KINDS, VERBS

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "tests" / "samples" / "hns"
DOCUMENT = ROOT / "docs" / "conformance.md"

_PROFILES = {1: "rs4", 5: "rs4", 7: "rs4", 9: "ws2019", 13: "ws2022", 15: "ws2025", 16: "ws2025"}
"""Major version of HNS -> the profile that is nearest."""
_WORDS = {
    "ws2022preview": 15,
    "rs4": 7,
    "1709": 5,
    "1803": 7,
    "ws2019": 9,
    "ws2022": 13,
    "ws2025": 16,
    "15.0": 15,
    "win11": 15,
}
_TYPES = {"l2bridge": "L2Bridge", "overlay": "Overlay", "transparent": "Transparent", "nat": "NAT", "ics": "ICS",
          "fargate": "L2Bridge"}  # fmt: skip
_LOSSY = (".fl.json", ".partial.json", ".hcsshim.json")
_JSON_TYPES = {dict: "object", list: "list", str: "text", bool: "true/false", int: "number", type(None): "null"}
_ORDER = "in another place"
_SUBNET = "10.0.1.0/24"
_NOBODY = "5f0b1190-63be-4e0c-b974-bd0f55675a42"


@dataclass(frozen=True, slots=True)
class Difference:
    """A member that is not the same, and why."""

    path: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """One sample."""

    name: str
    profile: str
    keys: int
    differences: tuple[Difference, ...]
    lossy: bool

    @property
    def matching(self) -> int:
        """Members of the sample that the emulated host has with the same type, and in the same order."""
        return self.keys - len({item.path for item in self.differences if item.what != "only here"})


def compare_all(samples: Path = SAMPLES) -> list[Result]:
    """Every sample of a folder."""
    paths = sorted(samples.glob("*/*.json"))
    return [compare(path) for path in paths if path.parent.name != "textual" and path.name not in NOT_COMPARED]


def compare(path: Path) -> Result:
    """One sample against an object that is made for it."""
    real = json.loads(path.read_text(encoding="utf-8"))
    envelope = path.name.endswith(".response.json")
    sample = real["Output"] if envelope else real
    profile = profile_of(path.name, sample)
    host = create_host("lab", profile, {"cut_seconds": 0, "seed": 1})
    text = {"networks": _network, "endpoints": _endpoint, "policylists": _policy_list, "namespaces": _namespace}[
        path.parent.name
    ](host, path.name, sample)
    ours = json.loads(text)
    lossy = path.name.endswith(_LOSSY)
    found = list(_differences(real if envelope else sample, ours if envelope else ours["Output"], "", lossy))
    if path.name.endswith(".hcsshim.json") or path.name in NOT_IN_ORDER:
        found = [(where, what) for where, what in found if what != _ORDER]
    differences = tuple(Difference(where, what, _reason(path.name, where)) for where, what in found)
    return Result(path.name, profile, len(list(_keys(real if envelope else sample, ""))), differences, lossy)


def profile_of(name: str, sample: Mapping[str, Any]) -> str:
    """The profile nearest to a sample, by its Version or its name."""
    if "Version" in sample:
        return _PROFILES[int(sample["Version"]) >> 32]
    words = re.split(r"[-_]", name.removesuffix(".json"))
    majors = [_WORDS[word] for word in words if word in _WORDS]
    return _PROFILES[majors[0] if majors else 9]


# Requests, as the maker of the sample must have sent them.


def _call(host: EmulatedHost, method: str, path: str, body: Any = None) -> str:
    _, text = host.hns.call(method, path, "" if body is None else json.dumps(body))
    if not json.loads(text)["Success"]:
        raise SystemExit(f"{method} {path} {json.dumps(body)} was refused: {text}")
    return text


def _type_of(name: str, sample: Mapping[str, Any]) -> str:
    return str(sample.get("Type") or _TYPES[re.split(r"[-_]", name)[0]])


def _network_request(name: str, sample: Mapping[str, Any]) -> dict[str, Any]:
    kind = _type_of(name, sample)
    subnets = [
        {key: item[key] for key in ("AddressPrefix", "GatewayAddress", "Policies") if key in item}
        for item in sample.get("Subnets", [])
    ]
    if kind.lower() == "overlay":
        subnets = subnets or [{"AddressPrefix": _SUBNET}]
        subnets[0].setdefault("Policies", [{"Type": "VSID", "VSID": 4096}])
    if kind.lower() == "l2bridge":
        subnets = subnets or [{"AddressPrefix": _SUBNET}]
    body: dict[str, Any] = {"Type": kind, "Name": "sample", "Subnets": subnets}
    body |= {key: sample[key] for key in ("AutomaticDNS", "IPv6") if key in sample}
    body |= {"NetworkAdapterName": "Ethernet"} if "NetworkAdapterName" in sample else {}
    policies = [item for item in sample.get("Policies", []) if item.get("Type") != "VLAN"]  # that is HNS's own
    return body | ({"Policies": policies} if policies else {})


def _network(host: EmulatedHost, name: str, sample: Mapping[str, Any]) -> str:
    body = _network_request(name, sample)
    made = json.loads(_call(host, "POST", "/networks", body))
    return _call(host, "GET", f"/networks/{made['Output']['ID']}")


def _endpoint(host: EmulatedHost, name: str, sample: Mapping[str, Any]) -> str:
    made = json.loads(_call(host, "POST", "/networks", _network_for(name, sample)))["Output"]
    echoed = ("Name", "MacAddress", "DNSServerList", "DNSSuffix", "EnableInternalDNS", "GatewayAddress", "IPAddress",
              "PrefixLength", "IsRemoteEndpoint", "AdditionalParams", "Flags")  # fmt: skip
    body: dict[str, Any] = {key: sample[key] for key in echoed if sample.get(key)}
    if sample.get("IsRemoteEndpoint") and not _inside(sample):
        body.pop("PrefixLength", None)
    policies = [item for item in sample.get("Policies", []) if item.get("Type") not in ("L2Driver", "PROXY")]
    body |= {"VirtualNetwork": made["ID"], "Policies": policies}
    id = json.loads(_call(host, "POST", "/endpoints", body))["Output"]["ID"]
    if sample.get("State", 1) >= 2 or (
        not sample.get("IsRemoteEndpoint") and "Allocators" in sample.get("Resources", {})
    ):
        _attach(host, id, sample)
    if "IsDefault" in sample.get("Namespace", {}):
        namespace = json.loads(_call(host, "POST", "/namespaces", {"IsDefault": False}))["Output"]["ID"]
        _call(host, "POST", f"/namespaces/{namespace}/addresource", {"Type": "endpoint", "Data": {"ID": id}})
    if any(item.get("Type") == "PROXY" for item in sample.get("Policies", [])):
        proxies = [item for item in sample["Policies"] if item.get("Type") == "PROXY"]
        now = json.loads(_call(host, "GET", f"/endpoints/{id}"))["Output"]["Policies"]
        _call(host, "POST", f"/endpoints/{id}", {"ID": id, "Policies": [*now, *proxies]})
    return _call(host, "GET", f"/endpoints/{id}")


def _inside(sample: Mapping[str, Any]) -> bool:
    return "PrefixLength" in sample


def _network_for(name: str, sample: Mapping[str, Any]) -> dict[str, Any]:
    address, length = str(sample.get("IPAddress", "")), sample.get("PrefixLength", 24)
    prefix = _SUBNET
    if address and (_inside(sample) or not sample.get("IsRemoteEndpoint")):
        octets = address.split(".")
        prefix = f"{octets[0]}.{octets[1]}.0.0/16" if length < 24 else f"{'.'.join(octets[:3])}.0/24"
    subnet: dict[str, Any] = {"AddressPrefix": prefix}
    if _type_of(name, sample).lower() == "overlay":
        subnet["Policies"] = [{"Type": "VSID", "VSID": 4096}]
    return {"Type": _type_of(name, sample), "Name": "sample", "Subnets": [subnet]}


def _attach(host: EmulatedHost, id: str, sample: Mapping[str, Any]) -> None:
    names = [f"c{number}" for number, _ in enumerate(sample.get("SharedContainers", []))]
    if not names:
        _call(host, "POST", f"/endpoints/{id}/attach", {"SystemType": "Host", "CompartmentId": 1})
    if sample.get("State") == 3 and len(names) < 2:
        names.append("second")
    for name in names:
        image = host.engine.images[0].name
        container = host.docker.run(
            ["run", "--detach", "--network", "none", "--name", name, image, "ping", "-t", "localhost"]
        )
        body = {"SystemType": "Container", "ContainerId": container.stdout.strip()}
        _call(host, "POST", f"/endpoints/{id}/attach", body)
        if name == "second":
            _call(host, "POST", f"/endpoints/{id}/detach", body)


def _policy_list(host: EmulatedHost, name: str, sample: Mapping[str, Any]) -> str:
    del name
    body = {"Type": "overlay", "Name": "sample", "Subnets": [
        {"AddressPrefix": "10.0.0.0/24", "Policies": [{"Type": "VSID", "VSID": 4096}]}]}  # fmt: skip
    network = json.loads(_call(host, "POST", "/networks", body))["Output"]
    endpoint = json.loads(_call(host, "POST", "/endpoints", {"VirtualNetwork": network["ID"]}))["Output"]
    request = {"References": [f"/endpoints/{endpoint['ID']}"], "Policies": sample["Policies"]}
    made = json.loads(_call(host, "POST", "/policylists", request))["Output"]
    return _call(host, "GET", f"/policylists/{made['ID']}")


def _namespace(host: EmulatedHost, name: str, sample: Mapping[str, Any]) -> str:
    del name, sample
    (default,) = json.loads(_call(host, "GET", "/namespaces/"))["Output"]
    return _call(host, "GET", f"/namespaces/{default['ID']}")


# Comparison.


def _named(items: list[Any]) -> Iterator[tuple[str, Any]]:
    """Items of a list with what tells them apart: an allocator's Tag, a policy's Type, else their place."""
    seen: dict[str, int] = {}
    for place, item in enumerate(items):
        name = str((item.get("Tag") or item.get("Type") or place) if isinstance(item, dict) else place)
        seen[name] = seen.get(name, 0) + 1
        yield f"{name} {seen[name]}" if seen[name] > 1 else name, item


def _keys(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{path}.{key}"
            yield from _keys(item, f"{path}.{key}")
    elif isinstance(value, list):
        for name, item in _named(value):
            yield from _keys(item, f"{path}[{name}]")


def _differences(real: Any, ours: Any, path: str, lossy: bool) -> Iterator[tuple[str, str]]:
    if isinstance(real, dict) and isinstance(ours, dict):
        for key, item in real.items():
            where = f"{path}.{key}"
            if key not in ours:
                yield where, "missing"
                yield from ((inner, "missing") for inner in _keys(item, where))
            elif type(item) is not type(ours[key]):
                yield where, f"{_JSON_TYPES[type(ours[key])]}, not {_JSON_TYPES[type(item)]}"
            else:
                yield from _differences(item, ours[key], where, lossy)
        shared = [key for key in real if key in ours]
        order = SequenceMatcher(None, shared, [key for key in ours if key in real], autojunk=False)
        kept = {key for block in order.get_matching_blocks() for key in shared[block.a : block.a + block.size]}
        yield from ((f"{path}.{key}", _ORDER) for key in shared if key not in kept)
        if not lossy:
            yield from ((f"{path}.{key}", "only here") for key in ours if key not in real)
    elif isinstance(real, list) and isinstance(ours, list):
        there = dict(_named(ours))
        for name, item in _named(real):
            if name in there:
                yield from _differences(item, there[name], f"{path}[{name}]", lossy)
            else:
                yield f"{path}[{name}]", "missing"
                yield from ((inner, "missing") for inner in _keys(item, f"{path}[{name}]"))


def _reason(name: str, path: str) -> str:
    fits = (why for file, where, why in REASONS if fnmatchcase(name, file) and fnmatchcase(path, where))
    return next(fits, "")


# The table.


def document(results: list[Result]) -> str:
    """docs/conformance.md."""
    full = [item for item in results if not item.lossy and item.profile in ("ws2019", "ws2022")]
    keys, matching = (sum(getattr(item, field) for item in full) for field in ("keys", "matching"))
    all_keys, all_matching = (sum(getattr(item, field) for item in results) for field in ("keys", "matching"))
    lines = [
        "# The emulated host against real ones",
        "",
        "Made by `python -m benchmarks.conformance --write` from the samples in tests/samples/hns, never by hand; a",
        "test fails where it is not up to date. A member counts as the same if its name, its JSON type and, among the",
        "members that both have, its place are the same.",
        "",
        f"- Whole objects of Windows Server 2019 and 2022: **{matching} of {keys} members** of {len(full)} samples.",
        f"- All {len(results)} samples: **{all_matching} of {all_keys} members**.",
        "",
        "`fl`, `partial` and `hcsshim` samples are lossy: a member that is missing in them proves nothing, so what",
        "only the emulated host has is not counted there. The profile is that of the emulated host; samples of 1607 to",
        "1803 are held against `rs4`, the nearest.",
        "",
        "| sample | profile | members | the same | different |",
        "|---|---|---:|---:|---|",
    ]
    for item in results:
        shown = "; ".join(f"`{each.path.lstrip('.')}` {each.what}" for each in _brief(item.differences)) or "—"
        lines.append(f"| {item.name} | {item.profile} | {item.keys} | {item.matching} | {shown} |")
    lines += ["", "## Why they differ", "", "| sample | member | reason |", "|---|---|---|"]
    said = dict.fromkeys((item.name, each.path.lstrip("."), each.reason or "?") for item in results
                         for each in _brief(item.differences))  # fmt: skip
    lines += [f"| {name} | `{path}` | {reason} |" for name, path, reason in said]
    lines += ["", *transcripts.section(), "", *_hcn()]
    lines += ["", "## Not compared", "", "| sample | reason |", "|---|---|"]
    lines += [f"| {name} | {reason} |" for name, reason in NOT_COMPARED.items()]
    lines += ["", "## Refusals", ""]
    lines += ["Codes and words of HNS as the emulated host gives them; what is not known of them says so.", ""]
    lines += ["| code | words | what is known |", "|---|---|---|", *_refusals()]
    lines += ["", "## From memory", "", "What no print of a real host was found for: UNCONFIRMED.", ""]
    lines += ["| what | which |", "|---|---|", *(f"| {what} | {which} |" for what, which in FROM_MEMORY)]
    return "\n".join(lines) + "\n"


def _hcn() -> list[str]:
    """Each function of HCN, as an emulated host of Server 2025 answers it for an object that is not there."""
    host = create_host("lab", "ws2025", {"cut_seconds": 0, "seed": 1})
    verbs = [verb for verb in VERBS if verb != "Stats"]
    rows = []
    for what in KINDS:
        codes = [host.hns.hcn.call(f"{verb}{what}", _NOBODY, "{}")[0] & 0xFFFFFFFF for verb in verbs]
        rows.append(
            [what, *("not emulated" if code == refusals.not_emulated("").code else "yes" for code in codes), "yes"]
        )
    count = sum(cell == "yes" for row in rows for cell in row)
    return [
        "## HCN",
        "",
        f"The v2 API (computenetwork.dll): **{count} of {len(KINDS) * (len(verbs) + 1)} functions**, over the state",
        "that v1 shows. tests/emulator/test_native_hcn.py calls each as a native client does, test_hcn_*.py have",
        "the requests of hcsshim, containerd and CNI plug-ins. HcnModifySdnRoute finds its route, and says that a",
        "change of it is not emulated: hcsshim, for which HCN has none, removes a route and makes it anew.",
        "",
        f"| object | {' | '.join(verbs)} | Close |",
        f"|---|{'---|' * (len(verbs) + 1)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def _refusals() -> Iterator[str]:
    for name in refusals.__all__:
        make = getattr(refusals, name)
        refusal = make("Name") if inspect.signature(make).parameters else make()
        said = " ".join(str(inspect.getdoc(make)).split())
        yield f"| 0x{refusal.code:08X} | {refusal.text}{refusal.end.rstrip()} | {said} |"


def _brief(differences: tuple[Difference, ...]) -> list[Difference]:
    """Without the members of a member that is missing altogether."""
    paths = {item.path for item in differences if item.what == "missing"}
    return [item for item in differences if not any(
        item.path != other and item.path.startswith((f"{other}.", f"{other}[")) for other in paths)]  # fmt: skip


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conformance", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/conformance.md")
    parser.add_argument("--samples", type=Path, default=SAMPLES, help="folder with networks/, endpoints/, …")
    arguments = parser.parse_args()
    text = document(compare_all(arguments.samples))
    if arguments.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
