"""Bodies of resources -> Maps: attributes evaluated, nested and dynamic blocks as lists of Maps."""

from __future__ import annotations

from collections.abc import Callable

from guardrail.formats.hcl import Attribute, Block, Body
from guardrail.formats.hcl_collection_nodes import Object, Tuple
from guardrail.formats.hcl_loops import iterate
from guardrail.formats.hcl_nodes import Literal, Node, Ref, Scope, Trace
from guardrail.formats.hcl_values import Deferred, EvalError, OpenMap, PartialMap, derived, relocated
from guardrail.inputs.terraform.map_blocks import MAPS, is_map
from guardrail.inputs.terraform.references import ResourceRef
from guardrail.inputs.terraform.run import Edges, Run
from guardrail.inputs.terraform.variables import Words
from guardrail.model import Map, PartList, Perhaps, Reference, Sensitive, Seq, Span, Unknown, Value
from guardrail.model.resource import Edge

MAX_INSTANCES = 1_000  # of one resource, module call or dynamic block

META = frozenset(("count", "for_each", "depends_on", "provider"))
_UNEVALUATED = frozenset(("precondition", "postcondition", "validation", "dynamic"))
# Attributes whose words are no references; None: every one of the block.
_KEYWORDS = {
    "lifecycle": ("ignore_changes", "replace_triggered_by"), "provisioner": ("when", "on_failure"),
    "module": ("providers",), "variable": ("type",),
    "action_trigger": ("events", "actions"),  # Terraform 1.14
}  # fmt: skip


class BlockMap(OpenMap):
    """A block of a resource. What it does not set, the provider may: `owner` is the resource's address."""

    __slots__ = ("owner",)

    null_is_unset = True

    def __init__(self, span: Span, header: Span, owner: str) -> None:
        super().__init__(span, header)
        self.owner = owner

    def lacking(self, name: str) -> Unknown:
        return Reference(self.owner, name)


class BrokenBlockMap(PartialMap):
    """A block that did not parse as a whole."""

    __slots__ = ()


