"""A host or a paste that is looked at on the screen: with another file, paste or question all cells follow."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import Any

from hnskit.errors import ArgumentError, HnskitError
from hnskit.local import project
from hnskit.runbook.kept_snapshots import snapshots
from hnskit.runbook.live_output import LiveOutputs
from hnskit.runbook.pasted_notebook import PastedNotebook
from hnskit.runbook.screen import Sentence
from hnskit.runbook.step_notebook import StepNotebook

Looking = StepNotebook | PastedNotebook


class LookedAt:
    """A session that only looks, and whose cells follow the forms above them.

    Attributes:
        current: the session of what is looked at now.
    """

    def __init__(self, look: Callable[[], Looking]) -> None:
        """Look, as `look` does; what that raises fails the cell."""
        self._look = look
        self.current = look()
        self.outputs = LiveOutputs()
        self.diagnosis = LiveDiagnosis(self)

    @property
    def facts(self) -> Any:
        """The last snapshot of the host, or what the paste has."""
        return self.current.facts

    def again(self) -> None:
        """Look once more, at what the forms say now; all cells that are shown follow.

        Raises:
            HnskitError: the host cannot be reached, or the parameters are wrong; what is shown stays as it is.
        """
        found = self._look()
        self.current.end()
        self.current = found
        self.diagnosis.refresh()
        self.outputs.redraw()

    def show(self, table: str) -> Any:
        """A table of the host, as `StepNotebook.show` gives it."""
        return self.outputs.show(lambda: self.current.show(table))

    def picture(self) -> Any:
        """The host, drawn."""
        return self._following(methodcaller("picture"))

    def finish(self) -> Any:
        """Let go of the host; another look reaches it again."""
        return self._following(methodcaller("finish"))

    def end(self) -> None:
        """Let go of the host for good: another session was opened."""
        self.outputs.forget()
        self.current.end()

    def _following(self, ask: Callable[[Any], Any]) -> Any:
        return self.outputs.show(lambda: ask(self.current))

    def _ipython_display_(self) -> None:
        self.outputs.show(lambda: Sentence(str(self.current)))._ipython_display_()  # type: ignore[attr-defined]

    def __str__(self) -> str:
        return str(self.current)


class LiveDiagnosis:
    """The diagnosis of what is looked at, with the questions as lists to choose from."""

    def __init__(self, looked: LookedAt) -> None:
        self._looked = looked
        self._asked: dict[str, str] = {}
        self._controls: dict[str, Any] = {}

    def explain(self, source: str, destination: str) -> Any:
        """Explain a connection; who asks, and for what, is chosen above it."""
        self._asked = {"source": source, "destination": destination, **self._kept(source, destination)}
        controls = [
            self._control("source", "Who asks", self._askers),
            self._control("destination", "Asked for", lambda: ["169.254.169.254:80"]),
        ]
        return self._looked.outputs.show(self._explanation, *controls)

    def way(self, source: str, destination: str) -> Any:
        """The same, drawn."""
        self._asked.setdefault("source", source)
        self._asked.setdefault("destination", destination)
        return self._looked.outputs.show(
            lambda: self._now.way(self._asked["source"], self._asked["destination"]),
        )

    def compare(self, earlier: str) -> Any:
        """Compare with an earlier snapshot, which is chosen above it."""
        self._asked["earlier"] = earlier
        control = self._control(
            "earlier", "Earlier snapshot", lambda: snapshots(project.default_runs()),
            "choose one that a run has kept, or type a file",
        )  # fmt: skip
        return self._looked.outputs.show(lambda: self._now.compare(self._asked["earlier"]), control)

    def compare_picture(self, earlier: str) -> Any:
        """The same, drawn."""
        self._asked.setdefault("earlier", earlier)
        return self._looked.outputs.show(lambda: self._now.compare_picture(self._asked["earlier"]))

    def code(self, code: str) -> Any:
        """Explain a code, which is typed above it."""
        self._asked["code"] = code
        control = self._control("code", "Code or text", lambda: [], "such as 0x803b0013, or a line of a log")
        return self._looked.outputs.show(lambda: _told(lambda: self._now.code(self._asked["code"])), control)

    def matrix(self) -> Any:
        """Every container against what is redirected."""
        return self._following(methodcaller("matrix"))

    def diagnose(self) -> Any:
        """Find what is wrong or suspicious."""
        return self._following(methodcaller("diagnose"))

    def stale(self) -> Any:
        """Endpoints that nobody uses any more."""
        return self._following(methodcaller("stale"))

    def repair(self) -> Any:
        """The plan that would mend what the engine can."""
        return self._following(methodcaller("repair"))

    def refresh(self) -> None:
        """Offer what the host that is looked at now has; a choice that it does not have is dropped."""
        for name, control in self._controls.items():
            offered = control.refresh()
            if name == "source" and self._asked.get("source") not in ("", *offered):
                self._asked["source"] = control.value = ""

    def _following(self, ask: Callable[[Any], Any]) -> Any:
        return self._looked.outputs.show(lambda: ask(self._now))

    @property
    def _now(self) -> Any:
        return self._looked.current.diagnosis

    def _explanation(self) -> Any:
        return _told(lambda: self._now.explain(self._asked["source"], self._asked["destination"]))

    def _kept(self, source: str, destination: str) -> dict[str, str]:
        """Keep the choices of before the cell was run again, unless the notebook says otherwise now."""
        return {} if source or destination else {key: self._asked[key] for key in ("source", "destination")
                                                 if key in self._asked}  # fmt: skip

    def _askers(self) -> list[str]:
        facts = self._looked.facts
        names = [*(item.name for item in facts.containers), *(item.name for item in facts.endpoints if item.address)]
        return list(dict.fromkeys(name for name in names if name))

    def _control(
        self, name: str, label: str, offered: Callable[[], list[str]], empty: str = "empty: the first one"
    ) -> Any:
        from hnskit.runbook.widgets import Question

        question = Question(label, self._asked[name], offered, lambda value: self._take(name, value), empty)
        self._controls[name] = question
        return question.widget

    def _take(self, name: str, value: str) -> None:
        self._asked[name] = value.strip()
        self._looked.outputs.redraw()


def _told(ask: Callable[[], Any]) -> Any:
    """An answer, or the reason why there is none: what was typed may be no name, no address and no code."""
    try:
        return ask()
    except HnskitError as error:
        return Sentence(error.paragraph())
    except (ValueError, ArgumentError) as error:
        return Sentence(str(error))
