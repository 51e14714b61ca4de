"""The documentation as a site, with warnings as errors and every internal link checked: `make docs`.

    python -m benchmarks.site [--out FOLDER] [--without-notebooks]

Gathers docs/, the notebooks and the project's own pages in a folder; adds the references that are made from the code;
executes all notebooks on an emulated host of their own; calls Sphinx; follows each link of the pages it made. No
network is used. What it makes is never committed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

Result = TypeVar("Result")

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
OUT = ROOT / "build" / "site"
_OWN_PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_PLACE = "- `make docs` adds the reference of every parameter and every command, made from the code"
_MADE = "- [Parameters](parameters.md) and [commands](commands.md), each made from the code"
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)\s#]+)(#[^)\s]*)?\)")


def main() -> int:
    """Build it; status 1 if Sphinx warns, or if a link leads nowhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the site [default: build/site]")
    parser.add_argument("--without-notebooks", action="store_true", help="do not execute them; they have no outputs")
    given = parser.parse_args()
    source, html = given.out / "source", given.out / "html"
    shutil.rmtree(given.out, ignore_errors=True)
    gather(source)
    if not given.without_notebooks:
        _told("notebooks executed", lambda: _execute(source / "notebooks", given.out))
    built = _told("pages built", lambda: _sphinx(source, html))
    if built:
        return 1
    dead = dead_links(html)
    for line in dead:
        print(f"dead link: {line}", file=sys.stderr)
    if not dead:
        print(f"every internal link leads to a page: {html / 'index.html'}")
    return 1 if dead else 0


def gather(source: Path) -> None:
    """Put every page into one folder, as Sphinx wants it."""
    from benchmarks import command_reference, parameter_reference

    shutil.copytree(DOCS, source)
    for name in _OWN_PAGES:
        shutil.copy(ROOT / name, source / name)
    shutil.copytree(ROOT / "notebooks", source / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    (source / "parameters.md").write_text(parameter_reference.page(), encoding="utf-8")
    (source / "commands.md").write_text(command_reference.page(), encoding="utf-8")
    for path in source.rglob("*.md"):
        place = DOCS / path.relative_to(source)
        if path.name in _OWN_PAGES:
            place = ROOT / path.name
        elif path.parent.name == "notebooks":
            place = ROOT / "notebooks" / path.name
        path.write_text(linked(path.read_text(encoding="utf-8"), place), encoding="utf-8")
    index = source / "index.md"
    text = index.read_text(encoding="utf-8").replace(_PLACE, _MADE)
    index.write_text(with_contents(text, source), encoding="utf-8")


def linked(text: str, place: Path) -> str:
    """Make links of the repository links of the site; a file that is not a page of it is named, without a link."""

    def one(found: re.Match[str]) -> str:
        target = Path(os.path.normpath(place.parent / found[2]))
        page = _page_of(target)
        if page is None:
            return f"{found[1]} (`{target.relative_to(ROOT)}`)" if target.exists() else found[0]
        here = _page_of(place) or place.relative_to(DOCS)
        return f"[{found[1]}]({os.path.relpath(page, here.parent)}{found[3] or ''})"

    return _LINK.sub(one, text)


def _page_of(path: Path) -> Path | None:
    """The place in the site of a file of the repository."""
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS)
    if path.parent == ROOT and path.name in _OWN_PAGES:
        return Path(path.name)
    return path.relative_to(ROOT) if path.is_relative_to(ROOT / "notebooks") else None


