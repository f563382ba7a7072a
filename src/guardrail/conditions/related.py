"""`related`: what holds of resources that this one is joined to by references.

    related:
      to: aws_s3_bucket_versioning       # a kind, or a list of kinds
      via: bucket                        # only those that refer to ours, through this attribute of theirs
      from: [url, request_body]          # only those that ours refers to, through one of these attributes of its own
      match: {bucket: bucket}            # or: its attribute equals this attribute of ours (names written out)
      where: {...}                       # which of them: others are as if they were not there
      require: {...}                     # what must hold of one of them (expect: some), of each, of none

References are followed in either direction, through locals and module outputs as far as the reader could.
Where none is found that fits, but there is one of the kind whose link cannot be known, so is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from guardrail.conditions.outcome import TRUE, Condition, Leaf, Outcome, Scope, conjunction, disjunction, negation
from guardrail.conditions.paths import Path, parse_path
from guardrail.inputs.kubernetes.kinds import kind_of
from guardrail.model import Map, Reference, Resource, Unknown

_HOLDER = "kubernetes_manifest"
KEYS = frozenset({"to", "via", "from", "match", "where", "require", "expect"})


def compile_related(
    data: Any, parameters: Mapping[str, Any], compile_condition: Callable[[Any, Mapping[str, Any]], Condition]
) -> Condition:
    if not isinstance(data, dict) or "to" not in data:
        raise ValueError("related needs a mapping with `to`")
    if unknown := sorted(set(data) - KEYS):
        raise ValueError(f"related: unknown key {unknown[0]!r}")
    if "via" in data and "from" in data:
        raise ValueError("related: `via` and `from` are two directions; write one")
    joint = _joint(data)
    where = compile_condition(data["where"], parameters) if "where" in data else None
    require = compile_condition(data["require"], parameters) if "require" in data else None
    expect = data.get("expect", "some")
    if expect not in ("some", "each", "none"):
        raise ValueError("related: `expect` is some, each or none")
    words = f"joined to {_one_of(joint.kinds)}"

    def evaluate(scope: Scope) -> Outcome:
        judged = (_judge(other, linked, scope) for other, linked in _linked(scope, joint))
        outcomes = [outcome for outcome in judged if outcome is not None]
        absent = Leaf("", None, scope.resource.header, wanted=words)
        if expect == "each":
            return conjunction(outcomes) if outcomes else TRUE
        found = disjunction(outcomes) if outcomes else Outcome(False, (absent,))
        return negation(found) if expect == "none" else found

    def _judge(other: Resource, linked: bool | None, scope: Scope) -> Outcome | None:
        """None where it is not one of them."""
        inner = Scope(_written(other), other, scope.inventory)
        here = Leaf("", None, other.header, owner=other)
        is_meant = where(inner) if where else TRUE
        if is_meant.truth is False:
            return None
        holds = require(inner) if require else Outcome(True, (here,))
        if expect == "each":
            outcome = holds if is_meant.truth else disjunction([negation(is_meant), holds])
        else:
            outcome = conjunction([is_meant, holds]) if where else holds
        leaves = tuple(leaf if leaf.owner else leaf._replace(owner=other) for leaf in outcome.leaves)
        if linked is None and outcome.truth is not False:
            reason = f"whether {other.address} belongs to {scope.resource.address} cannot be known"
            return Outcome(None, (Leaf(joint.via, Unknown(reason), other.header, owner=other),))
        return Outcome(outcome.truth, leaves or (here,))

    return evaluate


def _one_of(kinds: tuple[str, ...]) -> str:
    if len(kinds) <= 4:
        return " or ".join(kinds)
    return f"{', '.join(kinds[:3])} or one of {len(kinds) - 3} other kinds"


Matching = list[tuple[Path, Path]]


class _Joint(NamedTuple):
    """How resources are joined to the subject: `via` an attribute of theirs, by one of `ours`, by equal names."""

    kinds: tuple[str, ...]
    via: str
    ours: tuple[str, ...]
    match: Matching


def _joint(data: Mapping[str, Any]) -> _Joint:
    match = [(parse_path(theirs), parse_path(ours)) for theirs, ours in (data.get("match") or {}).items()]
    return _Joint(_listed(data["to"]), data.get("via", ""), _listed(data.get("from", [])), match)


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def linked(data: Mapping[str, Any], scope: Scope) -> list[tuple[Resource, bool | None]]:
    """The resources that a `related` is about, before anything is asked of them: True surely, None perhaps."""
    return _linked(scope, _joint(data))


def _linked(scope: Scope, joint: _Joint) -> list[tuple[Resource, bool | None]]:
    """The resources of these kinds that are joined to the scope's: True surely, None perhaps. Linear: what is looked
    up is indexed once for the inventory."""
    kinds, via, ours, match = joint
    subject, inventory = scope.resource, scope.inventory
    if not any(kind in inventory.by_kind for kind in (*kinds, _HOLDER)):
        return []
    wanted = set(kinds)
    found: dict[int, tuple[Resource, bool | None]] = {}
    for other, path in inventory.referring_to(subject) if not ours else ():
        if _kind(other) in wanted and (not via or path == via or path.startswith((via + ".", via + "["))):
            found[id(other)] = (other, True if other.surely_beside(subject) else None)
    for attribute in ours or ("",) if not via else ():
        for other in inventory.referred_to_by(subject, attribute):
            if _kind(other) in wanted:
                found[id(other)] = (other, True if other.surely_beside(subject) else None)
    for kind in kinds:
        if match:
            for other, linked in _matching(scope, kind, match):
                found.setdefault(id(other), (other, linked))
        if via:
            for other, outside in _loose(scope, kind, via).get(subject.scope, ()):
                if not outside or _depends_on(subject, outside):
                    found.setdefault(id(other), (other, None))
    return [pair for pair in found.values() if pair[0] is not subject]


def _written(resource: Resource) -> Map:
    """Its attributes; of a `kubernetes_manifest` the object that it holds, for rules speak of that."""
    held = resource.attributes.get("manifest") if resource.kind == _HOLDER else None
    return held if isinstance(held, Map) else resource.attributes


def _holders(scope: Scope, kind: str) -> list[Resource]:
    """Terraform's resources that hold objects of a kind of Kubernetes'."""
    return [other for other in scope.inventory.by_kind.get(_HOLDER, ()) if kind_of(_written(other)) == kind]


def _kind(resource: Resource) -> str:
    return f"{resource.mode}.{resource.kind}" if resource.mode in ("data", "ephemeral") else resource.kind


def _matching(scope: Scope, kind: str, match: Matching) -> list[tuple[Resource, bool | None]]:
    """Resources whose attributes named by `match` equal ours; None where one of theirs or ours is unknown."""
    name = f"related {kind} {' '.join(theirs.text for theirs, _ in match)}"
    index: dict[Any, list[Resource]] = scope.inventory.indexes.get(name)  # type: ignore[assignment]
    if index is None:
        index = {}
        for other in (*scope.inventory.by_kind.get(kind, ()), *_holders(scope, kind)):
            theirs = _key(Scope(_written(other), other, scope.inventory), [path for path, _ in match])
            index.setdefault(theirs, []).append(other)
        scope.inventory.indexes[name] = index
    ours = _key(Scope(_written(scope.resource), scope.resource, scope.inventory), [path for _, path in match])
    if ours == _NO_KEY:
        return []
    if ours == _UNKNOWN_KEY:
        return [(other, None) for key, others in index.items() if key != _NO_KEY for other in others[:1]]
    maybe: list[tuple[Resource, bool | None]] = [(other, None) for other in index.get(_UNKNOWN_KEY, ())]
    return [*((other, True if other.surely_beside(scope.resource) else None) for other in index.get(ours, ())), *maybe]


_NO_KEY, _UNKNOWN_KEY = ("none",), ("unknown",)


def _key(scope: Scope, paths: list[Path]) -> tuple[str, ...]:
    """The values at the paths as one key. A reference is an edge, which is looked at as such: no key."""
    key: list[str] = []
    unknown = False
    for path in paths:
        leaves = path.leaves(scope)
        value = leaves[0].value if len(leaves) == 1 else None
        if isinstance(value, Reference) or not isinstance(value, (str, int, Unknown)):
            return _NO_KEY
        unknown = unknown or isinstance(value, Unknown)
        key.append(repr(value))
    return _UNKNOWN_KEY if unknown else tuple(key)


def _loose(scope: Scope, kind: str, via: str) -> dict[str, list[tuple[Resource, frozenset[str]]]]:
    """By folder, the resources of a kind whose link is unknown and leads nowhere that we know: each may be anyone's
    in its folder. With those whose link is given out by a module that isn't read, or looked up, by what: it is that of
    something else, but for those who have it from there too."""
    name = f"loose {kind} {via}"
    index: dict[str, list[tuple[Resource, frozenset[str]]]] = scope.inventory.indexes.get(name)  # type: ignore[assignment]
    if index is None:
        index = {}
        path = parse_path(via)
        for other in scope.inventory.by_kind.get(kind, ()):
            values = [leaf.value for leaf in path.leaves(Scope(other.attributes, other, scope.inventory))]
            unknown = [v for v in values if isinstance(v, Unknown) and not isinstance(v, Reference)]
            if unknown and not any(edge.path == via for edge in other.edges):
                refs = frozenset(ref for value in unknown for ref in value.refs)
                outside = all(value.refs for value in unknown) and all(map(_is_outside, refs))
                index.setdefault(other.scope, []).append((other, refs if outside else frozenset()))
        scope.inventory.indexes[name] = index
    return index


def _is_outside(ref: str) -> bool:
    return ref.startswith(("module.", "data."))


def _depends_on(resource: Resource, refs: frozenset[str]) -> bool:
    """Whether one of its attributes does."""
    values = (value for value in resource.attributes.values() if isinstance(value, Unknown))
    return any(not refs.isdisjoint(value.refs) for value in values)
