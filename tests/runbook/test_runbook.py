"""A session at the screen: the form, the button, and what the cells after it say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import ipywidgets
import pytest

from hnskit import runbook
from hnskit.diagnosis.explanation import Explanation
from hnskit.errors import HnskitError, HostUnreachableError, ParamsError, PreflightError, VerificationError
from hnskit.facts.snapshot import save_facts
from hnskit.local import project
from hnskit.runbook import screen
from hnskit.runbook.widgets import params_form
from hnskit.running import run_folder as runfolder
from hnskit.views.table import View
from tests import sample_facts
from tests.host_process import emulated_host

ROOT = Path(__file__).parents[2]
PARAMS = ROOT / "params" / "emulator.yaml"
PODS = ROOT / "params" / "pods.example.yaml"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path / "state") as overrides:
        yield overrides


def buttons(widget: Any) -> list[Any]:
    """The button of the work, without the one that stops it."""
    row = next(child for child in widget.children if isinstance(child, ipywidgets.HBox))
    return [row.children[0]]


@pytest.fixture(autouse=True)
def _new_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was typed yet."""
    monkeypatch.setattr(runbook, "_selections", {})


class Form:
    """The rows of a form, by the name that stands before them."""

    def __init__(self, choice: runbook.ParamsChoice) -> None:
        _, *rows, self.secret, self.verdict, _ = params_form(choice.selection, [choice.selection.params_file]).children
        self.fields = {row.children[0].description: row.children[0] for row in rows}
        self.notes = {row.children[0].description: row.children[1] for row in rows}


def test_a_button_applies_once_and_the_next_cell_says_what_came_of_it(lab: list[str], tmp_path: Path) -> None:
    """Nothing happens before it is pressed, and it cannot be pressed twice."""
    session = runbook.choose(PARAMS, lab, tmp_path / "run", interactive=True).open("network")
    assert "4 to do" in str(session.plan())
    widget = session.apply_button("Create the network")
    assert "not been pressed" in str(session.result())
    (button,) = buttons(widget)
    button.click()
    assert button.disabled
    result = session.result()
    assert isinstance(result, View)
    assert result.frame["object"].iloc[0] == "network hnskit-l2bridge"
    assert "hnskit-l2bridge" in session.show("networks").to_text()
    session.finish()
    written = runfolder.read_json(runfolder.results_file(tmp_path / "run", "network"))
    assert written is not None
    assert (written["ok"], written["changed"], written["error"]) == (True, 4, None)
    for moment in ("before", "after"):
        assert runfolder.picture_file(tmp_path / "run", "network", moment).is_file()


def test_what_fails_under_the_button_is_raised_by_the_next_cell(lab: list[str], tmp_path: Path) -> None:
    """An exception in a callback fails no run; and the button can be pressed again."""
    session = runbook.choose(PARAMS, lab, tmp_path / "run", interactive=True).open("network")
    widget = session.apply_button("Create the network")
    from hnskit.emulator import registry

    registry.stop(lab[0].rpartition("/")[2])
    session.finish()  # lets go of the connection, so that the press has to connect anew
    object.__setattr__(session.params.emulator, "start", False)
    (button,) = buttons(widget)
    button.click()
    with pytest.raises(HostUnreachableError):
        session.result()
    assert (button.disabled, button.description) == (False, "Try again")


def test_a_refused_plan_has_no_button(lab: list[str], tmp_path: Path) -> None:
    """There is nothing to press for; the next cell says why."""
    session = runbook.choose(PARAMS, lab, tmp_path / "run", interactive=True).open("policy")
    assert session.apply_button("Redirect") is None
    with pytest.raises(PreflightError, match="20_proxy_container"):
        session.result()
    assert not (tmp_path / "run" / "journal.jsonl").exists()


def test_a_book_that_ends_unpressed_says_so(lab: list[str]) -> None:
    """Run All at the screen must not look like a success."""
    session = runbook.choose(PARAMS, lab, interactive=True).open("network")
    session.plan()
    session.apply_button("Create the network")
    assert str(session.finish()) == "Nothing was changed: the button was not pressed."


def test_headless_a_failure_is_written_down_before_it_is_raised(lab: list[str], tmp_path: Path) -> None:
    """With what the runner needs: the sentence and the exit status."""
    session = runbook.choose(PARAMS, lab, tmp_path / "run", interactive=False).open("verify")
    with pytest.raises(VerificationError):
        session.require_proof()
    written = runfolder.read_json(runfolder.results_file(tmp_path / "run", "verify"))
    assert written is not None
    assert written["error"]["exit_status"] == 1
    assert written["error"]["paragraph"].startswith("emulator://")
    assert written["verification"]["ok"] is False


