"""The members of a snapshot's file, read into a class of facts: unknown ones are refused, older ones understood."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from hnskit.errors import SnapshotError
from hnskit.facts.completeness import ABSENT, SINGLE, Completeness
from hnskit.model.hns_members import MEMBERS

if TYPE_CHECKING:
    from pydantic_core import CoreSchema, SchemaValidator

VERSION = 1
COUNTS = "counts"
"""Member of a snapshot's file: its lists and single objects, and for each object the number of its members."""
_NO_FACTS = ("hnskit", "version", "schema", "ok", "taken_for", COUNTS)  # of the file, and of `hnskit facts --json`
_ALWAYS = (
    "adapters", "interfaces", "addresses", "routes", "compartments", "networks", "endpoints", "policy_lists", "images",
    "containers",
)  # fmt: skip
"""Lists that every snapshot has had since the first one."""
_TAKEN_OUT = "objects were taken out of the file after hnskit wrote it"
_SHORTENED = "members of its objects were taken out of the file after hnskit wrote it"
_HOST_JSON = "raw"

FactsT = TypeVar("FactsT", bound=Any)
"""A class of facts: `hnskit.Facts`."""


def read_members(kind: type[FactsT], data: Mapping[str, Any], source: str) -> FactsT:
    """The facts of a file's JSON.

    Raises:
        SnapshotError: it is of a version that is not known here, or not what hnskit writes.
    """
    version = data.get("version", VERSION)  # `hnskit facts --json` prints no head
    if version != VERSION:
        raise SnapshotError(
            source,
            f"is a snapshot of version {version!r}; this hnskit reads version {VERSION}",
            next_step="Read it with the hnskit that wrote it, or update this one.",
        )
    from pydantic import ValidationError

    members = {name: value for name, value in data.items() if name not in _NO_FACTS}
    problems = members.get("problems", ())
    if isinstance(problems, list):
        members["problems"] = [_old_problem(kind, item) if isinstance(item, str) else item for item in problems]
    try:
        read: FactsT = _reader(cast("Hashable", kind)).validate_python(members)
    except ValidationError as cause:
        first = cause.errors(include_url=False, include_input=False)[0]
        part, *rest = first["loc"] or ("content",)
        if part == "target":
            raise SnapshotError(source, "does not say of which target it is") from cause
        where = ".".join(map(str, (part, *rest)))
        wanted = str(first["msg"]).replace("Input should be", "it should be").replace("valid tuple", "list")
        raise SnapshotError(source, f"its member {where} is not as hnskit writes it: {wanted}") from cause
    return _with_losses(_with_gaps(read), data)


def member_counts(members: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return the number of members of each object, whatever their depth; the host's own JSON is left out.

    Args:
        members: the parts of the facts, or of a file's JSON: both count alike.
    """
    return {
        name: [_count(item) for item in (value if isinstance(value, list | tuple) else (value,))]
        for name, value in members.items()
        if name not in _NO_FACTS and (isinstance(value, list | tuple | Mapping) or is_dataclass(value))
    }


def _count(value: Any) -> int:
    if isinstance(value, str | int | None):
        return 0
    if isinstance(value, list | tuple):
        return len(value) + sum(map(_count, value))
    if isinstance(value, Mapping):
        return len(value) + sum(_count(item) for name, item in value.items() if name != _HOST_JSON)
    if is_dataclass(value):
        return _count({member.name: getattr(value, member.name) for member in fields(value)})
    return 0


def _with_losses(facts: FactsT, data: Mapping[str, Any]) -> FactsT:
    """The facts of a file from which lists, objects or members were taken out: what is missing there is not known.

    People shorten files before they send them.
    """
    gaps = {part: ABSENT for part in _ALWAYS if part not in data}
    written = data.get(COUNTS)
    there = member_counts(data) if isinstance(written, Mapping) else {}
    shorter: dict[str, Any] = {}
    for part, counts in written.items() if isinstance(written, Mapping) else ():
        found = there.get(part, [])
        if not isinstance(counts, list) or found == counts or part in gaps or not hasattr(facts, part):
            continue
        gaps[part] = _TAKEN_OUT if len(found) != len(counts) else _SHORTENED
        if part in MEMBERS and found:
            whole = _whole(found, counts)
            shorter[part] = _shortened(part, getattr(facts, part), data[part], whole)
    if not isinstance(written, Mapping):
        shorter = {part: _shortened(part, getattr(facts, part), data.get(part) or ()) for part in MEMBERS}
    if not gaps and not shorter:
        return facts
    return replace(facts, completeness=Completeness({**gaps, **facts.completeness.gaps}), **shorter)


def _whole(found: Sequence[int], counts: Sequence[int]) -> Sequence[bool]:
    """Tell of each object whether it has as many members as when it was written."""
    if len(found) == len(counts):
        return [one == other for one, other in zip(found, counts, strict=True)]
    known = set(counts)  # which object was taken out is not told
    return [one in known for one in found]


def _shortened(
    part: str, objects: tuple[Any, ...], items: Sequence[Any], whole: Sequence[bool] | None = None
) -> tuple[Any, ...]:
    """The objects of a list, those that lack something with the names of their members in `unread`.

    Args:
        part: the list.
        objects: its objects.
        items: the same as JSON.
        whole: of each, whether nothing is missing in any depth; None: this is not known, as of older files.
    """
    known = MEMBERS[part]
    read = []
    for number, (item, said) in enumerate(zip(objects, items, strict=True)):
        unread = known - said.keys()
        if whole is not None and not whole[number]:
            unread |= {name for name in known & said.keys() if isinstance(said[name], list | dict)}
        read.append(replace(item, unread=tuple(sorted({*item.unread, *unread}))) if unread else item)
    return tuple(read)


@cache
def _reader(kind: Hashable) -> SchemaValidator:
    """Return the reader that makes facts of JSON: an unknown member is refused, whatever object it is in."""
    from pydantic import TypeAdapter
    from pydantic_core import SchemaValidator

    return SchemaValidator(
        cast("CoreSchema", _strict(TypeAdapter(cast("type[Any]", kind)).core_schema)), {"hide_input_in_errors": True}
    )


def _strict(schema: Any) -> Any:
    """The schema with strict numbers and yes-or-no: "5" is not a number, 1 is not true.

    Strictness as a whole would refuse JSON's lists for tuples and its objects for dataclasses.
    """
    if isinstance(schema, list | tuple):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    known = {key: value if key in ("cls", "default") else _strict(value) for key, value in schema.items()}
    return {**known, "strict": True} if known.get("type") in ("int", "bool") else known


def _with_gaps(facts: FactsT) -> FactsT:
    """Gaps that an older hnskit saved among the problems, as gaps."""
    gaps = {problem.part: problem.message for problem in facts.problems if problem.message in (ABSENT, SINGLE)}
    if not gaps:
        return facts
    left = tuple(problem for problem in facts.problems if problem.message not in (ABSENT, SINGLE))
    return replace(facts, problems=left, completeness=Completeness({**facts.completeness.gaps, **gaps}))


def _old_problem(kind: type[Any], sentence: str) -> dict[str, Any]:
    """A problem as hnskit saved it before it had fields: `networks: HNS refused`."""
    part, colon, message = sentence.partition(": ")
    known = colon and part in {member.name for member in fields(kind)}
    return {"part": part, "message": message} if known else {"part": "", "message": sentence}
