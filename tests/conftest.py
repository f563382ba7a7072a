"""What all tests share: a cache of their own, and the command line as a function."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Run
from hypothesis import settings

# A busy machine is no fault of an input's; `harness.ends` guards against hangs.
settings.register_profile("guardrail", deadline=None, print_blob=True)
settings.load_profile("guardrail")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests must not depend on, or leave anything in, the user's cache."""
    os.environ["GUARDRAIL_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ.pop("GUARDRAIL_DEBUG", None)


@pytest.fixture
def guardrail(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """`guardrail("scan", path)`: exit code and output of the command line, run in this process."""

    def run(*arguments: str | Path) -> Run:
        from guardrail.cli import run as run_cli

        capsys.readouterr()
        code = run_cli([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err)

    return run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write the golden outputs anew")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> None:
    """Packed bytes hold the time they were packed at, and processes that share the tests must agree
    on the name of every test: so they are named by hand."""
    if isinstance(val, bytes) and val.startswith(b"\x1f\x8b"):
        raise pytest.UsageError(f"{argname}: name these packed bytes with ids=")
