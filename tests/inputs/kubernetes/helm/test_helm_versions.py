from __future__ import annotations

import pytest

from guardrail.inputs.kubernetes.helm.versions import satisfies


@pytest.mark.parametrize(
    ("version", "constraint"),
    [
        ("2.31.4", "2.x.x"), ("2.31.4", "^2.0.0"), ("1.42.3", "1.42.*"), ("1.2.9", "~1.2.3"), ("1.3.0", ">=1.2, <2"),
        ("1.3.0", ">= 1.2 < 2"), ("1.5.0", "1.2 - 1.6"), ("1.5.0", ""), ("5.0.0", "1 || 5"), ("1.2.3", "1.2"),
        ("v1.2.3", "1.2.3"), ("0.2.9", "^0.2.3"), ("0.0.3", "^0.0.3"), ("1.2.3-rc.1", "1.2.3-rc.1"), ("1.0.0", "!=1.1"),
    ],
)  # fmt: skip
def test_satisfied(version: str, constraint: str) -> None:
    assert satisfies(version, constraint)


@pytest.mark.parametrize(
    ("version", "constraint"),
    [
        ("3.0.0", "^2.0.0"), ("0.3.1", "^0.2.0"), ("0.0.4", "^0.0.3"), ("1.3.0", "~1.2.3"), ("1.3.0", ">1.2 <1.3"),
        ("1.0.0-beta", "*"), ("1.7.0", "1.2 - 1.6"), ("1.2.3", "nonsense"), ("latest", "*"), ("", ""),
        ("1.1.9", "!=1.1"),
    ],
)  # fmt: skip
def test_not_satisfied(version: str, constraint: str) -> None:
    assert not satisfies(version, constraint)
