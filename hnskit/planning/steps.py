"""Steps and plans as data: what would be changed on a host, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from hnskit.errors import PlanError
from hnskit.foreign_text.escaping import join_lines
from hnskit.params.desired import Part


class Action(StrEnum):
    """The action of a step."""

    CREATE = "create"
    IMPORT = "import"
    PULL = "pull"
    RUN = "run"
    START = "start"
    STOP = "stop"
    ATTACH = "attach"
    DETACH = "detach"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    """Made by hand, and as it is wanted: taken over where the operator says so, without a change of the host."""
    NONE = "none"
    """There is nothing to do; the reason says why."""
    REFUSE = "refuse"
    """It cannot be done safely; the reason says why and what would help. Nothing of such a plan is applied."""


_SIGNS = {
    **dict.fromkeys((Action.CREATE, Action.IMPORT, Action.PULL, Action.RUN), "+"), Action.DELETE: "-",
    Action.NONE: "=", Action.ADOPT: "=", Action.REFUSE: "!",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an object, before and after; "" where it is not there."""

    field: str
    before: str
    after: str

    def describe(self) -> str:
        """Say it in a line: `subnet: nothing -> 10.0.1.0/24`; an arrow that a value has of its own is a word there."""
        before, after = (value.replace(" -> ", " to ") or "nothing" for value in (self.before, self.after))
        return f"{self.field}: {before} -> {after}"


@dataclass(frozen=True, slots=True)
class StepKey:
    """A step told from every other one of its plan, by fields: what is done, and to which object.

    `str` makes a phrase of it for a person, `create network hnskit-l2bridge`; nothing reads that back.
    """

    action: Action
    kind: str
    name: str
    container: str = ""
    """The container whose route it is."""
    object_id: str = ""
    """The id of an object that shares its name with another."""
    phase: str = ""
    """The HCN request, where one object needs several."""

    @property
    def title(self) -> str:
        """The object in a sentence: `169.254.169.254 in hnskit-proxy`, `hnskit-client1 (ID)`."""
        inside = f" in {self.container}" if self.container else ""
        identity = f" ({self.object_id})" if self.object_id else ""
        phase = f" (HCN {self.phase})" if self.phase else ""
        return f"{self.name}{inside}{identity}{phase}".strip()

    def __str__(self) -> str:
        attached = self.kind == "attachment" and self.action not in (Action.NONE, Action.REFUSE)
        return f"{self.action} {'endpoint' if attached else self.kind} {self.title}"


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
    """True if the host's own network goes away for seconds."""
    needs: tuple[StepKey, ...] = ()
    """The steps that must be done first."""
    object_id: str = ""
    """Of the object that is meant, where it is there: another one of the same name is not."""
    lacks: Part | None = None
    """The part that has to be applied first, where a refusal is for want of its work."""
    absent: bool = False
    """True if nothing is to be done because the object is not there, and is not to be."""
    container: str = ""
    """Of a route: the container that has it; `name` is the address that it leads to."""
    ambiguous: bool = False
    """True if another object has this name too, so that the id belongs to the key: an endpoint of a deleted network."""
    phase: str = ""
    """Of an object's policies: the HCN request, where there is more than one."""

    @property
    def key(self) -> StepKey:
        """The key by which other steps name this one; unique among the pending steps of a plan."""
        identity = self.object_id if self.ambiguous else ""
        return StepKey(self.action, self.kind, self.name, self.container, identity, self.phase)

    @property
    def id(self) -> str:
        """The key as a phrase for a person: `create network hnskit-l2bridge`."""
        return str(self.key)

    @property
    def title(self) -> str:
        """The object in a sentence, told from others of its name."""
        return self.key.title

    @property
    def noun(self) -> str:
        """The kind of the object in a sentence: an endpoint is attached, not an attachment."""
        return "endpoint" if self.kind == "attachment" else self.kind

    @property
    def word(self) -> str:
        """The action in a word or two: `keep` if nothing is to do, `not there` for an object that is to be absent."""
        if self.action is not Action.NONE:
            return self.action.value
        return "not there" if self.absent else "keep"

    @property
    def sign(self) -> str:
        """The sign before its line: `+` and `-` for an object that appears or goes, `~` for one that is changed.

        An endpoint that is attached or detached is there before and after, so that the lines of a plan are as many
        as its counts.
        """
        if self.absent:
            return "."
        return _SIGNS.get(self.action, "~")

    @property
    def pending(self) -> bool:
        """Tell whether it changes anything."""
        return self.action not in (Action.NONE, Action.REFUSE, Action.ADOPT)


_MEMBERS = tuple(member.name for member in fields(Step))


def _row(step: Step, level: int) -> dict[str, Any]:
    """A step as `--json` prints it; by hand, since `asdict` copies each value and was most of a plan's time."""
    row = {"id": step.id, "level": level, **{name: getattr(step, name) for name in _MEMBERS}}
    row["changes"] = tuple(asdict(change) for change in step.changes)
    row["needs"] = list(map(str, step.needs))
    return row


