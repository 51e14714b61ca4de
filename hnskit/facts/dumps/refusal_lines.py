"""Refusals of HNS in a log or a console: codes and texts, escaped or not, in any language of Windows."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FAILED = re.compile(
    r"\b(?P<call>(?:hns|hcn|hcs|hnsCall|HcnCall)\w*)[: ]+(?:call )?failed in Win32:\s*(?P<said>[^\n]*?)\s*"
    r"\((?P<code>0x[0-9a-fA-F]+)\)",
    re.IGNORECASE,
)
_HRESULT = re.compile(r"\b(?P<call>H[cn][ns]\w+)\s+--\s+HRESULT:\s*(?P<code>-?\d+|0x[0-9a-fA-F]+)")
_EVENT = re.compile(r"\b(?P<call>HNS-\w[\w-]*).{0,200}?Result code = '(?P<code>0x[0-9a-fA-F]+)'")
_JSON = re.compile(
    r"\\*\"Success\\*\"\s*:\s*false\b(?P<rest>[^}\n]*)|\{[^{}\n]*\\*\"Error(?:Code)?\\*\"\s*:[^{}\n]*\\*\"Success\\*\"\s*:\s*false",
    re.IGNORECASE,
)
_JSON_ERROR = re.compile(r"\\*\"Error\\*\"\s*:\s*\\*\"(?P<said>.*?)\\*\"\s*(?:,|\}|$)")
_JSON_CODE = re.compile(r"\\*\"ErrorCode\\*\"\s*:\s*\\*\"?(?P<code>-?\d+|0x[0-9a-fA-F]+)")
_PRINTED = re.compile(r"@\{(?P<members>[^{}\n]*\bSuccess=False\b[^{}\n]*)\}")
_PRINTED_ERROR = re.compile(r"(?:^|; )Error=(?P<said>[^;]*)")
_PRINTED_CODE = re.compile(r"(?:^|; )ErrorCode=(?P<code>-?\d+)")
_OF_HNS = re.compile(r"hns|hcn|endpoint|network|polic|namespace|load ?balancer|vmcompute", re.IGNORECASE)
"""Words of which one is near a refusal of HNS; without any, and without a code, it may be of any service."""
_CMDLET = re.compile(
    r"(?P<call>\b[A-Za-z]+-H(?:ns|cn)\w*|\bhnsdiag(?:\.exe)?)\s*:\s*(?P<said>[^\n(]{0,300}?)\s*\(?"
    r"(?:[^\n()]{0,60}?)(?P<code>0x[0-9a-fA-F]{8})\b"
)
"""PowerShell's own error: `Get-HnsNetwork : The RPC server is unavailable. (Exception from HRESULT: 0x800706BA)`."""
_SAID = re.compile(r"\bHNS failed with error\s*:\s*(?P<said>[^\n\"{}]{3,200}?)\s*(?=[.\"\\]*(?:$|[\"\\\n]|\. ))")
"""Words of hcsshim until 2018, of hosts that gave no code (HNS fact 13)."""
_MARKS = ("HNS failed with error", "failed in Win32", "HRESULT", "Success", "Result code", "0x8")
_WIN32 = 0x80070000
_LONGEST = 20  # characters of a code


def may_refuse(line: str) -> bool:
    """Tell whether a line is worth a closer look."""
    return any(mark in line for mark in _MARKS)


def refusals_in(line: str) -> Iterator[tuple[int, str, str]]:
    """Code, text and call of each refusal of a line; the same one said twice in it comes once."""
    seen: set[int] = set()
    for code, said, call in _all_in(line):
        same = code & 0xFFFF if code & 0xFFFF0000 in (0, _WIN32) else code
        if same not in seen:
            seen.add(same)
            yield code, said, call


def _all_in(line: str) -> Iterator[tuple[int, str, str]]:
    patterns = (_FAILED, _HRESULT, _EVENT, _CMDLET)
    for found in (one for pattern in patterns for one in pattern.finditer(line)):
        said = found.groupdict().get("said") or ""
        if not said and (text := _JSON_ERROR.search(line, found.end())):
            said = text["said"]
        yield number(found["code"]), said.strip(), found["call"]
    for found in _JSON.finditer(line):
        text, code = _JSON_ERROR.search(line, found.start()), _JSON_CODE.search(line, found.start())
        if code or (text and _OF_HNS.search(line)):
            yield number(code["code"]) if code else 0, text["said"].strip() if text else "", ""
    if "failed in Win32" not in line:
        for found in _SAID.finditer(line):
            yield 0, found["said"].strip(" .\\"), ""
    for found in _PRINTED.finditer(line):
        text, code = _PRINTED_ERROR.search(found["members"]), _PRINTED_CODE.search(found["members"])
        if text or code:
            yield number(code["code"]) if code else 0, text["said"].strip() if text else "", ""


def number(text: str) -> int:
    """A code as an unsigned number; 0 of digits that are not a code."""
    if len(text) > _LONGEST:
        return 0
    return int(text, 16 if "x" in text.lower() else 10) & 0xFFFFFFFF
