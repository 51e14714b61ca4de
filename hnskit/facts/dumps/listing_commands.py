"""The command before an output: what it lists, and whether it lists all of it.

A command that chooses (`-Id`, `? Name -eq x`, `select -first 1`, `[0]`, `| findstr`) prints a part. Whatever stage of a
pipeline is not known to let everything through counts as one that chooses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hnskit.facts.dumps.object_kinds import Kind

_PROMPT = re.compile(
    r"^\s*(?:\[[^\]]{1,80}\]:\s*)?(?:\([^)]{1,40}\)\s*)?"
    r"(?:PS(?:\s+[^>\n]{0,200})?>|[A-Za-z]:\\[^>\n]{0,200}>|[\w.-]+@[\w.-]+[^$#\n]{0,80}[$#])\s*(?P<said>.*)$"
)
_COMMAND = re.compile(
    r"\b(?:Get|New|Invoke|Remove)-(?:Hns|Hcn|Net|VMSwitch|VMNetwork)\w*|\bhnsdiag\b|\bvfpctrl\b|\bipconfig\b|\broute(?:\.exe)?"
    r"\s+(?:-\S+\s+)*print\b|\bdocker\s+(?:container\s+|network\s+|image\s+)?(?:inspect|ls|ps|images)\b",
    re.IGNORECASE,
)
_CMDLET = re.compile(r"\b(?:Get|Invoke)-(?P<noun>Hns\w+|Hcn\w+|Net\w+|VMSwitch\w*|Service)\b", re.IGNORECASE)
_HNS_CMDLET = re.compile(r"[A-Za-z]+-H(?:ns|cn)\w*$")
_HNSDIAG = re.compile(r"\bhnsdiag(?:\.exe)?\s+list\s+(?P<noun>\w+)(?P<rest>.*)$", re.IGNORECASE)
_DOCKER = re.compile(r"\bdocker(?:\.exe)?\s+(?P<rest>.*)$", re.IGNORECASE)
_REQUEST = re.compile(r"(?:=>\[|^|\bPath\[)(?P<path>/\w+/?)(?P<id>[^\]\s]*)\]?", re.IGNORECASE)
_INVOKED = re.compile(r"-Type\s+[\"']?(?P<noun>\w+)", re.IGNORECASE)

_NOUNS: dict[str, Kind] = {
    "hnsnetwork": "networks", "hnsnetworks": "networks", "networks": "networks", "network": "networks",
    "hcnnetwork": "networks", "hnsendpoint": "endpoints", "hnsendpoints": "endpoints", "endpoints": "endpoints",
    "endpoint": "endpoints", "hcnendpoint": "endpoints", "hnspolicylist": "policy_lists",
    "hnspolicylists": "policy_lists", "policylists": "policy_lists", "loadbalancers": "policy_lists",
    "hnsloadbalancer": "policy_lists", "hcnloadbalancer": "policy_lists", "hnsnamespace": "namespaces",
    "hcnnamespace": "namespaces", "namespaces": "namespaces", "namespace": "namespaces",
    "netipaddress": "addresses", "netadapter": "adapters", "adapters": "adapters", "netroute": "routes",
    "netipinterface": "interfaces", "netcompartment": "compartments",
}  # fmt: skip
_PASSING = re.compile(
    r"^(?:ConvertTo-(?:Json|Csv)|Export-Csv|Format-(?:List|Table|Custom|Wide)|f[ltwc]|Out-(?:String|File|Host|Default)|Tee-Object|tee"
    r"|Set-Content|Add-Content|clip|Sort-Object|sort|more)\b",
    re.IGNORECASE,
)
_SELECT = re.compile(r"^(?:Select-Object|select)\b", re.IGNORECASE)
_CHOOSING_SELECT = re.compile(r"-(?:f|first|la|last|sk|skip\w*|i|index|u|unique|expand\w*|excl\w*)\b", re.IGNORECASE)
_EACH_AS_IT_IS = re.compile(r"^(?:ForEach-Object|foreach|%)\s*\{\s*\$_\s*\|\s*ConvertTo-Json[^|}]*\}", re.IGNORECASE)
_HARMLESS = re.compile(
    r"-(?:Verbose|Detailed|Version|Depth|Compress|ErrorAction|EA|Method|Type)\b(?:[\s:]+[\w\"']+)?"
    r"|[12]?>{1,2}\s*\S+|2>&1|-df?\b|-AutoSize\b|\*",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"^\s*\$|>|\b(?:Out-File|Set-Content|Add-Content|clip|Export-\w+|Tee-Object|tee)\b", re.IGNORECASE
)
"""The output goes into a variable or a file."""
_REST_OF_QUOTE = re.compile(r"^[\s\"')};]*$")


@dataclass(frozen=True, slots=True)
class ListingCommand:
    """A command, or a request of a log, before an output."""

    words: str
    kind: Kind | None = None
    """Kind of objects that it prints; None where that is not known."""
    lists_all: bool = False
    """True if all there are of the kind."""
    chooses: bool = False
    """True if it may leave out some of what it is given, whatever that is."""


def command_of(line: str) -> ListingCommand | None:
    """The command of a line: one after a prompt, or a line that names a command of this field; None of any other."""
    prompt = _PROMPT.match(line) if ">" in line or "$" in line or "#" in line else None
    if prompt is None and not _COMMAND.search(line):
        return None
    said = (prompt["said"] if prompt else line).strip()
    return parse_command(said)


def is_cmdlet(word: str) -> bool:
    """Tell whether a word is a cmdlet of HNS: before a colon it begins PowerShell's error, and no member."""
    return bool(_HNS_CMDLET.match(word))


