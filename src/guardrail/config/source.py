"""One guardrail.yaml: read, held against its schema, and every key with its place."""

from __future__ import annotations

import os
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from guardrail.config.dates import is_date
from guardrail.config.globs import Globs
from guardrail.config.nearest import did_you_mean
from guardrail.errors import ConfigError
from guardrail.model import Map, Seq, Value
from guardrail.tree import Tree, Unreadable

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

CONFIG_NAMES = ("guardrail.yaml", "guardrail.yml", ".guardrail.yaml", ".guardrail.yml")
SCHEMA = os.path.join(os.path.dirname(os.path.dirname(__file__)), "config.schema.json")
_BASE_ONLY = (
    "fail_on", "min_severity", "peer_ignores", "baseline", "exceptions", "scanners", "terraform", "helm", "bindings",
    "packs", "profile",
)  # fmt: skip


class Place(NamedTuple):
    """Where a setting is written. `file` is relative to the base where it stands below it."""

    file: str
    line: int
    column: int


class Setting(NamedTuple):
    value: Value
    place: Place


class PackName(NamedTuple):
    """How guardrail.yaml names a pack. `how`: path or distribution."""

    how: str
    name: str
    place: Place


class Layer(NamedTuple):
    """Settings that hold together: the top of a file, one of its `paths` or one of its `environments`. A rule's
    settings are "enabled", "severity", "enforce", "effective" and "parameters.NAME". `named` has every rule id and
    glob, as written."""

    categories: dict[str, Setting]
    rules: dict[str, dict[str, Setting]]
    globs: list[tuple[str, dict[str, Setting]]]
    named: list[tuple[str, Place]]


class ConfigFile:
    """`folder` is what globs are relative to. `refinements`, by path, and `in_environments`, by the environment's name,
    are in the order written. `data`: the file as it is."""

    def __init__(self, file: str, folder: str, content: Map, data: bytes = b"") -> None:
        self.file, self.folder, self.data = file, folder, data
        self.exclude, self.exclude_lines = globs_of(content, "exclude", file)
        self.top = _layer(content, file)
        self.refinements: list[tuple[Globs, Layer]] = []
        for item in content.get("paths") or ():
            self.refinements.append((globs_of(item, "match", file)[0], _layer(item, file)))
        self.environments: Map | None = content.get("environments")
        self.in_environments = {name: _layer(said or Map(), file) for name, said in (self.environments or {}).items()}
        self.fail_on = _setting(content, "fail_on", file)
        self.min_severity = _setting(content, "min_severity", file)
        self.peer_ignores = _setting(content, "peer_ignores", file)
        self.baseline = _setting(content, "baseline", file)
        self.waivers: Seq | None = content.get("waivers")
        self.scanners: Map | None = content.get("scanners")
        self.exceptions: Map | None = content.get("exceptions")
        self.exceptions_place = place_of(content, "exceptions", file) if self.exceptions else Place(file, 0, 0)
        self.packs = _packs(content, file)
        self.profiles = named_in(content, "profile", file)
        self.bindings: Map | None = content.get("bindings")
        self.helm: Map | None = content.get("helm")
        terraform = content.get("terraform") or Map()
        self.var_files = [
            Setting(path, _at(span, file))
            for path, span in zip(terraform.get("var_files") or (), _item_spans(terraform, "var_files"), strict=True)
        ]
        variables = terraform.get("variables") or Map()
        self.variables = {name: Setting(value, place_of(variables, name, file)) for name, value in variables.items()}

    @property
    def layers(self) -> list[Layer]:
        return [self.top, *(layer for _, layer in self.refinements), *self.in_environments.values()]


def read(tree: Tree, path: str, folder: str, *, shown: str = "", is_base: bool) -> ConfigFile:
    """The file at `path` in the tree. Raises ConfigError for the first thing that is wrong with it. `shown` is how
    errors and provenance call the file, where that isn't its path."""
    from guardrail.formats.yaml import LAST_COUNTS
    from guardrail.formats.yaml import load as load_yaml

    file = shown or path
    try:
        data = tree.read(path)
    except Unreadable as error:
        raise ConfigError(error.problem.message, file) from None
    loaded = load_yaml(data, path)
    for problem in loaded.problems:
        raise ConfigError(problem.message.removesuffix(LAST_COUNTS), file, problem.line, 1 if problem.line else 0)
    if len(loaded.documents) > 1:
        raise ConfigError("holds more than one YAML document", file, loaded.documents[1].line, 1)
    content = loaded.documents[0].value if loaded.documents else None
    check(content, file)
    if content is None:
        content = Map()
    if not is_base:
        for key in _BASE_ONLY:
            if key in content:
                place = place_of(content, key, file)
                message = f"{key} only counts in the guardrail.yaml at the base of the tree"
                raise ConfigError(f"{message} (--base makes a folder a tree of its own)", *place)
    return ConfigFile(file, folder, content, data)


