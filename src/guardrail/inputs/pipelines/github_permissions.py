"""What a workflow's or a job's token may do."""

from __future__ import annotations

from guardrail.inputs.pipelines.github_file import GithubFile
from guardrail.inputs.pipelines.vocabulary import Draft, text_of
from guardrail.model import Map, Noun, Seq
from guardrail.model.patterns import lazy_regex

_DIRECTIVE = lazy_regex(r"#+\s*(?:[a-z-]+:|\Z)")


def permissions_of(draft: Draft, file: GithubFile, *holders: Map) -> None:
    """The first of the holders that says something about the token's permissions."""
    for holder in holders:
        declared = holder.get("permissions")
        if isinstance(declared, (Map, str)):
            draft.take("permissions", holder, "permissions")
            return
        if declared is not None and holder is holders[0]:
            what = "`permissions` is neither a mapping nor read-all or write-all"
            file.problem("malformed", what, holder.place("permissions"))


def token_scopes(draft: Draft, file: GithubFile, holder: Map) -> None:
    """What the holder's own `permissions` name, one by one. A comment behind an entry, or above it, says what for."""
    declared = holder.get("permissions")
    if not isinstance(declared, Map):
        return
    items = Seq(holder.spans["permissions"], holder.place("permissions"))
    for scope in declared:
        level = text_of(declared[scope])
        span = declared.spans[scope]
        if level is None:
            continue
        item = Map(span)
        item.put("scope", scope, span)
        item.put("level", level, span)
        behind = file.source.line(span.end_line)[span.end_column - 1 :]
        item.put("documented", _tells(behind) or _tells(file.source.line(span.line - 1)), span)
        items.add(item, span)
    draft.put("token_scopes", items, items.header)


def _tells(text: str) -> bool:
    """Whether a comment is for readers, and not for a tool."""
    text = text.strip()
    return text.startswith("#") and not _DIRECTIVE.match(text)


def token_grant(holder: Map, name: str) -> Noun:
    """What the job's or the workflow's own `permissions` let its token do."""
    declared = holder["permissions"]
    header = holder.place("permissions")
    draft = Draft("grant", header, holder.spans["permissions"])
    actions = Seq(holder.spans["permissions"], header)
    if isinstance(declared, Map):
        for scope in declared:
            level = text_of(declared[scope])
            if level and level != "none":
                actions.add(f"{scope}:{level}", declared.spans[scope])
    elif declared == "write-all":
        actions.add("*", header)
    elif isinstance(declared, str):
        actions.add("*:read" if declared == "read-all" else declared, header)
    draft.put("effect", "allow")
    draft.put("class", "token")
    draft.put("actions", actions, header)
    draft.put("conditions", False)
    draft.put("anyone", False)
    draft.put("all_actions", declared == "write-all")
    draft.put("all_resources", False)
    draft.put("service_wildcard", False)
    return draft.noun(name, "token")


def may_identify(*holders: Map) -> bool:
    """Whether the token can be turned into an identity (`id-token: write`), by the first of the holders that says."""
    declared = next((h["permissions"] for h in holders if isinstance(h.get("permissions"), (Map, str))), None)
    return declared == "write-all" or (isinstance(declared, Map) and declared.get("id-token") == "write")
