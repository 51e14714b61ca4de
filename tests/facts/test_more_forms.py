"""Forms that people paste beside the plain ones: other languages, encodings, tools, and what editors do to them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest

from hnskit.diagnosis.doctor import diagnose, findings_text
from hnskit.errors import SnapshotError
from hnskit.facts.anything import read_anything
from hnskit.foreign_text.terminal import shown
from hnskit.views import frames, topology
from hnskit.views.table import View, csv_text
from tests.facts.powershell_print import format_list

ENDPOINT: dict[str, Any] = {
    "ID": "3D1F2E44-1111-4AE6-9E6B-0F5B1C3B7C11", "Name": "a_azure",
    "HostComputeNetwork": "9C1A0B27-1111-4AE6-9E6B-0F5B1C3B7C11", "Policies": [
        {"Type": "OutBoundNAT", "Settings": {"Exceptions": ["10.0.0.0/8"]}},
        {"Type": "SDNRoute", "Settings": {"DestinationPrefix": "10.96.0.0/12", "NeedEncap": True}}],
    "IpConfigurations": [{"IpAddress": "10.240.0.9", "PrefixLength": 16}],
    "Routes": [{"NextHop": "10.240.0.1", "DestinationPrefix": "0.0.0.0/0"}],
    "SchemaVersion": {"Major": 2, "Minor": 5}}  # fmt: skip
TEXT = json.dumps([ENDPOINT], indent=1)
IPCONFIG = {
    "de": ("Windows-IP-Konfiguration", "Ethernet-Adapter Ethernet:", "Verbindungsspezifisches DNS-Suffix: ",
           "Physische Adresse . . . . . . . . : ", "IPv4-Adresse  . . . . . . . . . . : 10.0.0.4(Bevorzugt) ",
           "Subnetzmaske  . . . . . . . . . . : "),
    "ja": ("Windows IP 構成", "イーサネット アダプター イーサネット:", "接続固有の DNS サフィックス . . . . .: ",
           "物理アドレス. . . . . . . . . . . . .: ", "IPv4 アドレス . . . . . . . . . . . .: 10.0.0.4(優先) ",
           "サブネット マスク . . . . . . . . . .: "),
    "zh": ("Windows IP 配置", "以太网适配器 以太网:", "连接特定的 DNS 后缀 . . . . . . . :",
           "物理地址. . . . . . . . . . . . . : ", "IPv4 地址 . . . . . . . . . . . . : 10.0.0.4(首选)",
           "子网掩码  . . . . . . . . . . . . : "),
    "fr": ("Configuration IP de Windows", "Carte Ethernet Ethernet :", "Suffixe DNS propre à la connexion. . . : ",
           "Adresse physique . . . . . . . . . . . : ", "Adresse IPv4. . . . . . . . . . . . . .: 10.0.0.4(préféré) ",
           "Masque de sous-réseau. . . . . . . . . : "),
    "es": ("Configuración IP de Windows", "Adaptador de Ethernet Ethernet:",
           "Sufijo DNS específico para la conexión. . : ", "Dirección física. . . . . . . . . . . . . : ",
           "Dirección IPv4. . . . . . . . . . . . . . : 10.0.0.4(Preferido) ",
           "Máscara de subred . . . . . . . . . . . . : "),
}  # fmt: skip
"""Language -> title, adapter, suffix, MAC, address, mask: as ipconfig prints them."""
VFP = """
ITEM LIST
===========================================================================

 RULE :
        Friendly name : SNAT_RULE
        Priority : 100

Command list-rule succeeded!
"""
DESCRIBE = """Events:
  Type     Reason                  Age                From     Message
  ----     ------                  ----               ----     -------
  Warning  FailedCreatePodSandBox  2m (x12 over 5m)   kubelet  Failed: hcnCreateEndpoint failed in Win32: The object \
