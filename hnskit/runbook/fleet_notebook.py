"""The session of `70_fleet`: an inventory, and verbs on all of its hosts with one live table."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from hnskit.errors import HnskitError
from hnskit.fleet.fleet_folder import FleetFolder
from hnskit.fleet.fleet_frames import addresses_frame, by_trouble, findings_of_hosts, frame, outliers_frame
from hnskit.fleet.fleet_verdict import verdict
from hnskit.fleet.host_result import HostResult
from hnskit.fleet.inventory import Inventory, load_inventory
from hnskit.fleet.live_rows import LiveRows
from hnskit.fleet.scheduling import FleetRun, HostStep, require_fit
from hnskit.fleet.waves import Waves
from hnskit.local.project import default_runs, find_params
from hnskit.model.wording import counted
from hnskit.runbook.button_work import ButtonWork
from hnskit.runbook.live_output import LiveOutputs
from hnskit.runbook.notebook_parameters import parameter_flag, parameter_list, parameter_text, reader_of, require_known
from hnskit.runbook.screen import Reader, Sentence, is_shown, sentence_mimebundle
from hnskit.views.columns import columns_of, make_frame
from hnskit.views.progress import Progress
from hnskit.views.table import View

Shown = TypeVar("Shown")
_SECONDS = 0.5  # between two pictures of the live table
_LIVE = "host windows state step seconds:float64 verdict"
_SHOWN = ["host", "windows", "state", "changed", "seconds", "verdict"]


class FleetNotebook:
    """Hosts of an inventory, as a notebook works on them."""

    def __init__(self, inventory: Inventory, *, interactive: bool, runs: Path) -> None:
        self.inventory = inventory
        self.results: tuple[HostResult, ...] = ()
        """Of the last verb, worst first."""
        self._interactive, self._runs = interactive, runs
        self._options: dict[str, Any] = {}
        self._waves = Waves()
        self._report: Path | None = None
        self._made: tuple[HostResult, ...] | None = None
        self._wanted = False
        self._button = ButtonWork(self._press)
        self._outputs = LiveOutputs()

    def hosts(self) -> View:
        """List the hosts; none is contacted.

        Returns:
            A table: host, target, groups.
        """
        rows = [(host.name, host.target, ", ".join(host.groups)) for host in self.inventory.hosts]
        return View(make_frame(columns_of("host target groups"), rows), counted(len(rows), "hosts"))

    def look(self, verb: str) -> View:
        """Do a verb that changes nothing on every host, with a table that is live until all are done.

        Args:
            verb: facts, doctor, plan, drift or verify.

        Returns:
            The table, worst first. A host that fails is a row of it, and no error.

        Raises:
            ArgumentError: it is none of these; or a host's credential is a prompt.
        """
        if verb not in ("facts", "doctor", "plan", "drift", "verify"):
            require_fit(self.inventory, f"{verb} in `look`, which changes nothing,")
        shown = _LiveTable(verb, _cell_output(verb))
        self.results = self._work(verb, shown.draw)
        return shown.end(self._table(verb))

    def plan(self) -> View:
        """Plan the set-up of every host; nothing is changed.

        Returns:
            The table, worst first.

        Raises:
            ArgumentError: a host's credential is a prompt.
        """
        return self.look("plan")

    def outliers(self) -> View:
        """Compare the hosts: builds, HNS versions, networks, redirects.

        Returns:
            A table of what differs from most hosts.
        """
        return View(outliers_frame(self.results), "different from most hosts")

    def addresses(self) -> View:
        """Name the addresses that more than one host has: wrong where these hosts share a network.

        Returns:
            A table of addresses, those of most hosts first.
        """
        return View(addresses_frame(self.results), "on more than one host")

    def findings(self) -> View:
        """Collect what `look("doctor")` has found on all hosts.

        Returns:
            A table, the worst first.
        """
        return View(findings_of_hosts(self.results), "findings")

    def apply_button(
        self, label: str, *, wanted: bool | str = False, canary: int = 0, batch: str | int = "",
        max_failures: str | int = "", confirmed: bool | str = False,
    ) -> Any:  # fmt: skip
        """Set the redirect up on every host and prove it: when the button is pressed at the screen, else if `wanted`.

        Args:
            label: on the button.
            wanted: headless, whether anything is to be changed.
            canary: hosts that come first.
            batch: hosts of each later wave, or a share of all.
            max_failures: failed hosts with which it goes on.
            confirmed: whether what would be removed is agreed to.

        Returns:
            The button; headless the table, or a sentence that nothing was wanted.

        Raises:
            ArgumentError: canary, batch or max_failures is not a number or a share of hosts.
        """
        self._waves = Waves(canary, str(batch), str(max_failures))
        self._options = {"agreed": parameter_flag(confirmed, "confirmed")}
        self._made = None
        self._outputs.forget()
        self._wanted = self._interactive or parameter_flag(wanted, "apply")
        if not self._wanted:
            return Sentence("Nothing is changed: the parameter `apply` is false.")
        if self._interactive:
            from hnskit.runbook.widgets import action_button

            warning = "The network of a host goes away for seconds where its first bridge is made."
            return action_button(label, warning, self._button)
        shown = _LiveTable("apply", _cell_output("apply"))
        self._made = self.results = self._work("apply", shown.draw)
        return shown.end(self._table("apply"))

    def result(self) -> View | Sentence:
        """Show the result of the button's work; at the screen it follows the button.

        Returns:
            The table, or a sentence that nothing was done.

        Raises:
            HnskitError: a host failed; each is in the report.
        """
        return self._following(self._result)

    def _result(self) -> View | Sentence:
        if self._made is None:
            said = "The button above has not been pressed yet." if self._wanted else "Nothing was changed."
            return Sentence(said)
        bad = [result for result in self._made if result.failed or result.state == "not begun"]
        if bad:
            raise HnskitError(
                f"{verdict(self._made)}; first {bad[0].name}: {bad[0].verdict}",
                next_step=f"Look into {self._report}; then run this notebook again: what is done stays.",
            )
        return self._table("apply")

    def finish(self) -> Sentence:
        """There is no session to close: each verb opens and closes its own.

        Returns:
            A sentence with the last report.
        """
        return self._following(
            lambda: Sentence(f"Report: {self._report}" if self._report else "No host was contacted.")
        )

    def _following(self, draw: Callable[[], Shown]) -> Shown:
        self._button.wait()
        return self._outputs.show(draw) if self._interactive and self._made is None else draw()

    def _press(self, progress: Progress) -> None:
        table = _LiveTable("apply", progress.show_below)

        def draw(live: LiveRows) -> None:
            progress.count(len(live.ended), live.count)
            table.draw(live, at_once=len(live.ended) == live.count)

        try:
            self._made = self.results = self._work("apply", draw, progress.stop_asked)
            self._result()  # which raises, where a host failed: the button can be pressed again then
            progress.show_below("", "")  # the cell of the result has them all
            progress.finish(True, verdict(self.results))
        finally:
            self._outputs.redraw()

    def _work(
        self, verb: str, draw: Callable[[LiveRows], None], stop_asked: Callable[[], bool] = bool
    ) -> tuple[HostResult, ...]:
        require_fit(self.inventory, verb)
        folder = FleetFolder.new(self._runs, verb, self.inventory.source)
        live, told = LiveRows(len(self.inventory)), queue.SimpleQueue[HostStep]()

        waves = self._waves if verb == "apply" else Waves()
        work = FleetRun(self.inventory, verb, self._options, waves, self._runs, folder.place, told.put)
        for result in _polled(work):
            while not told.empty():
                live.step((step := told.get()).name, step.text)
            if stop_asked():
                work.stop()
            if result is not None:
                folder.add(result)
                live.end(result)
            draw(live)
        self._report = folder.finish()
        return tuple(by_trouble(live.ended))

    def _table(self, verb: str) -> View:
        return View(frame(self.results)[_SHOWN], f"{verb}: {verdict(self.results)}")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return sentence_mimebundle(str(self))

    def __str__(self) -> str:
        return f"{counted(len(self.inventory), 'hosts')} of {self.inventory.source}. No host was contacted yet."


def _cell_output(verb: str) -> Callable[[str, str], None] | None:
    """An output of the cell that is drawn again in place, and whose last state stays in papermill's file."""
    if not is_shown():
        return None
    from IPython.display import display

    handle: Any = display({"text/plain": f"{verb} …"}, raw=True, display_id=True)
    return lambda html, text: handle.update({"text/html": html, "text/plain": text}, raw=True)


