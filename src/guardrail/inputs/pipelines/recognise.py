"""Which CI system a file belongs to, by its bytes and its name; cheap, because every YAML file is asked."""

from __future__ import annotations

import re

from guardrail.formats.text import with_newlines
from guardrail.model.patterns import lazy_regex

WORKFLOW_PATH = lazy_regex(r"(?:^|/)\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml\Z")
AZURE_PATH = lazy_regex(r"(?:^|/)\.?(?:[^/]*[.-])?azure-pipelines?(?:[.-][^/]*)?\.ya?ml\Z", re.IGNORECASE)
# What such a path has in lower case, its pattern, the system: most paths have none of the former, and cost no search.
_PATHS = (
    ("/workflows/", WORKFLOW_PATH, "github-actions"),
    ("dependabot", lazy_regex(r"(?:^|/)\.github/dependabot\.ya?ml\Z"), "dependabot"),
    ("pre-commit", lazy_regex(r"(?:^|/)\.pre-commit-config\.ya?ml\Z"), "pre-commit"),
    ("gitlab-ci", lazy_regex(r"(?:^|/)(?:[^/]*\.)?gitlab-ci\.ya?ml\Z"), "gitlab-ci"),
    ("azure", AZURE_PATH, "azure-pipelines"),
    ("circleci", lazy_regex(r"(?:^|/)\.circleci/config\.ya?ml\Z"), "circleci"),
    ("bitbucket", lazy_regex(r"(?:^|/)[^/]*bitbucket-pipelines[^/]*\.ya?ml\Z"), "bitbucket-pipelines"),
)
_JENKINS_PATH = lazy_regex(r"(?:^|/)(?:Jenkinsfile(?:[-._][^/]*)?|[^/]+\.[jJ]enkinsfile)\Z")
_NOT_GROOVY = lazy_regex(r"(?:\.(?:md|txt|ya?ml|json|xml|j2|erb|tpl|tmpl|template|jinja2?|sh|py|orig|rej|swp)|~)\Z")
_GROOVY_PATH = lazy_regex(r"(?:^|/)[^/]*jenkins[^/]*/(?:[^/]+/)*[^/]+\.groovy\Z", re.IGNORECASE)
_LIBRARY_PATH = lazy_regex(r"(?:^|/)(?:vars|src)/")  # of shared libraries, whose functions are no pipelines
_PIPELINE_BLOCK = lazy_regex(rb"^pipeline[ \t]*\{", re.MULTILINE)
_PIPELINE_PARTS = lazy_regex(rb"^[ \t]+(?:agent|stages)\b", re.MULTILINE)
_YAML_NAME = lazy_regex(r"(?:(?:^|/)[^/.]*|\.ya?ml)\Z", re.IGNORECASE)  # or no extension at all: standard input

_ON = lazy_regex(rb"""^(?:on|"on"|'on'|true)[ \t]*:""", re.MULTILINE)
_JOBS = lazy_regex(rb"""^(?:jobs|"jobs"|'jobs')[ \t]*:""", re.MULTILINE)
_JOB_BODY = lazy_regex(rb"""^[ \t]+(?:- )?(?:runs-on|uses|steps|"runs-on"|"uses")[ \t]*:""", re.MULTILINE)
_RUNS_USING = lazy_regex(
    rb"""^runs[ \t]*:[ \t]*(?:#[^\n]*)?\r?\n(?:(?:[ \t][^\n]*|[ \t]*|#[^\n]*)\n){0,200}?[ \t]+["']?using["']?[ \t]*:""",
    re.MULTILINE,
)
_RUNS_INLINE = lazy_regex(rb"""^runs[ \t]*:[ \t]*\{[^\n]*\busing\b""", re.MULTILINE)