def check(content: Value, file: str) -> None:
    """Raises ConfigError for what the schema does not allow; of several things, the first in the file."""
    schema = _schema()
    if _conforms(content, schema, schema):
        return
    # Only now: importing jsonschema takes longer than all the rest of a small scan.
    from jsonschema import Draft202012Validator

    errors = [_explain(error, content, file) for error in Draft202012Validator(schema).iter_errors(content)]
    for error in sorted(errors, key=lambda error: (error.line, error.column, error.message)):
        raise error


@cache
def _schema() -> Any:
    import json

    with open(SCHEMA, encoding="utf-8") as stream:
        return json.load(stream)


_TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None),
}  # fmt: skip


def _conforms(value: Value, schema: Any, root: Any) -> bool:
    """Whether a value is valid, for the keywords that our schema uses. It may say no to what jsonschema, which is
    asked then, says yes to; never the other way round (a test holds it to that)."""
    if "$ref" in schema and not _conforms(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root):
        return False
    if "if" in schema:
        branch = "then" if _conforms(value, schema["if"], root) else "else"
        if not _conforms(value, schema[branch], root):
            return False
    if "enum" in schema and not any(value == choice and type(value) is type(choice) for choice in schema["enum"]):
        return False
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(isinstance(value, _TYPES[name]) for name in names) or (
            isinstance(value, bool) and "boolean" not in names
        ):
            return False
    if isinstance(value, str) and len(value) < schema.get("minLength", 0):
        return False
    if isinstance(value, list) and "items" in schema:
        return all(_conforms(item, schema["items"], root) for item in value)
    if isinstance(value, dict):
        if any(key not in value for key in schema.get("required", ())):
            return False
        known, other = schema.get("properties", {}), schema.get("additionalProperties", True)
        for key, item in value.items():
            allowed = known.get(key, other)
            if allowed is False or (allowed is not True and not _conforms(item, allowed, root)):
                return False
    return True


def _explain(error: ValidationError, content: Value, file: str) -> ConfigError:
    path = list(error.absolute_path)
    where = _dotted(path)
    subject = f"{where} " if where else "the file "
    value: Any = error.instance
    schema: Any = error.schema
    expected: Any = error.validator_value
    if error.validator == "additionalProperties":
        known = sorted(schema["properties"])
        key = next(key for key in value if key not in schema["properties"])
        hint = did_you_mean(key, known) or f"; known are {', '.join(known)}"
        return ConfigError(f'unknown key "{key}"{f" in {where}" if where else ""}{hint}', *place_of(value, key, file))
    if error.validator == "required":
        missing = next(key for key in expected if key not in value)
        return ConfigError(f"{subject}has no {missing}", *_at(value.header, file))
    place = _locate(content, path, file)
    if error.validator == "enum":
        choices = [choice for choice in expected if not isinstance(choice, bool)]
        wanted = ("one of " if len(choices) > 1 else "") + ", ".join(map(str, choices))
        hint = did_you_mean(value, map(str, choices)) if isinstance(value, str) else ""
        shown = f'"{value}"' if isinstance(value, str) else _kind(value)
        return ConfigError(f"{subject}must be {wanted}, not {shown}{hint}", *place)
    if error.validator == "type":
        names = [name for name in _names(expected) if name != "null"]
        wanted = " or ".join(_KINDS[name] for name in names)
        return ConfigError(f"{subject}must be {wanted}, not {_kind(value)}", *place)
    if error.validator == "minLength":
        return ConfigError(f"{subject}is empty", *place)
    return ConfigError(f"{subject}is wrong: {error.message}", *place)


_KINDS = {"object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false",
          "integer": "a whole number"}  # fmt: skip


def _names(types: Any) -> list[str]:
    return types if isinstance(types, list) else [types]


def _kind(value: Value) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return "text"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else "a value with a tag"


