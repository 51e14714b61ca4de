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
    PSDict,
    PSDouble,
    PSInt64,
    PSList,
    PSNoteProperty,
    PSObject,
    PSUInt,
)

from hnskit.emulator.powershell.binder import BindingError
from hnskit.emulator.powershell.command import Int64, PSError, UInt32

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
    "ParseException": (f"{_NAMESPACE}ParseException", *_RUNTIME),
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
    "ArgumentException": (
        "System.ArgumentException",
        "System.SystemException",
        "System.Exception",
        "System.Object",
    ),
    "PropertyNotFoundException": (
        f"{_NAMESPACE}PropertyNotFoundException",
        f"{_NAMESPACE}ExtendedTypeSystemException",
        *_RUNTIME,
    ),
    "ParentContainsErrorRecordException": (
        f"{_NAMESPACE}ParentContainsErrorRecordException",
        "System.SystemException",
        "System.Exception",
        "System.Object",
    ),
}
_HRESULTS = {
    "InvalidOperationException": -2146233079,
    "PSNotSupportedException": -2146233067,
    "ArgumentException": -2147024809,
}
_COR_E_EXCEPTION = -2146233087
_MEMBERS = ("Message", "Data", "InnerException", "TargetSite", "StackTrace", "HelpLink", "Source", "HResult")
"""Of an exception, in the order of Windows PowerShell 5.1."""


class EngineRefusalError(PSError):
    """PowerShell itself refuses a statement: no such command, no such language."""

    def __init__(self, message: str, *, error_id: str, category: str, reason: str, target: str = "") -> None:
        super().__init__(message, error_id=error_id, category=category, reason=reason, target=target, origin="")


def command_not_found(name: str) -> EngineRefusalError:
    """Refuse a command that the runspace does not have."""
    return EngineRefusalError(
        f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program. "
        "Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
        error_id="CommandNotFoundException",
        category="ObjectNotFound",
        reason="CommandNotFoundException",
        target=name,
    )


def no_such_module(name: str) -> EngineRefusalError:
    """A command was asked for as `module\\name`, and no module is there that could be loaded for it."""
    module = name.partition("\\")[0]
    return EngineRefusalError(
        f"The module '{module}' could not be loaded. For more information, run 'Import-Module {module}'.",
        error_id="CouldNotAutoLoadModule",
        category="ObjectNotFound",
        reason="CommandNotFoundException",
        target=name,
    )


def scripts_not_allowed(script: str) -> EngineRefusalError:
    """A restricted session configuration runs commands only."""
    return EngineRefusalError(
        "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.",
        error_id="ScriptsNotAllowed",
        category="ParserError",
        reason="ParseException",
        target=script,
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
    reason = error.reason
    if isinstance(error, BindingError | EngineRefusalError) and not terminating:
        reason = "ParentContainsErrorRecordException"
    activity = command if error.activity is None else error.activity
    exception = NETException(Message=error.message, Data=_no_data(), HResult=_HRESULTS.get(reason, _COR_E_EXCEPTION))
    exception.PSObject.type_names = list(_TYPES[reason])
    exception.PSObject.adapted_properties.sort(key=lambda member: _MEMBERS.index(member.name))
    return ErrorRecord(
        Exception=exception,
        TargetObject=None if error.target == "" else output(error.target),
        FullyQualifiedErrorId=error.full_id(command),
        CategoryInfo=_CategoryInfo(
            Category=ErrorCategory[error.category],
            Activity=activity,
            Reason=reason,
            TargetName=str(error.target),
            TargetType="" if error.target == "" else _type_name(error.target),
        ),
    )


def _no_data() -> PSDict:
    """Exception.Data of an exception to which nobody added any."""
    data = PSDict()
    data.PSObject.type_names = ["System.Collections.ListDictionaryInternal", "System.Object"]
    return data


def output(value: Any) -> Any:
    """A value of a command as PowerShell's serializer types it: a dict is a PSCustomObject."""
    if isinstance(value, PSObject):
        return value
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
    if isinstance(value, Int64):
        return PSInt64(value)
    if isinstance(value, UInt32):
        return PSUInt(value)
    return value


def _type_name(value: str | int) -> str:
    return "String" if isinstance(value, str) else type(value).__name__
