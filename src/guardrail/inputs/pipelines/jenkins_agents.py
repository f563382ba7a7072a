"""Where Jenkins' stages run: agents, and the containers among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.formats.groovy_nodes import Call, Closure, Name, Node
from guardrail.inputs.pipelines.container_options import create_options
from guardrail.inputs.pipelines.jenkins_file import literal
from guardrail.inputs.pipelines.jenkins_pods import container_draft, pod_nouns
from guardrail.inputs.pipelines.jenkins_scope import Scope, calls_in
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, image_dependency
from guardrail.model import HOLE, Noun, Seq, Value


class Agent(NamedTuple):
    """`call` is the `agent` directive; `kind` any, none, label, node, docker, dockerfile, kubernetes, or what a plugin
    has added; `body` what its block says."""

    call: Call
    kind: str
    inner: Call | None


def agent_of(closure: Closure | None) -> Agent | None:
    for call in calls_in(closure, "agent"):
        if call.body is None:
            first = call.args[0] if call.args else None
            return Agent(call, first.id if isinstance(first, Name) else "", None)
        inner = next((item for item in call.body.statements if isinstance(item, Call)), None)
        return Agent(call, inner.name if inner is not None else "", inner)
    return None


def _setting(inner: Call | None, name: str) -> Node | None:
    """A setting of an agent: in its block, or `docker 'image'` for the one that stands alone."""
    if inner is None:
        return None
    for call in calls_in(inner.body, name):
        return call.args[0] if call.args else None
    if inner.get(name) is not None:
        return inner.get(name)
    first = inner.args[0] if inner.args and not isinstance(inner.args[0], Closure) else None
    return first if (inner.name, name) in (("docker", "image"), ("label", "label")) else None


def runner_of(agent: Agent, scope: Scope) -> Value:
    """The labels that an agent is asked for; for a container its image."""
    labels = Seq(scope.file.of(agent.call), scope.file.head(agent.call))
    key = {"docker": "image", "label": "label", "node": "label", "kubernetes": "label"}.get(agent.kind)
    node = _setting(agent.inner, key) if key else None
    if node is None:
        if agent.kind:
            labels.add(agent.kind, scope.file.head(agent.call))
        return labels
    for filled in scope.fill(node):
        if filled.unknown is not None:
            return filled.unknown
        labels.add(filled.value, scope.file.of(node), filled.origin)
    return labels


def agent_nouns(agent: Agent, scope: Scope, keys: Keys) -> Iterator[Noun]:
    """The containers that an agent is made of, and their images."""
    if agent.kind == "docker":
        image = _setting(agent.inner, "image")
        if image is not None:
            yield from docker_container(image, _setting(agent.inner, "args"), scope, keys, "job", agent.call)
    elif agent.kind == "dockerfile":
        yield from _own_image(agent, scope)
    elif agent.kind == "kubernetes" and agent.inner is not None:
        node = _setting(agent.inner, "yaml")
        if node is not None:
            yield from pod_nouns(node, scope, keys)
        for template in calls_in(agent.inner.body, "containerTemplate"):
            yield from container_template(template, scope, keys)


def docker_container(
    image: Node, options: Node | None, scope: Scope, keys: Keys, kind: str, call: Call
) -> Iterator[Noun]:
    file = scope.file
    entry = file.of(image)
    for filled in scope.fill(image):
        dependency = image_dependency(filled.template, filled.unknown, entry, keys, filled.origin)
        draft = container_draft(dependency.key, kind, file.head(call), filled, entry)
        _options(draft, options, scope)
        yield draft.noun(_shown(dependency.key), dependency.key)
        yield dependency


def _shown(key: str) -> str:
    """What a message calls a container: the image that it runs, where that is known."""
    name = key.partition("#")[0]
    return f"the container of {name}" if name != "*" else "the container"


def _options(draft: Draft, options: Node | None, scope: Scope) -> None:
    if options is None:
        draft.put("privileged", False)
        return
    span = scope.file.of(options)
    filled = scope.fill(options)[0]
    mounts = Seq(span)
    known = filled.template.replace(HOLE, "x")
    create_options(draft, known, span, mounts)
    if HOLE in filled.template.split() and draft.fields.get("privileged") is False:  # may be any option
        draft.put("privileged", filled.unknown, span)
    if mounts:
        draft.put("mounts", mounts, span)


def _own_image(agent: Agent, scope: Scope) -> Iterator[Noun]:
    """A container whose image the agent builds from a Dockerfile of the repository."""
    draft = container_draft("dockerfile", "job", scope.file.head(agent.call), None, scope.file.head(agent.call))
    _options(draft, _setting(agent.inner, "args"), scope)
    yield draft.noun("the container of the Dockerfile", "dockerfile")


def container_template(call: Call, scope: Scope, keys: Keys) -> Iterator[Noun]:
    """`containerTemplate(name: ..., image: ...)`, or as a block."""

    def setting(name: str) -> Node | None:
        found = call.get(name)
        if found is None:
            found = next((one.args[0] for one in calls_in(call.body, name) if one.args), None)
        return found

    image = setting("image")
    if image is None:
        return
    file = scope.file
    entry = file.of(image)
    for filled in scope.fill(image):
        dependency = image_dependency(filled.template, filled.unknown, entry, keys, filled.origin)
        given = file.plain(setting("name"))
        name = given or dependency.key
        draft = container_draft(name, "job", file.head(call), filled, entry)
        privileged = setting("privileged")
        start = next((at for key, _, at in call.named if key == "privileged"), None)
        span = None
        if privileged is not None:
            span = file.span(privileged.start if start is None else start, privileged.end)
        draft.put("privileged", literal(privileged) is True, span)
        yield draft.noun(f"container {given}" if given else _shown(name), dependency.key)
        yield dependency
