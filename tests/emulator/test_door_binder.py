"""Parameter binding as PowerShell does it: each expectation was printed by a real engine running hnskit's module."""

from __future__ import annotations

from typing import Any

import pytest
from psrpcore.types import PSDict, PSList
from pypsrp.serializer import Serializer

from hnskit.emulator.powershell.binder import BindingError, bind
from hnskit.emulator.powershell.command import Command, Parameter


async def _never(host: Any, bound: Any) -> Any:
    yield {}


HNS = Command(
    "Invoke-HnskitHns",
    (
        Parameter("Method", "string", mandatory=True, one_of=("GET", "POST", "DELETE")),
        Parameter("Path", "string", mandatory=True, pattern="^/[A-Za-z0-9/_.{}-]*\\z"),
        Parameter("Body", "string", allow_empty=True, default=""),
    ),
    _never,
)
DOCKER = Command(
    "Invoke-HnskitDocker",
    (
        Parameter("ArgumentList", "string[]", mandatory=True),
        Parameter("TimeoutSeconds", "int", default=600, between=(1, 86400)),
    ),
    _never,
)
FORWARDING = Command(
    "Set-HnskitForwarding",
    (
        Parameter("InterfaceIndex", "int", mandatory=True, between=(1, 2147483647)),
        Parameter("State", "string", mandatory=True, one_of=("Enabled", "Disabled")),
    ),
    _never,
)
NOT_FOUND, MISSING, TWICE = "NamedParameterNotFound", "MissingMandatoryParameter", "ParameterAlreadyBound"
INVALID, CONVERTED = "ParameterArgumentValidationError", "ParameterArgumentTransformationError"


def array(*items: Any) -> PSList:
    """An Object[], as pypsrp sends a list; PowerShell makes an ArrayList of it, whose text is that of its items."""
    value = PSList(items)
    value.PSObject.type_names = ["System.Object[]", "System.Array", "System.Object"]
    return value


def bind_named(command: Command, *named: tuple[str, Any], positional: tuple[Any, ...] = ()) -> dict[str, Any]:
    return bind(command, [*named, *((None, value) for value in positional)])


@pytest.mark.parametrize(
    ("command", "named", "error_id", "text"),
    [
        (HNS, [("Bogus", 1)], NOT_FOUND, "A parameter cannot be found that matches parameter name 'Bogus'."),
        (
            HNS,
            [("Bogus", 1), ("Method", "PATCH")],
            INVALID,
            "Cannot validate argument on parameter 'Method'. The argument \"PATCH\"",
        ),
        (HNS, [("Method", "GET"), ("Bogus", 1)], NOT_FOUND, "'Bogus'"),
        (HNS, [("Method", "GET")], MISSING, "missing mandatory parameters: Path."),
        (HNS, [], MISSING, "missing mandatory parameters: Method Path."),
        (HNS, [("Method", "GET"), ("Path", "/x y")], INVALID, r'does not match the "^/[A-Za-z0-9/_.{}-]*\z" pattern'),
        (HNS, [("Method", "GET"), ("Path", "/networks\n")], INVALID, "does not match"),
        (
            HNS,
            [("Method", ""), ("Path", "/x")],
            INVALID,
            'The argument "" does not belong to the set "GET,POST,DELETE"',
        ),
        (HNS, [("Method", None), ("Path", "/x")], INVALID, 'The argument "" does not belong to the set'),
        (HNS, [("Method", array("GET", "POST"))], INVALID, 'The argument "GET POST" does not belong to the set'),
        (HNS, [("Method", "GET"), ("Path", 5)], INVALID, 'The argument "5" does not match'),
        (HNS, [("Method", "GET"), ("method", "GET")], TWICE, "parameter 'Method' is specified more than once"),
        (DOCKER, [("ArgumentList", array())], f"{INVALID}EmptyArrayNotAllowed", "it is an empty array."),
        (DOCKER, [("ArgumentList", None)], f"{INVALID}NullNotAllowed", "it is null."),
        (DOCKER, [("ArgumentList", array("ps", ""))], f"{INVALID}EmptyStringNotAllowed", "it is an empty string."),
        (DOCKER, [("ArgumentList", array("ps", None))], f"{INVALID}EmptyStringNotAllowed", "it is an empty string."),
        (DOCKER, [("ArgumentList", "")], f"{INVALID}EmptyStringNotAllowed", "it is an empty string."),
        (DOCKER, [("TimeoutSeconds", "abc")], CONVERTED, 'Cannot convert value "abc" to type "System.Int32".'),
        (DOCKER, [("TimeoutSeconds", 0)], INVALID, "The 0 argument is less than the minimum allowed range of 1."),
        (
            DOCKER,
            [("TimeoutSeconds", "86401")],
            INVALID,
            "The 86401 argument is greater than the maximum allowed range of 86400.",
        ),
        (DOCKER, [("TimeoutSeconds", "")], INVALID, "The 0 argument"),
        (DOCKER, [("TimeoutSeconds", None)], INVALID, "The 0 argument"),
        (DOCKER, [("TimeoutSeconds", 0.4)], INVALID, "The 0 argument"),
        (DOCKER, [("TimeoutSeconds", 4294967296)], CONVERTED, "Value was either too large or too small for an Int32."),
        (
            DOCKER,
            [("TimeoutSeconds", array(1, 2))],
            CONVERTED,
            'value of type "System.Collections.ArrayList" to type "System.Int32".',
        ),
        (DOCKER, [("TimeoutSeconds", 5)], MISSING, "missing mandatory parameters: ArgumentList."),
        (DOCKER, [("ArgumentList:", "x")], NOT_FOUND, "'ArgumentList:'"),
        (DOCKER, [("E", "x")], "AmbiguousParameter", "Possible matches include: -ErrorAction -ErrorVariable."),
        (FORWARDING, [("InterfaceIndex", 0), ("State", "Enabled")], INVALID, "on parameter 'InterfaceIndex'"),
        (FORWARDING, [("InterfaceIndex", 1), ("State", "x")], INVALID, 'to the set "Enabled,Disabled"'),
    ],
)
def test_the_binder_refuses_what_powershell_refuses(
    command: Command, named: list[tuple[str, Any]], error_id: str, text: str
) -> None:
    with pytest.raises(BindingError) as caught:
        bind_named(command, *named)
    assert caught.value.error_id == error_id
    assert text in caught.value.message
    assert caught.value.category == ("InvalidData" if error_id.startswith("ParameterArgument") else "InvalidArgument")
    assert caught.value.target == ""


