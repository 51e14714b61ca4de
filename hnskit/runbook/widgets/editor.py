"""The whole parameter file as a form: a row for each key of the model, with what is wrong beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets
import yaml

from hnskit.errors import HnskitError
from hnskit.foreign_text.escaping import escape_html
from hnskit.params.form_fields import Row, Section, sections
from hnskit.params.params_file import ParamsFile
from hnskit.runbook.widgets.client_table import ClientTable
from hnskit.runbook.widgets.folds import Folds
from hnskit.views.style import GOOD, error_html

_LABEL = {"description_width": "13em"}
_FIELD = {"width": "34em", "flex": "0 0 auto", "max_width": "98%"}  # a long hint beside it must not squeeze it


_PODS = "a list: [{namespace: web, labels: {app: client}}]; each key is in params/pods.example.yaml"


class ParamsEditor:
    """Edits one file; `widget` shows it.

    Args:
        path: the file.
        on_change: called after each edit, and when another file was read.
    """

    def __init__(self, path: Path, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._told: dict[str, Any] = {}
        self._fields: dict[str, Any] = {}
        self._meanings: dict[str, str] = {}
        self.file = ParamsFile(path)
        self._folds = Folds()
        self._all = ipywidgets.Button(layout={"width": "98%", "max_width": "70em"})
        self._all.add_class("hk-fold")
        self._all.on_click(lambda _: self.show_all(self._folds.widget.layout.display == "none"))
        self._folds.widget.layout.display = "none"
        self._built = False
        self._top = ipywidgets.VBox()
        self._save_as = ipywidgets.Text(description="Save as", style=_LABEL, layout=_FIELD)
        self._save = ipywidgets.Button(description="Save", button_style="primary", tooltip="Write the file")
        self._save.on_click(self._on_save)
        self._said = ipywidgets.HTML()
        row = ipywidgets.HBox([self._save_as, self._save])
        self.widget = ipywidgets.VBox([self._top, self._all, self._folds.widget, row, self._said])
        self._build()
        self.show_all(bool(self.file.mistakes()))

    def open(self, path: Path) -> None:
        """Read another file, or the same again.

        Raises:
            ParamsError: it cannot be read.
        """
        self.file = ParamsFile(path)
        self._build()
        self._on_change()

    def show_all(self, shown: bool) -> None:
        """Show or hide all parts of the file: folded, what is done with it stands in sight below."""
        self._folds.widget.layout.display = "" if shown else "none"
        self._name_all()

    @property
    def ready(self) -> bool:
        """Tell whether the file is in order and saved."""
        return not self.file.changed and not self.file.mistakes()

    def _build(self) -> None:
        self._fields, self._told, self._meanings, self._built = {}, {}, {}, False
        self._save_as.value = str(self.file.path)
        self._titles: list[tuple[str, str]] = []
        top, *rest = sections()
        self._top.children = [self._row(row.path, row) for row in top.rows]
        pages = []
        for section in rest:
            if section.name == "clients":
                pages.append(self._clients(section))
            elif section.name == "pods":  # a list, of which most hosts have none: as YAML in one field
                pages.append(ipywidgets.VBox([self._row("pods", Row("pods", "yaml", _PODS, default=[]))]))
            else:
                pages.append(ipywidgets.VBox([self._row(f"{section.name}.{row.path}", row) for row in section.rows]))
            self._titles.append((section.name, section.title))
        self._folds.fill([name for name, _ in self._titles], pages)
        self._built = True
        self._check()

    def _clients(self, section: Section, opened: int = -1) -> Any:
        self._table = ClientTable(
            self.file.clients, section.rows, cell=self._cell, full=self._row, note=self._client_note,
            changed=self._on_clients, opened=opened, longest=self._longest,
        )  # fmt: skip
        return self._table.widget

    def _longest(self, key: str) -> int:
        values = (self.file.get(f"clients[{at}].{key}") for at in range(self.file.clients))
        return max((len(str(value or "")) for value in values), default=0)  # pods alone: no client

    def _cell(self, path: str, row: Row) -> Any:
        """A field in a line of the table, without label: its column says which key it is."""
        value = self.file.get(path)
        field = _field(path, row, row.default if value is None else value)
        field.description, field.placeholder = "", row.path
        self._watch(path, row, field)
        return field

    def _client_note(self, path: str) -> Any:
        self._told[path], self._meanings[path] = ipywidgets.HTML(), ""
        return self._told[path]

    def _on_clients(self, wanted: str, number: int) -> None:
        """Clients come and go: build the form anew, with the same part open."""
        if wanted == "remove":
            self.file.remove_client(number)
        else:
            self.file.add_client(number)
        self._build()
        self.show_all(True)
        self._folds.open("clients")
        self._on_change()

    def _watch(self, path: str, row: Row, field: Any) -> None:
        self._fields[path] = field
        field.observe(lambda change: self._take(path, row, change["new"]), "value")

    def _row(self, path: str, row: Row) -> Any:
        value = self.file.get(path)
        field = _field(path, row, row.default if value is None else value)
        note = ipywidgets.HTML()
        self._told[path], self._meanings[path] = note, row.meaning
        self._watch(path, row, field)
        self._check_soon()
        return ipywidgets.HBox([field, note])

    def _check_soon(self) -> None:
        """Fill the notes of rows that are made later than the form."""
        if self._built:
            self._check()

    def _take(self, path: str, row: Row, typed: Any) -> None:
        value = _value(row, typed)
        field = self._fields[path]
        if isinstance(typed, str):
            field.tooltip = f"{path}: {typed.strip()}"
            if typed != typed.strip():  # pasted with blanks: they are not part of it
                field.value = typed.strip()
                return
        if self.file.get(path) is None and value == row.default:
            return
        self.file.set(path, value)
        self._said.value = ""
        self._check()
        self._on_change()

    def _check(self) -> None:
        mistakes = self.file.mistakes()
        for path, note in self._told.items():
            wrong = next(
                (_named(where, path, words) for where, words in mistakes.items() if _is_about(where, path)), ""
            )
            note.value = (
                _mark(wrong) if wrong else f'<span style="opacity:.7">{escape_html(self._meanings[path])}</span>'
            )
        for name, title in self._titles:
            count = sum(where.split(".")[0].split("[")[0] == name for where in mistakes)
            words = name + (f" ({count} to correct)" if count else "") + f": {title}"
            self._folds.set_title(name, words)
        self._name_all()
        elsewhere = [f"{where}: {words}" for where, words in mistakes.items() if not self._has_row(where)]
        if mistakes:
            more = "".join(f"<br>{_mark(words)}" for words in elsewhere)
            self._said.value = (
                f'<span role="alert">{_mark(f"{len(mistakes)} to correct before it can be saved.")}</span>{more}'
            )
        elif self.file.changed:
            self._said.value = "There are changes to save."
        self._save.disabled = bool(mistakes) or not (self.file.changed or self._renamed)

    def _name_all(self) -> None:
        closed = self._folds.widget.layout.display == "none"
        names, wrong = ", ".join(name for name, _ in self._titles), self._wrong_inside()
        words = "All parameters" + (f" ({wrong} to correct)" if wrong else "") + f": {names}"
        self._all.description = f"{'▸' if closed else '▾'} {words}"
        self._all.tooltip = f"{'Open' if closed else 'Close'} all parameters"

    def _wrong_inside(self) -> int:
        """Count the mistakes of the folded parts; target and runtime stand above them."""
        inside = {name for name, _ in self._titles}
        return sum(where.split(".")[0].split("[")[0] in inside for where in self.file.mistakes())

    @property
    def _renamed(self) -> bool:
        return str(self._save_as.value) != str(self.file.path)

    def _has_row(self, where: str) -> bool:
        return any(_is_about(where, path) for path in self._told)

    def _on_save(self, _: Any) -> None:
        try:
            saved = self.file.save(_place(str(self._save_as.value), self.file.path))
        except HnskitError as error:
            self._said.value = f'<span role="alert">{_mark(error.paragraph())}</span>'
            return
        self._save_as.value = str(saved)
        self._check()
        self._said.value = f'<span role="status" style="color:{GOOD}">✓ Saved: {escape_html(str(saved))}</span>'
        self._on_change()


def _place(typed: str, beside: Path) -> Path:
    """The file that a name means: a mere name lies beside the file that was read, and ends like a parameter file."""
    path = Path(typed.strip()).expanduser()
    if path.suffix not in (".yaml", ".yml"):
        path = path.with_name(f"{path.name}.yaml")
    return beside.parent / path if path.parent == Path() and not path.is_absolute() else path


def _named(where: str, path: str, words: str) -> str:
    """A mistake beside its field; beside a line of several fields, with the key that it is about."""
    key = where.removeprefix(path).lstrip(".") if path.endswith("]") else ""
    return f"{key}: {words}" if key else words


def _is_about(where: str, path: str) -> bool:
    """Tell whether a mistake's place is a row's, or lies below it."""
    return where == path or where.startswith((f"{path}.", f"{path}["))


def _field(path: str, row: Row, value: Any) -> Any:
    said = {"description": path.rpartition(".")[2] if path.count(".") < 2 else ".".join(path.split(".")[1:]),
            "style": _LABEL, "layout": _FIELD,
            "tooltip": f"{path}: {_typed(row, value)}" if value else path}  # fmt: skip
    if row.kind == "flag":
        return ipywidgets.Checkbox(value=bool(value), indent=True, **said)
    if row.kind == "choice":
        known = [(choice or "(empty)", choice) for choice in row.choices]
        if value not in row.choices:
            known.append((str(value), value))
        return ipywidgets.Dropdown(options=known, value=value, **said)
    return ipywidgets.Text(value=_typed(row, value), continuous_update=False, **said)


def _typed(row: Row, value: Any) -> str:
    """A value as a person types it."""
    if row.kind != "yaml":
        return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    if value in (None, [], {}):
        return ""
    return (
        str(yaml.safe_dump(_plain(value), default_flow_style=True, width=10_000, allow_unicode=True))
        .removesuffix("...\n")
        .strip()
    )


def _plain(value: Any) -> Any:
    """Without ruamel's own kinds of list and text, which PyYAML does not know."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _value(row: Row, typed: Any) -> Any:
    """Return the typed value in the file's type; unreadable text stays text, and the model refuses it."""
    if row.kind in ("text", "flag", "choice"):
        return typed
    if row.kind == "yaml" and not typed.strip():
        return row.default
    try:
        value = yaml.safe_load(typed)
    except yaml.YAMLError:
        return typed
    return float(value) if row.kind == "number" and isinstance(value, int) and not isinstance(value, bool) else value


def _mark(text: str) -> str:
    return error_html(text, inline=True)
