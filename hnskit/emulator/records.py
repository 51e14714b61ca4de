"""Values and errors as PowerShell serializes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psrpcore.types import (
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorRecord,
    NETException,
    PSCustomObject,
    PSDouble,
    PSList,
    PSNoteProperty,
)

from hnskit.emulator.binder import BindingError
from hnskit.emulator.interface import PSError

_RUNTIME = (
    "System.Management.Automation.RuntimeException",
    "System.SystemException",
    "System.Exception",
    "System.Object",
)
_NAMESPACE = "System.Management.Automation."
_TYPES: Mapping[str, tuple[str, ...]] = {
    "ParameterBindingException": (f"{_NAMESPACE}ParameterBindingException", *_RUNTIME),
    "ParameterBindingValidationException": (
        f"{_NAMESPACE}ParameterBindingValidationException",
        f"{_NAMESPACE}ParameterBindingException",
        *_RUNTIME,
    ),
    "ParameterBindingArgumentTransformationException": (
        f"{_NAMESPACE}ParameterBindingArgumentTransformationException",
        f"{_NAMESPACE}ParameterBindingException",
        *_RUNTIME,
    ),
    "CommandNotFoundException": (f"{_NAMESPACE}CommandNotFoundException", *_RUNTIME),
    "PSNotSupportedException": (
        f"{_NAMESPACE}PSNotSupportedException",
        "System.NotSupportedException",
        "System.SystemException",
        "System.Exception",
        "System.Object",
    ),
    "InvalidOperationException": (
        "System.InvalidOperationException",
        "System.SystemException",
        "System.Exception",
        "System.Object",
    ),
    "ParentContainsErrorRecordException": (
        f"{_NAMESPACE}ParentContainsErrorRecordException",
        "System.SystemException",
        "System.Exception",
        "System.Object",
    ),
}
_HRESULTS = {"InvalidOperationException": -2146233079, "PSNotSupportedException": -2146233067}
_COR_E_EXCEPTION = -2146233087


class EngineRefusalError(PSError):
    """PowerShell itself refuses a statement: no such command, no such language."""

    def __init__(self, message: str, *, error_id: str, category: str, reason: str, target: str = "") -> None:
        super().__init__(message, error_id=error_id, category=category, target=target)
        self.reason = reason


def command_not_found(name: str) -> EngineRefusalError:
    """No command has this name in the runspace."""
    return EngineRefusalError(
        f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program. "
        "Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
        error_id="CommandNotFoundException",
        category="ObjectNotFound",
        reason="CommandNotFoundException",
        target=name,
    )


def scripts_not_allowed() -> EngineRefusalError:
    """A restricted session configuration runs commands only."""
    return EngineRefusalError(
        "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.",
        error_id="ScriptsNotAllowed",
        category="ParserError",
        reason="PSNotSupportedException",
    )


def not_emulated(what: str) -> EngineRefusalError:
    """Windows would do it, and the emulated host does not: it says so."""
    return EngineRefusalError(
        f"The emulated host does not emulate {what}.",
        error_id="HnskitEmulator.NotEmulated",
        category="NotImplemented",
        reason="PSNotSupportedException",
        target=what,
    )


class _CategoryInfo(ErrorCategoryInfo):
    def __str__(self) -> str:
        target = f"({self.TargetName or ''}:{self.TargetType or ''})"
        return f"{self.Category.name}: {target} [{self.Activity or ''}], {self.Reason or ''}"


def error_record(error: PSError, command: str, *, terminating: bool) -> ErrorRecord:
    """An error of a command as the record that a client gets.

    A terminating error carries its own exception; one that a batch of statements goes on after comes in
    the error stream with ParentContainsErrorRecordException instead, if PowerShell itself raised it.
    """
    of_engine = isinstance(error, BindingError | EngineRefusalError)
    reason = error.reason if isinstance(error, BindingError | EngineRefusalError) else "InvalidOperationException"
    if of_engine and not terminating:
        reason = "ParentContainsErrorRecordException"
    activity = "" if isinstance(error, EngineRefusalError) else command
    exception = NETException(Message=error.message, HResult=_HRESULTS.get(reason, _COR_E_EXCEPTION))
    exception.PSObject.type_names = list(_TYPES[reason])
    return ErrorRecord(
        Exception=exception,
        TargetObject=error.target or None,
        FullyQualifiedErrorId=f"{error.error_id},{activity}" if activity else error.error_id,
        CategoryInfo=_CategoryInfo(
            Category=ErrorCategory[error.category],
            Activity=activity,
            Reason=reason,
            TargetName=error.target,
            TargetType="String" if error.target else "",
        ),
    )


def output(value: Any) -> Any:
    """A value of a command as PowerShell's serializer types it: a dict is a PSCustomObject."""
    if isinstance(value, Mapping):
        instance = PSCustomObject()
        for name, item in value.items():
            instance.PSObject.extended_properties.append(PSNoteProperty(name, value=output(item)))
        return instance
    if isinstance(value, list | tuple):
        array = PSList(output(item) for item in value)
        array.PSObject.type_names = ["System.Object[]", "System.Array", "System.Object"]
        return array
    if isinstance(value, float):
        return PSDouble(value)
    return value
