"""The parameters of a notebook as a runner gives them: papermill's `-p` reads only True, False, None and numbers."""

from __future__ import annotations

import ast
import contextlib
import difflib
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from hnskit.errors import Mistake, ParamsError
from hnskit.params.loading import Params
from hnskit.runbook.screen import Reader, at_screen, find_reader, variables

PARAMS_VARIABLE = "HNSKIT_PARAMS"
"""In the environment: the parameter file of whoever gives a notebook none."""

_INJECTED = "# Parameters\n"
"""The first line of the cell that papermill, and every runner that is built on it, puts into a notebook."""
_TYPED = "  # type: "
"""Stands in a notebook's own cell of parameters, for papermill's help."""
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_UNSET = ("", "none", "null")
_OF_ALL = frozenset({"params_file", "overrides", "run_dir", "interactive", "confirmed", "adopt"})
"""Given to every notebook by `hnskit run`, also to one that has no use for it."""
_SOURCE = "the notebook's parameters"
_AGAIN = (
    "Correct them (with papermill: -p NAME VALUE, or -r NAME VALUE for a value that is a text); no host was contacted."
)


def parameter_text(value: Any, name: str) -> str:
    """Take a text that papermill may have made a whole number of: an id of digits, a port.

    Args:
        value: what the notebook has.
        name: of the parameter.

    Returns:
        The text.

    Raises:
        ParamsError: it is a number with a fraction or an exponent, or no text at all: which digits it had is lost.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, os.PathLike):
        return str(value)
    if isinstance(value, float):
        lost = (
            "it was taken for a number, and its digits are lost" if math.isinf(value) else "it was taken for a number"
        )
        raise _wrong(name, f"text is wanted, and {lost}: give it with `-r {name} …`", repr(value))
    raise _wrong(name, "text is wanted", repr(value))


def parameter_flag(value: Any, name: str) -> bool:
    """Take a word for yes or no: true, false, yes, no, on, off in any case, 1 and 0.

    Args:
        value: what the notebook has.
        name: of the parameter.

    Returns:
        Whether it is yes.

    Raises:
        ParamsError: it is anything else.
    """
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in _WORDS:
        return _WORDS[word]
    raise _wrong(name, "true or false is wanted (yes, no, on and off will do)", repr(value))


def parameter_choice(value: Any, name: str) -> bool | None:
    """Take a word for yes or no, or nothing, as `parameter_flag` does.

    Args:
        value: what the notebook has; None, "" and "none" are nothing.
        name: of the parameter.

    Returns:
        Whether it is yes; None where nothing was said.

    Raises:
        ParamsError: it is anything else.
    """
    unset = value is None or (isinstance(value, str) and value.strip().lower() in _UNSET)
    return None if unset else parameter_flag(value, name)


def parameter_list(value: Any, name: str) -> tuple[str, ...]:
    """Take a list of texts, also as the text that `papermill -p` makes of one, or of a list in brackets.

    Args:
        value: what the notebook has.
        name: of the parameter.

    Returns:
        The texts.

    Raises:
        ParamsError: it is neither.
    """
    if value is None:
        return ()
    if not isinstance(value, str):
        if isinstance(value, Mapping) or not isinstance(value, Iterable):
            raise _wrong(name, "a list of key.path=value is wanted", repr(value))
        return tuple(map(str, value))
    text = value.strip()
    try:
        listed = yaml.safe_load(text) if text.startswith("[") else [text] if text else []
    except yaml.YAMLError:
        listed = [text]  # no override either: whoever takes it says so
    return tuple(map(str, listed))


def reader_of(interactive: bool | str | None) -> Reader:
    """The reader that a notebook's parameter names; where it names none, the one that is found."""
    wanted = parameter_choice(interactive, "interactive")
    if wanted is None:
        return find_reader()
    return Reader.PRESENT if wanted else Reader.ABSENT


def given_names() -> set[str] | None:
    """Name the parameters that a runner has put into this notebook; None where no runner has."""
    injected = _injected()
    return None if injected is None else _assigned(injected[1])


def require_known() -> None:
    """Stop where a runner has given a name that is neither a parameter of the notebook nor a key of a parameter file.

    Raises:
        ParamsError: with each such name, and the one that was probably meant.
    """
    injected = _injected()
    if injected is None:
        return
    declared, given = map(_assigned, injected)
    keys = {info.alias or name for name, info in Params.model_fields.items() if not info.exclude}
    unknown = sorted(given - declared - keys - _OF_ALL)
    if not unknown or not declared:
        return
    mistakes = []
    for name in unknown:
        near = difflib.get_close_matches(name, sorted(declared | keys), 1)
        meant = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(declared))}"
        mistakes.append(Mistake(name, f"this notebook has no such parameter; {meant}", ""))
    raise ParamsError(_SOURCE, tuple(mistakes), next_step=_AGAIN)


def default_file(params_file: str) -> tuple[str, bool]:
    """Take the variable `HNSKIT_PARAMS` where no runner has given a parameter file.

    Args:
        params_file: what the notebook has.

    Returns:
        The file, and whether the variable names it.
    """
    named = os.environ.get(PARAMS_VARIABLE, "").strip()
    if not named or "params_file" in (given_names() or ()):
        return params_file, False
    return named, True


def _injected() -> tuple[str, str] | None:
    """The notebook's own cell of parameters, and the one that a runner has put behind it; None where there is none."""
    cells = [str(cell) for cell in variables().get("In", ())]
    marked = [number for number, cell in enumerate(cells) if cell.startswith(_INJECTED) and number]
    if marked:
        return cells[marked[-1] - 1], cells[marked[-1]]
    own = [number for number, cell in enumerate(cells[:-1]) if _TYPED in cell]
    if own and not at_screen() and _only_assigns(cells[own[-1] + 1]):  # jupyter-scheduler writes no first line
        return cells[own[-1]], cells[own[-1] + 1]
    return None


def _only_assigns(source: str) -> bool:
    try:
        found = ast.parse(source).body
    except SyntaxError:
        return False
    return bool(found) and all(isinstance(node, ast.Assign) for node in found)


def _assigned(source: str) -> set[str]:
    names: set[str] = set()
    with contextlib.suppress(SyntaxError):
        for node in ast.parse(source).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def _wrong(name: str, message: str, shown: str) -> ParamsError:
    return ParamsError(_SOURCE, (Mistake(name, message, shown),), next_step=_AGAIN)
