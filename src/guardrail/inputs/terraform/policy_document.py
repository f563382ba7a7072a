"""`data.aws_iam_policy_document`: from blocks to the document that the provider makes of them."""

from __future__ import annotations

import json

from guardrail.formats.hcl_values import EvalError, PartialMap, combined, derived, revealed, survey
from guardrail.inputs.terraform.functions.decoding import decode
from guardrail.model import (
    NOWHERE,
    Encoded,
    EncodedUnknown,
    Entries,
    Map,
    PartList,
    PartText,
    Perhaps,
    Sensitive,
    Seq,
    Span,
    Unknown,
    Value,
    as_if_there,
)

_LISTS = (("actions", "Action"), ("not_actions", "NotAction"), ("resources", "Resource"),
          ("not_resources", "NotResource"))  # fmt: skip


def policy_document(attributes: Map) -> Value:
    """An `Encoded` (or `EncodedUnknown`) whose `decoded` is the policy as a Map with the blocks' places."""
    document = Map(attributes.span, attributes.header)
    version = attributes.get("version")
    _put(document, "Version", version if version is not None else "2012-10-17", attributes, "version")
    policy_id = attributes.get("policy_id")  # unknown where the block is broken
    if policy_id is not None:
        _put(document, "Id", policy_id, attributes, "policy_id")
    statements = Seq(attributes.span, attributes.header)
    sources = [*_documents(attributes, "source_json"), *_documents(attributes, "source_policy_documents")]
    for other, span in sources:
        _take_all(statements, other, span, False)
    own = attributes.get("statement")
    if isinstance(own, Seq):
        for index, block in enumerate(own):
            if isinstance(block, Map):
                _add(statements, _statement(block), own.place(index), True)
            else:
                _add_perhaps(statements, block, own.place(index))
    elif isinstance(own, Unknown):
        _add_perhaps(statements, own, attributes.spans.get("statement", NOWHERE))
    for other, span in [*_documents(attributes, "override_json"),
                        *_documents(attributes, "override_policy_documents")]:  # fmt: skip
        _take_all(statements, other, span, True)
    document.put("Statement", statements, statements.span)
    unknown, hidden = survey(document)
    unknown += [block for block in (own if isinstance(own, Seq) else [own]) if isinstance(block, Perhaps)]
    if unknown:
        found = combined(unknown)
        return EncodedUnknown(found.reason, document, found.refs)
    text = json.dumps(_rendered(revealed(document)), indent=2, ensure_ascii=False)
    return Sensitive(Encoded(text, document)) if hidden else Encoded(text, document)


def _put(target: Map, key: str, value: Value, source: Map, name: str) -> None:
    origin = source.origins.get(name) if source.origins else None
    target.put(key, value, source.spans.get(name, source.header), origin)


def _documents(attributes: Map, name: str) -> list[tuple[Value, Span]]:
    value = attributes.get(name)
    span = attributes.spans.get(name, NOWHERE)
    if isinstance(value, PartList):
        value = as_if_there(value)
    items = value if isinstance(value, Seq) else [] if value is None or value == "" else [value]
    found: list[tuple[Value, Span]] = []
    for item in items:
        if isinstance(item, EncodedUnknown):
            found.append((item.decoded, span))
        elif isinstance(item, Unknown) and not isinstance(item, PartText):
            found.append((item, span))
        elif item:
            try:
                found.append((decode(item, False), span))
            except EvalError:
                found.append((Unknown(f"{name} holds what is not JSON"), span))
    return found


def _take_all(statements: Seq, document: Value, span: Span, override: bool) -> None:
    """Statements of another document. One with the Sid of an earlier one replaces it, where it overrides."""
    if isinstance(document, Sensitive):
        document = document.reveal()
    if isinstance(document, Unknown):
        statements.add(document, span)
        return
    inner = document.get("Statement") if isinstance(document, Map) else None
    if isinstance(inner, Map):
        _add(statements, inner, inner.span if inner.span.line else span, override)
    elif isinstance(inner, Seq):
        for index, item in enumerate(inner):
            place = inner.place(index)
            _add(statements, item, place if place.line else span, override)
    elif isinstance(inner, Unknown):
        statements.add(inner, span)


