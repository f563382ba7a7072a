"""The command `guardrail`, and `python -m guardrail`."""

from __future__ import annotations

import sys


def command() -> None:
    """`main`, without Python's tidying up after it: nothing is left to tidy, and it takes 6 ms of a hook's 100."""
    try:
        main()
    except SystemExit as done:
        if _is_watched() or not isinstance(done.code, int):
            raise
        import os

        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            raise done from None
        os._exit(done.code)


def _is_watched() -> bool:
    """Whether a debugger, a profiler or a measurement of coverage is at work, which has a last word to say."""
    if sys.gettrace() or sys.getprofile():
        return True
    monitoring = getattr(sys, "monitoring", None)  # Python 3.12+, where cProfile is a tool of it
    return monitoring is not None and any(map(monitoring.get_tool, range(6)))


def main() -> None:
    """Does what the command line says. Raises SystemExit with the exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this: nobody reads it
            import os

            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    if sys.argv[1:] == ["--version"]:  # asked by hooks and scripts all day long: not worth importing click
        from guardrail._version import __version__

        print(f"guardrail {__version__}")
        sys.exit(0)
    import gc

    # What a scan builds lives until its group is judged, and looking through it again and again finds nothing: a tenth
    # to a quarter of a scan's time (3 MB of manifests: 4.7 s of CPU with, 3.6 s without). The scan itself has what a
    # group leaves behind collected before the next one, so that memory stays that of the largest group.
    gc.disable()
    from guardrail.cli import run

    sys.exit(run(sys.argv[1:]))


def _look_away() -> None:
    """`python -m` looks for modules in the working directory first, which is often the tree that is scanned: a click.py
    or yaml.py there would be run in place of the library.
    """
    import os
    from contextlib import suppress

    with suppress(OSError):  # a working directory that has been deleted
        if not getattr(sys.flags, "safe_path", False) and sys.path[:1] in ([""], [os.getcwd()]):
            del sys.path[0]


if __name__ == "__main__":
    _look_away()
    command()
