"""What is common to one reading: problems, limits, and the references that an evaluation meets."""

from __future__ import annotations

from guardrail.formats.hcl import Document
from guardrail.formats.hcl_collection_nodes import Object, Tuple
from guardrail.formats.hcl_nodes import Literal, Node, Scope
from guardrail.formats.hcl_values import EvalError, Undeclared, UndeclaredResource, survey
from guardrail.model import Note, Problem, Resource, Span, Unknown, Value
from guardrail.tree import Tree

BUDGET = 3_000_000  # steps of evaluation of one root module; see `World.spend`
MAX_MODULES = 20_000  # evaluated module calls of one root module
MAX_RESOURCES = 100_000

Edges = dict[tuple[str, str], None]  # (address of a resource, attribute), in the order met


class Run:
    __slots__ = (
        "budget", "configured", "doubtful", "edges", "generated", "held", "lenient", "modules", "muted", "notes",
        "perhaps", "problems", "provisioned", "rendering", "resources", "templates", "tree",
    )  # fmt: skip

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.problems: dict[Problem, None] = {}
        self.notes: dict[Note, None] = {}
        self.edges: Edges = {}
        self.held: list[dict[str, object]] = []  # what the modules hold, and in the end each other
        self.doubtful = False  # set where an instance is taken to exist that perhaps does not
        self.budget = BUDGET
        self.modules = 0
        # The calls, by name, of the folders of which the root has the calls, providers, variables and outputs.
        self.configured: dict[str, dict[str, Resource]] = {}
        self.resources = 0
        self.rendering = 0  # depth of templatefile()
        self.generated: dict[tuple[bool, str, str], Document] = {}  # what Terragrunt writes, parsed
        self.templates: dict[tuple[str, str], Node] = {}  # parsed, by file and text
        self.muted = False  # True after the reading, when origins are asked for
        self.perhaps = False  # what is being evaluated is of an instance that perhaps does not exist
        self.provisioned: set[str] = set()  # addresses whose provisioners are being evaluated
        self.lenient = False  # resources that are not declared are taken for such as are

    def let_go(self) -> None:
        """When nobody will ask for an origin any more; see `Inventory.let_go`."""
        for holder in self.held:
            holder.clear()
        self.held = []

    def begin_root(self) -> None:
        """What one root module may take is its own: in a monorepo hundreds share a reading, and none is at fault."""
        self.budget = BUDGET
        self.modules = 0
        self.configured = {}

    def tell(self, kind: str, message: str, span: Span, line: int = 0) -> None:
        """Note a problem, once for each place."""
        if not self.muted:
            self.problems[Problem(kind, message, span.file, line or span.line)] = None

    def note(self, kind: str, message: str, span: Span) -> None:
        if not self.muted:
            self.notes[Note(kind, message, span.file, span.line)] = None

    def spend(self, amount: int) -> None:
        self.budget -= amount
        if self.budget < 0 and not self.muted:
            raise EvalError("evaluating takes more steps than are allowed for one scan; not judged", kind="expansion")

    def value_of(self, node: Node, scope: Scope, span: Span, what: str) -> Value:
        """Evaluate; what Terraform would reject is a problem at `span` and an Unknown. A resource that is not declared
        is a problem too, and what refers to it a Reference all the same: what is written there is no less set."""
        outer, self.lenient = self.lenient, False
        try:
            value = node.eval(scope)
            survey(value)
        except EvalError as error:
            rejected = self.rejected(error, node, scope, span, what)
            if isinstance(error, UndeclaredResource):
                return self._leniently(node, scope, rejected)
            return self._but_for(node, scope, rejected) if error.kind == "evaluation" else rejected
        except RecursionError:
            self.tell("too-deep", f"{what} refers to others over too many steps", span)
            return Unknown(f"{what} cannot be evaluated (too many steps)")
        finally:
            self.lenient = outer
        return value

    def _leniently(self, node: Node, scope: Scope, otherwise: Unknown) -> Value:
        self.lenient = True
        try:
            value = node.eval(scope)
            survey(value)
        except (EvalError, RecursionError):
            return otherwise
        return value

    def _but_for(self, node: Node, scope: Scope, rejected: Unknown) -> Value:
        """The value without the entries that can't be evaluated, where all others are written out beside them."""
        if not isinstance(node, (Object, Tuple)):
            return rejected
        try:
            value = _sound(node, scope, Literal(rejected)).eval(scope)
            survey(value)
        except (EvalError, RecursionError):
            return rejected
        return value

    def rejected(self, error: EvalError, node: Node, scope: Scope, span: Span, what: str) -> Unknown:
        """What becomes of an expression with a value that Terraform would reject: a problem, or a note where a
        variable's default is to blame, which whoever calls or runs the module has to replace, or where there may be
        no instance that needs it."""
        if error.kind == "evaluation" and not self.muted:
            from guardrail.inputs.terraform.defaults import default_in

            variable = default_in(node, scope)
            if variable:
                why = f"cannot be evaluated with the default of {variable} ({error.message})"
                self.note("default-insufficient", f"{what} {why}; its value is taken for unknown", span)
                return Unknown(f"{what} {why}", (variable,))
        if error.kind == "evaluation" and self.perhaps and not isinstance(error, Undeclared):
            why = f"cannot be evaluated ({error.message})"
            self.note("instance-unknown", f"{what} {why}, if there is an instance at all; its value is taken for "
                      "unknown", span)  # fmt: skip
            return Unknown(f"{what} {why}")
        self.tell(error.kind, f"{what}: {error.message}", span, error.line)
        return Unknown(f"{what} cannot be evaluated ({error.message})")


def _sound(node: Node, scope: Scope, instead: Literal) -> Node:
    """The expression with something else in the place of those entries of objects and tuples that Terraform would
    reject."""
    try:
        node.eval(scope)
        return node
    except EvalError as error:
        if error.kind != "evaluation":
            raise
    if isinstance(node, Object):
        entries = [(key, _sound(value, scope, instead), span) for key, value, span in node.entries]
        return Object(entries, node.span, node.header, node.line)
    if isinstance(node, Tuple):
        return Tuple([_sound(item, scope, instead) for item in node.items], node.spans, node.span)
    return instead
