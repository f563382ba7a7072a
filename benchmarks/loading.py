"""What everybody pays before the first question: `python -m benchmarks.loading FOLDER` makes the same files as the
floor's into plain Python objects, with the libraries that are usual for it (PyYAML with libyaml, python-hcl2), and does
nothing else. What can't be loaded is passed over.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from benchmarks.floor import walk


def main(folder: str) -> None:
    paths = list(walk(folder))
    if any(path.endswith(".tf") for path in paths):
        import hcl2
        from lark.exceptions import UnexpectedInput

        for path in paths:
            if path.endswith(".tf"):
                with open(path, encoding="utf-8") as text, suppress(UnexpectedInput, UnicodeDecodeError):
                    hcl2.load(text)
    if any(path.endswith((".yaml", ".yml")) for path in paths):
        import yaml

        for path in paths:
            if path.endswith((".yaml", ".yml")):
                with open(path, "rb") as stream, suppress(yaml.YAMLError, UnicodeDecodeError):
                    for _ in yaml.load_all(stream, Loader=yaml.CSafeLoader):
                        pass


if __name__ == "__main__":
    main(sys.argv[1])
