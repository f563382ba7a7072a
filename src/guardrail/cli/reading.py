"""What commands that read files have in common: the paths, and how they are read."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from guardrail.errors import UsageError
from guardrail.inputs.reader import ACTIONS

if TYPE_CHECKING:
    from guardrail.scanning import Request


def _variable(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    for value in values:
        if "=" not in value:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE")
    return tuple((name, content) for name, _, content in (value.partition("=") for value in values))


base_option = click.option("--base", type=click.Path(exists=True, file_okay=False), metavar="FOLDER",
                           help="The top of the tree.  [default: the nearest folder above with .git]")  # fmt: skip

_OPTIONS = (
    click.argument("paths", nargs=-1, metavar="[PATH]..."),
    base_option,
    click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", callback=_variable,
                 help="A Terraform variable of the root modules; repeatable."),
    click.option("--var-file", "var_files", multiple=True, metavar="FILE",
                 help="A Terraform tfvars file; repeatable."),
    click.option("--tf-var-env", "environment", is_flag=True,
                 help="Let TF_VAR_ variables of the environment count, as Terraform does."),
    click.option("--action", "actions", multiple=True, type=click.Choice(ACTIONS),
                 help="Of a Terraform plan, look at what this is done to; repeatable.  [default: all but delete]"),
)  # fmt: skip
_STDIN = click.option("--stdin-filename", default="", metavar="NAME", help="What standard input (PATH `-`) is called.")


def reads_files(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command PATHs and the options above; it gets them as `request`, a `scanning.Request`."""
    return _reading(function, (*_OPTIONS, _STDIN))


def _reading(function: Callable[..., Any], options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    @functools.wraps(function)
    def command(paths: tuple[str, ...], **given: Any) -> Any:
        from guardrail.scanning import Request

        reading = {name: given.pop(name) for name in (
            "base", "variables", "var_files", "environment", "actions", "stdin_filename",
        ) if name in given}  # fmt: skip
        stdin = sys.stdin.buffer.read() if "-" in paths else None
        if not paths and not given.get("changed"):  # of no changed files nothing is to be judged
            paths = (reading["base"] or ".",)
        return function(request=Request(paths=paths, stdin=stdin, **reading), **given)

    for option in reversed(options):
        command = option(command)
    return command


def judges_as_configured(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command PATHs and the options above, and `--config`, `--profile` and `--pack` as `scan` has them, in its
    `request`; not standard input, of which there is nothing to write."""

    @functools.wraps(function)
    def command(
        request: Request, config: str | None, profiles: tuple[str, ...], packs: tuple[str, ...], **given: Any
    ) -> Any:
        if config is not None and not os.path.isfile(config):
            raise UsageError(f"{config}: no such file")
        if request.stdin is not None:
            raise UsageError("not of standard input: give files or folders")
        request = request._replace(config=os.path.abspath(config) if config else None, profiles=profiles, packs=packs)
        return function(request=request, **given)

    for option in (
        click.option("--pack", "packs", multiple=True, metavar="FOLDER", type=click.Path(exists=True, file_okay=False),
                     help="As in `guardrail scan`; repeatable."),
        click.option("--profile", "profiles", multiple=True, metavar="NAME",
                     help="As in `guardrail scan`; repeatable."),
        click.option("--config", "-c", metavar="FILE", help="Use this configuration instead of each guardrail.yaml."),
    ):  # fmt: skip
        command = option(command)
    return _reading(command, _OPTIONS)
