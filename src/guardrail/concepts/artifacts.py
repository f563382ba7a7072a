"""What jobs of pipelines keep as artifacts, in each system's way of saying so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrail.model import Inventory, Map, Noun, Resource, Seq, Span, Value
from guardrail.model.patterns import lazy_regex

_UPLOAD = lazy_regex(r"actions/upload-artifact@|actions/upload-pages-artifact@", re.IGNORECASE)
_WORKSPACE = lazy_regex(
    r"(?:\./?|\*\*?(?:/\*)?|\./\*\*?(?:/\*)?|\$\{?CI_PROJECT_DIR\}?/?|\$\{?BITBUCKET_CLONE_DIR\}?/?|~/project/?"
    r"|\$\((?:Build\.SourcesDirectory|System\.DefaultWorkingDirectory|Pipeline\.Workspace)\)/?)\Z",
    re.IGNORECASE,
)
_AZURE_TASKS = {"publishbuildartifacts": "pathtopublish", "publishpipelineartifact": "targetpath", "copyfiles": ""}
MAX_STEPS = 500


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.platform != "pipeline":
        return
    attributes = resource.attributes
    if resource.provider == "gitlab-ci":
        artifacts = attributes.get("artifacts")
        if isinstance(artifacts, Map) and "paths" in artifacts:
            # Of a pattern, `*` has no hidden files, but a folder has all that is in it.
            yield _noun(resource, artifacts["paths"], artifacts.place("paths"), hidden=True)
    elif resource.provider == "bitbucket-pipelines":
        artifacts = attributes.get("artifacts")
        if isinstance(artifacts, Map) and "paths" in artifacts:
            yield _noun(resource, artifacts["paths"], artifacts.place("paths"), hidden=True)
        elif isinstance(artifacts, Seq):
            yield _noun(resource, artifacts, attributes.place("artifacts"), hidden=True)
    elif resource.provider == "github-actions":
        inputs = attributes.get("with")
        if isinstance(inputs, Map) and isinstance(inputs.get("path"), str) and _uploads(attributes.get("uses")):
            hidden = inputs.get("include-hidden-files") in (True, "true")
            yield _noun(resource, inputs["path"], inputs.spans["path"], hidden)
    elif resource.provider == "azure-pipelines":
        yield from _of_azure(resource, attributes)
    elif resource.provider == "circleci":
        store = attributes.get("store_artifacts")
        if isinstance(store, Map) and "path" in store:
            yield _noun(resource, store["path"], store.spans["path"], hidden=True)
    elif resource.provider == "jenkins" and resource.kind == "job":
        steps = [attributes.get("steps")]
        post = attributes.get("post")
        steps += list(post.values()) if isinstance(post, Map) else []
        for index, (value, place) in enumerate(_archived(steps)):
            yield _noun(resource, value, place, hidden=False, key=f"artifacts#{index + 1}")


def _uploads(uses: Value) -> bool:
    return isinstance(uses, str) and bool(_UPLOAD.match(uses))


def _of_azure(resource: Resource, attributes: Map) -> Iterator[Noun]:
    if isinstance(attributes.get("publish"), str):
        yield _noun(resource, attributes["publish"], attributes.spans["publish"], hidden=True)
    task, inputs = attributes.get("task"), attributes.get("inputs")
    if isinstance(task, str) and isinstance(inputs, Map):
        wanted = _AZURE_TASKS.get(task.partition("@")[0].lower(), "")
        for key in inputs:
            if wanted and key.lower() in (wanted, "path"):
                yield _noun(resource, inputs[key], inputs.spans[key], hidden=True)
                return


def _archived(pending: list[Value]) -> Iterator[tuple[Value, Span]]:
    """Patterns that Jenkins' steps archive, however deep they stand."""
    seen = 0
    while pending:
        steps = pending.pop(0)
        for step in steps if isinstance(steps, Seq) else ():
            seen += 1
            if not isinstance(step, Map) or seen > MAX_STEPS:
                continue
            for name, value in step.items():
                if name in ("archiveArtifacts", "stash"):
                    wanted = "artifacts" if name == "archiveArtifacts" else "includes"
                    if isinstance(value, str) and name == "archiveArtifacts":
                        yield value, step.spans[name]
                    elif isinstance(value, Map) and isinstance(value.get(wanted), str):
                        yield value[wanted], value.spans[wanted]
                elif isinstance(value, Map) and isinstance(value.get("steps"), Seq):
                    pending.append(value["steps"])


def _noun(resource: Resource, declared: Value, place: Span, hidden: bool, key: str = "artifacts") -> Noun:
    fields = Map(place, place)
    name = f"the artifact of {resource.local}"
    fields.put("name", name, place)
    fields.put("system", resource.provider, place)
    paths = Seq(place, place)
    whole: Span | None = None
    items = list(zip(declared, declared.spans, strict=False)) if isinstance(declared, Seq) else [(declared, place)]
    for item, span in items:
        if not isinstance(item, str):
            if item is not None:
                paths.add(item, span)
            continue
        separator = "," if resource.provider == "jenkins" else "\n"
        for part in item.split(separator):
            path = part.strip()
            if not path or path.startswith("!"):
                continue
            paths.add(path, span)
            if hidden and whole is None and _WORKSPACE.match(path) and not _only_shown(resource.provider, path):
                whole = span
    fields.put("paths", paths, place)
    fields.put("whole", whole is not None, whole or place)
    return Noun("artifact", name, fields, key)


def _only_shown(system: str, path: str) -> bool:
    """True for patterns that take no hidden files."""
    return system in ("gitlab-ci", "bitbucket-pipelines") and path == "*"
