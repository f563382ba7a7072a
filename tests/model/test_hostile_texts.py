"""No pattern of the package goes over the same characters in three ways at once: what it matches is hostile.

The patterns are looked at, not run. Three repetitions without bound that may share the characters between them, with
nothing in between that must be something else, take cubic time; the body of one that is repeated itself, exponential.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from harness import ends

import guardrail
from guardrail.concepts.cluster_pipelines.tekton_events import _HEADER
from guardrail.inputs.kubernetes.platform.argo import _PLACEHOLDER
from guardrail.model.patterns import _Pattern

try:
    from re import _constants as constants
    from re import _parser as parser
except ImportError:  # before Python 3.11
    import sre_constants as constants  # type: ignore[no-redef]
    import sre_parse as parser  # type: ignore[no-redef]

MOST = 2
_ASCII = [chr(code) for code in range(128)]
_CLASSES = {
    constants.CATEGORY_DIGIT: r"\d", constants.CATEGORY_NOT_DIGIT: r"\D", constants.CATEGORY_SPACE: r"\s",
    constants.CATEGORY_NOT_SPACE: r"\S", constants.CATEGORY_WORD: r"\w", constants.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip
_REPEATS = {constants.MAX_REPEAT, constants.MIN_REPEAT}
# Nothing has to come behind the repetitions, so that no other way to match them is ever tried.
_NEVER_FAIL = {"guardrail.formats.groovy_tokens._SKIP", "guardrail.inputs.pipelines.gitlab_jobs._DURATION"}
Ways = dict[frozenset[str], int]
"""Repetitions without bound that end here, by the characters that all of them may take."""


def _characters(op: Any, argument: Any) -> frozenset[str] | None:
    """What a node that is one character may be; None for any other."""
    if op is constants.LITERAL:
        return frozenset((chr(argument),))
    if op is constants.NOT_LITERAL:
        return frozenset(_ASCII) - {chr(argument)}
    if op is constants.ANY:
        return frozenset(_ASCII)
    if op is constants.CATEGORY:
        return frozenset(filter(re.compile(_CLASSES[argument], re.ASCII).match, _ASCII))
    if op is constants.RANGE:
        return frozenset(map(chr, range(argument[0], min(argument[1], 127) + 1)))
    if op is constants.IN:
        negated = argument[0][0] is constants.NEGATE
        found = frozenset[str]().union(*(_characters(*item) or () for item in argument[negated:]))
        return frozenset(_ASCII) - found if negated else found
    return None


def _sharing(ways: Ways, taken: frozenset[str]) -> Ways:
    return _joined(*({shared & taken: count} for shared, count in ways.items() if shared & taken))


def _joined(*several: Ways) -> Ways:
    made: Ways = {}
    for ways in several:
        for shared, count in ways.items():
            made[shared] = max(made.get(shared, 0), count)
    return made


def _after(nodes: Any, ways: Ways, worst: list[int]) -> Ways:
    for op, argument in nodes:
        taken = _characters(op, argument)
        if taken is not None:
            ways = _sharing(ways, taken)
        elif op in _REPEATS:
            low, high, body = argument
            taken = _characters(*body[0]) if len(body) == 1 else None
            if high != constants.MAXREPEAT:
                more = _after(body, ways, worst)
            elif taken is not None:
                more = {shared: count + 1 for shared, count in _joined(_sharing(ways, taken), {taken: 0}).items()}
                worst[0] = max(worst[0], *more.values())
            else:
                more = ways
                for _ in range(MOST + 1):
                    more = _joined(more, _after(body, more, worst))
            ways = more if low else _joined(ways, more)
        elif op is constants.SUBPATTERN:
            ways = _after(argument[-1], ways, worst)
        elif op is constants.BRANCH:
            ways = _joined(*(_after(branch, ways, worst) for branch in argument[1]))
    return ways


def repetitions(pattern: str | bytes, flags: int) -> int:
    worst = [0]
    _after(parser.parse(pattern, flags), {}, worst)
    return worst[0]


def _patterns() -> Iterator[tuple[str, Any]]:
    for module in pkgutil.walk_packages(guardrail.__path__, "guardrail."):
        if module.name.endswith("__main__") or "checkov" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, (_Pattern, re.Pattern)):
                yield f"{module.name}.{name}", value


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("a", 0), ("a*", 1), (r"\d+[a-z]+", 1), (r"\w+\d+", 2), (r"\w+ \w+ \w+", 1), (r"\s*,?\s*", 2),
        (r"\s*,?\s*\[?\s*", 3), (r"\s*(.*?)\s*", 3), (r"\w+(?:\.\w+)*", 1), ("(?:a+)+", 3), (r"(?:\w+\s?)*", 3),
        ("a{1,9}a*", 1), ("(?:a|b+)*", 3), (r"(?:ab*)*", 1),
    ],
)  # fmt: skip
def test_repetitions_are_counted(pattern: str, count: int) -> None:
    assert repetitions(pattern, 0) == count


def test_no_pattern_is_cubic() -> None:
    found = dict(_patterns())
    assert len(found) > 400
    bad = {name for name, value in found.items() if repetitions(value.pattern, value.flags) > MOST}
    assert bad == _NEVER_FAIL


@pytest.mark.parametrize(
    "text", ["{{" + " " * 20_000, "{{ a" * 20_000, "{{" * 50_000, "{{" + " -" * 20_000, "{{" + "}" + " " * 50_000]
)
def test_placeholders_of_argo(text: str) -> None:
    with ends():
        assert _PLACEHOLDER.search(text) is None


def test_headers_of_interceptors() -> None:
    with ends():
        assert _HEADER.findall("header['X-GitHub-Event']" + " " * 50_000) == []
    for said in ("header.match('X-GitHub-Event', 'push')", "header.canonical('X-GitHub-Event') == 'push'",
                 "header['X-GitHub-Event'] in ['push', 'x']", "header['X-GitHub-Event'] in['push']"):  # fmt: skip
        assert _HEADER.findall(said) == ["push"], said
