"""Nodes of operators and conditionals, three-valued."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.formats.hcl_conversions import to_text
from guardrail.formats.hcl_nodes import Node, Ref, Scope, leaves_of
from guardrail.formats.hcl_operators import binary, negated, truth
from guardrail.formats.hcl_values import EvalError, Undeclared, combined, derived, sensitive, type_name
from guardrail.model import Map, Sensitive, Seq, Unknown, Value


class Unary(Node):
    __slots__ = ("line", "op", "operand", "pure")

    def __init__(self, op: str, operand: Node, line: int) -> None:
        self.op, self.operand, self.line, self.pure = op, operand, line, operand.pure

    def eval(self, scope: Scope) -> Value:
        value = self.operand.eval(scope)
        try:
            return negated(self.op, value)
        except EvalError as error:
            error.line = error.line or self.line
            raise

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        return self.operand.leaves(scope)


class Operation(Node):
    """A chain of binary operators that nest to the left: `a - b - c`; evaluated without recursion."""

    __slots__ = ("first", "line", "pure", "rest")

    def __init__(self, first: Node, rest: list[tuple[str, Node]], line: int) -> None:
        self.first, self.rest, self.line = first, rest, line
        self.pure = first.pure and all(node.pure for _, node in rest)

    def eval(self, scope: Scope) -> Value:
        value = self.first.eval(scope)
        try:
            for op, node in self.rest:
                if op == "&&" or op == "||":
                    value = _logic(op, value, node, scope)
                else:
                    value = binary(op, value, node.eval(scope))
        except EvalError as error:
            error.line = error.line or self.line
            raise
        return value

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        return leaves_of([self.first, *(node for _, node in self.rest)], scope)


def _logic(op: str, left: Value, node: Node, scope: Scope) -> Value:
    """Three-valued: a side that decides alone does so though the other is unknown."""
    decides = op == "||"
    a = truth(left, f"an operand of {op}")
    if a is decides:
        return Sensitive(decides) if isinstance(left, Sensitive) else decides
    right = node.eval(scope)
    b = truth(right, f"an operand of {op}")
    hidden = isinstance(left, Sensitive) or isinstance(right, Sensitive)
    if b is decides:
        return Sensitive(decides) if hidden else decides
    unknown = [item for item in (a, b) if isinstance(item, Unknown)]
    if unknown:
        return combined(unknown)
    return Sensitive(not decides) if hidden else not decides


_PLAIN = (str, bool)


class Conditional(Node):
    __slots__ = ("condition", "line", "no", "yes")

    def __init__(self, condition: Node, yes: Node, no: Node, line: int) -> None:
        self.condition, self.yes, self.no, self.line = condition, yes, no, line

    def eval(self, scope: Scope) -> Value:
        value = self.condition.eval(scope)
        try:
            chosen = truth(value, "the condition")
        except EvalError as error:
            error.line = error.line or self.line
            raise
        if isinstance(chosen, Unknown):
            return self._either(chosen, scope)
        result = (self.yes if chosen else self.no).eval(scope)
        if result is not None and not isinstance(result, Unknown):
            result = self._typed(result, self.no if chosen else self.yes, scope)
        return sensitive(result) if isinstance(value, Sensitive) else result

    def _typed(self, result: Value, other: Node, scope: Scope) -> Value:
        """Both branches take one type; that one of them could not be evaluated matters only if it is taken."""
        if other.gives_text:
            if isinstance(result, (str, int, float)):
                return to_text(result)
            if isinstance(result, (Map, Seq)):
                kinds = f"{type_name(result)} and string"
                raise EvalError(f"the branches of a conditional have no type in common ({kinds})", self.line)
        try:
            rest = other.eval(scope) if other.pure else scope.world.aside(other, scope)
        except Undeclared:
            raise
        except EvalError:
            return result
        if isinstance(rest, Sensitive):  # what it marks is the conditional
            result = sensitive(result)
        if rest is None:
            from guardrail.formats.hcl_types import of_type

            return of_type(result, scope.world.told_type(other, scope))
        if isinstance(rest, Unknown) or type(rest) is type(result) in _PLAIN:
            return result
        from guardrail.formats.hcl_types import unified

        try:
            return unified(result, rest)
        except EvalError as error:
            error.line = error.line or self.line
            raise

    def _either(self, chosen: Unknown, scope: Scope) -> Value:
        """The condition is unknown. Branches that agree need none, and keys that both have are there."""
        from guardrail.formats.hcl_choices import one_of

        try:
            yes, no = self.yes.eval(scope), self.no.eval(scope)
        except Undeclared:
            raise
        except EvalError:
            return derived(chosen)
        known = not isinstance(yes, Unknown) and not isinstance(no, Unknown)
        if known and yes is not None and no is not None:
            from guardrail.formats.hcl_types import unified

            yes, no = unified(yes, no), unified(no, yes)
        return one_of(chosen, (yes, no))

    def leaves(self, scope: Scope) -> Iterator[tuple[Ref, Scope]]:
        branches = [self.yes, self.no]
        if not scope.loop:
            try:
                chosen = truth(self.condition.eval(scope), "the condition")
            except EvalError:
                chosen = None
            if chosen is True or chosen is False:
                branches = [self.yes] if chosen else [self.no]
        yield from leaves_of(branches, scope)
        yield from self.condition.leaves(scope)
