"""Proof of the redirect: a request made inside each client, and what shows that the proxy handled it.

A second request, to another port of the same address, must be left alone.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hnskit.applying.askers import Asker, ProxyLog, askers, finished, log_call, proxy_log, went_meanwhile
from hnskit.applying.outcomes import Event, OnEvent
from hnskit.errors import HnskitError, VerificationError
from hnskit.facts.host_facts import Facts, gather_facts
from hnskit.foreign_text.escaping import join_lines, shortened
from hnskit.model.wording import MANY
from hnskit.params.desired import Desired, DesiredRedirect
from hnskit.remote.session import Call, CallResult, Session, invoke_calls

_SHOWN = 200  # characters of an answer that a check repeats
_CURL = {
    6: "it could not resolve the name",
    7: "it could not connect",
    28: "nothing answered in time",
    52: "the answer was empty",
    56: "the connection was cut",
}
"""curl's exit status in words (curl's man page, EXIT CODES)."""
_UNANSWERED = (7, 28, 52, 55, 56)
"""curl was run, and nothing answered it: of any other status it is not known whether a request was made."""


PROOF_NEXT_STEP = (
    "`hnskit drift` shows what is not as it should be; `hnskit doctor` looks for known causes, a lost metadata route "
    "among them; `hnskit show policies` lists what the endpoints have."
)
"""Next step where the redirect is not proved."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold."""

    name: str
    """answer, header, body, log or control"""
    ok: bool
    wanted: str
    seen: str


@dataclass(frozen=True, slots=True)
class ClientProof:
    """All checks of one client."""

    client: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Tell whether every check holds."""
        return bool(self.checks) and all(check.ok for check in self.checks)


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """The proof for every client, or what is missing of it."""

    target: str
    clients: tuple[ClientProof, ...]

    @property
    def ok(self) -> bool:
        """Tell whether the redirect is proved for every client."""
        return bool(self.clients) and all(client.ok for client in self.clients)

    def to_json(self) -> dict[str, Any]:
        """As `--json` and summary.json have it."""
        return {
            "ok": self.ok,
            "target": self.target,
            "clients": [
                {"client": client.client, "ok": client.ok, "checks": [asdict(check) for check in client.checks]}
                for client in self.clients
            ],
        }

    def to_text(self) -> str:
        """For a terminal, the verdict first."""
        return proof_text(self.to_json())

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        proved = sum(client.ok for client in self.clients)
        return f"<Verification of {self.target}: {proved} of {len(self.clients)} clients proved>"


def proof_text(proof: Mapping[str, Any]) -> str:
    """A proof for a terminal, the verdict first; of many clients those that are proved are counted.

    Args:
        proof: as `Verification.to_json` has it.
    """
    clients = proof["clients"]
    proved = sum(client["ok"] for client in clients)
    verdict = "PROVED" if proof["ok"] else "NOT PROVED"
    lines = [f"{verdict}: {proved} of {len(clients)} clients are answered through the proxy"]
    counts = len(clients) > MANY
    for client in clients:
        if counts and client["ok"]:
            continue
        lines.append(f"  {client['client']}: {'proved' if client['ok'] else 'NOT PROVED'}")
        lines += [
            f"    {'ok    ' if check['ok'] else 'FAILED'} {check['name']}: {check['wanted']}; seen: {check['seen']}"
            for check in client["checks"]
        ]
    if counts and 0 < proved < len(clients):
        lines.append(f"  the other {proved}: proved")
    return join_lines(lines)


def verify(
    session: Session, desired: Desired, *, facts: Facts | None = None, on_event: OnEvent | None = None
) -> Verification:
    """Ask the metadata service from inside each client, and look for what shows that the proxy handled it.

    Everything goes in one pipeline: the requests one after the other, the proxy's log at the end.

    Args:
        session: from `connect`.
        desired: from `desired_from`; `desired.verify` says what is proof.
        facts: a snapshot that was just taken; without one containerd is asked first which containers there are.
        on_event: called as each answer arrives, with an `Event` of kind `answer`.

    Returns:
        A verification, whether it holds or not.

    Raises:
        ConnectError, OutcomeUnknownError: the host is gone.
    """
    if facts is None and desired.runtime != "docker":
        facts = gather_facts(session)
    clients = askers(desired, facts)
    probes = {
        client.name: _Probes(tuple(secrets.token_hex(8) for _ in client.redirects), secrets.token_hex(8))
        for client in clients
    }
    calls = [call for client in clients for call in _requests(desired, client, probes[client.name])]
    calls += filter(None, [log_call("log", desired, facts)])
    results: dict[str, CallResult] = {}
    for result in invoke_calls(session, calls) if calls else ():
        results[result.id] = result
        if on_event is not None:
            on_event(Event("answer", f"{result.id}: {_came(result)}"))
    log = proxy_log(desired, results.get("log"))
    return Verification(
        session.target,
        tuple(
            ClientProof(client.name, tuple(_checks(desired, client, probes[client.name], results, log)))
            for client in clients
        ),
    )


def _came(result: CallResult) -> str:
    return "done" if result.error is None else "failed"  # of the command: the control is proof by having no answer


def require_proof(verification: Verification) -> None:
    """Stop unless the redirect is proved.

    Args:
        verification: from `verify`.

    Raises:
        VerificationError: naming the first check of each client that does not hold.
    """
    if verification.ok:
        return
    raise VerificationError(
        "the redirect is not proved: " + "; ".join(failed_checks(verification.clients)),
        host=verification.target,
        next_step=PROOF_NEXT_STEP,
    )


def failed_checks(clients: Iterable[ClientProof]) -> list[str]:
    """Name each check that does not hold: `web: answer: wanted HTTP 2xx …, seen …`."""
    return [
        f"{client.client}: {check.name}: wanted {check.wanted}, seen {check.seen}"
        for client in clients
        for check in client.checks
        if not check.ok
    ]


@dataclass(frozen=True, slots=True)
class _Probes:
    """The tokens of one client's requests: one for each redirect, and the control's."""

    requests: tuple[str, ...]
    control: str


def _requests(desired: Desired, client: Asker, probes: _Probes) -> Sequence[Call]:
    wanted, execute = desired.verify, client.execute
    if execute is None:
        return ()

    def request(id: str, probe: str, address: str, port: int, timeout: int) -> Call:
        headers = [f"{name}: {value.replace('{probe}', probe)}" for name, value in wanted.headers.items()]
        path = wanted.path.replace("{probe}", probe)
        options = [option for header in headers for option in ("--header", header)]
        where = f"http://{address}{path}" if port == 80 else f"http://{address}:{port}{path}"
        # Without --globoff curl reads brackets and braces of a URL as ranges and lists (curl's man page).
        how = ("--silent", "--show-error", "--include", "--globoff", "--max-time", str(timeout))
        return execute(id, (wanted.program, *how, *options, where), timeout + 60)

    asked = zip(client.redirects, probes.requests, strict=True)
    return [
        *(
            request(_request_id(client, number), probe, redirect.address, redirect.port, wanted.timeout)
            for number, (redirect, probe) in enumerate(asked, 1)
        ),
        request(
            f"control from {client.name}",
            probes.control,
            client.redirects[0].address,
            wanted.control.port,
            wanted.control.timeout,
        ),
    ]


def _request_id(client: Asker, number: int) -> str:
    return f"request from {client.name}" + (f" ({number})" if number > 1 else "")


@dataclass(frozen=True, slots=True)
class _Answer:
    """The result of curl; `status` is 0 if there was no HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: str
    problem: str
    asked: bool = True
    """True if the request was made; False where docker could not run the program."""


