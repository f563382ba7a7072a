"""GitLab's ways of writing a job in pieces: `extends`, `default:`, `!reference`, variables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from guardrail.formats.yaml import Tag
from guardrail.inputs.pipelines.gitlab_include import Merged, merge
from guardrail.inputs.pipelines.vocabulary import Filled, text_of
from guardrail.model import HOLE, Map, Origin, Problem, Seq, Span, Unknown, Value
from guardrail.model.patterns import lazy_regex

MAX_EXTENDS = 11  # GitLab's own limits
MAX_REFERENCES = 10
MAX_INSTANCES = 200
MAX_RULES = 50  # of a job or workflow
MAX_COMBINED = 1000  # of instances with what rules may set
MAX_EXPANSIONS = 5000  # of variables in one text, over all instances of its job
MAX_ENTRIES = 500_000  # copied in all while the pieces are put together

DEFAULTS = ("after_script", "artifacts", "before_script", "cache", "hooks", "id_tokens", "image", "interruptible",
            "identity", "retry", "services", "tags", "timeout")  # fmt: skip
_GLOBAL_DEFAULTS = ("after_script", "before_script", "cache", "image", "services")  # the old spelling
_VARIABLE = lazy_regex(r"\$\$|\$\{(\w+)\}|\$(\w+)|%(\w+)%|(\$\[\[.*?\]\])")


class Resolver:
    """Jobs of one merged configuration, put together. `strict`: everything that is named must be there."""

    def __init__(self, config: Merged, strict: bool) -> None:
        self.config, self.root, self.strict = config, config.root, strict
        self.missing: dict[str, Unknown] = {}  # job -> why something of it may be unknown
        self._extended: dict[str, Map] = {}
        self._told: set[tuple[str, str, int]] = set()
        self._entries = 0

    def problem(self, kind: str, message: str, span: Span) -> None:
        mark = (kind, message, span.line)
        if mark not in self._told:
            self._told.add(mark)
            self.config.problems.append(Problem(kind, message, span.file, span.line))

    def job(self, name: str) -> Map:
        """The job as GitLab runs it: extended, with defaults, references resolved."""
        job = self._with_defaults(self.extended(name, ()))
        resolved = self.resolve(job)
        return resolved if isinstance(resolved, Map) else job

    def resolved_root(self) -> Map:
        resolved = self.resolve(self.root)
        return resolved if isinstance(resolved, Map) else self.root

    # extends ----------------------------------------------------------------------------------------------

    def extended(self, name: str, chain: tuple[str, ...]) -> Map:
        known = self._extended.get(name)
        if known is not None:
            return known
        job = self.root[name]
        base: Map | None = None
        declared = job.get("extends")
        span = job.spans.get("extends", job.header)
        wanted = declared if isinstance(declared, Seq) else [declared] if declared is not None else []
        note = ""
        for parent in wanted:
            if not isinstance(parent, str):
                self.problem("malformed", f"`extends` of {name} is not a job's name", span)
            elif parent == name or parent in chain:
                self.problem("extends-cycle", f"{name} extends itself by way of {parent}", span)
            elif len(chain) >= MAX_EXTENDS:
                self.problem("too-deep", f"{name} is extended over more than {MAX_EXTENDS} levels", span)
            elif not isinstance(self.root.get(parent), Map):
                self._missing(f"{name} extends {parent}, which is nowhere", span)
                self.missing.setdefault(name, Unknown(f"{parent} comes from a file that is not read", (parent,)))
            else:
                inner = self.extended(parent, (*chain, name))
                if parent in self.missing:
                    self.missing.setdefault(name, self.missing[parent])
                base = inner if base is None else self._merge(base, inner)
                note = f"extends {parent}"
        result = job if base is None else self._merge(base, job, note, span)
        if not chain:  # what was cut short by a cycle further up is not kept
            self._extended[name] = result
        return result

    def _merge(self, base: Map, over: Map, note: str = "", at: Span | None = None) -> Map:
        self._entries += len(base) + len(over)
        if self._entries > MAX_ENTRIES:
            self.problem("expansion", f"its jobs extend each other to more than {MAX_ENTRIES:,} entries", over.header)
            return over
        return merge(base, over, note, at)

    def _missing(self, message: str, span: Span) -> None:
        if self.strict and not self.config.open:
            self.problem("missing-reference", message, span)

    # default ----------------------------------------------------------------------------------------------

    def _with_defaults(self, job: Map) -> Map:
        inherit = job.get("inherit")
        wanted = inherit.get("default", True) if isinstance(inherit, Map) else True
        if wanted is False or job.get("trigger") is not None:  # what starts a pipeline needs no machine
            return job
        allowed = set(wanted) if isinstance(wanted, Seq) else None
        default = self.root.get("default")
        base = Map(job.span, job.header)
        for source, keys in ((default, DEFAULTS), (self.root, _GLOBAL_DEFAULTS)):
            if not isinstance(source, Map):
                continue
            for key in keys:
                if source.get(key) is not None and key not in base and (allowed is None or key in allowed):
                    base[key], base.spans[key] = source[key], source.spans[key]
        result = Map(job.span, job.header)
        result.origins = dict(job.origins) if job.origins else None
        for holder in (job, base):
            for key in holder:
                if key not in result:
                    result[key], result.spans[key] = holder[key], holder.spans[key]
        return result

    # !reference -------------------------------------------------------------------------------------------

    def resolve(self, value: Value, depth: int = 0) -> Value:
        """The value with its `!reference`s resolved; itself where there are none."""
        if isinstance(value, Tag):
            return self._reference(value, depth)
        if isinstance(value, Map):
            changed = {
                key: resolved
                for key, item in value.items()
                if isinstance(item, (Map, Seq, Tag)) and (resolved := self.resolve(item, depth)) is not item
            }
            if not changed:
                return value
            copy = Map(value.span, value.header)
            copy.update(value)
            copy.update(changed)
            copy.spans = dict(value.spans)
            copy.origins = value.origins
            return copy
        if isinstance(value, Seq):
            resolved_items = [
                self.resolve(item, depth) if isinstance(item, (Map, Seq, Tag)) else item for item in value
            ]
            if all(new is old for new, old in zip(resolved_items, value, strict=True)):
                return value
            flat = Seq(value.span, value.header)
            for old, new, span in zip(value, resolved_items, value.spans, strict=True):
                if isinstance(old, Tag) and isinstance(new, Seq):
                    for inner, place in zip(new, new.spans, strict=True):
                        flat.add(inner, place)
                    self._entries += len(new)
                else:
                    flat.add(new, span)
            return flat
        return value

    def _reference(self, tag: Tag, depth: int) -> Value:
        path = tag.value
        if tag.name != "!reference" or not isinstance(path, Seq) or not path:
            return tag.value
        span = path.header
        written = ", ".join(str(part) for part in path)
        if depth >= MAX_REFERENCES or self._entries > MAX_ENTRIES:
            self.problem("too-deep", f"!reference [{written}] leads over more than {MAX_REFERENCES} others", span)
            return Unknown(f"!reference [{written}] can't be resolved")
        first = path[0]
        found: Any = None
        if isinstance(first, str) and first in self.root:
            found = self.extended(first, ()) if isinstance(self.root[first], Map) else self.root[first]
            for part in path[1:]:
                found = found.get(text_of(part) or "") if isinstance(found, Map) else None
        if found is None:
            self._missing(f"!reference [{written}] names what is nowhere", span)
            return Unknown(f"!reference [{written}] comes from a file that is not read")
        self._entries += 1
        return self.resolve(found, depth + 1)


# Variables ----------------------------------------------------------------------------------------------------


class Variables:
    """What `$NAME` stands for in a job: `parallel:matrix` before its rules' variables, its own, those of the workflow's
    rules, those of the file. `alternatives` are those of rules: any of them may be the one that matches."""

    __slots__ = ("_left", "alternatives", "instances", "levels")

    def __init__(self, job: Map, root: Map) -> None:
        inherit = job.get("inherit")
        wanted = inherit.get("variables", True) if isinstance(inherit, Map) else True
        self.levels: list[tuple[Map, set[str] | None]] = []
        if isinstance(job.get("variables"), Map):
            self.levels.append((job["variables"], None))
        if isinstance(root.get("variables"), Map) and wanted is not False:
            self.levels.append((root["variables"], {str(x) for x in wanted} if isinstance(wanted, Seq) else None))
        matrix = list(_instances(job.get("parallel")))[:MAX_INSTANCES] or [{}]
        own, general = _of_rules(job), _of_rules(root.get("workflow")) if wanted is not False else []
        self.alternatives = own + general
        if not self.alternatives:
            self.instances = matrix
            return
        declared = self.levels[0][0] if isinstance(job.get("variables"), Map) else Map()
        taken = [{key: cell for key, cell in _cells(rule).items() if key not in declared and
                  (not isinstance(wanted, Seq) or key in wanted)} for rule in general]  # fmt: skip
        combined = ({**above, **_cells(rule), **cell} for cell in matrix for rule in own or [Map()] for above in taken
                    or [{}])  # fmt: skip
        self.instances = list(islice(combined, MAX_COMBINED))

    def fill(self, value: Value) -> list[Filled]:
        """The distinct values that a text stands for, over all instances of the job; at least one."""
        if not isinstance(value, str):
            return [Filled(value, "", None, None)]
        if "$" not in value and "%" not in value:
            return [Filled(value, value, None, None)]
        found: dict[tuple[bool, str], Filled] = {}
        self._left = MAX_EXPANSIONS
        for instance in self.instances:
            filled = self._fill(value, instance, 0)
            found.setdefault((filled.unknown is None, filled.template), filled)
        return list(found.values())

    def one(self, value: Value) -> Filled:
        """The same where several would make no sense; unknown if it hangs on which rule matches."""
        found = self.fill(value)
        if len(found) == 1 or not self.alternatives:
            return found[0]
        unknown = Unknown(f"{value} is what the rule that matches says")
        return Filled(unknown, HOLE, unknown, None)

    def _fill(self, text: str, instance: dict[str, tuple[Value, Span]], depth: int) -> Filled:
        parts: list[str] = []
        origins: list[Origin] = []
        unknown: Unknown | None = None
        at = 0
        for match in _VARIABLE.finditer(text):
            parts.append(text[at : match.start()])
            at = match.end()
            if match.group() == "$$":
                parts.append("$")
                continue
            name = match.group(1) or match.group(2) or match.group(3)
            if match.group(3) and not self._find(name, instance):
                parts.append(match.group())  # `%` is more often just that
                continue
            written = self._find(name, instance) if name else None
            self._left -= 1
            if written is None or depth >= 5 or self._left < 0:
                unknown = unknown or _why(match.group(), name)
                parts.append("\0")
                continue
            value, span = written
            inner = self._fill(value, instance, depth + 1)
            parts.append(inner.template)
            unknown = unknown or inner.unknown
            origins.append(Origin(f"value of ${name}", span, value))
            origins += inner.origin() if inner.origin else ()
        parts.append(text[at:])
        template = "".join(parts)[:10_000]
        told = tuple(origins)
        return Filled(unknown or template, template, unknown, (lambda: told) if told else None)

    def _find(self, name: str, instance: dict[str, tuple[Value, Span]]) -> tuple[str, Span] | None:
        if name in instance:
            value, span = instance[name]
            text = text_of(value.get("value") if isinstance(value, Map) else value)
            return (text, span) if text is not None else None
        for level, only in self.levels:
            if name in level and (only is None or name in only):
                value = level[name]
                if isinstance(value, Map):
                    value = value.get("value")
                text = text_of(value)
                return (text, level.spans[name]) if text is not None else None
        return None


def _of_rules(holder: Value) -> list[Map]:
    """The variables that rules set, one mapping for each that differs; none where no rule sets any."""
    rules = holder.get("rules") if isinstance(holder, Map) else None
    found: list[Map] = []
    for rule in islice(rules, MAX_RULES) if isinstance(rules, Seq) else ():
        if isinstance(rule, Map) and rule.get("when") != "never":
            variables = rule.get("variables")
            variables = variables if isinstance(variables, Map) else Map()
            if variables not in found:
                found.append(variables)
    return found if any(found) else []


def _cells(variables: Map) -> dict[str, tuple[Value, Span]]:
    return {key: (value, variables.spans[key]) for key, value in variables.items()}


def _why(written: str, name: str | None) -> Unknown:
    if not name:
        return Unknown(f"{written} is given by the file that includes this one", (written,))
    if name.startswith(("CI_", "GITLAB_")):
        return Unknown(f"${name} is known only when the pipeline runs", (name,))
    return Unknown(f"${name} is set outside of the file", (name,))


def _instances(parallel: Value) -> Iterator[dict[str, tuple[Value, Span]]]:
    matrix = parallel.get("matrix") if isinstance(parallel, Map) else None
    for entry in matrix if isinstance(matrix, Seq) else ():
        if not isinstance(entry, Map):
            continue
        combined: list[dict[str, tuple[Value, Span]]] = [{}]
        for key in entry:
            values = entry[key]
            cells = [(values, entry.spans[key])]
            if isinstance(values, Seq):
                cells = list(zip(values, values.spans, strict=False))
            combined = [{**old, key: cell} for old in combined for cell in cells][:MAX_INSTANCES]
        yield from combined
