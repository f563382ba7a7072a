"""Options, printing, exit codes. One file a command, imported when it is called."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from guardrail._version import __version__
from guardrail.cli.stream import GONE, discard, unless_gone
from guardrail.errors import GuardrailError

COMMANDS = {
    "scan": "guardrail.cli.scan",
    "fix": "guardrail.cli.fix",
    "baseline": "guardrail.cli.baseline",
    "inspect": "guardrail.cli.inspect",
    "rules": "guardrail.cli.rules",
    "profiles": "guardrail.cli.profiles",
    "frameworks": "guardrail.cli.frameworks",
    "config": "guardrail.cli.config",
    "schema": "guardrail.cli.schema",
}

EXIT_CODES = """\b
Exit codes:
  0  clean
  1  the gate is broken: a finding at or above --fail-on
  2  wrong usage, configuration or rule
  3  the scan is incomplete: something could not be read or judged
  4  a fault of guardrail's own
"""


class LazyGroup(click.Group):
    """Knows its commands by module name, so that `guardrail scan` does not import `guardrail rules`."""

    def __init__(self, *arguments: Any, commands_by_module: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.modules = commands_by_module

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.modules)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module = self.modules.get(name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.modules:
            from difflib import get_close_matches

            close = get_close_matches(args[0], self.modules, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)


@click.command(
    cls=LazyGroup,
    commands_by_module=COMMANDS,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="guardrail", message="%(prog)s %(version)s")
def cli() -> None:
    """Judge Terraform, Kubernetes and CI pipeline files by a platform team's rules.

    \b
    guardrail scan .                                the working tree, in the terminal
    guardrail scan . -o sarif=out.sarif -o html=out.html
    guardrail rules list                            what is checked
    guardrail inspect infra/                        what guardrail sees there
    """


def run(arguments: Sequence[str]) -> int:
    """Runs the command line and gives the exit code; whatever goes wrong, it is said in words."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # names in scanned files are not always in the terminal's encoding
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with unless_gone():
            outcome = cli.main(list(arguments), prog_name="guardrail", standalone_mode=False)
        return outcome if isinstance(outcome, int) else 0
    except click.exceptions.Exit as done:
        return int(done.exit_code)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except GuardrailError as error:
        click.echo(f"guardrail: {error}", err=True)
        return error.exit_code
    except SystemExit:  # click's, of a command that was still printing when its reader went away
        return GONE
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            discard()
            click.echo(f"guardrail: {error.filename or 'output'}: cannot be written: {error.strerror}", err=True)
            return 2
        if os.environ.get("GUARDRAIL_DEBUG"):
            raise
        click.echo(
            f"guardrail: a fault of its own: {type(error).__name__}: {error}\n"
            "Please report it with the output of the same command under GUARDRAIL_DEBUG=1.",
            err=True,
        )
        return 4
