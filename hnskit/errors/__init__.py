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
    ├── ArgumentError          an argument is not of the form that is wanted          exit status 2
    ├── ConfirmationError      a removal was not confirmed                            exit status 2
    ├── SelectionError         what was named is not there, or is more than one       exit status 2
    ├── CniError               no CNI list can be made of it                          exit status 2
    ├── PlanError              a plan contradicts itself                              exit status 1
    ├── PreflightError         the host is not fit, nothing was changed               exit status 4
    ├── BusyError              another run is at work on the host                     exit status 4
    ├── StoppedError           the operator stopped it                                exit status 130
    ├── StepError              a step was tried and failed                            exit status 1
    ├── VerificationError      the redirect is not proved                             exit status 1
    ├── HnsError               HNS refused, with its code
    ├── DockerError            docker ended with another status than 0
    ├── ContainerdError        crictl or ctr ended with another status than 0
    ├── RemoteCommandError     a PowerShell command ended with an error record
    ├── HostAnswerError        the host answered nonsense, quoted
    └── OutcomeUnknownError    the connection was lost while a change was under way

At the edge (`cli.py`, a notebook) an error becomes one paragraph, `HnskitError.paragraph()`.
"""

from __future__ import annotations

import json

from hnskit.errors.base import HnskitError, PartialOutcome
from hnskit.errors.hns_codes import KnownCode, box, explain_code
from hnskit.errors.input_errors import (
    ArgumentError,
    CniError,
    ConfirmationError,
    FileError,
    Mistake,
    NotebooksError,
    ParamsError,
    ReadOnlyTargetError,
    SelectionError,
)
from hnskit.foreign_text.escaping import block, flat
from hnskit.foreign_text.masking import mask_text

__all__ = [
    "ArgumentError",
    "BusyError",
    "CertificateError",
    "CniError",
    "ConfirmationError",
    "ConnectError",
    "ContainerdError",
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
    "SelectionError",
    "SnapshotError",
    "StepError",
    "StoppedError",
    "VerificationError",
    "explain_code",
]

_QUOTED = 400  # characters of a host's answer that an error repeats


class ConnectError(HnskitError, ConnectionError):
    """The host cannot be talked to."""

    exit_status = 3


class HostUnreachableError(ConnectError):
    """The host's address gives no answer."""

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
        command: the command of hnskit.
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
    """The host answered with something that is not what the protocol says; `got` quotes it.

    Attributes:
        path: the member that has a wrong type, below its object: `Policies[1].Type`; "" where it is none by itself.
    """

    default_next_step = (
        "This is not an answer that HNS, Docker or Windows gives: keep it, and report it with the build."
    )

    def __init__(self, message: str, *, got: object, path: str = "", **fields: str) -> None:
        self.path = path
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


class ContainerdError(HnskitError):
    """A tool of containerd ended with another status than 0; `stderr` has what it said."""

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
        """Show a box in a notebook: the code's meaning, its likely causes and the next step."""
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
