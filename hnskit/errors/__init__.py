"""The errors of hnskit: fields first, then a sentence, then the next step.

    HnskitError
    ├── ParamsError            a parameter file is wrong                              exit status 2
    ├── NotebooksError         the step notebooks are not where they are looked for   exit status 2
    ├── ConnectError           the host cannot be talked to                           exit status 3
    │   ├── HostUnreachableError
    │   ├── LoginRefusedError
    │   ├── CertificateError
    │   ├── CredentialError        the secret behind a reference was not found
    │   └── SnapshotError          a snapshot's file cannot be read
    ├── FileError              a file that was named cannot be written                exit status 2
    ├── ReadOnlyTargetError    a snapshot cannot be changed                           exit status 2
    ├── SelectionError         what was named is not there (policies/selecting.py)    exit status 2
    ├── CniError               no CNI list can be made of it (cni.py)                 exit status 2
    ├── PlanError              a plan contradicts itself                              exit status 1
    ├── PreflightError         the host is not fit, nothing was changed               exit status 4
    ├── BusyError              another run is at work on the host                     exit status 4
    ├── StoppedError           the operator stopped it                                exit status 130
    ├── StepError              a step was tried and failed                            exit status 1
    ├── VerificationError      the redirect is not proved                             exit status 1
    ├── HnsError               HNS refused, with its code
    ├── DockerError            docker ended with another status than 0
    ├── RemoteCommandError     a PowerShell command ended with an error record
    ├── HostAnswerError        the host answered nonsense, quoted
    └── OutcomeUnknownError    the connection was lost while a change was under way

At the edge (`cli.py`, a notebook) an error becomes one paragraph, `HnskitError.paragraph()`.
"""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, dataclass
from typing import Any, Protocol, Self

from hnskit.errors.hns_codes import KnownCode, box, explain_code
from hnskit.foreign_text.escaping import Lines, block, flat, join_lines, one_line
from hnskit.foreign_text.masking import mask_text

__all__ = [
    "BusyError",
    "CertificateError",
    "ConnectError",
    "CredentialError",
    "DockerError",
    "FileError",
    "HnsError",
    "HnskitError",
    "HostAnswerError",
    "HostUnreachableError",
    "KnownCode",
    "LoginRefusedError",
    "Mistake",
    "NotebooksError",
    "OutcomeUnknownError",
    "ParamsError",
    "PartialOutcome",
    "PlanError",
    "PreflightError",
    "ReadOnlyTargetError",
    "RemoteCommandError",
    "SnapshotError",
    "StepError",
    "StoppedError",
    "VerificationError",
    "explain_code",
]

_QUOTED = 400  # characters of a host's answer that an error repeats


class PartialOutcome(Protocol):
    """What was done of a plan that an error stopped, as far as every room knows it: an `hnskit.Outcome`.

    `outcome_of(error)` and `undone_of(error)` give it with all its types.
    """

    @property
    def changed(self) -> int:
        """The number of steps that changed something."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What else happened."""

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""


