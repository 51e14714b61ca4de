"""The rooms of hnskit/ import in one direction, which is the order of CONTRIBUTING's table."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "hnskit"
MOST_ROOMS, MOST_FLOORS = 20, 14
# The only importers of a library: a file, or a room's folder.
ONLY_IN = {"pypsrp": "remote/psrp.py", "ipywidgets": "runbook/widgets/"}


@dataclass(frozen=True)
class Import:
    """One module that one file imports, at the top, in a function or for types alone."""

    file: str
    """Below the package: `remote/psrp.py`."""
    module: str
    line: int

    @property
    def room(self) -> str:
        """The room of the file; "" for a file beside the rooms."""
        return self.file.partition("/")[0] if "/" in self.file else ""

    def target(self, package: str) -> str:
        """The room that is imported; "" for the package itself, another package, or a file beside the rooms."""
        parts = self.module.split(".")
        return parts[1] if parts[0] == package and len(parts) > 1 else ""


def table() -> list[tuple[str, str, str]]:
    """The rows of CONTRIBUTING's table: room, job, and where to begin."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## How the code is laid out")[2]
    return re.findall(r"^\| `(\w+)/` \| (.+) \| (.+) \|$", text.partition("\n## ")[0], flags=re.M)


def imports_of(package: Path) -> Iterator[Import]:
    """Every import of every file."""
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package).as_posix()
        inside = [package.name, *path.relative_to(package).parent.parts]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (Import(file, alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                start = inside[: len(inside) - node.level + 1] if node.level else []
                base = ".".join([*start, *([node.module] if node.module else [])])
                # `from package import room` imports a room; of any other, the names may be functions.
                names = [f"{base}.{alias.name}" for alias in node.names] if base == package.name else [base]
                yield from (Import(file, name, node.lineno) for name in names)


def wrong_imports(package: Path, order: list[str], leaf: str) -> list[str]:
    """What breaks the order: an import of a room further down, of a room that is not in the table, of the leaf."""
    found = []
    for item in imports_of(package):
        target = item.target(package.name)
        if not item.room or not target or target == item.room:
            continue
        if not (package / target).is_dir():
            found.append(f"{item.file}:{item.line} imports {item.module}: that is the public face, above all rooms")
        elif target not in order or item.room not in order:
            found.append(f"{item.file}:{item.line} imports {item.module}: a room is missing in the table")
        elif order.index(target) > order.index(item.room) or target == leaf:
            found.append(f"{item.file}:{item.line} imports {item.module}: {item.room} stands above {target}")
    return found


def floors_of(package: Path) -> dict[str, int]:
    """How many rooms stand on one another below each room, and itself."""
    below: dict[str, set[str]] = {path.parent.name: set() for path in package.glob("*/__init__.py")}
    for item in imports_of(package):
        target = item.target(package.name)
        if item.room in below and target in below and target != item.room:
            below[item.room].add(target)
    floors: dict[str, int] = {}

    def floor(room: str, path: tuple[str, ...] = ()) -> int:
        assert room not in path, f"a circle of imports: {' -> '.join((*path, room))}"
        if room not in floors:
            floors[room] = 1 + max((floor(other, (*path, room)) for other in below[room]), default=0)
        return floors[room]

    for room in below:
        floor(room)
    return floors


def test_the_table_has_each_room_and_each_file_that_it_names() -> None:
    rows = table()
    assert sorted(room for room, _, _ in rows) == sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    named = [(room, name) for room, job, begin in rows for name in re.findall(r"`([\w./]+)`", f"{job} {begin}")]
    assert [f"{room}/{name}" for room, name in named if not (PACKAGE / room / name).exists()] == []


def test_a_room_imports_only_from_rooms_above_it_in_the_table() -> None:
    assert wrong_imports(PACKAGE, [room for room, _, _ in table()], "emulator") == []


def test_there_are_few_rooms_on_few_floors() -> None:
    floors = floors_of(PACKAGE)
    assert len(floors) <= MOST_ROOMS
    assert max(floors.values()) <= MOST_FLOORS


def test_no_file_imports_itself_by_way_of_others() -> None:
    """Also not in a function or for types alone: of two files in a circle none can be read first."""
    files = {
        path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".") for path in PACKAGE.rglob("*.py")
    }
    imports: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
        imports[file] = set(_files_imported(path, files)) - {file}
    assert list(_in_circles(imports)) == []


def _files_imported(path: Path, files: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
        else:
            continue
        yield from (name for name in names if name in files)


def _in_circles(imports: dict[str, set[str]]) -> Iterator[str]:
    """Files that reach themselves: those that stay when files without imports are taken away again and again."""
    left = {file: set(others) for file, others in imports.items()}
    while gone := {file for file, others in left.items() if not others & left.keys()}:
        left = {file: others for file, others in left.items() if file not in gone}
    while outer := {file for file in left if not any(file in others for others in left.values())}:
        left = {file: others for file, others in left.items() if file not in outer}
    yield from sorted(left)


def test_circles_are_found() -> None:
    assert list(_in_circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()})) == ["b", "c"]


def test_a_file_s_name_is_said_once() -> None:
    names = Counter(path.name for path in PACKAGE.rglob("*.py") if not path.name.startswith("__"))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_has_one_importer(library: str) -> None:
    """Another place would have to be changed too when the library is."""
    importers = {item.file for item in imports_of(PACKAGE) if item.module.partition(".")[0] == library}
    assert importers
    assert [file for file in importers if not file.startswith(ONLY_IN[library])] == []


# The checker itself, on a made-up package of two rooms and a leaf.

DOWN = "from made.low.tool import tool\n"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("low/tool.py", "from made.high.user import use\n", "low stands above high"),
        ("low/tool.py", "def tool():\n    from made.high import user\n", "low stands above high"),
        ("low/tool.py", "if TYPE_CHECKING:\n    import made.high.user as user\n", "low stands above high"),
        ("low/tool.py", "from made import high\n", "low stands above high"),
        ("low/tool.py", "from ..high import user\n", "low stands above high"),
        ("high/user.py", "import made.leaf.thing\n", "high stands above leaf"),
        ("high/user.py", "from made.new import thing\n", "a room is missing in the table"),
        ("high/user.py", "from made import use\n", "that is the public face, above all rooms"),
        ("new/thing.py", DOWN, "a room is missing in the table"),
    ],
)
def test_an_upward_import_is_found_wherever_it_stands(tmp_path: Path, file: str, text: str, said: str) -> None:
    package = tmp_path / "made"
    for room in ("low", "high", "leaf", "new"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").write_text("")
    (package / "__init__.py").write_text("from made.high.user import use\n")
    (package / "high" / "user.py").write_text(DOWN + "from .other import more\nimport json\n")
    assert wrong_imports(package, ["low", "high", "leaf"], "leaf") == []
    assert floors_of(package) == {"low": 1, "high": 2, "leaf": 1, "new": 1}
    (package / file).write_text(text)
    (found,) = wrong_imports(package, ["low", "high", "leaf"], "leaf")
    assert found.startswith(f"{file}:{text.count(chr(10))} ")
    assert found.endswith(said)
