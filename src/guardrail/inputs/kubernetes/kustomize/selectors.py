"""Which objects a patch or a replacement is for."""

from __future__ import annotations

from guardrail.inputs.kubernetes.kustomize.objects import Built, Failed, Gvk, Id, text_of, word
from guardrail.inputs.kubernetes.kustomize.patterns import BadPattern, Pattern, pattern
from guardrail.model import Map, Span, Value
from guardrail.model.patterns import lazy_regex

_PART = lazy_regex(
    r"\s*(?:(!)\s*([^\s!=,()]+)|([^\s!=,()]+)\s*(?:(==|=|!=)\s*([^\s!=,()]*)|\s(in|notin)\s*\(([^()]*)\))?)\s*(?:,|\Z)"
)


class Target:
    """`target` of a patch: expressions that must match whole values, and label and annotation selectors. Raises Failed
    where one of them is malformed."""

    def __init__(self, value: Map) -> None:
        self.patterns: dict[str, Pattern] = {}
        for key in ("group", "version", "kind", "name", "namespace"):
            text = word(value.get(key))
            if text:
                self.patterns[key] = _pattern(text, value.place(key))
        self.labels = Labels(value.get("labelSelector"), value.place("labelSelector"))
        self.annotations = Labels(value.get("annotationSelector"), value.place("annotationSelector"))

    def selects(self, built: Built) -> bool:
        now, first = built.id, built.first_id
        for key, wanted in self.patterns.items():
            if key in ("name", "namespace"):
                if not wanted.matches(getattr(now, key)) and not wanted.matches(getattr(first, key)):
                    return False
            elif not wanted.matches(getattr(now, key)):
                return False
        return self.labels.select(built.metadata.get("labels")) and self.annotations.select(
            built.metadata.get("annotations")
        )


class Exact:
    """`select`, `reject` and `source` of a replacement: values that are equal, "" for any."""

    def __init__(self, value: Map) -> None:
        self.gvk = Gvk(word(value.get("group")), word(value.get("version")), word(value.get("kind")))
        self.name, self.namespace = word(value.get("name")), word(value.get("namespace"))
        self.labels = Labels(value.get("labelSelector"), value.place("labelSelector"))
        self.annotations = Labels(value.get("annotationSelector"), value.place("annotationSelector"))
        self.by_id = any(self.gvk) or bool(self.name or self.namespace)

    def is_called(self, identity: Id) -> bool:
        if self.name and self.name != identity.name:
            return False
        if self.namespace and self.namespace != identity.namespace:
            return False
        return self.gvk.selects(identity.group, identity.version, identity.kind)

    def fits_labels(self, built: Built) -> bool:
        return self.labels.select(built.metadata.get("labels")) and self.annotations.select(
            built.metadata.get("annotations")
        )

    @property
    def by_labels(self) -> bool:
        return bool(self.labels.terms or self.annotations.terms)


class Labels:
    """A selector as Kubernetes writes it: `a=b,c!=d,e in (f,g),h,!i`. Raises Failed."""

    def __init__(self, text: Value, span: Span) -> None:
        self.terms: list[tuple[str, str, frozenset[str]]] = []
        rest = word(text)
        position = 0
        while position < len(rest) and rest[position:].strip():
            found = _PART.match(rest, position)
            if found is None or found.end() == position:
                raise Failed(f"{rest!r} is no label selector", span)
            position = found.end()
            without, absent, key, sign, value, among, values = found.groups()
            if without:
                self.terms.append(("!", absent, frozenset()))
            elif among:
                self.terms.append((among, key, frozenset(part.strip() for part in values.split(","))))
            else:
                self.terms.append(
                    ("in" if sign in ("=", "==") else "notin" if sign else "has", key, frozenset([value]))
                )

    def select(self, labels: Value) -> bool:
        for sign, key, values in self.terms:
            has = isinstance(labels, Map) and key in labels
            among = has and text_of(labels[key]) in values
            if not {"!": not has, "has": has, "in": among, "notin": not among}[sign]:
                return False
        return True


def _pattern(text: str, span: Span) -> Pattern:
    try:
        return pattern(text)
    except BadPattern as error:
        raise Failed(f"{text!r} is no regular expression: {error}", span) from None
