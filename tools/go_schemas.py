"""Defaults from the Go source of Terraform providers: what `Default:` says in the schemas of their resource types.

Providers' schemas as Terraform prints them have no defaults; their source has, as literals of `schema.Schema`. This
reads the literals, and follows calls of functions of the provider's own. What is worked out while the provider runs
(a default that depends on a feature flag, or comes from another module's code) is left out, and so is whatever is
changed after the literal.

A source is a folder of `.go` files, or of `.goindex` files, one for each function.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from go_literals import Called, Literal, Name, Parser, scalar

_FUNCTION = re.compile(r"^func (?:\((?:\w+ )?\*?(\w+)(?:\[\w+\])?\) )?(\w+)\([^\n]*\{\n(.*?)^\}", re.M | re.S)
_IMPORT = re.compile(r'^\s*(\w+)?\s*"([^"\n]+)"\s*$', re.M)
_MAX_DEPTH = 14

# How the providers say which function makes the schema of which type.
_FACTORY = re.compile(r'Factory:\s*(\w+),\s*TypeName:\s*"(\w+)"')
_REGISTERED = re.compile(r'"((?:azurerm|kubernetes|google)_\w+)":\s*(?:[\w.]*\.)?(\w+)\(')
_REGISTRY = re.compile(r'Name:\s*"(google_\w+)",\s*ProductName:[^,]*,\s*Type:\s*registry\.SchemaTypeResource,'
                       r"\s*Schema:\s*(\w+)\(\)")  # fmt: skip
_TYPED = re.compile(r'return\s+"(azurerm_\w+)"')
_NAMED = re.compile(r'^\s*(?:var |const )?(\w+)\s*(?:\w+\s*)?=\s*("[^"\n]*"|\d[\d_]*)\s*(?://.*)?$', re.M)
_VARIABLE = re.compile(r"^(?:var |\t)(\w+)\s*=\s*(map\[string\]\*\w+\.Schema\{\n.*?)^\t?\}", re.M | re.S)


# What makes the value of an optional attribute depend on more than whether it is written.
_DECIDED_ELSEWHERE = frozenset((
    "Computed", "DefaultFunc", "Deprecated", "ConflictsWith", "ExactlyOneOf", "DiffSuppressFunc",
))  # fmt: skip


class Function(NamedTuple):
    body: str
    file: _File


class _File:
    """Imports are looked at when they are asked for."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text

    def package_of(self, alias: str) -> str:
        head = self.text[: self.text.find("\nfunc ")]
        for name, path in _IMPORT.findall(head):
            if alias == (name or re.sub(r"/v\d+$", "", path).rpartition("/")[2]):
                return path
        return ""