class Evaluation:
    """One evaluation of one block: its scope, the address that it is for, and the edges that it found. `kind`: of a
    resource `resource` or `data`, and its type."""

    __slots__ = ("edges", "kind", "owner", "run", "words")

    def __init__(self, run: Run, owner: str, kind: tuple[str, str] = ("", "")) -> None:
        self.run, self.owner, self.kind = run, owner, kind
        self.edges: list[Edge] = []
        self.words = Scope(Words(run))

    def body(self, block: Block, scope: Scope, path: str = "", into: Map | None = None) -> Map:
        """`into` is filled in place, so that what is under evaluation can be asked for what it has."""
        made = into if into is not None else self.new(block.body, block.span, block.header)
        self._attributes(block, made, scope, path)
        self._blocks(block.body, made, scope, path)
        return made

    def new(self, body: Body, span: Span, header: Span) -> Map:
        if body.broken:
            return BrokenBlockMap(Unknown("the block has a syntax error"), span, header)
        return BlockMap(span, header, self.owner)

    # ---- attributes ----

    def _attributes(self, block: Block, made: Map, scope: Scope, path: str) -> None:
        keywords = _KEYWORDS.get(block.type, ())
        for name, attribute in block.body.attributes.items():
            if name in META and not path:
                continue
            node = attribute.node
            if type(node) is Literal:
                made[name] = node.value
                made.spans[name] = attribute.span
            elif keywords is None or name in keywords:
                source = attribute.source  # a type constraint, as it is written
                made[name] = source or self.run.value_of(node, self.words, attribute.span, name)
                made.spans[name] = attribute.span
            else:
                self._attribute(name, attribute, made, scope, f"{path}.{name}" if path else name)

    def _attribute(self, name: str, attribute: Attribute, made: Map, scope: Scope, path: str) -> None:
        node, span = attribute.node, attribute.span
        if node.pure:
            made[name] = self.run.value_of(node, scope, span, name)
            made.spans[name] = span
            return
        first = len(self.edges)
        value = self.collect(path, lambda: self.run.value_of(node, scope, span, name))
        try:
            value = settled(value, node, span)
        except EvalError as error:  # the whole of a resource that is in the making
            value = self.run.rejected(error, node, scope, span, name)
        if isinstance(value, Reference) and value.target != self.owner:
            met = [edge for edge in self.edges[first:] if edge.target == value.target]
            if met:  # and not what else a map has that it was taken from
                self.edges[first:] = met
            elif not self._noted(path):
                self.edges.append(Edge(path, value.target, value.attribute))  # by way of `each.value`
        made.put(name, value, span, Trace(node, scope))

    def collect(self, path: str, work: Callable[[], Value]) -> Value:
        """Do some evaluating, and keep the references that it meets as edges at `path`."""
        run = self.run
        outer, run.edges = run.edges, {}
        try:
            return work()
        finally:
            self.note(path, run.edges)
            run.edges = outer

    def _noted(self, path: str) -> bool:
        return any(edge.path == path for edge in self.edges)

    def note(self, path: str, edges: Edges) -> None:
        self.edges += [Edge(path, target, attribute) for target, attribute in edges]

    # ---- blocks ----

    def _blocks(self, body: Body, made: Map, scope: Scope, path: str) -> None:
        for block in body.blocks:
            kind = block.type
            if kind == "dynamic" and block.labels:
                name = block.labels[0]
                self._dynamic(name, block, made, scope, f"{path}.{name}" if path else name)
            elif kind not in _UNEVALUATED:
                inner = f"{path}.{kind}" if path else kind
                if kind in MAPS and is_map(*self.kind, inner):
                    self._map(kind, block, made, scope, inner)
                    continue
                item = self._block(kind, block, made, scope, inner)
                if kind == "provisioner" and block.labels:
                    item["type"] = block.labels[0]
                    item.spans["type"] = block.header
                self._append(made, kind, item, block.span)

    def _map(self, name: str, block: Block, made: Map, scope: Scope, path: str) -> None:
        new = self.new(block.body, block.span, block.header) if block.body.broken else Map(block.span, block.header)
        held = made.get(name)
        made[name] = self.body(block, scope, path, into=held if isinstance(held, Map) else new)
        made.spans.setdefault(name, block.span)

    def _block(self, kind: str, block: Block, made: Map, scope: Scope, path: str) -> Map:
        """A provisioner runs when its resource is there, and may refer to it, as `self` and by its name."""
        if kind not in ("provisioner", "connection"):
            return self.body(block, scope, path)
        running = self.run.provisioned
        inner = self.owner in running  # the connection of a provisioner
        running.add(self.owner)
        try:
            return self.body(block, scope.child({"self": Itself(self.owner, made)}), path)
        finally:
            if not inner:
                running.discard(self.owner)

    def _append(self, made: Map, name: str, item: Value, span: Span) -> None:
        others = made.get(name)
        if isinstance(others, Seq):
            others.add(item, span)
            return
        header = item.header if isinstance(item, Map) else span
        blocks = Seq(span, header)
        if isinstance(others, Perhaps):
            blocks.add(others, made.place(name), made.origins.pop(name, None) if made.origins else None)
        made[name] = blocks
        made.spans[name] = span
        blocks.add(item, span)

    def _dynamic(self, name: str, block: Block, made: Map, scope: Scope, path: str) -> None:
        each = block.body.attributes.get("for_each")
        content = next(iter(block.body.of_type("content")), None)
        if each is None or content is None:
            self.run.tell("evaluation", f'dynamic "{name}" needs for_each and content', block.header)
            return
        iterator = name
        named = block.body.attributes.get("iterator")
        if named is not None:
            told = self.run.value_of(named.node, self.words, named.span, "iterator")
            iterator = told if isinstance(told, str) else name
        what = f'for_each of dynamic "{name}"'
        source = self.collect(path, lambda: self.run.value_of(each.node, scope, each.span, what))
        try:
            items = iterate(source, each.span.line) if source is not None else []
        except EvalError as error:
            items = self.run.rejected(error, each.node, scope, each.span, what)
        rest: Unknown | None = source.rest if isinstance(source, PartialMap) else None
        perhaps: list[Value] = []
        if isinstance(source, PartList):
            items, perhaps, rest = _known(source)
        elif isinstance(items, Unknown):
            rest, items = items, []
        if len(items) > MAX_INSTANCES:
            self.run.tell("expansion", f"{what} gives {len(items):,} blocks; only the first {MAX_INSTANCES:,} are "
                          "judged", each.span)  # fmt: skip
            items = items[:MAX_INSTANCES]
        hidden = isinstance(source, Sensitive)
        opened = source.reveal() if isinstance(source, Sensitive) else source
        for key, value in items:
            pair = _pair(key, Sensitive(value) if hidden else value, opened)
            inner = scope.child({iterator: pair}, each.node)
            made_one = self.body(Block(name, (), content.body, block.span, block.header), inner, path)
            self._append(made, name, made_one, block.span)
        if rest is not None:  # how many blocks there are is unknown; what the content refers to is not
            perhaps.append(derived(rest))
        for value in perhaps:
            why = derived(rest or source)
            inner = scope.child({iterator: _pair(why, value, source)}, each.node)
            made_one = self.body(Block(name, (), content.body, block.span, block.header), inner, path)
            self._append_perhaps(made, name, made_one, why, block.span, Trace(each.node, scope))

    def _append_perhaps(self, made: Map, name: str, block: Map, rest: Unknown, span: Span, origin: Trace) -> None:
        """Blocks of which one is there are a list; those that may all be absent are not."""
        others = made.get(name)
        if isinstance(others, Seq):
            others.add(Perhaps(rest, _alone(block, span)), span, origin)
        elif isinstance(others, Perhaps):
            others.blocks.add(block, span)
        else:
            made.put(name, Perhaps(rest, _alone(block, span)), span, origin)


