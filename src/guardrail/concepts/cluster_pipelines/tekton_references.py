"""What Tekton takes from elsewhere: tasks and pipelines of bundles, repositories, hubs and addresses.

Follows the reference of remote resolution (tekton.dev/docs/pipelines/resolution) and Pipelines-as-Code's resolver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from guardrail.concepts.cluster_pipelines.tekton_objects import Frame, Object, pac_annotations
from guardrail.concepts.cluster_pipelines.tekton_scope import Scope, called
from guardrail.concepts.dependencies import dependency_noun, version_pin
from guardrail.concepts.operator_pods.building import items, mapping
from guardrail.inputs.pipelines.vocabulary import Keys, git_pin
from guardrail.model import HOLE, Map, Noun, OriginsOf, PartText, Span, Unknown, Value
from guardrail.model.image import image_facts
from guardrail.model.patterns import lazy_regex

_EXPRESSION = lazy_regex(r"\$\(([^()\n]{1,200})\)|\{\{\s*([^{}\n]{1,200}?)\s*\}\}")
_COMMIT = lazy_regex(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_TASK = lazy_regex(r"(?:task|pipeline)(?:-\d+)?\Z")
_BY_RUN = "is known only when the pipeline runs"


def references(found: Object, scope: Scope) -> Iterator[Noun]:
    keys = Keys()
    if found.ref is not None and not found.jobs:
        yield from _reference(found.ref, "pipeline", found.name, found.frame, keys)
    for job in found.jobs:
        if job.ref is not None:
            kind, name = called(job)
            if name:
                if scope.named.get((kind, name)):
                    yield _local(kind.lower(), name, job.ref, keys)
            else:
                yield from _reference(job.ref, "task", job.name, job.frame, keys)
        for step in items(job.spec, "steps"):
            ref = mapping(step, "ref")
            if ref is None:
                continue
            action = ref.get("name")
            if isinstance(action, str):
                if scope.named.get(("StepAction", action)):
                    yield _local("step", action, ref, keys)
            else:
                yield from _reference(ref, "step", str(step.get("name") or job.name), job.frame, keys)
    yield from _annotated(found, keys)


def _local(kind: str, name: str, ref: Map, keys: Keys) -> Noun:
    values: dict[str, Value] = {"ecosystem": "task", "pin": "none", "local": True}
    return dependency_noun(name, ref.place("name"), f"the {kind} {name}", keys.next(name), values)


def _reference(ref: Map, kind: str, caller: str, frame: Frame, keys: Keys) -> Iterator[Noun]:
    """What `taskRef`, `pipelineRef` or a step's `ref` takes from outside of the cluster."""
    label = f"the {kind} of {caller}"
    if "bundle" in ref:
        yield _bundle(ref, "bundle", label, frame, keys)
        return
    given = {str(item.get("name")): item for item in items(ref, "params")}
    resolver = ref.get("resolver")
    if resolver == "bundles" and "bundle" in given:
        yield _bundle(given["bundle"], "value", label, frame, keys)
    elif resolver == "git":
        yield from _git(ref, given, label, frame, keys)
    elif resolver == "hub":
        yield from _hub(ref, given, label, frame, keys)
    elif resolver == "http" and "url" in given:
        text, unknown, origin = filled(given["url"], "value", frame)
        yield _address(text, unknown, given["url"].place("value"), label, keys, origin)