class Source:
    """The functions of a provider."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.functions: dict[tuple[str, str], Function] = {}
        self.by_name: dict[str, list[Function]] = {}
        self.methods: dict[tuple[str, str, str], Function] = {}
        self.factories: dict[str, tuple[str, str]] = {}  # type -> (package, function)
        self.typed: dict[str, tuple[str, str]] = {}  # type -> (package, receiver)
        self.constants: dict[str, dict[str, Any]] = {}
        for file in sorted([*folder.rglob("*.go"), *folder.rglob("*.goindex")]):
            place = str(file.relative_to(folder))
            if not file.name.endswith("_test.go") and not place.startswith("vendor/"):
                self._take(file)

    def _take(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8", errors="replace")
        file = _File(path, text)
        package = str(path.parent)
        if "_resource" in path.name or "Schema" in text or "SDKResources" in text or "SupportedResources" in text:
            for receiver, name, body in _FUNCTION.findall(text + "\n" if path.suffix == ".go" else text + "\n}\n"):
                made = Function(body, file)
                if receiver:
                    self.methods[package, receiver, name] = made
                    if name == "ResourceType" and "DataSource" not in receiver:
                        found = _TYPED.search(body)
                        if found:
                            self.typed[found.group(1)] = (package, receiver)
                    if name == "SDKResources":
                        for function, kind in _FACTORY.findall(body):
                            self.factories[kind] = (package, function)
                    if name == "SupportedResources":
                        self._registered(body, package)
                else:
                    self.functions[package, name] = made
                    self.by_name.setdefault(name, []).append(made)
                    for kind, function in _REGISTRY.findall(body):
                        self.factories[kind] = (package, function)
        for name, literal in _VARIABLE.findall(text) if ".Schema{" in text else ():
            self.functions[package, name] = Function(f"return {literal}}}", file)
        at = text.find("ResourcesMap: map[string]*schema.Resource{")
        if at >= 0:
            self._registered(text[at : text.index("\n\t\t}", at)], package)
        at = text.find("handwrittenResources")
        if at >= 0:
            self._registered(text[at:], package)

    def _registered(self, text: str, package: str) -> None:
        for kind, function in _REGISTERED.findall(text):
            self.factories.setdefault(kind, (package, function))

    def function(self, package: str, name: str) -> Function | None:
        """By its own package's, else the only one of this name."""
        known = self.functions.get((package, name.rpartition(".")[2]))
        if known is not None and "." not in name:
            return known
        candidates = self.by_name.get(name.rpartition(".")[2], [])
        return candidates[0] if len(candidates) == 1 else None

    def constant(self, name: str, file: _File) -> Any:
        """A constant of a vendored package, or of the same one; None for one that is not found."""
        alias, _, own = name.rpartition(".")
        folder = self.folder / "vendor" / file.package_of(alias) if alias else file.path.parent
        key = str(folder)
        if key not in self.constants:
            self.constants[key] = {}
            for path in sorted([*folder.glob("*.go"), *folder.glob("var.*"), *folder.glob("const.*")]):
                for constant, value in _NAMED.findall(path.read_text(encoding="utf-8", errors="replace")):
                    number = value if value.startswith('"') else value.replace("_", "")
                    self.constants[key].setdefault(constant, scalar(number))
        return self.constants[key].get(own)


class Attribute(NamedTuple):
    """`default` is None where none is written. `plain`: optional and not computed."""

    type: str
    default: Any
    plain: bool
    members: dict[str, Any] | None


