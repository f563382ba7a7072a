"""Every resource of an inventory gets its nouns."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import partial
from typing import Any

from guardrail.concepts.binding import Binding, compile_binding
from guardrail.concepts.selectors import held_objects
from guardrail.concepts.table import AFTERWARDS, BY_ATTRIBUTE, CODE, JOINED, OWN_PODS, PODS
from guardrail.errors import RuleError
from guardrail.model import Inventory, Map, Noun, PartText, Problem, Resource, Unknown
from guardrail.model.patterns import lazy_regex

_TAKEN_OVER = frozenset(("name", "owner", "version", "image", "text", "command", "env", "value", "description",
                         "role"))  # fmt: skip
_TAGS = ("tags", "labels", "resource_labels", "user_labels", "tag")
NounsOf = Callable[[Resource, Inventory], Iterable[Noun]]


Bindings = Mapping[str, list[tuple[str, Any]]]
"""Kind -> (concept, binding as data)."""


def build(inventory: Inventory, bindings: Bindings) -> list[Problem]:
    return build_all([inventory], bindings)


def build_all(inventories: Sequence[Inventory], bindings: Bindings) -> list[Problem]:
    """Fills `resource.nouns` of every resource and the inventories' indexes of concepts. All get their own nouns before
    any are joined, for what one set lacks may be in another.

    A module that fails on a resource is a problem, never a silent lack of nouns.
    """
    problems: list[Problem] = []
    for inventory in inventories:
        _own(inventory, bindings, problems)
    for inventory in inventories:
        _joined(inventory, problems)
        inventory.index_nouns()
    return problems


def _own(inventory: Inventory, bindings: Bindings, problems: list[Problem]) -> None:
    for kind, resources in inventory.by_kind.items():
        bound = bindings.get(kind, ())
        mapped = [_compiled(kind, concept, data) for concept, data in bound if concept != OWN_PODS]
        coded = [_module(name) for name in CODE.get(kind, ())]
        for concept, data in bound:
            if concept == OWN_PODS:  # the user's own word counts before the table
                coded = [_own_pods(data), *(maker for maker in coded if maker.__module__ != PODS)]
        if not mapped and not coded:
            continue
        for resource in resources:
            makers: list[NounsOf] = [binding.nouns for binding in mapped]
            for maker in makers:
                _collect(maker, resource, inventory, problems)
            for maker in coded:
                _collect(maker, resource, inventory, problems, coded=True)

    for kind, held in held_objects(inventory).items():
        # What a binding reads of a manifest it reads of one in Terraform, too; code looks into it by itself.
        mapped = [_compiled(kind, concept, data) for concept, data in bindings.get(kind, ()) if concept != OWN_PODS]
        for resource, attributes in held if mapped else ():
            opened = copy(resource)
            opened.attributes, opened.nouns = attributes, {}
            for binding in mapped:
                _collect(binding.nouns, opened, inventory, problems)
            for nouns in opened.nouns.values():
                for noun in nouns:
                    resource.add_noun(noun)


def _joined(inventory: Inventory, problems: list[Problem]) -> None:
    for resource in inventory.resources:
        if resource.tags is not None:
            resource.add_noun(_tagged(resource))
        if resource.platform == "terraform":
            for attributes, module in BY_ATTRIBUTE:
                if not attributes.isdisjoint(resource.attributes):
                    _collect(_module(module), resource, inventory, problems, coded=True)
        for concept, module in AFTERWARDS:
            if concept in resource.nouns and resource.platform != "pipeline":
                _collect(_module(module), resource, inventory, problems, coded=True)
        for module in JOINED.get(resource.kind, ()):
            _collect(_module(module), resource, inventory, problems, coded=True)


def _collect(
    maker: NounsOf, resource: Resource, inventory: Inventory, problems: list[Problem], coded: bool = False
) -> None:
    try:
        for noun in maker(resource, inventory):
            if coded:
                _whole(noun.fields)
            resource.add_noun(noun)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must be told and must not end the scan
        problems.append(
            Problem(
                "concept-crash",
                f"{getattr(maker, '__module__', 'a binding')} failed on {resource.address}: "
                f"{type(error).__name__}: {error}; its concepts were not judged",
                resource.header.file,
                resource.header.line,
            )
        )


def _whole(fields: Map) -> None:
    """What a module concludes from a text that is known in part is not known at all: that the text surely begins with
    `arn:` says nothing of a flag that it decides. Only texts that are taken over as they stand stay as they are."""
    for name, value in fields.items():
        if name in _TAKEN_OVER:
            continue
        if isinstance(value, PartText):
            fields[name] = value.whole()
        elif isinstance(value, Map):
            _whole(value)


def _compiled(kind: str, concept: str, data: Any) -> Binding:
    try:
        return compile_binding(concept, data)
    except (ValueError, KeyError, TypeError) as error:
        raise RuleError(f"binding of {kind} to {concept}: {error}") from error


def _own_pods(data: Any) -> NounsOf:
    bound: Callable[..., Iterable[Noun]] = importlib.import_module(PODS).bound_nouns
    return partial(bound, paths=data["paths"], klass=data["class"])


def _module(name: str) -> NounsOf:
    maker: NounsOf = importlib.import_module(name).nouns
    return maker


# A template's, in what is valid before it is filled in as well: Helm's anywhere; a shell's, Flux's, Chainsaw's in a
# manifest.
_FILLED_IN = lazy_regex(r"\{\{")
_FILLED_IN_MANIFEST = lazy_regex(r"\{\{|\$\{|\$\(|\(\$")


def _tagged(resource: Resource) -> Noun:
    fields = Map(resource.span, resource.header)
    fields.put("name", resource.local, resource.header)
    fields.put("provider", resource.provider, resource.header)
    place = resource.header
    if isinstance(resource.tags, Unknown):  # a mapping says itself where it stands
        place = next((resource.attributes.place(key) for key in _TAGS if key in resource.attributes), place)
    fields.put("tags", resource.tags, place)
    written = Map(resource.header)
    if isinstance(resource.tags, Map):
        written.span, written.header = resource.tags.span, resource.tags.header
        filled_in = (_FILLED_IN_MANIFEST if resource.platform == "kubernetes" else _FILLED_IN).search
        for key, value in resource.tags.items():
            if not isinstance(value, Unknown) and not (isinstance(value, str) and filled_in(value)):
                written.copy_entry(resource.tags, key)
    fields.put("written", written, place)
    return Noun("tagged", resource.local, fields)
