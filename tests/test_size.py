"""Files and functions stay short enough to be read at once, and a file's name is said once."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import hnskit

PACKAGE = Path(hnskit.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted(PACKAGE.rglob("*.ps*1"))
MOST_LINES, MOST_OF_A_FUNCTION = 350, 60


def test_no_file_is_longer_than_a_reader_can_take_in() -> None:
    """A file that grows beyond has more than one job: it is split by subject."""
    counts = {
        str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in [*FILES, *SCRIPTS]
    }
    assert {path: count for path, count in counts.items() if count > MOST_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    """From its first line, decorators aside, to its last, with the docstring."""
    long = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > MOST_OF_A_FUNCTION:
                    long[f"{path.relative_to(PACKAGE)}: {node.name}"] = lines
    assert long == {}


def test_a_base_name_is_said_once() -> None:
    """Of files that are not of Python's own kind (`__init__`): whoever names one means one."""
    names = Counter(path.stem for path in FILES if not path.stem.startswith("__"))
    assert [name for name, count in names.items() if count > 1] == []


def test_the_name_of_a_class_is_said_once() -> None:
    """Private ones aside."""
    names: Counter[str] = Counter()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                names[node.name] += 1
    assert [name for name, count in names.items() if count > 1] == []
