"""What a step's or a job's `uses:` names, and what is known of it."""

from __future__ import annotations

from functools import lru_cache

from guardrail.inputs.pipelines.github_file import PROVIDER, GithubFile, get_ci
from guardrail.inputs.pipelines.github_known import BUILT_IN, CACHES, PUBLISHERS, TOOLS
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, git_pin, image_dependency, text_of
from guardrail.model import Map, Noun, Resource, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

_COMMENT = lazy_regex(r"\s#\s*(?P<text>.*)")
_VERSION = lazy_regex(r"(?:\A|[\s=:@/])(?:tag=|pin@|ratchet:\S*@)?(?P<version>v?\d[\w.+-]*|[\w./-]*/v?\d[\w.+-]*)")
_WHOLE_FOLDER = lazy_regex(r"\A(?:\./?|\.\./?|\$\{\{\s*github\.workspace\s*\}\}/?|\*\*?/?\*?|\./\*\*?(?:/\*)?)\Z")

_RELEASE = lazy_regex(r"v?(\d{1,4})(?:\.(\d{1,4}))?(?!\d)")
_NEWEST = 9999
_COMMIT = Unknown("nothing says which version this commit of the action is")


def action_dependency(
    file: GithubFile, uses: str, entry: Span, elsewhere: bool = False, ecosystem: str = "action"
) -> Noun:
    """The noun of a step's or a job's `uses:`. `elsewhere`: the workspace may hold code of other repositories,
    so that a local action that isn't in the tree is no fault."""
    if uses.startswith("docker://"):
        return image_dependency(uses[len("docker://") :], None, entry, Keys())
    draft = Draft("dependency", entry)
    draft.put("ecosystem", ecosystem)
    if uses.startswith((".", "/", "$/")):
        draft.put("name", uses)
        draft.put("local", True)
        _check_local(file, uses, entry, elsewhere, ecosystem)
        return draft.noun(uses)
    if "${{" in uses:
        unknown = Unknown("its name is worked out when the pipeline runs")
        for field in ("name", "owner", "version", "pin"):
            draft.put(field, unknown)
        draft.put("local", False)
        return draft.noun(uses)
    name, _, version = uses.partition("@")
    draft.put("name", name)
    draft.put("owner", (name.partition("://")[2] or name).partition("/")[0])
    draft.put("repository", "/".join(name.lower().split("/")[:2]))
    if version:
        draft.put("version", version)
    draft.put("pin", git_pin(version))
    draft.put("local", False)
    comment = _version_comment(file, entry)
    if comment:
        draft.put("comment", comment)
    _hazards(draft, name, version, comment)
    return draft.noun(name)


def _check_local(file: GithubFile, uses: str, entry: Span, elsewhere: bool, ecosystem: str) -> None:
    if file.local_target(uses) is not None or file.local_dockerfile(uses):
        return
    what = "workflow" if ecosystem == "workflow" else "action"
    outside = uses.startswith("./../")  # of the workspace, where only an earlier step can have put it
    if file.in_place and not elsewhere and not outside:
        file.problem("missing-action", f"the local {what} {uses} is not there", entry)
    else:
        file.note("missing-action", f"the local {what} {uses} is not in the scanned tree; not followed", entry)


def _version_comment(file: GithubFile, entry: Span) -> str:
    found = _COMMENT.search(file.source.line(entry.end_line), max(entry.end_column - 1, 0))
    version = _VERSION.search(found["text"]) if found else None
    return version["version"] if version else ""


def _hazards(draft: Draft, name: str, version: str, comment: str) -> None:
    """Known holes of the version, and names that are nearly those of others."""
    from guardrail.inputs.pipelines.github_hazards import advisories, resembled

    lowered = name.lower()
    holes = advisories(lowered, version, comment)
    if holes:
        items = Seq(draft.header, draft.header)
        for hole in holes:
            item = Map(draft.header)
            for field, value in (("id", hole.id), ("about", hole.about), ("fixed", hole.fixed)):
                item.put(field, value, draft.header)
            items.add(item, draft.header)
        draft.put("advisories", items)
    built_in = BUILT_IN.get(lowered)
    if built_in:
        draft.put("built_in", built_in)
    like = resembled(lowered)
    if like:
        draft.put("resembles", like)


# What a step does by what it uses ------------------------------------------------------------------------------