def _answer(desired: Desired, result: CallResult) -> _Answer:
    try:
        code, stdout, stderr = finished(desired, result)
    except HnskitError as error:
        return _Answer(0, {}, "", error.message, asked=False)
    head, _, body = stdout.replace("\r\n", "\n").partition("\n\n")
    while re.match(r"HTTP/\S+ 1\d\d", head):  # 100 Continue comes before the answer
        head, _, body = body.partition("\n\n")
    lines = head.splitlines()
    found = re.match(r"HTTP/\S+ (\d+)", lines[0]) if lines else None
    if code != 0 or found is None:
        reason = stderr.strip() or _CURL.get(code) or stdout.strip() or "no answer"
        again = "; its container went meanwhile: verify again" if went_meanwhile(desired, reason) else ""
        return _Answer(0, {}, "", f"{reason} (exit status {code}){again}", asked=code in _UNANSWERED)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        key = name.strip().lower()
        headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
    return _Answer(int(found[1]), headers, body, "")


def _checks(
    desired: Desired, client: Asker, probes: _Probes, results: Mapping[str, CallResult], log: ProxyLog
) -> list[Check]:
    if client.execute is None:
        return [Check("answer", False, "a request from inside it", client.problem)]
    checks = []
    for number, (redirect, probe) in enumerate(zip(client.redirects, probes.requests, strict=True), 1):
        answer = _answer(desired, results[_request_id(client, number)])
        checks += _redirect_checks(desired, redirect, probe, answer, log)
    address = client.redirects[0].address
    checks.append(
        _control_check(desired, address, probes.control, _answer(desired, results[f"control from {client.name}"]), log)
    )
    return checks


def _redirect_checks(
    desired: Desired, redirect: DesiredRedirect, probe: str, answer: _Answer, log: ProxyLog
) -> list[Check]:
    proof = desired.verify.proof
    said = f"HTTP {answer.status}" if answer.status else answer.problem
    checks = [Check("answer", 200 <= answer.status < 300, f"HTTP 2xx from {redirect.what}", said)]
    if proof.header:
        checks.append(_header_check(answer, proof.header.name, proof.header.contains))
    if proof.body:
        checks.append(
            Check("body", proof.body in answer.body, f"{proof.body!r} in the body", shortened(answer.body, _SHOWN))
        )
    if proof.log:
        text = proof.log.replace("{probe}", probe)
        line = next((line.strip() for line in log.text.splitlines() if text in line), "")
        wanted = f"{text!r} in the log of {desired.proxy.name}"
        checks.append(Check("log", bool(line), wanted, shortened(line, _SHOWN) if line else log.lack))
    return checks


def _header_check(answer: _Answer, name: str, contains: str) -> Check:
    value = answer.headers.get(name.lower())
    wanted = f"header {name}" + (f" with {contains!r}" if contains else "")
    return Check(
        "header", value is not None and contains in value, wanted, f"{name}: {value}" if value else "no such header"
    )


def _control_check(desired: Desired, address: str, probe: str, answer: _Answer, log: ProxyLog) -> Check:
    """The other port must not show any of the proxy's marks; that nothing answers there is as good."""
    proof = desired.verify.proof
    header = proof.header
    marks = {
        "header": header is not None and _header_check(answer, header.name, header.contains).ok,
        "body": bool(proof.body) and proof.body in answer.body,
        "log": "{probe}" in proof.log and proof.log.replace("{probe}", probe) in log.text,
    }
    marked = [name for name, there in marks.items() if there]
    wanted = f"{address}:{desired.verify.control.port} is left alone"
    if marked:
        return Check("control", False, wanted, f"the proxy's {marked[0]}: it was redirected too")
    if not answer.asked:
        return Check("control", False, wanted, f"it could not be asked: {answer.problem}")
    return Check("control", True, wanted, f"HTTP {answer.status}, not the proxy's" if answer.status else answer.problem)
