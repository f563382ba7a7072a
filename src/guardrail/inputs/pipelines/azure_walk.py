"""One pipeline of Azure, walked from its root through stages, jobs and steps, templates followed on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from guardrail.inputs.pipelines.azure_expand import Expander, Level, Piece, Settled, TooMuch
from guardrail.inputs.pipelines.azure_guards import NotOfPulls, first_reason, keeps_pulls_out
from guardrail.inputs.pipelines.azure_scope import Bound, Scope, Variables
from guardrail.inputs.pipelines.azure_templates import (
    LISTS,
    beside,
    bind,
    call_note,
    in_file,
    locate,
    looks_like,
    split,
)
from guardrail.inputs.pipelines.document import Library
from guardrail.inputs.pipelines.vocabulary import Keys, pipeline_resource, text_of
from guardrail.model import Map, Note, Origin, Problem, Resource, Seq, Span, Unknown

PROVIDER = "azure-pipelines"
MAX_NESTING = 30  # of templates within templates
MAX_RESOURCES = 20_000  # of one pipeline
MAX_CALLS = 10_000  # of templates, in one pipeline


class Around(NamedTuple):
    """What a stage, job or step stands in. `fragment` is its address after the `#`; `names` what the fingerprint
    calls it, each with the file that it is written in; `maybe`: why it can't be known whether it exists; `trace`: the
    templates it came by; `open`: why what its surroundings set can't be known; `away`: a condition around it keeps
    outsiders' pull requests out; `file`: the template that puts it in."""

    fragment: str
    names: tuple[tuple[str, str], ...]
    scope: Scope
    maybe: Unknown | None = None
    trace: tuple[Origin, ...] = ()
    pool: Settled | None = None
    lock: Settled | None = None
    open: Unknown | None = None
    away: bool = False
    file: str = ""

    def under(self, condition: Settled | None) -> Around:
        """The same where this condition must hold too."""
        away = self.away or isinstance(self.maybe, NotOfPulls)
        return self._replace(away=away or (condition is not None and keeps_pulls_out(condition.value, self.scope)))


class Called(NamedTuple):
    """A template, or the lists that one which isn't read was handed."""

    level: Level
    around: Around


