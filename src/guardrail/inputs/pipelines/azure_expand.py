"""Azure's template expressions taken out of a document: `${{ if }}`, `${{ each }}`, `${{ insert }}`, values.

A document is expanded piece by piece, as it is walked, because what an expression sees depends on where it stands: a
job's variables, the parameters of the template that was called. Of a condition that can't be decided both branches
are kept, and what stands in them may or may not exist.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from guardrail.inputs.pipelines.azure_alternatives import joined, one_of
from guardrail.inputs.pipelines.azure_branches import Chain
from guardrail.inputs.pipelines.azure_expressions import MAX_TEXT, evaluate, shown, truth
from guardrail.inputs.pipelines.azure_guards import first_reason, in_pulls
from guardrail.inputs.pipelines.azure_scope import Bound, Scope
from guardrail.inputs.pipelines.expressions import ExpressionError, Node, Path, find_expressions, parse
from guardrail.model import HOLE, Map, Origin, OriginsOf, PartText, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

MAX_ENTRIES = 250_000  # that one pipeline may be expanded to
MAX_DEPTH = 60  # of blocks within blocks
MAX_ORIGINS = 10
_DIRECTIVE = lazy_regex(r"\s*\$\{\{\s*(if|elseif|else|each|insert)\b(.*)\}\}\s*\Z", re.DOTALL)
_EACH = lazy_regex(r"\s*([A-Za-z_][\w-]*)\s+in\s+(.+)\Z", re.DOTALL)
# Code keeps its expressions, so that its lines stay where they are in the file.
CODE_KEYS = frozenset(("script", "bash", "pwsh", "powershell", "inlinescript", "inline"))
# Of what may or may not be there, these are kept whole, and anything else is unknown.
_KEPT = frozenset(("env", "inputs", "jobs", "parameters", "stages", "steps", "variables"))


class TooMuch(Exception):
    """A pipeline that expands to more than anybody means; `kind` and the message say what a problem says."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Piece(NamedTuple):
    """A value as written, with what its expressions see; no scope where they have been taken out. `maybe`: why it
    can't be known whether it is there at all."""

    value: Value
    span: Span
    scope: Scope | None
    maybe: Unknown | None


class Settled(NamedTuple):
    """A value without expressions. `free`: why a run may find another."""

    value: Value
    span: Span
    origin: OriginsOf | None = None
    free: Unknown | None = None


class Level(dict[str, list[Piece]]):
    """One mapping with its own directives carried out; several pieces where branches that can't be told apart name
    the same key. `open`: why it may have keys that can't be known. `complete`: of a key, how many pieces there are
    where one of them surely is there, if the level is; of the keys that stand in branches."""

    def __init__(self, entries: Mapping[str, list[Piece]] | None = None) -> None:
        super().__init__(entries or {})
        self.open: Unknown | None = None
        self.complete: dict[str, int] = {}

    def close(self, branches: list[Level]) -> None:
        """Of what all branches have that there are, one of which surely is taken."""
        for key in branches[0]:
            if all(one.has(key) for one in branches):
                self.complete[key] = sum(len(one[key]) for one in branches)

    def has(self, key: str) -> bool:
        return key in self and len(self[key]) == self.complete.get(key)


