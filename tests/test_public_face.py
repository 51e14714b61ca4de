"""The public face: its names are complete, its options keyword-only, its docstrings whole, its reprs short."""

from __future__ import annotations

import ast
import enum
import inspect
import json
import re
import subprocess
import sys
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

import hnskit
from benchmarks import api_reference
from hnskit import errors, runbook
from hnskit.diagnosis.explaining import explain
from tests import sample_facts
from tests.host_process import emulated_host
from tests.waiting import LONG

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "tests" / "typing" / "user_script.py"
FUNCTION_MODULES = ("frames", "policies", "topology")
# A notebook's first cell hands these its four parameters in the order in which papermill has them.
NOTEBOOK_CELLS = {"runbook.choose", "runbook.open_session", "runbook.paste", "runbook.start_page", "runbook.Paste.read"}
# They are pure, and raise nothing of their own.
RAISE_NOTHING = {
    "desired_from", "diagnose", "differences", "drift", "made_on", "outcome_of", "plan_destroy", "preflight",
    "undone_of", "topology.draw", "policies.choose_kind", "policies.clear", "policies.find_endpoints",
    "policies.list_policies", "policies.plan", "policies.remove",
}  # fmt: skip


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Each function by the name that a user writes."""
    for name in hnskit.__all__:
        value = getattr(hnskit, name)
        if inspect.isfunction(value):
            yield name, value
        elif name in FUNCTION_MODULES:
            listed = getattr(value, "__all__", None) or [item for item in vars(value) if not item.startswith("_")]
            own = [(item, getattr(value, item)) for item in listed]
            yield from (
                (f"{name}.{item}", found)
                for item, found in own
                if inspect.isfunction(found) and (hasattr(value, "__all__") or found.__module__ == value.__name__)
            )


def notebook_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Each function, and each public method of each class, of `hnskit.runbook`."""
    for name in runbook.__all__:
        value = getattr(runbook, name)
        if inspect.isfunction(value):
            yield f"runbook.{name}", value
        elif inspect.isclass(value):
            methods = inspect.getmembers(value, inspect.isfunction)
            yield from ((f"runbook.{name}.{item}", found) for item, found in methods if not item.startswith("_"))


PUBLIC = dict(public_functions())
EVERY = {**PUBLIC, **dict(notebook_functions())}


def types_in(annotation: Any) -> Iterator[type]:
    """The classes that an annotation names."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from types_in(inner)


def test_every_name_is_there_once_and_in_order() -> None:
    assert len(set(hnskit.__all__)) == len(hnskit.__all__)
    assert set(hnskit.__all__) == {*hnskit._HOMES, *hnskit._MODULES}
    assert all(getattr(hnskit, name) is not None for name in hnskit.__all__)
    assert set(hnskit.__all__) <= set(dir(hnskit))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        hnskit.nothing  # noqa: B018 - the look-up is the test


def test_what_functions_take_and_return_has_a_public_name() -> None:
    """Or is of one of the public modules; so a user can annotate with it."""
    known = {id(getattr(hnskit, name)) for name in hnskit.__all__}
    for module in (hnskit.errors, hnskit.objects, hnskit.policies, hnskit.topology):
        known |= {id(value) for value in vars(module).values()}
    missing = set()
    for name, function in PUBLIC.items():
        source = sys.modules[function.__module__]
        for part, annotation in typing.get_type_hints(function, vars(source) | _typing_names(source)).items():
            missing |= {
                f"{name}({part}): {found.__qualname__}"
                for found in types_in(annotation)
                if found.__module__.startswith("hnskit.") and id(found) not in known
            }
    assert sorted(missing - ALLOWED) == []


ALLOWED = {
    "connect(params): TargetParams", "open_host(params): TargetParams",  # the part of `Params` that they need
    "connect(return): ConnectedSession",  # a `Session` that is closed by `with`
    "run(watcher): Watcher", "frames.explanation_frame(explanation): ExplanationData",
    "frames.matrix_frame(explanations): ExplanationData", "destroy(journal): Records",
    "apply(journal): Records", "policies.apply(journal): Records",
}  # fmt: skip


def _typing_names(module: types.ModuleType) -> dict[str, Any]:
    """The names that a module imports for types alone."""
    tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
    found: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            there = __import__(node.module, fromlist=["_"])
            found |= {item.asname or item.name: getattr(there, item.name, None) for item in node.names}
        elif isinstance(node, ast.Import):
            found |= {
                item.asname or item.name.partition(".")[0]: __import__(item.name, fromlist=["_"] if item.asname else [])
                for item in node.names
            }
    return found


@pytest.mark.parametrize("name", sorted(EVERY.keys() - NOTEBOOK_CELLS))
def test_options_are_keyword_only(name: str) -> None:
    """So that the third argument of a function cannot be taken for another's."""
    given = inspect.signature(EVERY[name]).parameters.values()
    loose = [item.name for item in given if item.default is not item.empty and item.kind is not item.KEYWORD_ONLY]
    assert loose == []


@pytest.mark.parametrize("name", sorted(EVERY))
def test_the_docstring_says_arguments_result_and_errors(name: str) -> None:
    doc = inspect.getdoc(EVERY[name]) or ""
    signature = inspect.signature(EVERY[name])
    arguments = doc.partition("Args:\n")[2]
    for parameter in signature.parameters:
        assert parameter == "self" or re.search(rf"^ +{parameter}: ", arguments, flags=re.M), f"{parameter} is not said"
    assert "Returns:\n" in doc or signature.return_annotation in ("None", None)
    if not name.startswith(("frames.", "runbook.")) and name not in RAISE_NOTHING:
        assert "Raises:\n" in doc
    if name.startswith("frames."):
        assert "the columns" in doc
        assert re.search(r"\b(str|Int64|boolean|Float64)\b", doc), "no dtypes"