def _known(source: PartList) -> tuple[list[tuple[Value, Value]], list[Value], Unknown | None]:
    """Of a list of which some items are known: those that are there with their keys, those that may be there, and
    what stands for the others, if there are any."""
    place = derived(source)  # each stands after others of which nobody knows how many there are
    items: list[tuple[Value, Value]] = [(place, item) for item in source.items if not isinstance(item, Unknown)]
    perhaps = [one for item in source.items if isinstance(item, Perhaps) for one in item.blocks]
    is_whole = all(isinstance(item, Perhaps) for item in source.items if isinstance(item, Unknown))
    return items, perhaps[:MAX_INSTANCES], None if is_whole else place


def _alone(block: Map, span: Span) -> Seq:
    blocks = Seq(span, block.header)
    blocks.add(block, span)
    return blocks


class Itself(Reference, Deferred):
    """`self` in a provisioner."""

    __slots__ = ("attributes",)

    def __init__(self, address: str, attributes: Map) -> None:
        super().__init__(address, "")
        self.attributes = attributes

    def attr(self, name: str) -> Value:
        value = self.attributes.get(name)
        return value if value is not None else Reference(self.target, name)


def _pair(key: Value, value: Value, source: Value) -> Map:
    pair = Map()
    pair["key"] = key
    pair["value"] = value
    if isinstance(source, Map) and key in source.spans:
        pair.spans["value"] = source.spans[key]
    return pair


def settled(value: Value, node: Node, span: Span) -> Value:
    """A value as an attribute has it: references as such, collections from elsewhere standing here."""
    if isinstance(value, Deferred):
        value = value.force()
        if isinstance(value, ResourceRef):
            return Reference(value.address, "")
        return value
    if isinstance(value, (Map, Seq)) and not isinstance(node, (Object, Tuple)):
        return relocated(value, span)
    return value


def references_as_text(node: Node) -> list[str]:
    """The traversals of `depends_on = [a.b, module.c]`, as text."""
    if isinstance(node, Tuple):
        found: list[str] = []
        for item in node.items:
            found += references_as_text(item)
        return found
    if isinstance(node, Ref):
        return [node.text().removeprefix("resource.")]
    if isinstance(node, Literal) and isinstance(node.value, str):
        return [str(node.value)]
    return []