def test_wrong_parameters_are_written_down_too(tmp_path: Path) -> None:
    """The session could not even be opened."""
    with pytest.raises(ParamsError):
        runbook.open_session(PARAMS, "network", ["nope=1"], tmp_path / "run", interactive=False)
    written = runfolder.read_json(runfolder.results_file(tmp_path / "run", "network"))
    assert written is not None
    assert written["error"]["mistakes"] == [{"path": "nope", "message": "no such key", "value": "1"}]


def test_the_form_marks_a_wrong_field_and_takes_a_right_one() -> None:
    """The error stands beside its field; what is as in the file is not an override."""
    choice = runbook.choose(PARAMS, interactive=True)
    form = Form(choice)
    form.fields["network.subnet"].value = "10.0.1.0/99"
    assert "✗" in form.notes["network.subnet"].value
    assert "Correct" in form.verdict.value
    form.fields["network.subnet"].value = "10.0.1.0/25"
    assert "✗" not in form.notes["network.subnet"].value
    assert choice.selection.overrides == ['network.subnet="10.0.1.0/25"']
    form.fields["network.subnet"].value = "10.0.1.0/24"
    assert choice.selection.overrides == []
    assert "in order" in form.verdict.value


def test_the_form_keeps_the_overrides_that_the_notebook_was_given() -> None:
    """They are not shown as fields, but they count."""
    choice = runbook.choose(PARAMS, ["redirect.port=8080"], interactive=True)
    form = Form(choice)
    form.fields["proxy.address"].value = "10.0.1.9"
    assert choice.selection.overrides == ["redirect.port=8080", 'proxy.address="10.0.1.9"']


def test_run_all_keeps_what_was_typed_until_it_is_taken_back() -> None:
    """The form's cell runs again: right and wrong values are still there, and the file is one click away."""
    form = Form(runbook.choose(PARAMS, interactive=True))
    form.fields["proxy.address"].value = "10.0.1.9"
    form.fields["network.subnet"].value = "10.0.1.0/99"
    choice = runbook.choose(PARAMS, interactive=True)
    again = Form(choice)
    assert again.fields["proxy.address"].value == "10.0.1.9"
    assert "✗" in again.notes["network.subnet"].value
    again.notes["params_file"].click()
    assert again.fields["proxy.address"].value == ""
    assert choice.selection.overrides == []
    assert "in order" in again.verdict.value


def test_a_book_that_is_opened_anew_ends_the_one_before_even_if_that_fails(lab: list[str], tmp_path: Path) -> None:
    """JupyterLab may run the cells below a failed one: what they still show must not act on the host."""
    choice = runbook.choose(PARAMS, lab, interactive=True)
    session = choice.open("network")
    session.plan()
    shown = session.apply_button("Create the network")
    choice.selection.edits = {"network.subnet": "10.0.1.0/99"}
    with pytest.raises(ParamsError):
        choice.open("network")
    buttons(shown)[0].click()
    session._button.wait()
    assert "closed when another was opened" in shown.children[-1].value
    assert "Run the cell that opens the session again" in shown.children[-1].value
    for cell in (session.plan, session.result, session.require_proof, lambda: session.show("networks")):
        with pytest.raises(HnskitError, match="closed when another was opened"):
            cell()
    choice.selection.edits = {}
    assert choice.open("network").facts.networks_named("hnskit-l2bridge") == ()


@pytest.mark.parametrize(
    ("given", "overrides"),
    [
        ("", []),
        ("[]", []),
        ("[redirect.port=8080", ["[redirect.port=8080"]),
        ("redirect.port=8080", ["redirect.port=8080"]),
        ('["redirect.port=8080", "proxy.address=10.0.1.9"]', ["redirect.port=8080", "proxy.address=10.0.1.9"]),
    ],
)
def test_overrides_may_be_the_text_that_papermill_makes_of_them(given: str, overrides: list[str]) -> None:
    """`papermill -p overrides …` gives a text."""
    assert runbook.choose(PARAMS, given, interactive=False).selection.overrides == overrides


def test_other_arguments_are_another_choice() -> None:
    """What was typed for one host is not taken for another, and nothing typed counts without a reader."""
    Form(runbook.choose(PARAMS, interactive=True)).fields["proxy.address"].value = "10.0.1.9"
    assert runbook.choose(PARAMS, ["target=emulator://b"], interactive=True).selection.edits == {}
    assert runbook.choose(PARAMS, interactive=False).selection.edits == {}


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [(SimpleNamespace(_allow_stdin=True), True), (SimpleNamespace(_allow_stdin=False), False), (None, False)],
)
def test_somebody_is_at_the_screen_if_the_kernel_may_ask(
    kernel: Any, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JupyterLab allows it, papermill does not; a terminal's IPython has no kernel."""
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: SimpleNamespace(kernel=kernel))
    assert screen.at_screen() is expected


