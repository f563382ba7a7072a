"""All rules and bindings in one file, so that a scan reads one JSON and not hundreds of YAMLs.

Made on first use and whenever a rule or concept file has changed (names, sizes and times are its key), and
kept in the user's cache folder. JSON, so that a tampered cache can at worst be wrong, never run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any
from zlib import crc32

from guardrail._version import __version__
from guardrail.policy.rule import Rule

FORMAT = 4

Bound = list[tuple[str, Any]]


class StoredBindings(Mapping[str, Bound]):
    """Kind -> (concept, data), read when a kind of the same provider is first asked for: most scans need one or two
    providers of a dozen."""

    def __init__(self, texts: dict[str, bytes]) -> None:
        self._texts, self._read = texts, dict[str, dict[str, Bound]]()

    def _of(self, provider: str) -> dict[str, Bound]:
        found = self._read.get(provider)
        if found is None:
            text = self._texts.get(provider)
            data = json.loads(text) if text else {}
            found = {kind: [(concept, binding) for concept, binding in bound] for kind, bound in data.items()}
            self._read[provider] = found
        return found

    def __getitem__(self, kind: str) -> Bound:
        return self._of(_provider(kind))[kind]

    def __iter__(self) -> Iterator[str]:
        for provider in self._texts:
            yield from self._of(provider)

    def __len__(self) -> int:
        return sum(len(self._of(provider)) for provider in self._texts)


def _provider(kind: str) -> str:
    return kind.removeprefix("data.").partition("_")[0]


class Bundle:
    """`rules` by id, in the order of their ids; `bindings`: kind -> (concept, data); `concepts`: name -> its fields.
    `key` tells it from what other rules would make."""

    bindings: Mapping[str, Bound]

    def __init__(self, data: dict[str, Any], rules: Iterable[Rule] | None = None) -> None:
        self.key: str = data.get("key", "")
        self.rules = {rule.id: rule for rule in (map(Rule, data["rules"]) if rules is None else rules)}
        self.bindings = data["bindings"]
        self.concepts: dict[str, list[str]] = data.get("concepts", {})
        self.aliases: dict[str, str] = data.get("aliases", {})

    def with_bindings(self, more: Mapping[str, Sequence[tuple[str, Any]]]) -> Bundle:
        """Another one that knows these bindings, too; this one, and its cache, stay as they are."""
        made = copy(self)
        bindings = {kind: list(found) for kind, found in self.bindings.items()}
        for kind, found in more.items():
            bindings.setdefault(kind, []).extend(found)
        made.bindings = bindings
        return made


def cache_folder() -> str:
    """Where guardrail keeps what it can make again: $GUARDRAIL_CACHE, or `guardrail` in the user's cache."""
    own = os.environ.get("GUARDRAIL_CACHE")
    if own:
        return own
    shared = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(shared, "guardrail")


def load_bundle(rules_folder: str) -> Bundle:
    """The bundle of a folder of rules. Raises RuleError if a rule is wrong."""
    key = _key(rules_folder)
    # Not a hash of hashlib's, which takes 2 ms to import: what is in the file is held against the whole key.
    path = os.path.join(cache_folder(), f"rules-{crc32(key.encode('utf-8', 'surrogateescape')):08x}.json")
    bundle = _stored(path, key)
    if bundle is None:
        bundle = Bundle({"key": key, **compile_bundle(rules_folder)})
        _store(path, bundle)
    return bundle


