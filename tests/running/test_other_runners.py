"""The notebooks under papermill's own command line, nbconvert, testbook, nbval, jupyter-scheduler, and in threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import papermill
import pytest
import yaml
from click.testing import CliRunner
from papermill.cli import papermill as papermill_cli

from hnskit.facts.host_facts import gather_facts
from hnskit.facts.snapshot import save_facts
from hnskit.facts.source import connect
from hnskit.params.loading import load_params
from hnskit.running.papermill_engine import SharedKernelEngine
from tests import sample_facts, warm_kernels
from tests.emulator.client_environments import CLIENTS, environment_of
from tests.host_process import emulated_host
from tests.notebook_html import escaped_twice
from tests.waiting import LONG

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"


@pytest.fixture
def saved_host(tmp_path: Path) -> Path:
    """A parameter file whose host is a snapshot: a notebook that only looks needs no more."""
    wanted = yaml.safe_load((ROOT / "params" / "emulator.yaml").read_text(encoding="utf-8"))
    snapshot = save_facts(sample_facts.complete(), tmp_path / "host.json")
    path = tmp_path / "saved.yaml"
    path.write_text(yaml.safe_dump({**wanted, "target": f"snapshot:{snapshot}"}), encoding="utf-8")
    return path


@pytest.fixture
def live_host(tmp_path: Path) -> Iterator[Path]:
    """A parameter file of an emulated host that cuts nobody off for long."""
    with emulated_host(tmp_path / "state") as overrides:
        wanted = yaml.safe_load((ROOT / "params" / "emulator.yaml").read_text(encoding="utf-8"))
        wanted["target"] = overrides[0].partition("=")[2]
        wanted["emulator"]["cut_seconds"] = 0.2
        path = tmp_path / "live.yaml"
        path.write_text(yaml.safe_dump(wanted), encoding="utf-8")
        yield path


class Ran(NamedTuple):
    """What papermill came to."""

    status: int
    said: str


def by_papermill(notebook: str, out: Path, *words: str) -> Ran:
    """Papermill's command line in this process: it takes seconds to load."""
    result = CliRunner().invoke(papermill_cli, ["--no-progress-bar", f"{NOTEBOOKS / notebook}.ipynb", str(out), *words])
    return Ran(result.exit_code, f"{result.output}{result.exception or ''}")


def texts(path: Path) -> str:
    outputs = (one for cell in nbformat.read(path, as_version=4).cells for one in cell.get("outputs", ()))
    return "\n".join(one.get("text", "") or one.get("data", {}).get("text/plain", "") for one in outputs)


def test_a_misspelt_parameter_stops_the_notebook_before_any_contact(tmp_path: Path) -> None:
    """papermill only warns, and would go on with the default: another host than was meant."""
    ran = by_papermill("62_host", tmp_path / "out.ipynb", "-p", "param_file", "prod.yaml")
    assert ran.status != 0
    assert "did you mean params_file?" in ran.said
    assert "emulator://lab" not in texts(tmp_path / "out.ipynb")


@pytest.mark.parametrize("word", ["no", "false", "OFF"])
def test_a_word_for_no_is_no(word: str, saved_host: Path, tmp_path: Path) -> None:
    """papermill reads only True and False, and makes a text of each other word; a text would be true."""
    out = tmp_path / "out.ipynb"
    ran = by_papermill("62_host", out, "-p", "params_file", str(saved_host), "-p", "interactive", word)
    assert ran.status == 0, ran.said
    assert f"Parameters: {saved_host}." in texts(out)


def test_a_word_that_is_neither_yes_nor_no_is_told(tmp_path: Path) -> None:
    """And nothing is done that somebody may not have meant."""
    ran = by_papermill("90_teardown", tmp_path / "out.ipynb", "-p", "keep_network", "maybe")
    assert ran.status != 0
    assert "keep_network: true or false is wanted" in ran.said


def test_a_code_of_digits_is_a_text(saved_host: Path, tmp_path: Path) -> None:
    """papermill makes a number of it."""
    out = tmp_path / "out.ipynb"
    ran = by_papermill("61_doctor", out, "-p", "params_file", str(saved_host), "-p", "code", "2151350291")
    assert ran.status == 0, ran.said
    assert "HCN_E_PORT_ALREADY_EXISTS" in texts(out)


