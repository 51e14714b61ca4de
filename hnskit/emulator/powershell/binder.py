"""PowerShell's parameter binding: names, conversions, validation, and the errors for what does not fit.

Ids, categories and the order of the checks are those of PowerShell's own binder; texts are Windows
PowerShell 5.1's in English, and only ids should be relied on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from psrpcore.types import PSListBase, PSObject, PSSecureString

from hnskit.emulator.powershell.command import Command, Parameter, PSError

_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1

COMMON = {
    "verbose": "Verbose",
    "vb": "Verbose",
    "debug": "Debug",
    "db": "Debug",
    "erroraction": "ErrorAction",
    "ea": "ErrorAction",
    "warningaction": "WarningAction",
    "wa": "WarningAction",
    "informationaction": "InformationAction",
    "infa": "InformationAction",
    "errorvariable": "ErrorVariable",
    "ev": "ErrorVariable",
    "warningvariable": "WarningVariable",
    "wv": "WarningVariable",
    "informationvariable": "InformationVariable",
    "iv": "InformationVariable",
    "outvariable": "OutVariable",
    "ov": "OutVariable",
    "outbuffer": "OutBuffer",
    "ob": "OutBuffer",
    "pipelinevariable": "PipelineVariable",
    "pv": "PipelineVariable",
}
"""The common parameters of every advanced function, by name and alias. They change nothing here:
hnskit's commands write output and terminating errors only, and variables end with the pipeline."""

_BINDING = "ParameterBindingException"
_VALIDATION = "ParameterBindingValidationException"
_TRANSFORMATION = "ParameterBindingArgumentTransformationException"


class BindingError(PSError):
    """The arguments do not fit; unlike an error of the command itself it does not end a batch of statements."""

    def __init__(self, message: str, *, error_id: str, category: str, reason: str) -> None:
        super().__init__(message, error_id=error_id, category=category, reason=reason)


def bind(command: Command, arguments: Iterable[tuple[str | None, Any]]) -> dict[str, Any]:
    """Bind named and positional arguments to a command's parameters, and fill in the defaults.

    Raises:
        BindingError: they do not fit.
    """
    bound: dict[str, Any] = {}
    unknown: list[str] = []
    positional: list[Any] = []
    seen: set[str] = set()
    for given, value in arguments:
        if given is None:
            positional.append(value)
            continue
        name = given.removeprefix("-")
        match = _match(command, name)
        if match is None:
            unknown.append(name)
            continue
        key = match if isinstance(match, str) else match.name
        if key in seen:
            raise _refuse(
                "ParameterAlreadyBound",
                f"Cannot bind parameter because parameter '{key}' is specified more than once. To provide multiple "
                "values to parameters that can accept multiple values, use the array syntax. For example, "
                '"-parameter value1,value2,value3".',
            )
        seen.add(key)
        if isinstance(match, Parameter):
            bound[key] = _value(match, value)
    free = [parameter for parameter in command.parameters if parameter.name not in bound]
    for parameter, value in zip(free, positional, strict=False):
        bound[parameter.name] = _value(parameter, value)
    if unknown:
        text = f"A parameter cannot be found that matches parameter name '{unknown[0]}'."
        raise _refuse("NamedParameterNotFound", text)
    if len(positional) > len(free):
        text = f"A positional parameter cannot be found that accepts argument '{text_of(positional[len(free)])}'."
        raise _refuse("PositionalParameterNotFound", text)
    missing = [item.name for item in command.parameters if item.mandatory and item.name not in bound]
    if missing:
        text = f"Cannot process command because of one or more missing mandatory parameters: {' '.join(missing)}."
        raise _refuse("MissingMandatoryParameter", text)
    defaults = {parameter.name: parameter.default for parameter in command.parameters if not parameter.mandatory}
    return defaults | bound


def _match(command: Command, name: str) -> Parameter | str | None:
    """A parameter, the name of a common one, or nothing: exactly, or by the only beginning that fits."""
    wanted = name.lower()
    own = {parameter.name.lower(): parameter for parameter in command.parameters}
    if wanted in own:
        return own[wanted]
    if wanted in COMMON:
        return COMMON[wanted]
    if not wanted:
        return None
    candidates: dict[str, Parameter | str] = {
        parameter.name: parameter for key, parameter in own.items() if key.startswith(wanted)
    }
    # One of the function's own wins over the common ones: `-E` is ambiguous, `-P` of a function with Path is not.
    if not candidates:
        candidates = {full: full for full in COMMON.values() if full.lower().startswith(wanted)}
    if len(candidates) > 1:
        matches = " ".join(f"-{candidate}" for candidate in candidates)
        raise _refuse(
            "AmbiguousParameter",
            f"Parameter cannot be processed because the parameter name '{name}' is ambiguous. "
            f"Possible matches include: {matches}.",
        )
    return next(iter(candidates.values()), None)


def _value(parameter: Parameter, value: Any) -> Any:
    match parameter.type:
        case "string":
            converted: Any = _string(parameter, value)
        case "string[]":
            converted = _strings(value)
        case "int":
            converted = _int(parameter, value)
    _validate(parameter, converted)
    return converted


def _string(parameter: Parameter, value: Any) -> str:
    if _is_array(value):
        raise _not_converted(parameter, "Cannot convert value to type System.String.")
    return text_of(value)


def _strings(value: Any) -> list[str] | None:
    if value is None:
        return None
    if isinstance(value, list | tuple | PSListBase):
        return [text_of(item) for item in value]
    return [text_of(value)]


