"""ConfigMaps and Secrets that a kustomization makes of files, env files and literals."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import NamedTuple

from guardrail.inputs.kubernetes.kustomize.objects import (
    Absent,
    Built,
    Failed,
    map_in,
    map_of,
    strings,
    text_of,
    word,
)
from guardrail.inputs.kubernetes.scopes import address
from guardrail.model import Encoded, Map, Seq, Span, Text, Unknown, Value

FileContents = Callable[[str, Span], "tuple[str, bytes] | None"]
"""A file named in the kustomization: its name in the tree and what it holds. None where it isn't there, which has been
told. Raises Failed where it can't be read."""
_LINE = 70
_HASH_LETTERS = str.maketrans("013ae", "ghkmt")  # so that a suffix spells no word


class Pair(NamedTuple):
    key: str
    value: str | bytes | Unknown
    span: Span


class Source(NamedTuple):
    """What all generators of one kustomization need."""

    folder: str
    file: str
    contents: FileContents
    options: Map


def generate(kind: str, item: Map, source: Source) -> Built:
    """Raises Failed."""
    name = word(item.get("name"))
    if not name:
        raise Failed(f"a {kind} needs a name", item.header)
    value = Map(item.span, item.header)
    value.put("apiVersion", "v1", item.header)
    value.put("kind", kind, item.header)
    metadata = Map(item.span, item.header)
    metadata.put("name", name, item.place("name"))
    namespace = word(item.get("namespace"))
    if namespace:
        metadata.put("namespace", namespace, item.place("namespace"))
    value.put("metadata", metadata, item.header)
    secret = kind == "Secret"
    if secret:
        value.put("type", word(item.get("type")) or "Opaque", item.place("type"))
    pairs, lacking = _pairs(item, source)
    _fill(value, pairs, secret)
    options, shared = map_of(item, "options"), source.options
    for key in ("labels", "annotations"):
        for given in (shared.get(key), options.get(key)):
            for entry, text, span in strings(given):
                map_in(metadata, key).put(entry, text, span)
    for holder in (options, shared):
        if holder.get("immutable") is True:
            value.put("immutable", True, holder.place("immutable"))
            break
    made = Built(value, source.file, source.folder, address(kind, namespace, name), item.span)
    made.hashed = not (options.get("disableNameSuffixHash") is True or shared.get("disableNameSuffixHash") is True)
    made.behavior, made.lacking = word(item.get("behavior")).lower(), lacking
    return made


def _pairs(item: Map, source: Source) -> tuple[list[Pair], Unknown | None]:
    """And why there may be more of them."""
    pairs: list[Pair] = []
    lacking: Unknown | None = None
    env_files = [(name, span) for name, span in _listed(item, "envs")]
    if item.get("env"):
        env_files.append((item.get("env"), item.place("env")))
    for name, span in env_files:
        of_file = _env_file(word(name), span, source)
        if of_file is None:
            lacking = Unknown(f"{word(name)} is not among the files")
        else:
            pairs += of_file
    for text, span in _listed(item, "literals"):
        key, separator, literal = text_of(text).partition("=")
        if not separator or not key:
            raise Failed("a literal without key and value, which would be written key=value", span)
        pairs.append(Pair(key, _unquoted(literal), span))
    for text, span in _listed(item, "files"):
        key, separator, path = word(text).rpartition("=")
        if (separator and not key) or "=" in key or not path:
            raise Failed(f"{word(text)!r} is neither a file nor a key=file", span)
        found = source.contents(path, span)
        key = key or path.rsplit("/", 1)[-1]
        if found is None:
            pairs.append(Pair(key, Unknown(f"{path} is not among the files"), span))
        else:
            pairs.append(_file(key, *found))
    seen: set[str] = set()
    for pair in pairs:
        if pair.key in seen:
            raise Failed(f"the key {pair.key!r} stands twice", pair.span)
        seen.add(pair.key)
    return pairs, lacking


def _listed(item: Map, key: str) -> list[tuple[Value, Span]]:
    found = item.get(key)
    if not isinstance(found, Seq):
        return []
    return [
        (value, found.spans[index] if index < len(found.spans) else found.span) for index, value in enumerate(found)
    ]


