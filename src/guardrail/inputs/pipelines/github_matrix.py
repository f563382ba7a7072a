"""A job's matrix, worked out as far as it is written in the file, and strings filled in from it."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.inputs.pipelines.expressions import Node, Path, find_expressions, shown
from guardrail.inputs.pipelines.github_values import evaluate
from guardrail.inputs.pipelines.vocabulary import Filled
from guardrail.model import Map, Origin, OriginsOf, Seq, Span, Unknown, Value

MAX_COMBINATIONS = 256  # GitHub's own limit
COMPUTED = "its matrix is computed when the pipeline runs"

Cell = tuple[Value, Span]
Combination = dict[str, Cell]


def choices(text: Value) -> list[str]:
    """The texts that one of `${{ condition && 'a' || 'b' }}` will be; none where that isn't all it can be."""
    found = find_expressions(text) if isinstance(text, str) else []
    if len(found) != 1 or found[0].node is None or found[0].start != 0 or found[0].end != len(str(text)):
        return []
    texts, may_be_empty = _texts(found[0].node)
    return [] if may_be_empty else list(dict.fromkeys(texts))


def _texts(node: Node) -> tuple[list[str], bool]:
    """The texts that a node may be, and whether it may be something else."""
    if node[0] == "literal":
        return ([node[1]], False) if isinstance(node[1], str) and node[1] else ([], True)
    if node[0] == "and":  # one of the first if that is false, else the last
        return (_texts(node[1][-1])[0], True) if _is_text(node[1][-1]) else ([], True)
    if node[0] == "or":
        found: list[str] = []
        for item in node[1]:
            if not _is_text(item):
                return [], True
            texts, other = _texts(item)
            found += texts
            if not other:
                return found, False
    return [], True


def _is_text(node: Node) -> bool:
    """True for what is a text wherever it counts as true."""
    if node[0] == "and":
        return _is_text(node[1][-1])
    if node[0] == "or":
        return all(_is_text(item) for item in node[1])
    return node[0] == "literal" and isinstance(node[1], (str, bool)) and node[1] is not True


