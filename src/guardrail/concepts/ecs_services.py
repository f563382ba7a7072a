"""ECS services -> `workload` nouns."""

from __future__ import annotations

from guardrail.concepts.blocks import TERRAFORM, take, whole, word
from guardrail.model import HOLE, Inventory, Map, Noun, PartText, Resource, Seq, Unknown, Value


def service_noun(resource: Resource, inventory: Inventory) -> Noun:
    service, here = resource.attributes, resource.header
    fields = Map(resource.span, here)
    take(fields, "name", service, "name", here, word)
    fields.put("class", "service", here)
    fields.put("orchestrator", "ecs", here)
    fields.put("long_running", True, here)
    if service.get("scheduling_strategy") == "DAEMON":
        fields.spans["replicas"] = here
    elif not take(fields, "replicas", service, "desired_count", here, whole):
        fields["replicas"] = 0  # the provider's default: none run until something scales it
    fields.put("autoscaled", _autoscaled(resource, inventory, fields.get("name")), here)
    take(fields, "strategy", TERRAFORM.block(service, "deployment_controller"), "type", here, word)
    spread = _spread(service)
    if spread is None:
        fields.spans["spread"] = here
    else:
        fields.put("spread", spread, here)
    name = fields.get("name")
    return Noun("workload", name if isinstance(name, str) and name else resource.local, fields, key="service")


def _spread(service: Map) -> Value:
    """Fargate spreads tasks over zones by itself."""
    if service.get("launch_type") == "FARGATE" or service.get("availability_zone_rebalancing") == "ENABLED":
        return True
    doubt: Unknown | None = None
    for block, words in (("ordered_placement_strategy", ("spread",)), ("placement_constraints", ("distinctInstance",))):
        found = TERRAFORM.blocks(service, block)
        for item in found if isinstance(found, Seq) else (found,):
            kind = item.get("type") if isinstance(item, Map) else item
            if kind in words:
                return True
            if isinstance(kind, Unknown):
                doubt = kind
    return doubt or False


def _autoscaled(resource: Resource, inventory: Inventory, name: Value) -> Value:
    """Application Auto Scaling names its target `service/CLUSTER/NAME`."""
    targets = inventory.by_kind.get("aws_appautoscaling_target", ())
    if not targets:
        return False
    if any(source.kind == "aws_appautoscaling_target" for source, _ in inventory.referring_to(resource)):
        return True
    doubt: Unknown | None = None
    for target in targets:
        if target.attributes.get("service_namespace") not in ("ecs", None):
            continue
        written = target.attributes.get("resource_id")
        if isinstance(written, PartText) and isinstance(name, str):
            last = written.template.rpartition("/")[2]
            if last == name:
                return True
            if HOLE not in last:
                continue
        if isinstance(written, str) and isinstance(name, str):
            if written.startswith("service/") and written.rsplit("/", 1)[-1] == name:
                return True
        elif isinstance(written, Unknown):
            if any(_names(reference, resource) for reference in written.refs):
                return True
            doubt = written
        elif isinstance(name, Unknown):
            doubt = name
    return doubt or False


def _names(reference: str, resource: Resource) -> bool:
    """Does a reference as written (`aws_ecs_service.api.name`) name the resource, seen from its own module?"""
    return reference == resource.local or reference.startswith((f"{resource.local}.", f"{resource.local}["))
