"""Images that Azure runs a job in (`container:`) and beside it (`services:`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from guardrail.inputs.pipelines.azure_alternatives import tell_alternatives
from guardrail.inputs.pipelines.azure_expand import Settled
from guardrail.inputs.pipelines.azure_scope import Variables
from guardrail.inputs.pipelines.azure_walk import Walk
from guardrail.inputs.pipelines.container_options import create_options, mount_item, port_items
from guardrail.inputs.pipelines.vocabulary import Draft, Filled, Keys, image_dependency, text_of
from guardrail.model import HOLE, Map, Noun, OneOf, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

_IMAGE = lazy_regex("[:/.]")
_Keys = tuple[Keys, Keys]  # of containers, of dependencies


def declared_images(walk: Walk) -> list[Noun]:
    """The images under `resources: containers`, whoever uses them."""
    keys = (Keys(), Keys())
    found: list[Noun] = []
    for body in walk.containers.values():
        if body.get("image") is not None:
            found += _of_each(partial(_declared, body), body["image"], keys)
    return found


def _of_each(build: Callable[[Value, _Keys], list[Noun]], image: Value, keys: _Keys) -> list[Noun]:
    """The nouns of an image; where it is one of a few, they know what all of them say."""
    found = build(image, keys)
    if isinstance(image, OneOf):
        choices = [build(choice, (Keys(), Keys())) for choice in image.choices]
        if all(len(nouns) == len(found) for nouns in choices):
            for noun, others in zip(found, zip(*choices, strict=True), strict=True):
                tell_alternatives(noun, image.whole(), others)
    return found


def _declared(body: Map, image: Value, keys: _Keys) -> list[Noun]:
    origin = body.origins.get("image") if body.origins else None
    place = body.spans["image"]
    return [
        image_dependency(filled.template or HOLE, filled.unknown, place, keys[1], filled.origin or origin)
        for filled in Variables().fill(image)
    ]


def job_containers(
    walk: Walk, container: Settled | None, services: Settled | None, variables: Variables
) -> list[Noun]:  # fmt: skip
    """A container and a dependency noun for each image, once for each value that a matrix gives it."""
    keys = (Keys(), Keys())
    found: list[Noun] = []
    if container is not None and container.value is not None:
        found += _container(walk, "container", "job", container.value, container.span, variables, keys)
    if services is not None and isinstance(services.value, Map):
        for name in services.value:
            span = services.value.spans[name]
            found += _container(walk, name, "service", services.value[name], span, variables, keys)
    return found


def _container(
    walk: Walk, name: str, kind: str, declared: Value, span: Span, variables: Variables, keys: _Keys
) -> list[Noun]:
    """`declared`: an alias of `resources: containers`, an image, or a mapping with either."""
    own = declared if isinstance(declared, Map) else None
    if own is not None:
        declared = own.get("alias", own.get("image"))
        span = own.spans.get("alias", own.spans.get("image", own.header))
    return _of_each(partial(_images, walk, name, kind, span, own, variables), declared, keys)


def _images(
    walk: Walk, name: str, kind: str, span: Span, own: Map | None, variables: Variables, declared: Value, keys: _Keys
) -> list[Noun]:
    found: list[Noun] = []
    for filled in variables.fill(declared):
        value = filled.value
        if value is None or value == "":
            continue
        body = walk.containers.get(value.strip().lower()) if isinstance(value, str) else None
        if body is None and isinstance(value, str) and walk.open and not _IMAGE.search(value):
            unknown = Unknown(f"the container {value} is declared somewhere else")
            filled = Filled(unknown, HOLE, unknown, filled.origin)
        if body is None:
            found += _one(walk, name, kind, filled, span, own, variables, keys)
            continue
        if body.get("image") is not None:
            found += _of_each(partial(_aliased, walk, name, kind, span, body, variables), body["image"], keys)
    return found


def _aliased(
    walk: Walk, name: str, kind: str, span: Span, body: Map, variables: Variables, image: Value, keys: _Keys
) -> list[Noun]:
    place = body.spans["image"]
    return [
        noun
        for filled in variables.fill(image)
        for noun in _one(walk, name, kind, filled, place, body, variables, keys, span)
    ]


def _one(
    walk: Walk, name: str, kind: str, filled: Filled, entry: Span, body: Map | None, variables: Variables,
    keys: _Keys, used_at: Span | None = None,
) -> list[Noun]:  # fmt: skip
    value = filled.value
    if not isinstance(value, (str, Unknown)):
        walk.problem("malformed", f"the image of {name!r} is not text", entry)
        return []
    header = body.header if body is not None else used_at or entry
    draft = Draft("container", header)
    draft.put("name", name)
    draft.put("class", kind)
    draft.put("image", value, entry, filled.origin)
    draft.put("long_running", False)
    draft.put("serves", False)
    if body is not None:
        _settings(draft, body, variables)
    else:
        draft.put("privileged", False)
    unknown = filled.unknown if filled.unknown is not None else value if isinstance(value, Unknown) else None
    template = filled.template if filled.template else value if isinstance(value, str) else HOLE
    return [draft.noun(name, keys[0].next(name)), image_dependency(template, unknown, entry, keys[1], filled.origin)]


def _settings(draft: Draft, body: Map, variables: Variables) -> None:
    env = body.get("env")
    if isinstance(env, Map):
        items = Seq(env.span, env.header)
        for key in env:
            item = Map(env.spans[key])
            item.put("name", key, env.spans[key])
            filled = variables.fill(env[key])[0]
            text = text_of(filled.value)
            if text is not None or filled.unknown is not None:
                item.put("value", filled.unknown or text, env.spans[key], filled.origin)
            items.add(item, env.spans[key])
        draft.put("env", items, body.spans["env"])
    ports = body.get("ports")
    if isinstance(ports, Seq):
        draft.put("ports", port_items(ports), body.spans["ports"])
    mounts = Seq(body.spans.get("volumes", body.header))
    volumes = body.get("volumes")
    for volume, span in zip(volumes, volumes.spans, strict=False) if isinstance(volumes, Seq) else ():
        text = text_of(volume)
        if text:
            mounts.add(mount_item(text, span), span)
    options = body.get("options")
    span = body.spans.get("options", body.header)
    filled = variables.fill(options)[0]
    if isinstance(filled.value, str) and filled.value:
        create_options(draft, filled.value, span, mounts)
    else:
        draft.put("privileged", filled.unknown if filled.unknown is not None else False, span)
    if mounts:
        draft.put("mounts", mounts, mounts.span)
