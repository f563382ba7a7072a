"""Expressions whose outcome is not what it looks like, or that give away too much: a noun each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from guardrail.inputs.pipelines.expressions import (
    ExpressionError,
    Node,
    contexts,
    find_expressions,
    nodes_of,
    parse,
    shown,
)
from guardrail.inputs.pipelines.github_file import GithubFile, shorten
from guardrail.inputs.pipelines.vocabulary import Draft, Keys
from guardrail.model import Map, Noun, Resource, Seq, Span, Value
from guardrail.model.patterns import lazy_regex

MAX_NOUNS = 200  # of one resource
FACTS = (
    "trusts_last_actor", "compares_part", "empty_choice", "constant", "computed_index", "whole_secrets",
    "splits_secret",
)  # fmt: skip

_ACTORS = frozenset(
    (("github", "actor"), ("github", "triggering_actor"), ("github", "event", "sender", "login"),
     ("github", "event", "pull_request", "sender", "login"))
)  # fmt: skip
_ACTOR_IDS = frozenset(
    (("github", "actor_id"), ("github", "event", "sender", "id"), ("github", "event", "pull_request", "sender", "id"))
)
_BOT_IDS = frozenset(("49699333", "29139614", "27856297", "29110"))  # dependabot, renovate, dependabot-preview
_BOT_NAMES = ("[bot]", "dependabot", "renovate")  # parts of a name that only a bot is looked for by
_LAST_ACTOR = lazy_regex(
    r"github\.(?:actor(?:_id)?|triggering_actor|event\.(?:pull_request\.)?sender\.(?:login|id))\s*==\s*'?[^\s'&|)]+'?"
    r"|'?[^\s'&|(]+'?\s*==\s*github\.(?:actor|triggering_actor)\b",
    re.IGNORECASE,
)
_PURE = frozenset(("format", "contains", "startswith", "endswith", "join", "fromjson", "tojson", "case"))
_TEXTS = _PURE - {"fromjson"}  # whose outcome could be written instead; of a list, only fromJSON can make one
# What is worth a closer look; an expression without is passed over.
_TELLING = lazy_regex(
    r"actor|sender|contains|&&|secrets|format|'\s*\)|\[|fromjson"
    r"|\A\s*(?:'(?:[^']|'')*'|[-+]?[\d.][\w.]*|true|false|null)\s*(?:[=!<>]|\Z)"
    r"|startswith|endswith|join|case|(?:'|\d|true|false)\s*[=!]=\s*(?:'|\d|true|false)",
    re.IGNORECASE | re.DOTALL,
)


# What a file must hold, in lower case, for any of its expressions to be worth a noun. Quotes may be doubled (YAML) or
# escaped. Each begins with a fixed text, for speed.
_TELLING_FILE = tuple(
    lazy_regex(pattern)
    for pattern in (
        r"\[bot\]", r"actor_id", r"sender\.id", r"actor\s*,\s*['\"\\]", r"sender\.login\s*,\s*['\"\\]",
        r"contains\(\s*['\"\\]", r"&&\s*(?:''|false\b|0\b|null\b)",
        r"secrets\s*[\[)]", r"fromjson\(\s*secrets", r"\$\{\{\s*(?:['\"\\\d-]|true\b|false\b|null\b)",
        *(rf"{name}\(\s*(?:['\"\\\d]|true\b|false\b|fromjson)"
          for name in ("format", "join", "startswith", "endswith", "case", "tojson")),
        r"\[\s*(?:github|env|inputs|matrix|steps|needs|vars|format)\b",
    )
)  # fmt: skip


def is_telling(text: str) -> bool:
    """False for the text of a file that `note_expressions` would make nothing of."""
    lowered = text.lower()
    return any(pattern.search(lowered) for pattern in _TELLING_FILE)


def note_expressions(
    file: GithubFile, resource: Resource, parts: Iterable[tuple[str, Value, Span]], privileged: bool
) -> None:
    """Gives the resource a noun for each expression in these parts of it that is worth one: (what the part is called,
    its value, its place). `privileged`: an outsider's event runs it with the repository's rights."""
    if not file.is_telling:
        return
    keys = Keys()
    made = 0
    for part, value, span in parts:
        for text, place, key in _strings(value, span, part):
            is_condition = key == "if"
            if "${{" not in text and not is_condition:
                continue
            for noun in _nouns(file, text, place, key, is_condition, keys):
                if made >= MAX_NOUNS:
                    return
                made += 1
                noun.fields.put("privileged_trigger", privileged, noun.fields.header)
                resource.add_noun(noun)


def _strings(value: Value, span: Span, part: str) -> Iterator[tuple[str, Span, str]]:
    """Every text with its place and the key that it stands under."""
    stack: list[tuple[Value, Span, str]] = [(value, span, part)]
    while stack:
        item, place, key = stack.pop()
        if isinstance(item, str):
            yield item, place, key
        elif isinstance(item, Map):
            stack.extend((item[name], item.spans[name], name) for name in reversed(item))
        elif isinstance(item, Seq):
            stack.extend((inner, at, key) for inner, at in reversed(list(zip(item, item.spans, strict=False))))
        elif isinstance(item, bool) and key == "if":
            yield "true" if item else "false", place, key


def _nouns(
    file: GithubFile, text: str, entry: Span, part: str, is_condition: bool, keys: Keys
) -> Iterator[Noun]:
    bodies: list[tuple[str, int, int, bool]] = []
    if is_condition and "${{" not in text:
        bodies.append((text.strip(), 0, len(text), False))
    else:
        bodies += [(e.body, e.start, e.end, True) for e in find_expressions(text) if e.node is not None]
    for body, start, end, fenced in bodies:
        if not _TELLING.search(body):
            continue
        for fact, alone in _facts(body, is_condition, fenced):
            where = file.source.place(text, start, end, entry) if fenced else entry
            if fact == "trusts_last_actor":
                found = _LAST_ACTOR.search(text, start)
                if found:
                    where = file.source.place(text, found.start(), found.end(), entry)
            elif fact == "compares_part":
                where = Span(entry.file, entry.line, entry.column, entry.end_line, entry.end_column)
            draft = Draft("expression", where)
            draft.put("text", body)
            draft.put("part", part)
            for name in FACTS:
                draft.put(name, name == fact)
            draft.put("alone", alone)
            yield draft.noun(shorten(body), keys.next(f"{fact} {shorten(body)}"))


@lru_cache(maxsize=4096)
def _facts(body: str, is_condition: bool, fenced: bool) -> tuple[tuple[str, bool], ...]:
    try:
        node = parse(body)
    except ExpressionError:
        return ()
    found: dict[str, bool] = {}
    if is_condition:
        trusts = _trusts_last_actor(node)
        if trusts is not None:
            found["trusts_last_actor"] = trusts
        if any(_compares_part(item) for item in nodes_of(node)):
            found["compares_part"] = True
    for item in nodes_of(node):
        if _is_empty_choice(item):
            found["empty_choice"] = True
        if _splits_secret(item):
            found["splits_secret"] = True
        if item[0] == "call" and item[1] == "tojson" and ("context", ("secrets",)) in item[2]:
            found["whole_secrets"] = True
        if item[0] == "index" and item[2]:
            found["computed_index"] = True
        if item[0] == "context" and None in item[1]:
            found["computed_index"] = True
            if item[1][0] == "secrets":
                found["whole_secrets"] = True
    if fenced and _constant_part(node):
        found["constant"] = True
    return tuple(found.items())


_AUTHOR: Node = ("context", ("github", "event", "pull_request", "user", "login"))


def _trusts_last_actor(node: Node) -> bool | None:
    """Whether the last actor's being a bot is enough (True), or one of several things (False); None where nothing is
    made of it, or the author is asked for, too."""
    if _is_actor_check(node):
        return True
    if node[0] == "and" and any(_is_author_check(item) for item in node[1]):
        return None
    if node[0] in ("or", "and"):
        for item in node[1]:
            inner = _trusts_last_actor(item)
            if inner is not None:
                return inner and node[0] == "or"
    if node[0] == "not":  # an actor who must not be a bot lets nobody in
        return None
    return None


def _is_actor_check(node: Node) -> bool:
    if node[0] == "call":
        return _asks_for_bot(node[1], node[2])
    if node[0] != "compare" or node[1] != "==":
        return False
    left, right = node[2], node[3]
    if right[0] == "context":
        left, right = right, left
    if left[0] != "context" or right[0] != "literal":
        return False
    if left[1] in _ACTORS:
        return isinstance(right[1], str) and right[1].lower().endswith("[bot]")
    return left[1] in _ACTOR_IDS and str(shown(right[1])) in _BOT_IDS


def _is_author_check(node: Node) -> bool:
    return node[0] == "compare" and node[1] == "==" and _AUTHOR in (node[2], node[3])


def _asks_for_bot(function: str, arguments: list[Node]) -> bool:
    """`endsWith(github.actor, '[bot]')`, `contains(fromJSON('["dependabot[bot]"]'), github.actor)` and the like."""
    if len(arguments) != 2 or function not in ("contains", "startswith", "endswith"):
        return False
    where, what = arguments
    if function == "contains" and what[0] == "context" and what[1] in _ACTORS:
        listed = where[0] == "call" and where[1] == "fromjson" and len(where[2]) == 1 and where[2][0][0] == "literal"
        return listed and "[bot]" in str(where[2][0][1]).lower()
    if where[0] != "context" or where[1] not in _ACTORS or what[0] != "literal":
        return False
    return any(name in str(what[1]).lower() for name in _BOT_NAMES)


def _splits_secret(node: Node) -> bool:
    """Whether it takes a secret that is JSON apart; `fromJSON(toJSON(secrets))` is but the secrets again."""
    return node[0] == "call" and node[1] == "fromjson" and any(
        path[0] == "secrets"
        for argument in node[2]
        if argument[0] != "call" or argument[1] != "tojson"
        for path in contexts(argument)
    )  # fmt: skip


def _compares_part(node: Node) -> bool:
    if node[0] != "call" or node[1] != "contains" or len(node[2]) != 2:
        return False
    where, what = node[2]
    return bool(where[0] == "literal" and isinstance(where[1], str) and what[0] == "context")


def _is_empty_choice(node: Node) -> bool:
    """`condition && '' || 'x'`: what stands for the first answer counts as false."""
    if node[0] != "or":
        return False
    return any(
        item[0] == "and" and item[1][-1][0] == "literal" and not item[1][-1][1] for item in node[1][:-1]
    )  # fmt: skip


def _constant_part(node: Node) -> bool:
    """True if the whole of it, or a call or comparison in it, always gives the same; a lone literal in a larger
    expression is what one compares with."""
    return node[0] == "literal" or any(
        (item[0] in ("compare", "not") or (item[0] == "call" and item[1] in _TEXTS)) and _is_constant(item)
        for item in nodes_of(node)
    )


def _is_constant(node: Node) -> bool:
    kind = node[0]
    if kind == "literal":
        return True
    if kind == "call":
        return node[1] in _PURE and bool(node[2]) and all(_is_constant(argument) for argument in node[2])
    if kind == "compare":
        return _is_constant(node[2]) and _is_constant(node[3])
    if kind in ("or", "and"):
        return all(_is_constant(item) for item in node[1])
    if kind == "not":
        return _is_constant(node[1])
    return False


