"""Foreign text leaves by its door: no file of hnskit knows another way out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import hnskit

ROOT = Path(hnskit.__file__).parent
_RULES = {
    "an output of type text/markdown: JupyterLab runs what is in it": r"text/markdown|display_markdown|\bMarkdown\(",
    "html.escape, which lets control characters through": r"from html import (?:.*, )?escape\b|\bhtml\.escape\(",
    "a terminal written to past its door": r"\bclick\.s?echo\(|(?<![.\w])print\(|sys\.std(?:out|err)\.write",
    "JSON with raw characters past its door": r"ensure_ascii=False",
    "CSV past its door": r"\.to_csv\(|\bcsv\.writer\(",
    "lines joined so that a name can begin one": r"(?<!Lines\()\"\\n\"\.join\(|'\\n'\.join\(",
}
_DOORS = {
    "foreign_text/escaping.py": set(_RULES),
    "foreign_text/terminal.py": {"a terminal written to past its door"},
    # The address of one's own app has its token, which is masked everywhere else.
    "commands/app_command.py": {"a terminal written to past its door"},
    "views/table.py": {"CSV past its door"},
    # Cells of a table, where a line break begins no line of anything.
    "views/change_frames.py": {"lines joined so that a name can begin one"},
    "views/pod_frames.py": {"lines joined so that a name can begin one"},
    # A text to search in.
    "errors/codes_in_text.py": {"lines joined so that a name can begin one"},
    "running/run_state.py": {"lines joined so that a name can begin one"},
}


def _code(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file without its docstrings and comments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            documented |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if number not in documented:
            yield number, line.partition("  # ")[0]


def _files() -> list[Path]:
    return [path for path in sorted(ROOT.rglob("*.py")) if "emulator" not in path.relative_to(ROOT).parts]


def _may(path: Path, rule: str) -> bool:
    """Whether a file is the door that a rule is about, or never speaks: what reads puts lines together to read on."""
    place = path.relative_to(ROOT).as_posix()
    return rule in _DOORS.get(place, ()) or ("joined" in rule and place.startswith(("facts/dumps/", "remote/")))


@pytest.mark.parametrize("rule", _RULES)
def test_no_file_goes_round_the_door(rule: str) -> None:
    pattern = re.compile(_RULES[rule])
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _files()
        if not _may(path, rule)
        for number, line in _code(path)
        if pattern.search(line)
    ]
    assert not found, f"{rule}:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("text/markdown", 'return {"text/plain": x, "text/markdown": x}'),
        ("html.escape", "from html import escape"),
        ("terminal", "click.echo(name)"),
        ("terminal", "print(name)"),
        ("JSON", "json.dumps(x, ensure_ascii=False)"),
        ("CSV", "frame.to_csv()"),
        ("joined", 'return "\\n".join(names)'),
    ],
)
def test_each_rule_sees_what_it_is_about(rule: str, line: str) -> None:
    assert any(rule in name and re.search(pattern, line) for name, pattern in _RULES.items())
