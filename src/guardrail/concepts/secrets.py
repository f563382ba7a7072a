"""Credentials in plain sight: found, made nouns of, and hidden, right after reading and before anything
else looks at the resources.

Two ways to know one. By its form: what AWS, GitHub, a private key look like, wherever it stands; inside a
longer text it is starred out in place, so that lengths and lines stay. By its name: a literal under a key
that says it is a password; it becomes `Sensitive`. A value that was worked out from something written elsewhere
(a variable's default) is a secret there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from guardrail.concepts.secret_masks import Scrubber, leaves_of, veil_origin
from guardrail.concepts.secret_places import (
    EXAMPLES_TELL,
    FOR_OTHERS,
    OUTSIDE,
    comes_from_elsewhere,
    examples_in,
    is_named_otherwise,
    is_no_secret,
    is_providers,
    names_entries,
    told_by_their_place,
    turn,
    written_at,
)
from guardrail.concepts.secret_services import throwaway_passwords
from guardrail.formats.secret_forms import (
    Match,
    forms_in,
    hinted,
    is_telling,
    looks_random,
    secret_by_name,
    star_out,
    starred,
)
from guardrail.formats.secret_texts import assignments_in, is_script_with_secret
from guardrail.model import (
    HOLDERS,
    HOLE,
    Encoded,
    EncodedUnknown,
    Map,
    Noun,
    OneOf,
    PartText,
    Resource,
    Sensitive,
    Seq,
    Span,
    Text,
    Unknown,
    Value,
    inside,
)
from guardrail.model.patterns import lazy_regex

__all__ = ["hide"]

Hidden = tuple[str, Span]
"""What is to be hidden, and where it stands."""

# What they hold is encrypted, or says where the secret is.
_SEALED = frozenset(("SealedSecret", "ExternalSecret", "ClusterExternalSecret", "SecretProviderClass", "SopsSecret",
                     "PushSecret", "VaultStaticSecret", "CustomResourceDefinition"))  # fmt: skip
# Where NGINX's Ingress Controller passes traffic to: under `pass` stands an upstream's name.
_PASSES_TRAFFIC = frozenset(("VirtualServer", "VirtualServerRoute", "TransportServer"))
_PROSE = lazy_regex(
    r"(?:description|about|message|help|title|summary|comment|note|annotations?|reason|pattern|regex)s?$", re.I
)
_FLAG = lazy_regex(r"--[A-Za-z][\w-]{1,60}")
_ENCODED_SCRIPTS = ("user_data", "user_data_base64", "custom_data")
_ENTRY = "secret_key_name"  # which entry of a secret is meant
_REMEMBERED = 200  # characters; longer texts do not come twice
_WITH_PARAMETERS = frozenset(  # Tekton's
    ("ClusterTask", "Pipeline", "PipelineRun", "StepAction", "Task", "TaskRun", "TriggerTemplate")
)


def hide(
    resources: Iterable[Resource], texts: Iterable[str] = (), told: Iterable[str] = (), handed_in: Iterable[str] = ()
) -> list[Hidden]:
    """Adds a `secret` noun for each credential written in the resources' attributes and hides its value
    there. Returns (what is to be hidden, where) so that excerpts of the source can hide it too. `told`: what is known
    to be secret, and stands in no file. `handed_in`: texts that stand in none, either; a credential in them is hidden,
    but nobody wrote it down.
    """
    forms = any(hinted(text) for text in texts)
    hidden: list[Hidden] = [(text, OUTSIDE) for text in told]
    ours: dict[int, Value] = {}
    outside = tuple(handed_in)
    listed = list(resources)
    throwaway = throwaway_passwords(listed)
    clean: set[tuple[str, str]] = set()
    places: set[tuple[str, int, int]] = set()
    values = {value for value, _ in hidden}
    walked: set[int] = set()  # of pipelines, where a step stands in its job and that in its pipeline
    for resource in sorted(listed, key=turn):
        if resource.kind in _SEALED:
            continue
        finder = _Finder(resource, forms, ours, throwaway.get(resource.scope, set()), clean, outside)
        if finder.pipeline:
            finder.walked = walked
        if finder.unused:
            finder.seen = places
            if resource.kind == "locals":
                finder.told = values
        finder.resource_itself()
        for noun in finder.nouns:
            resource.add_noun(noun)
        hidden += finder.hidden
        places.update((span.file, span.line, span.column) for _, span in finder.hidden)
        values.update(value for value, _ in finder.hidden)
    copies = {value for value, _ in hidden if len(value) >= 12 and looks_random(value)}
    if copies:
        scrubber = Scrubber(copies)
        for resource in listed:
            scrubber.resource(resource)
    return hidden


@lru_cache(maxsize=8192)
def _forms(text: str, throwaway: bool) -> tuple[Match, ...]:
    """Modules that are called often have the same text in each instance."""
    return tuple(forms_in(text, throwaway)) if hinted(text) else ()


class _Finder:
    """Walks one resource. Its nouns are copies of what the reader found in the same places, so a place is
    counted once. `ours` are the Sensitives made so far, which other resources may share; `throwaway` are
    passwords of databases that live as long as a CI job; `clean` are names with texts that were found to be nothing,
    since the same few hundred make up most of a repository; `outside` are texts that stand in no file."""

    def __init__(
        self, resource: Resource, forms: bool, ours: dict[int, Value], throwaway: set[str],
        clean: set[tuple[str, str]], outside: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.resource, self.forms, self.ours, self.throwaway = resource, forms, ours, throwaway
        self.outside = outside
        self.clean = clean if resource.kind != "provider" else set()  # where more names are a credential's
        self.nouns: list[Noun] = []
        self.hidden: list[Hidden] = []
        self.seen: set[tuple[str, int, int]] = set()
        self.walked: set[int] = set()
        self.told: set[str] = set()  # values that are some other resource's already
        self.copies = False  # walking what the reader made of attributes walked before
        self.pipeline = resource.platform == "pipeline"
        self.unused = resource.mode == "config" and resource.kind in FOR_OTHERS
        self.lenient = self.pipeline or self.unused  # with what everybody calls the password of a test
        self.declares = self.pipeline or resource.kind in _WITH_PARAMETERS

    def resource_itself(self) -> None:
        resource = self.resource
        for holder, key in told_by_their_place(resource):
            self._outright(holder, key)
        if resource.kind == "variable" and resource.attributes.get("sensitive") is True:
            default = resource.attributes.get("default")
            if default and not isinstance(default, (bool, Unknown, Sensitive)):
                name = resource.local.removeprefix("var.")
                self._sensitive(Sensitive(default), name, resource.attributes, "default")
                resource.attributes["default"] = self._hide(default)
        self.walk(resource.attributes, "", "")
        if isinstance(resource.tags, Map):
            self.walk(resource.tags, "", "")
        if self.forms and resource.kind in EXAMPLES_TELL and resource.mode == "managed":
            self._examples(resource.attributes)
        self.copies = True
        for nouns in resource.nouns.values():
            for noun in nouns:
                self.walk(noun.fields, "", noun.concept)

    def _examples(self, attributes: Map) -> None:
        """Keys of AWS's documentation where a real one is meant to stand. They are no secret, and stay as they are."""
        for holder, key, text, match in examples_in(attributes):
            span = written_at(match.group(), holder, key)
            if isinstance(text, Text) and span == holder.place(key):
                span = text.place(span.file, match.start(), match.end())
            fields = Map(span, span)
            fields.put("name", key, span)
            fields.put("class", "aws-example-key", span)
            fields.put("literal", Sensitive(match.group(), literal=True), span)
            self.nouns.append(Noun("secret", f"{self.resource.local} {key}", fields, f"aws-example-key/{key}"))

    def walk(self, value: Value, name: str, concept: str) -> None:
        stack: list[tuple[Value, str]] = [(value, name)]
        while stack:
            value, name = stack.pop()
            value = inside(value)
            if id(value) in self.walked or not isinstance(value, (Map, Seq)):
                continue
            self.walked.add(id(value))
            inner = self._map(value, name, concept) if isinstance(value, Map) else self._seq(value, name, concept)
            stack.extend(reversed(list(inner)))

    def _map(self, value: Map, outer: str, concept: str) -> Iterator[tuple[Value, str]]:
        named = value.get("name", value.get("key"))
        pair = isinstance(named, str) and "value" in value and len(value) <= 4  # an environment variable
        clean = self.clean
        for key, item in list(value.items()):
            kind = type(item)
            if item is None or kind is bool:
                continue
            name = str(key)
            if name == "pass" and self.resource.kind in _PASSES_TRAFFIC:
                name = "upstream"
            elif name in ("secret_key", "secretKey") and not {"secret_name", "secretName"}.isdisjoint(value):
                name = _ENTRY
            elif name == "plaintext_value" and (comes_from_elsewhere(value, name) or is_named_otherwise(value, name)):
                name = "plaintext_name"
            elif outer == _ENTRY:
                name = outer
            elif name == "value" and pair:
                name = str(named)
            elif self.declares and name in ("default", "defaultValue") and isinstance(named, str):
                name = outer if outer == "password" else named  # Jenkins: password(name: ..., defaultValue: ...)
            elif name in ("value", "default") and outer:
                name = outer
            elif name == "default" and self.resource.kind == "variable":
                name = self.resource.local.removeprefix("var.")
            if (kind is Text or kind is str) and (name, item) in clean:
                continue
            if isinstance(item, EncodedUnknown) and isinstance(item.decoded, PartText):
                decoded = self._part(item.decoded, name, value, key, concept)
                if decoded is not item.decoded:
                    value[key] = EncodedUnknown(item.reason, decoded, item.refs)
                    veil_origin(value, key)
                continue
            if isinstance(item, HOLDERS):
                yield item, _ENTRY if kind is Map and names_entries(value, name) else name
                continue
            if isinstance(item, Sensitive):
                if item.literal and id(item) not in self.ours:
                    self._sensitive(item, f"{outer}.{key}" if outer else str(key), value, key)
                continue
            changed = self._value(item, name, value, key, concept)
            if changed is not item:
                value[key] = changed
                veil_origin(value, key)
            if isinstance(changed, Encoded):
                yield changed, name

    def _seq(self, value: Seq, name: str, concept: str) -> Iterator[tuple[Value, str]]:
        flag = ""
        for index, item in enumerate(value):
            if isinstance(item, HOLDERS):
                yield item, name
                continue
            changed = self._value(item, flag or name, value, index, concept)
            if changed is not item:
                value[index] = changed
                veil_origin(value, index)
            # ["--password", "..."]
            flag = item.lstrip("-") if isinstance(item, str) and _FLAG.fullmatch(item) else ""

    def _value(self, item: Value, name: str, holder: Map | Seq, key: str | int, concept: str) -> Value:
        if isinstance(item, int) and not isinstance(item, bool) and abs(item) > 9999:
            text = str(item)  # a password of digits, which YAML takes for a number
            if concept not in _NAMES_ONLY and secret_by_name(name, text, self.pipeline) == "password":
                return self._whole("password", name, item, text, holder, key)
            return item
        if isinstance(item, PartText):
            return self._part(item, name, holder, key, concept)
        if isinstance(item, OneOf):
            texts = [text for choice in item.choices for text in (choice if isinstance(choice, Seq) else [choice])]
            hidden = [text for text in texts if self._value(text, name, holder, key, concept) is not text]
            return item.whole() if hidden else item
        if not isinstance(item, str) or isinstance(item, Sensitive) or (name, item) in self.clean:
            return item
        if isinstance(item, Encoded):
            if isinstance(item.decoded, str):
                return self._encoded_text(item, name, holder, key, concept)
            return self._encoded(item, name, concept)
        if self.pipeline and str(item) in self.throwaway:
            return item
        kind = None if concept in _NAMES_ONLY else self._named(name, item)
        if kind is None and name in _ENCODED_SCRIPTS and is_script_with_secret(item):
            kind = "encoded-script"
        found = self._within(item, name, concept)
        if found and not (kind and len(found) == 1 and found[0].end - found[0].start == len(item)):
            return self._star(item, found, name, holder, key)
        if found:
            kind = found[0].kind
        if kind:
            return self._whole(kind, name, item, str(item), holder, key)
        lines = [line.strip() for line in item.split("\n")[:100]] if "\n" in item and is_telling(name) else []
        shown = [line for line in lines if secret_by_name(name, line, self.pipeline)]
        if shown and concept not in _NAMES_ONLY:  # too little to call it a secret, too much to show it
            self.hidden += [(line, written_at(line, holder, key)) for line in shown]
        elif not self.throwaway and concept not in _NAMES_ONLY and len(item) <= _REMEMBERED:
            self.clean.add((name, item))
        return item

    def _named(self, name: str, item: str) -> str | None:
        kind = secret_by_name(name, item, self.lenient)
        if kind is None and self.resource.kind == "provider" and is_providers(name, item):
            return "provider-credential"
        # What is only called so, in a project's own words, may be the name of a key: `account_key = "orders-prod"`.
        return None if self.unused and kind == "token" and not looks_random(item) else kind

    def _within(self, item: str, name: str, concept: str) -> list[Match]:
        found = list(_forms(str(item), self.lenient)) if self.forms and len(item) > 12 else []  # none is shorter
        if found and self.throwaway:
            found = [match for match in found if item[match.start : match.end] not in self.throwaway]
        if concept not in _NAMES_ONLY and len(item) > 8 and not _PROSE.search(name) and len(item) < 200_000:
            taken = [(match.start, match.end) for match in found]
            for match in assignments_in(item, self.lenient):
                if item[match.start : match.end] in self.throwaway:
                    continue
                if all(match.end <= start or match.start >= end for start, end in taken):
                    found.append(match)
            found.sort(key=lambda match: match.start)
        return found

    def _star(self, item: str, found: list[Match], name: str, holder: Map | Seq, key: str | int) -> Value:
        for match in found:
            value = item[match.start : match.end]
            span = written_at(value, holder, key)
            if isinstance(item, Text) and span == holder.place(key):  # type: ignore[arg-type]
                span = item.place(span.file, match.start, match.end)
            self._add(match.kind, match.name or name, value, span)
        text = starred(item, found)
        return item.like(text) if isinstance(item, Text) else text

    def _part(self, item: PartText, name: str, holder: Map | Seq, key: str | int, concept: str) -> PartText:
        """What is written in plain sight beside what is not known: in between, or with a word in each hole."""
        template = item.template
        found: list[Match] = []
        for text in (template, template.replace(HOLE, "x")):
            for match in self._within(text, name, concept):
                apart = all(match.end <= other.start or match.start >= other.end for other in found)
                if apart and HOLE not in template[match.start : match.end]:
                    found.append(match)
        if not found:
            return item
        found.sort(key=lambda match: match.start)
        return PartText(item.reason, item.refs, self._star(template, found, name, holder, key))

    def _whole(self, kind: str, name: str, item: Value, text: str, holder: Map | Seq, key: str | int) -> Sensitive:
        self._add(kind, name, text, written_at(text, holder, key))
        return self._hide(item)

    def _hide(self, item: Value) -> Sensitive:
        hidden = Sensitive(item, literal=True)
        self.ours[id(hidden)] = hidden  # also keeps it alive, so that no other object gets its id
        return hidden

    def _encoded_text(self, item: Encoded, name: str, holder: Map | Seq, key: str | int, concept: str) -> Value:
        """What `base64encode` was given."""
        changed = self._value(item.decoded, name, holder, key, concept)
        if changed is item.decoded:
            return item
        return changed if isinstance(changed, Sensitive) else Encoded("*" * len(item), changed)

    def _encoded(self, item: Encoded, name: str, concept: str) -> Value:
        """A document's text follows what is found in the document."""
        before = len(self.hidden)
        self.walk(item.decoded, name, concept)
        found = {value for value, _ in self.hidden[before:]}
        text = star_out(str(item)) if self.forms else str(item)
        for value in sorted(found, key=len, reverse=True):
            for written in {value, json.dumps(value)[1:-1]}:
                text = text.replace(written, "*" * len(written))
        return Encoded(text, item.decoded) if text != str(item) else item

    def _outright(self, holder: Map, key: str) -> None:
        """A literal that is a secret by what it is an attribute of; of a mapping, each of its values."""
        value = holder.get(key)
        if isinstance(value, Map):
            for inner in list(value):
                self._outright(value, inner)
        elif isinstance(value, str) and not isinstance(value, Encoded):
            if not value.strip() or value.lstrip().startswith("{") or is_no_secret(key):
                return
            origins = holder.origin_of(key)
            if origins and (_OF_RESOURCE.fullmatch(origins[-1].note) or comes_from_elsewhere(holder, key)):
                return  # what another resource is called, or a secret that is found there
            # The name lends the weight that the attribute has; the value still has to be one.
            if (secret_by_name("password", value.replace(" ", "_").replace("\n", "_")[:4000])
                    and not key.endswith((".crt", ".pub"))):  # fmt: skip
                holder[key] = self._whole("secret", key, value, str(value), holder, key)
                veil_origin(holder, key)

    def _sensitive(self, item: Sensitive, name: str, holder: Map, key: str) -> None:
        """What the reader marked as sensitive and written in a file."""
        kind = "kubernetes-secret" if self.resource.kind == "Secret" else "sensitive"
        leaves = [str(leaf) for leaf in leaves_of(item.reveal()) if str(leaf).strip()]
        real = [leaf for leaf in leaves if kind != "sensitive" or "\n" in leaf or secret_by_name("password", leaf)]
        if not real:
            return
        span = written_at(real[0], holder, key)
        self._add(kind, name, real[0], span)
        self.hidden += [(leaf, span) for leaf in leaves[:1000] if leaf != real[0]]

    def _add(self, kind: str, name: str, value: str, span: Span) -> None:
        if span == OUTSIDE or any(value == text or (len(value) >= 8 and value in text) for text in self.outside):
            self.hidden.append((value, OUTSIDE))
            return
        place = (span.file, span.line, span.column)
        if place in self.seen or (self.copies and any(value == known for known, _ in self.hidden)):
            return
        self.seen.add(place)
        self.hidden.append((value, span))
        if value in self.told:
            return
        fields = Map(span, span)
        fields.put("name", name, span)
        fields.put("class", kind, span)
        fields.put("literal", self._hide(value), span)
        self.nouns.append(Noun("secret", f"{self.resource.local} {name}".strip(), fields, f"{kind}/{name}"))


_OF_RESOURCE = lazy_regex(r"(?!(?:default|argument|output|input) |local\.|var\.)(?:data\.)?\w+\.[\w-]+\.[\w-]+")
"""What an origin says of another resource's attribute."""

_NAMES_ONLY = ("job", "grant", "dependency")
"""Concepts whose fields are names and levels, never values."""
