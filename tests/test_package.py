"""The wheel: it has everything that hnskit needs, and works in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from hatchling.build import build_wheel

from hnskit.errors import FileError
from hnskit.local.starter import write_starter

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return folder / build_wheel(str(folder))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def call(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The wheel's command line, in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, "-m", "hnskit", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_has_every_file_that_is_kept(wheel: Path) -> None:
    """Modules and data of the package, the notebooks and the parameters; no tests, and nothing that is not in git."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("the checkout is not one of git")
    kept = [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    wanted = {name for name in kept if name.startswith("hnskit/")}
    wanted |= {f"hnskit/shipped/{name}" for name in kept if name.startswith(("notebooks/", "params/"))}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert wanted <= packed
    untracked = packed - wanted
    assert all((ROOT / name.removeprefix("hnskit/shipped/")).exists() for name in untracked)
    assert not [name for name in packed if name.startswith(("tests/", "benchmarks/")) or "checkpoint" in name]


def test_init_writes_a_folder_and_never_writes_over_one(unpacked: Path, tmp_path: Path) -> None:
    made = call(unpacked, tmp_path, "init", "mine")
    assert made.returncode == 0, made.stderr
    assert "cd mine && hnskit run params/emulator.yaml" in made.stdout
    mine = tmp_path / "mine"
    names = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(path.name for path in (mine / "notebooks").glob("*.ipynb")) == names
    assert sorted(path.name for path in mine.iterdir()) == ["README.md", "notebooks", "params"]
    (mine / "README.md").write_text("my own words")
    again = call(unpacked, mine, "init")
    assert again.returncode == 2
    assert "there already, and nothing was written" in again.stderr
    assert (mine / "README.md").read_text() == "my own words"
    assert sorted(path.name for path in mine.iterdir()) == ["README.md", "notebooks", "params"]


@pytest.mark.parametrize("name", ["notebooks", "params", "README.md"])
def test_init_refuses_where_one_of_its_names_is_taken(tmp_path: Path, name: str) -> None:
    """Whatever has the name: a folder, a file or a link to nothing else."""
    (tmp_path / name).write_text("mine")
    (tmp_path / "other.txt").write_text("beside")
    with pytest.raises(FileError, match=f"{name} is there already"):
        write_starter(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "other.txt"])


def test_init_refuses_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A file stands where the folder would be: a sentence and status 2, and nothing is left."""
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written") as caught:
        write_starter(tmp_path / "file" / "below")
    assert caught.value.exit_status == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_plan_needs_no_folder_at_all(unpacked: Path, tmp_path: Path) -> None:
    """The shipped parameters are read where there is no project, and none but a shipped name is made up."""
    read = call(
        unpacked, tmp_path, "export", "cni", "params/emulator.yaml", "--plugin", "sdnbridge", "--proxy", "10.0.1.9"
    )
    assert read.returncode == 0, read.stderr
    missing = call(unpacked, tmp_path, "run", "params/mine.yaml")
    assert (missing.returncode, "cannot be read" in missing.stderr) == (2, True)


@pytest.mark.slow
def test_the_wheel_runs_in_a_fresh_environment_and_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """Installed beside its requirements: the redirect with no project folder, then in one that init made."""
    venv.create(tmp_path / "venv", with_pip=True, system_site_packages=False)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    environment = {**os.environ, "HNSKIT_STATE_DIR": str(tmp_path / "state"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("PYTHONPATH", None)
    empty = tmp_path / "empty"
    empty.mkdir()

    def run(*command: str | Path, folder: Path = empty) -> str:
        done = subprocess.run(
            [str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(python, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", ROOT / "requirements.lock")
    run(python, "-m", "pip", "install", "-q", "--no-deps", wheel)
    try:
        assert "in place and proved" in run(python, "-m", "hnskit", "run")
        assert [path.name for path in empty.iterdir()] == ["runs"]
        run(python, "-m", "hnskit", "init", "mine")
        said = run(python, "-m", "hnskit", "run", "params/emulator.yaml", folder=empty / "mine")
        assert "in place and proved" in said
        assert (empty / "mine" / "runs").is_dir()
    finally:
        run(python, "-m", "hnskit", "emulator", "stop", "lab")


@pytest.mark.skipif(os.name != "posix", reason="make is for Linux and macOS; on Windows the README has the three lines")
@pytest.mark.parametrize(
    ("version", "said"),
    [((2, 7), "this is Python 2.7; hnskit needs 3.11 or later"), (None, "there is no python-of-nobody here"), ((), "")],
)
def test_a_python_that_cannot_do_is_told_before_pip_is_asked(
    tmp_path: Path, version: tuple[int, ...] | None, said: str
) -> None:
    """One sentence with a next step; pip says it in forty lines, and of a package."""
    python = tmp_path / "python"
    script = f"#!{sys.executable}\nimport sys\nprogram, sys.argv = sys.stdin.read(), sys.argv[1:]\n"
    script += f"sys.version_info = {version or 'sys.version_info'}\nexec(program)\n"
    python.write_text(script)
    python.chmod(0o755)
    named = "python-of-nobody" if version is None else str(python)
    done = subprocess.run([ROOT / ".ci" / "need-python", named], capture_output=True, text=True, check=False)
    assert done.returncode == (1 if said else 0)
    assert done.stderr.startswith(said)
    assert not said or "make run PYTHON=" in done.stderr
