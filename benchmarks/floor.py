"""The least that reading an input can cost: `python -m benchmarks.floor FOLDER` reads the same bytes and parses them
with the same parsers (tree-sitter, libyaml's events), and does nothing else. What is no YAML (a chart's template) is
read up to where it isn't.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress

PASSED_OVER = frozenset((".git", ".terraform", "node_modules"))


def walk(folder: str) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in PASSED_OVER)
        for name in sorted(names):
            yield os.path.join(place, name)


def main(folder: str) -> None:
    paths = list(walk(folder))
    if any(path.endswith((".tf", ".tfvars")) for path in paths):
        import tree_sitter_hcl
        from tree_sitter import Language, Parser

        parser = Parser(Language(tree_sitter_hcl.language()))
        for path in paths:
            if path.endswith((".tf", ".tfvars")):
                with open(path, "rb") as stream:
                    parser.parse(stream.read())
    if any(path.endswith((".yaml", ".yml")) for path in paths):
        from yaml._yaml import CParser
        from yaml.error import YAMLError

        for path in paths:
            if path.endswith((".yaml", ".yml")):
                with open(path, "rb") as stream:
                    data = stream.read()
                with suppress(YAMLError, UnicodeDecodeError):
                    events = CParser(data)
                    while events.check_event():
                        events.get_event()


if __name__ == "__main__":
    main(sys.argv[1])
