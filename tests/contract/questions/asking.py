"""A question, and the host that it is asked of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from hnskit.errors import HnsError, HnskitError
from hnskit.facts.host_facts import gather_facts
from hnskit.params.desired import Desired
from hnskit.remote import hcn, hns
from hnskit.remote.session import Call, CallResult, invoke_calls

PROXY = {"Type": "PROXY", "IP": "169.254.169.254", "Port": "80", "OutboundNat": True}
ALLOW_REST = tuple(
    {"Type": "ACL", "Action": "Allow", "Direction": way, "Priority": 65500, "RuleType": "Switch"}
    for way in ("In", "Out")
)
"""As AKS has it after its Block ACLs (containerd fact 56): beside an ACL, Server 2025 denies what none allows."""
URL = "http://169.254.169.254/metadata/instance?api-version=2021-02-01"


class World:
    """A host, and what a question makes on it: all of that is removed after the question."""

    def __init__(self, session: Any, wanted: Desired, stack: ExitStack) -> None:
        self.session, self.wanted, self._stack = session, wanted, stack

    def ask(self, call: Call) -> CallResult:
        """One call."""
        return next(iter(invoke_calls(self.session, [call])))

    def text(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> str:
        """The whole answer of HNS, as it is written."""
        return str(self.ask(hns.request("q", method, path, body)).value()["Response"])

    def envelope(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer of HNS."""
        answer = self.text(method, path, body)
        return dict(json.loads(answer)) if answer else {"Response": ""}

    def hns(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The Output of HNS."""
        return hns.output(self.ask(hns.request("q", method, path, body)))

    def said(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> str:
        """`taken`, or the code of the refusal."""
        return told(lambda: self.hns(method, path, body))

    def said_by_v2(self, operation: str, id: str, settings: Mapping[str, Any]) -> str:
        """`taken`, or the code of HCN's refusal."""
        return told(lambda: hcn.output(self.ask(hcn.request("q", operation, id, settings))))

    def v2(self, on: Any, id: str) -> Any:
        """An object in the v2 form."""
        return hcn.output(self.ask(hcn.query("q", on, id)))

    def docker(self, *words: str) -> dict[str, Any]:
        """The answer of docker.exe."""
        call = Call("d", "Invoke-HnskitDocker", {"ArgumentList": list(words), "TimeoutSeconds": 120})
        return dict(self.ask(call).value())

    def rows(self, command: str) -> list[dict[str, Any]]:
        """The rows of one command."""
        return list(self.ask(Call("r", command)).values())

    @property
    def network(self) -> dict[str, Any]:
        """The bridge."""
        return dict(next(item for item in self.hns("GET", "/networks/") if item["Name"] == self.wanted.network.name))

    def by_name(self, name: str) -> dict[str, Any]:
        """An endpoint that hnskit made."""
        return dict(next(item for item in self.hns("GET", "/endpoints/") if item["Name"] == name))

    @property
    def client(self) -> dict[str, Any]:
        """The first client's endpoint."""
        return self.by_name(self.wanted.clients[0].endpoint.name)

    @property
    def proxy_address(self) -> str:
        """The proxy's address."""
        return str(self.by_name(self.wanted.proxy.endpoint.name)["IPAddress"])

    def make(self, **more: Any) -> dict[str, Any]:
        """An endpoint of the bridge; it goes with the question."""
        body = {"VirtualNetwork": self.network["ID"], "Policies": [], **more}
        made = dict(self.hns("POST", "/endpoints", body))
        self._stack.callback(self.drop, made["ID"])
        return self.get(made["ID"])

    def tries(self, **more: Any) -> str:
        """`taken`, or the code of the refusal of an endpoint."""
        return told(lambda: self.make(**more))

    def get(self, id: str) -> dict[str, Any]:
        """An endpoint as it is now."""
        return dict(self.hns("GET", f"/endpoints/{id}"))

    def set(self, id: str, *policies: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Send a list of policies; the list that the endpoint has then."""
        self.hns("POST", f"/endpoints/{id}", {"ID": id, "Policies": list(policies)})
        return list(self.get(id)["Policies"])

    def attach(self, id: str, compartment: int) -> Any:
        """Bind an endpoint to a compartment."""
        return self.envelope("POST", f"/endpoints/{id}/attach", {"SystemType": "Host", "CompartmentId": compartment})

    def drop(self, id: str) -> None:
        """Take an endpoint away."""
        with suppress(HnskitError):
            self.hns("POST", f"/endpoints/{id}/detach", {"SystemType": "Host"})
        with suppress(HnskitError):
            self.hns("DELETE", f"/endpoints/{id}")

    def container(self) -> str:
        """A running container without a network of Docker's; it goes with the question."""
        name, client = "hnskit-question", self.wanted.clients[0]
        self.docker("run", "--detach", "--name", name, "--network", "none", client.image, *client.command)
        self._stack.callback(self.docker, "rm", "--force", name)
        return name

    def compartment(self, name: str) -> int:
        """The compartment of a running container; 0 if it has none."""
        facts = gather_facts(self.session)
        there = facts.container_named(name)
        found = facts.compartment_of(there) if there else None
        return found.id if found else 0

    def redirect(self, *policies: Mapping[str, Any]) -> None:
        """Give the client these policies in place of its PROXY, for as long as the question lasts."""
        client = self.client
        kept = [item for item in client["Policies"] if item["Type"].upper() != "PROXY"]
        self._stack.callback(self.set, client["ID"], *client["Policies"])
        self.set(client["ID"], *kept, *policies)

    def with_client_policies(self, *policies: Mapping[str, Any]) -> bool:
        """Tell whether the client's request is answered through the proxy while it has these policies."""
        self.redirect(*policies)
        return self.answered()

    def answered(self, url: str = URL) -> bool:
        """Tell whether the client's request is answered through the proxy."""
        return "Via:" in self.curl(url)

    def curl(self, url: str = URL) -> str:
        """What the client's request gets."""
        name = self.wanted.clients[0].name
        words = ["curl.exe", "--silent", "--include", "--max-time", "3", "-H", "Metadata: true", url]
        return str(self.docker("exec", name, *words)["StdOut"])

    def proxy_log(self) -> list[str]:
        """The lines of the proxy's log."""
        ran = self.docker("logs", self.wanted.proxy.name)
        return str(ran["StdOut"] + ran["StdErr"]).splitlines()

    def after(self, work: Callable[..., Any], *given: Any) -> None:
        """Do this when the question is over."""
        self._stack.callback(work, *given)


def told(work: Callable[[], Any]) -> str:
    """`taken`, or the code of HNS's refusal."""
    try:
        work()
    except HnsError as error:
        return f"0x{error.code:08X}" if error.code else "refused without a code"
    except HnskitError as error:
        return type(error).__name__
    return "taken"


def members(value: Any) -> str:
    """The names of an object's members, in their order."""
    if isinstance(value, dict):
        return ", ".join(value)
    if isinstance(value, list):
        return f"a list of {members(value[0])}" if value and isinstance(value[0], dict) else "a list"
    return "nothing" if value in (None, "") else type(value).__name__


@dataclass(frozen=True, slots=True)
class Question:
    """Something that nobody has seen on a Windows host."""

    name: str
    source: str
    """The place where it is UNCONFIRMED: facts of docs/facts.md, docs/facts-containerd.md, or a page."""
    believed: str
    """The answer of the emulated host, which is what hnskit believes."""
    ask: Callable[[World], str]
    changes: bool
    """The host must be changed to ask."""
    words: str
    """The question."""
    settles: str = ""
    """The fact that is marked UNCONFIRMED, and that an answer settles or settles in part: `HNS 46`, `HNS N2` (of the
    list at the end of docs/facts.md), `containerd 53`; empty where it rests on few sources only."""


QUESTIONS: list[Question] = []


def question(
    source: str, believed: str, *, changes: bool = True, settles: str = ""
) -> Callable[[Callable[[World], str]], Callable[[World], str]]:
    """Put a question into the list."""

    def keep(ask: Callable[[World], str]) -> Callable[[World], str]:
        words = " ".join((ask.__doc__ or "").split())
        QUESTIONS.append(Question(ask.__name__, source, believed, ask, changes, words, settles))
        return ask

    return keep
