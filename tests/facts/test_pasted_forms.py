"""Each form that people paste is read as far as it goes, as what it is; from what is absent nothing is concluded."""

from __future__ import annotations

import functools
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnskit.diagnosis.doctor import diagnose
from hnskit.diagnosis.explaining import Explainer
from hnskit.errors import SnapshotError
from hnskit.facts.anything import load_facts, read_anything
from tests.facts.powershell_print import format_list

SAMPLES = Path(__file__).parents[1] / "samples"
DUMPS = sorted(path for path in (SAMPLES / "dumps").iterdir() if path.suffix in (".txt", ".json"))
NETWORK: dict[str, Any] = {
    "CurrentEndpointCount": 3, "Extensions": [
        {"Id": "E7C3B2F0-F3C5-48DF-AF2B-10FED6D72E7A", "IsEnabled": False, "Name": "Microsoft Windows 筛选平台"},
        {"Id": "E9B59CFA-2BE1-4B21-828F-B6FBDBDDC017", "IsEnabled": True, "Name": "Azure VFP Switch Extension"}],
    "ID": "544A3CAB-A2FF-45FE-8E35-08C709B6E69F", "ManagementIP": "10.138.0.5", "Name": "l2b", "Policies": [],
    "State": 1, "Subnets": [{"AddressPrefix": "10.0.1.0/24", "GatewayAddress": "10.0.1.1"}], "Type": "L2Bridge",
    "Version": 38654705667}  # fmt: skip


def endpoint(number: int, name: str, compartment: int, *policies: dict[str, Any]) -> dict[str, Any]:
    """As v1 prints one, with its members in v1's order."""
    return {
        "GatewayAddress": "10.0.1.2", "ID": f"{number:08d}-AEE8-4050-B1E1-CB12A86CE8BC",
        "IPAddress": f"10.0.1.{number}",
        "MacAddress": f"00-15-5D-0A-12-{number:02X}", "Name": name, "Policies": list(policies), "PrefixLength": 24,
        "Resources": {"AllocationOrder": 4, "Allocators": [{"CompartmendId": compartment, "Tag": "Endpoint Port"}],
                      "State": 1},
        "SharedContainers": [], "State": 2, "Type": "L2Bridge", "Version": 38654705667, "VirtualNetwork": NETWORK["ID"],
        "VirtualNetworkName": "l2b"}  # fmt: skip


PROXY = {"Type": "PROXY", "IP": "169.254.169.254", "Port": "80", "Destination": "10.0.1.10:80", "OutboundNat": True}
ENDPOINTS = [
    endpoint(2, "gw", 1, {"Type": "L2Driver"}),
    endpoint(10, "proxy", 5, {"Type": "OutBoundNAT"}, {"Type": "L2Driver"}),
    endpoint(20, "client", 4, {"Type": "OutBoundNAT"}, {"Type": "L2Driver"}, PROXY),
]
PLACES = [("169.254.169.254", 80), ("8.8.8.8", 53), ("10.0.1.10", 80), ("10.0.1.2", 80), ("10.0.1.15", 80)]


def transcript(width: int = 0, between_words: bool = True, command: str = "Get-HnsEndpoint") -> str:
    """Both lists on a console; as JSON where no width is given."""

    def printed(objects: list[dict[str, Any]]) -> str:
        return format_list(objects, width, between_words) if width else json.dumps(objects, indent=4) + "\n"

    asked = "" if width else " | ConvertTo-Json -Depth 20"
    return (f"PS C:\\> Get-HnsNetwork{asked}\n{printed([NETWORK])}"
            f"PS C:\\> {command}{asked}\n{printed(ENDPOINTS)}PS C:\\>\n")  # fmt: skip


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.name)
def test_every_public_dump_is_read(path: Path) -> None:
    """Something of it is known, and no finding calls a host sick that its dump does not show so."""
    reading = read_anything(path)
    assert reading.what
    assert not [item for item in diagnose(reading.facts) if item.severity == "error"]


@pytest.mark.parametrize("between_words", [True, False], ids=["words", "anywhere"])
@pytest.mark.parametrize("width", [80, 100, 120, 147, 200])
def test_format_list_of_any_width_and_script(width: int, between_words: bool) -> None:
    """Columns are counted, not characters; what PowerShell does not print is named."""
    facts = read_anything(transcript(width, between_words)).facts
    assert facts.networks[0].vfp_enabled is True
    assert [item.address for item in facts.endpoints] == ["10.0.1.2", "10.0.1.10", "10.0.1.20"]
    assert [policy.type for policy in facts.endpoints[2].policies] == ["OutBoundNAT", "L2Driver", "PROXY"]
    wanted = {name: value for name, value in PROXY.items() if name != "Type"}
    assert dict(facts.endpoints[2].policies[2].settings) == wanted
    assert not facts.endpoints[0].knows("compartment_id")
    assert facts.knows("endpoints")