already exists. (0x1392) {"Success":false,"Error":"The object already exists. ","ErrorCode":2147947410}
"""
EVIL = "<img src=x onerror=alert(1)>\x1b]0;owned\x07\x1b[31m\u202e=HYPERLINK(1)"
AS_JSON = json.dumps([{**ENDPOINT, "Name": EVIL}])
ROW = {"ID": "3D1F", "Name": f"={EVIL}", "IPAddress": "10.0.0.9", "VirtualNetwork": "9C"}
HOSTILE = {
    "JSON": AS_JSON,
    "a log": f'time="x" level=debug msg="Endpoint Response : {json.dumps(AS_JSON)[1:-1]}"\n',
    "Format-List": format_list([ROW], 200),
    "docker inspect": json.dumps([{"Id": "ab" * 32, "Name": EVIL, "Config": {"Image": EVIL, "Labels": {EVIL: EVIL}},
                                   "HostConfig": {"NetworkMode": EVIL}, "State": {"Status": EVIL}}]),
    "docker ps": "CONTAINER ID   IMAGE    COMMAND   CREATED   STATUS   PORTS   NAMES\n"
                 f"3f1c2d5e7a9b   =1+1     x         1h ago    Up 1h            {EVIL}\n",
    "a refusal": f'{{"Success":false,"Error":{json.dumps(EVIL)},"ErrorCode":87}}',
    "docker's error": f"error during connect: {EVIL}\n",
    "a table": f"Name   IPAddress  VirtualNetwork\n----   ---------  --------------\n=1+1   10.0.0.9   {EVIL}\n",
}  # fmt: skip


def ipconfig(language: str) -> str:
    """One adapter with an address."""
    title, adapter, suffix, mac, address, mask = IPCONFIG[language]
    members = (suffix, f"{mac}00-0D-3A-00-00-05", address, f"{mask}255.255.255.0")
    listed = "".join(f"   {one}\n" for one in members)
    return f"C:\\> ipconfig /all\n\n{title}\n\n{adapter}\n\n{listed}\nC:\\>\n"


@pytest.mark.parametrize(("language", "encoding"), [
    ("de", "cp850"), ("de", "cp1252"), ("ja", "cp932"), ("zh", "gbk"), ("fr", "utf-16"), ("es", "utf-8-sig"),
    *((language, "utf-8") for language in IPCONFIG)])  # fmt: skip
def test_ipconfig_is_read_in_every_language_and_code_page(language: str, encoding: str) -> None:
    """By its form: its words are not known."""
    facts = read_anything(ipconfig(language).encode(encoding, "replace")).facts
    assert [(item.address, item.prefix_length) for item in facts.addresses] == [("10.0.0.4", 24)]


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace('"', "&quot;"), TEXT.replace('"', "\u201d"), TEXT.replace(" ", "\xa0"),
        "\ufeffPS C:\\> Get-HnsEndpoint | ConvertTo-Json\r\n\ufeff" + TEXT.replace("\n", "\r\n") + "\r\n\ufeffPS C:\\>",
        f"Hi,\n\n```json\n{TEXT}\n```\nthanks\n", "\n".join(f"> {line}" for line in TEXT.split("\n")),
    ],
    ids=["HTML", "typographic quotes", "no-break blanks", "marks in the middle", "Markdown", "quoted mail"],
)  # fmt: skip
def test_what_mail_pages_and_editors_do_to_json_is_undone(text: str) -> None:
    """It is the same endpoint."""
    (found,) = read_anything(f"{text}\n").facts.endpoints
    assert (found.address, found.gateway, len(found.policies)) == ("10.240.0.9", "10.240.0.1", 2)


@pytest.mark.parametrize("order", ["UTF-8 first", "UTF-16 first"])
def test_a_file_of_two_encodings_is_read_and_says_so(order: str) -> None:
    """`>>` of Windows PowerShell writes UTF-16 behind whatever is there."""
    head, tail = "PS C:\\> echo hello\r\n" * 400, f"\r\n{TEXT}\r\n"
    data = head.encode() + tail.encode("utf-16-le")
    if order == "UTF-16 first":
        data = f"\ufeff{head}".encode("utf-16-le") + tail.encode()
    reading = read_anything(data, "log.txt")
    assert [item.name for item in reading.facts.endpoints] == ["a_azure"]
    assert any("in UTF-8 and in UTF-16" in caveat for caveat in reading.caveats)


def test_chinese_text_in_utf_16_is_not_taken_for_bytes() -> None:
    """Its letters have no two bytes of ASCII each, however many there are."""
    name = "中文网络适配器以太网名称测试" * 10
    text = json.dumps([{**ENDPOINT, "Name": name}], ensure_ascii=False)
    assert read_anything(text.encode("utf-16")).facts.endpoints[0].name == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ITEM LIST\n===========\n\n  LAYER : ACL\n    Priority : 100\n", "list of vfpctrl without rules"),
        ("PS C:\\> docker network ls\nNETWORK ID     NAME   DRIVER   SCOPE\n0c1a0b271111   nat    nat      local\n",
         "docker network ls"),
    ],
)  # fmt: skip
def test_what_says_nothing_of_a_host_is_named_in_the_refusal(text: str, said: str) -> None:
    """So that nobody thinks that it was not recognised."""
    with pytest.raises(SnapshotError, match=said):
        read_anything(f"{text}\n")


def test_a_refusal_in_a_table_of_kubectl_is_seen() -> None:
    """The rule below its head made the whole table somebody else's."""
    assert [item.code for item in read_anything(DESCRIBE).facts.refusals] == [0x1392]