def error_classes() -> list[type[errors.HnskitError]]:
    """Each class of the tree that hnskit.errors has."""
    return [
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.HnskitError)
    ]


def test_every_error_is_in_one_tree_and_listed() -> None:
    """Also those that other rooms define: a user catches them by hnskit.errors."""
    __import__("hnskit.commands.cli")
    listed = set(errors.__all__)
    assert [item.__name__ for item in error_classes() if item.__name__ not in listed] == []


@pytest.mark.parametrize(
    ("call", "kind", "field"),
    [
        (lambda: explain(sample_facts.complete(), "nobody", "169.254.169.254"), errors.SelectionError, "host"),
        (lambda: explain(sample_facts.complete(), "hnskit-client1", "example.org"), errors.ArgumentError, "message"),
        (
            lambda: explain(sample_facts.complete(), "hnskit-client1", "1.2.3.4", port=0),
            errors.ArgumentError,
            "message",
        ),
        (lambda: hnskit.explain_code("no such name"), errors.ArgumentError, "message"),
        (lambda: hnskit.explain_code(1 << 40), errors.ArgumentError, "message"),
        (lambda: hnskit.explain_code("already_exists"), errors.ArgumentError, "message"),
        (lambda: hnskit.params_from({"nope": 1}, source="mine"), errors.ParamsError, "mistakes"),
        (lambda: hnskit.Facts.from_json({"networks": []}), errors.SnapshotError, "source"),
        (lambda: hnskit.Facts.from_json({"target": "x", "nope": 1}), errors.SnapshotError, "source"),
    ],
)
def test_what_is_wrong_is_an_error_with_fields(
    call: Callable[[], object], kind: type[errors.HnskitError], field: str
) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert isinstance(caught.value, errors.HnskitError)
    assert getattr(caught.value, field)
    assert caught.value.exit_status in (2, 3)
    json.dumps(caught.value.to_json())


@pytest.mark.parametrize(
    "form", [0x803B0013, -2143617005, "0x803b0013", "0X803B0013", "2151350291", "-2143617005",
             "HCN_E_PORT_ALREADY_EXISTS", "hcn_e_port_already_exists"]
)  # fmt: skip
def test_a_code_is_known_in_any_form(form: int | str) -> None:
    assert hnskit.explain_code(form).name == "HCN_E_PORT_ALREADY_EXISTS"


def test_facts_come_back_from_json() -> None:
    """From the mapping, and from its text."""
    for facts in (sample_facts.fresh(), sample_facts.complete()):
        assert hnskit.Facts.from_json(facts.to_json()) == facts
        assert hnskit.Facts.from_json(json.loads(json.dumps(facts.to_json(), default=dict))) == facts


def shown() -> list[object]:
    """One of each result that is printed."""
    facts, desired = sample_facts.complete(), sample_facts.desired()
    plan = hnskit.plan(desired, sample_facts.fresh())
    return [
        facts, desired, plan, hnskit.drift(desired, facts), sample_facts.made(),
        hnskit.Verification("emulator://lab", ()), hnskit.Outcome(plan, (), facts, facts, 1.0),
        explain(facts, "hnskit-client1", "169.254.169.254"),
    ]  # fmt: skip


@pytest.mark.parametrize("result", shown(), ids=lambda item: type(item).__name__)
def test_a_repr_is_one_line(result: object) -> None:
    assert len(repr(result)) < 160
    assert "\n" not in repr(result)


def test_print_shows_what_a_person_reads() -> None:
    plan = hnskit.plan(sample_facts.desired(), sample_facts.fresh())
    assert str(plan) == plan.to_text()
    assert len(str(plan).splitlines()) >= len(plan.steps)


def test_a_finding_is_of_one_class() -> None:
    """Preflight's and the doctor's, with text and JSON."""
    facts, desired = sample_facts.complete(), sample_facts.desired()
    found = [
        *hnskit.preflight(desired, facts),
        *hnskit.diagnose(sample_facts.with_endpoint(facts, "hnskit-client1", policies=())),
    ]
    assert {type(item) for item in found} == {hnskit.Finding}
    assert all(item.to_text().startswith(item.severity) for item in found)
    assert all(set(item.to_json()) == {field.name for field in fields(hnskit.Finding)} for item in found)


def test_the_script_uses_each_public_name_and_nothing_else() -> None:
    names = {
        node.attr
        for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "hnskit"
    }
    assert names | {"errors", "fleet", "frames", "objects", "policies", "topology"} == set(hnskit.__all__)


def test_the_script_passes_mypy_strict() -> None:
    """As an installed package, by py.typed; in the cache that `make lint` has filled."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(SCRIPT)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_script_runs_on_an_emulated_host(tmp_path: Path) -> None:
    with emulated_host(tmp_path) as overrides:
        target = next(item for item in overrides if item.startswith("target=")).removeprefix("target=")
        done = subprocess.run(
            [sys.executable, str(SCRIPT), target], cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONG
        )
    assert done.returncode == 0, done.stdout + done.stderr


def test_public_data_classes_say_what_their_fields_are() -> None:
    """Enums and errors aside, each public class has a docstring of its own."""
    classes = [value for name in hnskit.__all__ if inspect.isclass(value := getattr(hnskit, name))]
    assert [item.__name__ for item in classes if not (item.__doc__ or "").strip()] == []
    assert [item for item in classes if is_dataclass(item) or issubclass(item, enum.Enum)]


def test_the_api_reference_is_what_the_docstrings_say() -> None:
    """To renew it: python -m benchmarks.api_reference --write."""
    assert api_reference.PAGE.read_text(encoding="utf-8") == api_reference.page()