def _int(parameter: Parameter, value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, bool | int | float | Decimal):
        return _int32(parameter, value, value)
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return 0
        if re.fullmatch(r"[+-]?0[xX][0-9a-fA-F]{1,8}", text):
            number = int(text, 16)
            return _int32(parameter, number - 2**32 if number > _INT_MAX else number, value)
        try:
            return _int32(parameter, Decimal(text), value)
        except InvalidOperation:
            raise _not_converted(
                parameter,
                f'Cannot convert value "{value}" to type "System.Int32". '
                'Error: "Input string was not in a correct format."',
            ) from None
    kind = _type_name(value)
    raise _not_converted(
        parameter, f'Cannot convert the "{text_of(value)}" value of type "{kind}" to type "System.Int32".'
    )


def _int32(parameter: Parameter, number: bool | int | float | Decimal, value: Any) -> int:
    try:
        whole = int(Decimal(number).to_integral_value(ROUND_HALF_EVEN))
    except (InvalidOperation, OverflowError, ValueError):
        whole = _INT_MAX + 1
    if _INT_MIN <= whole <= _INT_MAX:
        return whole
    raise _not_converted(
        parameter,
        f'Cannot convert value "{text_of(value)}" to type "System.Int32". Error: '
        '"Value was either too large or too small for an Int32."',
    )


def _validate(parameter: Parameter, value: Any) -> None:
    """Validation attributes first, then what a mandatory parameter refuses: PowerShell's order."""
    items = value if isinstance(value, list) else [value]
    for item in items if value is not None else ():
        if parameter.one_of and str(item).lower() not in {choice.lower() for choice in parameter.one_of}:
            choices = ",".join(parameter.one_of)
            _invalid(
                parameter,
                f'The argument "{item}" does not belong to the set "{choices}" specified by the ValidateSet attribute. '
                "Supply an argument that is in the set and then try the command again.",
            )
        if parameter.pattern and not _matches(parameter.pattern, str(item)):
            _invalid(
                parameter,
                f'The argument "{item}" does not match the "{parameter.pattern}" pattern. '
                f'Supply an argument that matches "{parameter.pattern}" and try the command again.',
            )
        if parameter.between is not None:
            _in_range(parameter, item, *parameter.between)
    if parameter.mandatory and not parameter.allow_empty:
        _not_empty(parameter, value)


def _matches(pattern: str, text: str) -> bool:
    r"""Tell whether a text fits a pattern of .NET's: its \z is Python's \Z."""
    return bool(re.search(pattern.replace(r"\z", r"\Z"), text, re.IGNORECASE))


def _in_range(parameter: Parameter, value: int, low: int, high: int) -> None:
    if value < low:
        _invalid(
            parameter,
            f"The {value} argument is less than the minimum allowed range of {low}. "
            f"Supply an argument that is greater than or equal to {low} and then try the command again.",
        )
    if value > high:
        _invalid(
            parameter,
            f"The {value} argument is greater than the maximum allowed range of {high}. "
            f"Supply an argument that is less than or equal to {high} and then try the command again.",
        )


def _not_empty(parameter: Parameter, value: Any) -> None:
    for empty, suffix, what in (
        (value is None, "NullNotAllowed", "null"),
        (isinstance(value, list) and not value, "EmptyArrayNotAllowed", "an empty array"),
        (value == "" or (isinstance(value, list) and "" in value), "EmptyStringNotAllowed", "an empty string"),
    ):
        if empty:
            raise BindingError(
                f"Cannot bind argument to parameter '{parameter.name}' because it is {what}.",
                error_id=f"ParameterArgumentValidationError{suffix}",
                category="InvalidData",
                reason=_VALIDATION,
            )


def _invalid(parameter: Parameter, why: str) -> None:
    raise BindingError(
        f"Cannot validate argument on parameter '{parameter.name}'. {why}",
        error_id="ParameterArgumentValidationError",
        category="InvalidData",
        reason=_VALIDATION,
    )


def _not_converted(parameter: Parameter, why: str) -> BindingError:
    return BindingError(
        f"Cannot process argument transformation on parameter '{parameter.name}'. {why}",
        error_id="ParameterArgumentTransformationError",
        category="InvalidData",
        reason=_TRANSFORMATION,
    )


def _refuse(error_id: str, message: str) -> BindingError:
    return BindingError(message, error_id=error_id, category="InvalidArgument", reason=_BINDING)


def _is_array(value: Any) -> bool:
    """An Object[], as ConvertFrom-Json makes it; a list that comes over the wire becomes an ArrayList instead."""
    return isinstance(value, list | tuple) and not isinstance(value, PSListBase)


def _type_name(value: Any) -> str:
    if isinstance(value, list | tuple | PSListBase):
        return "System.Object[]" if _is_array(value) else "System.Collections.ArrayList"
    if isinstance(value, PSObject) and value.PSTypeNames:
        return str(value.PSTypeNames[0]).removeprefix("Deserialized.")
    return "System.Collections.Hashtable" if isinstance(value, Mapping) else "System.Object"


def text_of(value: Any) -> str:
    """A value as PowerShell turns it into a string."""
    if value is None:
        return ""
    if isinstance(value, PSSecureString):
        return "System.Security.SecureString"
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, list | tuple | PSListBase):
        return _type_name(value) if _is_array(value) else " ".join(text_of(item) for item in value)
    return _type_name(value) if isinstance(value, Mapping) else str(value)
