"""The steps of one wanted container and its image: run, started, adopted if it was made by hand, or refused. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from hnskit.foreign_text.masking import mask_command
from hnskit.model.objects import Container
from hnskit.params.desired import LABEL, DesiredContainer, Part
from hnskit.planning.context import PlanningContext, pending_keys
from hnskit.planning.steps import Action, Change, Step, StepKey
from hnskit.remote import containerd

_NAT = "nat (nerdctl's own; its second endpoint comes from HNS)"
_RUNTIMES = {"docker": "Docker", "containerd": "containerd"}


def image_step(context: PlanningContext, part: Part, wanted: DesiredContainer) -> Step:
    """Import or pull an image that is not there."""
    image = context.facts.image_named(wanted.image, context.desired.runtime)
    if image:
        return Step(part, Action.NONE, "image", wanted.image, "it is on the host", object_id=image.id)
    if wanted.import_path:
        changes = (Change("from", "", wanted.import_path),)
        return Step(part, Action.IMPORT, "image", wanted.image, "it is not on the host", changes)
    docker = context.desired.runtime == "docker"
    if context.desired.pulls_images:
        said = "it is not on the host" if docker else "ctr has no image of this whole name"
        return Step(part, Action.PULL, "image", wanted.image, f"{said}, and image.pull is set")
    reason = (
        f"it is not on the host, and the parameters name no tarball to import it from: `docker pull {wanted.image}` "
        "there, set image.pull, or set `import` to a tarball of it"
    )
    if not docker:
        reason = (
            f"ctr has no image of this whole name: pull it with `ctr images pull {wanted.image}`, or set image.pull"
        )
    return Step(part, Action.REFUSE, "image", wanted.image, reason)


def container_step(
    context: PlanningContext, part: Part, wanted: DesiredContainer, there: Container | None, waits: tuple[StepKey, ...]
) -> Step:
    """Run one container, start it, adopt it if it was made by hand, or refuse it."""

    def step(action: Action, reason: str, changes: tuple[Change, ...] = (), needs: tuple[StepKey, ...] = ()) -> Step:
        identity = there.id if there else ""
        return Step(part, action, "container", wanted.name, reason, changes, needs=needs, object_id=identity)

    if there is None:
        changes = (
            Change("image", "", wanted.image),
            Change("command", "", _command_text(wanted)),
            Change("network", "", _NAT if wanted.on_nat else "none (its endpoint comes from HNS)"),
        )
        if wanted.on_nat and (said := _without_nerdctl(context)):
            return step(Action.REFUSE, said)
        if context.desired.runtime == "containerd" and wanted.isolation == "hyperv":
            said = "Hyper-V isolation: no endpoint that is added by hand reaches its utility VM (containerd fact 42)"
            return step(Action.REFUSE, said)
        return step(Action.RUN, "it is not there", changes, waits)
    if there.labels.get(LABEL, context.desired.network.name) != context.desired.network.name:
        return step(
            Action.REFUSE,
            f"its label says that hnskit made it for the network {there.labels[LABEL]}, not for "
            f"{context.desired.network.name}: choose another name, or `hnskit destroy` with the parameters of that",
        )
    differs = _container_difference(wanted, there)
    if context.is_hand_made(there):
        return _hand_made(context, step, there, differs)
    if differs and is_replaced(context, wanted, there):
        said = f"{differs}: it is replaced, and its endpoint, address and policies stay"
        return step(Action.DELETE, said, needs=waits)
    if differs:
        return step(
            Action.REFUSE,
            f"{differs}, which {_RUNTIMES[context.desired.runtime]} cannot change: remove it with "
            f"{_removal(context, wanted.name)}, then go on",
        )
    if there.running:
        return step(Action.NONE, f"it runs {there.image}")
    return step(Action.START, f"it is {there.status}", (Change("status", there.status, "running"),))


def _without_nerdctl(context: PlanningContext) -> str:
    node = context.facts.containerd
    if node is None or "nerdctl" in node.tools:
        return ""
    return "nerdctl.exe was not found on PATH or where installers put it: install it, or set runner: ctr"


def is_replaced(context: PlanningContext, wanted: DesiredContainer, there: Container | None) -> bool:
    """Tell whether a container is hnskit's own and runs another image or command than is wanted."""
    if there is None or not context.has_our_label(there):
        return False
    adopted = context.known.was_adopted("container", there.name, there.id)
    return not adopted and not context.is_hand_made(there) and bool(_container_difference(wanted, there))