class Matrix:
    """`combinations` is what each instance of the job gets, keys in lower case; None where it can't be known."""

    __slots__ = ("combinations", "reason")

    def __init__(self, strategy: Value) -> None:
        self.reason = COMPUTED
        self.combinations: list[Combination] | None = [{}]
        declared = strategy.get("matrix") if isinstance(strategy, Map) else None
        if isinstance(declared, Map):
            self.combinations = self._combine(declared)
        elif declared is not None or isinstance(strategy, str):
            self.combinations = None

    def _combine(self, declared: Map) -> list[Combination] | None:
        combined: list[Combination] = [{}]
        keys: set[str] = set()
        for key in declared:
            lowered = key.lower()
            if lowered in ("include", "exclude"):
                continue
            values = declared[key]
            keys.add(lowered)
            if isinstance(values, Seq):
                cells: list[Cell] = [(_literal(value), span) for value, span in zip(values, values.spans, strict=False)]
            elif isinstance(values, (Map, str)):
                cells = [(Unknown(COMPUTED), declared.spans[key])]
            else:
                cells = []
            if len(combined) * len(cells) > MAX_COMBINATIONS:
                self.reason = f"its matrix has more than {MAX_COMBINATIONS} combinations"
                return None
            combined = [{**old, lowered: cell} for old in combined for cell in cells]
        for wanted in _entries(declared.get("exclude")):
            combined = [
                old
                for old in combined
                if not all(key in old and old[key][0] == cell[0] for key, cell in wanted.items())
            ]
        if isinstance(declared.get("include"), str):
            return None
        if not keys:
            combined = []
        added: list[Combination] = []
        for entry in _entries(declared.get("include")):
            matched = False
            for old in combined:
                if all(old[key][0] == cell[0] for key, cell in entry.items() if key in keys and key in old):
                    old.update(entry)
                    matched = True
            if not matched:
                added.append(entry)
            if len(added) > MAX_COMBINATIONS:
                self.reason = f"its matrix has more than {MAX_COMBINATIONS} combinations"
                return None
        return combined + added or [{}]

    def fill(self, value: Value) -> list[Filled]:
        """The distinct values that a scalar stands for, over all instances of the job; at least one."""
        if not isinstance(value, str) or "${{" not in value:
            template = value if isinstance(value, str) else ""
            return [Filled(value, template, None, None)]
        found: list[Filled] = []
        seen: set[tuple[str, str]] = set()
        for combination in self.combinations if self.combinations is not None else [None]:
            filled = self._fill_one(value, combination)
            key = (type(filled.value).__name__ + repr(filled.value), filled.template)
            if key not in seen:
                seen.add(key)
                found.append(filled)
        return found

    def _fill_one(self, text: str, combination: Combination | None) -> Filled:
        used: list[tuple[str, Cell]] = []
        unknown: Unknown | None = None

        def lookup(path: Path) -> Value:
            if path[0] == "matrix":
                if combination is None:
                    return Unknown(self.reason, (".".join(str(part) for part in path),))
                return _cell(combination, path, used)
            return outside(path)

        parts: list[str] = []
        at = 0
        value: Value = text
        expressions = find_expressions(text)
        for expression in expressions:
            parts.append(text[at : expression.start])
            at = expression.end
            if expression.node is None:
                value = Unknown("its expression can't be read")
            else:
                value = evaluate(expression.node, lookup)
            words = shown(value)
            if words is None:
                unknown = unknown or (value if isinstance(value, Unknown) else Unknown("it is no single value"))
                parts.append("\0")
            else:
                parts.append(words)
        parts.append(text[at:])
        template = "".join(parts)
        whole = len(expressions) == 1 and expressions[0].start == 0 and expressions[0].end == len(text)
        if whole and isinstance(value, (Map, Seq)):
            unknown = None
        elif not whole:
            value = template if unknown is None else unknown
        origin = _origin(used) if used else None
        return Filled(value, template, unknown, origin)


def _cell(combination: Combination, path: Path, used: list[tuple[str, Cell]]) -> Value:
    if len(path) < 2 or path[1] is None or path[1] == "*":
        return Unknown("it takes in the whole matrix")
    cell = combination.get(path[1])
    if cell is None:
        return None  # GitHub: what the matrix doesn't have is empty
    value, span = cell
    for segment in path[2:]:
        if isinstance(value, Map):
            key = next((key for key in value if key.lower() == segment), None)
            if key is None:
                return None
            value, span = value[key], value.spans[key]
        elif isinstance(value, Seq):
            if segment is None:
                return Unknown("which item it takes is worked out when the pipeline runs")
            if not (segment.isascii() and segment.isdecimal()):
                return None
            index = int(segment) if len(segment) < 9 else len(value)
            if index >= len(value):
                return None
            value, span = value[index], value.spans[index]
        else:
            return value if isinstance(value, Unknown) else None
    used.append((f"matrix.{path[1]}", (value, span)))
    return _literal(value)


def _origin(used: list[tuple[str, Cell]]) -> OriginsOf:
    return lambda: tuple(Origin(f"value of {name}", span, value) for name, (value, span) in used)


def _literal(value: Value) -> Value:
    return Unknown(COMPUTED) if isinstance(value, str) and "${{" in value else value


def _entries(listed: Value) -> Iterator[Combination]:
    if not isinstance(listed, Seq):
        return
    for entry in listed:
        if isinstance(entry, Map):
            yield {key.lower(): (_literal(entry[key]), entry.spans[key]) for key in entry}


def outside(path: Path) -> Unknown:
    """Why a context's value can't be known from the files."""
    name = ".".join("?" if part is None else part for part in path)
    why = {
        "vars": "is set outside of the repository",
        "inputs": "is chosen by whoever calls or starts it",
        "secrets": "is set outside of the repository",
    }.get(path[0] or "", "is known only when the pipeline runs")
    return Unknown(f"{name} {why}", (name,))
