"""Charts to read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from helm_charts import FIXTURES, Charts

from guardrail.inputs.reader import Reading


@pytest.fixture
def charts(tmp_path: Path) -> Callable[..., Charts]:
    def make(files: dict[str, str | bytes]) -> Charts:
        made = Charts(tmp_path)
        made.write(files)
        return made

    return make


@pytest.fixture(scope="session")
def web() -> Reading:
    return Charts(FIXTURES / "web").read()
