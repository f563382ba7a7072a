"""Which files have been saved since."""

from __future__ import annotations

import os
from pathlib import Path

from guardrail.kit.watching import changes


def test_all_at_first_then_what_was_saved_or_is_new(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("1.yaml", "2.yaml", "3.yaml"))
    one.write_text("a")
    two.write_text("a")
    steps = iter([
        lambda: None,
        lambda: two.write_text("ab"),
        lambda: three.write_text("a"),
        lambda: one.unlink(),
        lambda: one.write_text("back"),
        lambda: os.utime(two, ns=(5, 5)),
    ])  # fmt: skip
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        next(steps)()

    seen = changes(lambda: [str(one), str(two), str(three)], wait)
    assert [next(seen) for _ in range(5)] == [
        [str(one), str(two)], [str(two)], [str(three)], [str(one)], [str(two)],
    ]  # fmt: skip
    assert len(waited) == 6