def note_use(
    resource: Resource, step: Map, uses: str, title: str, releases: bool, packed: bool | Unknown, dependency: Noun
) -> None:
    """Nouns for the code that it checks out and the cache that it keeps. `packed`: a later step hands the whole folder
    on."""
    name, _, version = uses.partition("@")
    lowered = name.lower()
    inputs = step.get("with")
    if lowered == "actions/checkout":
        if packed is not False:
            comment = dependency.fields.get("comment")
            release = _release(version, comment if isinstance(comment, str) else "")
            # From version 6 on the token is put beside the folder, into the machine's own for temporary files.
            packed = packed if release and release < (6, 0) else False if release else _COMMIT
        resource.add_noun(_checkout(step, inputs, title, packed))
    elif lowered in CACHES:
        noun = _cache(step, inputs, lowered, version, title, releases)
        if noun:
            resource.add_noun(noun)
    if lowered == "actions/create-github-app-token":
        narrowed = isinstance(inputs, Map) and any(key.lower().startswith("permission-") for key in inputs)
        dependency.fields.put("blanket_token", not narrowed, dependency.fields.header)
    wanted = TOOLS.get(lowered)
    if wanted:
        key, value = next(((k, v) for k, v in (get_ci(inputs, name) for name in wanted) if k), ("", None))
        text = text_of(value)
        pin: str | Unknown = "none" if not text or text == "latest" else "version"
        if text and "${{" in text:
            pin = Unknown("it is worked out when the pipeline runs")
        place = inputs.spans[key] if key and isinstance(inputs, Map) else dependency.fields.header
        dependency.fields.put("tool_pin", pin, place)


def _checkout(step: Map, inputs: Value, title: str, packed: bool | Unknown) -> Noun:
    draft = Draft("checkout", step.header, step.span)
    key, value = get_ci(inputs, "persist-credentials")
    text = text_of(value)
    keeps: bool | Unknown = True
    if text is not None and "${{" in text:
        keeps = Unknown("persist-credentials is worked out when the pipeline runs")
    elif text is not None:
        keeps = text.strip().lower() != "false"
    draft.put("name", title)
    draft.put("system", PROVIDER)
    draft.put("keeps_credentials", keeps)
    draft.put("asked_to", bool(key) and keeps is True)
    draft.put("packed", packed)
    return draft.noun(title)


_MAJOR = lazy_regex(r"v(\d{1,4})(?:\.|\Z)")


def _cache(step: Map, inputs: Value, name: str, version: str, title: str, releases: bool) -> Noun | None:
    known = CACHES[name]
    tag = _MAJOR.match(version)
    asked = [text for text in (text_of(get_ci(inputs, word)[1]) for word in known.asks) if text]
    stop = text_of(get_ci(inputs, known.stops)[1]) if known.stops else None
    if known.needs and not get_ci(inputs, known.needs)[0]:
        return None
    if asked:
        unknown = any("${{" in text for text in asked)
        restores = any(text.strip().lower() != "false" for text in asked)
        by_default = False
        if unknown and known.stops not in known.asks:
            restores = False
    else:
        restores, by_default = known.unless and not (tag and int(tag[1]) < known.first), True
    if not asked and stop is not None:
        if stop.strip().lower() == known.off:
            restores = False
        elif stop and "${{" not in stop:
            by_default = False
    later = not restores and not asked and known.unless and stop is None
    if not restores and not later:
        return None
    draft = Draft("cache", step.spans["uses"], step.span)
    draft.put("name", title)
    draft.put("system", PROVIDER)
    draft.put("restores", restores)
    draft.put("later", later)
    draft.put("by_default", by_default)
    draft.put("releases", releases)
    return draft.noun(title)


def publishes(uses: str, inputs: Value) -> bool:
    """Whether an action puts out what a release consists of."""
    condition = PUBLISHERS.get(uses.partition("@")[0].lower())
    if condition is None:
        return False
    text = text_of(get_ci(inputs, condition)[1]) if condition else None
    return text is None or text.strip().lower() != "false"


def hands_folder_on(file: GithubFile, uses: str, inputs: Value, entry: Span) -> bool | Unknown:
    """Whether an action uploads the whole folder that code is checked out to, with the hidden `.git` in it. What makes
    artifacts for GitHub Pages leaves that out always."""
    name, _, version = uses.strip().partition("@")
    if name.lower() != "actions/upload-artifact":
        return False
    text = text_of(get_ci(inputs, "path")[1]) or ""
    if not any(_is_whole(line.strip()) for line in text.splitlines()):
        return False
    hidden = text_of(get_ci(inputs, "include-hidden-files")[1])
    if hidden is not None and "${{" in hidden:
        return Unknown("include-hidden-files is worked out when the pipeline runs")
    if hidden:
        return hidden.strip().lower() == "true"
    release = _release(version, _version_comment(file, entry))
    return release < (4, 4) if release else _COMMIT


def _release(version: str, comment: str) -> tuple[int, int] | None:
    """Major and minor version; of a major one alone its newest, which its tag stands for; None for a commit of which
    nobody says what it is."""
    pin = git_pin(version)
    found = _RELEASE.match((comment if pin == "digest" else version).rpartition("/")[2])
    if found:
        return int(found[1]), int(found[2]) if found[2] else _NEWEST
    return None if pin == "digest" else (_NEWEST, 0)


@lru_cache(maxsize=512)
def _is_whole(path: str) -> bool:
    return bool(_WHOLE_FOLDER.match(path))
