"""`python -m benchmarks.many_rules NUMBER FOLDER ARGUMENT...`: guardrail with NUMBER rules, which are made in FOLDER.

The first hundred are some that come with it, evenly taken; the others are copies of those on other clouds' kinds than
the inputs have, so that they have nothing to say there.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from guardrail.__main__ import command
from guardrail.policy import assembly
from guardrail.policy.loading import rule_files
from guardrail.shipped import folder

TAKEN = 100
_ELSEWHERE = re.compile(r"azurerm_|google_")


def make(number: int, place: Path) -> Path:
    """A folder of rules, in `place`."""
    made = place / str(number)
    if made.exists():
        return made
    files = [Path(path) for path in rule_files(folder("rules"))]
    texts = [(path, path.read_text(encoding="utf-8")) for path in files]
    alone = [(path, text) for path, text in texts if "yields_to:" not in text and "aliases:" not in text]
    taken = alone[:: max(1, len(alone) // TAKEN)][:TAKEN]
    silent = [(path, text) for path, text in alone if all(map(_ELSEWHERE.match, re.findall(r"- on: (.*)", text)))]
    for index in range(number):
        path, text = taken[index] if index < TAKEN else silent[index % len(silent)]
        name = path.stem
        if index >= TAKEN:
            name = f"{path.stem}-{index}"
            text = re.sub(rf"^id: {path.stem}$", f"id: {name}", text, count=1, flags=re.M)
        target = made / path.parent.name / f"{name}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return made


def own(name: str) -> str:
    return str(RULES) if name == "rules" else folder(name)


if __name__ == "__main__":
    RULES = make(int(sys.argv[1]), Path(sys.argv[2]))
    assembly.folder = own  # type: ignore[attr-defined]
    sys.argv = ["guardrail", *sys.argv[3:]]
    command()