def compile_bundle(rules_folder: str) -> dict[str, Any]:
    """Reads and checks every rule and concept file. Raises RuleError."""
    from guardrail.errors import RuleError
    from guardrail.policy.catalogue import bindings_of, load_concepts
    from guardrail.policy.loading import load_rule, rule_files
    from guardrail.policy.vocabulary import Vocabulary

    concepts = load_concepts()
    vocabulary = Vocabulary(concepts)
    rules: dict[str, dict[str, Any]] = {}
    for path in rule_files(rules_folder):
        rule = load_rule(path, vocabulary, os.path.join("rules", os.path.relpath(path, rules_folder)))
        if rule["id"] in rules:
            raise RuleError(f"rule {rule['id']!r} is there twice", path)
        rule["file"] = os.path.relpath(path, rules_folder).replace(os.sep, "/")
        del rule["examples"]
        rule.pop("mutants", None)
        rules[rule["id"]] = rule
    for rule in rules.values():
        for name in rule.get("yields_to", ()):
            if name not in rules:
                raise RuleError(f"rule {rule['id']!r} yields to {name!r}, which is no rule", rule["file"])
    return {
        "rules": [rules[name] for name in sorted(rules)],
        "aliases": {alias: name for name in sorted(rules) for alias in rules[name].get("aliases", ())},
        "bindings": bindings_of(concepts),
        "concepts": {name: list(concept["fields"]) for name, concept in concepts.items()},
    }


def _key(rules_folder: str) -> str:
    """Names, sizes and times of every file that the bundle is made from."""
    parts = [f"{FORMAT} {__version__}"]
    concepts = os.path.join(os.path.dirname(os.path.dirname(__file__)), "concepts")
    controls = os.path.join(os.path.dirname(__file__), "control_lists")
    for root in (rules_folder, concepts, controls):
        stack = [os.path.abspath(root)]
        while stack:
            folder = stack.pop()
            parts.append(folder)
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda e: e.name):
                    if entry.is_dir():
                        stack.append(entry.path)
                    elif entry.name.endswith((".yaml", ".yml")):
                        status = entry.stat()
                        parts.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(parts)


def _stored(path: str, key: str) -> Bundle | None:
    """What `_store` wrote, if it has this key and is whole."""
    try:
        with open(path, "rb") as stream:
            check, _, rest = stream.read().partition(b"\n")
        if int(check, 16) != crc32(rest):
            return None
        lines = rest.split(b"\n")
        data = json.loads(lines[0])
        if data["key"] != key:
            return None
        first = 1 + len(data["providers"])
        data["bindings"] = StoredBindings(dict(zip(data["providers"], lines[1:first], strict=True)))
        return Bundle(data, map(Rule.stored, data["heads"], lines[first:]))
    except (OSError, ValueError, TypeError, LookupError):
        return None


def _store(path: str, bundle: Bundle) -> None:
    """A checksum, a line with all that a scan asks of every rule, one for the bindings of each provider and one for
    each rule, which are read if they are needed."""
    rules = bundle.rules.values()
    bound: dict[str, dict[str, Bound]] = {}
    for kind, found in bundle.bindings.items():
        bound.setdefault(_provider(kind), {})[kind] = found
    head = {
        "key": bundle.key,
        "heads": [rule.head() for rule in rules],
        "providers": list(bound),
        "concepts": bundle.concepts,
        "aliases": bundle.aliases,
    }
    parts = (head, *bound.values(), *(rule.data for rule in rules))
    lines = (json.dumps(part, separators=(",", ":")) for part in parts)
    text = "\n".join(lines).encode()
    _write(path, b"%08x\n%s" % (crc32(text), text))


def cached(path: str, key: str) -> dict[str, Any] | None:
    """What `keep` wrote, if it has this key."""
    try:
        with open(path, "rb") as stream:
            data = json.loads(stream.read())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) and data.get("key") == key else None


def keep(path: str, data: dict[str, Any]) -> None:
    _write(path, json.dumps(data, separators=(",", ":")).encode())


def _write(path: str, content: bytes) -> None:
    """Best effort: a read-only home must not stop a scan. Written beside and renamed, so that a concurrent
    run reads the old file or the new one, never half of one."""
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(temporary, "wb") as stream:
            stream.write(content)
        os.replace(temporary, path)
    except OSError:
        return
