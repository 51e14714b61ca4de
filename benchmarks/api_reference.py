"""docs/api.md, made from the docstrings of the public names: `python -m benchmarks.api_reference --write`.

Without `--write` it prints the page; a test holds that the file is what it prints.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import hnskit
from hnskit import runbook

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
_HEAD = """# API reference

Made from the docstrings by `python -m benchmarks.api_reference --write`; do not edit it here. Options are keyword-only.
What is wrong is always an error of `hnskit.errors`.

"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD.rstrip(), *_contents(), "\n## hnskit"]
    parts += [_entry(f"hnskit.{name}", getattr(hnskit, name)) for name in hnskit.__all__ if not _is_module(name)]
    for name in sorted(hnskit._MODULES):
        module = getattr(hnskit, name)
        parts += [f"## hnskit.{name}", _doc(module)]
        parts += [_entry(f"{name}.{item}", getattr(module, item)) for item in _names(module)]
    parts += ["## hnskit.runbook", _doc(runbook)]
    parts += [_entry(f"runbook.{name}", getattr(runbook, name)) for name in runbook.__all__]
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


def _is_module(name: str) -> bool:
    return isinstance(getattr(hnskit, name), ModuleType)


def _names(module: ModuleType) -> list[str]:
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    return [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
            and not name.startswith("_")]  # fmt: skip


def _contents() -> Iterator[str]:
    named = [name for name in hnskit.__all__ if not _is_module(name)]
    modules = [f"[hnskit.{name}](#hnskit{name})" for name in [*sorted(hnskit._MODULES), "runbook"]]
    yield "Names: " + ", ".join(f"[{name}](#hnskit{name.lower()})" for name in named) + "."
    yield "Modules: " + ", ".join(modules) + "."


def _entry(name: str, value: Any) -> str:
    if inspect.isclass(value):
        return _class(name, value)
    if inspect.isfunction(value):
        return f"### {name}\n\n```python\n{_signature(name.rpartition('.')[2], value)}\n```\n\n{_doc(value)}"
    return f"### {name}\n\n`{_plain(value)}`"


def _class(name: str, value: type) -> str:
    lines = [f"### {name}", _own_doc(value)]
    if issubclass(value, Enum):
        lines.append(", ".join(f"`{item.value}`" for item in value) + ".")
    elif is_dataclass(value):
        said = _field_docs(value)
        lines.append("\n".join(
            f"- `{item.name}: {item.type}{_default(item)}`{said.get(item.name, '')}" for item in fields(value)
        ))  # fmt: skip
    for method, found in vars(value).items():
        target = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        if method.startswith("_") or not (inspect.isfunction(target) or isinstance(target, property)):
            continue
        if isinstance(target, property):
            lines.append(f"**{method}**: {_first(target)}")
        else:
            lines.append(f"**{_signature(method, target)}**\n\n{_doc(target)}".replace("**def ", "**"))
    return "\n\n".join(line for line in lines if line)


def _default(field: Any) -> str:
    if field.default is MISSING:
        return ""
    return f" = {field.default!r}"


def _field_docs(value: type) -> dict[str, str]:
    """The texts below the fields of a class, and of its bases."""
    found: dict[str, str] = {}
    for kind in reversed(value.__mro__[:-1]):
        body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
        assert isinstance(body, ast.ClassDef)
        for one, after in pairwise(body.body):
            if isinstance(one, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                found[ast.unparse(one.target)] = f": {inspect.cleandoc(str(after.value.value))}".replace("\n", " ")
    return found


def _signature(name: str, function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    given = [item for item in signature.parameters.values() if item.name not in ("self", "cls")]
    text = _plain(signature.replace(parameters=given)).replace("'", "")
    return f"def {name}{text}"


def _first(value: Any) -> str:
    return (inspect.getdoc(value) or "").partition("\n\n")[0].replace("\n", " ")


def _own_doc(value: type) -> str:
    """Not that of a base, and not the signature that a dataclass without a docstring gets."""
    return _markdown(inspect.cleandoc(value.__doc__ or ""))


def _doc(value: Any) -> str:
    return _markdown(inspect.getdoc(value) or "")


def _markdown(text: str) -> str:
    """A docstring's sections as lists."""
    lines = []
    section = False
    for line in text.split("\n"):
        if re.fullmatch(r"(Args|Returns|Raises|Attributes):", line):
            section = line != "Returns:"
            lines += [f"**{line[:-1]}**", ""]
        elif section and (item := re.match(r"    ([*\w][\w., ]*): (.*)", line)):
            lines.append(f"- `{item[1]}`: {item[2]}")
        elif section and line.startswith("        "):
            lines.append(f"  {line.strip()}")
        elif line.startswith("    ") and lines and lines[-1:] and not section and "**Returns**" in lines:
            lines.append(line.strip())
        else:
            section = section and not line.strip()
            lines.append(line)
    return "\n".join(lines).strip()


def _plain(value: Any) -> str:
    """A value without an address of this machine's memory or a module's path."""
    without = re.sub(r"<(\w+\.\w+): [^>]*>", r"\1", str(value))
    return re.sub(r"\b(?:[a-z_]+\.)+([A-Z]\w*)", r"\1", without)


def main() -> None:
    """Print the page, or write it."""
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")


if __name__ == "__main__":
    main()