class _LiveTable:
    """The hosts while they are at work; `show` takes the table as HTML and as text, each time anew."""

    def __init__(self, verb: str, show: Callable[[str, str], None] | None) -> None:
        self._verb, self._show, self._drawn = verb, show, 0.0

    def draw(self, live: LiveRows, *, at_once: bool = False) -> None:
        """Draw it, if it was not drawn just before: a table of a thousand hosts costs more than a host."""
        if self._show is None or (not at_once and time.monotonic() - self._drawn < _SECONDS):
            return
        self._drawn = time.monotonic()
        rows = [(row.host, row.windows, row.state, row.step, round(row.seconds, 1), row.verdict) for row in live.rows()]
        view = View(make_frame(columns_of(_LIVE), rows), f"{self._verb}: {live.summary()}")
        self._show(view.to_html(), view.to_text(20))

    def end(self, view: View) -> View:
        """Take the live table away: the cell's result is the last one."""
        if self._show is not None:
            self._show("", "")
        return view


def _polled(work: FleetRun) -> Any:
    """Results as they come, None in between; an interrupted kernel lets hosts come to their step's end."""
    found: queue.SimpleQueue[HostResult | BaseException | None] = queue.SimpleQueue()

    def feed() -> None:
        try:
            for result in work.results():
                found.put(result)
        except BaseException as error:
            found.put(error)
        else:
            found.put(None)

    threading.Thread(target=feed, name="hnskit-fleet", daemon=True).start()
    while True:
        try:
            item = found.get(timeout=_SECONDS)
        except queue.Empty:
            yield None
            continue
        except KeyboardInterrupt:
            work.stop()
            continue
        if item is None:
            return
        if isinstance(item, BaseException):
            raise item
        yield item


def open_fleet(
    inventory: str | Path, *, limit: str = "all", overrides: Sequence[str] | str = (), params: str = "",
    runs: str | Path = "", interactive: bool | str | None = None,
) -> FleetNotebook:  # fmt: skip
    """Read an inventory for a notebook's cells; no host is contacted.

    Args:
        inventory: the file, relative to the working directory or to the project's root.
        limit: the hosts that are meant, as `--limit` takes them.
        overrides: `key.path=value` for every host.
        params: a parameter file in place of the inventory's own.
        runs: where run folders are kept; empty: the project's.
        interactive: whether a person is at the screen; None finds out.

    Returns:
        The session.

    Raises:
        ParamsError: the inventory or parameters are wrong, with each mistake.
        ArgumentError: the limit chooses no host.
    """
    require_known()
    found = load_inventory(
        find_params(parameter_text(inventory, "inventory")),
        params=parameter_text(params, "params"),
        overrides=parameter_list(overrides, "overrides"),
    )
    place = Path(runs) if runs else default_runs()
    present = reader_of(interactive) is Reader.PRESENT
    return FleetNotebook(found.limited(parameter_text(limit, "limit")), interactive=present, runs=place)
