"""Docstrings begin with the noun or the verb that they are about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import hnskit

_ROOT = Path(hnskit.__file__).parent
_OPENS_ODDLY = re.compile(r"(Wh(at|o|om|ich)(ever)?|Whose|Whether|How|Why|That|Nobody|Somebody|Nothing|So)\b")


def docstrings() -> Iterator[tuple[str, str]]:
    """Place and first line of each, those of attributes included."""
    for path in sorted(_ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for statement in _body(node):
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    text = statement.value.value
                    if isinstance(text, str):
                        yield f"{path.relative_to(_ROOT)}:{statement.lineno}", text.strip().partition("\n")[0]


def _body(node: ast.AST) -> list[ast.stmt]:
    found = getattr(node, "body", None)
    return found if isinstance(found, list) else []


def test_no_docstring_opens_with_a_question_word_or_with_nobody() -> None:
    found = list(docstrings())
    assert len(found) > 1000
    assert [(place, line) for place, line in found if _OPENS_ODDLY.match(line)] == []


_NAMED_FILE = re.compile(r"`(?:[\w.]+/)*(\w+\.py)`")


def test_each_python_file_that_code_or_a_page_names_is_there() -> None:
    """A file that was renamed is still named by its old name in no docstring, comment or page."""
    project = _ROOT.parent
    folders = ("hnskit", "tests", "benchmarks")
    known = {path.name for folder in folders for path in (project / folder).rglob("*.py")}
    readers = [*_ROOT.rglob("*.py"), *(project / "docs").glob("*.md"), *project.glob("*.md")]
    named = {
        (str(path.relative_to(project)), name)
        for path in readers
        if path.name != "CHANGELOG.md"
        for name in _NAMED_FILE.findall(path.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    assert [(path, name) for path, name in sorted(named) if name not in known] == []