class HnskitError(Exception):
    """The base of all errors that hnskit raises on purpose.

    Attributes:
        host: the target, or "" where none is involved.
        object: what the error is about: `network hnskit-l2bridge`, `proxy.address`.
        step: the id of the plan's step, or "".
        next_step: what the operator can do now.
        exit_status: what a command line ends with.
        outcome: the `Outcome` of a plan that this error stopped, else None; `hnskit.outcome_of` gives it with its type.
        undone: the `Outcome` of the way back, where a rollback was asked for.
    """

    exit_status = 1
    default_next_step = ""
    outcome: PartialOutcome | None = None
    undone: PartialOutcome | None = None

    def __init__(self, message: str, *, host: str = "", object: str = "", step: str = "", next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.host = host
        self.object = object
        self.step = step
        self.next_step = next_step or self.default_next_step

    def but(self, **fields: Any) -> Self:
        """Copy the error with other values of some fields; this one stays as it was raised.

        Args:
            **fields: `message`, `host`, `object`, `step`, `next_step`, `outcome` or `undone`.
        """
        new = copy.copy(self)
        vars(new).update(fields)
        new.args = (new.message, *self.args[1:])
        new.__cause__, new.__suppress_context__ = self.__cause__, True
        return new.with_traceback(self.__traceback__)

    def paragraph(self) -> str:
        """The error as one paragraph for a person: what, where, and what to do now."""
        where = one_line(", ".join(part for part in (self.object, f"on {self.host}" if self.host else "") if part))
        text = f"{where}: {self.message}" if where else self.message
        if not text.endswith((".", "!", "?")):
            text += "."
        said = mask_text(f"{text} {one_line(self.next_step)}".strip())
        return Lines(block(said)) if isinstance(self.message, Lines) else one_line(said)

    def to_json(self) -> dict[str, Any]:
        """The fields, as the summary of a run and `--json` print them."""
        plain = {key: value for key, value in vars(self).items() if isinstance(value, str | int | tuple)}
        return {"error": type(self).__name__, **{key: value for key, value in plain.items() if value}}

    def __str__(self) -> str:
        return self.paragraph()

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: a notebook's reader gets the paragraph."""
        return [f"{type(self).__name__}: {self.paragraph()}"]

    def __reduce__(self) -> tuple[Any, ...]:
        # An executor of processes pickles what a task raises; Exception's own way knows no keyword arguments.
        return _restore, (type(self), self.args, vars(self))


def _restore(kind: type[HnskitError], args: tuple[Any, ...], fields: dict[str, Any]) -> HnskitError:
    error = kind.__new__(kind, *args)
    vars(error).update(fields)
    return error


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in a parameter file."""

    path: str
    """Where in the file: `clients[1].address`."""
    message: str
    value: str = ""


class ParamsError(HnskitError, ValueError):
    """A parameter file is wrong; `mistakes` has each of them."""

    exit_status = 2
    default_next_step = "Correct the file (each key is described in params/emulator.yaml); no host was contacted."

    def __init__(self, source: str, mistakes: tuple[Mistake, ...], **fields: str) -> None:
        self.source = source
        self.mistakes = mistakes
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = [
            f"  {mistake.path}: {mistake.message}" + (f" (it is {mistake.value})" if mistake.value else "")
            for mistake in mistakes
        ]
        super().__init__(join_lines([f"{count} in {source}:", *lines, ""]), **fields)

    def paragraph(self) -> str:
        """Each mistake on a line of its own, under the file's name."""
        return Lines(mask_text(f"{self.message}{self.next_step}"))

    def to_json(self) -> dict[str, Any]:
        """As for any error, with each mistake as an object."""
        return {**super().to_json(), "mistakes": [asdict(mistake) for mistake in self.mistakes]}


class NotebooksError(HnskitError):
    """The step notebooks are not where they are looked for; no host was contacted."""

    exit_status = 2


class ConnectError(HnskitError, ConnectionError):
    """The host cannot be talked to."""

    exit_status = 3


class HostUnreachableError(ConnectError):
    """Nothing answers at the host's address."""

    default_next_step = (
        "Check the address and the port, that WinRM listens there (`winrm enumerate winrm/config/listener` "
        "on the host) and that no firewall is between."
    )


class LoginRefusedError(ConnectError):
    """The host answers, but does not let this user in."""

    default_next_step = "Check the user name, the credential reference and that the account may use remoting."


class CertificateError(ConnectError):
    """The host's TLS certificate is not trusted."""

    default_next_step = "Set `connection.ca` to the file of the authority that signed it."


class CredentialError(ConnectError):
    """The secret behind a credential reference was not found."""


class SnapshotError(ConnectError):
    """A file that should stand for a host cannot be read."""

    def __init__(self, source: str, message: str, **fields: str) -> None:
        self.source = source
        super().__init__(message, **{"object": f"snapshot {source}", **fields})


class FileError(HnskitError):
    """A file or folder that was named on this machine cannot be written, or is not what it should be."""

    exit_status = 2
    default_next_step = "Name another place."


class ReadOnlyTargetError(HnskitError):
    """Something should be changed on a snapshot."""

    exit_status = 2
    default_next_step = "Name the host itself as target: winrm://HOST, or emulator://NAME to try it."


class PlanError(HnskitError):
    """A plan contradicts itself: a step needs one that is not in it, or two steps are the same; `step` names it."""

    default_next_step = "Nothing was changed. Report it with the output of `hnskit plan --json`."


class PreflightError(HnskitError):
    """The host is not fit for the redirect, and nothing was changed."""

    exit_status = 4


class BusyError(HnskitError):
    """Another run is at work on the host, and nothing was changed by this one."""

    exit_status = 4
    default_next_step = "Wait for its end or stop it, then try again."


class StoppedError(HnskitError):
    """The operator stopped it."""

    exit_status = 130
    default_next_step = "Run the same again: it reads the host first and does only what is missing."

    def __init__(self, message: str = "it was stopped", **fields: str) -> None:
        super().__init__(message, **fields)


class StepError(HnskitError):
    """A step of a plan was tried and did not come to what it should; `outcome` has what was done."""


class VerificationError(HnskitError):
    """The redirect is not proved."""


class RemoteCommandError(HnskitError):
    """A PowerShell command on the host ended with an error record.

    Attributes:
        error_id: FullyQualifiedErrorId, the same in every language of Windows: match this, never the text.
        category: the name of the ErrorCategory.
        error_target: the record's TargetObject as text.
        command: the command of the kit.
    """

    def __init__(
        self,
        message: str,
        *,
        error_id: str,
        category: str = "",
        error_target: str = "",
        command: str = "",
        **fields: str,
    ) -> None:
        super().__init__(flat(message), **fields)
        self.error_id = error_id
        self.category = category
        self.error_target = error_target
        self.command = command
        self.object = self.object or command


class HostAnswerError(HnskitError):
    """The host answered with something that is not what the protocol says; `got` quotes it."""

    default_next_step = (
        "This is not an answer that HNS, Docker or Windows gives: keep it, and report it with the build."
    )

    def __init__(self, message: str, *, got: object, **fields: str) -> None:
        text = got if isinstance(got, str) else json.dumps(got, default=str)
        self.got = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}… ({len(text)} characters)"
        super().__init__(f"{message}; it said: {self.got!r}", **fields)


