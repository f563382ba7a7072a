"""Bindings of guardrail.yaml -> bindings as the concepts' own files have them, held against what concepts, fields,
conditions and attributes there are."""

from __future__ import annotations

from typing import Any

from guardrail.concepts.binding import FIELD_KEYS, compile_binding, compile_field
from guardrail.concepts.pod_kinds import check_path
from guardrail.concepts.table import OWN_PODS
from guardrail.conditions.repetitions import check_pattern
from guardrail.config import did_you_mean
from guardrail.errors import ConfigError, RuleError
from guardrail.model import Map, Seq, Span, plain
from guardrail.model.patterns import lazy_regex
from guardrail.policy.bundle import Bundle
from guardrail.policy.checking import Checker
from guardrail.policy.vocabulary import Vocabulary, terraform_kinds

_KIND = lazy_regex(r"(?:data\.)?[A-Za-z][\w.-]*\Z")
_CLOUDS = ("aws_", "azurerm_", "google_")  # of whose providers every kind is known


def checked_bindings(bindings: Map, file: str, bundle: Bundle) -> dict[str, list[tuple[str, Any]]]:
    """Kind -> (concept, binding as plain data). Raises ConfigError for the first thing that is wrong."""
    checker = _Bindings(file, bundle)
    for concept, own in bindings.items():
        if concept == OWN_PODS:
            checker.pods(own or Map())
        else:
            checker.concept(concept, own, bindings.spans[concept])
    return checker.found


class _Bindings:
    def __init__(self, file: str, bundle: Bundle) -> None:
        self.file, self.bundle = file, bundle
        self.found: dict[str, list[tuple[str, Any]]] = {}
        self.conditions = Checker(Map(), file, Vocabulary({name: {"fields": f} for name, f in bundle.concepts.items()}))

    def fail(self, message: str, span: Span) -> None:
        raise ConfigError(message, self.file, span.line, span.column)

    def pods(self, own: Map) -> None:
        for kind, value in own.items():
            self.kind(kind, own.spans[kind])
            if isinstance(value, Map) and "path" not in value:
                self.fail(f"bindings.pods.{kind} has no path", own.spans[kind])
            wanted = value.get("path") if isinstance(value, Map) else value
            paths = [str(path) for path in wanted] if isinstance(wanted, Seq) else [str(wanted)]
            for path in paths:
                try:
                    check_path(path)
                except ValueError as error:
                    self.fail(f"{error}; one looks like spec.template or spec.groups[].template", own.spans[kind])
            klass = value.get("class", "deployment") if isinstance(value, Map) else "deployment"
            self.found.setdefault(kind, []).append((OWN_PODS, {"paths": paths, "class": klass}))

    def concept(self, name: str, own: Seq, span: Span) -> None:
        known = self.bundle.concepts
        if name not in known:
            hint = did_you_mean(name, [*known, OWN_PODS]) or f"; known are {OWN_PODS}, {', '.join(sorted(known))}"
            self.fail(f'no concept is called "{name}"{hint}', span)
        for index, binding in enumerate(own):
            self.binding(name, binding, own.spans[index])

    def binding(self, concept: str, binding: Map, span: Span) -> None:
        kinds: Seq = binding["kinds"]
        if not kinds:
            self.fail("kinds is empty", binding.spans["kinds"])
        for index, kind in enumerate(kinds):
            self.kind(kind, kinds.spans[index])
            if any(bound == concept for bound, _ in self.bundle.bindings.get(kind, ())):
                self.fail(f"{kind} is bound to {concept} already", kinds.spans[index])
        fields: Map = binding["fields"]
        names = self.bundle.concepts[concept]
        for name, spec in fields.items():
            if name not in names:
                hint = did_you_mean(name, names) or f"; it has {', '.join(names)}"
                self.fail(f'{concept} has no field "{name}"{hint}', fields.spans[name])
            self.field(spec, fields.spans[name], [] if "each" in binding else list(kinds))
        self.condition(binding, "when", [] if "each" in binding else list(kinds))
        if "each" in binding:
            self.path(binding["each"], binding.spans["each"], list(kinds))
        data = plain(binding)
        del data["kinds"]
        try:
            compile_binding(concept, data)
        except (ValueError, KeyError, TypeError) as error:
            self.fail(_said(error), span)
        for kind in kinds:
            self.found.setdefault(kind, []).append((concept, data))

    def field(self, spec: Any, span: Span, kinds: list[str]) -> None:
        if isinstance(spec, str):
            self.path(spec, span, kinds)
            return
        if not isinstance(spec, Map):
            self.fail("a field is a path or a mapping", span)
        for key in spec:
            if key not in FIELD_KEYS:
                self.fail(f'unknown key "{key}" in a field{did_you_mean(key, FIELD_KEYS)}', spec.spans[key])
        if not {"path", "value", "test", "first"} & set(spec):
            self.fail("a field needs a path, a value, a test or first", span)
        self.condition(spec, "test", kinds)
        if isinstance(spec.get("path"), str):
            self.path(spec["path"], spec.spans["path"], kinds)
        first = spec.get("first")
        for index, item in enumerate(first if isinstance(first, Seq) else ()):
            self.field(item, first.spans[index] if isinstance(first, Seq) else span, kinds)
        try:
            compile_field(plain(spec))
            if "extract" in spec:
                check_pattern(str(spec["extract"]))
        except (ValueError, KeyError, TypeError) as error:
            self.fail(_said(error), span)

    def condition(self, holder: Map, key: str, kinds: list[str]) -> None:
        if key not in holder:
            return
        try:
            self.conditions.condition(holder[key], holder, key, kinds)
        except RuleError as error:
            raise ConfigError(error.message, self.file, error.line, error.column) from None

    def path(self, text: str, span: Span, kinds: list[str]) -> None:
        try:
            self.conditions.path(text, kinds, span)
        except RuleError as error:
            raise ConfigError(error.message, self.file, error.line, error.column) from None

    def kind(self, kind: str, span: Span) -> None:
        """Kinds of one's own are anybody's to name, those of the large providers are all known."""
        if not _KIND.match(kind):
            self.fail(f'"{kind}" is no kind', span)
        name = kind.removeprefix("data.")
        if name.startswith(_CLOUDS):
            known = terraform_kinds()["data" if name != kind else "resources"]
            if name not in known:
                hint = did_you_mean(name, known) or "; its provider has no such kind"
                self.fail(f'there is no kind "{kind}"{hint}', span)


def _said(error: Exception) -> str:
    return f"needs {error}" if isinstance(error, KeyError) else str(error)
