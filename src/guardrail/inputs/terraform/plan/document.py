"""A plan's JSON -> what it says of each resource, and its configuration.

Format: https://developer.hashicorp.com/terraform/internals/json-format. What a plan does to a resource stands in
`resource_changes`; data sources that were read while planning only in `prior_state`; a state has `values` alone.
"""

from __future__ import annotations

from typing import Any

from guardrail.formats.text import decode
from guardrail.inputs.terraform.plan.json_cursor import Cursor
from guardrail.inputs.terraform.plan.sensitive import sensitive_texts
from guardrail.model import Map, Problem, Span, Value

MAX_MODULES_DEEP = 50


class Change:
    """One instance of a resource. `after` has places, and is what was there `before` of what goes; `unknown` and
    `sensitive` are plain JSON of the same shape, with true for what is so. `actions` is empty for what a state holds.
    `has_unknown` is False where only values are there, so that what is lacking may be unknown. `deferred`: why
    Terraform put off planning it, else empty."""

    __slots__ = (
        "actions", "address", "after", "deferred", "depends_on", "has_unknown", "header", "kind", "mode", "module",
        "provider", "sensitive", "span", "unknown",
    )  # fmt: skip

    def __init__(self, told: dict[str, Any], after: Map, span: Span, header: Span) -> None:
        self.address: str = told["address"]
        self.kind: str = told["type"]
        self.mode = "data" if told.get("mode") == "data" else "managed"
        provider = told.get("provider_name")
        self.provider = provider if isinstance(provider, str) else ""
        self.module = module_of(self.address)
        self.after, self.span, self.header = after, span, header
        self.actions: tuple[str, ...] = ()
        self.unknown: Any = {}
        self.sensitive: Any = {}
        self.has_unknown = True
        self.deferred = ""
        self.depends_on: list[str] = strings(told.get("depends_on"))


class PlanDocument:
    """`variables` are those of the root module by name; `configuration` is plain JSON. `complete`: nothing was left
    out by `-target` or for later; Terraform says so from 1.8 on. `partial`: it says that something was. `secrets`: what
    texts are marked as sensitive anywhere, also in what nobody judges."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.changes: list[Change] = []
        self.variables: dict[str, Any] = {}
        self.configuration: dict[str, Any] = {}
        self.complete = self.partial = False
        self.secrets: set[str] = set()
        self.problems: list[Problem] = []
        self._cursor: Cursor | None = None
        self._configuration_at = -1

    def located_configuration(self) -> Map:
        """The configuration but for its resources, with places; costs a second look at the file."""
        if self._cursor is None or self._configuration_at < 0:
            return Map()
        self._cursor.at = self._configuration_at
        try:
            value = self._cursor.located(without="resources")
        except (ValueError, RecursionError):  # nested deeper than anything that Terraform writes
            return Map()
        return value if isinstance(value, Map) else Map()


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def module_of(address: str) -> str:
    """`module.a["x"].module.b` of an address in it; "" for the root's."""
    at = 0
    while address.startswith("module.", at):
        end = at + 7
        quoted = False
        while end < len(address) and (quoted or address[end] != "."):
            if address[end] == '"':
                quoted = not quoted
            elif address[end] == "\\":
                end += 1
            end += 1
        at = end + 1
    return address[: max(at - 1, 0)] if at <= len(address) else ""


def load(data: bytes, file: str) -> PlanDocument:
    """Never raises for what the file holds."""
    document = PlanDocument(file)
    text, problem = decode(data, file)
    if problem:
        document.problems.append(problem)
        return document
    cursor = Cursor(text, file)
    try:
        _Reader(document, cursor).top()
    except ValueError as error:
        document.changes = []
        line = getattr(error, "lineno", 0)
        what = getattr(error, "msg", str(error))
        document.problems.append(Problem("syntax", f"not valid JSON: {what}", file, line))
    except RecursionError:
        document.changes = []
        document.problems.append(Problem("too-deep", "nested too deep; not judged", file))
    return document


