"""One kernel for a sequence of notebooks: what is shared, what is not, and what happens when it goes away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from hnskit.running import execution as execution_module
from hnskit.running.execution import Execution
from hnskit.running.kernels import SharedKernel
from hnskit.running.papermill_engine import SharedKernelEngine
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def no_kernel_is_left() -> Iterator[None]:
    yield
    SharedKernelEngine.close(now=True)


def notebook(path: Path, *cells: str) -> Path:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, path)
    return path


def execute(source: Path, **options: Any) -> str:
    """Execute it in the shared kernel; the text of its outputs."""
    done = papermill.execute_notebook(
        source, source.with_suffix(".out.ipynb"), engine_name="hnskit", progress_bar=False, **options
    )
    return "".join(one.get("text", "") for cell in done.cells for one in cell.get("outputs", []))


def test_it_is_registered_for_everybody_who_uses_papermill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`papermill --engine hnskit` finds it by its entry point, and it is this one that executes."""
    from importlib.metadata import entry_points

    (entry,) = entry_points(group="papermill.engine", name="hnskit")
    seen: list[str] = []
    execute = SharedKernelEngine.execute_notebook

    def spied(*arguments: Any, **options: Any) -> Any:
        seen.append("executed")
        return execute(*arguments, **options)

    monkeypatch.setattr(SharedKernelEngine, "execute_notebook", spied)
    papermill_engines.register("found", entry.load())
    path = notebook(tmp_path / "in.ipynb", "print('x')")
    papermill.execute_notebook(path, tmp_path / "out.ipynb", engine_name="found", progress_bar=False)
    assert seen == ["executed"]


def test_two_notebooks_share_a_process_and_no_variable(tmp_path: Path) -> None:
    """Modules stay imported; the counter of cells begins anew."""
    first = notebook(tmp_path / "1.ipynb", "import os, colorsys; x = 1; print(os.getpid())")
    look = "import os, sys; print(os.getpid(), 'x' in globals(), 'colorsys' in sys.modules)"
    second = notebook(tmp_path / "2.ipynb", look)
    pid = execute(first).strip()
    assert execute(second).split() == [pid, "False", "True"]
    done = nbformat.read(tmp_path / "2.out.ipynb", as_version=4)
    assert done.cells[0].execution_count == 1


def test_a_kernel_that_was_killed_is_a_sentence_and_the_next_notebook_gets_a_new_one(tmp_path: Path) -> None:
    """Nobody waits for it, and nobody reads a traceback."""
    deadly = notebook(tmp_path / "10_deadly.ipynb", "import os; os._exit(7)")
    good = notebook(tmp_path / "20_good.ipynb", "print('alive')")
    with Execution() as execution:
        error = execution.execute(deadly, tmp_path / "out.ipynb", {})
        assert error is not None
        assert error["paragraph"].startswith("10_deadly: the kernel that ran it ended")
        assert "Run the same command again" in error["paragraph"]
        assert execution.execute(good, tmp_path / "out2.ipynb", {}) is None
    assert (tmp_path / "out.ipynb").is_file()


def test_a_kernel_that_died_between_two_notebooks_is_replaced(tmp_path: Path) -> None:
    """The sequence goes on."""
    source = notebook(tmp_path / "1.ipynb", "import os; print(os.getpid())")
    pid = int(execute(source))
    os.kill(pid, signal.SIGKILL)
    assert int(execute(source)) != pid


def test_a_cell_that_takes_too_long_is_a_sentence(tmp_path: Path) -> None:
    """The time limit holds in a shared kernel, too."""
    slow = notebook(tmp_path / "slow.ipynb", "import time; time.sleep(60)")
    with Execution(cell_timeout=1) as execution:
        error = execution.execute(slow, tmp_path / "out.ipynb", {})
    assert error is not None
    assert "took longer than 1 s" in error["paragraph"]


def test_a_failed_cell_leaves_a_kernel_that_can_be_used(tmp_path: Path) -> None:
    """As with papermill's own engine, the executed notebook is kept and the error raised."""
    broken = notebook(tmp_path / "broken.ipynb", "1 / 0", "print('never')")
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        execute(broken)
    assert execute(notebook(tmp_path / "good.ipynb", "print('good')")) == "good\n"


def test_stopping_interrupts_the_cell(tmp_path: Path) -> None:
    """It is the cell that gets the KeyboardInterrupt, so that it can tidy up."""
    begun = tmp_path / "begun"
    source = notebook(
        tmp_path / "long.ipynb",
        f"import pathlib, time; pathlib.Path({str(begun)!r}).touch()\n"
        "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('tidied up')\n    raise",
    )

    def stop_when_it_has_begun() -> None:
        wait_for(begun.exists)
        execution.stop()

    with Execution() as execution:
        stopper = threading.Thread(target=stop_when_it_has_begun)
        stopper.start()
        error = execution.execute(source, tmp_path / "out.ipynb", {})
        stopper.join()
    assert error is not None
    assert error["exit_status"] == 130
    assert "tidied up" in (tmp_path / "out.ipynb").read_text()


