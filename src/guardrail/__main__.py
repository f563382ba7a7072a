"""The command `guardrail`, and `python -m guardrail`."""

from __future__ import annotations

import sys


def main() -> None:
    if sys.argv[1:] == ["--version"]:  # asked by hooks and scripts all day long: not worth importing click
        from guardrail._version import __version__

        print(f"guardrail {__version__}")
        return
    import gc

    from guardrail.cli import run

    # What a scan builds lives until its group is judged, and looking through it again and again finds nothing: a tenth
    # to a quarter of a scan's time (3 MB of manifests: 4.7 s of CPU with, 3.6 s without). The scan itself has what a
    # group leaves behind collected before the next one, so that memory stays that of the largest group.
    gc.disable()
    code = run(sys.argv[1:])
    gc.freeze()  # else the interpreter collects on its way out after all: 8 ms of a hook's 87
    sys.exit(code)


if __name__ == "__main__":
    main()
