"""What a plan's variables were given from outside. It stands in the plan in plain sight, though in no file of the
project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from guardrail.formats.secret_forms import secret_by_name
from guardrail.inputs.terraform.plan.document import PlanDocument, mapping
from guardrail.inputs.terraform.plan.sensitive import literals_in, texts_in
from guardrail.model.patterns import lazy_regex

_SECRET_NAME = lazy_regex(r"pass|pwd|secret|token|key|credential", re.I)
_MIN_WITHHELD = 4


def withheld_values(document: PlanDocument) -> frozenset[str]:
    """Texts that were handed to secret variables: they are hidden wherever they are an attribute's value."""
    found: set[str] = set()
    for name, value, declared in _handed(document):
        if isinstance(value, str):
            if len(value) >= _MIN_WITHHELD and (declared.get("sensitive") is True or _SECRET_NAME.search(name)):
                found.add(value)
        else:
            found.update(text for key, text in texts_in(value, name) if secret_by_name(key, text))
    return frozenset(found)


def handed_texts(document: PlanDocument) -> Iterator[str]:
    """All that is not a variable's default. Nobody of the project has written it down."""
    for name, value, _ in _handed(document):
        yield from (text for _, text in texts_in(value, name) if len(text) >= _MIN_WITHHELD)


def secret_texts(document: PlanDocument) -> set[str]:
    """What a plan marks as sensitive and no resource has as a literal: of a set all is marked where a part of it is."""
    found = set(document.secrets)
    for name, value, declared in _handed(document):
        if declared.get("sensitive") is True:
            found.update(text for _, text in texts_in(value, name))
    return found.difference(literals_in(document.configuration)) if found else found


def handed_values(document: PlanDocument) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value, _ in _handed(document))


def _handed(document: PlanDocument) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Name, value and declaration of each variable that has not just its default."""
    declared = mapping(mapping(document.configuration.get("root_module")).get("variables"))
    for name, value in document.variables.items():
        told = mapping(declared.get(name))
        if "default" not in told or told["default"] != value:
            yield name, value, told