def test_a_file_is_found_from_the_notebooks_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab's kernel works there; runs still go to the project's root."""
    monkeypatch.chdir(ROOT / "notebooks")
    assert project.find_params("params/emulator.yaml") == Path("../params/emulator.yaml")
    assert project.default_runs() == Path("../runs")
    assert project.from_root(Path("../params/emulator.yaml")) == Path("params/emulator.yaml")
    monkeypatch.chdir(ROOT)
    assert project.find_params("params/emulator.yaml") == Path("params/emulator.yaml")
    assert project.default_runs() == Path("runs")


def test_what_was_there_already_is_written_down_as_found(lab: list[str], tmp_path: Path) -> None:
    """Where nothing is to do the journal has what was found: a teardown then leaves it alone."""
    from hnskit.applying.journal import made_on

    first = runbook.choose(PARAMS, lab, tmp_path / "first" / "run", interactive=False).open("network")
    first.apply_button("Create the network")
    first.finish()
    second = runbook.choose(PARAMS, lab, tmp_path / "second" / "run", interactive=False).open("network")
    second.apply_button("Create the network")
    second.finish()
    network = second.facts.networks_named("hnskit-l2bridge")[0]
    assert made_on(second.params.target, runs=tmp_path / "second").only_found("network", network.name, network.id)
    teardown = runbook.choose(PARAMS, lab, tmp_path / "second" / "run", interactive=False).open(
        "teardown", confirmed=True
    )
    teardown.apply_button("Remove what hnskit made")
    teardown.finish()
    assert teardown.facts.networks_named("hnskit-l2bridge")


def test_a_book_with_nothing_to_do_leaves_no_run_folder(
    lab: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first makes one when it changes something, and says so; the second changes nothing, and says no more."""
    monkeypatch.chdir(tmp_path)
    session = runbook.choose(PARAMS, lab, interactive=False).open("network")
    session.apply_button("Create the network")
    (run_dir,) = (tmp_path / "runs").iterdir()
    assert f"The run is kept in runs/{run_dir.name}." in str(session.finish())
    again = runbook.choose(PARAMS, lab, interactive=False).open("network")
    again.apply_button("Create the network")
    assert "nothing to do" in str(again.result())
    assert "kept" not in str(again.finish())
    assert list((tmp_path / "runs").iterdir()) == [run_dir]


