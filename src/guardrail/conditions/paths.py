"""Attribute paths: `a.b`, `a[*].b`, `a[0]`, `a["odd.key"].b`, and `^.a` for the resource's own attributes, `^` for all
of them.

A name steps into a mapping. On a list it steps into the items: the one item of a Terraform block that can
stand only once, or each of them. In a string that is a JSON document it steps into what that says. `[*]` says "each"
outright: of a list its items, of a mapping its values, of nothing none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from guardrail.conditions.outcome import MISSING, Leaf, Scope
from guardrail.model import Encoded, EncodedUnknown, Map, OneOf, PartText, Sensitive, Seq, Unknown, Value
from guardrail.model.patterns import lazy_regex

_TOKEN = lazy_regex(r"""\.?([A-Za-z_$@/-][\w$@/:-]*)|\[(\*|\d+|"[^"]*"|'[^']*')\]""")

EACH = "*"


class Path(NamedTuple):
    """`steps`: names (str), indexes (int) or EACH wrapped in a 1-tuple so that a key `*` stays a name. `names`: the
    steps with dots between them where all are names, else empty."""

    text: str
    steps: tuple[str | int | tuple[str], ...]
    from_resource: bool = False
    names: str = ""

    def leaves(self, scope: Scope) -> list[Leaf]:
        """The values at the path. A single leaf with MISSING where the path leads nowhere; none at all
        where a `[*]` has nothing to go over."""
        root = scope.resource.attributes if self.from_resource else scope.root
        steps = self.steps
        if len(steps) == 1:  # by far the most frequent
            step = steps[0]
            if type(step) is str:
                value = root.get(step)
                if value is None:
                    return [Leaf(self.text, MISSING, root.place(step), root, step)]
                return [Leaf(self.text, value, root.place(step), root, step)]
        elif self.names:  # through mappings only, there is but one leaf, and no need for those on the way
            holder, last = root, len(steps) - 1
            for index, step in enumerate(steps):
                if type(holder) is not Map:
                    break
                value = holder.get(step)  # type: ignore[arg-type]
                if value is None or index == last:
                    found = MISSING if value is None else value
                    return [Leaf(self.names, found, holder.place(step), holder, step)]  # type: ignore[arg-type]
                holder = value
        leaves = [Leaf("", root, root.header)]
        for step in steps:
            leaves = [found for leaf in leaves for found in _step(leaf, step)]
        return leaves


@lru_cache(maxsize=4096)  # messages ask for the same few over and over
def parse_path(text: str) -> Path:
    """Raises ValueError for what is not a path."""
    if text == "^":
        return Path(text, (), True)
    rest, from_resource = text, False
    if rest.startswith("^."):
        rest, from_resource = rest[2:], True
    steps: list[str | int | tuple[str]] = []
    position = 0
    while position < len(rest):
        match = _TOKEN.match(rest, position)
        if not match or (position == 0 and rest.startswith(".")) or (
            match.group(1) and position > 0 and rest[position] != "."
        ):  # fmt: skip
            raise ValueError(f"{text!r} is not an attribute path")
        name, index = match.groups()
        if name is not None:
            steps.append(name)
        elif index == EACH:
            steps.append((EACH,))
        elif index.isdecimal():
            steps.append(int(index))
        else:
            steps.append(index[1:-1])
        position = match.end()
    if not steps:
        raise ValueError("an empty attribute path")
    names = ".".join(step for step in steps if isinstance(step, str))
    return Path(text, tuple(steps), from_resource, names if all(isinstance(step, str) for step in steps) else "")


def join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


def _step(leaf: Leaf, step: str | int | tuple[str]) -> list[Leaf]:
    value = leaf.value
    kind = type(value)
    if isinstance(value, (Encoded, EncodedUnknown)):
        value = value.decoded
        kind = type(value)
    elif isinstance(value, (str, PartText)):
        value = _opened(value, leaf)
    if isinstance(value, Unknown):
        return [leaf._replace(value=value.whole())] if isinstance(value, OneOf) else [leaf]
    if kind is Sensitive:
        inner = _step(leaf._replace(value=value.reveal()), step)  # type: ignore[union-attr]
        return [found._replace(value=_hidden(found.value)) for found in inner]
    if isinstance(step, tuple):
        return _each(leaf, value)
    if isinstance(value, Map):
        name = str(step)
        path = join(leaf.path, name)
        found = value.get(name)
        if found is None:
            return [Leaf(path, MISSING, value.place(name), value, name)]
        return [Leaf(path, found, value.place(name), value, name)]
    if isinstance(value, Seq):
        if isinstance(step, int):
            if step < len(value):
                return [Leaf(f"{leaf.path}[{step}]", value[step], value.place(step), value, step)]
            return [Leaf(f"{leaf.path}[{step}]", MISSING, value.header)]
        if not value:
            return [Leaf(join(leaf.path, step), MISSING, value.header)]
        return [found for item in _each(leaf, value) for found in _step(item, step)]
    where = f"{leaf.path}[{step}]" if isinstance(step, int) else join(leaf.path, step)
    return [Leaf(where, MISSING, leaf.span, leaf.holder, leaf.key)]


def _opened(value: str | PartText, leaf: Leaf) -> Value:
    """The document that a string holds; the string where it holds none."""
    from guardrail.conditions.documents import document

    found = document(value, leaf.span)
    return value if found is None else found


def _each(leaf: Leaf, value: object) -> list[Leaf]:
    if isinstance(value, Seq):
        single = len(value) == 1 and leaf.path and isinstance(value[0], Map)
        return [
            Leaf(leaf.path if single else f"{leaf.path}[{index}]", item, value.place(index), value, index)
            for index, item in enumerate(value)
        ]
    if isinstance(value, Map):
        return [Leaf(join(leaf.path, key), item, value.place(key), value, key) for key, item in value.items()]
    if value is MISSING or value is None:
        return []
    return [leaf]


def _hidden(value: Value) -> Value:
    if value is MISSING or isinstance(value, (Sensitive, Unknown)):
        return value
    return Sensitive(value)
