"""`extra_arguments`: what a unit adds to Terraform's command line and environment, as far as it gives values to
variables."""

from __future__ import annotations

from typing import NamedTuple

from guardrail.formats.hcl import Block
from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.terragrunt.config import Config
from guardrail.inputs.terraform.terragrunt.paths import without_marks
from guardrail.inputs.terraform.variables import ENVIRONMENT, Given, Typed
from guardrail.model import Map, Seq, Span, Unknown, Value

_PLANNING = frozenset(("plan", "apply"))


class Extra(NamedTuple):
    """`var_files` are names in the tree, `variables` those of `-var`. `unread`: why it is not known what a file gives
    that Terraform is told to read; None where all are here."""

    environment: dict[str, Given]
    var_files: tuple[str, ...]
    variables: tuple[tuple[str, str, Span], ...]
    unread: Unknown | None


def extra_arguments(config: Config) -> Extra:
    """Those for `plan` and `apply`, of the unit and what it includes: of two blocks of one name the unit's counts."""
    blocks: dict[str, tuple[Config, Block]] = {}
    for one in reversed(config.layers()):
        for outer in one.body.of_type("terraform") if one.body is not None else ():
            for block in outer.body.of_type("extra_arguments"):
                blocks[" ".join(block.labels)] = (one, block)
    found = _Found()
    for one, block in blocks.values():
        try:
            found.take(one, block)
        except EvalError as error:
            config.run.tell(error.kind, f"extra_arguments: {error.message}", block.header, error.line)
    return Extra(found.environment, tuple(dict.fromkeys(found.var_files)), tuple(found.variables), found.unread)


class _Found:
    def __init__(self) -> None:
        self.environment: dict[str, Given] = {}
        self.var_files: list[str] = []
        self.variables: list[tuple[str, str, Span]] = []
        self.unread: Unknown | None = None

    def take(self, config: Config, block: Block) -> None:
        def asked(name: str) -> Value:
            attribute = block.body.attributes.get(name)
            return config.value(attribute, f"{name} of extra_arguments") if attribute is not None else None

        commands = _texts(asked("commands"))
        if all(isinstance(command, str) for command in commands) and _PLANNING.isdisjoint(
            command for command in commands if isinstance(command, str)
        ):
            return
        self._arguments(_texts(asked("arguments")), config, block.header)
        for path in _texts(asked("required_var_files")):
            self._file(path, True, config, block.header)
        for path in _texts(asked("optional_var_files")):
            self._file(path, False, config, block.header)
        values = without_marks(asked("env_vars"))
        for name, value in values.items() if isinstance(values, Map) else ():
            if name.startswith(ENVIRONMENT):
                text = Typed(value) if isinstance(value, str) else value
                span = values.spans.get(name) or block.header
                self.environment[name[len(ENVIRONMENT) :]] = Given(text, f"{name} of {config.path}", span)

    def _arguments(self, arguments: list[str | Unknown], config: Config, place: Span) -> None:
        pending = ""
        for argument in arguments:
            if isinstance(argument, Unknown):
                if pending:
                    self.unread = Unknown(argument.reason, argument.refs)
                pending = ""
                continue
            if pending:
                self._argument(pending, argument, config, place)
                pending = ""
                continue
            option, equals, rest = argument.strip().partition("=")
            if option.startswith("--"):
                option = option[1:]
            if not equals and " " in option:  # `-var x=y` written as one
                option, equals, rest = option.partition(" ")
            if option in ("-var", "-var-file"):
                if equals:
                    self._argument(option, rest, config, place)
                else:
                    pending = option
            elif option.startswith(("-var ", "-var-file ")):
                option, _, first = option.partition(" ")
                self._argument(option, f"{first}={rest}", config, place)

    def _argument(self, option: str, text: str, config: Config, place: Span) -> None:
        if option == "-var-file":
            self._file(text, True, config, place)
            return
        name, equals, value = text.strip("'\"").partition("=")
        if equals:
            self.variables.append((name.strip(), value, place))

    def _file(self, path: str | Unknown, required: bool, config: Config, place: Span) -> None:
        tree = config.run.tree
        name = config.locate(path) if isinstance(path, str) else None
        if name is not None and tree.is_file(name):
            self.var_files.append(name)
        elif name is None or required:
            shown = path.rpartition("/")[2] if isinstance(path, str) else "a file"
            why = f"{shown}, of whose values Terraform is told, is not among the scanned files"
            config.run.note("values-not-read", f"{why}; what it may give is taken for unknown", place)
            self.unread = path if isinstance(path, Unknown) else Unknown(why)


def _texts(value: Value) -> list[str | Unknown]:
    if isinstance(value, Unknown):
        return [Unknown(value.reason, value.refs)]
    if isinstance(value, str):
        return [value]
    items = value if isinstance(value, Seq) else ()
    return [item if isinstance(item, Unknown) else str(item) for item in items if isinstance(item, (str, Unknown))]
