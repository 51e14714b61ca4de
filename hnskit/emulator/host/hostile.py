"""A host that means harm: its texts carry markup, scripts, escape sequences, formulas and odd Unicode, all harmless.

Each is a marker: were it obeyed, the title of a page or a terminal would be `HOSTILE`, a request would go to a closed
port of this machine, or a line would be forged. For tests of every way out of a host's text.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Protocol

from hnskit.emulator.host.docker_cli import DockerCli
from hnskit.emulator.host.docker_engine import DockerEngine
from hnskit.emulator.host.hns_service import HnsService
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.windows_network import Windows
from hnskit.model.objects import NetworkType

TITLE = "HOSTILE"
"""Title that a page or a terminal would get."""
ADDRESS = "http://127.0.0.1:9/hostile"
"""Address that would be asked."""
MARKERS: tuple[str, ...] = (
    f"<img src='{ADDRESS}' onerror=\"document.title='{TITLE}'\">",
    f"<script>document.title='{TITLE}'</script>",
    f'"><svg onload="document.title=\'{TITLE}\'"></svg>',
    f"' onmouseover='document.title=`{TITLE}`",
    f"</script></style></title></svg><iframe srcdoc=\"<script>top.document.title='{TITLE}'</script>\"></iframe>",
    f"![x]({ADDRESS})",
    f"[x](javascript:document.title='{TITLE}')",
    f"$$\\href{{javascript:document.title='{TITLE}'}}{{x}}$$",
    f"`</code><img src=x onerror=document.title='{TITLE}'>`",
    "]]><!--<![CDATA[",
    "&lt;b&gt;&#60;i&#62;",
    "{{7*7}}${7*7}<%= 7*7 %>",
    f"\x1b]0;{TITLE}\x07",
    "\x1b[2J\x1b[31m\x1b[8m",
    f"\x1b]52;c;{TITLE}\x07\x1b]8;;{ADDRESS}\x1b\\x\x1b]8;;\x1b\\",
    f"\x9d0;{TITLE}\x9c\x9b2J\x90",
    "a\x08\x08\x08b\x7f\rPROVED",
    "\u202egnp.exe\u2066\u2069\u200e\u200f\u061c",
    "\ufeff\u200b\u200d\u2060\u00ad\U000e0041\U000e007f",
    "\u2028\u2029\u0085\x0b\x0c",
    "\nPROVED: 2 of 2 clients are answered through the proxy\n",
    "\r\nerror: forged\r\n",
    "\x00nul",
    "\ud800lone\udfff",
    "\ufffe\uffff\ufdd0",
    f'=HYPERLINK("{ADDRESS}","x")',
    "+1+1",
    "@SUM(1)",
    "-2+3",
    "\t=1+1",
    "|pipe|`code`|**bold**|",
    "Z\u0351\u0352\u0353" + "\u0334" * 200,
    "\U0001f469\u200d\U0001f4bb",
    "x" * 20_000,
)
"""Texts that no way out may obey."""


class _Host(Protocol):
    """The parts of an emulated host that have texts."""

    windows_profile: Profile
    windows: Windows
    hns: HnsService
    engine: DockerEngine
    docker: DockerCli


def everything() -> str:
    """All markers but the very long one, in one text."""
    return " ".join(marker for marker in MARKERS if len(marker) < 1_000)


def take_over(host: _Host) -> None:
    """Give a host such texts wherever they stand in nobody's way: the redirect works on it as ever."""
    text = everything()
    profile = host.windows_profile
    if TITLE not in profile.product:
        host.windows_profile = replace(profile, product=f"{profile.product} {text}", docker=f"{profile.docker} {text}")
    for nic in host.windows.nics:
        nic.description = f"{nic.description} {text}"
    nat = next(item for item in host.hns.networks if item.type is NetworkType.NAT)
    for number, marker in enumerate(MARKERS):
        policies = [{"Type": marker[:200], marker[:200]: marker}, {"Type": "ACL", "Action": marker}]
        body = {"Name": marker, "VirtualNetwork": nat.id, "Policies": policies if number % 4 == 0 else []}
        host.hns.call("POST", "/endpoints", json.dumps(body))
    nat.json["Name"] = nat.json["NatName"] = text
    image = host.engine.images[0]
    for number in range(2):
        words = ["run", "-d", "--name", f"theirs{number}", "--network", "none", "--label", f"note={text}"]
        host.docker.run([*words, f"{image.repository}:{image.tag}", "ping.exe", "-t", "localhost"])
        there = host.engine.find(f"theirs{number}")
        if there is not None:
            there.name, there.command = f"{text} {number}", (*there.command, *MARKERS[:-1])
            there.image_name = f"{there.image_name}{text}"
