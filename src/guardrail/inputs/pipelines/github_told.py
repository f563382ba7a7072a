"""What outsiders wrote as GitHub's API and git tell it, to commands of a shell and to Octokit: titles, bodies, names of
branches and files, messages of commits."""

from __future__ import annotations

from guardrail.model.patterns import lazy_regex

_GH = lazy_regex(r"\bgh\s+(?P<what>pr|issue)\s+(?:view|list|status)(?P<rest>\s[^\n]*)")
_GH_FILES = lazy_regex(r"\bgh\s+pr\s+diff\s[^\n]*--name-only\b")
_GH_API = lazy_regex(r"\bgh\s+api\s[^\n]*\b(?:pulls|issues|commits)\b")
_GIT_FILES = lazy_regex(r"\bgit\s[^\n|;&]{0,200}?\bdiff(?:-tree)?\s[^\n|;&]{0,300}--name-(?:only|status)\b")
_GIT_MESSAGE = lazy_regex(
    r"\bgit\s[^\n|;&]{0,200}?\b(?:log|show)\s[^\n|;&]{0,300}(?:--(?:pretty|format)[=\s][\"']?(?:\w+:)?[^\s)`]{0,80}%(?:s|b|B|an|cn|f)|--oneline)"
)
_ASKED = lazy_regex(r"\s--json[\s=]+[\"']?([\w,]+)")
_QUERY = lazy_regex(
    r"(?:\s(?:--jq|-q)[\s=]*|\|\s*jq\s+(?:-\w+\s+)*)(?:'(?P<single>[^']*)'|\"(?P<double>(?:\\.|[^\"\\])*)\"|(?P<bare>[^\s)|]+))"
)
_WORDS_OF = {
    "pr": frozenset(("title", "body", "headRefName", "comments", "reviews", "latestReviews", "files", "commits")),
    "issue": frozenset(("title", "body", "comments")),
}
_FIELD = lazy_regex(r"\.[A-Za-z_]\w*")
_WORDS = lazy_regex(
    r"\.(?:title|body|headRefName|filename|path|messageHeadline|messageBody|head\.(?:ref|label)|commit\.message)\b"
)
_CHOOSES = lazy_regex(r"\bselect\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
_ASKS = lazy_regex(r"\b(?:length|test|contains|inside|startswith|endswith|any|all|index|has)\b|[=!<>]=|\s[<>]\s")


def told_by_command(text: str, changes: bool) -> str:
    """What of outsiders' a command puts out, in words; "" where it is nothing, or not known to be. `changes`: what it
    finds in the folder may be a pull request's."""
    if "gh " in text:
        match = _GH.search(text)
        if match:
            return _told_by_gh(match["what"], match["rest"])
        if _GH_FILES.search(text):
            return "names of files that gh tells"
        if _GH_API.search(text):
            query = _query(text)
            return "what gh tells of it" if query is not None and _gives_words(query) else ""
    if changes and "git " in text:
        if _GIT_FILES.search(text):
            return "names of changed files (git diff)"
        if _GIT_MESSAGE.search(text):
            return "messages of commits (git log)"
    return ""


def _told_by_gh(what: str, rest: str) -> str:
    asked = _ASKED.search(rest)
    if asked is None:
        return ""
    fields = [field for field in asked[1].split(",") if field in _WORDS_OF[what]]
    query = _query(rest)
    if not fields or (len(fields) < len(asked[1].split(",")) if query is None else not _gives_words(query)):
        return ""
    return f"what gh tells of the {'pull request' if what == 'pr' else 'issue'} ({', '.join(fields)})"


def _query(text: str) -> str | None:
    queries = [match["single"] or match["double"] or match["bare"] or "" for match in _QUERY.finditer(text)]
    return queries[-1] if queries else None


def _gives_words(query: str) -> bool:
    """Whether what a filter of jq's ends with are words, and not a number of theirs or what they are compared with."""
    for part in reversed(_CHOOSES.sub("", query).split("|")):
        if _ASKS.search(part):
            return False
        if _FIELD.search(part):
            return bool(_WORDS.search(part))
    return False


# Methods of Octokit, and what of their answers' data outsiders write, as paths in lower case.
_PULL = ("title", "body", "head.ref", "head.label")
_ISSUE = ("title", "body")
_TOLD_BY = {
    "pulls.get": _PULL, "pulls.list": _PULL, "issues.get": _ISSUE, "issues.listforrepo": _ISSUE,
    "issues.getcomment": ("body",), "issues.listcomments": ("body",), "pulls.getreview": ("body",),
    "pulls.listreviews": ("body",), "pulls.getreviewcomment": ("body",), "pulls.listfiles": ("filename",),
    "pulls.listcommits": ("commit.message",), "repos.listpullrequestsassociatedwithcommit": _PULL,
    "search.issuesandpullrequests": _ISSUE,
}  # fmt: skip


def told_by_api(method: str, path: str) -> str:
    """The same of what stands at a path in the data that a method of Octokit answers with."""
    wanted = path.lower()
    return f"{path} of {method}" if wanted in _TOLD_BY.get(method.lower(), ()) else ""
