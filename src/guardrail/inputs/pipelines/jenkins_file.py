"""A file of Jenkins': its code, places in it, and its strings with theirs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise

from guardrail.formats.groovy import Script, parse
from guardrail.formats.groovy_nodes import Assign, Call, Literal, Member, Name, Node, Operation, Quote
from guardrail.formats.text import decode
from guardrail.inputs.pipelines.jenkins_margins import METHODS, cuts, shift, without
from guardrail.model import HOLE, Note, Problem, Span, Text
from guardrail.tree import Tree, Unreadable

PROVIDER = "jenkins"
MAX_PARTS = 500  # of a text that is put together from several
MAX_NESTING = 20
AS_IT_IS = frozenset(("trim", "toString"))  # what leaves a text what it is, or nearly
Piece = tuple[str, int | None]  # a stretch of text, and where in the file it begins; None for what isn't there


class Code(Text):
    """A string of the file. `segments` are (offset in it, line, column), one for each line and wherever an escape
    puts columns out of step."""

    __slots__ = ("segments",)

    segments: tuple[tuple[int, int, int], ...]

    def __new__(cls, value: str, segments: tuple[tuple[int, int, int], ...], file: str) -> Code:
        self = super().__new__(cls, value, segments[0][1] if segments else 1, 0, True, file)
        assert isinstance(self, Code)
        self.segments = segments
        return self

    def __getnewargs__(self) -> tuple[str, tuple[tuple[int, int, int], ...], str]:  # type: ignore[override]
        return (str(self), self.segments, self.file)

    def like(self, value: str) -> Code:
        return Code(value, self.segments, self.file)

    def place(self, file: str, start: int, end: int) -> Span:
        line, column = self._point(start)
        end_line, end_column = self._point(end - 1) if end > start else (line, column - 1)
        return Span(self.file or file, line, column, end_line, end_column + 1)

    def _point(self, at: int) -> tuple[int, int]:
        found = max(bisect_right(self.segments, (at, 1 << 60)) - 1, 0)
        offset, line, column = self.segments[found]
        return line, column + max(at - offset, 0)


class Phrase:
    """A text as the code puts it together. `code` has each interpolation as it is written, and what is added to it
    as `${...}`; `holes` are (start, end, expression) in it."""

    __slots__ = ("code", "holes")

    def __init__(self, code: Code, holes: list[tuple[int, int, Node]]) -> None:
        self.code, self.holes = code, holes

    @property
    def shell(self) -> str:
        """The same length, with nothing in the interpolations that a shell would take for its own."""
        if not self.holes:
            return str(self.code)
        parts: list[str] = []
        at = 0
        for start, end, _ in self.holes:
            written = self.code[start:end]
            plain = "".join(sign if sign.isalnum() or sign in "._" else "_" for sign in written[2:-1])
            parts += (self.code[at:start], f"${{{plain}}}" if written.startswith("${") else written)
            at = end
        return "".join((*parts, self.code[at:]))


class JenkinsFile:
    """One file, parsed. `readable` is False where it can't be read at all."""

    def __init__(self, path: str, tree: Tree) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self.text = ""
        self.readable = True
        try:
            self.text, problem = decode(tree.read(path), path)
        except Unreadable as refusal:
            problem = refusal.problem
        if problem:
            self.problems.append(problem)
            self.readable = False
        self._starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        self.script: Script = parse(self.text)
        for fault in self.script.faults:
            line, _ = self.point(fault.at)
            self.problems.append(Problem("syntax", f"not valid Groovy, or not understood: {fault.message}", path, line))

    # Places -----------------------------------------------------------------------------------------------

    def point(self, at: int) -> tuple[int, int]:
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        return Span(self.path, *self.point(start), *self.point(max(end, start)))

    def of(self, node: Node) -> Span:
        return self.span(node.start, node.end)

    def head(self, node: Node) -> Span:
        """What a finding about a call as a whole points at: its name and arguments on the first line, without
        the block."""
        end = node.end
        if isinstance(node, Call):
            body = node.body
            end = min(end, body.start if body is not None else end)
        line_end = self.text.find("\n", node.start)
        if 0 <= line_end < end:
            end = line_end
        written = self.text[node.start : end].rstrip()
        return self.span(node.start, node.start + max(len(written), 1))

    def written(self, node: Node) -> str:
        return self.text[node.start : node.end]

    def problem(self, kind: str, message: str, node: Node) -> None:
        self.problems.append(Problem(kind, message, self.path, self.point(node.start)[0]))

    def note(self, kind: str, message: str, node: Node) -> None:
        self.notes.append(Note(kind, message, self.path, self.point(node.start)[0]))

    # Strings ----------------------------------------------------------------------------------------------

    def assembled(self, pieces: Iterable[Piece]) -> Code:
        segments: list[tuple[int, int, int]] = []
        parts: list[str] = []
        length = 0
        for text, source in pieces:
            if source is not None:
                segments.append((length, *self.point(source)))
                at = text.find("\n")
                while 0 <= at < len(text) - 1:
                    line, column = self.point(source + at + 1)
                    segments.append((length + at + 1, line, column))
                    at = text.find("\n", at + 1)
            parts.append(text)
            length += len(text)
        return Code("".join(parts), tuple(segments) or ((0, 1, 1),), self.path)

    def pieces(self, node: Quote, start: int, end: int) -> list[Piece]:
        """`text[start:end]` of a string, in stretches that stand in the file as they are."""
        quoted = node.quoted
        cuts = [start, *(at for at, _ in quoted.segments if start < at < end), end]
        return [(quoted.text[a:b], quoted.source(a)) for a, b in pairwise(cuts) if b > a]

    def phrase(self, node: Node) -> Phrase | None:
        """The text that an expression makes; None where it can't be seen that it makes one."""
        pieces: list[Piece] = []
        holes: list[tuple[int, int, Node]] = []
        if not self._collect(node, pieces, holes, [MAX_PARTS, 0], 0):
            return None
        if not pieces:
            pieces.append(("", node.start + 1))
        return Phrase(self.assembled(pieces), holes)

    def _collect(
        self, node: Node, pieces: list[Piece], holes: list[tuple[int, int, Node]], state: list[int], depth: int
    ) -> bool:
        """`state`: how many parts may follow, and how long the pieces are in all."""
        state[0] -= 1
        length = state[1]
        if isinstance(node, Quote):
            pieces += self.pieces(node, 0, len(node.quoted.text)) or [("", node.start + 1)]
            state[1] += len(node.quoted.text)
            for hole, expression in zip(node.quoted.holes, node.holes, strict=True):
                holes.append((length + hole.start, length + hole.end, expression))
            return True
        deeper = depth < MAX_NESTING and state[0] > 0
        if isinstance(node, Operation) and deeper:
            if node.op == "()" and len(node.operands) == 1:
                return self._collect(node.operands[0], pieces, holes, state, depth + 1)
            if node.op == "+":
                marks = len(pieces), len(holes)
                found = [self._collect(part, pieces, holes, state, depth + 1) for part in node.operands[:MAX_PARTS]]
                if any(found):
                    return True
                del pieces[marks[0] :], holes[marks[1] :]
                state[1] = length
        if isinstance(node, Call) and node.receiver is not None and node.name in AS_IT_IS and deeper:
            return self._collect(node.receiver, pieces, holes, state, depth + 1)
        if isinstance(node, Call) and node.receiver is not None and node.name in METHODS and deeper:
            return self._stripped(node, pieces, holes, state, depth + 1)
        written = self.written(node)
        pieces += [("${", None), (written, node.start), ("}", None)]
        state[1] += len(written) + 3
        holes.append((length, state[1], node))
        return False

    def _stripped(
        self, node: Call, pieces: list[Piece], holes: list[tuple[int, int, Node]], state: list[int], depth: int
    ) -> bool:
        inner: list[Piece] = []
        inside: list[tuple[int, int, Node]] = []
        budget = [state[0], 0]
        assert node.receiver is not None
        found = self._collect(node.receiver, inner, inside, budget, depth)
        left_out = cuts("".join(text for text, _ in inner), node)
        length, moved = state[1], shift(left_out)
        holes += [(length + moved(start), length + moved(end), hole) for start, end, hole in inside]
        pieces += without(inner, left_out) or [("", node.start + 1)]
        state[:] = [budget[0], length + moved(budget[1])]
        return found

    def plain(self, node: Node | None) -> str | None:
        """The text of a string that has no interpolation, None for anything else."""
        if isinstance(node, Quote) and not node.quoted.holes:
            return node.quoted.text
        return None

    def template(self, node: Quote, stripping: Iterable[Call] = ()) -> Code:
        """A string with a HOLE for each interpolation; `stripping` are the methods that strip its lines."""
        pieces: list[Piece] = []
        at = 0
        for hole in node.quoted.holes:
            pieces += self.pieces(node, at, hole.start)
            pieces.append((HOLE, node.quoted.source(hole.start)))
            at = hole.end
        pieces += self.pieces(node, at, len(node.quoted.text))
        for call in stripping:
            pieces = without(pieces, cuts("".join(text for text, _ in pieces), call))
        return self.assembled(pieces)


def literal(node: Node | None) -> object:
    """What a literal stands for; None for anything else."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Quote) and not node.quoted.holes:
        return node.quoted.text
    if isinstance(node, Operation) and node.op == "-" and len(node.operands) == 1:
        value = literal(node.operands[0])
        return -value if isinstance(value, (int, float)) else None
    return None


def target_name(node: Assign) -> str:
    """`X` of `X = ...` and of `env.X = ...`; "" for other targets."""
    if len(node.targets) != 1:
        return ""
    target = node.targets[0]
    if isinstance(target, Name):
        return target.id
    if isinstance(target, Member) and isinstance(target.object, Name) and target.object.id == "env":
        return target.name
    return ""
