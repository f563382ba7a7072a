#!/usr/bin/env python3
"""Write which resources of the smaller clouds take tags or labels, from their providers' documentation.

    python3 tools/cloud_tags.py FOLDER [--check]

FOLDER has a checkout of each provider's repository, or its folder of documentation alone, called PROVIDER@VERSION:
alicloud@1.289.0, oci@8.28.0, tencentcloud@1.83.25, yandex@0.222.0. For these no schemas are at hand, and a page for
each resource lists its arguments at the left margin, those of blocks further in or under headings of their own.

Written is src/guardrail/inputs/terraform/taggable_clouds.json; --check writes nothing and fails where it would change.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src/guardrail/inputs/terraform/taggable_clouds.json"
ATTRIBUTES = {"alicloud": "tags", "oci": "freeform_tags", "tencentcloud": "tags", "yandex": "labels"}
SECTION = re.compile(r"^## Arguments?\b.*?$(.*?)(?=^## |^### |^The `[^`]+` object supports|\Z)", re.M | re.S)


def takes(page: str, attribute: str) -> bool:
    """Whether the attribute is an argument of the resource itself, and a map."""
    section = SECTION.search(page)
    if section is None:
        return False
    for line in section.group(1).splitlines():
        found = re.match(rf"[*-] `{attribute}`[\s-]*((?:\([^)]*\)\s*)*)", line)
        if found and not re.search(r"Read-Only|\bList\b|\bSet\b|^\(Computed", found.group(1)):
            return True
    return False


def kinds(folder: Path, provider: str) -> list[str]:
    found = []
    for pattern in ("website/docs/r/*", "docs/resources/*"):
        for page in folder.glob(pattern):
            if page.is_file() and takes(page.read_text(encoding="utf-8"), ATTRIBUTES[provider]):
                found.append(f"{provider}_{page.name.partition('.')[0]}")
    return sorted(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    folders = sorted(options.folder.glob("*@*"))
    providers = {folder.name.partition("@")[0]: folder for folder in folders}
    if set(providers) != set(ATTRIBUTES):
        parser.error(f"wanted are folders for {', '.join(sorted(ATTRIBUTES))}")
    versions = ", ".join(folder.name.replace("@", " ") for folder in folders)
    data = {
        "_origin": f"Names of resources, from the documentation of {versions}. Made by tools/cloud_tags.py.",
        "providers": {name: {ATTRIBUTES[name]: kinds(providers[name], name)} for name in sorted(providers)},
    }
    text = json.dumps(data, indent=1, sort_keys=True) + "\n"
    if options.check:
        return int(not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != text)
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
