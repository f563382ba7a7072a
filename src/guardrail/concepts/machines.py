"""What stands elsewhere about a machine on AWS: the launch template that it is made from, the encrypted copy of an
image that it starts from, and what its account does for every machine.

The bindings in machine.yaml say what a machine says of itself; this completes their nouns.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.accounts import governing
from guardrail.concepts.store_voices import entry, put, truth_of, written
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Unknown

_TEMPLATE, _CONFIGURATION = "aws_launch_template", "aws_launch_configuration"
_INSTANCES = ("aws_instance", "aws_spot_instance_request")
_UNREAD = "what its launch template says is not read"


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    """Completes the `machine` nouns that the resource has; makes none."""
    if resource.kind in (*_INSTANCES, _TEMPLATE, _CONFIGURATION):
        for noun in resource.nouns["machine"]:
            if truth_of(noun.fields.get("disk_encrypted")) is False:
                _encrypted_elsewhere(noun.fields, resource, inventory)
            if truth_of(noun.fields.get("metadata_protected")) is False:
                _protected_elsewhere(noun.fields, resource, inventory)
            if resource.kind in _INSTANCES and resource.attributes.get("monitoring") is None:
                _as_template(noun.fields, "monitoring", resource, inventory)
    yield from ()


def _encrypted_elsewhere(fields: Map, resource: Resource, inventory: Inventory) -> None:
    root, further = _disks(resource)
    if not any(_is_off(disk) for disk in (*root, *further)):
        for account in governing("aws_ebs_encryption_by_default", resource, inventory):
            value = account.attributes.get("enabled")
            put(fields, "disk_encrypted", written(account, "enabled", True if value is None else value))
            return
    if not all(truth_of(disk.get("encrypted")) for disk in further):
        return
    if all(disk.get("encrypted") is None for disk in root):
        via = "ami" if resource.kind in _INSTANCES else "image_id"
        copies = inventory.referred_to_by(resource, via)
        if len(copies) == 1 and copies[0].kind == "aws_ami_copy" and truth_of(copies[0].attributes.get("encrypted")):
            put(fields, "disk_encrypted", written(copies[0], "encrypted", True))
            return
    if not root:
        _as_template(fields, "disk_encrypted", resource, inventory)


def _protected_elsewhere(fields: Map, resource: Resource, inventory: Inventory) -> None:
    if any(options.get("http_tokens") is not None for options in _blocks(resource.attributes, "metadata_options")):
        return
    _as_template(fields, "metadata_protected", resource, inventory)
    for account in governing("aws_ec2_instance_metadata_defaults", resource, inventory):
        for name, safe in (("http_tokens", "required"), ("http_endpoint", "disabled")):
            value = account.attributes.get(name)
            if value == safe or (isinstance(value, Unknown) and truth_of(fields.get("metadata_protected")) is False):
                put(fields, "metadata_protected", written(account, name, True if value == safe else value))


def _as_template(fields: Map, field: str, instance: Resource, inventory: Inventory) -> None:
    """What the instance leaves out, its template may say. A template that is as bad is told of for itself."""
    if instance.kind not in _INSTANCES or not instance.attributes.get("launch_template"):
        return
    templates = inventory.referred_to_by(instance, "launch_template")
    if len(templates) != 1 or templates[0].kind != _TEMPLATE or templates[0].mode != "managed":
        put(fields, field, written(instance, "launch_template", Unknown(_UNREAD)))
        return
    for noun in templates[0].nouns.get("machine", ()):
        value = noun.fields.get(field)
        if isinstance(value, Unknown):
            put(fields, field, written(instance, "launch_template", value))
        elif truth_of(value):
            put(fields, field, entry(noun.fields, field))


def _disks(resource: Resource) -> tuple[list[Map], list[Map]]:
    """The root disk, where something is written of it, and those beside it. A template does not tell them apart."""
    if resource.kind != _TEMPLATE:
        return _blocks(resource.attributes, "root_block_device"), _blocks(resource.attributes, "ebs_block_device")
    mappings = _blocks(resource.attributes, "block_device_mappings")
    return [], [disk for mapping in mappings for disk in _blocks(mapping, "ebs")]


def _blocks(holder: Map, name: str) -> list[Map]:
    blocks = holder.get(name)
    return [block for block in blocks if isinstance(block, Map)] if isinstance(blocks, Seq) else []


def _is_off(disk: Map) -> bool:
    """Whether it is written that the disk is not encrypted."""
    value = disk.get("encrypted")
    return value is not None and truth_of(value) is False