class _Reader:
    def __init__(self, document: PlanDocument, cursor: Cursor) -> None:
        self.document, self.cursor = document, cursor
        self.seen: set[str] = set()

    def top(self) -> None:
        document, cursor = self.document, self.cursor
        values_at = prior_at = -1
        told = errored = False
        if cursor.peek() != "{":
            raise ValueError("a plan is an object")
        for key, _ in cursor.members():
            start = cursor.at
            if key == "resource_changes" and cursor.peek() == "[":
                told = True
                for place in cursor.items():
                    self.change(place)
                continue
            if key == "deferred_changes":
                for _ in cursor.items():
                    self.deferred()
                continue
            value = cursor.raw()
            if key in ("planned_values", "values"):
                values_at = start
                self.outputs(mapping(value).get("outputs"))
            elif key == "output_changes":
                for each in mapping(value).values():
                    self.marked(mapping(each), "before", "after")
            elif key == "prior_state":
                prior_at = start
            elif key == "configuration":
                document.configuration = mapping(value)
                document._configuration_at = start
            elif key == "complete":
                document.complete, document.partial = value is True, value is False
            elif key == "errored":
                errored = value is True
            elif key == "variables":
                document.variables = {
                    name: item["value"] for name, item in mapping(value).items() if "value" in mapping(item)
                }
        if cursor.peek():
            raise ValueError("something stands after the plan's end")
        document._cursor = cursor
        if errored:
            document.partial = False
            what = "Terraform ended with an error while it planned; what it had not come to is not judged"
            document.problems.append(Problem("incomplete-plan", what, document.file))
        if values_at >= 0 and not told:
            cursor.at = values_at
            self.values(False)
        if prior_at >= 0:
            cursor.at = prior_at
            for key, _ in cursor.members():
                if key == "values":
                    start = cursor.at
                    self.outputs(mapping(cursor.raw()).get("outputs"))
                    cursor.at = start
                    self.values(True)
                else:
                    cursor.raw()

    def tell(self, what: str, span: Span) -> None:
        self.document.problems.append(Problem("syntax", f"{what}; not judged", self.document.file, span.line))

    # ---- what is secret ----

    def outputs(self, told: Any) -> None:
        for output in mapping(told).values():
            value, sensitive = mapping(output).get("value"), mapping(output).get("sensitive")
            self.document.secrets.update(sensitive_texts(value, sensitive))

    def marked(self, change: dict[str, Any], *names: str) -> None:
        for name in names:
            self.document.secrets.update(sensitive_texts(change.get(name), change.get(f"{name}_sensitive")))

    # ---- resource_changes ----

    def deferred(self) -> None:
        """What is planned as far as it goes, and whose instances may not be known."""
        known, reason = len(self.document.changes), ""
        for key, start in self.cursor.members():
            if key == "resource_change":
                self.change(start)
            else:
                value = self.cursor.raw()
                reason = value if key == "reason" and isinstance(value, str) else reason
        for change in self.document.changes[known:]:
            change.deferred = reason.replace("_", " ") or "for an unknown reason"

    def change(self, begin: int) -> None:
        cursor = self.cursor
        told: dict[str, Any] = {}
        change: dict[str, Any] = {}
        at: dict[str, int] = {}
        header = cursor.span(begin, begin + 1)
        for key, start in cursor.members():
            if key == "change":
                for inner, _ in cursor.members():
                    at[inner] = cursor.at
                    change[inner] = cursor.raw()
            else:
                told[key] = cursor.raw()
                if key == "address":
                    header = cursor.span(start, cursor.at)
        self.marked(change, "before", "after")
        end = cursor.at
        actions = tuple(strings(change.get("actions")))
        gone = actions in (("delete",), ("forget",))
        if "deposed" in told:  # of an object that is replaced: what takes its place has the same address
            return
        side = "before" if gone else "after"
        after: Value = None
        if side in at:
            cursor.at = at[side]
            after = cursor.located()
            cursor.at = end
        span = cursor.span(begin, end)
        if after is None and (gone or change.get("after_unknown") is True):
            after = Map(span, header)
        made = self.made(told, after, span, header)
        if made is None:
            return
        made.actions = actions
        made.unknown, made.sensitive = {} if gone else change.get("after_unknown"), change.get(f"{side}_sensitive")
        self.document.changes.append(made)

    def made(self, told: dict[str, Any], after: Value, span: Span, header: Span) -> Change | None:
        if not isinstance(told.get("address"), str) or not isinstance(told.get("type"), str) or not told["type"]:
            self.tell("a resource without an address or a type", span)
            return None
        if not isinstance(after, Map):
            self.tell(f"{told['address']} has no values", span)
            return None
        made = Change(told, after, span, header)
        after.span, after.header = span, header
        self.seen.add(made.address)
        return made

    # ---- planned_values, prior_state, a state's values ----

    def values(self, only_data: bool) -> None:
        for key, _ in self.cursor.members():
            if key == "root_module":
                self.module(only_data, 0)
            else:
                self.cursor.raw()

    def module(self, only_data: bool, depth: int) -> None:
        cursor = self.cursor
        if depth > MAX_MODULES_DEEP:
            raise ValueError(f"modules nested more than {MAX_MODULES_DEEP} deep")
        for key, _ in cursor.members():
            if key == "resources":
                for place in cursor.items():
                    self.resource(place, only_data)
            elif key == "child_modules":
                for _ in cursor.items():
                    self.module(only_data, depth + 1)
            else:
                cursor.raw()

    def resource(self, begin: int, only_data: bool) -> None:
        cursor = self.cursor
        told: dict[str, Any] = {}
        values_at = -1
        header = cursor.span(begin, begin + 1)
        for key, start in cursor.members():
            if key == "values":
                values_at = cursor.at
            told[key] = cursor.raw()
            if key == "address":
                header = cursor.span(start, cursor.at)
        end = cursor.at
        self.document.secrets.update(sensitive_texts(told.get("values"), told.get("sensitive_values")))
        address = told.get("address")
        if "deposed_key" in told:
            return
        if only_data and (told.get("mode") != "data" or (isinstance(address, str) and address in self.seen)):
            return
        after: Value = None
        if values_at >= 0:
            cursor.at = values_at
            after = cursor.located()
            cursor.at = end
        made = self.made(told, after, cursor.span(begin, end), header)
        if made is None:
            return
        made.sensitive = told.get("sensitive_values")
        made.has_unknown = False
        if only_data:
            made.actions = ("read",)
            made.has_unknown = True
        self.document.changes.append(made)
