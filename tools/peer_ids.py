"""Remakes src/guardrail/policy/peers.json: the ids of other scanners' checks, so that a mistyped `replaces`
is found; and src/guardrail/exceptions/trivy_names.json: by what else people name Trivy's checks in comments.

Reads a folder of JSON files, one a scanner, each {"checks": [{"id": ..., "aliases": [...]}, ...]}:

    python tools/peer_ids.py FOLDER
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "src" / "guardrail"
TARGET = PACKAGE / "policy" / "peers.json"
NAMES = PACKAGE / "exceptions" / "trivy_names.json"

# Those that tell of which provider they are: `aws-s3-enable-versioning`, `KSV012`. Shorter ones mean several checks.
TELLING = re.compile(
    r"(?:aws|azure|cloudstack|digitalocean|docker|github|google|kubernetes|nifcloud|openstack|oracle)-|[A-Z]+[0-9]+\Z"
)

# What tfsec called them before Trivy did, as far as it can still be met with.
OLDER = {
    "AWS001": "AWS-0092", "AWS002": "AWS-0089", "AWS004": "AWS-0054", "AWS005": "AWS-0053", "AWS015": "AWS-0096",
    "AWS017": "AWS-0088", "AWS077": "AWS-0090", "AWS078": "AWS-0031", "AWS095": "AWS-0098", "AWS098": "AWS-0094",
    "AWS099": "AWS-0057", "AZU023": "AZU-0017", "aws-s3-enable-bucket-logging": "AWS-0089",
    "aws-rds-enable-performance-insights-encryption": "AWS-0078", "aws-api-gateway-enable-tracing": "AWS-0003",
    "aws-api-gateway-enable-access-logging": "AWS-0001",
}  # fmt: skip


def main(folder: str) -> None:
    peers = {
        path.stem: sorted({check["id"] for check in json.loads(path.read_text())["checks"]})
        for path in sorted(Path(folder).glob("*.json"))
    }
    origin = "Ids of the checks of other scanners, facts only; made by tools/peer_ids.py"
    TARGET.write_text(json.dumps({"origin": origin, "ids": peers}, indent=0, ensure_ascii=False) + "\n")
    print({name: len(ids) for name, ids in peers.items()})
    names = {name: [check] for name, check in OLDER.items()}
    for check in json.loads((Path(folder) / "trivy.json").read_text())["checks"]:
        for alias in check["aliases"]:
            if TELLING.match(alias):
                names.setdefault(alias, []).append(check["id"])
    told = {name: sorted(names[name]) for name in sorted(names)}
    origin = "Other names of Trivy's checks, facts only; made by tools/peer_ids.py"
    NAMES.write_text(json.dumps({"origin": origin, "names": told}, separators=(",", ":")).replace("],", "],\n") + "\n")
    print({"names of trivy's": len(names)})


if __name__ == "__main__":
    main(sys.argv[1])
