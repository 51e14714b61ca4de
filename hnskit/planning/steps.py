"""Steps and plans as data: what would be changed on a host, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from hnskit.foreign_text.escaping import join_lines
from hnskit.params.desired import Part


class Action(StrEnum):
    """What a step does."""

    CREATE = "create"
    IMPORT = "import"
    RUN = "run"
    START = "start"
    STOP = "stop"
    ATTACH = "attach"
    DETACH = "detach"
    UPDATE = "update"
    DELETE = "delete"
    NONE = "none"
    """Nothing to do; the reason says why."""
    REFUSE = "refuse"
    """It cannot be done safely; the reason says why and what would help. Nothing of such a plan is applied."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an object, before and after; "" where it is not there."""

    field: str
    before: str
    after: str

    def describe(self) -> str:
        """In a line: `subnet: nothing -> 10.0.1.0/24`; `from … to …` where a value has an arrow of its own."""
        before, after = self.before or "nothing", self.after or "nothing"
        if "->" in f"{before} {after}":
            return f"{self.field}: from {before} to {after}"
        return f"{self.field}: {before} -> {after}"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do to one object."""

    part: Part
    action: Action
    kind: str
    """network, endpoint, image, container, attachment, forwarding, route, policy"""
    name: str
    reason: str
    changes: tuple[Change, ...] = ()
    disruptive: bool = False
    """Whether the host's own network goes away for seconds."""
    needs: tuple[str, ...] = ()
    """Ids of the steps that must be done first."""
    object_id: str = ""
    """Of the object that is meant, where it is there: another one of the same name is not."""
    lacks: Part | None = None
    """The part that has to be applied first, where a refusal is for want of its work."""
    absent: bool = False
    """Whether nothing is to be done because the object is not there, and is not to be."""

    @property
    def id(self) -> str:
        """Unique in a plan, and a phrase for a person: `create network hnskit-l2bridge`."""
        return f"{self.action} {self.noun if self.pending else self.kind} {self.name}"

    @property
    def noun(self) -> str:
        """What the step is about, in a sentence: an endpoint is attached, not an attachment."""
        return "endpoint" if self.kind == "attachment" else self.kind

    @property
    def word(self) -> str:
        """What it does, in a word or two: `keep` where nothing is to do, `not there` for what is not to be there."""
        if self.action is not Action.NONE:
            return self.action.value
        return "not there" if self.absent else "keep"

    @property
    def pending(self) -> bool:
        """Whether it changes anything."""
        return self.action not in (Action.NONE, Action.REFUSE)


def not_there(part: Part, kind: str, name: str, reason: str = "it is not there") -> Step:
    """Nothing to do: what is not to be there is not."""
    return Step(part, Action.NONE, kind, name, reason, absent=True)


def refused_for_want_of(lacks: Part, part: Part, kind: str, name: str, reason: str) -> Step:
    """A refusal because the work of another part is not there."""
    said = f"{reason}: apply the part {lacks} first"
    return Step(part, Action.REFUSE, kind, name, said, lacks=lacks)


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order in which a person reads them."""

    target: str
    steps: tuple[Step, ...]

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.pending)

    @property
    def refused(self) -> tuple[Step, ...]:
        """What stands in the way; a plan with any of these is not applied."""
        return tuple(step for step in self.steps if step.action is Action.REFUSE)

    @property
    def lacking(self) -> tuple[Part, ...]:
        """The parts whose work is missing, each once: they come first."""
        return tuple(dict.fromkeys(step.lacks for step in self.steps if step.lacks is not None))

    @property
    def summary(self) -> str:
        """How many steps are to do, and how many not: `17 to do, 1 refused, 3 to keep`."""
        absent = sum(step.absent for step in self.steps)
        keep = len(self.steps) - len(self.pending) - len(self.refused) - absent
        said = [f"{len(self.pending)} to do", f"{len(self.refused)} refused" if self.refused else ""]
        said += [f"{keep} to keep", f"{absent} not there" if absent else ""]
        return ", ".join(filter(None, said))

    @property
    def disruptive(self) -> tuple[Step, ...]:
        """The steps during which the host's network goes away."""
        return tuple(step for step in self.pending if step.disruptive)

    def level(self, step: Step) -> int:
        """1 for a step that can be done at once, 2 for one that waits for such a step, …; 0 if not pending."""
        if not step.pending:
            return 0
        return self._levels()[step.id]

    def _levels(self) -> dict[str, int]:
        pending, levels = {step.id: step for step in self.pending}, dict[str, int]()

        def of(id: str) -> int:
            if id not in levels:
                needs = [of(other) for other in pending[id].needs if other in pending]
                levels[id] = 1 + max(needs, default=0)
            return levels[id]

        return {id: of(id) for id in pending}

    def ready(self) -> tuple[Step, ...]:
        """The steps of level 1; a disruptive one is done alone, since it cuts whatever runs beside it."""
        levels = self._levels()
        first = tuple(step for step in self.pending if levels[step.id] == 1)
        cutting = tuple(step for step in first if step.disruptive)
        if not cutting:
            return first
        others = tuple(step for step in first if not step.disruptive)
        removing = cutting[0].action is Action.DELETE
        return others if removing and others else cutting[:1]

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        levels = self._levels()
        return {
            "target": self.target,
            "pending": len(self.pending),
            "refused": len(self.refused),
            "steps": [{"id": step.id, "level": levels.get(step.id, 0), **asdict(step)} for step in self.steps],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """The plan that `to_json` wrote."""
        return cls(
            target=data["target"],
            steps=tuple(
                Step(
                    part=Part(row["part"]),
                    action=Action(row["action"]),
                    kind=row["kind"],
                    name=row["name"],
                    reason=row["reason"],
                    changes=tuple(Change(**change) for change in row["changes"]),
                    disruptive=row["disruptive"],
                    needs=tuple(row["needs"]),
                    object_id=row["object_id"],
                    lacks=Part(row["lacks"]) if row.get("lacks") else None,
                    absent=row.get("absent", False),
                )
                for row in data["steps"]
            ),
        )

    def to_text(self) -> str:
        """For a terminal: one line a step, one a changed field."""
        signs = {
            Action.NONE: "=",
            Action.REFUSE: "!",
            Action.DELETE: "-",
            Action.DETACH: "-",
            Action.STOP: "-",
            Action.UPDATE: "~",
        }
        lines = []
        for step in self.steps:
            noun = step.kind if step.action in (Action.NONE, Action.REFUSE) else step.noun
            sign = "." if step.absent else signs.get(step.action, "+")
            lines.append(f"{sign} {step.word} {noun} {step.name}: {step.reason}")
            if step.disruptive:
                lines.append("    the host's own network goes away for seconds while this is done")
            lines += [f"    {change.describe()}" for change in step.changes]
        return join_lines(lines)
