"""What tells a file of Azure Pipelines, a pipeline or a template, from all other YAML."""

from __future__ import annotations

import re

from guardrail.model.patterns import lazy_regex

_FOLDER = lazy_regex(r"(?:^|/)\.?(?:azure-?pipelines|azuredevops|azdo|vsts|ado|pipelines)/", re.IGNORECASE)

_TOP_KEY = lazy_regex(rb"""^["']?([A-Za-z][A-Za-z0-9_-]*|\$\{\{[^\n]*?\}\})["']?[ \t]*:(?:[ \t]|\r?$)""", re.MULTILINE)
# Top-level keys of others who have steps, jobs, stages or variables too.
_FOREIGN = frozenset(
    (b"apiVersion", b"kind", b"on", b"pipelines", b"orbs", b"workflows", b"executors", b"commands", b"runs", b"openapi",
     b"swagger", b"version", b"services", b"hosts", b"tasks", b"include", b"image", b"before_script", b"script",
     b"language", b"inputs", b"AWSTemplateFormatVersion", b"substitutions", b"images", b"dependencies", b"when")
)  # fmt: skip
_CONTENT = frozenset((b"stages", b"jobs", b"steps", b"extends"))
_BESIDE = frozenset((b"trigger", b"pr", b"pool", b"schedules", b"resources", b"lockBehavior"))
# Items of lists of steps, jobs and stages as nobody else writes them.
_STEP = lazy_regex(
    rb"""^[ \t]*-[ \t]+(?:task:[ \t]*["']?[\w.-]+@\d|checkout:|(?:bash|pwsh|powershell|script):"""
    rb"""|getPackage:|reviewApp:|downloadBuild:|(?:publish|download):[ \t]"""
    rb"""|template:[ \t]*(?:\S+\.ya?ml|\$\{\{)"""
    rb"""|(?:stage|job|deployment):(?:[ \t]|\r?$)|\$\{\{[ \t]*(?:if|each|parameters|insert)\b)""",
    re.MULTILINE,
)
_JOB = lazy_regex(rb"""^[ \t]*-?[ \t]*(?:vmImage|displayName|timeoutInMinutes|dependsOn)[ \t]*:""", re.MULTILINE)
_VARIABLE = lazy_regex(rb"""^[ \t]*-[ \t]+(?:group:[ \t]|template:[ \t]*\S+\.ya?ml)|\$\{\{[^\n]*\}\}""", re.MULTILINE)


def is_azure(path: str, head: bytes) -> bool:
    """True for what holds stages, jobs or steps (a pipeline, a template of such) or a template of variables."""
    tops = {match.group(1) for match in _TOP_KEY.finditer(head)}
    if not tops.isdisjoint(_FOREIGN):
        return False
    if not tops.isdisjoint(_CONTENT):
        if b"extends" in tops and tops.isdisjoint((b"stages", b"jobs", b"steps")):
            return bool(_TEMPLATE_OF.search(head))
        return bool(_STEP.search(head)) and (
            not tops.isdisjoint(_BESIDE) or b"${{" in head or b"task:" in head or bool(_JOB.search(head))
            or bool(_FOLDER.search(path))
        )  # fmt: skip
    if b"variables" in tops and tops <= {b"variables", b"parameters"}:
        return bool(_VARIABLE.search(head)) or bool(_FOLDER.search(path))
    return False


_TEMPLATE_OF = lazy_regex(rb"""^[ \t]+template:[ \t]*\S""", re.MULTILINE)
