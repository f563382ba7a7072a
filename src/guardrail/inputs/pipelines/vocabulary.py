"""The one vocabulary of all CI systems: pipelines, jobs, steps, and the nouns that rules look at.

A reader of a system says what it found with a `Draft`, which knows every field of its concept: whatever the
source doesn't say is absent, with the draft's header as its place.
"""

from __future__ import annotations

from guardrail.formats.shell import DETECTIONS
from guardrail.model import Map, Noun, OriginsOf, Resource, Span, Unknown, Value
from guardrail.model.image import image_facts
from guardrail.model.patterns import lazy_regex

PLATFORM = "pipeline"

FIELDS: dict[str, tuple[str, ...]] = {
    "pipeline": (
        "name", "system", "triggers", "untrusted", "privileged_trigger", "permissions", "concurrency", "token_scopes",
        "contained",
    ),
    "job": (
        "name", "class", "system", "triggers", "untrusted", "privileged_trigger", "runner", "self_hosted", "timeout",
        "permissions", "environment", "concurrency", "condition", "deploys", "checks_out_untrusted", "secrets",
        "secrets_inherited", "secret_uses", "token_scopes", "runs_untrusted", "names_own_runner", "registry_passwords",
    ),
    "script": (
        "name", "class", "shell", "text", "untrusted", "privileged_trigger", "pasted_secrets", "expansions",
        "environment_writes", "loose_installs", "publishes",
        *(field for field, _ in DETECTIONS),
    ),
    "dependency": (
        "ecosystem", "name", "owner", "repository", "version", "tag", "pin", "local", "source", "comment", "advisories",
        "resembles", "tool_pin", "blanket_token", "built_in",
    ),
    "expression": (
        "text", "part", "privileged_trigger", "trusts_last_actor", "alone", "compares_part", "empty_choice",
        "constant", "computed_index", "whole_secrets", "splits_secret",
    ),
    "checkout": ("name", "system", "keeps_credentials", "asked_to", "packed"),
    "cache": ("name", "system", "restores", "later", "by_default", "releases"),
    "update": ("name", "system", "ecosystem", "raises_versions", "waits", "runs_code"),
    "grant": (
        "effect", "principals", "actions", "not_actions", "resources", "conditions", "class", "anyone",
        "all_actions", "all_resources", "service_wildcard",
    ),
    "container": (
        "name", "image", "class", "command", "requests.cpu", "requests.memory", "requests.ephemeral_storage",
        "limits.cpu", "limits.memory", "limits.ephemeral_storage", "privileged", "run_as_non_root", "run_as_user",
        "run_as_group", "read_only_root_filesystem", "allow_privilege_escalation", "capabilities.add",
        "capabilities.drop", "seccomp_profile", "proc_mount", "host_pid", "env", "ports", "mounts", "probes.liveness",
        "probes.readiness", "probes.startup", "image_pull_policy", "long_running", "serves",
    ),
}  # fmt: skip

_INNER = {
    concept: tuple((outer, inner) for outer, dot, inner in (field.partition(".") for field in fields) if dot)
    for concept, fields in FIELDS.items()
}
"""Their fields within a field."""


class Draft:
    """The fields of one noun in the making. `header` is where a finding about the noun as a whole stands."""

    __slots__ = ("concept", "fields", "header")

    def __init__(self, concept: str, header: Span, span: Span | None = None) -> None:
        self.concept, self.header = concept, header
        self.fields = Map(span or header, header)

    def put(self, field: str, value: Value, span: Span | None = None, origin: OriginsOf | None = None) -> None:
        outer, dot, inner = field.partition(".")
        if not dot:
            self.fields.put(field, value, span or self.header, origin)
            return
        holder = self.fields.get(outer)
        if not isinstance(holder, Map):
            holder = Map(self.header)
            self.fields.put(outer, holder, self.header)
        holder.put(inner, value, span or self.header, origin)

    def take(self, field: str, source: Map, key: str) -> None:
        """An entry of the source as it is, if it is there and not null."""
        if source.get(key) is not None:
            self.fields.copy_entry(source, key, field)

    def noun(self, name: str, key: str = "") -> Noun:
        fields = self.fields
        for outer, inner in _INNER[self.concept]:  # what is not there of the others stands at the header anyway
            holder = fields.get(outer)
            if holder is None and outer not in fields:
                holder = Map(self.header)
                fields.put(outer, holder, self.header)
            if isinstance(holder, Map):
                holder.spans.setdefault(inner, self.header)
        return Noun(self.concept, name, fields, key)