def not_there(part: Part, kind: str, name: str, reason: str = "it is not there") -> Step:
    """Make the step of an object that is not wanted and not there: nothing to do."""
    return Step(part, Action.NONE, kind, name, reason, absent=True)


def refused_for_want_of(lacks: Part, part: Part, kind: str, name: str, reason: str) -> Step:
    """Refuse a step that needs the work of another part first."""
    said = f"{reason}: apply the part {lacks} first"
    return Step(part, Action.REFUSE, kind, name, said, lacks=lacks)


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """Steps in the order in which a person reads them; `print` shows them, `repr` counts them."""

    target: str
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        """Check what the steps need of each other.

        Raises:
            PlanError: a step needs one that is not in the plan, or two pending steps have one key.
        """
        pending = [step.key for step in self.pending]
        known = {step.key for step in self.steps}
        if twice := [key for key, count in Counter(pending).items() if count > 1]:
            raise PlanError(f"there are two steps to {twice[0]}", host=self.target, step=str(twice[0]))
        for step in self.pending:
            if unknown := [key for key in step.needs if key not in known]:
                said = f"it needs a step that is not in the plan: {unknown[0]}"
                raise PlanError(said, host=self.target, step=step.id)

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.pending)

    @property
    def refused(self) -> tuple[Step, ...]:
        """The refused steps; a plan with any of these is not applied."""
        return tuple(step for step in self.steps if step.action is Action.REFUSE)

    @property
    def adopted(self) -> tuple[Step, ...]:
        """The objects made by hand that would be taken over; nothing of such a plan is applied before that is asked."""
        return tuple(step for step in self.steps if step.action is Action.ADOPT)

    @property
    def lacking(self) -> tuple[Part, ...]:
        """The parts whose work is missing, each once: they come first."""
        return tuple(dict.fromkeys(step.lacks for step in self.steps if step.lacks is not None))

    @property
    def summary(self) -> str:
        """Count the steps: `17 to do, 1 refused, 3 to keep`."""
        absent = sum(step.absent for step in self.steps)
        keep = len(self.steps) - len(self.pending) - len(self.refused) - len(self.adopted) - absent
        said = [f"{len(self.pending)} to do", f"{len(self.refused)} refused" if self.refused else ""]
        said += [f"{len(self.adopted)} to adopt" if self.adopted else ""]
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
        return self._levels()[step.key]

    def _levels(self) -> dict[StepKey, int]:
        pending, levels = {step.key: step for step in self.pending}, dict[StepKey, int]()

        def of(key: StepKey) -> int:
            if key not in levels:
                needs = [of(other) for other in pending[key].needs if other in pending]
                levels[key] = 1 + max(needs, default=0)
            return levels[key]

        return {key: of(key) for key in pending}

    def ready(self) -> tuple[Step, ...]:
        """The steps of level 1; a disruptive one is done alone, since it cuts whatever runs beside it."""
        levels = self._levels()
        first = tuple(step for step in self.pending if levels[step.key] == 1)
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
            "steps": [_row(step, levels.get(step.key, 0)) for step in self.steps],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """The plan that `to_json` wrote.

        Raises:
            PlanError: a step needs one that is not in it.
        """
        steps = [
            Step(
                part=Part(row["part"]),
                action=Action(row["action"]),
                kind=row["kind"],
                name=row["name"],
                reason=row["reason"],
                changes=tuple(Change(**change) for change in row["changes"]),
                disruptive=row["disruptive"],
                object_id=row["object_id"],
                lacks=Part(row["lacks"]) if row.get("lacks") else None,
                absent=row.get("absent", False),
                container=row.get("container", ""),
                ambiguous=row.get("ambiguous", False),
                phase=row.get("phase", ""),
            )
            for row in data["steps"]
        ]
        keys = {step.id: step.key for step in steps}
        needs = [tuple(keys.get(id, StepKey(Action.NONE, "step", id)) for id in row["needs"]) for row in data["steps"]]
        return cls(data["target"], tuple(replace(step, needs=keyed) for step, keyed in zip(steps, needs, strict=True)))

    def to_text(self) -> str:
        """For a terminal: one line a step, one a changed field."""
        return steps_text(self.steps)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<Plan of {self.target}: {self.summary}>"


def steps_text(steps: Iterable[Step]) -> str:
    """Describe some steps of a plan for a terminal: one line a step, one a changed field."""
    lines = []
    for step in steps:
        noun = step.kind if step.action in (Action.NONE, Action.REFUSE) else step.noun
        lines.append(f"{step.sign} {step.word} {noun} {step.title}: {step.reason}")
        if step.disruptive:
            lines.append("    the host's own network goes away for seconds while this is done")
        lines += [f"    {change.describe()}" for change in step.changes]
    return join_lines(lines)