class Expander:
    """Expands the documents of one pipeline."""

    def __init__(self) -> None:
        self.left = MAX_ENTRIES
        self._depth = 0
        # Mappings that are expanded already, by identity, and what their code's expressions see.
        self._done: dict[int, tuple[Map, Scope | None, Unknown | None]] = {}

    def scope_of(self, value: Map) -> Scope | None:
        known = self._done.get(id(value))
        return known[1] if known else None

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooMuch("expansion", f"its templates expand to more than {MAX_ENTRIES:,} entries; not judged further")

    def _enter(self) -> None:
        self.spend()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooMuch("too-deep", f"its templates are nested more than {MAX_DEPTH} deep; not judged further")

    # Scalars ----------------------------------------------------------------------------------------------

    def scalar(self, text: str, span: Span, scope: Scope) -> Settled:
        """What a text with expressions gives: any value where it is one expression and nothing else."""
        expressions = find_expressions(text)
        used: list[Bound] = []
        if len(expressions) == 1 and expressions[0].start == 0 and text[expressions[0].end :].strip() == "":
            node = expressions[0].node
            value = self.value_of(node, scope, used)
            free = _free(self.value_of(node, scope, [], True), value)
            return Settled(value, span, _origins(used), free)
        parts: list[str] = []
        at = size = 0
        unknown: Unknown | None = None
        free = None
        for expression in expressions:
            size += len(parts[-1]) if parts else 0
            if size > MAX_TEXT:
                raise TooMuch("expansion", f"a text expands to more than {MAX_TEXT:,} characters; not judged further")
            parts.append(text[at : expression.start])
            at = expression.end
            value = self.value_of(expression.node, scope, used)
            words = None if isinstance(value, Unknown) else shown(value)
            free = free or _free(self.value_of(expression.node, scope, [], True), value)
            if isinstance(value, PartText):
                words = value.template
            if isinstance(value, Unknown):
                refs = (unknown.refs if unknown else ()) + value.refs
                unknown = Unknown(unknown.reason if unknown else value.reason, refs)
            elif words is None:
                unknown = unknown or Unknown("it is no single value")
            parts.append(HOLE if words is None else words)
        parts.append(text[at:])
        whole = "".join(parts)
        if unknown is None:
            return Settled(whole, span, _origins(used), free)
        known_in_part = PartText(unknown.reason, unknown.refs, whole) if HOLE in whole else unknown
        return Settled(known_in_part, span, _origins(used))

    def value_of(self, node: Node | None, scope: Scope, used: list[Bound], strict: bool = False) -> Value:
        if node is None:
            return Unknown("its expression can't be read")

        def look_up(path: Path) -> Value:
            return scope.look_up(path, used, strict)

        return evaluate(node, look_up)

    def _condition(self, body: str, scope: Scope) -> tuple[bool | Unknown, bool | Unknown, bool | Unknown]:
        """What holds whatever anybody chooses, where nobody chooses anything, in outsiders' pull requests."""
        try:
            node = parse(body)
        except ExpressionError:
            unknown = Unknown("its condition can't be read")
            return unknown, unknown, unknown
        strict = truth(self.value_of(node, scope, [], True))
        if not isinstance(strict, Unknown):
            return strict, strict, strict
        return strict, truth(self.value_of(node, scope, [])), in_pulls(node, scope)

    # Directives -------------------------------------------------------------------------------------------

    def _branches(
        self, directive: re.Match[str], value: Value, span: Span, scope: Scope, maybe: Unknown | None, chain: Chain
    ) -> list[Piece]:
        """What a directive's value becomes: nothing, itself, or itself several times."""
        kind, body = directive.groups()
        if kind == "insert":
            return [Piece(value, span, scope, maybe)]
        if kind == "each":
            return self._rounds(body, value, span, scope, maybe)
        if kind == "if":
            chain.over, chain.open, chain.in_pulls = False, None, False
        kept, unsure = chain.take(*((True, True, True) if kind == "else" else self._condition(body, scope)))
        return [Piece(value, span, scope, first_reason(maybe, unsure))] if kept else []

    def _rounds(
        self, body: str, value: Value, span: Span, scope: Scope, maybe: Unknown | None
    ) -> list[Piece]:
        match = _EACH.match(body)
        if not match:
            return []
        name = match.group(1)
        used: list[Bound] = []
        try:
            over = self.value_of(parse(match.group(2)), scope, used)
        except ExpressionError:
            over = Unknown("what it goes over can't be read")
        rounds: list[Bound] = []
        if isinstance(over, Seq):
            rounds = [Bound(item, place, f"one of {match.group(2).strip()}")
                      for item, place in zip(over, over.spans, strict=False)]  # fmt: skip
        elif isinstance(over, Map):
            for key in over:
                pair = Map(over.spans.get(key, over.span))
                pair.put("key", key, pair.span)
                pair.put("value", over[key], pair.span)
                rounds.append(Bound(pair, pair.span, f"one of {match.group(2).strip()}"))
        elif isinstance(over, Unknown):
            maybe = maybe or over
            rounds = [Bound(Unknown(over.reason, over.refs))]
        found: list[Piece] = []
        for bound in rounds:
            self.spend()
            found.append(Piece(value, span, scope.with_loop(name, bound), maybe))
        return found

    # Mappings ---------------------------------------------------------------------------------------------

    def level(self, mapping: Map, scope: Scope | None, maybe: Unknown | None = None) -> Level:
        """The mapping's entries, their values as written."""
        found = Level()
        known = self._done.get(id(mapping))
        if known or scope is None:
            for key in mapping:
                found[key] = [Piece(mapping[key], mapping.spans[key], None, maybe)]
            return found
        self._enter()
        chain = Chain()
        branches: list[Level] = []
        for key in mapping:
            self.spend()
            value, span = mapping[key], mapping.spans[key]
            directive = _DIRECTIVE.match(key) if "${{" in key else None
            if directive is None:
                name: Value = key
                if "${{" in key:
                    name = self.scalar(key, span, scope).value
                if isinstance(name, str):
                    found.setdefault(str(name), []).append(Piece(value, span, scope, maybe))
                    if maybe is not None:
                        found.complete[str(name)] = 1
                elif isinstance(name, Unknown):
                    found.open = found.open or name
                continue
            kind = directive.group(1)
            if kind == "if":
                branches = []
            for piece in self._branches(directive, value, span, scope, maybe, chain):
                inner = self._merge(found, piece)
                if kind in ("if", "elseif", "else"):
                    branches.append(inner)
                    if chain.over:
                        found.close(branches)
        self._depth -= 1
        return found

    def _merge(self, found: Level, piece: Piece) -> Level:
        """Puts what a directive gives into the level, and returns it."""
        value, scope = piece.value, piece.scope
        inner = Level()
        if isinstance(value, str) and scope is not None:
            value, scope = self.scalar(value, piece.span, scope).value, None
        if isinstance(value, Map):
            inner = self.level(value, scope, piece.maybe)
            for key, pieces in inner.items():
                found.setdefault(key, []).extend(pieces)
            found.open = found.open or inner.open
        elif isinstance(value, Unknown):
            found.open = found.open or value
        return inner

    def settle(self, level: Level, key: str) -> Settled | None:
        """The value of an entry; None where there is none."""
        pieces = level.get(key)
        if not pieces:
            return None
        sure = [piece for piece in pieces if piece.maybe is None]
        chosen = sure[-1] if sure else pieces[0]
        settled = self.piece(chosen, key)
        if len(sure) == 1 or (sure and len(pieces) == len(sure)):
            return settled
        if key in _KEPT and len(pieces) == 1 and isinstance(settled.value, (Map, Seq)):
            return settled
        why = next((piece.maybe for piece in pieces if piece.maybe is not None), Unknown("it is set more than once"))
        others = [self.piece(piece, key).value for piece in pieces]
        complete = level.has(key)
        maps = [value for value in others if isinstance(value, Map)]
        alike = complete and all(isinstance(value, Map) and value.keys() == maps[0].keys() for value in others)
        if alike or (key in _KEPT and len(maps) == len(others)):
            return Settled(joined(maps, why, complete), chosen.span)
        if complete:
            return Settled(one_of(why, others), chosen.span)
        refs = tuple(dict.fromkeys(ref for value in others if isinstance(value, Unknown) for ref in value.refs))
        return Settled(Unknown(why.reason, refs), chosen.span)

    def piece(self, piece: Piece, key: str = "") -> Settled:
        """A piece without its expressions."""
        value, span, scope, _ = piece
        if scope is None:
            return Settled(value, span)
        if isinstance(value, str):
            if "${{" not in value:
                return Settled(value, span)
            if key.lower() in CODE_KEYS and not _is_one_expression(value):
                return Settled(value, span)
            settled = self.scalar(value, span, scope)
            if key == "condition" and isinstance(settled.value, Unknown):
                return Settled(value, span)  # its words are what there is to look at
            return settled
        return Settled(self.whole(value, scope, span), span)

    def whole(self, value: Value, scope: Scope | None, span: Span) -> Value:
        """A value with all expressions taken out, however deep."""
        if scope is None or not isinstance(value, (Map, Seq, str)):
            return value
        if isinstance(value, str):
            return self.scalar(value, span, scope).value if "${{" in value else value
        if isinstance(value, Map):
            return self.whole_map(self.level(value, scope), value, scope) if id(value) not in self._done else value
        self._enter()
        found = Seq(value.span, value.header)
        for piece in self.items(value, value.span, scope):
            found.add(self.item(piece), piece.span)
        self._depth -= 1
        return found

    def whole_map(self, level: Level, written: Map, scope: Scope | None, maybe: Unknown | None = None) -> Map:
        """All of a level as one mapping; `written` is where it stands."""
        self._enter()
        found = Map(written.span, written.header)
        for key in level:
            settled = self.settle(level, key)
            if settled is not None:
                found.put(key, settled.value, settled.span, settled.origin)
        self._depth -= 1
        self._done[id(found)] = (found, scope, maybe)
        return found

    def item(self, piece: Piece) -> Value:
        """A list's item without expressions; a mapping remembers that it may not be there."""
        value = piece.value
        if isinstance(value, Map):
            if id(value) in self._done:
                return value
            if piece.scope is None:
                return value
            return self.whole_map(self.level(value, piece.scope), value, piece.scope, piece.maybe)
        return self.piece(piece).value

    # Lists ------------------------------------------------------------------------------------------------

    def items(self, value: Value, span: Span, scope: Scope | None, maybe: Unknown | None = None) -> list[Piece]:
        """The items of a list, with those that directives and expressions put in."""
        found: list[Piece] = []
        self.splice(Piece(value, span, scope, maybe), found)
        return found

    def splice(self, piece: Piece, found: list[Piece]) -> None:
        value, span, scope, maybe = piece
        self._enter()
        if isinstance(value, str) and scope is not None and "${{" in value:
            settled = self.scalar(value, span, scope)
            if isinstance(settled.value, Seq):
                self.splice(Piece(settled.value, span, None, maybe), found)
            elif settled.value is not None and settled.value != "":
                found.append(Piece(settled.value, span, None, maybe))
        elif isinstance(value, Seq):
            chain = Chain()
            for item, place in zip(value, value.spans, strict=False):
                self._item(Piece(item, place, scope, maybe), chain, found)
        elif value is not None:
            self._item(piece, Chain(), found)
        self._depth -= 1

    def _item(self, piece: Piece, chain: Chain, found: list[Piece]) -> None:
        value, span, scope, maybe = piece
        self.spend()
        if isinstance(value, Map):
            known = self._done.get(id(value))
            if known:
                found.append(Piece(value, span, None, first_reason(maybe, known[2])))
                return
            directives = [_DIRECTIVE.match(key) if "${{" in key else None for key in value] if scope is not None else []
            if directives and scope is not None and all(directives):
                for key, directive in zip(value, directives, strict=True):
                    if directive is None:
                        continue
                    place = value.spans[key]
                    for branch in self._branches(directive, value[key], place, scope, maybe, chain):
                        inner = branch.value
                        where = inner.header if isinstance(inner, Map) and inner.header.line else branch.span
                        self.splice(branch._replace(span=where), found)
                return
        elif isinstance(value, str) and scope is not None and _is_one_expression(value):
            self.splice(piece, found)
            return
        chain.over, chain.open, chain.in_pulls = True, None, False
        found.append(piece)


def _is_one_expression(text: str) -> bool:
    bare = text.strip()
    return bare.startswith("${{") and bare.endswith("}}") and bare.count("${{") == 1


def _free(strict: Value, value: Value) -> Unknown | None:
    return strict if isinstance(strict, Unknown) and not isinstance(value, Unknown) else None


def _origins(used: list[Bound]) -> OriginsOf | None:
    if not used:
        return None

    def told() -> tuple[Origin, ...]:
        return tuple(origin for bound in used[:MAX_ORIGINS] for origin in bound.origins())[:MAX_ORIGINS]

    return told
