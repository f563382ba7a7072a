"""What tests of the command line share."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parent.parent
EXAMPLES = REPOSITORY / "examples"


class Run(NamedTuple):
    """What came of a run of the command line."""

    code: int
    out: str
    err: str