@pytest.mark.parametrize(
    "command",
    [
        "Get-HnsEndpoint | ? Name -eq client", "Get-HnsEndpoint |? ipaddress -eq 10.0.1.20", "(Get-HnsEndpoint)[0]",
        "Get-HnsEndpoint | select -first 1", "Get-HnsEndpoint 20111111-AEE8-4050-B1E1-CB12A86CE8BC",
        "Get-HnsEndpoint -Id 1", "Get-HnsEndpoint | Where-Object State -eq 2", "Get-HnsEndpoint | findstr 10.0",
    ],
)  # fmt: skip
def test_a_command_that_chooses_prints_a_part(command: str) -> None:
    """What is not in it may be there all the same."""
    assert not read_anything(transcript(command=command)).facts.knows("endpoints")


@pytest.mark.parametrize("command", ["Get-HnsEndpoint", "Get-HnsEndpoint -Verbose", "Get-HnsEndpoint | sort Name"])
def test_a_command_that_lists_all_prints_all(command: str) -> None:
    """And an address that is not in it is held by nobody."""
    assert read_anything(transcript(command=command)).facts.knows("endpoints")


def test_what_is_not_hns_is_read_as_what_it_is() -> None:
    """Addresses and adapters of Windows share members with endpoints, and are none."""
    facts = read_anything(
        "PS C:\\> Get-NetIPAddress\n"
        + format_list([{"IPAddress": "10.0.0.4", "InterfaceIndex": 7, "InterfaceAlias": "Ethernet",
                        "AddressFamily": "IPv4", "PrefixLength": 24, "PrefixOrigin": "Dhcp"}])
        + "PS C:\\> Get-NetNeighbor | fl\n"
        + format_list([{"IPAddress": "10.0.0.1", "LinkLayerAddress": "12-34-56-78-9A-BC", "State": "Reachable"}])
        + "PS C:\\>\n"
    ).facts  # fmt: skip
    assert (facts.endpoints, facts.networks) == ((), ())
    assert facts.addresses[0].address == "10.0.0.4"
    assert any("Get-NetNeighbor" in str(problem) for problem in facts.problems)


@pytest.mark.parametrize("read", [read_anything, load_facts], ids=["read_anything", "load_facts"])
@pytest.mark.parametrize("nothing", ["", "  ", "snapshot:"])
def test_an_empty_input_is_refused_and_is_not_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Any, nothing: str
) -> None:
    (tmp_path / "endpoint.json").write_text(json.dumps(ENDPOINTS[0]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SnapshotError, match=r"it is empty|nothing of HNS"):
        read(nothing)


def certain(text: str) -> tuple[dict[Any, Any], set[Any]]:
    """What is said of a dump for certain: how connections end, and what is wrong."""
    try:
        facts = read_anything(text).facts
    except SnapshotError:
        return {}, set()
    explainer, ends = Explainer(facts), {}
    for address in {item.address for item in facts.endpoints if item.address}:
        for place, port in PLACES:
            try:
                explained = explainer.explain(address, place, port=port)
            except ValueError:
                continue
            if explained.verdict.kind != "unknown" and explained.confirmed:
                ends[address, place, port] = (explained.verdict.kind, explained.verdict.code)
    found = {(item.check, item.object.split(" (")[0]) for item in diagnose(facts)
             if item.severity in ("error", "warning") and item.confirmed and item.check != "not-readable"}  # fmt: skip
    return ends, found


certain_of_whole = functools.cache(certain)
"""Of the few dumps that are whole, which most examples begin with."""


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([(0, True), (120, True), (80, False)]), st.data())
def test_what_is_missing_never_makes_a_statement_certain_and_wrong(form: tuple[int, bool], data: st.DataObject) -> None:
    """Of a dump without a line, or cut anywhere, nothing is said for certain that the whole one does not say."""
    text = transcript(*form)
    lines = text.split("\n")
    if data.draw(st.booleans()):
        number = data.draw(st.integers(0, len(lines) - 1))
        damaged = "\n".join(lines[:number] + lines[number + 1 :])
    else:
        damaged = text[: data.draw(st.integers(0, len(text)))]
    (ends, found), (whole_ends, whole_found) = certain(damaged), certain_of_whole(text)
    assert {place: end for place, end in ends.items() if whole_ends.get(place) != end} == {}
    assert found <= whole_found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2), st.sampled_from([*ENDPOINTS[0], None]))