class OutcomeUnknownError(HnskitError, ConnectionError):
    """The connection was lost for good while a command ran: it may or may not have been carried out."""

    default_next_step = "Run the same command again: it reads the host first and does only what is missing."


class DockerError(HnskitError):
    """docker.exe ended with another status than 0; `stderr` has what it said."""

    def __init__(self, message: str, *, exit_code: int, stderr: str, **fields: str) -> None:
        self.exit_code = exit_code
        self.stderr = stderr
        super().__init__(message, **fields)


class HnsError(HnskitError):
    """HNS refused a request.

    Attributes:
        code: the HRESULT, unsigned; 0 where the host gave none (Windows Server 2016, HNS fact 13).
        name: the constant's name, such as HCN_E_ADDR_INVALID_OR_RESERVED.
        text: what the host said, in the host's language.
    """

    def __init__(self, text: str, *, code: int, **fields: str) -> None:
        known = explain_code(code)
        self.code = code & 0xFFFFFFFF
        self.name = known.name
        self.text = text
        said = (flat(text) or known.message or "HNS gave no text").rstrip(".")
        label = ", ".join(dict.fromkeys((known.name, f"0x{self.code:08X}")))
        fields["next_step"] = fields.get("next_step") or known.next_step
        super().__init__(f"HNS refused: {said} ({label})" if code else f"HNS refused: {said}", **fields)

    def _render_traceback_(self) -> list[str]:
        """In a notebook: a box with what the code means, its likely causes, and what to do."""
        known = explain_code(self.code)
        parts = [self.message]
        if known.meaning:
            parts.append(known.meaning)
        if known.causes:
            parts += ["", "Likely causes:", *(f"- {cause}" for cause in known.causes)]
        if self.next_step:
            parts += ["", f"What to do: {self.next_step}"]
        where = ", ".join(part for part in (self.object, f"on {self.host}" if self.host else "") if part)
        title = " ".join(part for part in ("HnsError", known.name if self.code else "") if part)
        shown = [block(mask_text(part)) for part in (*([f"{where}:"] if where else []), *parts)]
        return box(title, shown)
