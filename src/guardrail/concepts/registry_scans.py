"""Which repositories of Amazon's registry are looked through for known holes by what is set for the whole registry.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-filters.html
"""

from __future__ import annotations

from guardrail.model import Map, Seq, Unknown, Value

_BY_ITSELF = ("SCAN_ON_PUSH", "CONTINUOUS_SCAN")


def scanned(rules: Value, repository: Value) -> bool | Unknown:
    """Whether one of the rules has images of the repository scanned when they are pushed."""
    found: bool | Unknown = False
    for rule in rules if isinstance(rules, Seq) else [rules]:
        said = _by_rule(rule, repository)
        if said is True:
            return True
        found = found or said
    return found


def _by_rule(rule: Value, repository: Value) -> bool | Unknown:
    if isinstance(rule, Unknown):
        return rule
    if not isinstance(rule, Map):
        return False
    frequency, filters = rule.get("scan_frequency"), rule.get("repository_filter")
    if not isinstance(frequency, Unknown) and frequency not in _BY_ITSELF:
        return False
    found: bool | Unknown = False
    for item in filters if isinstance(filters, Seq) else [filters]:
        said = _by_filter(item.get("filter") if isinstance(item, Map) else item, repository)
        if said is True:
            return frequency if isinstance(frequency, Unknown) else True
        found = found or said
    return found


def _by_filter(pattern: Value, repository: Value) -> bool | Unknown:
    """A filter without an asterisk holds for names that it is a part of."""
    if isinstance(pattern, Unknown):
        return pattern
    if not isinstance(pattern, str):
        return False
    if set(pattern) == {"*"}:
        return True
    if isinstance(repository, Unknown):
        return repository
    if not isinstance(repository, str):
        return False
    if "*" not in pattern:
        return pattern in repository
    first, *middle, last = pattern.split("*")
    if not repository.startswith(first):
        return False
    at = len(first)
    for part in middle:
        at = repository.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return repository.endswith(last) and at + len(last) <= len(repository)