def test_a_notebooks_session_is_no_diagnosis_but_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of wrong parameters: what failed before there was a host is written down without it."""
    from hnskit.params.selection import Selection
    from hnskit.runbook.diagnosis_notebook import HostDiagnosis
    from hnskit.runbook.step_notebook import StepNotebook

    saved = save_facts(sample_facts.complete(), tmp_path / "host.json")
    session = StepNotebook("explain", Selection(sample_facts.PARAMS, (f"target=snapshot:{saved}",)))
    assert not isinstance(session, HostDiagnosis)
    assert cast(Explanation, session.diagnosis.explain("", "")).answered
    assert session.diagnosis.facts == session.facts
    run_dir = tmp_path / "runs" / "1"
    run_dir.mkdir(parents=True)
    with pytest.raises(ParamsError):
        StepNotebook("network", Selection(sample_facts.PARAMS, ("network.subnet=nonsense",)), run_dir)
    assert (
        json.loads((run_dir / "results" / "network.json").read_text(encoding="utf-8"))["error"]["error"]
        == "ParamsError"
    )


@pytest.fixture
def by_hand(lab: list[str], tmp_path: Path) -> list[str]:
    """A host whose network and gateway no journal of this machine knows, and whose containers have no label."""
    from hnskit.applying.api import apply
    from hnskit.facts.source import connect
    from hnskit.params.desired import desired_from
    from hnskit.params.loading import load_params
    from hnskit.remote.session import Call, invoke_calls

    params = load_params(PARAMS, overrides=lab)
    desired = desired_from(params)
    with connect(params) as session:
        proxy = desired.proxy
        run = ["run", "--detach", "--name", proxy.name, "--network", "none", proxy.image, *proxy.command]
        for words in (["import", proxy.import_path, proxy.image], run):
            call = Call("d", "Invoke-HnskitDocker", {"ArgumentList": words, "TimeoutSeconds": 60})
            assert next(iter(invoke_calls(session, [call]))).value()["ExitCode"] == 0
        apply(session, desired, parts=["network"])
    return lab


def test_headless_what_was_made_by_hand_is_taken_over_only_by_the_parameter(by_hand: list[str], tmp_path: Path) -> None:
    """Without it nothing is changed, and the error names the parameter."""
    session = runbook.choose(PARAMS, by_hand, tmp_path / "run", interactive=False).open("proxy")
    assert "made by hand to be taken over" in str(session.plan())
    session.apply_button("Start the proxy")
    with pytest.raises(PreflightError, match="made by hand") as refused:
        session.result()
    assert "-p adopt true" in refused.value.next_step
    session = runbook.choose(PARAMS, by_hand, tmp_path / "run", interactive=False).open("proxy", adopt="yes")
    session.apply_button("Start the proxy")
    assert isinstance(taken := session.result(), View)
    assert "made by hand adopted: the journal has" in taken.to_text()
    assert "made by hand adopted" in str(session.finish())
    made = (tmp_path / "run" / "journal.jsonl").read_text(encoding="utf-8")
    assert '"adopted": true' in made.replace('"adopted":true', '"adopted": true')


def test_at_the_screen_the_button_asks_before_it_takes_over(by_hand: list[str], tmp_path: Path) -> None:
    """A no leaves the host as it is; a yes takes it over, with the rest of the plan."""
    session = runbook.choose(PARAMS, by_hand, tmp_path / "run", interactive=True).open("proxy")
    session.plan()
    widget = session.apply_button("Start the proxy")
    (press,) = buttons(widget)
    press.click()
    question, answers = next(child for child in widget.children if isinstance(child, ipywidgets.VBox)).children
    assert "Take over 1 object" in question.value
    yes, no = answers.children
    assert yes.description == "Yes, take over"
    no.click()
    assert "not been pressed" in str(session.result())
    press.click()
    yes.click()
    assert isinstance(done := session.result(), View)
    assert "changes" in done.to_text()
    assert "1 object made by hand adopted: the journal has it, and nothing of it is changed" in done.to_text()
    assert not str(session.plan()).count("adopt")


def test_the_networks_notebook_says_that_pods_need_none(lab: list[str], tmp_path: Path) -> None:
    """A plan without a row is no table with a head alone."""
    session = runbook.choose(PODS, lab, tmp_path / "run", interactive=True).open("network")
    said = "Nothing to do: these parameters make no network. The pods have that of their CNI."
    assert str(session.plan()) == said
    session.apply_button("Create the network")
    assert str(session.result()) == said
    assert str(session.finish()).startswith("Nothing was changed.")


def test_a_plan_that_is_refused_is_not_captioned_as_one_that_has_nothing_to_do(lab: list[str], tmp_path: Path) -> None:
    session = runbook.choose(PODS, [*lab, "pods[0].labels={app: none}"], tmp_path / "run", interactive=True).open(
        "clients"
    )
    (caption, *_), text = str(session.plan()).splitlines(), str(session.plan())
    assert caption == "plan: 1 refused"
    assert "no ready pod of this host is one of these; `hnskit show pods` lists them, with their labels" in text


def test_a_book_whose_button_failed_does_not_say_that_it_was_not_pressed(lab: list[str], tmp_path: Path) -> None:
    """A pod of the plan may be gone when the button is pressed, and the host, too."""
    from hnskit.emulator import registry

    quick = [*lab, "connection.recovery_timeout=1"]
    session = runbook.choose(PODS, quick, tmp_path / "run", interactive=True).open("policy")
    session.plan()
    (button,) = buttons(session.apply_button("Redirect the clients"))
    registry.stop(lab[0].rpartition("/")[2])
    object.__setattr__(session.params.emulator, "start", False)
    button.click()
    with pytest.raises(HnskitError):
        session.result()
    assert str(session.finish()).startswith("It did not come to its end: what went wrong stands under the button.")


def test_the_form_of_pods_hides_what_they_do_not_have_and_names_them() -> None:
    """An empty field for a network's subnet would ask to be filled, and what is typed there is refused."""
    choice = runbook.choose(PODS, interactive=True)
    _, chooser, *rows = params_form(choice.selection, [PODS, PARAMS]).children[:-3]
    shown = [row.children[0].description for row in rows if row.layout.display != "none"]
    assert shown == ["target", "redirect.address"]
    said = Form(choice).verdict.value
    assert "The proxy is the pod identity/* with app=metadata-proxy (proxy.pod)." in said
    assert "The clients are the pods default/* with app=web; default/worker-* (pods)." in said
    chooser.children[0].value = str(PARAMS)
    assert all(row.layout.display != "none" for row in rows)