class Reader:
    """The schemas of one provider's resource types."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.busy: list[str] = []

    def members_of(self, kind: str) -> dict[str, Any] | None:
        """name -> Attribute, as far as the source tells; None where it doesn't."""
        source = self.source
        if kind in source.factories:
            package, name = source.factories[kind]
            function = source.function(package, name)
            return self.resource(function) if function is not None else None
        if kind in source.typed:
            package, receiver = source.typed[kind]
            method = source.methods.get((package, receiver, "Arguments"))
            return self.map_(*self.returned(method)) if method is not None else None
        return None

    def returned(self, function: Function) -> tuple[Any, Function, set[str]]:
        """What a function returns, and the names of members that it changes afterwards."""
        body = function.body
        changed = {scalar(t) for t in re.findall(r'\[("\w+")\]\s*(?:=[^=]|\.\w+\s*=[^=])', body)}
        parser = Parser(body)
        assigned: dict[str, Any] = {}
        result: Any = Name("")
        depth = 0
        while parser.at < len(parser.tokens):
            token = parser.peek()
            if token == "return" and depth == 0:
                parser.at += 1
                result = parser.value()
                break
            if re.fullmatch(r"\w+", token) and parser.peek(1) in (":=", "=") and depth == 0:
                parser.at += 2
                after = parser.at
                made = parser.value()
                if isinstance(made, Literal):
                    assigned[token] = made
                    continue
                parser.at = after
            depth += {"{": 1, "}": -1}.get(token, 0)
            parser.at += 1
        if isinstance(result, Name) and result.text in assigned:
            result = assigned[result.text]
        return result, function, {name for name in changed if isinstance(name, str)}

    def resource(self, function: Function, depth: int = 0) -> dict[str, Any] | None:
        value, place, changed = self.returned(function)
        return self._resource(value, place, changed, depth)

    def _resource(self, value: Any, place: Function, changed: set[str], depth: int) -> dict[str, Any] | None:
        if depth > _MAX_DEPTH:
            return None
        if isinstance(value, Called):
            inner = self.called(value.name, place)
            return self.resource(inner, depth + 1) if inner is not None else None
        if isinstance(value, Literal):
            for key, member in value.members:
                if key in ("Schema", "SchemaFunc"):
                    if isinstance(member, Name):
                        inner = self.called(member.text, place)
                        return self.map_(*self.returned(inner), depth + 1) if inner is not None else None
                    return self.map_(member, place, changed, depth + 1)
        return None

    def called(self, name: str, place: Function) -> Function | None:
        return self.source.function(str(place.file.path.parent), name)

    def map_(self, value: Any, place: Function, changed: set[str], depth: int = 0) -> dict[str, Any] | None:
        if depth > _MAX_DEPTH:
            return None
        if isinstance(value, Called):
            inner = self.called(value.name, place)
            return self.map_(*self.returned(inner), depth + 1) if inner is not None else None
        if not isinstance(value, Literal):
            return None
        found: dict[str, Any] = {}
        for key, member in value.members:
            name = self.key(key, place)
            if name is None or name in changed:
                continue
            attribute = self.attribute(member, place, depth + 1)
            if attribute is not None:
                found[name] = attribute
        return found

    def key(self, token: str, place: Function) -> str | None:
        """A name as it is written; `*Text` where only the name of its constant is known."""
        if token.startswith('"'):
            return str(scalar(token))
        own = token.rpartition(".")[2]
        if own.startswith("Attr"):
            return "*" + own[4:].lower()
        known = self.source.constant(token, place.file) if token else None
        return known if isinstance(known, str) else None

    def attribute(self, value: Any, place: Function, depth: int) -> Attribute | None:
        if isinstance(value, Called):
            inner = self.called(value.name, place)
            if inner is None or depth > _MAX_DEPTH:
                return None
            made, at, _ = self.returned(inner)
            return self.attribute(made, at, depth + 1)
        if not isinstance(value, Literal):
            return None
        told = dict(value.members)
        kind = told["Type"].text.rpartition(".Type")[2] if isinstance(told.get("Type"), Name) else ""
        default = told.get("Default")
        if isinstance(default, Name):
            default = self.source.constant(default.text, place.file) if default.text else None
            default = ... if default is None else default
        elif isinstance(default, (Literal, Called)):
            default = ...
        plain = told.get("Optional") is True and _DECIDED_ELSEWHERE.isdisjoint(told)
        members = self._resource(told.get("Elem"), place, set(), depth + 1) if "Elem" in told else None
        return Attribute(kind, default, plain, members)


def defaults_of(folder: Path, kinds: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """type -> dotted path -> default, for those of `kinds` (type -> members as compact schemas have them) that the
    source tells of; None for an optional attribute whose default it doesn't tell. A flag that is optional, and depends
    on nothing else, is false: the SDK knows no difference."""
    source = Source(folder)
    reader = Reader(source)
    found: dict[str, dict[str, Any]] = {}
    for kind, schema in sorted(kinds.items()):
        members = reader.members_of(kind)
        if members is not None:
            found[kind] = {}
            _collect(members, schema, "", found[kind])
    return found


def _collect(members: dict[str, Any], schema: dict[str, Any], prefix: str, found: dict[str, Any]) -> None:
    spelt = {name.replace("_", ""): name for name in schema}
    for written, attribute in members.items():
        name = spelt.get(written[1:], "") if written.startswith("*") else written
        told = schema.get(name)
        if isinstance(told, dict):
            if attribute.members is not None and "@" not in told:
                _collect(attribute.members, told, f"{prefix}{name}.", found)
        elif isinstance(told, str) and told.endswith(("?", "?=")):
            found[prefix + name] = _typed(attribute, told)


def _typed(attribute: Attribute, told: str) -> Any:
    """The default in the type that the schema has; None where there is none, or it doesn't fit."""
    kind = told.rstrip("!?=")
    default = attribute.default
    if default is None:
        return False if kind == "bool" and attribute.plain and told.endswith("?") and attribute.type == "Bool" else None
    if default is ...:
        return None
    if kind == "bool":
        return default if isinstance(default, bool) else None
    if kind == "number":
        return default if isinstance(default, (int, float)) and not isinstance(default, bool) else None
    if kind == "string" and isinstance(default, (str, int)) and not isinstance(default, bool):
        return str(default)
    return None