def test_load_balancers_of_v2_are_policy_lists() -> None:
    """With the endpoints that they lead to."""
    (found,) = read_anything(json.dumps([{
        "ID": "0C1A", "HostComputeEndpoints": [ENDPOINT["ID"]], "FrontendVIPs": ["10.96.0.10"],
        "PortMappings": [{"Protocol": 17, "InternalPort": 53, "ExternalPort": 53}],
        "SchemaVersion": {"Major": 2, "Minor": 0}}]).encode()).facts.policy_lists  # fmt: skip
    assert found.references[0].rpartition("/")[2] == ENDPOINT["ID"]


def test_sdn_routes_of_v2_are_a_table_of_their_own() -> None:
    """Prefix and next hop, and the endpoints that they are for by name."""
    route = {"ID": "1C", "NextHop": "1.1.1.1", "DestinationPrefix": "10.1.0.0/16", "AutomaticSetup": True,
             "NeedEncap": True, "HostComputeEndpoints": [ENDPOINT["ID"], "E-GONE"]}  # fmt: skip
    facts = read_anything(json.dumps([ENDPOINT, route]).encode()).facts
    assert not facts.routes
    assert next(frames.TABLES["sdn_routes"](facts).itertuples(index=False)) == (
        "10.1.0.0/16", "1.1.1.1", True, f"{ENDPOINT['Name']}, E-GONE", "1C"
    )  # fmt: skip


def test_the_files_of_collectlogs_are_whole_lists() -> None:
    """As UTF-16 Format-List in a zip; one that is cut at its end is none."""
    rows = [{"GatewayAddress": "10.0.1.2", "ID": f"2000000{n}-AEE8-4050-B1E1-CB12A86CE8BC", "IPAddress": f"10.0.1.{n}",
             "Name": f"e{n}", "State": 2, "VirtualNetwork": "9C1A0B27-1111-4AE6-9E6B-0F5B1C3B7C11"}
            for n in (2, 3)]  # fmt: skip
    printed = format_list(rows, 120)
    for text, whole in ((f"{printed}\n\n", True), (printed.rstrip()[:-30], False)):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("x1/endpoint.txt", text.replace("\n", "\r\n").encode("utf-16"))
            archive.writestr("x1/vfpOutput.txt", VFP.encode("utf-16"))
            archive.writestr("x1/server.etl", b"\0\1" * 5000)
        facts = read_anything(stream.getvalue(), "logs.zip").facts
        assert facts.knows("endpoints") == whole
        assert facts.endpoints[0].address == "10.0.1.2"


@pytest.mark.parametrize("form", HOSTILE)
def test_a_hostile_name_is_text_in_every_form_and_on_every_way_out(form: str) -> None:
    """HTML, a terminal, CSV and the picture."""
    facts = read_anything(HOSTILE[form].encode(), "paste").facts
    drawn = topology.draw(facts)
    made = {name: make(facts) for name, make in frames.TABLES.items()}
    pages = [drawn.svg(), *(View(frame, name).to_html() for name, frame in made.items())]
    assert not [page for page in pages if "<img src=x" in page]
    for text in (shown(findings_text(diagnose(facts), "x")), shown(drawn.text)):
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
    for frame in made.values():
        for row in csv.reader(io.StringIO(csv_text(frame))):
            assert not [cell for cell in row if cell.startswith(("=", "+", "@", "\t"))]


@pytest.mark.parametrize(("digits", "code"), [("0677820405", 677820405), ("9" * 5_000, 0), ("-2143617005", 0x803B0013)])
def test_a_code_of_any_digits_is_a_refusal(digits: str, code: int) -> None:
    """Leading zeros and thousands of digits are of a damaged paste."""
    text = f'{{"Success":false,"Error":"The parameter is incorrect. ","ErrorCode":{digits},\n'
    assert code in [item.code for item in read_anything(text).facts.refusals]


GO_ANSWER = """\
2025-02-07T17:24:54Z [INFO] Creating HNS endpoint: &{
  Id:
  Name:bridge-ep
  VirtualNetwork:
  IPAddress:10.9.0.2
  Namespace:<nil>}
2025-02-07T17:24:54Z [INFO] Received HNS endpoint response: &{
  Id:ec633774-bc35-4992-94f4-a9782cf7e73c
  Name:bridge-ep
  VirtualNetwork:095bd356-5b1a-4bd8-9f10-6f6a1f0f7a11
  IPAddress:10.9.0.2
  GatewayAddress:10.9.0.1
  PrefixLength:22
  Namespace:<nil>}
done
"""


def test_a_struct_of_go_with_a_member_a_line_is_read_and_the_request_before_it_is_not() -> None:
    facts = read_anything(GO_ANSWER.encode(), "log.txt").facts
    assert [(item.name, item.address, item.gateway, item.prefix_length) for item in facts.endpoints] == [
        ("bridge-ep", "10.9.0.2", "10.9.0.1", 22)
    ]
