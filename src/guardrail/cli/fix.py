"""`guardrail fix`."""

from __future__ import annotations

import difflib
import io
import os
from typing import TYPE_CHECKING

import click

from guardrail.cli.reading import judges_as_configured
from guardrail.errors import UsageError

if TYPE_CHECKING:
    from guardrail.scanning import Request
    from guardrail.tree import Tree


@click.command("fix")
@click.option("--write", is_flag=True, help="Change the files; without it, the changes are only shown.")
@click.option("--rule", "only", multiple=True, metavar="ID", help="Mend only what this rule finds; repeatable.")
@judges_as_configured
def command(request: Request, write: bool, only: tuple[str, ...]) -> int:
    """Show how to mend what can be mended by one attribute, as a patch.

    Findings whose remedy says what to write (Set `publicly_accessible = false`) are mended where that is missing, or
    another literal stands there; a value that comes from a variable is left alone. Every change is kept only if a scan
    of the changed files finds no more what it is for, and nothing as grave instead. Read it before you apply it: a
    provider may replace what it cannot change.

    \b
    guardrail fix infra/ --rule key-rotation
    guardrail fix . | git apply
    """
    from guardrail.fixing.mending import mend
    from guardrail.reports.hostile import for_log

    mended = mend(request._replace(only=only))
    for file, data in sorted(mended.after.items()):
        if write:
            _write(mended.tree, file, data)
        else:
            click.echo(_patch(file, mended.before[file], data), nl=False)
    count, files = len(mended.findings), len(mended.after)
    what = f"{count:,} of {len(mended.result.failures):,} findings"
    where = f"in {files:,} file{'' if files == 1 else 's'}"
    done = "mended" if write else "can be mended"
    click.echo(f"{what} {done} {where}" if count else f"{what} can be mended", err=True)
    for problem in mended.result.problems[:5]:
        click.echo(f"problem: {for_log(problem.file)}:{problem.line}: {for_log(problem.message)}", err=True)
    return 3 if mended.result.problems else 0


def _patch(file: str, before: bytes, after: bytes) -> bytes:
    """As `git diff` writes it, in the bytes of the file; what scanned files hold goes as it is into what is meant to be
    applied. The first line says that names are those from the top of the repository."""
    old, new = (io.StringIO(data.decode("utf-8"), newline="\n").readlines() for data in (before, after))
    names = [_quoted(f"{side}/{file}") for side in "ab"]
    ends = ["\t" if " " in name else "" for name in names]
    lines = [f"diff --git {names[0]} {names[1]}\n"]
    for line in difflib.unified_diff(old, new, names[0] + ends[0], names[1] + ends[1]):
        lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines).encode("utf-8")


def _quoted(name: str) -> str:
    """As git writes a file's name: what is not plain ASCII in octal, and then all of it in quotes."""
    written = "".join(
        f"\\{chr(byte)}" if byte in b'"\\' else chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
        for byte in os.fsencode(name)
    )
    return name if written == name else f'"{written}"'


def _write(tree: Tree, file: str, data: bytes) -> None:
    path = tree.absolute(file)
    if not tree.is_file(file):
        raise UsageError(f"{file}: not a regular file in the tree any more")
    try:
        with open(path, "r+b") as stream:
            stream.write(data)
            stream.truncate()
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from None