def test_a_member_or_an_object_that_is_missing_makes_nothing_certain(number: int, member: str | None) -> None:
    """The network counts its endpoints: of a list that is shorter nothing is concluded."""
    objects = [dict(item) for item in ENDPOINTS]
    if member is None:
        del objects[number]
    else:
        del objects[number][member]
    ends, found = certain(json.dumps({"Networks": [NETWORK], "Endpoints": objects}))
    whole_ends, whole_found = certain_of_whole(json.dumps({"Networks": [NETWORK], "Endpoints": ENDPOINTS}))
    assert {place: end for place, end in ends.items() if whole_ends.get(place) != end} == {}
    assert found <= whole_found


def zipped(**files: bytes) -> bytes:
    """A zip of files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return stream.getvalue()


def test_a_zip_is_read_in_memory_and_within_its_own_paths() -> None:
    """As a folder is; a path that leads out of it is left out, and named."""
    data = zipped(**{"logs__endpoint.txt": json.dumps(ENDPOINTS).encode("utf-16"), "..__..__evil.json": b"[]"})
    reading = read_anything(data, name="logs.zip")
    assert len(reading.facts.endpoints) == len(ENDPOINTS)
    assert any("leads out of the zip" in caveat for caveat in reading.caveats)


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01\x02\xff" * 99, b"hello", zipped(a=b"x")[:40]], ids=["empty", "binary", "prose", "cut zip"]
)
def test_bad_input_is_one_sentence(data: bytes) -> None:
    """Never a traceback, never an empty host."""
    with pytest.raises(SnapshotError, match="nothing of HNS"):
        read_anything(data)


def test_an_empty_paste_is_not_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "endpoints.json").write_text(json.dumps(ENDPOINTS))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SnapshotError):
        read_anything("")


def test_a_long_line_is_a_text_and_no_path() -> None:
    """No file's name is that long: the system would refuse to look for it."""
    with pytest.raises(SnapshotError, match="nothing of HNS"):
        read_anything("x" * 300)


def test_thousands_of_files_of_which_the_same_is_said_are_counted(tmp_path: Path) -> None:
    """Each reason once, with the first names."""
    (tmp_path / "endpoints.json").write_text(json.dumps(ENDPOINTS))
    for number in range(200):
        (tmp_path / f"a{number:03d}.bin").write_bytes(b"\x00\x01\x02\xff" * 99)
    caveats = read_anything(tmp_path).caveats
    (said,) = [caveat for caveat in caveats if "a000.bin" in caveat]
    assert "and 195 more" in said
    assert len(caveats) < 10


@pytest.mark.parametrize(
    ("number", "plural", "said"),
    [
        (1, "endpoints (JSON)", "1 endpoint (JSON)"), (2, "endpoints (JSON)", "2 endpoints (JSON)"),
        (0, "endpoints (JSON)", "0 endpoints (JSON)"), (1, "policy lists (log)", "1 policy list (log)"),
        (1, "addresses (table)", "1 address (table)"), (1, "refusals of HNS", "1 refusal of HNS"),
        (1, "policies", "1 policy"), (1, "version of HNS (JSON)", "1 version of HNS (JSON)"),
        (1, "errors of docker (its client)", "1 error of docker (its client)"),
    ],
)  # fmt: skip
def test_one_of_a_kind_is_counted_in_singular(number: int, plural: str, said: str) -> None:
    """In every kind that is counted."""
    from hnskit.model.wording import counted

    assert counted(number, plural) == said


def test_a_zip_that_unpacks_to_gigabytes_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that says that it is too large costs nothing, however many of them there are."""
    monkeypatch.setattr("hnskit.facts.dumps.byte_sources.MAX_BYTES", 1 << 20)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            with archive.open(f"{number}.txt", "w") as member:
                member.write(bytes(3 << 20))
        archive.writestr("endpoint.json", json.dumps(ENDPOINTS))
    opened: list[str] = []
    unpack = zipfile.ZipFile.open

    def noted(self: zipfile.ZipFile, name: zipfile.ZipInfo, *more: Any, **others: Any) -> Any:
        opened.append(name.filename)
        return unpack(self, name, *more, **others)

    monkeypatch.setattr(zipfile.ZipFile, "open", noted)
    reading = read_anything(stream.getvalue(), "bomb.zip")
    assert opened == ["endpoint.json"]
    assert len(reading.facts.endpoints) == len(ENDPOINTS)
    assert any("unpacks to more than" in caveat for caveat in reading.caveats)