def _unquoted(text: str) -> str:
    quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def _env_file(path: str, span: Span, source: Source) -> list[Pair] | None:
    """`KEY=value` lines; nothing is unquoted, and what has no value is empty. None where the file isn't there."""
    found = source.contents(path, span)
    if found is None:
        return None
    name, data = found
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Failed(f"{path} is not UTF-8", span) from None
    pairs: list[Pair] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        stripped = line.lstrip()
        if not stripped or stripped.startswith("#"):
            continue
        key, _, value = stripped.partition("=")
        column = len(line) - len(stripped) + 1
        pairs.append(Pair(key, value, Span(name, number, column, number, len(line) + 1)))
    return pairs


def _file(key: str, name: str, data: bytes) -> Pair:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Pair(key, data, Span(name, 1, 1, 1, 1))
    lines = text.split("\n")
    last = len(lines) - 1 if text.endswith("\n") and len(lines) > 1 else len(lines)
    span = Span(name, 1, 1, last, len(lines[last - 1]) + 1)
    return Pair(key, Text(text, 1, 0, True, name), span)


def _fill(value: Map, pairs: list[Pair], secret: bool) -> None:
    if secret:
        map_in(value, "data")
    for pair in pairs:
        if isinstance(pair.value, Unknown):
            map_in(value, "data").put(pair.key, pair.value, pair.span)
        elif secret:
            raw = pair.value if isinstance(pair.value, bytes) else pair.value.encode("utf-8", "surrogatepass")
            coded = base64.b64encode(raw).decode()
            # What it was made of is kept, so that excerpts of the source can hide that, too.
            held: Value = Encoded(coded, pair.value) if isinstance(pair.value, str) else coded
            map_in(value, "data").put(pair.key, held, pair.span)
        elif isinstance(pair.value, bytes):
            map_in(value, "binaryData").put(pair.key, base64.b64encode(pair.value).decode(), pair.span)
        else:
            map_in(value, "data").put(pair.key, pair.value, pair.span)


def absorb(objects: list[Built], made: Built) -> None:
    """Puts a generated object among the others, or into the one that its `behavior` speaks of. Raises Failed."""
    identity = made.id
    found = [index for index, other in enumerate(objects) if identity in other.ids]
    if not found:
        if made.behavior in ("merge", "replace"):
            raise Absent(f"there is no {identity} to {made.behavior}", made.span)
        objects.append(made)
        return
    if len(found) > 1:
        raise Failed(f"there is more than one {identity}", made.span)
    if made.behavior not in ("merge", "replace"):
        raise Failed(f"there is a {identity} already; `behavior` must be merge or replace", made.span)
    old = objects[found[0]]
    for key in ("labels", "annotations"):
        for entry, text, span in strings(old.metadata.get(key)):
            kept = map_in(made.metadata, key)
            if entry not in kept:
                kept.put(entry, text, span)
    if made.behavior == "merge":
        made.lacking = made.lacking or old.lacking
        for key in ("data", "binaryData"):
            entries = old.value.get(key)
            if not isinstance(entries, Map):
                continue
            merged = map_in(made.value, key)
            for entry in entries:
                if entry not in merged:
                    merged.copy_entry(entries, entry)
    for key in ("name", "namespace"):
        if key in old.metadata:
            made.metadata.copy_entry(old.metadata, key)
        elif key in made.metadata:
            del made.metadata[key]
    made.prior, made.prefixes, made.suffixes = old.prior, old.prefixes, old.suffixes
    made.hashed = made.hashed and old.hashed
    made.scope, made.local = old.scope, old.local
    objects[found[0]] = made


def suffix(built: Built) -> str:
    """kustomize's own for a ConfigMap. That of a Secret is worked out from its keys alone: with the values in it, a
    report would let anyone try guesses at a password."""
    value = built.value
    held = value.get("data")
    data: Value = {}
    if isinstance(held, Map):
        data = {key: "" if built.kind == "Secret" else text_of(item) for key, item in held.items()}
    told: dict[str, Value] = {"kind": built.kind, "name": "", "data": data if "data" in value else ""}
    if built.kind == "Secret":
        told["type"] = text_of(value.get("type"))
    elif isinstance(value.get("binaryData"), Map):
        told["binaryData"] = {key: _wrapped(text_of(item)) for key, item in value["binaryData"].items()}
    return hashlib.sha256(_json(told).encode("utf-8", "surrogatepass")).hexdigest()[:10].translate(_HASH_LETTERS)


def _wrapped(text: str) -> str:
    """Base64 in lines, as kustomize writes it."""
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    return text if len(text) < _LINE else "".join(f"{line}\n" for line in lines)


def _json(value: Value) -> str:
    """As Go's encoding/json writes it."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
