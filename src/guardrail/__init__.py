"""guardrail: policy-as-code compliance scanner for Terraform, Kubernetes and CI pipelines.

The public API is what `__all__` names:

    import guardrail
    result = guardrail.scan(["infra/"])
    for finding in result.failures: ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardrail._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardrail.errors import ConfigError, GuardrailError, InternalFault, RuleError, UsageError
    from guardrail.model import Evidence, Finding, Problem, Result, Span, Unknown
    from guardrail.policy.code import failed, passed, rule, undetermined

__all__ = [
    "ConfigError",
    "Evidence",
    "Finding",
    "GuardrailError",
    "InternalFault",
    "Problem",
    "Result",
    "RuleError",
    "Span",
    "Unknown",
    "UsageError",
    "__version__",
    "failed",
    "passed",
    "rule",
    "scan",
    "undetermined",
]


def scan(paths: Iterable[str], config: str | None = None) -> Result:
    """Judge files and folders by the rules that come with guardrail.

    `config` is the path of a guardrail.yaml to use instead of those that stand in the scanned tree. Raises
    UsageError, ConfigError or RuleError where the question is wrong; what is wrong with the scanned files is in the
    result's `problems`.
    """
    import os

    from guardrail.scanning import Request
    from guardrail.scanning import scan as run

    explicit = os.path.abspath(config) if config else None
    return run(Request(paths=tuple(os.fspath(path) for path in paths), config=explicit))


def __getattr__(name: str) -> Any:
    """Names of the API are imported when they are first asked for: `guardrail --version` needs none."""
    if name in ("failed", "passed", "rule", "undetermined"):
        from guardrail.policy import code

        return getattr(code, name)
    if name in __all__:
        from guardrail import errors, model

        return getattr(errors, name, None) or getattr(model, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
