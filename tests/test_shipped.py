"""The shipped folders are found in a checkout and in a wheel, and their lack is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from guardrail import shipped
from guardrail.errors import InternalFault


def install(monkeypatch: pytest.MonkeyPatch, package: Path) -> None:
    package.mkdir(parents=True)
    monkeypatch.setattr(shipped, "_PACKAGE", str(package))


def test_checkout_has_both() -> None:
    for name in shipped.NAMES:
        found = shipped.folder(name)
        assert os.path.isabs(found)
        assert os.path.isdir(found)
        assert os.path.basename(found) == name


def test_wheel_goes_before_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "src" / "guardrail"
    install(monkeypatch, package)
    beside = tmp_path / "rules"
    beside.mkdir()
    assert shipped.folder("rules") == str(beside)
    inside = package / "_shipped" / "rules"
    inside.mkdir(parents=True)
    assert shipped.folder("rules") == str(inside)


def test_missing_names_both_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "lib" / "guardrail"
    install(monkeypatch, package)
    with pytest.raises(InternalFault) as raised:
        shipped.folder("reports")
    assert str(package / "_shipped" / "reports") in str(raised.value)
    assert str(tmp_path / "reports") in str(raised.value)


def test_only_shipped_names() -> None:
    with pytest.raises(InternalFault, match=r"no folder '\.\./etc'"):
        shipped.folder("../etc")
