"""Faults of WinRM in its own words: the codes are those of WsmErrors.h, the shapes those of recorded answers."""

from __future__ import annotations


class Fault(Exception):  # noqa: N818 - SOAP's own word
    """A request that is answered with a fault.

    The codes and their texts are those of WsmErrors.h; a code below 2**16 is a Win32 one, and with None there is no
    WSManFault. `message` is what the WSManFault says, where that is not the reason; `detail` the last part of a
    w:FaultDetail; `provider` the part of Windows that the message is of.
    """

    def __init__(
        self,
        code: int | None,
        subcode: str,
        reason: str,
        *,
        receiver: bool = False,
        message: str = "",
        detail: str = "",
        provider: str = "",
    ) -> None:
        super().__init__(message or reason)
        self.code = code
        self.subcode = subcode
        self.reason = reason
        self.receiver = receiver
        self.message = message or reason
        self.detail = detail
        self.provider = provider


TIMED_OUT = 0x80338029
INVALID_SELECTORS = 0x8033805B


def timed_out() -> Fault:
    """Make the fault of a Receive without output within OperationTimeout; the client asks again."""
    text = "The WS-Management service cannot complete the operation within the time specified in OperationTimeout."
    return Fault(TIMED_OUT, "w:TimedOut", text, receiver=True)


def no_such_shell(shell: str) -> Fault:
    """The shell does not exist (any more)."""
    return _invalid_selectors(
        f"The request for the Windows Remote Shell with ShellId {shell} failed because the shell was not found on the "
        "server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server. "
        "Provide the correct ShellId or create a new shell and retry the operation. "
    )


def no_such_command() -> Fault:
    """The shell is there, and has no such command (any more)."""
    return _invalid_selectors(
        "The Windows Remote Shell received a request to perform an operation on a command identifier that does not "
        "exist. Either the command has completed execution or the client specified an invalid command identifier. "
    )


def nothing_selected() -> Fault:
    """A Get of a shell that is not there: the shell provider itself has nothing to say of it."""
    return _invalid_selectors("", provider="Shell provider")


def _invalid_selectors(message: str, *, provider: str = "") -> Fault:
    reason = (
        "The WS-Management service cannot process the request because the request contained invalid selectors for the "
        "resource. "
    )
    subcode, detail = "w:InvalidSelectors", "UnexpectedSelectors"
    return Fault(INVALID_SELECTORS, subcode, reason, message=message, detail=detail, provider=provider)


def no_such_resource(uri: str, remark: str = "") -> Fault:
    """Make the fault of an unknown resource or session configuration; a remark is the emulated host's own."""
    return Fault(
        0x8033803B,
        "a:DestinationUnreachable",
        f"The WS-Management service cannot process the request. The resource URI ({uri}) was not found in the "
        "WS-Management catalog. The catalog contains the metadata that describes resources, or logical endpoints. "
        f"{remark}",
    )


def invalid_timeout(text: str) -> Fault:
    """An OperationTimeout that is not a time."""
    return Fault(
        0x8033800F,
        "a:InvalidMessageInformationHeader",
        "The WS-Management service cannot process the request. The request contains one or more invalid SOAP headers. ",
        message="The WS-Management service cannot process the request. The XML contains an invalid timeout field in "
        f"the SOAP header: {text}. ",
    )


def too_many_shells(allowed: int) -> Fault:
    """MaxShellsPerUser (test-kitchen#656; the subcode is UNCONFIRMED)."""
    return Fault(
        0x803381A5,
        "w:QuotaLimit",
        "The WS-Management service cannot process the request. This user is allowed a maximum number of "
        f"{allowed} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this "
        "user. ",
    )


def too_many_commands() -> Fault:
    """MaxConcurrentCommandsPerShell: what pypsrp#148 quotes has no WSManFault in it, and so no code."""
    return Fault(
        None,
        "w:InternalError",
        "The WS-Management service cannot process the request. The maximum number of concurrent commands per shell has "
        "been exceeded. Retry the request later or raise the Maximum Commands per Shell quota. ",
        receiver=True,
    )


def action_not_supported(action: str) -> Fault:
    """The service has no such action."""
    text = f"The WS-Management service does not support the action specified in the request. ({action})"
    return Fault(0x80338013, "a:ActionNotSupported", text)


def schema_error(detail: str) -> Fault:
    """The envelope is not what it must be."""
    text = (
        "The SOAP XML in the message does not match the corresponding XML schema definition. Change the XML and retry."
    )
    return Fault(0x80338041, "w:SchemaValidationError", f"{text} ({detail})")


def too_large(what: str) -> Fault:
    """An envelope above MaxEnvelopeSizekb, or an answer that may be smaller than 8 KiB (MS-WSMV 3.1.4.1.7, 3.1.4.1.20).

    The subcode is that of the specification, the code is UNCONFIRMED.
    """
    text = f"The WS-Management service cannot process the request because an encoding limit was exceeded. ({what})"
    return Fault(0x8033803A, "w:EncodingLimit", text)


def invalid_header(what: str) -> Fault:
    """A header that cannot be right. The code is the one that Windows gives to an OperationTimeout below zero."""
    text = "The WS-Management service cannot process the request because a message information header is not valid."
    return Fault(0x8033800F, "a:InvalidMessageInformationHeader", f"{text} ({what})")


def already_exists(what: str) -> Fault:
    """A shell or a command of this id is there already."""
    text = f"The WS-Management service cannot create the resource because it already exists. ({what})"
    return Fault(0x80338033, "w:AlreadyExists", text)


def in_use(what: str) -> Fault:
    """Make the fault of a resource that another client uses."""
    text = (
        "The WS-Management service cannot complete the WS-Addressing Action URI in the request because the resource "
        f"was already in use. ({what})"
    )
    return Fault(0x80338032, "w:Concurrency", text)


def disconnected() -> Fault:
    """The shell is disconnected: reconnect first."""
    text = "The WS-Management service cannot process the request because the stream is currently disconnected."
    return Fault(0x803381DE, "w:InternalError", text, receiver=True)


def aborted() -> Fault:
    """A Receive that another one has taken the place of (ERROR_OPERATION_ABORTED)."""
    text = "The I/O operation has been aborted because of either a thread exit or an application request."
    return Fault(995, "w:InternalError", text, receiver=True)


def access_denied() -> Fault:
    """The account may not use remoting: ERROR_ACCESS_DENIED, as WinRM gives it to who is not an administrator."""
    return Fault(5, "w:AccessDenied", "Access is denied. ")


def bad_data(detail: str) -> Fault:
    """The fragments inside are not PSRP (ERROR_INVALID_DATA)."""
    return Fault(13, "w:InternalError", f"The data is invalid. ({detail})", receiver=True)
