"""Remakes src/guardrail/policy/peers.json: the ids of other scanners' checks, so that a mistyped `replaces`
is found.

Reads a folder of JSON files, one a scanner, each {"checks": [{"id": ...}, ...]}:

    python tools/peer_ids.py FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src" / "guardrail" / "policy" / "peers.json"


def main(folder: str) -> None:
    peers = {
        path.stem: sorted({check["id"] for check in json.loads(path.read_text())["checks"]})
        for path in sorted(Path(folder).glob("*.json"))
    }
    origin = "Ids of the checks of other scanners, facts only; made by tools/peer_ids.py"
    TARGET.write_text(json.dumps({"origin": origin, "ids": peers}, indent=0, ensure_ascii=False) + "\n")
    print({name: len(ids) for name, ids in peers.items()})


if __name__ == "__main__":
    main(sys.argv[1])