def filled(holder: Map, key: str, frame: Frame) -> tuple[str, Unknown | None, OriginsOf | None]:
    """A text with the defaults of the parameters in it, and a HOLE for each expression that has none."""
    text = holder.get(key)
    if isinstance(text, PartText):
        return text.template, text.whole(), None
    if not isinstance(text, str):
        return HOLE, text if isinstance(text, Unknown) else Unknown("it is not a string"), None
    why: list[str] = []

    def stands_for(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        value = _default(frame, name)
        if value is None:
            why.append(name)
            return HOLE
        return value

    template = _EXPRESSION.sub(stands_for, text)
    origin = holder.origins.get(key) if holder.origins else None
    return template, Unknown(f"{why[0]} {_BY_RUN}", (why[0],)) if why else None, origin


def _default(frame: Frame, name: str) -> str | None:
    """Of `params.x`: what the call gives or the declaration falls back on, if that is a plain text."""
    kind, _, parameter = name.partition(".")
    above: Frame | None = frame if kind == "params" else None
    for _ in range(12):
        if above is None:
            break
        if above.key is None and parameter in above.given:
            value = above.given[parameter].get("value")
            return value if isinstance(value, str) and not _EXPRESSION.search(value) else None
        if parameter in above.declared:
            value = above.declared[parameter].get("default")
            return value if isinstance(value, str) and not _EXPRESSION.search(value) else None
        above = above.parent
    return None


def _noun(name: str, owner: str, version: str, pin: str, local: bool, unknown: Unknown | None, open_end: bool,
          span: Span, label: str, keys: Keys, origin: OriginsOf | None) -> Noun:  # fmt: skip
    """Fields that hold a HOLE are unknown; `open_end`: an unknown name may bring its own version."""

    def known(text: str) -> Value:
        return unknown if unknown is not None and HOLE in text else text

    values: dict[str, Value] = {
        "ecosystem": "task",
        "owner": known(owner),
        "version": known(version) if version else None,
        "pin": unknown if unknown is not None and (HOLE in version or open_end) else pin,
        "local": local,
    }
    return dependency_noun(known(name), span, label, keys.next(name.replace(HOLE, "*")), values, origin)


def _bundle(holder: Map, key: str, label: str, frame: Frame, keys: Keys) -> Noun:
    template, unknown, origin = filled(holder, key, frame)
    facts = image_facts(template, unknown)
    values: dict[str, Value] = {
        "ecosystem": "task", "owner": facts.owner, "version": facts.version, "pin": facts.pin, "local": False,
    }  # fmt: skip
    shown = f"{label}, from the bundle {facts.shown}"
    return dependency_noun(facts.name, holder.place(key), shown, keys.next(facts.shown), values, origin)


def _git(ref: Map, given: dict[str, Map], label: str, frame: Frame, keys: Keys) -> Iterator[Noun]:
    if "url" in given:
        url, unknown, origin = filled(given["url"], "value", frame)
        written = given["url"].get("value")
        name = repository(url)
    elif "repo" in given:  # of the provider that the resolver is set up for
        written, origin = None, None
        repo, unknown, _ = filled(given["repo"], "value", frame)
        org, other, _ = filled(given["org"], "value", frame) if "org" in given else ("", None, None)
        name, unknown = "/".join(part for part in (org, repo) if part), unknown or other
    else:
        return
    revision, other, revised = filled(given["revision"], "value", frame) if "revision" in given else ("", None, None)
    holder = given.get("revision") or given.get("url") or ref
    own = isinstance(written, str) and written.replace(" ", "") in ("{{repo_url}}", "{{source_url}}")
    parts = name.split("/")
    yield _noun(
        name, parts[-2] if len(parts) > 1 else name, revision, git_pin(revision), own, unknown or other, False,
        holder.place("value") if holder is not ref else ref.header, label, keys, revised or origin,
    )  # fmt: skip


def repository(url: str) -> str:
    """`github.com/acme/tasks` of an address in any notation of git's."""
    text = url.partition("://")[2] or url.replace(":", "/", 1)
    return text.rpartition("@")[2].removesuffix("/").removesuffix(".git")


def _hub(ref: Map, given: dict[str, Map], label: str, frame: Frame, keys: Keys) -> Iterator[Noun]:
    if "name" not in given:
        return
    name, unknown, _ = filled(given["name"], "value", frame)
    catalog = filled(given["catalog"], "value", frame)[0] if "catalog" in given else ""
    version, other, origin = filled(given["version"], "value", frame) if "version" in given else ("", None, None)
    holder = given.get("version") or given["name"]
    yield _noun(name, catalog, version, _hub_pin(version), False, unknown or other, False, holder.place("value"), label,
                keys, origin)  # fmt: skip


def _hub_pin(version: str) -> str:
    """Hubs have versions such as `0.9`, which stay; a constraint is a range."""
    if not version or version == "latest":
        return "none"
    return "version" if version[:1].isdecimal() and " " not in version else str(version_pin(version))


def _address(url: str, unknown: Unknown | None, span: Span, label: str, keys: Keys, origin: OriginsOf | None) -> Noun:
    """A file at an address: one of a commit stays as it is."""
    parts = urlsplit(url) if url.startswith(("https://", "http://")) and "[" not in url and "]" not in url else None
    path = parts.path.strip("/").split("/") if parts is not None else [url]
    pins = [git_pin(part) for part in path if _COMMIT.match(part)]
    versions = [part for part in path if git_pin(part) == "tag" and part[:1] in "v0123456789"]
    version = next((part for part in path if _COMMIT.match(part)), "") or (versions[0] if versions else "")
    pin = pins[0] if pins else "tag" if version else "none"
    host = parts.netloc if parts is not None else ""
    owner = path[0] if parts is not None and len(path) > 1 else host
    name = f"{host}/{'/'.join(path)}" if host else url
    return _noun(name, owner, version, pin, False, unknown, unknown is not None and not pins, span, label, keys, origin)


def _annotated(found: Object, keys: Keys) -> Iterator[Noun]:
    """Tasks that Pipelines-as-Code fetches: of a hub, an address, or a path of the repository."""
    for key, value, span in pac_annotations(found):
        if not _TASK.match(key) or not isinstance(value, str):
            continue
        for item in value.strip().strip("[]").split(","):
            text = item.strip().strip("\"'")
            if not text:
                continue
            label = f"the {key.partition('-')[0]} {text}"
            if text.startswith(("https://", "http://")):
                unknown = Unknown(_BY_RUN) if "{{" in text else None
                template = _EXPRESSION.sub(HOLE, text)
                yield _address(template, unknown, span, label, keys, None)
            elif "/" in text.partition("://")[0] and "://" not in text:
                values: dict[str, Value] = {"ecosystem": "task", "pin": "none", "local": True}
                yield dependency_noun(text, span, label, keys.next(text), values)
            else:
                name, _, version = text.rpartition("://")[2].partition(":")
                yield _noun(name, text.partition("://")[0] if "://" in text else "", version, _hub_pin(version), False,
                            None, False, span, label, keys, None)  # fmt: skip