class Filled:
    """One value that a template stands for, as written where `origin` says. `template` has NUL for each part
    that can't be known; `unknown` says why, and is then the value."""

    __slots__ = ("origin", "template", "unknown", "value")

    def __init__(self, value: Value, template: str, unknown: Unknown | None, origin: OriginsOf | None) -> None:
        self.value, self.template, self.unknown, self.origin = value, template, unknown, origin


class Keys:
    """Keys of nouns and local names of steps: the first `x` is "x", the second "x#2"."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, name: str) -> str:
        count = self._seen[name] = self._seen.get(name, 0) + 1
        return name if count == 1 else f"{name}#{count}"


def pipeline_resource(
    provider: str, kind: str, path: str, fragment: str, attributes: Map, local: str = "", *, span: Span | None = None
) -> Resource:
    """`fragment` is what follows the `#` in the address; empty for the file itself."""
    return Resource(
        PLATFORM, provider, kind, f"{path}#{fragment}" if fragment else path, attributes,
        span=span or attributes.span, scope=path, local=local or fragment or path,
    )  # fmt: skip


def text_of(value: Value) -> str | None:
    """A scalar as the text that a pipeline takes it for; None for what is no scalar or null."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return None


def key_line(entry: Span, key: str) -> Span:
    """The entry, or the key alone where its value takes several lines."""
    if entry.line == entry.end_line:
        return entry
    return Span(entry.file, entry.line, entry.column, entry.line, entry.column + len(key))


_COMMIT = lazy_regex(r"(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})\Z")
_VERSION_LIKE = lazy_regex(r"(?:[A-Za-z]+[-_.]?)?v?\.?\d[\w.+-]*\Z")
_BRANCH_WORDS = frozenset(
    ("main", "master", "develop", "development", "dev", "trunk", "head", "next", "edge", "nightly", "canary",
     "staging", "production", "stable", "beta", "alpha")
)  # fmt: skip


def git_pin(ref: str) -> str:
    """What a git reference pins: digest (a whole commit id), tag, branch, or none where it is empty. A name
    alone doesn't say whether it is a tag or a branch: what holds a version counts as a tag."""
    if not ref:
        return "none"
    if _COMMIT.match(ref):
        return "digest"
    name = ref.removeprefix("refs/tags/")
    if name != ref:
        return "tag"
    if ref.startswith("refs/heads/") or "/" in ref or ref.lower() in _BRANCH_WORDS:
        return "branch"
    return "tag" if _VERSION_LIKE.match(ref) or ref == "latest" else "branch"


def image_dependency(
    template: str, unknown: Unknown | None, header: Span, keys: Keys, origin: OriginsOf | None = None
) -> Noun:
    """`template` is the image reference, with NUL for each part that can't be known; `unknown` says why."""
    draft = Draft("dependency", header)
    facts = image_facts(template, unknown)
    draft.put("ecosystem", "image")
    draft.put("local", False)
    draft.put("name", facts.name, origin=origin)
    draft.put("owner", facts.owner, origin=origin)
    if facts.version is not None:
        draft.put("version", facts.version, origin=origin)
    if facts.tag is not None:
        draft.put("tag", facts.tag, origin=origin)
    draft.put("pin", facts.pin, origin=origin)
    label = f"the image {facts.shown}" if facts.shown != "*" else "the image"
    return draft.noun(label, keys.next(facts.shown))
