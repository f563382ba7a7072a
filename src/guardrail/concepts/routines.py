"""What the pipelines of a repository do as a whole, told by names of jobs, commands, images, actions and includes."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.shell import pipelines
from guardrail.inputs.pipelines.practices import practices_in, repository_of
from guardrail.model import Inventory, Map, Noun, Resource, Seq, Span, Unknown
from guardrail.model.patterns import lazy_regex

_PUSHES = lazy_regex(
    r"(?:sudo\s+)?(?:docker|podman|buildah|nerdctl|img|crane)\s(?:[^\n]*\s)?push(?:\s|\Z)|docker\s+buildx\s[^\n]*--push\b"
    r"|docker\s+build\s[^\n]*--push\b|(?:/kaniko/)?executor\s[^\n]*--destination|ko\s+(?:build|publish|resolve)\s"
)
_NO_PUSH = lazy_regex(r"--no-push\b|--local\b")
_PUSHING_ACTIONS = lazy_regex(
    r"(?:docker/build-push-action|docker/bake-action|redhat-actions/push-to-registry|atlassian/aws-ecr-push-image"
    r"|macbre/push-to-ghcr)\b"
)
_FROM_ELSEWHERE = frozenset(("include", "component", "workflow", "orb", "library", "template", "pipe"))
MAX_TEXT = 20_000  # characters looked at in one script


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    if resource.platform != "pipeline" or resource.kind != "pipeline":
        return
    about = _surveys(inventory).get(resource.scope)
    if about is None:
        return
    survey, first, pushes = about
    if not first and pushes is None:
        return
    place = pushes or resource.header
    fields = Map(resource.span, place)
    name = resource.nouns["pipeline"][0].name if "pipeline" in resource.nouns else resource.local
    fields.put("name", name, place)
    fields.put("system", resource.provider, place)
    fields.put("first", first, place)
    fields.put("pushes_images", pushes is not None, place)
    does = Seq(place, place)
    for word in sorted(survey.does):
        does.add(word, place)
    if survey.elsewhere:
        does.add(Unknown(f"what {survey.elsewhere} does is not read", (survey.elsewhere,)), place)
    fields.put("does", does, place)
    yield Noun("routine", name, fields)


class _Survey:
    """Of all pipelines of one system in one repository."""

    def __init__(self) -> None:
        self.does: set[str] = set()
        self.elsewhere = ""
        self.scopes: dict[str, None] = {}


_Surveys = dict[str, tuple[_Survey, bool, "Span | None"]]


def _surveys(inventory: Inventory) -> _Surveys:
    """By file: the survey of its repository, whether it is the first there, and where it pushes an image."""
    known = inventory.indexes.get("routines")
    if isinstance(known, dict):
        return known
    surveys: dict[tuple[str, str], _Survey] = {}
    result: _Surveys = {}
    pushed: dict[str, Span] = {}
    group_of: dict[str, _Survey] = {}
    firsts: dict[int, str] = {}
    elsewhere: dict[int, Span] = {}  # pushes in files that are part of another one's pipeline
    for resource in inventory.resources:
        if resource.platform != "pipeline" or resource.provider in ("tekton", "argo-workflows"):
            continue
        survey = surveys.setdefault((resource.provider, repository_of(resource.scope)), _Survey())
        if resource.kind == "pipeline" and resource.scope not in group_of:
            firsts.setdefault(id(survey), resource.scope)
            group_of[resource.scope] = survey
        _look(resource, survey, pushed)
    whole = _whole(inventory, surveys)
    for survey in surveys.values():
        for scope in survey.scopes:
            if scope not in group_of and scope in pushed:
                elsewhere.setdefault(id(survey), pushed[scope])
    for scope, survey in group_of.items():
        leads = firsts[id(survey)] == scope
        first = scope == whole[id(survey)] if id(survey) in whole else leads
        result[scope] = (survey, first, pushed.get(scope) or (elsewhere.get(id(survey)) if leads else None))
    inventory.indexes["routines"] = result
    return result


def _whole(inventory: Inventory, surveys: dict[tuple[str, str], _Survey]) -> dict[int, str]:
    """Adds what the parts of the repositories do that were not read with these. The first file of each of those."""
    firsts: dict[int, str] = {}
    told = inventory.indexes.get("beyond")
    for part in told if isinstance(told, tuple) else ():
        survey = surveys.get(("github-actions", part.repository))
        if survey is not None:
            survey.does.update(part.does)
            survey.elsewhere = survey.elsewhere or part.elsewhere
            firsts[id(survey)] = part.first
    return firsts


def _look(resource: Resource, survey: _Survey, pushed: dict[str, Span]) -> None:
    words: list[str] = []
    survey.scopes[resource.scope] = None
    for noun in resource.nouns.get("job", ()):
        words.append(noun.name)
        survey.does.add(noun.name.lower())
        stage = resource.attributes.get("stage")
        if isinstance(stage, str):
            survey.does.add(stage.lower())
            words.append(stage)
    for noun in resource.nouns.get("dependency", ()):
        name = noun.fields.get("name")
        if not isinstance(name, str):
            continue
        words.append(name.rpartition("/")[2] if noun.fields.get("ecosystem") == "image" else name)
        ecosystem, local = noun.fields.get("ecosystem"), noun.fields.get("local")
        if ecosystem in _FROM_ELSEWHERE and local is not True and noun.fields.get("owner") != "gitlab":
            survey.elsewhere = survey.elsewhere or name
        if _PUSHING_ACTIONS.match(name) and _pushes(resource):
            pushed.setdefault(resource.scope, noun.fields.header)
    for noun in resource.nouns.get("script", ()):
        text = noun.fields.get("text")
        if isinstance(text, str):
            text = text[:MAX_TEXT]
            words.append(text)
            for stages in pipelines(text) if "push" in text or "--destination" in text or "ko " in text else ():
                if any(_PUSHES.match(command.text) and not _NO_PUSH.search(command.text) for command in stages):
                    pushed.setdefault(resource.scope, noun.fields.header)
    task = resource.attributes.get("task")
    if isinstance(task, str) and task.lower().startswith("docker@"):
        inputs = resource.attributes.get("inputs")
        command = inputs.get("command", "buildAndPush") if isinstance(inputs, Map) else "buildAndPush"
        if isinstance(command, str) and command.lower() in ("push", "buildandpush"):
            pushed.setdefault(resource.scope, resource.header)
    joined = "\n".join(words).lower()
    survey.does.update(practices_in(joined, survey.does))


def _pushes(resource: Resource) -> bool:
    """`push: true` of an action that only builds otherwise."""
    if resource.provider != "github-actions":
        return True
    inputs = resource.attributes.get("with")
    if not isinstance(inputs, Map):
        return False
    push, outputs = inputs.get("push"), inputs.get("outputs")
    if isinstance(outputs, str) and "push=true" in outputs:
        return True
    return push is True or (isinstance(push, str) and push != "false")