class Walk:
    """`root` is what the file holds; `reached` takes in the templates that are followed."""

    def __init__(self, path: str, root: Map, library: Library, reached: set[str]) -> None:
        self.path, self.root, self.library, self.reached = path, root, library, reached
        self.expander = Expander()
        self.resources: list[Resource] = []
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self.containers: dict[str, Map] = {}
        self.repositories: dict[str, Map] = {}
        self.includes: list[tuple[str, str, Span]] = []  # path, alias, place of each template that is called
        self.open = False  # a part of the pipeline is somewhere else, and may declare what is used here
        self.strays: list[Called] = []
        self._addresses = Keys()
        self._names = Keys()
        self._local: dict[Span, str] = {}

    def problem(self, kind: str, message: str, span: Span) -> None:
        self.problems.append(Problem(kind, message, span.file or self.path, span.line))

    def note(self, kind: str, message: str, span: Span) -> None:
        self.notes.append(Note(kind, message, span.file or self.path, span.line))

    def resource(
        self, kind: str, fragment: str, names: tuple[tuple[str, str], ...], attributes: Map, around: Around
    ) -> Resource:
        """A resource at this place of the pipeline. What one piece of a file becomes, in loops and by way of
        templates, shares a name: that of the piece in its file."""
        file = attributes.header.file or attributes.span.file or self.path
        local = self._local.get(attributes.header)
        if local is None:
            name = ".".join(part for where, part in names if where == file)
            local = self._local[attributes.header] = self._names.next(f"{file}\0{name}").partition("\0")[2]
        made = pipeline_resource(PROVIDER, kind, self.path, self._addresses.next(fragment), attributes, local)
        made.scope = file
        made.trace, made.uncertain = around.trace, around.maybe
        self.resources.append(made)
        return made

    @property
    def full(self) -> bool:
        return len(self.resources) > MAX_RESOURCES

    # Lists ------------------------------------------------------------------------------------------------

    def each(self, level: Level, kind: str, around: Around) -> Iterator[tuple[Piece, Level, Around]]:
        """The stages, jobs or steps that a level lists, those of templates in their places."""
        for piece in level.get(kind, ()):
            scope = piece.scope.with_variables(around.scope.variables) if piece.scope is not None else None
            for item in self.expander.items(piece.value, piece.span, scope, piece.maybe):
                yield from self._one(item, kind, around)

    def _one(self, item: Piece, kind: str, around: Around) -> Iterator[tuple[Piece, Level, Around]]:
        value = item.value
        around = around._replace(maybe=first_reason(around.maybe, item.maybe))
        if self.full:
            raise TooMuch("expansion", f"it comes to more than {MAX_RESOURCES:,} jobs and steps; not judged further")
        if value is None or isinstance(value, Unknown):
            return
        if not isinstance(value, Map):
            self.problem("malformed", f"an item of `{kind}` is not a mapping", item.span)
            return
        level = self.expander.level(value, item.scope)
        if "template" not in level:
            yield item, level, around
            return
        for called in self.call(level, value.header, kind, around, item.scope):
            if called is not None:
                yield from self.each(called.level, kind, called.around)

    # Templates --------------------------------------------------------------------------------------------

    def call(
        self, level: Level, span: Span, kind: str, around: Around, scope: Scope | None
    ) -> Iterator[Called]:  # fmt: skip
        """What `template:` brings in; of a template that isn't read, the lists that it is handed."""
        settled = self.expander.settle(level, "template")
        wanted = settled.value if settled is not None else None
        where = settled.span if settled is not None else span
        if not isinstance(wanted, str) or not wanted.strip():
            worked_out = any("${{" in str(piece.value) for piece in level.get("template") or ())  # and gave nothing
            if not isinstance(wanted, Unknown) and not worked_out:
                self.problem("malformed", f"a template of {kind} without a name", where)
            return
        if len(self.includes) >= MAX_CALLS:
            raise TooMuch("too-many", f"it calls more than {MAX_CALLS:,} templates; not judged further")
        path, alias = split(wanted)
        given = self._given(level, scope)
        target = self._located(path, around, where) if not alias else None
        self.includes.append((path, alias, where))
        trace = (*around.trace, call_note(kind, wanted, where))
        if target is None:
            self.open = True
            if alias:
                why = f"{wanted} comes from another repository"
                self.note("remote-template", f"the template {wanted} is not read", where)
            else:
                why = f"{wanted} is not there"
                if around.maybe is None:
                    self.problem("missing-template", f"the template {wanted} is not there", where)
                else:
                    self.note("missing-template", f"the template {wanted} is not there", where)
            yield from self._handed_on(given, kind, around, Unknown(why, (wanted,)), trace)
            return
        self.reached.add(target)
        root = self.library.get(target).root
        if root is None:
            return
        if len(around.trace) >= MAX_NESTING:
            self.problem("too-deep", f"templates call each other over more than {MAX_NESTING} levels", where)
            return
        inner = bind(root, given, self.expander, around.scope.variables, caller=path)
        found = self.expander.level(root, inner)
        yield Called(found, around._replace(scope=inner, trace=trace, file=target))

    def _located(self, path: str, around: Around, where: Span) -> str | None:
        """A path in a list that a template was handed is seen from that template, which puts the list in, and not from
        the file that it is written in."""
        at = where.file or self.path
        seen = beside(path, around.file, self.library) if around.file not in ("", at) else None
        return seen or locate(path, at, self.library)

    def _given(self, level: Level, scope: Scope | None) -> Level:
        """The parameters of a call, their values as written."""
        given = Level()
        for piece in level.get("parameters", ()):
            value, inner = piece.value, piece.scope
            if isinstance(value, str) and inner is not None:
                value, inner = self.expander.scalar(value, piece.span, inner).value, None
            if isinstance(value, Map):
                found = self.expander.level(value, inner, piece.maybe)
                for key, pieces in found.items():
                    given.setdefault(key, []).extend(pieces)
                given.open = given.open or found.open
            elif isinstance(value, Unknown):
                given.open = value
        return given

    def _handed_on(
        self, given: Level, kind: str, around: Around, why: Unknown, trace: tuple[Origin, ...]
    ) -> Iterator[Called]:
        """Stages, jobs or steps that a template gets and most likely puts somewhere."""
        for name in given:
            if self.full:
                return
            settled = self.expander.settle(given, name)
            inside = looks_like(settled.value, name) if settled is not None else ""
            if settled is None or not inside or (kind in LISTS and LISTS.index(inside) < LISTS.index(kind)):
                continue
            level = Level()
            level[inside] = [Piece(settled.value, settled.span, None, why)]
            called = Called(level, around._replace(maybe=around.maybe or why, trace=trace, open=why))
            if inside == kind or kind == "extends":
                yield called
            else:
                self.strays.append(called)

    # Variables --------------------------------------------------------------------------------------------

    def enter(self, item: Piece, level: Level, around: Around, owner: str) -> tuple[Level, Around]:
        """A level with the variables that it sets itself, which the rest of it sees."""
        if "variables" not in level:
            return level, around
        inner = Variables(around.scope.variables, owner)
        around = around._replace(scope=around.scope.with_variables(inner))
        self._variables(level, around, inner)
        if item.scope is not None and isinstance(item.value, Map):
            level = self.expander.level(item.value, item.scope.with_variables(inner))
        return level, around

    def _variables(self, level: Level, around: Around, into: Variables) -> None:
        for piece in level.get("variables", ()):
            scope = piece.scope.with_variables(into) if piece.scope is not None else None
            if isinstance(piece.value, Map):
                plain = self.expander.level(piece.value, scope, piece.maybe)
                for name in plain:
                    for one in plain[name]:
                        self._define(into, name, one)
            else:
                sink = _Sink(self, around, into)
                self.expander.splice(Piece(piece.value, piece.span, scope, piece.maybe), sink)

    def variable_item(self, item: Piece, around: Around, into: Variables) -> None:
        """One item of a list of variables: a variable, a group, a template."""
        if not isinstance(item.value, Map):
            return
        scope = item.scope.with_variables(into) if item.scope is not None else None
        level = self.expander.level(item.value, scope)
        if "template" in level:
            around = around._replace(scope=around.scope.with_variables(into), maybe=around.maybe or item.maybe)
            for called in self.call(level, item.value.header, "variables", around, scope):
                self._variables(called.level, called.around, into)
            return
        name = self.expander.settle(level, "name")
        title = text_of(name.value) if name is not None else None
        for one in level.get("value", ()) if title else ():
            self._define(into, title or "", one._replace(maybe=one.maybe or item.maybe))

    def _define(self, into: Variables, name: str, piece: Piece) -> None:
        settled = self.expander.piece(piece)
        value = in_file(settled.value, settled.span)
        free = settled.free
        before = into.find(name.lower())
        if piece.maybe is not None:
            if before is not None:
                into.define(name, before._replace(free=piece.maybe))
                return
            refs = value.refs if isinstance(value, Unknown) else ()
            value = Unknown(piece.maybe.reason, refs)
        elif isinstance(value, Map):  # {value: x, readonly: true}
            return
        into.define(name, Bound(value, settled.span, f"variable {name}", free, False, settled.origin))

    # Resources --------------------------------------------------------------------------------------------

    def read_resources(self, level: Level) -> None:
        """What `resources:` names: containers and repositories by their aliases."""
        declared = self.expander.settle(level, "resources")
        if declared is None or not isinstance(declared.value, Map):
            return
        kinds = (("containers", "container", self.containers), ("repositories", "repository", self.repositories))
        for key, word, into in kinds:
            listed = declared.value.get(key)
            for item in listed if isinstance(listed, Seq) else ():
                alias = text_of(item.get(word)) if isinstance(item, Map) else None
                if alias:
                    into.setdefault(alias.lower(), item)


class _Sink(list[Piece]):
    """Defines variables as they are found, so that the conditions of later ones see them."""

    def __init__(self, walk: Walk, around: Around, into: Variables) -> None:
        super().__init__()
        self.walk, self.around, self.into = walk, around, into

    def append(self, piece: Piece) -> None:
        self.walk.variable_item(piece, self.around, self.into)


def place_of(level: Level, key: str, otherwise: Span) -> Span:
    pieces = level.get(key)
    return pieces[0].span if pieces else otherwise


def as_written(level: Level, key: str, otherwise: str) -> str:
    """An entry with its expressions left in: a name that instances share."""
    pieces = level.get(key)
    return text_of(pieces[0].value) or otherwise if pieces else otherwise


def known_text(settled: Settled | None) -> str | None:
    return text_of(settled.value) if settled is not None else None

