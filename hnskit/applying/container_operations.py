"""Steps of images, containers and routes inside them -> the calls that carry them out: Docker, ctr or nerdctl."""

from __future__ import annotations

from collections.abc import Callable

from hnskit.applying.operation import Operation, Probe, call_id, nothing_made
from hnskit.errors import ContainerdError, DockerError, HnskitError, StepError
from hnskit.facts.host_facts import Facts
from hnskit.params.desired import Desired, DesiredContainer
from hnskit.planning.routes import proxy_container, route_client, route_gateway
from hnskit.planning.steps import Action, Step
from hnskit.remote import containerd, ctr_containers, docker, nerdctl_containers
from hnskit.remote.session import Call, CallResult


def _made_by_docker(result: CallResult) -> str:
    # `docker run --detach` and `docker import` print the id on the last line.
    lines = docker.output(result).split()
    return lines[-1] if lines else ""


def _container_of(step: Step, desired: Desired) -> DesiredContainer:
    return next(item for item in desired.containers if step.name in (item.name, item.endpoint.name))


_NOT_PULLED = (
    "Look at the image's name and tag, at the host's way to the registry (a proxy, a login), and whether the image is "
    "of this Windows; or bring it there in another way: `import` names a tarball."
)
_DOCKER_DONE = nothing_made(docker.output)
_CONTAINERD_DONE = nothing_made(containerd.output)


def _import_image(step: Step, desired: Desired, _: Facts) -> Operation:
    path = next(item.import_path for item in desired.containers if item.image == step.name)
    return Operation(step, docker.import_image(call_id(step), path, step.name), _made_by_docker)


def _pull_image(step: Step, desired: Desired, _: Facts) -> Operation:
    if desired.runtime == "containerd":
        call = ctr_containers.pull_image(call_id(step), step.name)
        return Operation(step, call, nothing_made(_pulled(containerd.output)))
    return Operation(step, docker.pull_image(call_id(step), step.name), nothing_made(_pulled(docker.output)))


def _pulled(read: Callable[[CallResult], str]) -> Callable[[CallResult], str]:
    """A reader of a pull; its failure is of the registry, or of the way there."""

    def reader(result: CallResult) -> str:
        try:
            return read(result)
        except (DockerError, ContainerdError) as error:
            raise error.but(next_step=_NOT_PULLED) from error

    return reader


def _delete_image(step: Step, _: Desired, __: Facts) -> Operation:
    return Operation(step, docker.remove_image(call_id(step), step.name), _DOCKER_DONE)


def _run_container(step: Step, desired: Desired, _: Facts) -> Operation:
    wanted = _container_of(step, desired)
    if wanted.on_nat:
        call = nerdctl_containers.run_container(
            call_id(step), wanted.name, wanted.image, wanted.command, labels=desired.labels
        )
        return Operation(step, call, _made_by_nerdctl)
    if desired.runtime == "containerd":
        call = ctr_containers.run_container(
            call_id(step), wanted.name, wanted.image, wanted.command, labels=desired.labels
        )
        return Operation(step, call, _made_by_ctr(wanted.name))
    call = docker.run_container(
        call_id(step), wanted.name, wanted.image, wanted.command, labels=desired.labels, isolation=wanted.isolation
    )
    return Operation(step, call, _made_by_docker)


def _made_by_ctr(name: str) -> Callable[[CallResult], str]:
    """A reader that gives the container's id, which is its name."""

    def reader(result: CallResult) -> str:
        containerd.output(result)
        return name

    return reader


def _made_by_nerdctl(result: CallResult) -> str:
    # `nerdctl run --detach` prints the id on the last line.
    lines = containerd.output(result).split()
    return lines[-1] if lines else ""


def _of_nerdctl(step: Step, facts: Facts) -> bool:
    """Tell whether a container of containerd is nerdctl's, by its label."""
    there = next((item for item in facts.containers if item.id == step.object_id), None)
    return there is not None and containerd.NERDCTL_NAME in there.labels