_TOP_KEY = lazy_regex(rb"""(["']?)([^\s#'"\-\[{%&*!|>][^:'"\n]*)\1[ \t]*:(?:[ \t]|\Z)""")
_CHILD_KEY = lazy_regex(rb"""([ \t]+)["']?([A-Za-z_]+)["']?[ \t]*:(?:[ \t]|\Z)""")
_GITLAB_GLOBAL = frozenset((b"stages", b"include", b"default", b"workflow", b"before_script", b"after_script"))
_GITLAB_JOB_ONLY = frozenset((b"stage", b"before_script", b"after_script", b"artifacts", b"rules", b"only", b"needs"))
# Top-level keys that say that a file is something else: Kubernetes, OpenAPI, other CI systems, Ansible, Helm's own.
_FOREIGN = frozenset(
    (b"apiVersion", b"kind", b"openapi", b"swagger", b"asyncapi", b"jobs", b"on", b"pipelines", b"pool", b"steps",
     b"trigger", b"language", b"hosts", b"tasks", b"orbs", b"workflows", b"replicaCount", b"AWSTemplateFormatVersion",
     b"Resources", b"site_name", b"repos", b"script", b"resources", b"phases", b"updates")
)  # fmt: skip
_CIRCLECI_HINT = lazy_regex(rb"""^["']?(?:jobs|workflows|orbs|commands|executors|setup)["']?[ \t]*:""", re.MULTILINE)
# From the end of the line before: a literal to begin with makes it three times as quick as `^`.
_AZURE_HINT = lazy_regex(rb"""\n["']?(?:steps|jobs|stages|variables|extends)["']?[ \t]*:""")
_TEMPLATE = lazy_regex(rb"^[ \t]*%\{", re.MULTILINE)  # Terraform's directives: a pipeline is yet to be made of it
MAX_LINES = 3000


def recognise(path: str, head: bytes) -> str | None:
    """`github-actions`, `gitlab-ci`, or None for what is no pipeline. `head` is the file's beginning (64 KiB
    will do). What stands where a system looks for its pipelines is claimed whatever it holds, so that a
    broken one is reported and not passed over."""
    lowered = path.lower()
    for mark, pattern, system in _PATHS:
        if mark in lowered and pattern.search(path):
            return system
    if "jenkins" in lowered and _JENKINS_PATH.search(path):
        return None if _NOT_GROOVY.search(path) else "jenkins"
    head = with_newlines(head)
    if lowered.endswith(".groovy"):
        is_pipeline = _PIPELINE_BLOCK.search(head) and not _LIBRARY_PATH.search(path)
        return "jenkins" if is_pipeline and (_GROOVY_PATH.search(path) or _PIPELINE_PARTS.search(head)) else None
    if not _YAML_NAME.search(path) or (b"%{" in head and _TEMPLATE.search(head)):
        return None
    if head.startswith(b"\xef\xbb\xbf"):
        head = head[3:]
    if b"jobs" in head and _ON.search(head) and _JOBS.search(head) and _JOB_BODY.search(head):
        return "github-actions"
    if b"using" in head and (_RUNS_USING.search(head) or _RUNS_INLINE.search(head)):
        return "github-actions"
    if b"script" in head and _is_gitlab(head):
        return "gitlab-ci"
    if b"version" in head and _CIRCLECI_HINT.search(head):
        from guardrail.inputs.pipelines.circleci_marks import is_circleci

        if is_circleci(head):
            return "circleci"
    if _AZURE_HINT.search(b"\n" + head):
        from guardrail.inputs.pipelines.azure_marks import is_azure

        if is_azure(path, head):
            return "azure-pipelines"
    return None


def _is_gitlab(head: bytes) -> bool:
    """True for jobs at the top level: keys with `script` directly below them, beside something that only
    GitLab has."""
    tops: set[bytes] = set()
    indent = b""
    scripts = False
    marks = b"$[[ inputs." in head or b"$[[inputs." in head
    for line in head.split(b"\n")[:MAX_LINES]:
        line = line.rstrip()
        if not line or line.lstrip()[:1] == b"#":
            continue
        if line[:1] not in (b" ", b"\t"):
            top = _TOP_KEY.match(line + b" ")
            if not top:
                if line.startswith((b"---", b"...", b"}", b"]")) or not line.startswith((b"- ", b"-")):
                    indent = b""
                    continue
                if not tops:  # a list at the top: Ansible, a list of anything
                    return False
                continue
            key = top.group(2).rstrip()
            if key in _FOREIGN:
                return False
            tops.add(key)
            if key == b"image" and line.rstrip()[-1:] != b":":  # a mapping is as likely Helm's
                marks = True
            indent = b""
            continue
        child = _CHILD_KEY.match(line + b" ")
        if not tops or not child:
            if not indent and tops:
                indent = line[: len(line) - len(line.lstrip())]
            continue
        if not indent:
            indent = child.group(1)
        if child.group(1) != indent:
            continue
        if child.group(2) == b"script":
            scripts = True
        elif child.group(2) in _GITLAB_JOB_ONLY:
            marks = True
    return scripts and (marks or bool(tops & _GITLAB_GLOBAL))
