"""Which environments (prod, dev) resources are deployed to, as guardrail.yaml tells them apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guardrail.config.environments import Environment
from guardrail.model import Inventory, Map, Resource, Seq


def tell(inventories: Iterable[Inventory], environments: tuple[Environment, ...]) -> None:
    """Sets `environments` of each resource. What cannot be known (a tag that hangs on a variable) puts it into none."""
    of_files: dict[frozenset[str], tuple[list[Environment], set[str]]] = {}
    for inventory in inventories:
        deploying = _deploying(inventory) if any(each.deployments for each in environments) else {}
        for resource in inventory.resources:
            files = frozenset(_files(resource))
            known = of_files.get(files)
            if known is None:
                speaking = [each for each in environments if any(map(each.speaks_of, files))]
                held = {each.name for each in speaking if any(map(each.holds_file, files))}
                known = of_files[files] = speaking, held
            speaking, held = known
            names = (each.name for each in speaking if each.name in held or _holds(each, resource, deploying))
            resource.environments = tuple(dict.fromkeys(names))


def _files(resource: Resource) -> Iterator[str]:
    """Where it stands, the module calls or the overlay that it comes about by, the values that a chart gets."""
    yield resource.header.file
    yield from resource.deployed_from
    for step in resource.trace:
        if step.span.file:
            yield step.span.file


def _holds(environment: Environment, resource: Resource, deploying: dict[str, list[tuple[str, str]]]) -> bool:
    """Whether it is there because of what it is itself."""
    if environment.namespaces and environment.holds_namespace(_namespace(resource)):
        return True
    if environment.tags and isinstance(resource.tags, Map):
        texts = ((key, value) for key, value in resource.tags.items() if isinstance(value, str))
        if any(environment.holds_tag(key, value) for key, value in texts):
            return True
    return any(
        environment.holds_deployment(name) and _is_of(resource, job)
        for job, name in deploying.get(resource.header.file, ())
    )


def _namespace(resource: Resource) -> str:
    metadata = resource.attributes.get("metadata")
    if isinstance(metadata, Seq):  # Terraform's blocks
        metadata = metadata[0] if metadata else None
    if not isinstance(metadata, Map):
        return ""
    is_one = resource.kind in ("Namespace", "kubernetes_namespace", "kubernetes_namespace_v1")
    name = metadata.get("name" if is_one else "namespace")
    return name if isinstance(name, str) else ""


def _deploying(inventory: Inventory) -> dict[str, list[tuple[str, str]]]:
    """By file, the addresses of the jobs that deploy, and what they say they deploy to."""
    found: dict[str, list[tuple[str, str]]] = {}
    for noun in inventory.by_concept.get("job", ()):
        name = noun.fields.get("environment")
        if isinstance(name, str):
            found.setdefault(noun.resource.header.file, []).append((noun.resource.address, name))
    return found


def _is_of(resource: Resource, job: str) -> bool:
    """Whether it is the job of this address, or one of its steps."""
    return resource.address == job or resource.address.startswith((f"{job}.", f"{job}["))