def test_an_id_that_came_as_infinity_says_how_to_give_it(saved_host: Path, tmp_path: Path) -> None:
    """`12e456` is a number to papermill, and its digits are gone."""
    given = ("-p", "params_file", str(saved_host), "-p", "source", "12e456")
    ran = by_papermill("60_explain", tmp_path / "out.ipynb", *given)
    assert ran.status != 0
    assert "-r source" in ran.said


def test_a_teardown_without_consent_changes_nothing_and_with_it_names_what_stays(
    live_host: Path, tmp_path: Path
) -> None:
    """papermill says it by a parameter; without the journals the network stays, and that is told."""
    given = ("-p", "params_file", str(live_host), "-p", "run_dir")
    done = by_papermill("10_l2bridge_network", tmp_path / "1.ipynb", *given, str(tmp_path / "first" / "run"))
    assert done.status == 0, done.said
    proxy = by_papermill("20_proxy_container", tmp_path / "2.ipynb", *given, str(tmp_path / "first" / "run"))
    assert proxy.status == 0, proxy.said
    elsewhere = (*given, str(tmp_path / "second" / "run"))
    refused = by_papermill("90_teardown", tmp_path / "3.ipynb", *elsewhere)
    assert refused.status != 0
    assert "ConfirmationError: " in refused.said
    assert "-p confirmed true" in refused.said
    agreed = by_papermill("90_teardown", tmp_path / "4.ipynb", *elsewhere, "-p", "confirmed", "yes")
    assert agreed.status == 0, agreed.said
    assert "with hnskit's marks stayed: network hnskit-l2bridge" in texts(tmp_path / "4.ipynb")
    assert escaped_twice(tmp_path / "4.ipynb") == []
    named = by_papermill(
        "90_teardown", tmp_path / "5.ipynb", *elsewhere, "-p", "confirmed", "yes", "-p", "by_name", "yes"
    )
    assert named.status == 0, named.said
    assert "stayed" not in texts(tmp_path / "5.ipynb")