def _add(statements: Seq, statement: Value, span: Span, override: bool) -> None:
    sid = statement.get("Sid") if isinstance(statement, Map) else None
    if override and isinstance(sid, str) and sid:
        for index, known in enumerate(statements):
            if isinstance(known, Map) and known.get("Sid") == sid:
                statements[index], statements.spans[index] = statement, span
                return
    statements.add(statement, span)


def _add_perhaps(statements: Seq, unknown: Value, span: Span) -> None:
    """Statements of which nobody knows whether they are there. One that allows something counts as being there, as
    resources do that may be; one that forbids something forbids it on a condition that is not known. None takes the
    place of another with its Sid: they may be two for one thing, of which there is one."""
    if not isinstance(unknown, Perhaps):
        statements.add(unknown, span)
        return
    for index, block in enumerate(unknown.blocks):
        made = _statement(block)
        if made["Effect"] != "Allow":
            made.put("Condition", derived(unknown), made.place("Effect"))
        statements.add(made, unknown.blocks.place(index))


def _statement(block: Map) -> Map:
    made = Map(block.span, block.header)
    sid = block.get("sid")
    if sid not in (None, ""):
        _put(made, "Sid", sid, block, "sid")
    effect = block.get("effect")
    _put(made, "Effect", effect if effect is not None else "Allow", block, "effect")
    for name, key in _LISTS:
        value = block.get(name)
        if value is not None and value != []:
            _put(made, key, value, block, name)
    for name, key in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        value = block.get(name)
        if isinstance(value, Unknown):
            _put(made, key, value, block, name)
        elif isinstance(value, Seq) and value:
            made.put(key, _principals(value), block.spans.get(name, block.header))
    conditions = block.get("condition")
    if isinstance(conditions, Unknown):
        _put(made, "Condition", conditions, block, "condition")
    elif isinstance(conditions, Seq) and conditions:
        made.put("Condition", _conditions(conditions), block.spans.get("condition", block.header))
    return made


def _principals(blocks: Seq) -> Value:
    """`{"AWS": [...]}`; type "*" with identifier "*" is anyone, written `"*"`."""
    made = Map(blocks.span, blocks.header)
    for index, block in enumerate(blocks):
        if not isinstance(block, Map):
            return block
        kind, names = block.get("type"), block.get("identifiers")
        if isinstance(kind, Unknown):
            return kind
        if not isinstance(kind, str):
            continue
        if kind == "*" and isinstance(names, Seq) and list(names) == ["*"] and len(blocks) == 1:
            return "*"
        known = made.get(kind)
        if isinstance(known, Seq) and isinstance(names, Seq):
            joined = Seq(known.span, known.header)
            for source in (known, names):
                for position, name in enumerate(source):
                    joined.add(name, source.spans[position] if position < len(source.spans) else NOWHERE)
            names = joined
        origin = block.origins.get("identifiers") if block.origins else None
        made.put(kind, names, block.spans.get("identifiers", blocks.place(index)), origin)
    return made


def _conditions(blocks: Seq) -> Value:
    made = Map(blocks.span, blocks.header)
    others: dict[str, list[tuple[Unknown, Value]]] = {}
    for block in blocks:
        if not isinstance(block, Map):
            return block
        test, variable, values = block.get("test"), block.get("variable"), block.get("values")
        if isinstance(test, Unknown):
            return test
        if not isinstance(test, str) or not isinstance(variable, (str, Unknown)):
            continue
        if test not in made:
            made.put(test, Map(block.span, block.header), block.span)
        if isinstance(variable, Unknown):
            others.setdefault(test, []).append((variable, values))
            continue
        origin = block.origins.get("values") if block.origins else None
        made[test].put(variable, values, block.spans.get("values", block.header), origin)
    for test, pairs in others.items():
        made[test] = _with_rest(made[test], Entries(tuple(pairs)))
    return made


def _with_rest(known: Map, rest: Entries) -> Value:
    if not known:
        return rest
    partial = PartialMap(rest, known.span, known.header)
    for key in known:
        partial.copy_entry(known, key)
    return partial


def _rendered(value: Value, key: str = "") -> Value:
    """As the provider writes it: a list of one string is that string, several are in descending order."""
    if isinstance(value, dict):
        return {name: _rendered(item, name) for name, item in value.items()}
    if isinstance(value, list):
        if key == "Statement":
            return [_rendered(item) for item in value]
        strings = [str(item) for item in value]
        return strings[0] if len(strings) == 1 else sorted(strings, reverse=True)
    return value
