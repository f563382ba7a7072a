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
from guardrail.conditions.repetitions import MOST, repetitions
from guardrail.inputs.kubernetes.platform.argo import _PLACEHOLDER
from guardrail.model.patterns import _Pattern

# Nothing has to come behind the repetitions, so that no other way to match them is ever tried.
_NEVER_FAIL = {"guardrail.formats.groovy_tokens._SKIP", "guardrail.inputs.pipelines.gitlab_jobs._DURATION"}


def _patterns() -> Iterator[tuple[str, Any]]:
    for module in pkgutil.walk_packages(guardrail.__path__, "guardrail."):
        if module.name.endswith("__main__") or "checkov" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, (_Pattern, re.Pattern)):
                yield f"{module.name}.{name}", value


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