@pytest.mark.parametrize(
    ("command", "named", "expected"),
    [
        (HNS, [("method", "get"), ("PATH", "/x")], {"Method": "get", "Path": "/x", "Body": ""}),
        (HNS, [("M", "GET"), ("P", "/x"), ("B", 1)], {"Method": "GET", "Path": "/x", "Body": "1"}),
        (HNS, [("-Method", "GET"), ("Path", PSList(["/x"]))], {"Method": "GET", "Path": "/x", "Body": ""}),
        (
            HNS,
            [("Method", "GET"), ("Path", "/x"), ("Verbose", None), ("ea", "Stop")],
            {"Method": "GET", "Path": "/x", "Body": ""},
        ),
        (
            HNS,
            [("Method", "GET"), ("Path", "/x"), ("Body", PSDict())],
            {"Method": "GET", "Path": "/x", "Body": "System.Collections.Hashtable"},
        ),
        (DOCKER, [("ArgumentList", "ps")], {"ArgumentList": ["ps"], "TimeoutSeconds": 600}),
        (
            DOCKER,
            [("ArgumentList", array(1, True, 2.5))],
            {"ArgumentList": ["1", "True", "2.5"], "TimeoutSeconds": 600},
        ),
        (
            DOCKER,
            [("ArgumentList", PSList([PSList(["a", "b"]), "c"]))],
            {"ArgumentList": ["a b", "c"], "TimeoutSeconds": 600},
        ),
        (DOCKER, [("ArgumentList", "ps"), ("TimeoutSeconds", "0x10")], {"ArgumentList": ["ps"], "TimeoutSeconds": 16}),
        (DOCKER, [("ArgumentList", "ps"), ("TimeoutSeconds", " 7 ")], {"ArgumentList": ["ps"], "TimeoutSeconds": 7}),
        (DOCKER, [("ArgumentList", "ps"), ("TimeoutSeconds", "1.5")], {"ArgumentList": ["ps"], "TimeoutSeconds": 2}),
        (DOCKER, [("ArgumentList", "ps"), ("TimeoutSeconds", True)], {"ArgumentList": ["ps"], "TimeoutSeconds": 1}),
    ],
)
def test_the_binder_takes_what_powershell_takes(
    command: Command, named: list[tuple[str, Any]], expected: dict[str, Any]
) -> None:
    assert bind_named(command, *named) == expected


def test_positional_arguments_fill_what_is_free() -> None:
    assert bind_named(DOCKER, positional=("ps", "6")) == {"ArgumentList": ["ps"], "TimeoutSeconds": 6}
    assert bind_named(HNS, ("Method", "GET"), positional=("/x",))["Path"] == "/x"


def test_too_many_positional_arguments_are_refused() -> None:
    with pytest.raises(BindingError, match="accepts argument 'extra'") as caught:
        bind_named(DOCKER, positional=("ps", 6, "extra"))
    assert caught.value.error_id == "PositionalParameterNotFound"


def test_pypsrp_sends_a_list_as_an_array() -> None:
    """The premise of `array` above."""
    element = Serializer().serialize(["a"])
    assert element is not None
    assert element.findtext("TN/T") == "System.Object[]"