def _dotted(path: list[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _locate(content: Value, path: list[str | int], file: str) -> Place:
    place = Place(file, 1, 1)
    for step in path:
        if isinstance(content, Map) and isinstance(step, str):
            place = place_of(content, step, file)
        elif isinstance(content, Seq) and isinstance(step, int):
            place = _at(content.spans[step], file)
        content = content[step]
    return place


def named_in(mapping: Map, key: str, file: str) -> list[Setting]:
    """The names that a list, or a single text, has."""
    named = mapping.get(key)
    if isinstance(named, Seq):
        return [Setting(name, _at(span, file)) for name, span in zip(named, named.spans, strict=True)]
    return [Setting(named, place_of(mapping, key, file))] if named else []


def place_of(mapping: Map, key: str, file: str) -> Place:
    return _at(mapping.spans[key], file)


def _at(span: Any, file: str) -> Place:
    return Place(file, span.line, span.column)


def _item_spans(mapping: Map, key: str) -> list[Any]:
    items = mapping.get(key)
    return items.spans if isinstance(items, Seq) else []


def _packs(content: Map, file: str) -> list[PackName]:
    packs: list[PackName] = []
    for item, span in zip(content.get("packs") or (), _item_spans(content, "packs"), strict=True):
        if len(item) != 1:
            raise ConfigError("a pack has either a path or a distribution", *_at(span, file))
        ((how, name),) = item.items()
        packs.append(PackName(how, name, place_of(item, how, file)))
    return packs


def _setting(mapping: Map, key: str, file: str) -> Setting | None:
    return Setting(mapping[key], place_of(mapping, key, file)) if key in mapping else None


def globs_of(mapping: Map, key: str, file: str) -> tuple[Globs, list[Setting]]:
    lines = mapping.get(key) or []
    settings = [Setting(line, _at(span, file)) for line, span in zip(lines, _item_spans(mapping, key), strict=True)]
    for line, setting in zip(lines, settings, strict=True):
        if instead := _as_git_has_it(line):
            raise ConfigError(f'"{line}" can match nothing: write "{instead}"', *setting.place)
    globs = Globs(lines)
    for index in globs.invalid:
        raise ConfigError(f'"{lines[index]}" is not a glob that could match anything', *settings[index].place)
    return globs, settings


def _as_git_has_it(line: str) -> str:
    """Another way to write a glob, where as a path of a shell's or of Windows' it would match nothing."""
    sign = "!" if line.startswith("!") else ""
    path = line[len(sign) :]
    if any(before == "\\" and letter.isalnum() for before, letter in pairwise(path)):
        path = path.replace("\\", "/")
    while path.startswith("./") and path != "./":
        path = path[2:] if "/" in path[2:].rstrip("/") else path[1:]
    return sign + path if sign + path != line else ""


def _layer(content: Map, file: str) -> Layer:
    layer = Layer({}, {}, [], [])
    categories = content.get("categories") or Map()
    for name, value in categories.items():
        layer.categories[name] = Setting(is_on(value), place_of(categories, name, file))
    rules = content.get("rules") or Map()
    for name, value in rules.items():
        is_glob = is_rule_glob(name)
        place = place_of(rules, name, file)
        layer.named.append((name, place))
        settings = _rule_settings(value, place, file, is_glob)
        if is_glob:
            layer.globs.append((name, settings))
        else:
            layer.rules[name] = settings
    return layer


def is_rule_glob(name: str) -> bool:
    return "*" in name or "?" in name or "[" in name


def is_on(value: Value) -> bool:
    return value is True or value == "on"


def _rule_settings(value: Value, place: Place, file: str, is_glob: bool) -> dict[str, Setting]:
    """Giving a rule by its own id a severity or an enforcement turns it on. A glob that does so leaves what is off
    alone, or `"*": low` for one folder would turn on every rule that the team has turned off."""
    settings: dict[str, Setting] = {}
    if not isinstance(value, Map):
        if isinstance(value, bool) or value in ("on", "off"):
            settings["enabled"] = Setting(is_on(value), place)
        else:
            settings["severity"] = Setting(value, place)
    else:
        if "severity" in value:
            settings["severity"] = Setting(value["severity"], place_of(value, "severity", file))
        if "enforce" in value:
            at = place_of(value, "enforce", file)
            if value["enforce"] in ("off", False):
                settings["enabled"] = Setting(False, at)
            else:
                settings["enforce"] = Setting(value["enforce"], at)
        if "effective" in value:
            settings["effective"] = Setting(value["effective"], at := place_of(value, "effective", file))
            if not is_date(value["effective"]):
                raise ConfigError(f'"{value["effective"]}" is no day such as 2027-01-31', *at)
        parameters = value.get("parameters") or Map()
        for name, argument in parameters.items():
            settings[f"parameters.{name}"] = Setting(argument, place_of(parameters, name, file))
    if not is_glob and "enabled" not in settings:
        by = settings.get("enforce") or settings.get("severity") or settings.get("effective")
        if by:
            settings["enabled"] = Setting(True, by.place)
    return settings
