"""Terragrunt's functions. What a run decides is unknown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.grouping import folder_of
from guardrail.inputs.terraform.terragrunt.paths import absolute, relative
from guardrail.model import NOWHERE, Encoded, EncodedUnknown, Map, Seq, Unknown, Value, is_known, plain

if TYPE_CHECKING:
    from guardrail.inputs.terraform.terragrunt.config import Config

MANY = 100
CO_VARARGS = 4  # in a function's flags: it takes any number of arguments


class Function(NamedTuple):
    """`low` and `high`: how many arguments it takes."""

    call: Callable[..., Value]
    low: int
    high: int


TABLE: dict[str, Function] = {}


def function(call: Callable[..., Value]) -> Callable[..., Value]:
    code: Any = call.__code__
    high = code.co_argcount - 1
    low = high - len(call.__defaults__ or ())
    TABLE[code.co_name] = Function(call, low, MANY if code.co_flags & CO_VARARGS else high)
    return call


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise EvalError("a string is needed")
    return str(value)


@function
def find_in_parent_folders(config: Config, name: Value = "", fallback: Value = None) -> Value:
    """The nearest file or folder of this name above the unit. One that is not there may stand above the tree."""
    names = [_text(name)] if name else ["terragrunt.hcl", "root.hcl"]
    tree = config.run.tree
    folder = config.base
    while folder:
        folder = folder_of(folder)
        for wanted in names:
            found = tree.join(folder, wanted)
            if found is not None and (tree.is_file(found) or tree.is_folder(found)):
                return absolute(found)
    return fallback if fallback is not None else Unknown(f"{names[0]} is not among the scanned files")


@function
def get_terragrunt_dir(config: Config) -> Value:
    return absolute(config.base)


@function
def get_original_terragrunt_dir(config: Config) -> Value:
    return absolute(config.base)


@function
def get_parent_terragrunt_dir(config: Config, name: Value = "") -> Value:
    folder = _included(config, name)
    return folder if isinstance(folder, Unknown) else absolute(config.base if folder is None else folder)


@function
def path_relative_to_include(config: Config, name: Value = "") -> Value:
    folder = _included(config, name)
    return folder if isinstance(folder, Unknown) else "." if folder is None else relative(config.base, folder)


@function
def path_relative_from_include(config: Config, name: Value = "") -> Value:
    folder = _included(config, name)
    return folder if isinstance(folder, Unknown) else "." if folder is None else relative(folder, config.base)


def _included(config: Config, name: Value) -> str | Unknown | None:
    """The folder of the file that is included (in that file, its own); None where nothing is."""
    if config.included:
        return folder_of(config.path)
    known = config.includes()
    found = known.get(_text(name)) if name else next(iter(known.values()), None)
    if found is None:
        return None
    return folder_of(found.config.path) if found.config is not None else found.reason


@function
def get_repo_root(config: Config) -> Value:
    return absolute("")


@function
def get_path_from_repo_root(config: Config) -> Value:
    return config.base or "."


@function
def get_path_to_repo_root(config: Config) -> Value:
    return relative("", config.base)


@function
def read_terragrunt_config(config: Config, path: Value, fallback: Value = None) -> Value:
    from guardrail.inputs.terraform.terragrunt.config import MAX_READ, Config

    name = config.locate(_text(path))
    if name is None or not config.run.tree.is_file(name):
        return fallback if fallback is not None else Unknown("a file that is read is not among the scanned files")
    if config.depth >= MAX_READ:
        raise EvalError(f"more than {MAX_READ} files read each other", kind="too-deep")
    known = config.sources.configs
    if name not in known:
        known[name] = Config(name, name, config.sources, config.depth + 1)
    return known[name].as_value()


@function
def read_tfvars_file(config: Config, path: Value) -> Value:
    """A file of variables' values, as JSON."""
    from guardrail.inputs.terraform.variables import values_in

    name = config.locate(_text(path))
    if name is None or not config.run.tree.is_file(name):
        return Unknown("a file of values is not among the scanned files")
    document = config.sources.document(name)
    if document is None:
        return Unknown(f"{name} cannot be read")
    values = Map()
    for key, given in values_in(document, name, config.run).items():
        values.put(key, given.value, given.span)
    if not is_known(values):
        return EncodedUnknown(f"a value in {name} is unknown", values)
    return Encoded(json.dumps(plain(values), separators=(",", ":")), values)


@function
def deep_merge(config: Config, *maps: Value) -> Value:
    from guardrail.inputs.terraform.terragrunt.config import laid_over

    made: Value = Map()
    for value in maps:
        if value is not None and not isinstance(value, (Map, Unknown)):
            raise EvalError("deep_merge() takes maps")
        made = laid_over(value, made, True)
    return made


@function
def get_env(config: Config, name: Value, fallback: Value = None) -> Value:
    """Without the variable that a run may have."""
    return fallback if fallback is not None else Unknown(f"{_text(name)} is a variable of the environment")


@function
def mark_as_read(config: Config, path: Value) -> Value:
    return path


def _commands(name: str, *commands: str) -> None:
    def call(config: Config) -> Value:
        made = Seq()
        for command in commands:
            made.add(command, NOWHERE)
        return made

    TABLE[f"get_terraform_commands_that_need_{name}"] = Function(call, 0, 0)


_commands("vars", "apply", "console", "destroy", "import", "plan", "push", "refresh")
_commands("input", "apply", "import", "init", "plan", "refresh")
_commands("locking", "apply", "destroy", "import", "init", "plan", "refresh", "taint", "untaint")
_commands("parallelism", "apply", "plan", "destroy")


def _decided_by_a_run(name: str) -> None:
    def call(config: Config, *args: Value) -> Value:
        return Unknown(f"{name}() is known only in a run")

    TABLE[name] = Function(call, 0, MANY)


for _name in (
    "get_aws_account_id", "get_aws_account_alias", "get_aws_caller_identity_arn", "get_aws_caller_identity_user_id",
    "get_terraform_command", "get_terraform_cli_args", "get_default_retryable_errors", "get_platform",
    "get_terragrunt_source_cli_flag", "get_working_dir", "run_cmd", "sops_decrypt_file", "constraint_check",
):  # fmt: skip
    _decided_by_a_run(_name)