def test_nbconvert_takes_the_file_of_the_environment(saved_host: Path, tmp_path: Path) -> None:
    """A runner that has no parameters."""
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", str(tmp_path)]
    ran = subprocess.run(
        [*command, str(NOTEBOOKS / "62_host.ipynb")], capture_output=True, text=True, check=False, timeout=LONG,
        env={**os.environ, "HNSKIT_PARAMS": str(saved_host), "JUPYTER_PATH": ""},  # with Jupyter's own kernel
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert f"Parameters: {saved_host}, as HNSKIT_PARAMS says." in texts(tmp_path / "62_host.ipynb")


def test_two_threads_share_the_engine_one_after_the_other(tmp_path: Path) -> None:
    """Each notebook comes to its end, with its own result."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import time; time.sleep(0.2); print(x)")])
    book.cells[0].metadata["tags"] = ["parameters"]
    book.cells[0].source, more = "x = 0", book.cells[0].source
    book.cells.append(nbformat.v4.new_code_cell(more))
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, tmp_path / "book.ipynb")

    def execute(number: int) -> None:
        for turn in range(2):
            out = tmp_path / f"{number}-{turn}.ipynb"
            papermill.execute_notebook(
                tmp_path / "book.ipynb", out, {"x": number}, engine_name="hnskit", progress_bar=False
            )

    threads = [threading.Thread(target=execute, args=(number,)) for number in (1, 2)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        SharedKernelEngine.close(now=True)
    assert {out: texts(tmp_path / f"{out}.ipynb").strip() for out in ("1-0", "1-1", "2-0", "2-1")} == {
        "1-0": "1", "1-1": "1", "2-0": "2", "2-1": "2",
    }  # fmt: skip


@pytest.fixture
def runners(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """The Python that has other runners, and an environment in which their kernel is the one with hnskit."""
    python = environment_of("runners")
    if warm_kernels.SOCKET_VARIABLE in os.environ:
        return python, dict(os.environ)
    spec = tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
    return python, {**os.environ, "JUPYTER_PATH": str(tmp_path / "jupyter")}


def seen_by(python: Path, environment: dict[str, str], **asked: Any) -> dict[str, Any]:
    ran = subprocess.run(
        [str(python), str(CLIENTS / "notebook_runners.py")], input=json.dumps(asked), capture_output=True, text=True,
        check=False, timeout=LONG, env=environment,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


@pytest.mark.slow
def test_testbook_executes_a_notebook(runners: tuple[Path, dict[str, str]], saved_host: Path) -> None:
    """With the parameter file of the environment."""
    python, environment = runners
    environment |= {"HNSKIT_PARAMS": str(saved_host)}
    found = seen_by(python, environment, runner="testbook", notebook=str(NOTEBOOKS / "62_host.ipynb"))
    assert f"Parameters: {saved_host}, as HNSKIT_PARAMS says." in "".join(found["texts"])


@pytest.mark.slow
def test_nbval_passes_every_cell(runners: tuple[Path, dict[str, str]], saved_host: Path) -> None:
    """Without comparing outputs, which the notebooks in the repository have none of."""
    python, environment = runners
    ran = subprocess.run(
        [str(python), "-m", "pytest", "-q", "--nbval-lax", "-p", "no:cacheprovider", str(NOTEBOOKS / "62_host.ipynb")],
        capture_output=True, text=True, check=False, timeout=LONG, cwd=saved_host.parent,
        env={**environment, "HNSKIT_PARAMS": str(saved_host)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout


@pytest.mark.slow
def test_a_job_of_jupyter_scheduler_has_its_parameters(runners: tuple[Path, dict[str, str]], saved_host: Path) -> None:
    """Its values are Python; in its staging folder an absolute path is found, a relative one says where it looked."""
    python, environment = runners
    book = str(NOTEBOOKS / "62_host.ipynb")
    good = seen_by(
        python, environment, runner="scheduler", notebook=book, parameters={"params_file": repr(str(saved_host))}
    )
    assert good["status"].endswith("COMPLETED"), good["said"]
    bad = seen_by(python, environment, runner="scheduler", notebook=book, parameters={"params_file": "'x.yaml'"})
    assert bad["status"].endswith("FAILED")
    assert "looked for at" in bad["executed"]
    assert "hnskit-job-" in bad["executed"]
    unknown = seen_by(python, environment, runner="scheduler", notebook=book, parameters={"param_file": "'x.yaml'"})
    assert "did you mean params_file?" in unknown["executed"]


def test_a_converted_notebook_runs_as_a_script_and_prints_text(saved_host: Path, tmp_path: Path) -> None:
    convert = [sys.executable, "-m", "nbconvert", "--to", "script", "--output-dir", str(tmp_path)]
    subprocess.run([*convert, str(NOTEBOOKS / "62_host.ipynb")], check=True, capture_output=True, timeout=120)
    script = tmp_path / "62_host.py"
    environment = {**os.environ, "HNSKIT_PARAMS": str(saved_host)}
    ran = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
        cwd=ROOT,
    )
    assert ran.returncode == 0, ran.stderr
    assert "text/html" not in ran.stdout + ran.stderr


def test_ipython_on_a_terminal_changes_nothing_before_it_was_asked(live_host: Path) -> None:
    pty = pytest.importorskip("pty", reason="no terminals of this kind here")
    notebook = NOTEBOOKS / "10_l2bridge_network.ipynb"
    environment = {**os.environ, "HNSKIT_PARAMS": str(live_host), "IPYTHONDIR": str(live_host.parent / "ipython")}
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "IPython", "--colors=nocolor", "-c", f"%run {notebook}"],
        stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=live_host.parent,
    ) as process:  # fmt: skip
        os.close(slave)
        said, _ = process.communicate(timeout=120)
    os.close(master)
    assert process.returncode != 0
    assert b"Set the parameter `interactive` to False" in said
    params = load_params(live_host)
    with connect(params) as session:
        assert gather_facts(session).networks_named(params.network.name) == ()