def test_where_no_kernel_can_be_shared_each_notebook_gets_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is slower, and no different."""

    def refuse(self: SharedKernel, *_: Any) -> None:
        raise RuntimeError("no shared kernel here")

    monkeypatch.setattr(SharedKernel, "__init__", refuse)
    with Execution() as execution:
        assert execution.execute(notebook(tmp_path / "1.ipynb", "x = 1"), tmp_path / "out.ipynb", {}) is None


@pytest.mark.parametrize("share", [True, False], ids=["shared", "one each"])
def test_what_only_its_kernels_know_is_in_no_environment_but_theirs(share: bool, tmp_path: Path) -> None:
    """Also in that of a kernel that takes the place of one that died; other threads of this process start nothing with
    it."""
    look = notebook(tmp_path / "look.ipynb", "import os; print(os.environ['HNSKIT_OURS'])")
    deadly = notebook(tmp_path / "deadly.ipynb", "import os; os._exit(7)")
    with Execution(share_kernel=share, environment={"HNSKIT_OURS": "token-1"}) as execution:
        for source in (look, deadly, look):
            execution.execute(source, tmp_path / "out.ipynb", {})
            assert "HNSKIT_OURS" not in os.environ
    assert "token-1" in (tmp_path / "out.ipynb").read_text(encoding="utf-8")


def test_a_kernel_is_not_used_again_by_who_wants_another_environment(tmp_path: Path) -> None:
    """What was handed to one run is not there for the next in this process."""
    look = notebook(tmp_path / "look.ipynb", "import os; print(os.environ.get('HNSKIT_OURS'))")
    assert execute(look, environment={"HNSKIT_OURS": "token-1"}) == "token-1\n"
    assert execute(look) == "None\n"


def test_where_papermill_cannot_be_loaded_no_kernel_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its process nor its folder."""
    kernels: list[SharedKernel] = []

    def no_papermill() -> None:
        raise ImportError("No module named 'papermill'")

    class Seen(SharedKernel):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            kernels.append(self)

    monkeypatch.setattr(execution_module, "_load_papermill", no_papermill)
    monkeypatch.setattr(execution_module, "SharedKernel", Seen)
    with pytest.raises(ImportError), Execution():
        pass
    assert not kernels[0].alive
    assert not Path(kernels[0].manager.connection_file).parent.exists()


def test_the_third_request_to_stop_ends_a_kernel_that_heeds_none(tmp_path: Path) -> None:
    """An interrupt can be lost between two cells; the run ends all the same, as one that was stopped."""
    ready = tmp_path / "deaf"
    deaf = "import pathlib, signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    deaf += f"pathlib.Path({str(ready)!r}).touch()\ntime.sleep(300)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(deaf)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "deaf.ipynb")

    def stop_thrice_when_it_is_deaf() -> None:
        wait_for(ready.exists)
        for _ in range(3):
            execution.stop()

    with Execution() as execution:
        asking = threading.Thread(target=stop_thrice_when_it_is_deaf)
        asking.start()
        error = execution.execute(tmp_path / "deaf.ipynb", tmp_path / "out.ipynb", {})
        asking.join()
    assert error is not None
    assert error["exit_status"] == 130


def test_the_engine_can_be_imported_before_papermill() -> None:
    """papermill loads it by its entry point while it is itself being imported: each order works."""
    program = "import {}; import {}; from papermill.engines import papermill_engines as all; all.get_engine('hnskit')"
    for order in (("hnskit.running.papermill_engine", "papermill"), ("papermill", "hnskit.running.papermill_engine")):
        subprocess.run([sys.executable, "-c", program.format(*order)], check=True)


def test_a_notebook_that_ends_by_exit_is_a_failure(tmp_path: Path) -> None:
    """papermill raises nothing for it, and the cells below never ran."""
    source = notebook(tmp_path / "10_early.ipynb", "import sys; sys.exit(0)", "print('never')")
    with Execution(share_kernel=False) as execution:
        error = execution.execute(source, tmp_path / "out.ipynb", {})
    assert error is not None
    assert "ended before its last cell" in error["paragraph"]


@pytest.mark.parametrize(("stopped", "status"), [(True, 130), (False, 1)])
def test_a_kernel_that_is_ended_before_it_answers_counts_as_stopped_where_a_stop_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: bool, status: int
) -> None:
    """On a slow machine the third request finds it while the next notebook begins."""

    def die(*_: Any, **__: Any) -> None:
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(papermill, "execute_notebook", die)
    with Execution(share_kernel=False) as execution:
        if stopped:
            execution.stop()
        error = execution.execute(notebook(tmp_path / "a.ipynb", "1"), tmp_path / "out.ipynb", {})
    assert error is not None
    assert error["exit_status"] == status


def test_a_kernel_that_has_not_answered_yet_is_ended_by_the_first_request_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It imports, and an interrupt would be a traceback on the operator's terminal, or be lost."""
    asked: list[str] = []
    for name in ("interrupt", "kill"):
        monkeypatch.setattr(execution_module, name, lambda _, name=name: asked.append(name))
    with Execution() as execution:
        execution.stop()
        error = execution.execute(notebook(tmp_path / "a.ipynb", "1"), tmp_path / "out.ipynb", {})
        execution.stop()
    assert (error, asked) == (None, ["kill", "interrupt"])
