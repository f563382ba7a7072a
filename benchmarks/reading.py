"""Reading alone: `python -m benchmarks.reading FOLDER` finds the files and makes resources of them, as a scan does
before it judges, and prints how many there are."""

from __future__ import annotations

import gc
import sys

from guardrail.inputs.table import BY_NAME, load
from guardrail.scanning import Request, prepare


def main(folder: str) -> None:
    plan = prepare(Request((folder,)))
    count = 0
    for group in plan.groups:
        reading = load(BY_NAME[group.reader])(group.files, plan.task.tree, plan.task.options)
        plan.task.tree.forget(group.files)
        count += sum(1 for resource in reading.resources if resource.mode != "config")
    print(count)


if __name__ == "__main__":
    gc.disable()  # as a scan does, which collects between groups
    main(sys.argv[1])
