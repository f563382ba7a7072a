"""The command `guardrail`, and `python -m guardrail`."""

from __future__ import annotations

import sys


def main() -> None:
    if sys.argv[1:] == ["--version"]:  # asked by hooks and scripts all day long: not worth importing click
        from guardrail._version import __version__

        print(f"guardrail {__version__}")
        return
    from guardrail.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