def is_prompt(line: str) -> bool:
    """Tell whether a line begins as a console's prompt does: what was printed before it has ended."""
    return bool(_PROMPT.match(line))


def prints_nothing(command: ListingCommand, following: list[str]) -> bool:
    """Tell whether a prompt follows a command at once that lists all of a kind on the console."""
    if command.kind is None or not command.lists_all or _ELSEWHERE.search(command.words):
        return False
    return bool(following) and is_prompt(following[0])


def parse_command(said: str) -> ListingCommand:
    """Kind of objects that a command prints, and whether it prints all of them."""
    if hnsdiag := _HNSDIAG.search(said):
        whole = _passes(hnsdiag["rest"])
        return ListingCommand(said, _NOUNS.get(hnsdiag["noun"].lower()), whole, chooses=not whole)
    if docker := _DOCKER.search(said):
        return ListingCommand(said, _docker_kind(docker["rest"].lower()))
    statement = next((part for part in reversed(said.split(";")) if _CMDLET.search(part)), said)
    found = _CMDLET.search(statement)
    if found is None:
        return ListingCommand(said, chooses=not _passes(said[said.find("|") :] if "|" in said else ""))
    noun, rest = found["noun"].lower(), statement[found.end() :]
    if noun == "hnsrequest":
        asked = _INVOKED.search(rest)
        noun = asked["noun"].lower() if asked else ""
    whole = _passes(rest) and not _is_indexed(statement, found.start(), rest)
    return ListingCommand(said, _NOUNS.get(noun), whole, chooses=not whole)


def request_of(method: str, path: str) -> ListingCommand:
    """Return the kind of an HNSCall's answer: `/networks/` lists all, `/networks/<id>` one."""
    kind, _, identity = path.strip("/").partition("/")
    return ListingCommand(path, _NOUNS.get(kind.lower()), method.upper() == "GET" and not identity.strip())


def _docker_kind(rest: str) -> Kind | None:
    if "network" in rest.split():
        return "docker_networks"
    return "containers" if rest.startswith(("inspect", "ps", "container")) else None


def _passes(rest: str) -> bool:
    """Tell whether what follows a listing cmdlet lets every object through."""
    stages = [part.strip() for part in re.split(r"\|", rest)]
    if not _REST_OF_QUOTE.match(_HARMLESS.sub("", stages[0])):
        return False
    return all(_lets_all(stage) for stage in stages[1:])


def _lets_all(stage: str) -> bool:
    if _SELECT.match(stage):
        return not _CHOOSING_SELECT.search(stage)
    return bool(_PASSING.match(stage) or _EACH_AS_IT_IS.match(stage)) and not re.search(r"-GroupBy|\[\d", stage)


def _is_indexed(statement: str, start: int, rest: str) -> bool:
    """`(Get-HnsEndpoint)[0]`, `(Get-HnsEndpoint).Policies`: what is in brackets is not what is printed."""
    return statement[:start].rstrip().endswith("(") and bool(re.match(r"[^)]*\)\s*[\[.]", rest))