def replacement_steps(
    part: Part, wanted: DesiredContainer, there: Container, steps: Sequence[Step], own: Sequence[Step]
) -> tuple[Step, ...]:
    """Order the steps of a container that is replaced: one container after another, the new one after the old.

    Args:
        part: of the container.
        wanted: what is to run.
        there: the one that is replaced.
        steps: of the plan so far; a replacement waits for those of other containers.
        own: of this container: its deletion, and the steps of its endpoint.

    Returns:
        The steps of this container, with the one that runs the new one.
    """
    others = tuple(step.key for step in steps if step.pending and step.kind in ("container", "attachment", "route"))
    name, endpoint = wanted.name, wanted.endpoint.name
    image = pending_keys([*steps, *own], ("image", wanted.image))  # the old one serves while the new one is brought
    off = pending_keys([step for step in own if step.action is Action.DETACH], ("attachment", endpoint))
    run = Step(
        part, Action.RUN, "container", name, "made again as it should be",
        tuple(_replaced_fields(wanted, there)),
        needs=(StepKey(Action.DELETE, "container", name),),
    )  # fmt: skip
    made: list[Step] = []
    for step in own:
        if step.kind == "container" and step.action is Action.DELETE:
            made += [replace(step, needs=(*step.needs, *others, *off)), run]
        elif step.kind == "attachment" and step.action is Action.DETACH:
            made.append(replace(step, reason="its container is replaced", needs=(*step.needs, *others, *image)))
        elif step.kind == "attachment" and step.action is Action.ATTACH:
            made.append(replace(step, needs=tuple(dict.fromkeys((*step.needs, run.key)))))
        else:
            made.append(step)
    return tuple(made)


def _replaced_fields(wanted: DesiredContainer, there: Container) -> Iterator[Change]:
    if there.image != wanted.image:
        yield Change("image", there.image, wanted.image)
    command = " ".join(mask_command(there.command))
    if wanted.command and command != _command_text(wanted):
        yield Change("command", command, _command_text(wanted))
    if wanted.isolation and there.isolation != wanted.isolation:
        yield Change("isolation", there.isolation, wanted.isolation)


def _command_text(wanted: DesiredContainer) -> str:
    return " ".join(mask_command(wanted.command)) or "the image's own"


def _hand_made(context: PlanningContext, step: Callable[[Action, str], Step], there: Container, differs: str) -> Step:
    """Take over a container that hnskit did not run; a label that lies is named."""
    if differs:
        runtime = _RUNTIMES[context.desired.runtime]
        said = f"it was made by hand, and {differs.removeprefix('it ')}, which {runtime} cannot change"
        return step(
            Action.REFUSE,
            f"{said}: set the parameters to what it has, choose another name, or remove it with "
            f"{_removal(context, there.name)}",
        )
    lies = context.has_our_label(there) and not context.known.was_adopted("container", there.name, there.id)
    said = "it was made by hand, and runs" if not lies else (
        "it was made by hand, whatever its label says, since its endpoint is none that hnskit makes; it runs"
    )  # fmt: skip
    if not there.running:
        docker = context.desired.runtime == "docker"
        by_nerdctl = containerd.NERDCTL_NAME in there.labels
        started = f"nerdctl start {there.name}" if by_nerdctl else f"ctr tasks start --detach {there.id}"
        command = f"`docker start {there.name}`" if docker else f"`{started}`"
        return step(Action.REFUSE, f"it was made by hand and is {there.status}: start it with {command}")
    if context.known.only_found("container", there.name, there.id) and not lies:
        return step(Action.NONE, f"it runs {there.image}; it was made by hand")
    return step(Action.ADOPT, f"{said} {there.image}")


def _removal(context: PlanningContext, name: str) -> str:
    """The command that removes a container."""
    if context.desired.runtime == "docker":
        return f"`docker rm --force {name}`"
    if any(item.on_nat and item.name == name for item in context.desired.clients):
        return f"`nerdctl rm --force {name}`"
    return f"`ctr tasks delete --force {name}` and `ctr containers delete {name}`"


def _container_difference(wanted: DesiredContainer, there: Container) -> str:
    """Describe how an existing container was run differently; "" if nothing is wanted or known."""
    by_nerdctl = containerd.NERDCTL_NAME in there.labels
    if there.runtime == "containerd" and by_nerdctl != wanted.on_nat:
        ran, wants = ("nerdctl", "ctr") if by_nerdctl else ("ctr", "nerdctl")
        return f"it was run by {ran}, not by {wants}"
    if there.image != wanted.image:
        return f"it runs {there.image}, not {wanted.image}"
    command = wanted.command
    if command and there.command[-len(command) :] != command:
        runs, wants = (" ".join(mask_command(words)) for words in (there.command, command))
        return f"it runs `{runs}`, not `{wants}`"
    # "default" is what Docker's daemon makes of it: that is not known here.
    if wanted.isolation and there.isolation not in ("", "default", wanted.isolation):
        return f"its isolation is {there.isolation}, not {wanted.isolation}"
    return ""