def _start_container(step: Step, desired: Desired, facts: Facts) -> Operation:
    if _of_nerdctl(step, facts):
        return Operation(step, nerdctl_containers.start(call_id(step), step.object_id), _CONTAINERD_DONE)
    if desired.runtime == "containerd":
        forget = ctr_containers.delete_task(f"before: {step.id}", step.object_id)
        return Operation(step, ctr_containers.start_task(call_id(step), step.object_id), _CONTAINERD_DONE, forget)
    return Operation(step, docker.start_container(call_id(step), step.object_id), _DOCKER_DONE)


def _stop_container(step: Step, desired: Desired, facts: Facts) -> Operation:
    if _of_nerdctl(step, facts):
        return Operation(step, nerdctl_containers.stop(call_id(step), step.object_id), _CONTAINERD_DONE)
    if desired.runtime == "containerd":
        return Operation(step, ctr_containers.delete_task(call_id(step), step.object_id), _CONTAINERD_DONE)
    return Operation(step, docker.stop_container(call_id(step), step.object_id), _DOCKER_DONE)


def _delete_container(step: Step, desired: Desired, facts: Facts) -> Operation:
    if _of_nerdctl(step, facts):
        return Operation(step, nerdctl_containers.remove(call_id(step), step.object_id), _CONTAINERD_DONE)
    if desired.runtime == "containerd":
        end = ctr_containers.delete_task(f"before: {step.id}", step.object_id)
        return Operation(step, ctr_containers.delete_container(call_id(step), step.object_id), _CONTAINERD_DONE, end)
    # By id: a container that somebody else has made under this name since is not the one that was planned for.
    return Operation(step, docker.remove_container(call_id(step), step.object_id), _DOCKER_DONE)


def _add_route(step: Step, desired: Desired, facts: Facts) -> Operation:
    gateway, address = route_gateway(step, desired, facts), step.name
    inside = _inside(step, desired, facts)
    call = inside(call_id(step), ("route.exe", "add", address, "mask", "255.255.255.255", gateway), False)
    print_it = inside(f"look: {step.id}", ("route.exe", "print", address), True)
    look = Probe(print_it, lambda result: _prints_route(result, address, gateway))
    return Operation(step, call, _DOCKER_DONE if desired.runtime == "docker" else _CONTAINERD_DONE, look=look)


def _inside(step: Step, desired: Desired, facts: Facts) -> Callable[[str, tuple[str, ...], bool], Call]:
    """Give what runs a program inside the proxy or a client, as who may add a route there."""
    client = route_client(step, desired)
    user = client.route_user if client is not None else desired.proxy.route_user
    if desired.runtime == "docker":
        return lambda id, words, reads: docker.execute(id, step.container, words, user=user, reads=reads)
    container = proxy_container(desired, facts)
    if client is not None:
        container = facts.container_named(client.name, desired.runtime)
    if container is None or container.name != step.container:
        raise StepError(f"{step.container} does not run any more", object=step.container, step=step.id)
    return lambda id, words, reads: containerd.execute(id, container, words, user=user, reads=reads)


def _prints_route(result: CallResult, address: str, gateway: str) -> bool:
    """Tell whether `route.exe print` shows an active route: its words differ with the language, its addresses do not.

    A row is destination, mask, gateway, interface, metric; one of a persistent route has no interface.
    """
    try:
        _, printed, _ = docker.finished(result)
    except HnskitError:
        return False
    rows = (line.split() for line in printed.splitlines())
    return any(row[:3] == [address, "255.255.255.255", gateway] and len(row) == 5 for row in rows)


def _delete_route(step: Step, desired: Desired, facts: Facts) -> Operation:
    call = _inside(step, desired, facts)(call_id(step), ("route.exe", "delete", step.name), False)
    return Operation(step, call, _DOCKER_DONE if desired.runtime == "docker" else _CONTAINERD_DONE)


CONTAINER_BUILDERS: dict[tuple[Action, str], Callable[[Step, Desired, Facts], Operation]] = {
    (Action.IMPORT, "image"): _import_image,
    (Action.PULL, "image"): _pull_image,
    (Action.DELETE, "image"): _delete_image,
    (Action.RUN, "container"): _run_container,
    (Action.START, "container"): _start_container,
    (Action.STOP, "container"): _stop_container,
    (Action.DELETE, "container"): _delete_container,
    (Action.CREATE, "route"): _add_route,
    (Action.DELETE, "route"): _delete_route,
}
"""Action and kind of a step -> the function that makes its calls."""