def with_contents(index: str, source: Path) -> str:
    """Add the table of contents for the sidebar: below each heading the pages that stand there, in their order."""
    parts = re.split(r"(?m)^(?=## )", index)
    listed: list[str] = []
    for number, part in enumerate(parts[1:], start=1):
        pages = [f"{name}".removesuffix(".md").removesuffix(".ipynb") for _, name, _ in _LINK.findall(part)]
        pages = [page for page in dict.fromkeys(pages) if page not in listed]
        listed += pages
        parts[number] = part.rstrip() + "\n\n" + _toctree(part.splitlines()[0].removeprefix("## "), pages)
    every = [path.relative_to(source) for kind in ("*.md", "*.ipynb") for path in source.rglob(kind)]
    names = sorted(str(path.with_suffix("").as_posix()) for path in every)
    left = [name for name in names if name not in listed and name != "index"]
    notebooks = [name for name in left if name.startswith("notebooks/")]
    return (
        "".join(parts) + _toctree("Notebooks, executed", notebooks) + _toctree("More", sorted({*left} - {*notebooks}))
    )


def _toctree(caption: str, pages: list[str]) -> str:
    lines = ["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", "", ""]
    return "\n".join(lines) if pages else ""


def _execute(notebooks: Path, out: Path) -> None:
    """Execute all of them on one host: set up and prove, look from every side, take away."""
    import papermill

    from hnskit.emulator import registry
    from hnskit.running import runner

    os.environ["HNSKIT_STATE_DIR"] = str((out / "state").absolute())
    name = "lab"
    registry.start(name, options={"cut_seconds": 1.0})
    try:
        params = "params/emulator.yaml"
        summary = runner.run(params, notebooks=notebooks, runs=out / "runs")
        if not summary.ok:
            raise SystemExit(f"the notebooks failed: {summary.error}")
        folder = Path(summary.run_dir)
        for path in folder.glob("[0-9]*.ipynb"):
            shutil.copy(path, notebooks / path.name)
        earlier = sorted((folder / "snapshots").glob("*.json"))[0]
        hosts = (out / "hosts.csv").absolute()
        hosts.write_text(f"name,target,groups,params\n{name},emulator://{name},,{ROOT / params}\n")
        more: dict[str, dict[str, object]] = {
            "61_doctor": {"code": "0x803b0013"},
            "64_compare_snapshots": {"earlier": str(earlier)},
            "70_fleet": {"inventory": str(hosts)},
            "90_teardown": {"confirmed": True, "run_dir": str(folder)},
        }
        for path in sorted(notebooks.glob("[6-9]*.ipynb")):
            own = {"params_file": params} if "params_file = " in path.read_text(encoding="utf-8") else {}
            given = {**own, **more.get(path.stem, {})}
            papermill.execute_notebook(
                path, path, given, progress_bar=False, log_output=False, cwd=str(ROOT), engine_name="hnskit"
            )
    finally:
        registry.stop(name)


def _sphinx(source: Path, html: Path) -> int:
    jobs = ["-j", "auto"] if hasattr(os, "fork") else []
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", *jobs, str(source), str(html)],
        check=False,
    ).returncode


class _Page(HTMLParser):
    """The links of a page, and the places that a link can lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep href and src, id and name."""
        for key, value in attrs:
            if value and ((key == "href" and tag in ("a", "link")) or (key == "src" and tag in ("img", "script"))):
                self.links.add(value)
            elif value and (key == "id" or (key == "name" and tag == "a")):
                self.places.add(value)


def dead_links(html: Path) -> list[str]:
    """Follow every link between the pages of a folder; give those that lead nowhere, with the page that has them."""
    pages = {}
    for path in sorted(html.rglob("*.html")):
        pages[path] = _Page()
        pages[path].feed(path.read_text(encoding="utf-8"))
    dead = []
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path if not parts.path else Path(os.path.normpath(path.parent / unquote(parts.path)))
            if target.is_dir():
                target /= "index.html"
            place = unquote(parts.fragment)
            if not target.is_file() or (place and target in pages and place not in pages[target].places):
                dead.append(f"{path.relative_to(html)}: {link}")
    return dead


def _told(what: str, work: Callable[[], Result]) -> Result:
    since = time.monotonic()
    result = work()
    print(f"{what}: {time.monotonic() - since:.1f} s", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
