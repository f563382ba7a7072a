"""Records of Checkov -> findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from guardrail.config import RuleSetting
from guardrail.config.peer_files import reason_of
from guardrail.model import Finding, RuleCard, Span, Suppression
from guardrail.policy.findings import fingerprint_of
from guardrail.policy.rule import Rule
from guardrail.scanners.checkov import Said, name_of
from guardrail.tree import Tree

_CATEGORY = "security"


class Judgement(NamedTuple):
    """`files`: those that Checkov made sense of. `passed`: check -> kind -> passes. `cards`: what reports need to know
    of the checks."""

    findings: list[Finding]
    files: set[str]
    passed: dict[str, dict[str, int]]
    cards: dict[str, RuleCard]


class _About(NamedTuple):
    """What guardrail says of a check: as the rule has it that stands in for it where guardrail reads the files."""

    severity: str
    category: str
    frameworks: dict[str, list[str]]


def findings_of(
    said: Said,
    tree: Tree,
    rules: Iterable[Rule],
    setting_of: Callable[[str, str, str], RuleSetting],
    severity: str,
    peer_ignores: bool,
) -> Judgement:
    """`setting_of(check, category, file)`: how guardrail.yaml wants a check in a file. `severity`: of a check for which
    no rule stands in. `peer_ignores`: whether comments in Checkov's own words count."""
    known = _known(rules)
    found = Judgement([], set(), {}, {})
    for framework, record in said.records.items():
        for failed, records in ((True, record["failed"]), (False, record["skipped"])):
            for item in records:
                about = known.get(item["id"], _About(severity, _CATEGORY, {}))
                made = _finding(item, framework, about, tree)
                found.files.add(made.span.file)
                setting = setting_of(made.rule, about.category, made.span.file)
                if not setting.enabled:
                    continue
                if not failed and peer_ignores:
                    words = reason_of(f"checkov:skip={made.rule}", item["reason"])
                    made = made._replace(suppression=Suppression("inline", words))
                wanted = setting.severity or made.severity
                found.findings.append(
                    made._replace(severity=wanted, enforce=setting.enforce, effective=setting.effective)
                )
                found.cards[made.rule] = _card(made)
        for check, path, resource in record["passed"]:
            found.files.add(name_of(tree, path))
            counts = found.passed.setdefault(check, {})
            kind = _kind(resource, framework)
            counts[kind] = counts.get(kind, 0) + 1
    return found


def _known(rules: Iterable[Rule]) -> dict[str, _About]:
    known: dict[str, _About] = {}
    for rule in rules:
        for check in (rule.data.get("replaces") or {}).get("checkov", ()):
            known.setdefault(check, _About(rule.severity, rule.category, rule.data.get("frameworks") or {}))
    return known


def _finding(item: Mapping[str, Any], framework: str, about: _About, tree: Tree) -> Finding:
    check, file = str(item["id"]), name_of(tree, item["path"])
    first, last = max(0, int(item["first"])), max(0, int(item["last"]))
    local = _local(str(item["resource"]), item["path"])
    resource = f"{file}#{local}" if local else file
    title = str(item["name"])
    return Finding(
        rule=check,
        title=title,
        severity=about.severity,
        category=about.category,
        verdict="fail",
        resource=resource,
        instances=(resource,),
        kind=_kind(str(item["resource"]), framework),
        platform=framework,
        provider="",
        span=Span(file, first, 1 if first else 0, last, 1 if last else 0),
        message=f"{local}: {title}" if local else title,
        remedy="",
        evidence=(),
        replaces={"checkov": [check]},
        frameworks=about.frameworks,
        fingerprint=fingerprint_of("\0".join((check, framework, file, resource))),
    )


def _card(finding: Finding) -> RuleCard:
    return RuleCard(
        finding.rule, finding.title, finding.severity, finding.category, "", "", (finding.platform,),
        finding.replaces, finding.frameworks,
    )  # fmt: skip


def _local(resource: str, path: str) -> str:
    """What of the file is meant: Checkov says `AWS::S3::Bucket.Logs`, and of a container file its absolute path with
    the instruction behind it, if it means one."""
    return resource.partition(path)[2].strip("./") if path in resource else resource


def _kind(resource: str, framework: str) -> str:
    """`AWS::S3::Bucket`, `FROM`: what of the file is meant; the framework where that is not said."""
    if "/" in resource and framework == "dockerfile":
        return resource.rpartition(".")[2] or framework
    kind = resource.rpartition(".")[0]
    return kind if kind and len(kind) < 100 else framework
